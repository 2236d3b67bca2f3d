"""Asking for reports: once for each reason, within the budget, and held for a person where it ends."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from companies.choices import OrderReason, OrderState
from companies.models import Connection, CountryPause, Profile, ReportOrder
from companies.models.profile import OPEN, PRIORITY, ReportOrderQuerySet
from companies.services import budget

CHUNK = 500


def pending(now: datetime) -> ReportOrderQuerySet:
    """What a worker can do now: free orders of countries that are not at rest, and answers nobody has read."""
    resting = CountryPause.objects.in_force(now).values("country")
    return ReportOrder.objects.waiting(now).exclude(country__in=resting)


@transaction.atomic
def order(companies: Iterable[int], *, reason: OrderReason, user_id: int | None = None, now: datetime) -> int:
    """Ask for a report of each linked company that has none on order. Returns how many were asked for.

    A rule's orders beyond the ceiling are held for a person's approval. Raises NothingLeft when a user asks for more
    than the subscription has left; asking for a company whose order is held approves it.
    """
    _in_turn()
    made = 0
    wanted = sorted(set(companies))
    for start in range(0, len(wanted), CHUNK):
        made += _order(wanted[start : start + CHUNK], reason=reason, user_id=user_id, now=now)
    return made


def _in_turn() -> None:
    """One at a time: two would both see the same room under the ceiling."""
    list(Connection.objects.select_for_update().filter(pk=1).values_list("pk"))


def _order(companies: list[int], *, reason: OrderReason, user_id: int | None, now: datetime) -> int:
    open_ = dict(ReportOrder.objects.filter(company__in=companies, state__in=OPEN).values_list("company", "state"))
    linked = Profile.objects.filter(company__in=set(companies) - open_.keys()).values_list("company", "connect_id")
    countries = {company: connect_id[:2].upper() for company, connect_id in linked}
    asked = reason == OrderReason.REQUESTED
    if asked:
        budget.refuse_beyond(Counter(countries.values()), now)
    held = set() if asked else _beyond(countries, is_rule=user_id is None, now=now)
    rows = [
        ReportOrder(
            company_id=company,
            country=country,
            reason=reason,
            priority=PRIORITY[reason],
            requested_by_id=user_id,
            requested_at=now,
            state=OrderState.HELD if company in held else OrderState.QUEUED,
        )
        for company, country in countries.items()
    ]
    ReportOrder.objects.bulk_create(rows, ignore_conflicts=True)
    waiting = [company for company, state in open_.items() if state == OrderState.HELD]
    approved = approve(ReportOrder.objects.filter(company__in=waiting), user_id=user_id, now=now) if asked else 0
    return len(rows) + approved


def _beyond(countries: dict[int, str], *, is_rule: bool, now: datetime) -> set[int]:
    """The companies that no longer fit: above the ceiling for a rule, or without a report left in their country."""
    room = budget.current(now).room if is_rule else None
    left = {country: budget.left(country, now) for country in set(countries.values())}
    held = set()
    for company, country in countries.items():
        in_country = left[country]
        if room == 0 or in_country == 0:
            held.add(company)
            continue
        room = None if room is None else room - 1
        left[country] = None if in_country is None else in_country - 1
    return held


@transaction.atomic
def approve(orders: ReportOrderQuerySet, *, user_id: int | None, now: datetime) -> int:
    """Let held orders go, in a person's name. Raises NothingLeft when the subscription has fewer left."""
    _in_turn()
    held = dict(orders.filter(state=OrderState.HELD).select_for_update().values_list("pk", "country"))
    budget.refuse_beyond(Counter(held.values()), now)
    return ReportOrder.objects.filter(pk__in=held, state=OrderState.HELD).update(
        state=OrderState.QUEUED, decided_by=user_id, priority=0
    )


def drop(orders: ReportOrderQuerySet, *, user_id: int | None, now: datetime) -> int:
    """End orders that nobody has begun; they are not asked for again by the same rule for a while."""
    return orders.filter(state__in=[OrderState.HELD, OrderState.QUEUED]).update(
        state=OrderState.DROPPED, decided_by=user_id, finished_at=now
    )

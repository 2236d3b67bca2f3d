"""Which reports are too old, and which events deserve a new one, by the policy of the cell (domain 3, idea 15)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from companies.choices import LinkState, OrderReason, OrderState, Role
from companies.models import Profile, ReportOrder
from companies.services import orders
from monitoring.models import Event, RefreshPolicy, Standing

MOST = 5000  # orders asked for by age in one look; the next look goes on
AGAIN = timedelta(days=30)  # after an order that was refused or dropped


def renew(*, now: datetime) -> int:
    """Order the reports that are too old. Returns how many were asked for; the budget may hold some of them."""
    pks: set[int] = set()
    lines = RefreshPolicy.objects.all()
    for line in lines:
        if line.max_age_days is not None and len(pks) < MOST:
            pks.update(too_old(line, lines, now=now).values_list("pk", flat=True)[: MOST - len(pks)])
    return orders.order(pks, reason=OrderReason.AGE, now=now)


def too_old(line: RefreshPolicy, lines: Iterable[RefreshPolicy], *, now: datetime) -> QuerySet[Standing]:
    """Companies under this line whose report is older than it allows, and for which nothing is on order.

    One with several roles follows the line of each of them, so the most demanding one decides.
    """
    cutoff = now - timedelta(days=line.max_age_days or 0)
    old = Profile.objects.filter(reported_at__lt=cutoff).values("company")
    found = Standing.objects.filter(under(line, lines), cell=line.cell, link_state=LinkState.LINKED, pk__in=old)
    if line.event_only:
        told = Event.objects.alias(at=Coalesce("created_at", "received_at"))
        found = found.filter(Exists(told.filter(company=OuterRef("pk"), at__gt=OuterRef("reported_at"))))
    mine = ReportOrder.objects.filter(company=OuterRef("pk"))
    in_vain = mine.filter(state__in=[OrderState.FAILED, OrderState.DROPPED], finished_at__gt=now - AGAIN)
    return found.exclude(Exists(mine.open())).exclude(Exists(in_vain)).order_by("reported_at", "pk")


def under(line: RefreshPolicy, lines: Iterable[RefreshPolicy]) -> Q:
    """Standings that follow this line by their role, whatever their cell."""
    if line.role:
        return Q(**{f"is_{Role(line.role).value}": True})
    own = {other.role for other in lines if other.cell == line.cell and other.role}
    return Q(**{f"is_{Role(role).value}": False for role in own})


def ordering_on_event(companies: Iterable[int]) -> set[int]:
    """Those of the companies for which an event orders a report; one without a line, or a place yet, is among them."""
    wanted = set(companies)
    lines: dict[str, dict[str, bool]] = defaultdict(dict)
    for cell, role, on_event in RefreshPolicy.objects.values_list("cell", "role", "on_event"):
        lines[cell][role] = on_event
    return wanted - _silent(wanted, lines)


def _silent(companies: set[int], lines: dict[str, dict[str, bool]]) -> set[int]:
    placed = Standing.objects.filter(pk__in=companies)
    return {row.pk for row in placed if not _orders(lines[row.cell], [role.value for role in row.roles])}


def _orders(lines: dict[str, bool], roles: list[str]) -> bool:
    own = [lines[role] for role in roles if role in lines]
    return any(own) if own else lines.get("", True)

"""How customers pay, how concentrated the debt is and what may be lost: rows in, the rules' figures out."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from companies.choices import BatchState, FileKind, RatingState
from companies.models import Company, ImportBatch, MonthlySales, OpenItem
from companies.rules import kpis
from companies.rules.groups import Groups, ultimate_parents
from companies.rules.kpis import Kpi, Receivables, Sales
from companies.rules.loss import ExpectedLoss, expected_loss, exposure_at_default, probability_of_default
from monitoring.models import DefaultProbability, ExposureSettings
from monitoring.services.exposure import ZERO, Scope, receivable
from monitoring.services.facts import Rates

CENT = Decimal("0.01")
DSO_MONTHS = 3
MONTHS = 12


@dataclass(frozen=True)
class SoldMonths:
    """Consecutive months of sales, newest first, and those whose currency has no rate."""

    periods: tuple[Sales, ...]
    newest: date | None
    missing: tuple[str, ...] = ()


NONE_SOLD = SoldMonths((), None)


def sales(as_of: date) -> SoldMonths:
    """The sales of all ledgers up to a day, back to the first month that is not stored (domain 5.13)."""
    rates, months, missing = Rates(as_of), dict[date, Decimal](), set[str]()
    rows = MonthlySales.objects.filter(month__lte=as_of).order_by("-month")
    for month, currency, amount in rows.values_list("month", "currency", "amount"):
        converted = rates.convert(amount, currency)
        if converted is None:
            missing.add(currency)
        else:
            months[month] = months.get(month, ZERO) + converted
    newest = max(months, default=None)
    periods: list[Sales] = []
    month = newest or date.min
    while month in months:
        periods.append(Sales(_days(month, as_of), months[month]))
        month = (month - timedelta(days=1)).replace(day=1)
    return SoldMonths(tuple(periods), newest, tuple(sorted(missing)))


def _days(month: date, as_of: date) -> int:
    """The days of a month, up to `as_of` in its own month."""
    if (month.year, month.month) == (as_of.year, as_of.month):
        return as_of.day
    return calendar.monthrange(month.year, month.month)[1]


def behaviour(owed: Receivables, sold: SoldMonths, *, opening: Decimal | None, rate: Decimal | None) -> dict[str, Kpi]:
    """Every figure of domain 5.13 by its formula's key; `opening` is what was owed when the newest month began."""
    dso, best = kpis.dso_countback(owed, sold.periods), kpis.best_possible_dso(owed, sold.periods)
    last = sold.periods[0].amount if sold.periods else None
    found = (
        kpis.dso_balance(owed, sold.periods[:DSO_MONTHS]),
        dso,
        kpis.dso_invoices(owed),
        best,
        kpis.average_delay(dso, best),
        kpis.weighted_delay(owed),
        kpis.overdue_share(owed),
        kpis.collection_effectiveness(opening, last, owed),
        kpis.late_cost(owed, rate),
    )
    return {kpi.formula.value: kpi for kpi in found}


@dataclass(frozen=True)
class Weight:
    """One debtor or group: its head, its exposure and its part of all that is owed."""

    company: int
    name: str
    exposure: Decimal
    share: Decimal
    members: int


@dataclass(frozen=True)
class Concentration:
    """Exposures by ultimate parent: the largest, the share of the largest, HHI and how many equal ones it is."""

    largest: tuple[Weight, ...]
    top: Kpi
    hhi: Kpi
    equal: Kpi
    count: int


def groups() -> Groups[int]:
    """Companies under their ultimate parent, those without a parent left out; one query, loops do not hang."""
    parents = dict(Company.objects.exclude(parent=None).order_by().values_list("pk", "parent"))
    return ultimate_parents(parents)


def concentration(scope: Scope, *, count: int = 10) -> Concentration:
    """Where the exposure lies, with several companies of one group as one (domain 5.13 and 5.15); three queries."""
    amounts = dict(scope.standings().exclude(exposure=0).order_by().values_list("pk", "exposure"))
    heads = groups().heads
    grouped = kpis.grouped(amounts, lambda pk: heads.get(pk, pk))
    members: dict[int, int] = {}
    for pk in amounts:
        members[heads.get(pk, pk)] = members.get(heads.get(pk, pk), 0) + 1
    largest = sorted(((amount, pk) for pk, amount in grouped.items() if amount > 0), key=lambda one: (-one[0], one[1]))
    total = sum((amount for amount, _ in largest), ZERO)
    names = dict(Company.everyone.filter(pk__in=[pk for _, pk in largest[:count]]).values_list("pk", "name"))
    return Concentration(
        largest=tuple(
            Weight(pk, names.get(pk, ""), amount, amount / total, members[pk]) for amount, pk in largest[:count]
        ),
        top=kpis.top_share(grouped, count),
        hhi=kpis.hhi(grouped),
        equal=kpis.equal_sizes(grouped),
        count=count,
    )


@dataclass(frozen=True)
class Room:
    """All exposures against one kind of limit: what is free under it, what is above it, and what has none."""

    key: str
    limited: Decimal
    free: Decimal
    excess: Decimal
    over: int
    unlimited: Decimal
    without: int


def rooms(scope: Scope) -> list[Room]:
    """Headroom and excess against Creditsafe's limit and the ERP's, in one query. An excess never fills a headroom."""
    asked: dict[str, Any] = {}
    for key in ("credit_limit", "erp_limit"):
        known = Q(**{f"{key}__isnull": False})
        asked |= {
            f"{key}_limited": Sum(key, filter=known & Q(exposure__gt=0)),
            f"{key}_free": Sum(F(key) - F("exposure"), filter=known & Q(exposure__gt=0, exposure__lt=F(key))),
            f"{key}_excess": Sum(f"over_{key}"),
            f"{key}_over": Count("pk", filter=Q(**{f"over_{key}__gt": 0})),
            f"{key}_unlimited": Sum("exposure", filter=~known & Q(exposure__gt=0)),
            f"{key}_without": Count("pk", filter=~known & Q(exposure__gt=0)),
        }
    found = scope.standings().aggregate(**asked)
    return [Room(key, *(_sum(found[f"{key}_{name}"]) for name in ROOM)) for key in ("credit_limit", "erp_limit")]


ROOM = ("limited", "free", "excess", "over", "unlimited", "without")


def _sum(value: Any) -> Any:
    return ZERO if value is None else value.quantize(CENT) if isinstance(value, Decimal) else value


def loss(scope: Scope, settings: ExposureSettings) -> ExpectedLoss | None:
    """The expected loss before insurance, rating by rating: exposure × probability × loss (domain 5.14)."""
    table, lgd = DefaultProbability.table(), settings.loss_given_default / 100
    rows = scope.standings().filter(exposure__gt=0).order_by().values_list("rating_state", "rating")
    found = []
    for state, rating, amount in rows.annotate(Sum("exposure")):
        state = RatingState.NOT_RATED if state == RatingState.UNKNOWN else state
        pd = probability_of_default(None, rating=rating or None, rating_state=state, table=table)
        found.append(expected_loss(exposure_at_default(amount), pd, lgd=lgd))
    return _joined([one for one in found if one is not None])


def _joined(found: list[ExpectedLoss]) -> ExpectedLoss | None:
    """The sum of several losses, under the probability that they have together."""
    if not found:
        return None
    sums = {name: sum((getattr(one, name) for one in found), ZERO) for name in SUMMED}
    return ExpectedLoss(**sums, pd=found[0].pd, lgd=found[0].lgd)


SUMMED = ("ead", "loss", "insured_loss", "indemnity", "net_loss", "gross", "net")


@dataclass(frozen=True)
class Month:
    """What was owed at the end of a month, or on the last day."""

    day: date
    owed: Decimal
    overdue: Decimal


def trend(scope: Scope, *, as_of: date) -> list[Month]:
    """What was owed at each end of month since the first closing date, a year at most; two queries and the rates.

    From what the ledger says today: what was paid in part since then counts with what is still open.
    """
    days = _month_ends(_first_closing(), as_of)
    rates = Rates(as_of)
    rows: Iterable[Any] = _ever(scope).order_by().values("currency").annotate(**_at(days))
    sums: dict[int, list[Decimal]] = {place: [ZERO, ZERO] for place in range(len(days))}
    for row in rows:
        for place in sums:
            for index, name in enumerate(("debts", "late")):
                sums[place][index] += rates.convert(row[f"{name}_{place}"] or ZERO, row["currency"]) or ZERO
    return [Month(day, *map(_cents, sums[place])) for place, day in enumerate(days)]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)


def _ever(scope: Scope) -> QuerySet[OpenItem]:
    rows = receivable(OpenItem.objects.filter(amount__gt=0))
    return rows.filter(account__company__in=scope.standings().values("pk")) if scope.is_narrowed else rows


def _at(days: list[date]) -> dict[str, Sum]:
    found = {}
    for place, day in enumerate(days):
        there = Q(document_date__lte=day) & (Q(closed_on=None) | Q(closed_on__gt=day))
        found[f"debts_{place}"] = Sum("amount", filter=there)
        found[f"late_{place}"] = Sum("amount", filter=there & Q(due_date__lt=day))
    return found


def _first_closing() -> date | None:
    applied = ImportBatch.objects.filter(state=BatchState.APPLIED, kind=FileKind.OPEN_ITEMS)
    first: date | None = applied.aggregate(Min("as_of"))["as_of__min"]
    return first


def _month_ends(first: date | None, as_of: date) -> list[date]:
    """`as_of` and the ends of month before it back to `first`, oldest first."""
    days, day = [as_of], as_of.replace(day=1) - timedelta(days=1)
    while first is not None and day >= first and len(days) < MONTHS:
        days.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return days[::-1]

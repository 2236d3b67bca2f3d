"""How customers pay, how concentrated the debt is and what may be lost: rows in, the rules' figures out."""

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet, Sum

from companies.choices import RatingState
from companies.models import Company, MonthlySales, PastItem
from companies.rules import kpis
from companies.rules.exposure import ExposurePolicy
from companies.rules.kpis import Kpi, Receivables, Sales
from companies.rules.loss import (
    ExpectedLoss,
    PdSource,
    PdTable,
    expected_loss,
    exposure_at_default,
    probability_of_default,
)
from companies.services import layers
from monitoring.models import DefaultProbability, ExposureSettings
from monitoring.services.counted import parts_by, risk_of
from monitoring.services.exposure import ZERO
from monitoring.services.money import Rates
from monitoring.services.scope import Scope, groups, known

CENT = Decimal("0.01")
DSO_MONTHS = 3
MONTHS = 12
REACH = 240  # months of files that are looked through for those before a past day


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


@dataclass(frozen=True, slots=True)
class Position:
    """What a company owes on the day of a scope, beside its limits and rating, which are today's.

    `pod` is the probability of default that its report tells, in percent.
    """

    company: int
    exposure: Decimal
    credit_limit: Decimal | None
    erp_limit: Decimal | None
    rating_state: str
    rating: str
    pod: Decimal | None = None

    def limit(self, key: str) -> Decimal | None:
        found: Decimal | None = getattr(self, key)
        return found


STORED = ("pk", "exposure", "credit_limit", "erp_limit", "rating_state", "rating", "company__profile__pod")


def positions(scope: Scope, policy: ExposurePolicy, *, whole: bool = False) -> list[Position]:
    """The companies that owe something within a scope, at most four queries for any number.

    `whole` counts all that they owe, on whatever account: limits are a company's. What whole companies owe now is
    stored; a past day and a part of a company are added up from what is open.
    """
    rows = [Position(*row) for row in scope.standings().order_by().values_list(*STORED)]
    if scope.day is None and (whole or not scope.is_of_accounts):
        return [row for row in rows if row.exposure]
    items, promises = scope.whole() if whole else (scope.items(), scope.promises())
    within = policy.orders_within_days
    parts, _missing = parts_by(items, promises, as_of=scope.on, rates=Rates(scope.on), within_days=within)
    owed = {pk: risk for pk, held in parts.items() if (risk := risk_of(held, policy))}
    return [replace(row, exposure=owed[row.company]) for row in rows if row.company in owed]


def concentration(found: Iterable[Position], *, count: int = 10) -> Concentration:
    """Where the exposure lies, several companies of one group as one (domain 5.13 and 5.15); two queries."""
    amounts = {row.company: row.exposure for row in found}
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


LIMITS = ("credit_limit", "erp_limit")


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


def rooms(found: Iterable[Position]) -> list[Room]:
    """Headroom and excess against Creditsafe's limit and the ERP's. An excess never fills a headroom."""
    rows = [row for row in found if row.exposure > 0]
    return [_room(key, rows) for key in LIMITS]


def _room(key: str, rows: list[Position]) -> Room:
    limited = [(row.exposure, limit) for row in rows if (limit := row.limit(key)) is not None]
    unlimited = [row.exposure for row in rows if row.limit(key) is None]
    over = [owed - limit for owed, limit in limited if owed > limit]
    return Room(
        key=key,
        limited=sum((limit for _, limit in limited), ZERO),
        free=sum((limit - owed for owed, limit in limited if owed < limit), ZERO),
        excess=sum(over, ZERO),
        over=len(over),
        unlimited=sum(unlimited, ZERO),
        without=len(unlimited),
    )


@dataclass(frozen=True)
class Beside:
    """A company beside one of its limits: how far below it or above it, None without one."""

    company: int
    exposure: Decimal
    limit: Decimal | None
    difference: Decimal | None


def beside(found: Iterable[Position], key: str, part: str) -> list[Beside]:
    """The companies behind a figure of `rooms`, the largest first: "free", "excess", "limited" or "unlimited"."""
    rows = []
    for row in found:
        limit = row.limit(key)
        if row.exposure > 0 and _belongs(row.exposure, limit, part):
            rows.append(Beside(row.company, row.exposure, limit, None if limit is None else row.exposure - limit))
    return sorted(rows, key=lambda row: (-abs(row.exposure if row.difference is None else row.difference), row.company))


def _belongs(exposure: Decimal, limit: Decimal | None, part: str) -> bool:
    if limit is None:
        return part == "unlimited"
    return part == "limited" or (part == "free" and exposure < limit) or (part == "excess" and exposure > limit)


@dataclass(frozen=True)
class LossLine:
    """The expected loss of one rating, and how many companies have it.

    Those whose report tells a probability have a line of their own: `source` is "report", its probability their mean
    weighted by what they owe.
    """

    state: str
    rating: str
    source: str
    companies: int
    lost: ExpectedLoss


def losses(found: Iterable[Position], settings: ExposureSettings) -> list[LossLine]:
    """The expected loss before insurance, rating by rating: exposure × probability × loss (domain 5.14)."""
    return loss_lines(found, DefaultProbability.table(), settings.loss_given_default / 100)


def loss_lines(found: Iterable[Position], table: PdTable, lgd: Decimal) -> list[LossLine]:
    """The same by another table, with a loss given default as a fraction."""
    sums: dict[LossKey, list[Decimal]] = {}
    for row in found:
        if row.exposure > 0:
            held = sums.setdefault(loss_key(row), [ZERO, ZERO, ZERO])
            held[0] += 1
            held[1] += row.exposure
            held[2] += row.exposure * (row.pod or ZERO) / 100
    lines = []
    for (state, rating, source), (count, risk, likely) in sorted(sums.items(), key=lambda pair: _order(*pair[0])):
        told = likely / risk if source else None
        pd = probability_of_default(told, rating=rating or None, rating_state=state, table=table)
        lost = expected_loss(exposure_at_default(risk), pd, lgd=lgd)
        if lost is not None:
            lines.append(LossLine(state, rating, source, int(count), lost))
    return lines


LossKey = tuple[str, str, str]


def loss_key(row: Position) -> LossKey:
    """State, letter and source as the expected loss sees them: only a rated company has a letter, unknown is not rated.

    Whoever has failed has failed, whatever its report tells.
    """
    state = RatingState.NOT_RATED.value if row.rating_state == RatingState.UNKNOWN else row.rating_state
    is_told = row.pod is not None and state != RatingState.FAILED
    return state, row.rating if state == RatingState.RATED else "", PdSource.REPORT.value if is_told else ""


def _order(state: str, rating: str, source: str) -> tuple[int, str, str]:
    return [RatingState.RATED, RatingState.NOT_RATED, RatingState.FAILED].index(RatingState(state)), rating, source


def joined(lines: Iterable[LossLine]) -> tuple[Decimal, Decimal]:
    """What is at risk and what is expected to be lost of it, in all."""
    found = [line.lost for line in lines]
    return sum((one.ead for one in found), ZERO), sum((one.gross for one in found), ZERO)


@dataclass(frozen=True)
class Month:
    """What was owed at the end of a month, or on the last day."""

    day: date
    owed: Decimal
    overdue: Decimal


def trend(scope: Scope) -> list[Month]:
    """What was owed at the last closing date of each earlier month, a year at most, and on the day of the scope.

    From the layers: a part payment counts from the file that told it. Two queries, two for the dates, and the rates.
    """
    closings = [day for day in layers.months(REACH) if day < scope.on.replace(day=1)]
    days = [*closings[1 - MONTHS :], scope.on]
    sums = [[ZERO, ZERO] for _ in days]
    rates = Rates(scope.on)
    past, now = _layers(scope, days)
    for row in chain(past, now):
        for place, held in enumerate(sums):
            for index, name in enumerate(("debts", "late")):
                held[index] += rates.convert(row[f"{name}_{place}"] or ZERO, row["currency"]) or ZERO
    return [Month(day, *(amount.quantize(CENT) for amount in held)) for day, held in zip(days, sums, strict=True)]


def _layers(scope: Scope, days: list[date]) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """The versions that were replaced and those that hold now, each added up at every day on which it held."""
    items = scope.ever().filter(Q(closed_on=None) | Q(closed_on__gt=days[0]))
    past = PastItem.objects.filter(item__in=items, amount__gt=0).order_by().values("currency")
    now = items.filter(amount__gt=0).order_by().values("currency")

    def was(day: date) -> Q:
        return Q(batch__in=known(day)) & ~Q(replaced_by__in=known(day))

    def holds(day: date) -> Q:
        is_now = scope.day is None and day == days[-1]  # whatever is open now counts, whatever its file's date
        return Q() if is_now else Q(batch__in=known(day))

    return past.annotate(**_at(days, "item__", was)), now.annotate(**_at(days, "", holds))


def _at(days: list[date], item: str, held: Callable[[date], Q]) -> dict[str, Sum]:
    found = {}
    for place, day in enumerate(days):
        open_then = Q(**{f"{item}closed_on": None}) | Q(**{f"{item}closed_on__gt": day})
        there = held(day) & open_then
        found[f"debts_{place}"] = Sum("amount", filter=there)
        found[f"late_{place}"] = Sum("amount", filter=there & Q(due_date__lt=day))
    return found

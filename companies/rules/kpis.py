"""How customers pay and how concentrated the debt is (domain 5.13), each figure with its formula and population."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TypeVar

from companies.rules.ledger import Item, days_late

ZERO = Decimal(0)
_PERCENT_DAYS = 100 * 365
Key = TypeVar("Key", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)


class Formula(StrEnum):
    """The key of the formula behind a figure, by which a page finds its words."""

    DSO_BALANCE = "dso_balance"
    DSO_COUNTBACK = "dso_countback"
    DSO_INVOICES = "dso_invoices"
    BEST_POSSIBLE_DSO = "best_possible_dso"
    AVERAGE_DELAY = "average_delay"
    OVERDUE_SHARE = "overdue_share"
    WEIGHTED_DELAY = "weighted_delay"
    CEI = "cei"
    LATE_COST = "late_cost"
    TOP_SHARE = "top_share"
    HHI = "hhi"
    EQUAL_SIZES = "equal_sizes"
    TWO_CLOCKS = "two_clocks"


class Gap(StrEnum):
    """Why a figure cannot be computed."""

    NO_SALES = "no_sales"
    OLDER_THAN_SALES = "older_than_sales"
    CREDIT_BALANCE = "credit_balance"
    NOTHING_OWED = "nothing_owed"
    NOTHING_OVERDUE = "nothing_overdue"
    NOTHING_TO_COLLECT = "nothing_to_collect"
    NO_OPENING = "no_opening"
    NO_RATE = "no_rate"
    NO_DELAY = "no_delay"


@dataclass(frozen=True, slots=True)
class Population:
    """What a figure was computed on: companies and items counted, and items left out, by reason."""

    companies: int = 0
    items: int = 0
    disputed_out: int = 0
    credits_out: int = 0
    undated: int = 0

    def __add__(self, other: "Population") -> "Population":
        """Join two populations that have nobody in common."""
        return Population(
            **{count.name: getattr(self, count.name) + getattr(other, count.name) for count in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure, or None and the reason; `at_least` bounds a figure that is only known to be more."""

    formula: Formula
    value: Decimal | None
    population: Population
    gap: Gap | None = None
    at_least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class KpiPolicy:
    """Which items count as receivables: disputed debts in or out, credits netted against the total or left out."""

    count_disputed: bool = True
    net_credits: bool = False


@dataclass(frozen=True, slots=True)
class Receivables:
    """What is owed on a day, taxes included, in one currency.

    `late_days` and `age_days` are sums of amount × days: past due over the overdue debts, since the document over all
    debts. `undated` debts have no due date and are neither due nor not due. `credits` are negative or zero.
    """

    not_due: Decimal = ZERO
    overdue: Decimal = ZERO
    undated: Decimal = ZERO
    credits: Decimal = ZERO
    late_days: Decimal = ZERO
    age_days: Decimal = ZERO
    population: Population = Population()

    @property
    def debts(self) -> Decimal:
        """The debts alone."""
        return self.not_due + self.overdue + self.undated

    @property
    def total(self) -> Decimal:
        """The receivables, less credits where they are netted."""
        return self.debts + self.credits

    def __add__(self, other: "Receivables") -> "Receivables":
        """Join the receivables of two companies."""
        return Receivables(**{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)})


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales of a period, taxes included like the receivables, over its number of days."""

    days: int
    amount: Decimal

    def __post_init__(self) -> None:
        """Refuse a period without days."""
        if self.days <= 0:
            raise ValueError(f"a period has at least one day, not {self.days}")


class Clocks(StrEnum):
    """Whom a company pays late (domain 3, idea 17)."""

    ON_TIME = "on_time"
    LATE_TO_US = "late_to_us"
    LATE_TO_OTHERS = "late_to_others"
    LATE_TO_ALL = "late_to_all"


@dataclass(frozen=True, slots=True)
class TwoClocks:
    """The difference in days between the delay we suffer and the one others suffer, and what it says."""

    difference: Kpi
    reading: Clocks | None


def receivables(items: Iterable[Item], as_of: date, policy: KpiPolicy = KpiPolicy()) -> Receivables:
    """Return what one company owes on a day, from its open items of one currency."""
    sums: dict[str, Decimal] = dict.fromkeys(
        ("not_due", "overdue", "undated", "credits", "late_days", "age_days"), ZERO
    )
    counts = dict.fromkeys(("items", "disputed_out", "credits_out", "undated"), 0)
    for item in items:
        left_out = _left_out(item, policy)
        counts[left_out or "items"] += 1
        if left_out is None:
            _count(item, as_of, sums, counts)
    return Receivables(**sums, population=Population(companies=int(counts["items"] > 0), **counts))


def behaviour(
    owed: Receivables, sales: Sequence[Sales], *, opening: Decimal | None = None, percent: Decimal | None = None
) -> dict[Formula, Kpi]:
    """Return every figure of behaviour on the same receivables.

    `sales` are whole periods up to the day, newest first; `opening` what was owed before the oldest of them, `percent`
    the yearly rate of financing.
    """
    dso, best = dso_countback(owed, sales), best_possible_dso(owed, sales)
    sold = sum((period.amount for period in sales), ZERO) if sales else None
    found = (
        dso_balance(owed, sales),
        dso,
        dso_invoices(owed),
        best,
        average_delay(dso, best),
        overdue_share(owed),
        weighted_delay(owed),
        collection_effectiveness(opening, sold, owed),
        late_cost(owed, percent),
    )
    return {kpi.formula: kpi for kpi in found}


def dso_balance(owed: Receivables, sales: Sequence[Sales]) -> Kpi:
    """Return receivables ÷ sales of the periods × their days."""
    sold, days = sum((period.amount for period in sales), ZERO), sum(period.days for period in sales)
    if sold <= 0:
        return _missing(Formula.DSO_BALANCE, Gap.NO_SALES, owed.population)
    if owed.total < 0:
        return _missing(Formula.DSO_BALANCE, Gap.CREDIT_BALANCE, owed.population)
    return Kpi(Formula.DSO_BALANCE, _hundredths(owed.total * days / sold), owed.population)


def dso_countback(owed: Receivables, sales: Sequence[Sales]) -> Kpi:
    """Return the days back through the sales, newest period first, that the receivables exhaust: whole periods while
    they cover one, then a share of the next. A period of more credit notes than invoices counts as 0.

    Older than all stored sales, the figure is None and `at_least` the days stored.
    """
    return _countback(Formula.DSO_COUNTBACK, owed.total, sales, owed.population)


def best_possible_dso(owed: Receivables, sales: Sequence[Sales]) -> Kpi:
    """Return the countback of what is not due: the DSO if everybody paid on time."""
    return _countback(Formula.BEST_POSSIBLE_DSO, owed.not_due, sales, owed.population)


def dso_invoices(owed: Receivables) -> Kpi:
    """Return the average age of the open debts since their document date, weighted by amount; needs no sales."""
    return _ratio(Formula.DSO_INVOICES, owed.age_days, owed.debts, gap=Gap.NOTHING_OWED, population=owed.population)


def average_delay(dso: Kpi, best: Kpi) -> Kpi:
    """Return the average days delinquent: the DSO less the best possible one, both by countback."""
    if dso.value is None or best.value is None:
        return _missing(Formula.AVERAGE_DELAY, dso.gap or best.gap, dso.population)
    return Kpi(Formula.AVERAGE_DELAY, dso.value - best.value, dso.population)


def overdue_share(owed: Receivables) -> Kpi:
    """Return overdue ÷ debts, as a ratio: 0.22 is 22 %."""
    return _ratio(Formula.OVERDUE_SHARE, owed.overdue, owed.debts, gap=Gap.NOTHING_OWED, population=owed.population)


def weighted_delay(owed: Receivables) -> Kpi:
    """Return Σ amount × days late ÷ Σ amount over the overdue debts, in days."""
    gap = Gap.NOTHING_OVERDUE
    return _ratio(Formula.WEIGHTED_DELAY, owed.late_days, owed.overdue, gap=gap, population=owed.population)


def collection_effectiveness(opening: Decimal | None, sold: Decimal | None, owed: Receivables) -> Kpi:
    """Return (opening + sales − closing) ÷ (opening + sales − closing not due), as a ratio.

    `opening` is what was owed at the start of the period, `sold` the sales within it, on the basis of `owed`.
    """
    if opening is None or sold is None:
        gap = Gap.NO_OPENING if opening is None else Gap.NO_SALES
        return _missing(Formula.CEI, gap, owed.population)
    due, paid = opening + sold - owed.not_due, opening + sold - owed.total
    return _ratio(Formula.CEI, paid, due, gap=Gap.NOTHING_TO_COLLECT, population=owed.population)


def late_cost(owed: Receivables, percent: Decimal | None) -> Kpi:
    """Return what financing the overdue debts has cost so far at a yearly rate in percent, to the cent."""
    if percent is None:
        return _missing(Formula.LATE_COST, Gap.NO_RATE, owed.population)
    return Kpi(Formula.LATE_COST, _hundredths(owed.late_days * percent / _PERCENT_DAYS), owed.population)


def grouped(amounts: Mapping[Key, Decimal], group_of: Callable[[Key], Group]) -> dict[Group, Decimal]:
    """Sum amounts by group, to see the concentration behind several names."""
    sums: dict[Group, Decimal] = {}
    for key, amount in amounts.items():
        group = group_of(key)
        sums[group] = sums.get(group, ZERO) + amount
    return sums


def top_share(amounts: Mapping[Key, Decimal], count: int) -> Kpi:
    """Return the share of the `count` largest amounts, as a ratio. Credit balances are left out and counted."""
    owed, population = _positive(amounts)
    return top_share_of(sum(owed[:count], ZERO), sum(owed, ZERO), population)


def top_share_of(top: Decimal, total: Decimal, population: Population) -> Kpi:
    """Return the same from sums of positive amounts that a database added up."""
    return _ratio(Formula.TOP_SHARE, top, total, gap=Gap.NOTHING_OWED, population=population)


def hhi(amounts: Mapping[Key, Decimal]) -> Kpi:
    """Return Σ share², from nearly 0 for many small debtors to 1 for a single one."""
    owed, population = _positive(amounts)
    return hhi_of(sum((amount * amount for amount in owed), ZERO), sum(owed, ZERO), population)


def hhi_of(squares: Decimal, total: Decimal, population: Population) -> Kpi:
    """Return the same from the sum of the squares of positive amounts and their sum."""
    return _ratio(Formula.HHI, squares, total * total, gap=Gap.NOTHING_OWED, population=population)


def equal_sizes(amounts: Mapping[Key, Decimal]) -> Kpi:
    """Return 1 ÷ HHI: how many debtors of equal size would be as concentrated."""
    owed, population = _positive(amounts)
    return equal_sizes_of(sum((amount * amount for amount in owed), ZERO), sum(owed, ZERO), population)


def equal_sizes_of(squares: Decimal, total: Decimal, population: Population) -> Kpi:
    """Return the same from the sum of the squares of positive amounts and their sum."""
    return _ratio(Formula.EQUAL_SIZES, total * total, squares, gap=Gap.NOTHING_OWED, population=population)


def two_clocks(to_us: Kpi, to_others: Decimal | None, *, late_from: Decimal = Decimal(1)) -> TwoClocks:
    """Compare the delay in days that we suffer with the bureau's days beyond terms (domain 3, idea 17).

    Late to us alone is a dispute or a priority, late to others alone an early warning.
    """
    if to_us.value is None or to_others is None:
        return TwoClocks(_missing(Formula.TWO_CLOCKS, to_us.gap or Gap.NO_DELAY, to_us.population), None)
    ours, theirs = to_us.value >= late_from, to_others >= late_from
    if ours and theirs:
        reading = Clocks.LATE_TO_ALL
    elif ours or theirs:
        reading = Clocks.LATE_TO_US if ours else Clocks.LATE_TO_OTHERS
    else:
        reading = Clocks.ON_TIME
    return TwoClocks(Kpi(Formula.TWO_CLOCKS, to_us.value - to_others, to_us.population), reading)


def _left_out(item: Item, policy: KpiPolicy) -> str | None:
    if not item.is_debt:
        return None if policy.net_credits else "credits_out"
    return "disputed_out" if item.disputed and not policy.count_disputed else None


def _count(item: Item, as_of: date, sums: dict[str, Decimal], counts: dict[str, int]) -> None:
    if not item.is_debt:
        sums["credits"] += item.amount
        return
    sums["age_days"] += item.amount * (as_of - item.document_date).days
    late = days_late(item.due_date, as_of)
    if late is None:
        sums["undated"] += item.amount
        counts["undated"] += 1
    elif late > 0:
        sums["overdue"] += item.amount
        sums["late_days"] += item.amount * late
    else:
        sums["not_due"] += item.amount


def _countback(formula: Formula, amount: Decimal, sales: Sequence[Sales], population: Population) -> Kpi:
    sold = [Sales(period.days, max(ZERO, period.amount)) for period in sales]
    if not any(period.amount for period in sold):
        return _missing(formula, Gap.NO_SALES, population)
    if amount < 0:
        return _missing(formula, Gap.CREDIT_BALANCE, population)
    days, left = ZERO, amount
    for period in sold:
        if left == 0 or left < period.amount:
            share = left * period.days / period.amount if left else ZERO
            return Kpi(formula, _hundredths(days + share), population)
        days, left = days + period.days, left - period.amount
    if left == 0:
        return Kpi(formula, _hundredths(days), population)
    return Kpi(formula, None, population, gap=Gap.OLDER_THAN_SALES, at_least=days)


def _positive(amounts: Mapping[Key, Decimal]) -> tuple[list[Decimal], Population]:
    owed = sorted((amount for amount in amounts.values() if amount > 0), reverse=True)
    return owed, Population(companies=len(owed), credits_out=sum(amount < 0 for amount in amounts.values()))


def _ratio(formula: Formula, over: Decimal, under: Decimal, *, gap: Gap, population: Population) -> Kpi:
    if under <= 0:
        return _missing(formula, gap, population)
    places = _hundredths if formula in _IN_DAYS else _ten_thousandths
    return Kpi(formula, places(over / under), population)


def _missing(formula: Formula, gap: Gap | None, population: Population) -> Kpi:
    return Kpi(formula, None, population, gap=gap)


def _hundredths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _ten_thousandths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"), ROUND_HALF_UP)


_IN_DAYS = frozenset({Formula.DSO_INVOICES, Formula.WEIGHTED_DELAY, Formula.EQUAL_SIZES})

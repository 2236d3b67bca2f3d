"""Late interest between companies and the flat charge for recovery (domain 5.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
CENT = Decimal("0.01")
_PERCENT_DAYS = 100 * 365


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A yearly rate in percent, in force from a day until the next one."""

    day: date
    percent: Decimal


@dataclass(frozen=True, slots=True)
class RateTable:
    """What decides the rate of late interest. All figures are parameters: contracts and law change.

    `refinancing` are the dated rates of the central bank, `legal` those of the legal interest rate, `contract` what the
    general terms say, in percent.
    """

    refinancing: tuple[DatedRate, ...] = ()
    legal: tuple[DatedRate, ...] = ()
    contract: Decimal | None = None
    margin: Decimal = Decimal(10)
    floor_multiple: Decimal = Decimal(3)

    def on(self, day: date) -> Decimal | None:
        """Return the rate of the half-year of a day, in percent; None when no table reaches that far back.

        By default the refinancing rate of its first day plus the margin. A contract's rate is never below the floor;
        where the legal rate is unknown the floor cannot be worked out and the contract stands.
        """
        first = half_year(day)
        if self.contract is None:
            refinancing = _in_force(self.refinancing, first)
            return None if refinancing is None else refinancing + self.margin
        legal = _in_force(self.legal, first)
        return self.contract if legal is None else max(self.contract, legal * self.floor_multiple)


@dataclass(frozen=True, slots=True)
class PartPayment:
    """What was paid on a day; that day still bears interest on the balance before it."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included, over which balance and rate stay the same; `interest` is None without a rate."""

    first: date
    last: date
    balance: Decimal
    percent: Decimal | None

    @property
    def days(self) -> int:
        """How many days bear interest."""
        return (self.last - self.first).days + 1

    @property
    def interest(self) -> Decimal | None:
        """The interest of the span, to the cent."""
        if self.percent is None:
            return None
        return (self.balance * self.percent * self.days / _PERCENT_DAYS).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class LateInterest:
    """What a late invoice costs its debtor: the spans that make the interest, and the flat charge."""

    spans: tuple[Span, ...]
    flat: Decimal

    @property
    def interest(self) -> Decimal | None:
        """The sum of the spans; None when the rate of one of them is unknown."""
        amounts = [span.interest for span in self.spans]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, ZERO) if len(known) == len(amounts) else None

    @property
    def total(self) -> Decimal | None:
        """Interest and flat charge."""
        return None if self.interest is None else self.interest + self.flat


def late_interest(
    amount: Decimal,
    due: date,
    until: date,
    *,
    rates: RateTable,
    payments: Iterable[PartPayment] = (),
    flat: Decimal = Decimal(40),
) -> LateInterest:
    """Return the interest on an invoice of `amount`, taxes included, from the day after `due` to `until`.

    Split at each half-year and each part payment; what was paid before keeps the interest of its days. The flat charge
    is owed once, by an invoice that was late for at least a day. A credit bears none.
    """
    paid = sorted((payment for payment in payments if payment.day < until), key=lambda payment: payment.day)
    spans, start = [], due + timedelta(days=1)
    cuts = {payment.day for payment in paid if payment.day > due} | set(_ends_of_half_years(start, until)) | {until}
    for last in sorted(cuts):
        balance = amount - sum((payment.amount for payment in paid if payment.day < start), ZERO)
        if balance > 0 and start <= last:
            spans.append(Span(start, last, balance, rates.on(start)))
        start = last + timedelta(days=1)
    return LateInterest(tuple(spans), flat if spans else ZERO)


def half_year(day: date) -> date:
    """Return the first day of the half-year of a day: the one whose rate holds."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def _ends_of_half_years(first: date, last: date) -> list[date]:
    days = (date(year, *end) for year in range(first.year, last.year + 1) for end in ((6, 30), (12, 31)))
    return [day for day in days if first <= day < last]


def _in_force(rates: Iterable[DatedRate], day: date) -> Decimal | None:
    known = [rate for rate in rates if rate.day <= day]
    return max(known, key=lambda rate: rate.day).percent if known else None

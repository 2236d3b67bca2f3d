"""What a company owes us or may come to owe, against its limit, in one currency (domain 5.1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from companies.choices import DocumentType
from companies.rules.ledger import Item, days_late

ZERO = Decimal(0)
CENT = Decimal("0.01")


class Netting(StrEnum):
    """Which credits lower the risk."""

    ALL = "all"
    MATCHED = "matched"
    NONE = "none"


class Part(StrEnum):
    """What an exposure is made of, in the order in which it was committed: what can be stopped comes last."""

    CREDIT_NOTES = "credit_notes"
    PAYMENTS = "payments"
    MATCHED_CREDITS = "matched_credits"
    DISPUTED = "disputed"
    OVERDUE = "overdue"
    UNDATED = "undated"
    NOT_DUE = "not_due"
    BILLS = "bills"
    DELIVERED = "delivered"
    ORDERS = "orders"


_DEBTS = frozenset({"not_due", "overdue", "undated"})
_CREDITS = frozenset({"credit_notes", "payments", "matched_credits"})


@dataclass(frozen=True, slots=True)
class Parts:
    """The components of an exposure, in one currency. Credits are negative or zero, the rest positive or zero.

    `undated` debts have no due date. Three are shares of others, not further amounts: `disputed` of the debts,
    `matched_credits` of the credits, and `orders_later` of the orders: those due after the policy's days.
    """

    not_due: Decimal = ZERO
    overdue: Decimal = ZERO
    undated: Decimal = ZERO
    bills: Decimal = ZERO
    credit_notes: Decimal = ZERO
    payments: Decimal = ZERO
    delivered: Decimal = ZERO
    orders: Decimal = ZERO
    disputed: Decimal = ZERO
    matched_credits: Decimal = ZERO
    orders_later: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse a sign that would add a credit to a debt, and a share larger than its whole."""
        for part in fields(self):
            amount = getattr(self, part.name)
            if (amount > 0) if part.name in _CREDITS else (amount < 0):
                raise ValueError(f"{part.name} has the wrong sign: {amount}")
        if self.disputed > self.debts or self.orders_later > self.orders:
            raise ValueError("a share is larger than its whole")
        if self.matched_credits < self.credits:
            raise ValueError("matched credits are larger than the credits")

    def __add__(self, other: "Parts") -> "Parts":
        """Join two accounts of one company."""
        return Parts(**{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)})

    @property
    def debts(self) -> Decimal:
        """What is invoiced and unpaid, bills apart."""
        return self.not_due + self.overdue + self.undated

    @property
    def credits(self) -> Decimal:
        """Credit notes and unallocated payments, negative or zero."""
        return self.credit_notes + self.payments


@dataclass(frozen=True, slots=True)
class ExposurePolicy:
    """What counts as risk. `orders_share` is a fraction from 0 to 1.

    With `orders_within_days`, only orders due by then count; the same figure goes to `parts_of`.
    """

    netting: Netting = Netting.ALL
    count_bills: bool = True
    count_delivered: bool = True
    count_disputed: bool = True
    orders_share: Decimal = Decimal(1)
    orders_within_days: int | None = None

    def __post_init__(self) -> None:
        """Refuse a share that is no fraction, such as 50 for 50 %, and days in the past."""
        if not 0 <= self.orders_share <= 1:
            raise ValueError(f"orders_share is a fraction from 0 to 1, not {self.orders_share}")
        if self.orders_within_days is not None and self.orders_within_days < 0:
            raise ValueError(f"orders_within_days cannot be negative: {self.orders_within_days}")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one part adds to the risk, or takes from it."""

    part: Part
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Exposure:
    """The two figures: `accounting` is the balance of the ledger, `risk` what could be lost."""

    accounting: Decimal
    risk: Decimal


@dataclass(frozen=True, slots=True)
class Headroom:
    """An exposure against a limit; None where there is no limit to compare with. `use` is a ratio: 1.23 is 123 %."""

    available: Decimal | None
    excess: Decimal | None
    use: Decimal | None


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted order that is not invoiced: delivered, or to be delivered on a day that may be unknown."""

    amount: Decimal
    deliver_on: date | None = None
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in ours from a day on, until the next rate."""

    currency: str
    day: date
    value: Decimal

    def __post_init__(self) -> None:
        """Refuse a rate that would erase or turn round an amount."""
        if self.value <= 0:
            raise ValueError(f"a rate is positive, not {self.value}")


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount in our currency beside its original; `amount` and `rate` are None where no rate is known."""

    original: Decimal
    currency: str
    amount: Decimal | None
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Restated:
    """Items in our currency with, for each, its conversion; and what could not be converted, by currency.

    A figure made of `items` is complete only if `missing` is empty.
    """

    items: tuple[Item, ...]
    conversions: tuple[Converted, ...]
    missing: Mapping[str, Decimal]


def exposure(parts: Parts, policy: ExposurePolicy = ExposurePolicy()) -> Exposure:
    """Return the accounting exposure and the risk exposure under a policy (domain 5.1), to the cent."""
    risk = sum((found.amount for found in contributions(parts, policy)), ZERO)
    return Exposure(accounting=_cents(parts.debts + parts.bills + parts.credits), risk=_cents(risk))


def contributions(parts: Parts, policy: ExposurePolicy = ExposurePolicy()) -> tuple[Contribution, ...]:
    """Return what each part adds to the risk under a policy, to the cent; together they are the risk exposure.

    In the order of commitment; parts that add nothing are left out.
    """
    later = ZERO if policy.orders_within_days is None else parts.orders_later
    amounts = {
        **_credits_counted(parts, policy.netting),
        Part.DISPUTED: ZERO if policy.count_disputed else -parts.disputed,
        Part.OVERDUE: parts.overdue,
        Part.UNDATED: parts.undated,
        Part.NOT_DUE: parts.not_due,
        Part.BILLS: parts.bills * policy.count_bills,
        Part.DELIVERED: parts.delivered * policy.count_delivered,
        Part.ORDERS: (parts.orders - later) * policy.orders_share,
    }
    return tuple(Contribution(part, _cents(amount)) for part, amount in amounts.items() if amount)


def headroom(risk: Decimal, limit: Decimal | None) -> Headroom:
    """Compare a risk exposure with a limit. No limit is not a limit of 0: against 0 the whole exposure is excess.

    A credit balance uses 0 % and never exceeds; a limit of 0 has no ratio.
    """
    if limit is None:
        return Headroom(available=None, excess=None, use=None)
    available = limit - risk
    return Headroom(available, excess=max(ZERO, -available), use=_use(risk, limit))


def parts_of(
    items: Iterable[Item], as_of: date, *, orders: Iterable[Order] = (), orders_within_days: int | None = None
) -> Parts:
    """Sort a company's open items and orders, all in one currency, into the parts of its exposure.

    A bill counts as overdue once it is late. A negative amount is a credit whatever its type: a payment, else a credit
    note. A dispute does not touch a bill until it is late: whoever accepted it owes it whatever became of the goods. An
    order without a day counts as due soon: what is unknown must not lower the risk.
    """
    sums = dict.fromkeys((part.name for part in fields(Parts)), ZERO)
    for item in items:
        part = _part_of(item, as_of)
        sums[part] += item.amount
        sums["disputed"] += item.amount if item.disputed and part in _DEBTS else ZERO
        sums["matched_credits"] += item.amount if item.matched and not item.is_debt else ZERO
    for order in orders:
        sums["delivered" if order.delivered else "orders"] += order.amount
        sums["orders_later"] += order.amount if _is_later(order, as_of, orders_within_days) else ZERO
    return Parts(**sums)


def rate_on(rates: Iterable[Rate], currency: str, as_of: date) -> Rate | None:
    """Return the last rate of a currency known on a day; None without one: later rates do not count (domain 5.1)."""
    known = [rate for rate in rates if rate.currency == currency and rate.day <= as_of]
    return max(known, key=lambda rate: rate.day, default=None)


def convert(amount: Decimal, currency: str, rate: Rate | None, *, ours: str = "EUR") -> Converted:
    """Convert an amount at a given rate, to the cent; unknown without a rate, unchanged in our own currency."""
    if currency == ours:
        return Converted(amount, currency, amount)
    if rate is None:
        return Converted(amount, currency, None)
    if rate.currency != currency:
        raise ValueError(f"a rate of {rate.currency} does not convert {currency}")
    return Converted(amount, currency, _cents(amount * rate.value), rate)


def restate(items: Iterable[Item], rates: Iterable[Rate], as_of: date, *, ours: str = "EUR") -> Restated:
    """Return the items in our currency at the rates of a day; those without a rate are summed apart."""
    found, table = list(items), tuple(rates)
    used = {code: rate_on(table, code, as_of) for code in {item.currency for item in found}}
    restated, conversions, missing = [], [], dict[str, Decimal]()
    for item in found:
        converted = convert(item.amount, item.currency, used[item.currency], ours=ours)
        if converted.amount is None:
            missing[item.currency] = missing.get(item.currency, ZERO) + item.amount
            continue
        restated.append(replace(item, amount=converted.amount, currency=ours))
        conversions.append(converted)
    return Restated(tuple(restated), tuple(conversions), missing)


def _credits_counted(parts: Parts, netting: Netting) -> dict[Part, Decimal]:
    if netting is Netting.ALL:
        return {Part.CREDIT_NOTES: parts.credit_notes, Part.PAYMENTS: parts.payments}
    return {Part.MATCHED_CREDITS: parts.matched_credits} if netting is Netting.MATCHED else {}


def _part_of(item: Item, as_of: date) -> str:
    if not item.is_debt:
        return "payments" if item.type == DocumentType.PAYMENT else "credit_notes"
    late = days_late(item.due_date, as_of)
    if item.type == DocumentType.BILL and (late is None or late <= 0):
        return "bills"
    if late is None:
        return "undated"
    return "overdue" if late > 0 else "not_due"


def _is_later(order: Order, as_of: date, within_days: int | None) -> bool:
    if within_days is None or order.delivered or order.deliver_on is None:
        return False
    return (order.deliver_on - as_of).days > within_days


def _use(risk: Decimal, limit: Decimal) -> Decimal | None:
    if limit <= 0:
        return None
    return max(ZERO, (risk / limit).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)

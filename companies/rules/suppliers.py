"""Suppliers: who depends on whom, what we stand to lose with them, and what could be set off (domain 5.15)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Band(StrEnum):
    """Where a dependency lies against its alert band; contested as a lone indicator."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Missing(StrEnum):
    """Why a figure cannot be computed."""

    NO_TURNOVER = "no_turnover"
    NO_PURCHASES = "no_purchases"
    NO_STOCK = "no_stock"
    NO_USE = "no_use"
    NO_LEAD_TIME = "no_lead_time"


@dataclass(frozen=True, slots=True)
class AlertBand:
    """From where a dependency is amber, and above which it is red; fractions, both bounds amber."""

    amber_from: Decimal = Decimal("0.22")
    red_above: Decimal = Decimal("0.30")

    def __post_init__(self) -> None:
        """Refuse bounds that leave no band."""
        if not 0 <= self.amber_from <= self.red_above:
            raise ValueError("an alert band rises: 0 <= amber_from <= red_above")

    def of(self, share: Decimal) -> Band:
        """Return the band of a share."""
        if share < self.amber_from:
            return Band.GREEN
        return Band.AMBER if share <= self.red_above else Band.RED


@dataclass(frozen=True, slots=True)
class Dependency:
    """A dependency as a ratio, 0.25 for 25 %, with its band; None and the reason where it is unknown."""

    share: Decimal | None
    band: Band | None
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Both ways: how much of the supplier's turnover we make, and how much of our purchases it makes."""

    theirs_on_us: Dependency
    ours_on_them: Dependency
    sole_source: bool | None


@dataclass(frozen=True, slots=True)
class Advanced:
    """What we have with a supplier, positive; None is unknown. Accounts 4091 and 4098 for the first two."""

    advances: Decimal | None = None
    credit_notes: Decimal | None = None
    tooling: Decimal | None = None
    prepaid_orders: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse an amount that would hide another."""
        for part in fields(self):
            amount = getattr(self, part.name)
            if amount is not None and amount < 0:
                raise ValueError(f"{part.name} cannot be negative: {amount}")

    @property
    def known(self) -> dict[str, Decimal]:
        """The parts that are known."""
        amounts = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: amount for name, amount in amounts.items() if amount is not None}


@dataclass(frozen=True, slots=True)
class MoneyAtRisk:
    """What a supplier's failure would cost us, before and after set-off, from the known `parts`.

    Both are None when no part is known; `net` is None too when what we owe is needed and unknown.
    """

    gross: Decimal | None
    net: Decimal | None
    parts: Mapping[str, Decimal]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Continuity:
    """Days of stock against the days that a replacement takes; `gap` is the days uncovered, 0 when all are covered."""

    days_of_stock: Decimal | None
    gap: Decimal | None
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What one side owes the other, positive; `due` and `disputed` are shares of `owed`, and may overlap.

    `due_and_clear` is what is due and not disputed: all that the law sets off by itself.
    """

    owed: Decimal
    disputed: Decimal = ZERO
    due_and_clear: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse shares that are larger than the whole."""
        if min(self.owed, self.disputed, self.due_and_clear) < 0 or self.disputed + self.due_and_clear > self.owed:
            raise ValueError("what is disputed and what is due and clear are shares of what is owed")


@dataclass(frozen=True, slots=True)
class Offset:
    """A company that is client and supplier. `net` is positive when it owes us more than we owe it.

    `volume` could be set off by agreement, disputes apart; `now` without one. To be checked by counsel.
    """

    volume: Decimal
    now: Decimal
    net: Decimal


def dependency(part: Decimal | None, whole: Decimal | None, band: AlertBand = AlertBand()) -> Dependency:
    """Return purchases of twelve months ÷ a turnover, with its band; unknown without either (domain 5.15)."""
    if part is None:
        return Dependency(None, None, Missing.NO_PURCHASES)
    if whole is None or whole <= 0:
        return Dependency(None, None, Missing.NO_TURNOVER)
    share = max(ZERO, part / whole)
    return Dependency(_round(share, "0.0001"), band.of(share))


def dependencies(
    purchases: Decimal | None,
    *,
    turnover: Decimal | None,
    all_purchases: Decimal | None,
    sole_source: bool | None = None,
    band: AlertBand = AlertBand(),
) -> Dependencies:
    """Return the dependency both ways: of a supplier on us by its turnover, ours on it by all our purchases."""
    ours = dependency(purchases, all_purchases, band)
    if ours.missing is Missing.NO_TURNOVER:
        ours = Dependency(None, None, Missing.NO_PURCHASES)
    return Dependencies(dependency(purchases, turnover, band), ours, sole_source)


def money_at_risk(advanced: Advanced, payable: Decimal | None = None, *, set_off: bool = False) -> MoneyAtRisk:
    """Return what we stand to lose with a supplier, less what we owe it where that can be set off (domain 5.15)."""
    parts = advanced.known
    unknown = tuple(part.name for part in fields(Advanced) if part.name not in parts)
    gross = sum(parts.values(), ZERO) if parts else None
    if gross is None or not set_off:
        return MoneyAtRisk(gross, gross, parts, unknown)
    net = None if payable is None else max(ZERO, gross - max(ZERO, payable))
    return MoneyAtRisk(gross, net, parts, unknown)


def continuity(lead_time_days: int | None, stock: Decimal | None, daily_use: Decimal | None) -> Continuity:
    """Return replacement lead time − stock ÷ daily use, in days (domain 5.15)."""
    if stock is None:
        return Continuity(None, None, Missing.NO_STOCK)
    if daily_use is None or daily_use <= 0:
        return Continuity(None, None, Missing.NO_USE)
    days = max(ZERO, stock) / daily_use
    if lead_time_days is None:
        return Continuity(_round(days, "0.1"), None, Missing.NO_LEAD_TIME)
    return Continuity(_round(days, "0.1"), _round(max(ZERO, lead_time_days - days), "0.1"))


def offset(receivable: Side, payable: Side) -> Offset:
    """Return the volume to offset with a company that is client and supplier: the smaller of what each side owes."""
    return Offset(
        volume=min(receivable.owed - receivable.disputed, payable.owed - payable.disputed),
        now=min(receivable.due_and_clear, payable.due_and_clear),
        net=receivable.owed - payable.owed,
    )


def _round(value: Decimal, unit: str) -> Decimal:
    return value.quantize(Decimal(unit), ROUND_HALF_UP)

"""What a company owes us or may come to owe, against its limit (domain 5.1)."""

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Parts:
    """The components of an exposure, in one currency. Credits are negative or zero, the rest positive or zero.

    `disputed` is the part of `not_due` and `overdue` under dispute, not a further amount.
    """

    not_due: Decimal = ZERO
    overdue: Decimal = ZERO
    bills: Decimal = ZERO
    credit_notes: Decimal = ZERO
    payments: Decimal = ZERO
    delivered: Decimal = ZERO
    orders: Decimal = ZERO
    disputed: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse a sign that would add a credit to a debt."""
        for part in fields(self):
            amount = getattr(self, part.name)
            if (amount > 0) if part.name in {"credit_notes", "payments"} else (amount < 0):
                raise ValueError(f"{part.name} has the wrong sign: {amount}")

    def __add__(self, other: "Parts") -> "Parts":
        """Join two accounts of one company."""
        return Parts(**{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)})

    @property
    def credits(self) -> Decimal:
        """Credit notes and unallocated payments, negative or zero."""
        return self.credit_notes + self.payments


@dataclass(frozen=True, slots=True)
class ExposurePolicy:
    """What counts as risk. `orders_share` is a fraction from 0 to 1."""

    net_credits: bool = True
    count_bills: bool = True
    count_delivered: bool = True
    count_disputed: bool = True
    orders_share: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        """Refuse a share that is no fraction, such as 50 for 50 %."""
        if not 0 <= self.orders_share <= 1:
            raise ValueError(f"orders_share is a fraction from 0 to 1, not {self.orders_share}")


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


def exposure(parts: Parts, policy: ExposurePolicy = ExposurePolicy()) -> Exposure:
    """Return the accounting exposure and the risk exposure under a policy (domain 5.1), to the cent."""
    debts = parts.not_due + parts.overdue
    risk = debts + parts.orders * policy.orders_share
    risk += parts.bills * policy.count_bills + parts.delivered * policy.count_delivered
    risk += parts.credits * policy.net_credits
    risk -= ZERO if policy.count_disputed else parts.disputed
    return Exposure(accounting=_cents(debts + parts.bills + parts.credits), risk=_cents(risk))


def headroom(risk: Decimal, limit: Decimal | None) -> Headroom:
    """Compare a risk exposure with a limit. No limit is not a limit of 0: against 0 the whole exposure is excess.

    A credit balance uses 0 % and never exceeds; a limit of 0 has no ratio.
    """
    if limit is None:
        return Headroom(available=None, excess=None, use=None)
    available = limit - risk
    return Headroom(available, excess=max(ZERO, -available), use=_use(risk, limit))


def _use(risk: Decimal, limit: Decimal) -> Decimal | None:
    if limit <= 0:
        return None
    return max(ZERO, (risk / limit).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)

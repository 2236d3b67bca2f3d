"""What is likely to be lost, before and after insurance, and what to provide for (domain 5.14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from companies.choices import AgeingBucket, Rating, RatingState

ZERO, ONE = Decimal(0), Decimal(1)
CENT = Decimal("0.01")


class PdSource(StrEnum):
    """Where a probability of default comes from; a placeholder is shown as such until calibrated."""

    REPORT = "report"
    CALIBRATED = "calibrated"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class Probability:
    """A probability of default within a year, as a fraction, and its source."""

    value: Decimal
    source: PdSource

    def __post_init__(self) -> None:
        """Refuse what is no fraction, such as 4 for 4 %."""
        _refuse_no_fraction("a probability", self.value)

    @property
    def is_placeholder(self) -> bool:
        """Whether nobody has measured it."""
        return self.source is PdSource.PLACEHOLDER


@dataclass(frozen=True, slots=True)
class PdTable:
    """Probabilities where the report has none: by letter, and for companies failed or not rated."""

    by_rating: Mapping[str, Decimal]
    failed: Decimal
    not_rated: Decimal
    source: PdSource = PdSource.PLACEHOLDER


PLACEHOLDERS = PdTable(
    by_rating={
        Rating.A: Decimal("0.005"),
        Rating.B: Decimal("0.015"),
        Rating.C: Decimal("0.04"),
        Rating.D: Decimal("0.10"),
        Rating.E: Decimal("0.25"),
    },
    failed=ONE,
    not_rated=Decimal("0.05"),
)
"""Proposed, not measured (domain 5.14); to be replaced once the house has a history of its own."""


@dataclass(frozen=True, slots=True)
class Insurance:
    """The cover in force, the insured fraction of a loss, and the risk that the cover turns out void."""

    cover: Decimal
    quota: Decimal
    void_risk: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse percentages, and a negative cover."""
        _refuse_no_fraction("the quota", self.quota)
        _refuse_no_fraction("the void risk", self.void_risk)
        if self.cover < 0:
            raise ValueError(f"a cover cannot be negative: {self.cover}")


@dataclass(frozen=True, slots=True)
class ExpectedLoss:
    """An expected loss step by step, to the cent.

    `loss` is what a default would cost before insurance and `net_loss` after the `indemnity`; `gross` and `net` are
    those by the probability.
    """

    ead: Decimal
    pd: Probability
    lgd: Decimal
    loss: Decimal
    insured_loss: Decimal
    indemnity: Decimal
    net_loss: Decimal
    gross: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class CutValue:
    """What cutting a limit brings and costs a year: both are shown, because cutting everything is never the answer."""

    loss_avoided: Decimal
    margin_lost: Decimal

    @property
    def value(self) -> Decimal:
        """The difference; negative when the cut costs more than it saves."""
        return self.loss_avoided - self.margin_lost


@dataclass(frozen=True, slots=True)
class Provision:
    """What to provide by bucket, to the cent, and the debts in buckets that have no rate: provided for by nothing."""

    lines: Mapping[AgeingBucket, Decimal]
    without_rate: Mapping[AgeingBucket, Decimal]

    @property
    def total(self) -> Decimal:
        """The sum of the lines."""
        return sum(self.lines.values(), ZERO)


def probability_of_default(
    reported: Decimal | None, *, rating: str | None, rating_state: str, table: PdTable = PLACEHOLDERS
) -> Probability:
    """Return the report's probability when it has one, as a fraction, else the table's for the rating.

    A failed company has failed whatever its report says. Not rated is a state of its own, not a bad rating.
    """
    if rating_state == RatingState.FAILED:
        return Probability(table.failed, table.source)
    if reported is not None:
        return Probability(reported, PdSource.REPORT)
    if rating_state == RatingState.RATED and rating is not None and rating in table.by_rating:
        return Probability(table.by_rating[rating], table.source)
    return Probability(table.not_rated, table.source)


def exposure_at_default(risk: Decimal, limit: Decimal | None = None, free_share: Decimal = ZERO) -> Decimal:
    """Return the risk exposure and a fraction of the free limit, drawn before a default. A credit balance is 0."""
    _refuse_no_fraction("the free share", free_share)
    free = ZERO if limit is None else max(ZERO, limit - max(ZERO, risk))
    return _cents(max(ZERO, risk) + free * free_share)


def expected_loss(
    ead: Decimal | None, pd: Probability, *, lgd: Decimal = Decimal("0.90"), insurance: Insurance | None = None
) -> ExpectedLoss | None:
    """Return EAD × PD × LGD, gross and net of insurance; None when the exposure is unknown.

    The insurer takes its share of each euro lost: cover ÷ exposure, at most all, then the quota.
    """
    _refuse_no_fraction("the loss given default", lgd)
    if ead is None:
        return None
    ead = max(ZERO, ead)
    loss, insured = ead * lgd, ZERO if insurance is None else min(ead, insurance.cover) * lgd
    indemnity = ZERO if insurance is None else insured * insurance.quota * (ONE - insurance.void_risk)
    return ExpectedLoss(
        ead=ead,
        pd=pd,
        lgd=lgd,
        loss=_cents(loss),
        insured_loss=_cents(insured),
        indemnity=_cents(indemnity),
        net_loss=_cents(loss) - _cents(indemnity),
        gross=_cents(loss * pd.value),
        net=_cents((loss - indemnity) * pd.value),
    )


def value_of_cut(before: ExpectedLoss, after: ExpectedLoss, margin_lost: Decimal) -> CutValue:
    """Compare the net expected loss before and after a limit is cut with the yearly margin lost by it."""
    return CutValue(loss_avoided=before.net - after.net, margin_lost=margin_lost)


def provision(balance: Mapping[AgeingBucket, Decimal], rates: Mapping[AgeingBucket, Decimal]) -> Provision:
    """Apply a rate, as a fraction, to each bucket of an ageing (IFRS 9, simplified); credits are no debt to lose."""
    if AgeingBucket.CREDITS in rates:
        raise ValueError("credits bear no provision")
    for rate in rates.values():
        _refuse_no_fraction("a provision rate", rate)
    lines: dict[AgeingBucket, Decimal] = {}
    without: dict[AgeingBucket, Decimal] = {}
    for bucket, amount in balance.items():
        if bucket in rates:
            lines[bucket] = _cents(amount * rates[bucket])
        elif amount and bucket != AgeingBucket.CREDITS:
            without[bucket] = amount
    return Provision(lines, without)


def _refuse_no_fraction(what: str, value: Decimal) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{what} is a fraction from 0 to 1, not {value}")


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)

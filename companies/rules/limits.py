"""Four limits that must not be confused, where they disagree (domain 5.2), and which of them is exceeded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from companies.rules.exposure import ZERO, Contribution, Part, headroom


class LimitKind(StrEnum):
    """Whose limit it is, the one that blocks orders first."""

    ERP = "erp"
    APPROVED = "approved"
    COVER = "cover"
    PROVIDER = "provider"


class CoverState(StrEnum):
    """Why the cover in force is what it is."""

    IN_FORCE = "in_force"
    REFUSED = "refused"
    ENDED = "ended"


class Flag(StrEnum):
    """How two limits disagree."""

    ERP_OVER_BOTH = "erp_over_both"
    ERP_OVER_COVER = "erp_over_cover"
    COVER_EXPIRED = "cover_expired"
    ERP_OVER_APPROVED = "erp_over_approved"
    COVER_OVER_ERP = "cover_over_erp"
    APPROVED_OVER_ERP = "approved_over_erp"
    UNINSURED_BY_DECISION = "uninsured_by_decision"
    NO_ERP_LIMIT = "no_erp_limit"


class Gravity(StrEnum):
    """What a disagreement asks for."""

    DANGER = "danger"
    ATTENTION = "attention"
    INFORMATION = "information"


_GRAVITY = {
    Flag.ERP_OVER_BOTH: Gravity.DANGER,
    Flag.ERP_OVER_COVER: Gravity.DANGER,
    Flag.COVER_EXPIRED: Gravity.DANGER,
    Flag.ERP_OVER_APPROVED: Gravity.ATTENTION,
    Flag.COVER_OVER_ERP: Gravity.ATTENTION,
    Flag.APPROVED_OVER_ERP: Gravity.ATTENTION,
    Flag.UNINSURED_BY_DECISION: Gravity.INFORMATION,
    Flag.NO_ERP_LIMIT: Gravity.INFORMATION,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one company on one day, in one currency; None is unknown, which is not 0.

    `cover` is what is in force: 0 once refused or ended, None when no insurer ever decided. `cover_since` is the day
    from which that holds, `approved_on` the day of our own decision.
    """

    provider: Decimal | None = None
    cover: Decimal | None = None
    approved: Decimal | None = None
    erp: Decimal | None = None
    cover_state: CoverState = CoverState.IN_FORCE
    cover_since: date | None = None
    approved_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse a negative limit, and a cover that is refused or ended and yet in force."""
        if any(limit is not None and limit < 0 for limit in (self.provider, self.cover, self.approved, self.erp)):
            raise ValueError("a limit cannot be negative")
        if self.cover_state is not CoverState.IN_FORCE and self.cover != 0:
            raise ValueError(f"a cover that is {self.cover_state} is 0, not {self.cover}")

    def of(self, kind: LimitKind) -> Decimal | None:
        """Return one of the four."""
        return {
            LimitKind.ERP: self.erp,
            LimitKind.APPROVED: self.approved,
            LimitKind.COVER: self.cover,
            LimitKind.PROVIDER: self.provider,
        }[kind]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A disagreement and its amount; None where there is nothing to subtract from."""

    flag: Flag
    amount: Decimal | None

    @property
    def gravity(self) -> Gravity:
        """How bad it is."""
        return _GRAVITY[self.flag]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """By how much a limit may be exceeded without stopping anything: an amount, or a fraction of the limit."""

    amount: Decimal = ZERO
    share: Decimal = ZERO

    def of(self, limit: Decimal) -> Decimal:
        """Return the larger of the two for a limit."""
        return max(self.amount, limit * self.share)


@dataclass(frozen=True, slots=True)
class ExcessPart:
    """A part of an exposure; `over` is how much of the excess it makes when what was committed first fills first."""

    part: Part
    amount: Decimal
    over: Decimal


@dataclass(frozen=True, slots=True)
class Excess:
    """Which limit is exceeded, by how much, and by what; `parts` make the exposure, largest first, credits last."""

    kind: LimitKind
    limit: Decimal
    risk: Decimal
    amount: Decimal
    tolerated: bool
    parts: tuple[ExcessPart, ...]

    @property
    def crossing(self) -> tuple[ExcessPart, ...]:
        """The parts beyond the limit, largest first; together they are the excess."""
        return tuple(sorted((part for part in self.parts if part.over), key=lambda part: -part.over))


@dataclass(frozen=True, slots=True)
class ErpLimit:
    """The one ERP limit of a company with several accounts; `agreed` is False when the accounts say different ones."""

    amount: Decimal | None
    agreed: bool


def mismatches(limits: Limits) -> tuple[Mismatch, ...]:
    """Return where the four limits disagree, worst first; nothing when they are equal (domain 5.2).

    The provider's limit is advice and disagrees with nothing. What the ERP allows beyond the cover in force is split:
    above our own approval, and up to it; the amounts flagged add up to it.
    """
    if limits.erp is None:
        return (Mismatch(Flag.NO_ERP_LIMIT, None),)
    found = [*_over_approval(limits, limits.erp), *_uninsured(limits, limits.erp), *_unused(limits, limits.erp)]
    order = list(Flag)
    return tuple(sorted(found, key=lambda mismatch: order.index(mismatch.flag)))


def excesses(parts: Iterable[Contribution], limits: Limits, tolerance: Tolerance = Tolerance()) -> tuple[Excess, ...]:
    """Return each limit that an exposure exceeds, the one that blocks orders first (domain 2.1 and 5.1).

    `parts` are the contributions under a policy, in the order of commitment: orders exceed before invoices do.
    """
    listed = tuple(parts)
    risk = sum((part.amount for part in listed), ZERO)
    found = []
    for kind in LimitKind:
        limit = limits.of(kind)
        over = headroom(risk, limit).excess
        if limit is None or not over:
            continue
        made = tuple(sorted(_spread(listed, limit), key=lambda part: -part.amount))
        found.append(Excess(kind, limit, risk=risk, amount=over, tolerated=over <= tolerance.of(limit), parts=made))
    return tuple(found)


def erp_limit_of(limits: Iterable[Decimal | None]) -> ErpLimit:
    """Return the limit of a company whose accounts each carry it: counted once, not added (domain 5.1).

    When the accounts disagree the largest is returned, since that is how far the ERP lets orders go.
    """
    known = {limit for limit in limits if limit is not None}
    return ErpLimit(max(known, default=None), agreed=len(known) <= 1)


def _over_approval(limits: Limits, erp: Decimal) -> list[Mismatch]:
    if limits.approved is None:
        return []
    if erp < limits.approved:
        return [Mismatch(Flag.APPROVED_OVER_ERP, limits.approved - erp)]
    if erp == limits.approved:
        return []
    if limits.cover is not None and erp > limits.cover:
        return [Mismatch(Flag.ERP_OVER_BOTH, erp - max(limits.cover, limits.approved))]
    return [Mismatch(Flag.ERP_OVER_APPROVED, erp - limits.approved)]


def _uninsured(limits: Limits, erp: Decimal) -> list[Mismatch]:
    """Flag what is approved and allowed, and yet not insured: by decision, or because the cover has moved since."""
    if limits.cover is None:
        return []
    allowed = erp if limits.approved is None else min(erp, limits.approved)
    if allowed <= limits.cover:
        return []
    if limits.approved is not None and _knowingly(limits):
        flag = Flag.UNINSURED_BY_DECISION
    else:
        flag = Flag.COVER_EXPIRED if limits.cover_state is CoverState.ENDED else Flag.ERP_OVER_COVER
    return [Mismatch(flag, allowed - limits.cover)]


def _unused(limits: Limits, erp: Decimal) -> list[Mismatch]:
    over = ZERO if limits.cover is None else limits.cover - erp
    return [Mismatch(Flag.COVER_OVER_ERP, over)] if over > 0 else []


def _knowingly(limits: Limits) -> bool:
    """Say whether we approved in the knowledge of the cover: by the dates, else only a refusal is sure to be known."""
    if limits.approved_on is None or limits.cover_since is None:
        return limits.cover_state is CoverState.REFUSED
    return limits.approved_on >= limits.cover_since


def _spread(parts: tuple[Contribution, ...], limit: Decimal) -> list[ExcessPart]:
    spread, reached = [], ZERO
    for part in parts:
        before, reached = reached, reached + part.amount
        over = max(ZERO, reached - limit) - max(ZERO, before - limit)
        spread.append(ExcessPart(part.part, part.amount, over))
    return spread

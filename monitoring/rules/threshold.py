"""From which amount on a company is in the high row: proposed from the portfolio, then frozen (domain 4.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

FEWEST = 20
"""Entities; a portfolio with fewer says nothing about where its weight lies."""
FALLBACK = Decimal(10_000)
PARETO = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A threshold and what speaks for it. `exact` is the amount before rounding, None where the fallback is proposed.

    `entities` counts the positive amounts, `above` those in the high row, whose part of the total is `share`
    (a fraction; None without any amount).
    """

    threshold: Decimal
    exact: Decimal | None
    entities: int
    above: int
    share: Decimal | None


def propose(amounts: Iterable[Decimal | None], *, share: Decimal = PARETO, fallback: Decimal = FALLBACK) -> Proposal:
    """Propose the amount at or above which entities hold this share of the total, to the nearest 1-2-5 step.

    Unknown amounts, zeros and credits hold nothing and are left out. Raises ValueError for a share outside 0 to 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is a fraction above 0 and up to 1, not {share}")
    ranked = sorted((amount for amount in amounts if amount is not None and amount > 0), reverse=True)
    exact = _pareto(ranked, share) if len(ranked) >= FEWEST else None
    threshold = fallback if exact is None else round_125(exact)
    high = [amount for amount in ranked if amount >= threshold]
    part = sum(high, Decimal(0)) / sum(ranked) if ranked else None
    return Proposal(threshold, exact, entities=len(ranked), above=len(high), share=part)


def round_125(amount: Decimal) -> Decimal:
    """Return the nearest of 1, 2, 5 × a power of ten; the lower one in the middle. Raises ValueError unless above 0."""
    if not (amount.is_finite() and amount > 0):
        raise ValueError(f"only an amount above 0 has a step, not {amount}")
    unit = Decimal(1).scaleb(amount.adjusted())
    steps = [unit * step for step in (1, 2, 5, 10)]
    nearest = min(steps, key=lambda step: (abs(step - amount), step))
    return nearest.quantize(Decimal(1)) if nearest >= 1 else nearest


def _pareto(ranked: list[Decimal], share: Decimal) -> Decimal:
    """Return the largest amount such that the entities at or above it hold the share; `ranked` falls."""
    aim = sum(ranked) * share
    return next(amount for amount, held in zip(ranked, accumulate(ranked), strict=True) if held >= aim)

"""What-if over a whole portfolio: a policy as an ordered list of conditions for one SQL CASE, and sums in one pass."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from companies.choices import CompanyStatus, RatingState
from monitoring.choices import Cell
from monitoring.rules.matrix import COLUMN_OF_LETTER, COLUMNS, ROWS, Inheritance, NotRated, PolicyRules, Position, place

Op = Literal["is", "is not", "<", ">="]
Row = tuple[int | Decimal | None, Decimal | None, str, str, Decimal, str | None]
"""(score, y, rating state, status, weight, letter); an open proceeding is the rating state FAILED."""

_RATED = RatingState.RATED.value


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a fact, by the name of a field of `Position`, with a constant.

    As in SQL, an unknown fact fulfils no comparison.
    """

    fact: str
    op: Op
    value: str | bool | Decimal


Case = tuple[Cell, tuple[Condition, ...]]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many companies, and the sum of their weights (euros)."""

    count: int = 0
    amount: Decimal = Decimal(0)


def bounds_case(policy: PolicyRules) -> list[Case]:
    """Return the policy as (cell, conditions that must all hold) pairs; the first that holds gives the cell.

    The last pair has no condition. Hysteresis, freshness and overrides are left out: this is the raw view of domain
    4.5. Raises ValueError for a policy that needs the facts of the parent.
    """
    if policy.inheritance is not Inheritance.OWN:
        raise ValueError("a column inherited from the parent cannot be told from the company's own facts")
    rated = Condition("rating_state", "is not", _RATED)
    bounds = (policy.weak_from, policy.watch_from, policy.sound_from)
    cases = [*_failures(policy), *_not_rated(policy, rated)]
    for column in (2, 1, 0):
        cases += _column(column, policy, Condition("score", ">=", Decimal(bounds[column])))
    cases += _not_rated(policy, Condition("score", "<", Decimal(0)))
    for letter, column in COLUMN_OF_LETTER.items():
        cases += _column(column, policy, Condition("rating", "is", letter))
    return [*cases, *_not_rated(policy), *([] if policy.not_rated is NotRated.COLUMN else [(Cell.NR, ())])]


def tally(rows: Iterable[Row], policy: PolicyRules) -> dict[Cell, Tally]:
    """Sum a portfolio per cell, without hysteresis; every cell is there."""
    sums = _sum(rows, (policy,))
    return {cell: sums.get((cell,), Tally()) for cell in Cell}


def compare(rows: Iterable[Row], active: PolicyRules, draft: PolicyRules) -> dict[tuple[Cell, ...], Tally]:
    """Sum a portfolio per (cell under the active policy, cell under the draft); only pairs that occur are there."""
    return _sum(rows, (active, draft))


def _failures(policy: PolicyRules) -> list[Case]:
    alone = (
        Condition("open_proceeding", "is", value=True),
        Condition("struck_off", "is", value=True),
        Condition("status", "is", CompanyStatus.NON_ACTIVE.value),
        Condition("rating_state", "is", RatingState.FAILED.value),
    )
    zero = (
        Condition("rating_state", "is", _RATED),
        Condition("score", ">=", Decimal(0)),
        Condition("score", "<", Decimal(policy.weak_from)),
    )
    return [*((Cell.FAIL, (condition,)) for condition in alone), (Cell.FAIL, zero)]


def _column(column: int, policy: PolicyRules, *conditions: Condition) -> list[Case]:
    """Return the two rows of a column; without a measure, the row is the low one."""
    low, high = (Cell(f"{row}-{COLUMNS[column]}") for row in ROWS)
    return [(high, (*conditions, Condition("y", ">=", policy.high_from))), (low, conditions)]


def _not_rated(policy: PolicyRules, *conditions: Condition) -> list[Case]:
    if policy.not_rated is NotRated.COLUMN:
        return _column(COLUMNS.index(policy.not_rated_column), policy, *conditions)
    lane: list[Case] = [(Cell.NR, conditions)] if conditions else []
    if policy.not_rated is NotRated.LANE:
        return lane
    paying = [
        _column(2, policy, *conditions, Condition("behaviour", ">=", Decimal(policy.sound_from))),
        _column(1, policy, *conditions, Condition("behaviour", ">=", Decimal(policy.watch_from))),
        _column(0, policy, *conditions, Condition("behaviour", "<", Decimal(policy.watch_from))),
    ]
    return [case for cases in paying for case in cases] + lane


def _sum(rows: Iterable[Row], policies: tuple[PolicyRules, ...]) -> dict[tuple[Cell, ...], Tally]:
    """Sum by the cells under each policy; facts that differ in their amounts only are placed once."""
    thresholds = sorted(policy.high_from for policy in policies)
    sums: dict[tuple[Cell, ...], list[Any]] = {}
    known: dict[tuple[Any, ...], list[Any]] = {}
    for score, y, state, status, weight, letter in rows:
        passed = 0 if y is None else bisect_right(thresholds, y)
        key = (score, passed, state, status, letter)
        total = known.get(key)
        if total is None:
            position = Position(
                score=score,
                rating=letter,
                rating_state=state,
                status=status,
                y=thresholds[passed - 1] if passed else None,
            )
            cells = tuple(place(position, policy).cell for policy in policies)
            total = known[key] = sums.setdefault(cells, [0, Decimal(0)])
        total[0] += 1
        total[1] += weight
    return {cells: Tally(count, amount) for cells, (count, amount) in sums.items()}

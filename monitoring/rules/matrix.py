"""Where a company stands on the strategic matrix, and why (domain 4.4 and 4.5)."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from companies.choices import CompanyStatus, Rating, RatingState, Role
from monitoring.choices import Cell

COLUMNS = ("DEF", "MOD", "FAV")
"""From the worst to the best; what has no column is in a lane."""
ROWS = ("LOW", "HIGH")
COLUMN_OF_LETTER = {Rating.A.value: 2, Rating.B.value: 2, Rating.C.value: 1, Rating.D.value: 0}
"""E is no score and has no column: read the rating state before calling it bad (domain 4.3)."""

_CELLS = tuple(tuple(Cell(f"{row}-{column}") for column in COLUMNS) for row in ROWS)
_PLACE_OF = {cell.value: (row, column) for row, cells in enumerate(_CELLS) for column, cell in enumerate(cells)}
_FAIL, _NR = -1, -2
# Members of an enumeration cost a slow look-up each, and a portfolio is placed in a loop.
_CEASED, _RATED, _IN_FAILURE, _UNKNOWN = (
    CompanyStatus.NON_ACTIVE.value, RatingState.RATED.value, RatingState.FAILED.value, RatingState.UNKNOWN.value,
)  # fmt: skip


class Reason(StrEnum):
    """What decided the cell."""

    SCORE = "score"
    LETTER = "letter"
    BEHAVIOUR = "behaviour"
    HELD = "held"
    OVERRIDE = "override"
    SCORE_ZERO = "score_zero"
    FAILED = "failed"
    PROCEEDING = "proceeding"
    STRUCK_OFF = "struck_off"
    NOT_RATED = "not_rated"
    NO_REPORT = "no_report"


class Inheritance(StrEnum):
    """Whose solvency gives the column of a company that has a parent."""

    OWN = "own"
    MIN = "min"
    PARENT = "parent"


class NotRated(StrEnum):
    """What becomes of a company without a rating: its lane, a column, or a column by how it pays us."""

    LANE = "lane"
    COLUMN = "column"
    BEHAVIOUR = "behaviour"


@dataclass(frozen=True, slots=True)
class Band:
    """A band by its inclusive lower bound; it ends where the next one begins, so that none can overlap or leave a gap.

    `minimum` is a Decimal, since foreign scales have fractions.
    """

    code: str
    minimum: Decimal


def check_bands(bands: Sequence[Band], codes: Sequence[str]) -> None:
    """Raise ValueError unless these are exactly the bands of an axis, in rising order (domain 4.5)."""
    if tuple(band.code for band in bands) != tuple(codes):
        raise ValueError(f"bands must be {', '.join(codes)}, in this order")
    if any(not isinstance(band.minimum, Decimal) or not band.minimum.is_finite() for band in bands):
        raise ValueError("bounds of bands are finite Decimals")
    if any(low.minimum >= high.minimum for low, high in pairwise(bands)):
        raise ValueError("bands must rise: each begins where the one below it ends")


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """The bounds of a policy; all are inclusive. Hysteresis is off unless its figures are set (domain 4.5).

    `high_from` is in the policy's currency, `hysteresis_pct` in percent of it, `hysteresis_score` in points. A score
    more than `max_age_days` old is hatched. `not_rated_column` counts only when `not_rated` is COLUMN.
    """

    high_from: Decimal
    sound_from: int | Decimal = 51
    watch_from: int | Decimal = 30
    weak_from: int | Decimal = 1
    hysteresis_score: int | Decimal = 0
    hysteresis_pct: Decimal = Decimal(0)
    min_dwell_days: int = 0
    downgrade_immediate: bool = True
    role: str = Role.CLIENT
    max_age_days: int = 365
    inheritance: Inheritance = Inheritance.OWN
    not_rated: NotRated = NotRated.LANE
    not_rated_column: str = "DEF"

    def __post_init__(self) -> None:
        """Refuse bands with a gap or an overlap."""
        if not 0 < self.weak_from < self.watch_from < self.sound_from:
            raise ValueError("bands must rise: 0 < weak_from < watch_from < sound_from")
        if min(self.hysteresis_score, self.hysteresis_pct, self.min_dwell_days) < 0 or self.high_from < 0:
            raise ValueError("thresholds and hysteresis cannot be negative")
        if self.max_age_days < 0 or self.not_rated_column not in COLUMNS:
            raise ValueError("max_age_days cannot be negative, and not_rated_column is one of the columns")

    @classmethod
    def from_bands(cls, x_bands: Sequence[Band], y_bands: Sequence[Band], **others: Any) -> "PolicyRules":
        """Return a policy from its ordered bands (DEF, MOD, FAV and LOW, HIGH); LOW begins at 0. Raises ValueError."""
        check_bands(x_bands, COLUMNS)
        check_bands(y_bands, ROWS)
        if y_bands[0].minimum != 0:
            raise ValueError("bands must leave no gap: the low row begins at 0")
        weak, watch, sound = (band.minimum for band in x_bands)
        return cls(high_from=y_bands[1].minimum, sound_from=sound, watch_from=watch, weak_from=weak, **others)

    @property
    def x_bands(self) -> tuple[Band, ...]:
        """The columns, from the worst to the best."""
        minima = (self.weak_from, self.watch_from, self.sound_from)
        return tuple(Band(code, Decimal(minimum)) for code, minimum in zip(COLUMNS, minima, strict=True))

    @property
    def y_bands(self) -> tuple[Band, ...]:
        """The rows, from below."""
        return (Band(ROWS[0], Decimal(0)), Band(ROWS[1], self.high_from))

    @property
    def steady(self) -> bool:
        """Whether the past of a company can matter to its cell."""
        return bool(self.hysteresis_score or self.hysteresis_pct or self.min_dwell_days or not self.downgrade_immediate)


def variant(policies: Mapping[str, PolicyRules], role: str) -> PolicyRules | None:
    """Return the policy of a role. A prospect without one is judged as a client; a supplier never is (domain 4.3)."""
    found = policies.get(role)
    return policies.get(Role.CLIENT.value) if found is None and role == Role.PROSPECT else found


@dataclass(frozen=True, slots=True)
class Override:
    """A cell set by hand, in force from `since` to `until`, both included, for twelve months at most (domain 4.5)."""

    cell: Cell
    reason: str
    approver: str
    since: date
    until: date

    def __post_init__(self) -> None:
        """Refuse an override that nobody answers for or that does not end."""
        if not self.reason.strip() or not self.approver.strip():
            raise ValueError("an override needs a reason and an approver")
        if not self.since <= self.until <= latest_end(self.since):
            raise ValueError("an override ends within twelve months of its beginning")

    def in_force(self, day: date) -> bool:
        """Say whether it holds on this day."""
        return self.since <= day <= self.until


def latest_end(since: date) -> date:
    """Return the last day an override beginning on this day may have: the same day one year later."""
    last = calendar.monthrange(since.year + 1, since.month)[1]
    return date(since.year + 1, since.month, min(since.day, last))


@dataclass(frozen=True, slots=True)
class Position:
    """The facts that place a company. `score` is 0–100 or None, `y` the amount of the policy's measure or None.

    `scored_on` is the day of the score, `behaviour` how it pays us on the scale of the score, `parent` the facts of
    its ultimate parent; a parent of the parent is not looked at.
    """

    score: int | Decimal | None = None
    rating: str | None = None
    rating_state: str = RatingState.UNKNOWN
    status: str = CompanyStatus.UNKNOWN
    open_proceeding: bool = False
    struck_off: bool = False
    y: Decimal | None = None
    scored_on: date | None = None
    behaviour: int | Decimal | None = None
    parent: "Position | None" = None
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """A cell or lane, whether the measure was missing (a missing limit is not a limit of 0), and what decided.

    `hatched`: the score is old. `overridden`: set by hand. `inherited`: the parent's facts gave the column.
    """

    cell: Cell
    no_limit: bool
    reason: Reason
    hatched: bool = False
    overridden: bool = False
    inherited: bool = False


# Nearly all companies end in one of these; building each anew would be a fifth of the time of placing.
_BY_SCORE = tuple(
    tuple(tuple(Placement(cell, missing, Reason.SCORE) for cell in cells) for cells in _CELLS)
    for missing in (False, True)
)
_Read = tuple[int, Reason, int | Decimal | None]


def place(
    position: Position,
    policy: PolicyRules,
    *,
    previous: Cell | None = None,
    days_in_cell: int | None = None,
    as_of: date | None = None,
) -> Placement:
    """Return the cell of a company; `previous` and `days_in_cell` matter only to a policy with hysteresis.

    Freshness is looked at only when `as_of` is given; a position with an override raises ValueError without it, for
    an override must never outlive its end. A failure beats an override (domain 4.4: it overrides score and row).
    """
    column, reason = _stand(position, policy, previous, days_in_cell)
    decider = position
    if position.parent is not None and policy.inheritance is not Inheritance.OWN:
        theirs = _stand(position.parent, policy, previous, days_in_cell)
        if _gives_way((column, reason), theirs, policy):
            (column, reason), decider = theirs, position.parent
    y = position.y
    row = 0 if y is None else _row(y, policy, previous)
    if as_of is None and position.override is None and decider is position and column >= 0 and reason is Reason.SCORE:
        return _BY_SCORE[y is None][row][column]
    by_hand = _in_force(position.override, as_of)
    if by_hand is not None and column != _FAIL:
        return Placement(by_hand.cell, y is None, Reason.OVERRIDE, overridden=True)
    cell = _CELLS[row][column] if column >= 0 else Cell.FAIL if column == _FAIL else Cell.NR
    hatched = as_of is not None and column >= 0 and _is_old(decider, reason, policy, as_of)
    return Placement(cell, y is None, reason, hatched=hatched, inherited=decider is not position)


def column_of(cell: Cell) -> str:
    """Return the column of a cell, or its lane: DEF, MOD, FAV, FAIL or NR."""
    return cell.value.rpartition("-")[2]


def cell_at(cell: Cell, *, column: str) -> Cell:
    """Return the cell in the same row and another column; a lane has no row and stays."""
    row, _, lane = cell.value.rpartition("-")
    return Cell(f"{row}-{column}") if row else Cell(lane)


def _stand(facts: Position, policy: PolicyRules, previous: Cell | None, days_in_cell: int | None) -> tuple[int, Reason]:
    """Return the column or the lane of these facts, with the hysteresis of the policy."""
    column, reason, figure = _read(facts, policy)
    if previous is None or column < 0:
        return column, reason
    held = _hold(column, figure, policy, previous=previous, days_in_cell=days_in_cell)
    return held, reason if held == column else Reason.HELD


def _read(facts: Position, policy: PolicyRules) -> _Read:
    """Return the column or the lane, what decided it, and the figure it was read from."""
    if facts.open_proceeding:
        return _FAIL, Reason.PROCEEDING, None
    if facts.struck_off or facts.status == _CEASED:
        return _FAIL, Reason.STRUCK_OFF, None
    score, state = facts.score, facts.rating_state
    if state != _RATED:
        return _unscored(facts, state, policy)
    if score is None:
        column = COLUMN_OF_LETTER.get(facts.rating or "")
        return _not_rated(facts, policy, Reason.NOT_RATED) if column is None else (column, Reason.LETTER, None)
    if score >= policy.weak_from:
        return _band(score, policy), Reason.SCORE, score
    return _not_rated(facts, policy, Reason.NOT_RATED) if score < 0 else (_FAIL, Reason.SCORE_ZERO, score)


def _unscored(facts: Position, state: str, policy: PolicyRules) -> _Read:
    if state == _IN_FAILURE:
        return _FAIL, Reason.FAILED, None
    return _not_rated(facts, policy, Reason.NO_REPORT if state == _UNKNOWN else Reason.NOT_RATED)


def _not_rated(facts: Position, policy: PolicyRules, reason: Reason) -> _Read:
    """Return the lane, unless the policy gives these companies a column; paying badly is no failure."""
    if policy.not_rated is NotRated.COLUMN:
        return COLUMNS.index(policy.not_rated_column), reason, None
    if policy.not_rated is NotRated.BEHAVIOUR and facts.behaviour is not None:
        return _band(facts.behaviour, policy), Reason.BEHAVIOUR, facts.behaviour
    return _NR, reason, None


def _band(score: int | Decimal, policy: PolicyRules) -> int:
    return 2 if score >= policy.sound_from else 1 if score >= policy.watch_from else 0


def _gives_way(own: tuple[int, Reason], theirs: tuple[int, Reason], policy: PolicyRules) -> bool:
    """Say whether the parent decides. Its lack of a rating says nothing, and nothing heals a failure of one's own.

    Under MIN a parent pulls a company without a rating down to weak or failed, but never vouches for it.
    """
    if own[0] == _FAIL or theirs[1] in {Reason.NOT_RATED, Reason.NO_REPORT}:
        return False
    return policy.inheritance is Inheritance.PARENT or theirs[0] < (1 if own[0] == _NR else own[0])


def _hold(
    column: int,
    figure: int | Decimal | None,
    policy: PolicyRules,
    *,
    previous: Cell,
    days_in_cell: int | None,
) -> int:
    """Keep the previous column while the move is within the hysteresis; better news waits, bad news need not."""
    before = _PLACE_OF.get(previous.value, (0, column))[1]  # from a lane, nothing holds
    if column > before:
        waited = policy.min_dwell_days == 0 or (days_in_cell is not None and days_in_cell >= policy.min_dwell_days)
        raised = column if figure is None else _band(figure - policy.hysteresis_score, policy)
        return max(before, raised) if waited else before
    if column == before or policy.downgrade_immediate:
        return column
    return min(before, _lowered(column, figure, policy))


def _lowered(column: int, figure: int | Decimal | None, policy: PolicyRules) -> int:
    """Return the column by bounds lowered by the hysteresis; exactly at a lowered bound is already below."""
    if figure is None or not policy.hysteresis_score:
        return column
    figure += policy.hysteresis_score
    return int(figure > policy.watch_from) + int(figure > policy.sound_from)


def _row(y: Decimal, policy: PolicyRules, previous: Cell | None) -> int:
    if previous is None or not policy.hysteresis_pct or previous.value not in _PLACE_OF:
        return int(y >= policy.high_from)
    margin = policy.high_from * policy.hysteresis_pct / 100
    if margin and _PLACE_OF[previous.value][0]:
        return int(y > policy.high_from - margin)
    return int(y >= policy.high_from + margin)


def _in_force(override: Override | None, as_of: date | None) -> Override | None:
    if override is None:
        return None
    if as_of is None:
        raise ValueError("a position with an override is placed on a day: as_of is missing")
    return override if override.in_force(as_of) else None


def _is_old(facts: Position, reason: Reason, policy: PolicyRules, as_of: date) -> bool:
    """Say whether the score that decided is too old; an unknown age is not old, and a behaviour has no score."""
    if facts.scored_on is None or reason not in {Reason.SCORE, Reason.LETTER, Reason.HELD}:
        return False
    return (as_of - facts.scored_on).days > policy.max_age_days

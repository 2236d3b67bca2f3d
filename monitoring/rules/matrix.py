"""Where a company stands on the strategic matrix, and why (domain 4.4 and 4.5)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from companies.choices import CompanyStatus, Rating, RatingState
from monitoring.choices import Cell

_COLUMNS = ("DEF", "MOD", "FAV")
_COLUMN_OF_LETTER = {Rating.A: 2, Rating.B: 2, Rating.C: 1, Rating.D: 0}


class Reason(StrEnum):
    """What decided the cell."""

    SCORE = "score"
    LETTER = "letter"
    HELD = "held"
    SCORE_ZERO = "score_zero"
    FAILED = "failed"
    PROCEEDING = "proceeding"
    STRUCK_OFF = "struck_off"
    NOT_RATED = "not_rated"
    NO_REPORT = "no_report"


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """The bounds of a policy; all are inclusive. Hysteresis is off unless its figures are set (domain 4.5).

    `high_from` is in the policy's currency, `hysteresis_pct` in percent of it, `hysteresis_score` in points.
    """

    high_from: Decimal
    sound_from: int | Decimal = 51
    watch_from: int | Decimal = 30
    weak_from: int | Decimal = 1
    hysteresis_score: int | Decimal = 0
    hysteresis_pct: Decimal = Decimal(0)
    min_dwell_days: int = 0
    downgrade_immediate: bool = True

    def __post_init__(self) -> None:
        """Refuse bands with a gap or an overlap."""
        if not 0 < self.weak_from < self.watch_from < self.sound_from:
            raise ValueError("bands must rise: 0 < weak_from < watch_from < sound_from")
        if min(self.hysteresis_score, self.hysteresis_pct, self.min_dwell_days) < 0 or self.high_from < 0:
            raise ValueError("thresholds and hysteresis cannot be negative")


@dataclass(frozen=True, slots=True)
class Position:
    """The facts that place a company. `score` is 0–100 or None, `y` the amount of the policy's measure or None."""

    score: int | Decimal | None = None
    rating: str | None = None
    rating_state: str = RatingState.UNKNOWN
    status: str = CompanyStatus.UNKNOWN
    open_proceeding: bool = False
    struck_off: bool = False
    y: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """A cell or lane, whether the measure was missing (a missing limit is not a limit of 0), and what decided."""

    cell: Cell
    no_limit: bool
    reason: Reason


def place(
    position: Position, policy: PolicyRules, *, previous: Cell | None = None, days_in_cell: int | None = None
) -> Placement:
    """Return the cell of a company; `previous` and `days_in_cell` matter only to a policy with hysteresis."""
    no_limit = position.y is None
    lane = _failure(position, policy)
    if lane is not None:
        return Placement(Cell.FAIL, no_limit, lane)
    column, reason = _column(position, policy)
    if column is None:
        return Placement(Cell.NR, no_limit, reason)
    held = _hold_column(column, position, policy, previous=previous, days_in_cell=days_in_cell)
    row = _row(position.y, policy, previous)
    return Placement(Cell(f"{row}-{_COLUMNS[held]}"), no_limit, reason if held == column else Reason.HELD)


def _failure(position: Position, policy: PolicyRules) -> Reason | None:
    """Return why a company is in the Failed lane, whatever its rating; None when it is not."""
    if position.open_proceeding:
        return Reason.PROCEEDING
    if position.struck_off or position.status == CompanyStatus.NON_ACTIVE:
        return Reason.STRUCK_OFF
    if position.rating_state == RatingState.FAILED:
        return Reason.FAILED
    rated = position.rating_state == RatingState.RATED and position.score is not None
    return Reason.SCORE_ZERO if rated and 0 <= (position.score or 0) < policy.weak_from else None


def _column(position: Position, policy: PolicyRules) -> tuple[int | None, Reason]:
    """Return the column by score, else by international letter, else none with its reason."""
    if position.rating_state == RatingState.UNKNOWN:
        return None, Reason.NO_REPORT
    if position.rating_state != RatingState.RATED:
        return None, Reason.NOT_RATED
    if position.score is not None:
        return (_band(position.score, policy), Reason.SCORE) if position.score >= 0 else (None, Reason.NOT_RATED)
    column = _COLUMN_OF_LETTER.get(Rating(position.rating)) if position.rating in Rating.values else None
    return column, Reason.NOT_RATED if column is None else Reason.LETTER


def _band(score: int | Decimal, policy: PolicyRules) -> int:
    return int(score >= policy.watch_from) + int(score >= policy.sound_from)


def _hold_column(
    column: int, position: Position, policy: PolicyRules, *, previous: Cell | None, days_in_cell: int | None
) -> int:
    """Keep the previous column while the move is within the hysteresis; better news waits, bad news need not."""
    if previous is None or previous in {Cell.FAIL, Cell.NR}:
        return column
    before = _COLUMNS.index(previous.value.split("-")[1])
    if column > before:
        waited = policy.min_dwell_days == 0 or (days_in_cell is not None and days_in_cell >= policy.min_dwell_days)
        return max(before, _raised(column, position, policy)) if waited else before
    if column == before or policy.downgrade_immediate:
        return column
    return min(before, _lowered(column, position, policy))


def _raised(column: int, position: Position, policy: PolicyRules) -> int:
    return column if position.score is None else _band(position.score - policy.hysteresis_score, policy)


def _lowered(column: int, position: Position, policy: PolicyRules) -> int:
    """Return the column by bounds lowered by the hysteresis; exactly at a lowered bound is already below."""
    if position.score is None or not policy.hysteresis_score:
        return column
    score = position.score + policy.hysteresis_score
    return int(score > policy.watch_from) + int(score > policy.sound_from)


def _row(y: Decimal | None, policy: PolicyRules, previous: Cell | None) -> str:
    if y is None:
        return "LOW"
    margin = policy.high_from * policy.hysteresis_pct / 100
    if margin and previous in {Cell.HIGH_FAV, Cell.HIGH_MOD, Cell.HIGH_DEF}:
        return "HIGH" if y > policy.high_from - margin else "LOW"
    if previous not in {Cell.LOW_FAV, Cell.LOW_MOD, Cell.LOW_DEF}:
        margin = Decimal(0)
    return "HIGH" if y >= policy.high_from + margin else "LOW"

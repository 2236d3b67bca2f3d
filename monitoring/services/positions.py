"""Keeping what a standing was: when it was shown, and when it was true (domain 3, idea 8)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, Q, When

from companies.choices import BatchState, ChangeCause, FileKind
from companies.models import ImportBatch, Many
from monitoring.models import Position, Standing
from monitoring.models.standing import Placed
from monitoring.services.placing import Around, Bench, set_place

OWN = {"id", "company", "known_from", "known_until", "valid_from", "valid_until", "cause", "note"}
COLUMNS = [field.attname for field in Position._meta.concrete_fields if field.name not in OWN]
PLACE = {
    "policy_id", "y", "cell", "supplier_cell", "severity", "reason", "no_limit", "hatched", "overridden", "inherited",
    "use_of_limit", "over_credit_limit", "over_erp_limit",
}  # fmt: skip
COMPARED = [name for name in COLUMNS if name not in {"policy_id", "severity"}]
FACTS = [name for name in COLUMNS if name not in PLACE]
RATED = {"rating", "rating_state", "score"}
LEDGER = {"exposure", "overdue", "payable", "erp_limit", "turnover"}
RATING = {"rating", "rating_state", "score", "scored_on", "credit_limit", "contract_limit", "in_proceeding", "status"}
TOLD = {ChangeCause.REPORT, ChangeCause.EVENT}
BATCH = 500


@dataclass(frozen=True)
class Cause:
    """Why a company is restated; the last cause of several is kept for its movement."""

    cause: ChangeCause
    note: str = ""


REBUILD = Cause(ChangeCause.REBUILD)


@dataclass(frozen=True)
class Moment:
    """When something was learnt, the day it is about, and the day of the latest ledger file."""

    now: datetime
    as_of: date
    ledger_day: date | None = None


def moment(now: datetime, as_of: date) -> Moment:
    items = ImportBatch.objects.filter(kind=FileKind.OPEN_ITEMS, state=BatchState.APPLIED, as_of__lte=as_of)
    return Moment(now, as_of, items.order_by("-applied_at").values_list("as_of", flat=True).first())


def record(rows: Iterable[Standing], causes: Mapping[int, Cause], at: Moment, bench: Bench) -> None:
    """Keep these standings as positions where they differ from the position shown so far."""
    listed = list(rows)
    open_ = Position.objects.filter(company__in=[row.pk for row in listed], known_until=None)
    shown = {position.company_id: position for position in open_.exclude(known_from=None)}
    moved = [row for row in listed if _differs(shown.get(row.pk), row)]
    if not moved:
        return
    days = {row.pk: _true_from(shown.get(row.pk), row, causes[row.pk], at) for row in moved}
    late = [row for row in moved if _is_late(shown.get(row.pk), days[row.pk])]
    fresh = [row for row in moved if row not in late]
    _end([shown[row.pk] for row in moved if row.pk in shown], days, at.now, truth={row.pk for row in fresh})
    made = [_position(row, causes[row.pk], known_from=at.now, valid_from=days[row.pk]) for row in fresh]
    if late:
        made += _rewritten(late, shown, days, causes, at, bench)
    Position.objects.bulk_create(made, batch_size=BATCH)


def close(companies: Iterable[int], *, now: datetime, as_of: date) -> None:
    """End the positions of companies that stand nowhere any more."""
    open_ = Position.objects.filter(company__among=Many(companies), known_until=None).exclude(known_from=None)
    # what began today never was: a day is the smallest time that is kept
    open_.update(
        known_until=now,
        valid_until=Case(When(valid_from__lt=as_of, then=as_of), default=None),
        valid_from=Case(When(valid_from__lt=as_of, then=F("valid_from")), default=None),
    )


def _differs(old: Position | None, new: Placed) -> bool:
    return old is None or any(getattr(old, name) != getattr(new, name) for name in COMPARED)


def _true_from(old: Position | None, row: Standing, cause: Cause, at: Moment) -> date:
    """The day since which a change was true: that of the file or of the score, else today; the later one of several."""
    if old is None:
        return at.as_of
    changed = {name for name in FACTS if getattr(old, name) != getattr(row, name)}
    days = []
    if changed & LEDGER:
        days.append(at.ledger_day if cause.cause == ChangeCause.IMPORT else None)
    if changed & RATING:
        told = cause.cause in TOLD and old.connect_id == row.connect_id
        days.append(_rated_from(old, row, changed) if told else None)
    known = [day for day in days if day is not None]
    return min(at.as_of, max(known)) if known and len(known) == len(days) else at.as_of


def _rated_from(old: Position, row: Standing, changed: set[str]) -> date | None:
    """A rating is true since it changed, yet not before the report that still had the old one; the rest of a report
    since its day."""
    if not changed & RATED or row.rated_on is None:
        return row.scored_on
    return max(row.rated_on, old.scored_on or row.rated_on)


def _is_late(old: Position | None, day: date) -> bool:
    return old is not None and old.valid_from is not None and day < old.valid_from


def _end(shown: list[Position], days: Mapping[int, date], now: datetime, *, truth: set[int]) -> None:
    """End what was shown, and for the companies of `truth` also what was true, on the day the new one begins."""
    Position.objects.filter(pk__in=[one.pk for one in shown]).update(known_until=now)
    by_day: dict[date, list[int]] = defaultdict(list)
    for one in shown:
        if one.company_id in truth:
            by_day[days[one.company_id]].append(one.pk)
    for day, pks in by_day.items():
        begun_before = Q(valid_from__lt=day)
        Position.objects.filter(pk__in=pks).update(
            valid_until=Case(When(begun_before, then=day), default=None),
            valid_from=Case(When(begun_before, then=F("valid_from")), default=None),
        )


def _position(row: Placed, cause: Cause, **when: Any) -> Position:
    values = {name: getattr(row, name) for name in COLUMNS}
    return Position(company_id=row.company_id, cause=cause.cause, note=cause.note[:255], **values, **when)


def _rewritten(
    late: list[Standing],
    shown: Mapping[int, Position],
    days: Mapping[int, date],
    causes: Mapping[int, Cause],
    at: Moment,
    bench: Bench,
) -> list[Position]:
    """What was learnt about a day before the last change: every state since that day gets the new facts too.

    The states that this corrects were shown but never were true; what replaces them was true but never shown.
    """
    since = Position.objects.filter(company__in=[row.pk for row in late]).exclude(valid_from=None)
    states: dict[int, list[Position]] = defaultdict(list)
    for state in since.order_by("valid_from", "pk"):
        if state.valid_until is None or state.valid_until > days[state.company_id]:
            states[state.company_id].append(state)
    made = []
    for row in late:
        old = shown[row.pk]
        news = {name: getattr(row, name) for name in FACTS if getattr(old, name) != getattr(row, name)}
        for state in states[row.pk]:
            made.append(_corrected(state, row, news, days[row.pk], cause=causes[row.pk], at=at, bench=bench))
    every = [state for found in states.values() for state in found]
    Position.objects.bulk_update(every, ["valid_from", "valid_until"], batch_size=BATCH)
    return made


def _corrected(
    state: Position, row: Standing, news: dict[str, Any], day: date, *, cause: Cause, at: Moment, bench: Bench
) -> Position:
    begins = max(day, state.valid_from or day)
    ends = state.valid_until
    if ends is None:  # the last state is the one that is shown from now on
        better = _position(row, cause, known_from=at.now, valid_from=begins)
    else:
        better = _position(state, cause, valid_from=begins, valid_until=ends)
        for name, value in news.items():
            setattr(better, name, value)
        set_place(better, bench.that_was(better.policy_id), Around(begins))
    if state.valid_from is not None and state.valid_from < day:
        state.valid_until = day
    else:
        state.valid_from = state.valid_until = None
    return better

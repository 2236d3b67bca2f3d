"""Who moved where between two days, worked out by the database: no loop over companies (domain 3.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, overload

from django.core.cache import cache
from django.db import connection
from django.db.models import BooleanField, Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from companies.choices import Role
from monitoring.choices import Cell
from monitoring.models import Position, Standing
from monitoring.models.position import PositionQuerySet
from monitoring.rules.flows import Flow, FlowCause

CENT = Decimal("0.01")
CHUNK = 1000
CHOICES_LAST = 600  # seconds: the lists to filter by change with imports
CHOICES = {"unit": "business_unit", "analyst": "analyst", "country": "country", "sector": "sector"}
COLUMNS = (
    "id", "company_id", "place", "by_hand", "connect_id", "score", "rating", "rating_state", "status",
    "in_proceeding", "head_id", "policy_id", "inherited", "y", "exposure",
)  # fmt: skip
Sql = tuple[str, tuple[Any, ...]]


def _differ(*columns: str) -> str:
    """SQL for: one of these columns is not the same at both ends; NULL differs from every value and not from NULL."""
    return " OR ".join(f"a.{name} <> b.{name} OR (a.{name} IS NULL) <> (b.{name} IS NULL)" for name in columns)


def _failed(end: str) -> str:
    return f"({end}.place = '{Cell.FAIL}' AND NOT {end}.by_hand)"


def _column(end: str) -> str:
    return f"REPLACE(REPLACE({end}.place, 'HIGH-', ''), 'LOW-', '')"


# rules.flows.cause_of in SQL, on the rows a (before) and b (after); a test holds the two against each other
CAUSE = (
    f"CASE WHEN b.id IS NULL THEN '{FlowCause.LEFT}' WHEN a.place = b.place THEN ''"
    f" WHEN (a.by_hand OR b.by_hand) AND NOT {_failed('a')} AND NOT {_failed('b')} THEN '{FlowCause.OVERRIDE}'"
    f" WHEN a.connect_id <> '' AND b.connect_id <> '' AND a.connect_id <> b.connect_id THEN '{FlowCause.LINK}'"
    f" WHEN {_column('a')} <> {_column('b')} THEN CASE"
    " WHEN a.rating <> b.rating OR a.rating_state <> b.rating_state OR a.status <> b.status"
    f" OR a.in_proceeding <> b.in_proceeding OR {_differ('score', 'head_id')} THEN '{FlowCause.SCORE}'"
    " WHEN (a.inherited OR b.inherited) AND COALESCE(a.policy_id, 0) = COALESCE(b.policy_id, 0)"
    f" THEN '{FlowCause.SCORE}' ELSE '{FlowCause.POLICY}' END"
    f" WHEN {_differ('y')} THEN '{FlowCause.LIMIT}' ELSE '{FlowCause.POLICY}' END"
)

# a full outer join as every database can do it; who changed its row and not its cell is in it, with an empty cause
MOVED = (
    "SELECT a.id AS before_id, b.id AS after_id, a.company_id AS company_id, a.place AS source,"
    " COALESCE(b.place, '') AS target, a.exposure AS owed_before, COALESCE(b.exposure, 0) AS owed_after,"
    " {cause} AS cause FROM ({first}) a LEFT JOIN ({last}) b ON b.company_id = a.company_id"
    " UNION ALL SELECT NULL, b.id, b.company_id, '', b.place, 0, b.exposure, 'entered' FROM ({last}) b"
    " WHERE NOT EXISTS (SELECT 1 FROM ({first}) a WHERE a.company_id = b.company_id)"
)
SAME = "SELECT id, id, company_id, place, place, exposure, exposure, '' FROM ({same}) same"
CHOSEN = "SELECT * FROM ({moved}) moved WHERE {conditions}"
COUNTED = "SELECT COUNT(*) FROM ({pairs}) pairs"
ORDERED = (
    "SELECT before_id, after_id, cause FROM ({pairs}) pairs"
    " ORDER BY CASE WHEN target = '' THEN owed_before ELSE owed_after END DESC, company_id"
)
SUMS = (
    "SELECT source, target, cause, COUNT(*), SUM(owed_before), SUM(owed_after)"
    " FROM ({moved}) moved GROUP BY source, target, cause"
)
SAME_SUMS = "SELECT place, place, '', COUNT(*), SUM(exposure), SUM(exposure) FROM ({same}) same GROUP BY place"


@dataclass(frozen=True)
class Scope:
    """Which companies are looked at; "" for all. One that came into it or left it entered or left the population."""

    role: str = ""
    unit: str = ""
    analyst: str = ""
    country: str = ""
    sector: str = ""

    def of(self, rows: PositionQuerySet) -> PositionQuerySet:
        given = {column: getattr(self, name) for name, column in CHOICES.items() if getattr(self, name)}
        return rows.in_role(self.role).filter(**given)


@dataclass(frozen=True)
class Period:
    """Two days, the earlier one first, both as they were shown at the time or as they are known now."""

    since: date
    until: date
    known_now: bool = False

    def first(self) -> PositionQuerySet:
        return Position.objects.on(self.since, known_now=self.known_now)

    def last(self) -> PositionQuerySet:
        return Position.objects.on(self.until, known_now=self.known_now)

    def of_first_only(self) -> PositionQuerySet:
        """The rows of the first day that no longer are those of the second."""
        over = Q(valid_until__lte=self.until) if self.known_now else Q(known_until__lt=_end_of(self.until))
        return self.first().filter(over)

    def of_last_only(self) -> PositionQuerySet:
        new = Q(valid_from__gt=self.since) if self.known_now else Q(known_from__gte=_end_of(self.since))
        return self.last().filter(new)

    def of_both(self) -> PositionQuerySet:
        return self.first().on(self.until, known_now=self.known_now)


@dataclass(frozen=True)
class Way:
    """Some of the flows: from a cell, to a cell, by a cause. "" is outside for the cells; None is any.

    Those who stayed are in none of them but the one from a cell to itself.
    """

    source: str | None = None
    target: str | None = None
    cause: str | None = None

    @property
    def stays(self) -> bool:
        return bool(self.source) and self.source == self.target


@dataclass(frozen=True)
class Move:
    """A company with its rows of the two days; None on a day on which it was not there."""

    before: Position | None
    after: Position | None
    cause: str

    @property
    def latest(self) -> Position:
        """The row that names the company."""
        found = self.after or self.before
        assert found is not None  # noqa: S101  # the query gives at least one
        return found


def flows(scope: Scope, period: Period, *, stayers: bool = True) -> tuple[Flow, ...]:
    """The flows between two days by cell, cell and cause, with the exposure at both ends; one query.

    Most rows hold on both days: they are counted as they are, and only the others are joined.
    """
    moved, params = _moved(scope, period)
    sql = SUMS.format(moved=moved)
    if stayers:
        same, more = _seen(scope, period.of_both(), "place", "exposure")
        sql, params = f"{sql} UNION ALL {SAME_SUMS.format(same=same)}", (*params, *more)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return _added(cursor.fetchall())


def _added(rows: list[tuple[Any, ...]]) -> tuple[Flow, ...]:
    """Flows from rows of the database; those who stayed come twice, with the same row and with another."""
    found: dict[tuple[str, str, str], tuple[int, Decimal, Decimal]] = {}
    for source, target, cause, count, before, after in rows:
        number, old, new = found.get((source, target, cause), (0, Decimal(0), Decimal(0)))
        found[source, target, cause] = (number + count, old + _cents(before), new + _cents(after))
    return tuple(
        Flow(Cell(source) if source else None, Cell(target) if target else None, count, old, new, cause)
        for (source, target, cause), (count, old, new) in sorted(found.items())
    )


class Moves(Sequence[Move]):
    """The companies of a flow, the largest exposure first: a sequence that reads only the slice it is asked for."""

    def __init__(self, scope: Scope, period: Period, way: Way) -> None:
        self._sql, self._params = _pairs(scope, period, way)

    def __len__(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(COUNTED.format(pairs=self._sql), self._params)
            return int(cursor.fetchone()[0])

    @overload
    def __getitem__(self, wanted: int) -> Move: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[Move]: ...
    def __getitem__(self, wanted: int | slice) -> Move | list[Move]:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        start = wanted.start or 0
        stop = len(self) if wanted.stop is None else wanted.stop
        with connection.cursor() as cursor:
            sql = f"{ORDERED.format(pairs=self._sql)} LIMIT %s OFFSET %s"
            cursor.execute(sql, (*self._params, stop - start, start))
            return _moves(cursor.fetchall())

    def __iter__(self) -> Iterator[Move]:
        """All of them, a thousand in memory at a time."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(ORDERED.format(pairs=self._sql), self._params)
            while rows := cursor.fetchmany(CHUNK):
                yield from _moves(rows)


def _moves(rows: list[tuple[Any, ...]]) -> list[Move]:
    known = Position.objects.in_bulk({pk for before, after, _ in rows for pk in (before, after) if pk})
    return [Move(known.get(before), known.get(after), cause) for before, after, cause in rows]


def choices() -> Mapping[str, list[str]]:
    """What the portfolio may be narrowed by: business units, analysts, countries, sectors. One query, kept a while."""
    found: dict[str, list[str]] | None = cache.get("flows-choices")
    if found is None:
        found = {name: [] for name in CHOICES}
        kinds = [
            Standing.objects.order_by().exclude(**{column: ""}).values_list(Value(name), column).distinct()
            for name, column in CHOICES.items()
        ]
        for name, value in kinds[0].union(*kinds[1:], all=True):
            found[name].append(value)
        found = {name: sorted(values) for name, values in found.items()}
        cache.set("flows-choices", found, CHOICES_LAST)
    return found


def _pairs(scope: Scope, period: Period, way: Way) -> Sql:
    sql, params = _moved(scope, period)
    if way.stays:
        same, more = _seen(scope, period.of_both(), "id", "company_id", "place", "exposure")
        sql, params = f"{sql} UNION ALL {SAME.format(same=same)}", (*params, *more)
    asked = {"source": way.source, "target": way.target, "cause": way.cause}
    wanted = {name: value for name, value in asked.items() if value is not None}
    conditions = [f"{name} = %s" for name in wanted] + ([] if way.stays else ["source <> target"])
    return CHOSEN.format(moved=sql, conditions=" AND ".join(conditions)), (*params, *wanted.values())


def _moved(scope: Scope, period: Period) -> Sql:
    """The companies whose rows of the two days are not the same one: a full outer join, as every database can do it.

    Who changed its row and not its cell is among them, with an empty cause.
    """
    first, before = _seen(scope, period.of_first_only(), *COLUMNS)
    last, after = _seen(scope, period.of_last_only(), *COLUMNS)
    return MOVED.format(cause=CAUSE, first=first, last=last), (*before, *after, *after, *before)


def _seen(scope: Scope, rows: PositionQuerySet, *columns: str) -> Sql:
    """The rows of a scope with the cell they are seen in: as suppliers, companies may have another."""
    place: Any = F("cell")
    by_hand: Any = F("overridden")
    if scope.role == Role.SUPPLIER:
        place = Coalesce(NullIf("supplier_cell", Value("")), "cell", output_field=CharField())
        by_hand = Case(When(supplier_cell="", then=F("overridden")), default=Value(False), output_field=BooleanField())
    found: QuerySet[Any, Any] = scope.of(rows).order_by().annotate(place=place, by_hand=by_hand).values(*columns)
    sql, params = found.query.sql_with_params()
    return sql, tuple(params)


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _cents(amount: Any) -> Decimal:
    """A sum of the database, which SQLite gives as a float."""
    return Decimal(str(amount or 0)).quantize(CENT)

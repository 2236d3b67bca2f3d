"""Why one company moved: its rows of two days put through the rules again, an input at a time (domain 3.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import islice

from django.db.models import F, Q, Window
from django.db.models.functions import Lag
from django.utils import timezone

from companies.choices import Role
from companies.models import Report
from monitoring.choices import AlertKind, Cell, LimitMeasure, OverrideState, PolicyState
from monitoring.models import Event, MatrixPolicy, Override, Position
from monitoring.rules import matrix
from monitoring.rules import why as rules
from monitoring.rules.alerts import classify_event
from monitoring.rules.matrix import Inheritance
from monitoring.rules.why import Cause, Snapshot, Why
from monitoring.services.money import Rates
from monitoring.services.placing import Judge, behaviour

DAY = timedelta(days=1)
EVENTS, REPORTS = 200, 200  # read of a company, newest first
OF_PROVIDER = {LimitMeasure.CREDIT_LIMIT, LimitMeasure.CONTRACT_LIMIT}
KINDS: Mapping[Cause, set[AlertKind]] = {
    Cause.SCORE: {AlertKind.RATING, AlertKind.ACCOUNTS},
    Cause.LIMIT: {AlertKind.LIMIT, AlertKind.RATING},
    Cause.STATUS: {AlertKind.JUDGMENT, AlertKind.STATUS},
}


@dataclass(frozen=True)
class Span:
    """A company's rows of two days; None on a day on which it was not there. `end` is the day of the move."""

    before: Position | None
    after: Position | None
    start: date
    end: date
    events_from: date


@dataclass(frozen=True)
class Told:
    """A move explained. `exact`: the rules give the same two cells again; else only the cells themselves are sure.

    `stays_under` is an earlier policy under which the company would not have moved, `event` the one that announced
    the main cause, `reports` the two to compare.
    """

    span: Span
    why: Why
    exact: bool
    policies: tuple[MatrixPolicy | None, MatrixPolicy | None]
    override: Override | None
    stays_under: MatrixPolicy | None
    events: list[Event]
    event: Event | None
    reports: tuple[int, int] | None

    @property
    def before(self) -> Cell | None:
        return Cell(self.span.before.cell) if self.span.before else None

    @property
    def after(self) -> Cell | None:
        return Cell(self.span.after.cell) if self.span.after else None

    @property
    def moved(self) -> bool:
        return self.before != self.after


def between(pk: int, since: date, until: date, *, known_now: bool = False) -> Span:
    """The company's rows of two days."""
    mine = Position.objects.filter(company=pk)
    before = mine.on(since, known_now=known_now).first()
    return Span(before, mine.on(until, known_now=known_now).first(), since, until, since)


def moves(pk: int, *, since: date, until: date, most: int) -> list[Span]:
    """What the portal showed of the company's moves after a day and up to another, newest first; two queries."""
    order = ("known_from", "pk")
    found = (
        Position.objects.filter(company=pk, known_from__isnull=False)
        .annotate(earlier=Window(Lag("pk"), order_by=order), earlier_cell=Window(Lag("cell"), order_by=order))
        .filter(Q(earlier_cell=None) | ~Q(earlier_cell=F("cell")))
        .order_by("-known_from", "-pk")
        .values_list("pk", "earlier", "known_from")
    )
    within = ((key, earlier) for key, earlier, at in found.iterator() if since < timezone.localdate(at) <= until)
    pairs = list(islice(within, most))
    rows = Position.objects.in_bulk([key for pair in pairs for key in pair if key])
    return [_span(rows.get(earlier), rows[key]) for key, earlier in pairs]


def at(pk: int, moments: Iterable[object]) -> dict[object, Span]:
    """The moves of a company at these moments, by moment, as far as positions of them were kept; one query."""
    wanted = list(moments)
    rows = Position.objects.filter(Q(known_from__in=wanted) | Q(known_until__in=wanted), company=pk)
    listed = list(rows.exclude(known_from=None).order_by("known_from", "pk"))
    ended = {row.known_until: row for row in listed}
    return {row.known_from: _span(ended.get(row.known_from), row) for row in listed if row.known_from in set(wanted)}


def _span(before: Position | None, after: Position) -> Span:
    end = _day(after)
    start = end if before is None else max(end - DAY, _day(before))
    return Span(before, after, start, end, end - 31 * DAY if before is None else max(_day(before), end - 31 * DAY))


def _day(row: Position) -> date:
    return timezone.localdate(row.known_from) if row.known_from else row.valid_from or date.min


class Case:
    """All that explains the moves of one company, read once whatever their number."""

    def __init__(self, pk: int, spans: Iterable[Span]) -> None:
        self.pk = pk
        self.spans = list(spans)
        self.first = min((span.events_from for span in self.spans), default=date.max)
        self.last = max((span.end for span in self.spans), default=date.min)

    def told(self) -> list[Told]:
        """The moves, each explained, in the order given."""
        return [self._told(span) for span in self.spans]

    @cached_property
    def _judges(self) -> dict[int, Judge]:
        rates = Rates(self.last)
        policies = MatrixPolicy.objects.exclude(state__in=[PolicyState.DRAFT, PolicyState.APPROVED])
        return {one.pk: Judge.of(one, rates) for one in policies.order_by("pk").prefetch_related("cells")}

    @cached_property
    def _overrides(self) -> list[Override]:
        states = [OverrideState.APPROVED, OverrideState.ENDED]
        return list(Override.objects.filter(company=self.pk, state__in=states).order_by("-since", "-pk"))

    @cached_property
    def _parents(self) -> list[Position]:
        ends = [row for span in self.spans for row in (span.before, span.after) if row]
        inherits = any(judge.rules.inheritance is not Inheritance.OWN for judge in self._judges.values())
        heads = {row.head_id for row in ends if row.head_id} if inherits else set()
        return list(Position.objects.filter(company__in=heads).exclude(known_from=None))

    @cached_property
    def _events(self) -> list[Event]:
        return list(Event.objects.filter(company=self.pk)[:EVENTS])

    @cached_property
    def _reports(self) -> list[tuple[int, date]]:
        kept = Report.objects.filter(company=self.pk).order_by("-known_at").values_list("pk", "known_at")[:REPORTS]
        return [(pk, timezone.localdate(known_at)) for pk, known_at in kept]

    @cached_property
    def _stays(self) -> list[tuple[date, str]]:
        """The company's cells with the days on which each row began; only policies with a memory ask."""
        rows = Position.objects.filter(company=self.pk).exclude(known_from=None).order_by("known_from", "pk")
        return [(_day(row), row.cell) for row in rows.only("known_from", "cell")]

    def _told(self, span: Span) -> Told:
        judges = (self._judge(span.before, span.start), self._judge(span.after, span.end))
        found = rules.why(
            self._snapshot(span, span.before, judges[0], span.start),
            self._snapshot(span, span.after, judges[1], span.end),
        )
        cells = (span.before.cell if span.before else None, span.after.cell if span.after else None)
        events = [one for one in self._events if span.events_from <= happened(one) <= span.end]
        return Told(
            span=span,
            why=found,
            exact=(found.before, found.after) == cells,
            policies=(judges[0].policy if judges[0] else None, judges[1].policy if judges[1] else None),
            override=self._override(span.after, span.end) or self._override(span.before, span.start),
            stays_under=self._stays_under(span, judges[1]),
            events=events,
            event=_announced(found.cause, events),
            reports=self._compared(span),
        )

    def _judge(self, row: Position | None, day: date) -> Judge | None:
        """The policy of a row, or the one that had followed it by that day: a switch rewrites only rows that move.

        A row that began on the day was placed by its own policy, though another came in force later that day.
        """
        if row is None:
            return None
        own = self._judges.get(row.policy_id or 0)
        if own is not None and (_day(row) >= day or (own.policy.valid_until or day) >= day):
            return own
        role = own.policy.role if own else Role.CLIENT.value
        later = [judge for judge in self._judges.values() if judge.policy.role == role and _holds(judge.policy, day)]
        return later[-1] if later else own

    def _snapshot(self, span: Span, row: Position | None, judge: Judge | None, day: date) -> Snapshot | None:
        if row is None or judge is None:
            return None
        previous, days = self._memory(span, judge, day)
        return Snapshot(
            position=self._facts(row, judge, day),
            policy=judge.rules,
            as_of=day,
            previous=previous,
            days_in_cell=days,
            link=row.connect_id,
            y_from_provider=LimitMeasure(judge.policy.measure) in OF_PROVIDER,
        )

    def _facts(self, row: Position, judge: Judge, day: date) -> matrix.Position:
        by_hand = self._override(row, day)
        parent = next((one for one in self._parents if one.company_id == row.head_id and _shown(one, day)), None)
        return _facts(
            row,
            y=judge.measured(row),
            parent=None if parent is None else _facts(parent),
            override=_rule(by_hand, row, day) if row.overridden else None,
        )

    def _override(self, row: Position | None, day: date) -> Override | None:
        """The exception that set a row by hand."""
        if row is None or not row.overridden:
            return None
        fitting = (one for one in self._overrides if one.cell == row.cell and one.since <= day <= one.until)
        return next(fitting, None)

    def _memory(self, span: Span, judge: Judge, day: date) -> tuple[Cell | None, int | None]:
        """What a policy with hysteresis remembers on both days: the cell before the move, and the days in it."""
        before = span.before
        if before is None or before.overridden or not judge.rules.steady:
            return None, None
        began = span.start
        for since, cell in reversed([stay for stay in self._stays if stay[0] <= span.start]):
            if cell != before.cell:
                break
            began = since
        return Cell(before.cell), (day - began).days

    def _stays_under(self, span: Span, judge: Judge | None) -> MatrixPolicy | None:
        """The policy before the last one, if the company would have stayed where it was under it."""
        if span.before is None or span.after is None or judge is None or span.before.cell == span.after.cell:
            return None
        mine, begun = judge.policy, judge.policy.valid_from or date.min
        earlier = [
            one
            for one in self._judges.values()
            if one.policy.role == mine.role and one.policy != mine and (one.policy.valid_from or date.min) <= begun
        ]
        if not earlier:
            return None
        last = max(earlier, key=lambda one: (one.policy.valid_from or date.min, one.policy.pk))
        placed = matrix.place(self._facts(span.after, last, span.end), last.rules, as_of=span.end)
        return last.policy if placed.cell == span.before.cell else None

    def _compared(self, span: Span) -> tuple[int, int] | None:
        """The last reports of both days, if they are two."""
        older = next((pk for pk, day in self._reports if day <= span.start), None)
        newer = next((pk for pk, day in self._reports if day <= span.end), None)
        return (older, newer) if older is not None and newer is not None and older != newer else None


def happened(event: Event) -> date:
    return timezone.localdate(event.happened_at or event.received_at)


def _announced(cause: Cause | None, events: list[Event]) -> Event | None:
    """The newest event on what mainly made the company move."""
    wanted = KINDS.get(cause, set()) if cause else set()
    return next((one for one in events if _kind(one) in wanted), None)


def _kind(event: Event) -> AlertKind:
    country, values = event.rule_country, {"old": event.old_value, "new": event.new_value}
    return classify_event(event.rule_code, country, event.rule_name, **values)[0]


def _holds(policy: MatrixPolicy, day: date) -> bool:
    return (policy.valid_from or day) <= day <= (policy.valid_until or day)


def _shown(row: Position, day: date) -> bool:
    until = timezone.localdate(row.known_until) if row.known_until else None
    return _day(row) <= day and (until is None or until > day)


def _rule(found: Override | None, row: Position, day: date) -> matrix.Override:
    """What the rules know of a place by hand; of one whose record is gone only that it held on the day."""
    if found is None:
        return matrix.Override(Cell(row.cell), "?", "?", day, day)
    return matrix.Override(Cell(found.cell), found.reason, str(found.decided_by_id), found.since, found.until)


def _facts(
    row: Position,
    *,
    y: Decimal | None = None,
    parent: matrix.Position | None = None,
    override: matrix.Override | None = None,
) -> matrix.Position:
    return matrix.Position(
        score=row.score,
        rating=row.rating or None,
        rating_state=row.rating_state,
        status=row.status,
        open_proceeding=row.in_proceeding,
        y=y,
        scored_on=row.scored_on,
        behaviour=behaviour(row.exposure, row.overdue),
        parent=parent,
        override=override,
    )

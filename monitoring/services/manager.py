"""What a manager looks at each week: who moved, who became weak, what waits, and how exceptions turned out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from companies.choices import RatingState
from monitoring.choices import Cell, OverrideState, PolicyState
from monitoring.models import MatrixPolicy, Override, Position, Standing, Task

ZERO = Decimal(0)
WEEK = timedelta(days=7)
SOON = timedelta(days=30)
AT_RISK = (Cell.HIGH_DEF.value, Cell.LOW_DEF.value, Cell.FAIL.value)
WEAK = AT_RISK[:2]
Severities = Mapping[str, int]


def moved(since: date) -> QuerySet[Position]:
    """The companies that stand in another cell than at the end of a day: their position then, with `cell_now` and
    `exposure_now`. A company that went away and came back is not among them, nor a new one.
    """
    now = Standing.objects.filter(pk=OuterRef("company"))
    rows = Position.objects.on(since).filter(known_until__isnull=False)  # who moved has no such position any more
    rows = rows.annotate(
        cell_now=Subquery(now.values("cell")[:1]),
        exposure_now=Subquery(now.values("exposure")[:1]),
    )
    return rows.exclude(Q(cell_now=None)).exclude(cell=F("cell_now"))


def downwards(rows: QuerySet[Position], severities: Severities) -> QuerySet[Position]:
    """Those of `moved` that stand in a worse cell now."""
    return rows.filter(_worse(severities))


def upwards(rows: QuerySet[Position], severities: Severities) -> QuerySet[Position]:
    """Those of `moved` that do not."""
    return rows.exclude(_worse(severities))


def _worse(severities: Severities) -> Q:
    found = Q(pk__in=())
    for code, severity in severities.items():
        worse = [other for other, value in severities.items() if value > severity]
        found |= Q(cell=code, cell_now__in=worse)
    return found


@dataclass(frozen=True)
class Flow:
    """How many companies went from a cell to another, with what they owe today; `down` is to a worse one."""

    source: str
    target: str
    companies: int
    exposure: Decimal
    down: bool


def flows(since: date, severities: Severities) -> list[Flow]:
    """The movements since a day, cell by cell; one query."""
    sums = moved(since).order_by().values_list("cell", F("cell_now"))
    return [
        Flow(before, after, count, euros or ZERO, severities.get(after, 0) > severities.get(before, 0))
        for before, after, count, euros in sums.annotate(Count("pk"), Sum("exposure_now"))
    ]


@dataclass(frozen=True)
class CellMoves:
    """What came into a cell and what left it, upwards (to the better) and downwards: companies and euros."""

    code: str
    came_up: tuple[int, Decimal]
    came_down: tuple[int, Decimal]
    left_up: tuple[int, Decimal]
    left_down: tuple[int, Decimal]

    @property
    def came(self) -> int:
        return self.came_up[0] + self.came_down[0]

    @property
    def left(self) -> int:
        return self.left_up[0] + self.left_down[0]


def by_cell(found: Collection[Flow], codes: Collection[str]) -> list[CellMoves]:
    """The flows as each cell sees them, in the order of the codes."""
    return [
        CellMoves(
            code=code,
            came_up=_sum(flow for flow in found if flow.target == code and not flow.down),
            came_down=_sum(flow for flow in found if flow.target == code and flow.down),
            left_up=_sum(flow for flow in found if flow.source == code and not flow.down),
            left_down=_sum(flow for flow in found if flow.source == code and flow.down),
        )
        for code in codes
    ]


def _sum(found: Any) -> tuple[int, Decimal]:
    listed = list(found)
    return sum(flow.companies for flow in listed), sum((flow.exposure for flow in listed), ZERO)


def newcomers(since: date) -> QuerySet[Standing]:
    """Who came into a weak cell or failed since a day, largest exposure first, with `was`: the cell on that day,
    None for a company that the portfolio did not have.
    """
    then = Position.objects.on(since).filter(company=OuterRef("pk")).values("cell")[:1]
    rows = Standing.objects.filter(cell__in=AT_RISK, in_cell_since__gt=since).annotate(was=Subquery(then))
    # from one weak cell to the other is no news, and who came back to its cell has not moved
    same = Q(was=F("cell")) | Q(was__in=WEAK, cell__in=WEAK)
    return rows.exclude(Q(was__isnull=False) & same).order_by("-exposure", "pk")


def sums(rows: QuerySet[Standing]) -> tuple[int, Decimal]:
    """How many companies, and what they owe."""
    found = rows.aggregate(companies=Count("pk"), exposure=Sum("exposure"))
    return found["companies"], found["exposure"] or ZERO


def by_person(tasks: QuerySet[Task]) -> list[tuple[int | None, str | None, int]]:
    """How many of these tasks each person has, most first."""
    counted = tasks.order_by().values_list("given_to", "given_to__username").annotate(n=Count("pk"))
    return list(counted.order_by("-n", "given_to__username"))


def overdue_tasks(today: date) -> QuerySet[Task]:
    return Task.objects.filter(done_at=None, due_on__lt=today)


def to_approve() -> QuerySet[MatrixPolicy]:
    """The versions of policies that wait for a second person."""
    return MatrixPolicy.objects.filter(state=PolicyState.DRAFT).select_related("created_by").order_by("-pk")


@dataclass(frozen=True)
class Outcome:
    """What became of some companies: what they owe today, how much of it is late, how many failed."""

    label: str
    companies: int
    exposure: Decimal
    overdue: Decimal
    failed: int

    @property
    def late_share(self) -> Decimal | None:
        return self.overdue / self.exposure if self.exposure > 0 else None

    @property
    def failed_share(self) -> Decimal | None:
        return Decimal(self.failed) / self.companies if self.companies else None


@dataclass(frozen=True)
class Exceptions:
    """The register of exceptions in short: in force, running out, asked, and how they turned out."""

    in_force: int
    exposure: Decimal
    ending: int
    asked: int
    all: Outcome
    rest: Outcome
    by_approver: tuple[Outcome, ...]
    by_reason: tuple[Outcome, ...]


MOST = 5  # approvers and reasons that the panel shows
FAILED = Q(cell=Cell.FAIL) | Q(in_proceeding=True) | Q(rating_state=RatingState.FAILED)
EVER_IN_FORCE = (OverrideState.APPROVED, OverrideState.ENDED)


def exceptions(today: date) -> Exceptions:
    """How exceptions stand against all the other companies; five queries, whatever the number."""
    granted = Override.objects.filter(state__in=EVER_IN_FORCE)
    rows = list(granted.values_list("company", "reason", "decided_by__username"))
    standings = Standing.objects.filter(pk__in=granted.values("company")).annotate(has_failed=_flag(FAILED))
    facts = {pk: found for pk, *found in standings.values_list("pk", "exposure", "overdue", "has_failed")}
    force = Override.objects.in_force(today).values_list("company", "until")
    in_force = dict(force)
    return Exceptions(
        in_force=len(in_force),
        exposure=sum((facts[pk][0] for pk in in_force if pk in facts), ZERO),
        ending=sum(until <= today + SOON for until in in_force.values()),
        asked=Override.objects.filter(state=OverrideState.ASKED).count(),
        all=_outcome("", facts, facts),
        rest=_rest(granted.values("company")),
        by_approver=_by({name or "": {pk for pk, _, one in rows if one == name} for _, _, name in rows}, facts),
        by_reason=_by({why: {pk for pk, one, _ in rows if one == why} for _, why, _ in rows}, facts),
    )


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _by(parts: Mapping[str, set[int]], facts: Mapping[int, list[Any]]) -> tuple[Outcome, ...]:
    """The outcome of each part, most failures and most late first; a company counts once in each."""
    found = [_outcome(label, companies, facts) for label, companies in parts.items()]
    return tuple(sorted(found, key=lambda one: (-one.failed, -one.overdue, one.label))[:MOST])


def _outcome(label: str, companies: Collection[int], facts: Mapping[int, list[Any]]) -> Outcome:
    known = [facts[pk] for pk in companies if pk in facts]
    return Outcome(
        label=label,
        companies=len(companies),
        exposure=sum((exposure for exposure, _, _ in known), ZERO),
        overdue=sum((overdue for _, overdue, _ in known), ZERO),
        failed=sum(failed for _, _, failed in known),
    )


def _rest(companies: QuerySet[Any, Any]) -> Outcome:
    sums = Standing.objects.exclude(pk__in=companies).aggregate(
        n=Count("pk"), exposure=Sum("exposure"), overdue=Sum("overdue"), failed=Count("pk", filter=FAILED)
    )
    return Outcome("", sums["n"], sums["exposure"] or ZERO, sums["overdue"] or ZERO, sums["failed"])

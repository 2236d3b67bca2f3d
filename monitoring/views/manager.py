"""The manager's page: what moved this week, who became weak, what waits too long, and how exceptions turn out.

A page of its own and not a part of the dashboard: that one starts everybody's day with what is so today, this one
looks back over a week or a month, costs a comparison of two days, and is printed for a meeting.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from monitoring.models import MatrixCell, Position
from monitoring.services import manager as service
from monitoring.services import reviews
from monitoring.services.manager import CellMoves
from monitoring.tables import MOST, page_of
from monitoring.views.figures import policy_in_force

PERIODS = [(7, _("7 days")), (30, _("30 days")), (90, _("90 days"))]
COUNT, EUROS = "count", "euros"
MEASURES = [(COUNT, _("Companies")), (EUROS, _("Euros"))]
UP, DOWN = "up", "down"
SHOWN = 6
FULL = 100


@dataclass(frozen=True)
class Bar:
    """A part of a bar: its place and width of 100, its direction, and what it stands for."""

    x: float
    width: float
    way: str
    companies: int
    exposure: Decimal


@dataclass(frozen=True)
class Line:
    """What left a cell, drawn to the left of its name, and what came into it, drawn to the right."""

    moves: CellMoves
    left: tuple[Bar, ...]
    came: tuple[Bar, ...]


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def manager(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    days, by = _days(request), EUROS if request.GET.get("by") == EUROS else COUNT
    since = today - timedelta(days=days)
    _policy, cells = policy_in_force()
    flows = service.flows(since, _severities(cells))
    late, tasks = reviews.overdue(today), service.overdue_tasks(today)
    waiting = service.to_approve()
    context = {
        "days": days,
        "periods": PERIODS,
        "by": by,
        "measures": MEASURES,
        "since": since,
        "lines": lines(service.by_cell(flows, list(cells)), by),
        "ways": [(way, *_way(flows, down=way == DOWN)) for way in (DOWN, UP)],
        "newcomers": service.newcomers(since)[:SHOWN],
        "newcomer_sums": service.sums(service.newcomers(since)),
        "late": late.order_by("-exposure", "pk")[:SHOWN],
        "late_sums": service.sums(late),
        "tasks": tasks.select_related("company", "given_to").order_by("due_on", "pk")[:SHOWN],
        "tasks_late": tasks.count(),
        "people": service.by_person(tasks),
        "exceptions": service.exceptions(today),
        "policies": waiting[:SHOWN],
        "today": today,
    }
    return render(request, "monitoring/manager.html", context)


def _severities(cells: dict[str, MatrixCell]) -> dict[str, int]:
    return {code: cell.severity for code, cell in cells.items()}


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(days) for days, _label in PERIODS} else PERIODS[0][0]


def _way(flows: list[service.Flow], *, down: bool) -> tuple[int, Decimal]:
    same = [flow for flow in flows if flow.down == down]
    return sum(flow.companies for flow in same), sum((flow.exposure for flow in same), service.ZERO)


def lines(moves: list[CellMoves], by: str) -> list[Line]:
    """The picture of the movements: all bars on one scale, that of the longest side; cells without one stay empty."""
    column = 1 if by == EUROS else 0
    sides = [(_of(one.left_up, one.left_down, column), _of(one.came_up, one.came_down, column)) for one in moves]
    longest = max((sum(pair) for side in sides for pair in side), default=0)
    return [
        Line(
            moves=one,
            left=_bars(one.left_up, one.left_down, column, longest, from_right=True),
            came=_bars(one.came_up, one.came_down, column, longest, from_right=False),
        )
        for one in moves
    ]


Sum_ = tuple[int, Decimal]


def _of(up: Sum_, down: Sum_, column: int) -> tuple[Decimal, Decimal]:
    return max(Decimal(up[column]), service.ZERO), max(Decimal(down[column]), service.ZERO)


def _bars(up: Sum_, down: Sum_, column: int, longest: Decimal | int, *, from_right: bool) -> tuple[Bar, ...]:
    """What went down beside the name of the cell, what went up after it."""
    found, at = [], 0.0
    for way, sums, size in ((DOWN, down, _of(up, down, column)[1]), (UP, up, _of(up, down, column)[0])):
        width = round(float(FULL * size / longest), 2) if longest else 0.0
        if sums[0]:
            found.append(Bar(round(FULL - at - width if from_right else at, 2), width, way, *sums))
        at += width
    return tuple(found)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def moves(request: HttpRequest) -> HttpResponse:
    """The companies behind a figure of the movements: from a cell, into a cell, up or down."""
    days = _days(request)
    since = timezone.localdate() - timedelta(days=days)
    _policy, cells = policy_in_force()
    asked = {name: request.GET.get(name, "") for name in ("source", "target")}
    chosen = {name: code for name, code in asked.items() if code in cells}
    way = request.GET.get("way", "")
    rows = _narrowed(service.moved(since), chosen, way, _severities(cells))
    context = {
        "days": days,
        "periods": PERIODS,
        "since": since,
        "source": chosen.get("source", ""),
        "target": chosen.get("target", ""),
        "way": way if way in {UP, DOWN} else "",
        "choices": [(code, cell.label) for code, cell in cells.items()],
        "sums": rows.aggregate(exposure=Sum("exposure_now"))["exposure"] or 0,
        "page": page_of(rows.order_by(F("exposure_now").desc(), "pk"), request.GET.get("page")),
        "most": MOST,
    }
    return render(request, "monitoring/manager_moves.html", context)


def _narrowed(
    rows: QuerySet[Position], chosen: dict[str, str], way: str, severities: dict[str, int]
) -> QuerySet[Position]:
    columns: dict[str, Any] = {"source": "cell", "target": "cell_now"}
    rows = rows.filter(**{columns[name]: code for name, code in chosen.items()})
    if way not in {UP, DOWN}:
        return rows
    return service.downwards(rows, severities) if way == DOWN else service.upwards(rows, severities)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def newcomers(request: HttpRequest) -> HttpResponse:
    days = _days(request)
    since = timezone.localdate() - timedelta(days=days)
    rows = service.newcomers(since)
    context = {
        "days": days,
        "periods": PERIODS,
        "since": since,
        "sums": service.sums(rows),
        "page": page_of(rows, request.GET.get("page")),
        "most": MOST,
    }
    return render(request, "monitoring/manager_newcomers.html", context)

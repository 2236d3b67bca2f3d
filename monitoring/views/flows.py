"""Movements on the matrix between two days: who went where, for how much, and by what cause."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe
from django_countries import countries

from companies.choices import Role
from monitoring.choices import Cell
from monitoring.models import MatrixCell, Position
from monitoring.rules.flows import Flow, FlowCause, Measure, Total, balance, columns, matrix, rows
from monitoring.services import flows as service
from monitoring.services.flow_sheet import sheet
from monitoring.services.flows import Move, Moves, Period, Scope, Way
from monitoring.services.sums import seen_as
from monitoring.views.figures import policy_in_force
from monitoring.views.flow_picture import NARROW, WIDE, Direction, direction, picture
from monitoring.views.late import send

A_PAGE = 50
OUT = "out"  # the address's word for outside
FIRST_DAY = date(1990, 1, 1)
ZERO = Decimal(0)

CAUSES: Mapping[str, Promise] = {
    FlowCause.SCORE: gettext_lazy("Score or status"),
    FlowCause.LIMIT: pgettext_lazy("cause of a move", "Amount measured"),
    FlowCause.POLICY: gettext_lazy("Policy"),
    FlowCause.OVERRIDE: gettext_lazy("Placed by hand"),
    FlowCause.LINK: gettext_lazy("Link corrected"),
    FlowCause.ENTERED: pgettext_lazy("cause of a move", "Entered"),
    FlowCause.LEFT: pgettext_lazy("cause of a move", "Left"),
}
ICONS = {
    FlowCause.SCORE: "gauge", FlowCause.LIMIT: "ruler-measure", FlowCause.POLICY: "adjustments",
    FlowCause.OVERRIDE: "hand-finger", FlowCause.LINK: "link", FlowCause.ENTERED: "login", FlowCause.LEFT: "logout",
}  # fmt: skip
PRESETS = (
    ("week", gettext_lazy("Week")), ("month", gettext_lazy("Month")),
    ("quarter", gettext_lazy("Quarter")), ("year", gettext_lazy("Year")),
)  # fmt: skip
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; `problems` says which parts of it mean nothing, and what stands for them."""

    scope: Scope
    period: Period
    measure: Measure
    stayers: bool
    problems: list[str]

    def query(self, **more: str) -> str:
        """The address's query of this period and scope."""
        days = {"from": f"{self.period.since}", "to": f"{self.period.until}"}
        known = {"known": "now"} if self.period.known_now else {}
        narrowed = {name: value for name, value in vars(self.scope).items() if value}
        return urlencode({**days, **known, **narrowed, **more})


@dataclass(frozen=True)
class Line:
    """A flow by its cause, with the query of its companies."""

    flow: Flow
    source: str
    target: str
    cause_label: str
    direction: Direction
    query: str


@dataclass(frozen=True)
class CauseLine:
    """The moves of one cause; `width` is its part of the largest, in percent."""

    code: str
    icon: str
    label: Promise
    total: Total
    width: int
    query: str


@dataclass(frozen=True)
class Box:
    """One flow of the table: what it holds at its end, and at its start where that differs."""

    flow: Flow | None
    stays: bool
    query: str


@dataclass(frozen=True)
class Row:
    """The flows from one cell; `code` "" for those who entered."""

    code: str
    boxes: list[Box]
    total: Total


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def flows(request: HttpRequest) -> HttpResponse:
    asked, (policy, cells) = read(request.GET, timezone.localdate()), policy_in_force()
    found = service.flows(asked.scope, asked.period)
    drawn = [flow for flow in found if asked.stayers or flow.source != flow.target]
    sides = (rows(found), columns(found))
    context = {
        **_form(asked, timezone.localdate()),
        "policy": policy,
        "balance": balance(found),
        "moved": _sum(flow for flow in found if flow.source and flow.target and flow.source != flow.target),
        "causes": _causes(found, asked),
        "lines": _lines(found, cells, asked),
        "order": [*cells, ""],
        "table": _table(found, [Cell(code) for code in cells], asked),
        "closing": [sides[1].get(Cell(code) if code else None, Total()) for code in [*cells, ""]],
        "wide": picture(drawn, cells, asked.measure, WIDE),
        "narrow": picture(drawn, cells, asked.measure, NARROW),
        "base": asked.query(),
        "out": OUT,
    }
    return render(request, "monitoring/flows.html", context)


@dataclass(frozen=True)
class CompanyRow:
    """A company of a flow with its figures at both ends; `source` and `target` are "" for outside."""

    move: Move
    source: str
    target: str
    cause: str
    score: tuple[int | None, int | None]
    measured: tuple[Decimal | None, Decimal | None]
    exposure: tuple[Decimal | None, Decimal | None]


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def flow(request: HttpRequest) -> HttpResponse:
    """The companies of a flow."""
    asked, way = read(request.GET, timezone.localdate()), way_of(request.GET)
    page = Paginator(Moves(asked.scope, asked.period, way), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "way": way,
        "cause": CAUSES.get(way.cause or "", ""),
        "page": page,
        "companies": [_company(move, asked) for move in page],
        "base": asked.query(),
        "without_cause": urlencode(_of_way(replace(way, cause=None))),
    }
    return render(request, "monitoring/flow.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def export(request: HttpRequest, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt not in {"csv", "xlsx"}:
        raise Http404
    asked, way = read(request.GET, timezone.localdate()), way_of(request.GET)
    words = {cause: str(label) for cause, label in CAUSES.items()}
    lines = sheet(Moves(asked.scope, asked.period, way), asked.period, words)
    return send(lines, fmt, f"movements-{asked.period.since}-{asked.period.until}")


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """The movements of the week as a part of another page."""
    return render(request, "monitoring/_movements_week.html", {"week": week_of(timezone.localdate())})


def week_of(today: date) -> dict[str, object]:
    """What `_movements_week.html` shows; three queries, two of them for the words of the cells."""
    _policy, cells = policy_in_force()
    asked = Asked(Scope(), Period(today - timedelta(days=7), today), "count", stayers=True, problems=[])
    found = service.flows(asked.scope, asked.period, stayers=False)
    sums = {way: _sum(one for one in found if direction(one, cells) == way) for way in ("worse", "better", "level")}
    sums |= {way: _sum(one for one in found if one.cause == way) for way in ("entered", "left")}
    return {**sums, "moved": sum(sums[way].count for way in ("worse", "better", "level")), "query": asked.query()}


def read(params: QueryDict, today: date) -> Asked:
    """The period and the scope of an address; what means nothing is replaced and said."""
    problems: list[str] = []
    until = _day(params.get("to"), today, today, problems)
    since = _day(params.get("from"), preset("month", min(until, today)), today, problems)
    if since > until:
        problems.append(_("The first day comes after the second: they were exchanged."))
        since, until = until, since
    return Asked(
        scope=_scope(params, problems),
        period=Period(since, until, known_now=params.get("known") == "now"),
        measure="amount" if params.get("measure") == "amount" else "count",
        stayers=params.get("stay") != "0",
        problems=problems,
    )


def way_of(params: QueryDict) -> Way:
    """The flow of an address; 404 for cells and causes that do not exist."""
    ends = [params.get(name) for name in ("source", "target")]
    cause = params.get("cause") or None
    if any(end not in {None, OUT, *Cell.values} for end in ends) or cause not in {None, *CAUSES}:
        raise Http404
    source, target = ("" if end == OUT else end for end in ends)
    return Way(source, target, cause)


def preset(name: str, until: date) -> date:
    """The first day of a period that ends on this day: the same day of an earlier month, or its last one."""
    if name == "week":
        return until - timedelta(days=7)
    year, month = divmod(until.year * 12 + until.month - 1 - MONTHS[name], 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(until.day, (following - timedelta(days=1)).day))


def _day(text: str | None, default: date, today: date, problems: list[str]) -> date:
    if not text:
        return default
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems.append(_("“%(text)s” is no date: write it as 2026-03-31.") % {"text": text[:20]})
        return default
    if not FIRST_DAY <= day <= today:
        problems.append(_("Movements are known up to today: %(day)s was replaced.") % {"day": day})
        return default
    return day


def _scope(params: QueryDict, problems: list[str]) -> Scope:
    known = {"role": list(Role.values), **service.choices()}
    given = {name: params.get(name, "") for name in known}
    for name, value in given.items():
        if value and value not in known[name]:
            problems.append(_("Ignored, its value is unknown: %(names)s") % {"names": value[:40]})
            given[name] = ""
    return Scope(**given)


def _form(asked: Asked, today: date) -> dict[str, object]:
    period = asked.period
    firsts = [(label, preset(name, today)) for name, label in PRESETS]
    labels = (_("All business units"), _("All analysts"), _("All countries"), _("All sectors"))
    return {
        "asked": asked,
        "today": today,
        "presets": [(label, day, (day, today) == (period.since, period.until)) for label, day in firsts],
        "roles": Role.choices,
        "selects": [
            (name, label, getattr(asked.scope, name), _worded(name, values))
            for (name, values), label in zip(service.choices().items(), labels, strict=True)
        ],
        "narrowed": any(vars(asked.scope).values()),
    }


def _worded(name: str, values: Iterable[str]) -> list[tuple[str, str]]:
    if name != "country":
        return [(value, value) for value in values]
    return sorted(((value, countries.name(value) or value) for value in values), key=lambda pair: pair[1])


def _lines(found: Iterable[Flow], cells: Mapping[str, MatrixCell], asked: Asked) -> list[Line]:
    """The moves, the largest first; those who stayed are not among them."""
    moved = [flow for flow in found if flow.source != flow.target]
    size = {"count": lambda one: one.count, "amount": lambda one: max(one.amount_before, one.amount_after)}
    return [_line(flow, cells, asked) for flow in sorted(moved, key=size[asked.measure], reverse=True)]


def _line(flow: Flow, cells: Mapping[str, MatrixCell], asked: Asked) -> Line:
    return Line(
        flow=flow,
        source=_code(flow.source),
        target=_code(flow.target),
        cause_label=str(CAUSES[flow.cause]),
        direction=direction(flow, cells),
        query=_query(flow, asked),
    )


def _causes(found: Iterable[Flow], asked: Asked) -> list[CauseLine]:
    known = list(found)
    sums = {cause: _sum(flow for flow in known if flow.cause == cause) for cause in CAUSES}
    size = {cause: total.count if asked.measure == "count" else total.amount for cause, total in sums.items()}
    largest = max(*size.values(), ZERO)
    return [
        CauseLine(
            code=cause,
            icon=ICONS[FlowCause(cause)],
            label=CAUSES[cause],
            total=total,
            width=int(100 * max(size[cause], ZERO) / largest) if largest else 0,
            query=asked.query(cause=cause),
        )
        for cause, total in sums.items()
    ]


def _table(found: Iterable[Flow], order: list[Cell], asked: Asked) -> list[Row]:
    """From (rows) to (columns), outside last on both sides."""
    joined = matrix(found)
    sums = rows(joined.values())
    places = [*order, None]
    return [
        Row(_code(source), [_box(joined, source, target, asked) for target in places], sums.get(source, Total()))
        for source in places
    ]


def _company(move: Move, asked: Asked) -> CompanyRow:
    ends = move.before, move.after
    return CompanyRow(
        move=move,
        source=_seen(move.before, asked),
        target=_seen(move.after, asked),
        cause=str(CAUSES.get(move.cause, "")),
        score=(ends[0].score if ends[0] else None, ends[1].score if ends[1] else None),
        measured=(ends[0].y if ends[0] else None, ends[1].y if ends[1] else None),
        exposure=(ends[0].exposure if ends[0] else None, ends[1].exposure if ends[1] else None),
    )


def _seen(row: Position | None, asked: Asked) -> str:
    return seen_as(row, asked.scope.role) if row else ""


def _box(
    joined: Mapping[tuple[Cell | None, Cell | None], Flow], source: Cell | None, target: Cell | None, asked: Asked
) -> Box:
    flow = joined.get((source, target))
    return Box(flow, source == target, _query(replace(flow, cause=""), asked) if flow else "")


def _sum(found: Iterable[Flow]) -> Total:
    """How many, and their exposure at the second day; of those who left, at the first."""
    known = list(found)
    amounts = (flow.amount_after if flow.target else flow.amount_before for flow in known)
    return Total(sum(flow.count for flow in known), sum(amounts, ZERO))


def _code(cell: Cell | None) -> str:
    return cell.value if cell else ""


def _query(flow: Flow, asked: Asked) -> str:
    return asked.query(**_of_way(Way(_code(flow.source), _code(flow.target), flow.cause or None)))


def _of_way(way: Way) -> dict[str, str]:
    ends = {"source": way.source, "target": way.target}
    given = {name: end or OUT for name, end in ends.items() if end is not None}
    return given | ({"cause": way.cause} if way.cause else {})

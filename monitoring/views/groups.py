"""The group view: one position per ultimate parent, both sides, today or on a past day."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from companies.models import Company
from monitoring.models import MatrixCell, Position, Standing
from monitoring.models.standing import PlacedQuerySet
from monitoring.services import groups as service
from monitoring.tables import MOST, page_of
from monitoring.views.figures import policy_in_force
from monitoring.views.late import send

COLUMNS = [
    ("group", _("Group"), ""),
    ("members", _("Companies"), "members"),
    ("worst", _("Worst cell"), "worst"),
    ("exposure", _("Exposure"), "sum_exposure"),
    ("overdue", _("Overdue"), "sum_overdue"),
    ("limit", _("Credit limits"), "sum_credit_limit"),
    ("payable", _("We owe"), "sum_payable"),
    ("net", _("Net position"), "net"),
    ("set_off", _("Possible set-off"), "set_off"),
]
SORTS = {key: column for key, _label, column in COLUMNS if column}
LONGEST = 100
MEMBERS = 500


@dataclass(frozen=True)
class Day:
    """The day that the page shows, None for today, and why an asked one is not shown."""

    day: date | None = None
    known_now: bool = False
    refused: bool = False

    def rows(self) -> PlacedQuerySet[Any]:
        if self.day is None:
            return Standing.objects.all()
        return Position.objects.on(self.day, known_now=self.known_now)


def _day(request: HttpRequest) -> Day:
    text, today = request.GET.get("as_of", "").strip(), timezone.localdate()
    if not text:
        return Day()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Day(refused=True)
    if day > today:
        return Day(refused=True)
    return Day() if day == today else Day(day, known_now=request.GET.get("known") == "now")


@dataclass(frozen=True)
class Asked:
    """What the address asks of the list, and the groups in its order."""

    text: str
    several: bool
    both: bool
    sort: str
    rows: QuerySet[Any, service.Row]


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def groups(request: HttpRequest) -> HttpResponse:
    day, (_policy, cells) = _day(request), policy_in_force()
    asked = _asked(request, day, cells)
    page = page_of(asked.rows, request.GET.get("page"))
    context = {
        **_around(day, cells),
        "asked": asked,
        "columns": _columns(asked.sort),
        "page": page,
        "lines": service.named(list(page.object_list)),
        "weights": service.concentration(day.rows()),
        "is_narrowed": bool(asked.text or asked.several or asked.both),
        "most": MOST,
    }
    return render(request, "monitoring/groups.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def export(request: HttpRequest, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt not in {"csv", "xlsx"}:
        raise Http404
    day, (_policy, cells) = _day(request), policy_in_force()
    shown = day.day or timezone.localdate()
    return send(service.sheet(_asked(request, day, cells).rows, cells), fmt, f"groups-{shown:%Y-%m-%d}")


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def group(request: HttpRequest, pk: int) -> HttpResponse:
    head, day = get_object_or_404(Company.everyone, pk=pk), _day(request)
    _policy, cells = policy_in_force()
    members = service.members(day.rows(), pk)
    sums = next(iter(service.positions(members, cells)), None)
    listed = list(members.order_by("-exposure", "company")[:MEMBERS])
    above = day.rows().filter(company=pk).exclude(head=None).select_related("head").first()
    context = {
        **_around(day, cells),
        "head": head,
        "above": above.head if above else None,
        "sums": sums,
        "worst": list(cells)[sums["worst"]] if sums and sums["worst"] >= 0 else "",
        "tree": service.tree(head, listed) if listed else None,
        "most_members": MEMBERS,
    }
    return render(request, "monitoring/group.html", context)


def _around(day: Day, cells: dict[str, MatrixCell]) -> dict[str, Any]:
    return {"as_of": day, "today": timezone.localdate(), "codes": list(cells)}


def _asked(request: HttpRequest, day: Day, cells: dict[str, MatrixCell]) -> Asked:
    text, sort = request.GET.get("q", "").strip()[:LONGEST], request.GET.get("sort", "")
    several, both = request.GET.get("several") == "1", request.GET.get("both") == "1"
    sort = sort if sort.removeprefix("-") in SORTS else "-exposure"
    rows = service.positions(service.found(day.rows(), text) if text else day.rows(), cells)
    rows = rows.filter(members__gt=1) if several else rows
    rows = rows.filter(set_off__gt=0) if both else rows
    column = F(SORTS[sort.removeprefix("-")])
    ordered = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return Asked(text, several, both, sort, rows.order_by(ordered, "group"))


def _columns(sort: str) -> list[tuple[str, Any, str, str]]:
    """Key, label, the sort that a click asks for, and the direction of the present one."""
    found = []
    for key, label, column in COLUMNS:
        here = sort.removeprefix("-") == key
        following = key if here and sort.startswith("-") else f"-{key}"
        direction = ("descending" if sort.startswith("-") else "ascending") if here else ""
        found.append((key, label, following if column else "", direction))
    return found

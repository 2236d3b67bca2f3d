"""The strategic matrix: where the exposure lies, and what to do in each cell."""

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from companies.choices import Role
from monitoring.charts import FULL, NARROW, CellFigures, matrix_picture
from monitoring.models import MatrixCell, MatrixPolicy, Standing
from monitoring.views.figures import bounds, cell_figures, policy_in_force, role_asked, totals

A_PAGE = 25
MOST = 1000  # beyond, the filtered portfolio is the place to look
PANEL = "cell-panel"


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    policy, cells = policy_in_force()
    role = role_asked(request.GET.get("role"))
    figures = cell_figures(role, cells)
    return render(request, "monitoring/matrix.html", _picture(policy, figures, role))


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def matrix_cell(request: HttpRequest, cell: str) -> HttpResponse:
    policy, cells = policy_in_force()
    if cell not in cells:
        raise Http404
    role = role_asked(request.GET.get("role"))
    figures = cell_figures(role, cells)
    chosen = next(one for one in figures if one.code == cell)
    context = {**_picture(policy, figures, role, here=cell), **_posture(cells[cell], chosen)}
    context["page"] = _companies(chosen, role, request.GET.get("page"))
    part = request.headers.get("HX-Target") == PANEL
    response = render(request, "monitoring/_matrix_cell.html" if part else "monitoring/matrix_cell.html", context)
    if part:
        response["HX-Push-Url"] = request.get_full_path()
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _picture(policy: MatrixPolicy, figures: list[CellFigures], role: str, here: str = "") -> dict[str, object]:
    return {
        "policy": policy,
        "figures": figures,
        "totals": totals(figures),
        "picture": matrix_picture(figures, bounds(policy), FULL),
        "narrow": matrix_picture(figures, bounds(policy), NARROW),
        "role": role,
        "roles": [("", None), *Role.choices],
        "here": here,
    }


def _posture(cell: MatrixCell, figures: CellFigures) -> dict[str, object]:
    words = (cell.credit, cell.watch, cell.marketing)
    return {"cell": cell, "chosen": figures, "blocks": [text.splitlines() for text in words]}


def _companies(figures: CellFigures, role: str, number: str | None) -> Page[Standing]:
    rows = Standing.objects.in_role(role).filter(cell=figures.code).order_by("-exposure", "company")
    paginator = Paginator(rows, A_PAGE)
    paginator.count = min(figures.companies, MOST)  # the cell's sum knows: no companies are counted
    return paginator.get_page(number)

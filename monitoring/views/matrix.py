"""The strategic matrix: where the exposure lies, and what to do in each cell."""

from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Page, Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from companies.choices import Role
from monitoring.charts import matrix_pdf
from monitoring.charts.matrix import (
    COMPANIES,
    DEEP,
    EXPOSURE,
    FULL,
    MOST_BUBBLES,
    NARROW,
    OVER,
    OVERDUE,
    SIDE,
    SIDE_FULL,
    Axes,
    CellFigures,
    MatrixPicture,
    Spot,
    matrix_picture,
)
from monitoring.filters import MatrixFilter, in_cell, place_in
from monitoring.models import MatrixCell, MatrixPolicy
from monitoring.models.standing import PlacedQuerySet
from monitoring.services import matrix_export
from monitoring.views import as_of as days
from monitoring.views.as_of import AsOf
from monitoring.views.figures import Totals, bounds, cell_figures, counted, policy_in_force, summary, totals

A_PAGE = 25
MOST = 1000  # beyond, the filtered portfolio is the place to look
PART = "matrix-page"
FIGURE_WORDS: dict[str, str | Promise] = {
    COMPANIES: _("Companies"),
    EXPOSURE: _("Exposure"),
    OVER: _("Above limits"),
    OVERDUE: _("Overdue"),
}


@dataclass(frozen=True)
class Look:
    """What the address asks of the picture, and the sums that answer it. `rows` are the companies counted."""

    as_of: AsOf
    filter: MatrixFilter
    role: str
    figure: str
    policy: MatrixPolicy
    cells: dict[str, MatrixCell]
    rows: PlacedQuerySet[Any]
    figures: list[CellFigures]

    @property
    def totals(self) -> Totals:
        return totals(self.figures)

    def query(self, **more: str) -> str:
        """What a link carries to show the same somewhere else; "" for the plain picture of today."""
        chosen = {name: str(value) for name, value in self.filter.form.cleaned_data.items() if value}
        figure = {} if self.figure == EXPOSURE else {"figure": self.figure}
        found = more | chosen | figure | self.as_of.params
        return f"?{urlencode(found)}" if found else ""

    def spots(self) -> list[Spot]:
        """The companies of the cells that hold few enough to be drawn one by one; none is read when no cell does."""
        few = [one.code for one in self.figures if 0 < one.companies <= MOST_BUBBLES]
        if not few:
            return []
        # without a role the cell's own index finds them
        found = self.rows.annotate(place=place_in(self.role)) if self.role == Role.SUPPLIER else self.rows
        name = "place" if self.role == Role.SUPPLIER else "cell"
        measure = self.policy.measure if self.role == Role.SUPPLIER else "y"
        limited = found.filter(**{f"{name}__in": few}).order_by("-exposure", "company")[: len(few) * MOST_BUBBLES]
        return [_spot(row, getattr(row, name), getattr(row, measure)) for row in limited]


def _spot(row: Any, cell: str, y: Any) -> Spot:
    return Spot(
        company=row.company_id,
        name=row.name,
        cell=cell,
        score=row.score,
        y=y,
        exposure=row.exposure,
        hatched=row.hatched,
        overridden=row.overridden,
        inherited=row.inherited,
        no_limit=row.no_limit,
    )


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    look = _look(request)
    return _answer(request, "monitoring/matrix.html", _around(look))


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def matrix_cell(request: HttpRequest, cell: str) -> HttpResponse:
    look = _look(request)
    if cell not in look.cells:
        raise Http404
    chosen = next(one for one in look.figures if one.code == cell)
    context = {
        **_around(look, here=cell),
        **_posture(look.cells[cell], chosen),
        "page": _companies(look, chosen, request.GET.get("page")),
        "portfolio_query": look.query(cell=cell),
    }
    return _answer(request, "monitoring/matrix_cell.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def matrix_file(request: HttpRequest, fmt: str) -> HttpResponse | FileResponse:
    """The picture on one page, or its figures and its companies as a workbook, with what was asked on them."""
    if fmt not in {"pdf", "xlsx"}:
        raise Http404
    look = _look(request)
    name = f"matrix-{look.as_of.file_suffix}.{fmt}"
    if fmt == "xlsx":
        book = TemporaryFile()  # noqa: SIM115  # the response closes it
        rows = look.rows.annotate(place=place_in(look.role))
        matrix_export.workbook(book, look.figures, rows, asked=_asked(look), measure=look.policy)
        book.seek(0)
        return FileResponse(book, as_attachment=True, filename=name)
    paper = matrix_pdf.Paper(_picture(look), look.policy, _asked(look), get_language() or "fr", look.as_of.stamp)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(matrix_pdf.draw(paper), content_type="application/pdf", headers=headers)


def _look(request: HttpRequest) -> Look:
    as_of = days.read(request)
    narrowed = MatrixFilter(request.GET, queryset=as_of.rows(), as_of=as_of.key)
    role, figure = narrowed.chosen_role, request.GET.get("figure", "")
    policy, cells = policy_in_force(role, as_of.day)
    plain = not as_of.is_past and not narrowed.is_filtered
    sums = summary(role) if plain else counted(narrowed.qs, role)
    figure = figure if figure in FIGURE_WORDS else EXPOSURE
    return Look(
        as_of=as_of,
        filter=narrowed,
        role=role,
        figure=figure,
        policy=policy,
        cells=cells,
        rows=narrowed.qs,
        figures=cell_figures(sums, cells, figure),
    )


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page, or the part that takes its place while JavaScript keeps the rest."""
    part = request.headers.get("HX-Target") == PART
    response = render(request, "monitoring/_matrix_part.html" if part else template, context)
    if part:
        response["HX-Push-Url"] = request.get_full_path()
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _picture(look: Look, here: str = "") -> MatrixPicture:
    """With companies drawn where there are few, and narrower cells when a chosen one stands beside the picture."""
    axes = Axes(bounds(look.policy), look.policy.high_from, look.spots())
    layouts = (SIDE_FULL, SIDE) if here else (FULL, DEEP)
    return matrix_picture(look.figures, axes, layouts[bool(axes.companies)])


def _around(look: Look, here: str = "") -> dict[str, Any]:
    all_totals = look.totals
    return {
        "as_of": look.as_of,
        "first_day": look.as_of.first() if look.as_of.is_past and not all_totals.companies else None,
        "policy": look.policy,
        "cell_labels": look.cells,
        "figures": look.figures,
        "figure": look.figure,
        "figure_choices": list(FIGURE_WORDS.items()),
        "figure_word": FIGURE_WORDS[look.figure],
        "totals": all_totals,
        "picture": _picture(look, here),
        "narrow": matrix_picture(look.figures, Axes(bounds(look.policy)), NARROW),
        "role": look.role,
        "roles": [("", None), *Role.choices],
        "selects": look.filter.selects("business_unit", "analyst", "country", "sector"),
        "is_filtered": look.filter.is_filtered,
        "ignored": look.filter.ignored(),
        "query": look.query(),
        "here": here,
        "asked": _asked(look),
        "matrix_tab": "picture",
    }


def _posture(cell: MatrixCell, figures: CellFigures) -> dict[str, object]:
    words = (cell.credit, cell.watch, cell.marketing)
    return {"cell": cell, "chosen": figures, "blocks": [text.splitlines() for text in words]}


def _companies(look: Look, figures: CellFigures, number: str | None) -> Page[Any]:
    rows = in_cell(look.rows, figures.code, look.role).order_by("-exposure", "company")
    paginator = Paginator(rows, A_PAGE)
    paginator.count = min(figures.companies, MOST)  # the cell's sum knows: no companies are counted
    return paginator.get_page(number)


def _asked(look: Look) -> list[tuple[str, str]]:
    """What was asked, in words, for what leaves the portal."""
    return matrix_export.asked(
        look.as_of.shown,
        known=None if not look.as_of.is_past else look.as_of.known_now,
        policy=str(look.policy),
        figure=str(FIGURE_WORDS[look.figure]),
        chips=[(chip.label, chip.value) for chip in look.filter.chips()],
    )

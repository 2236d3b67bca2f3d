"""One row per company, narrowed, sorted, searched, and taken away as a file."""

from tempfile import TemporaryFile

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from monitoring.filters import PortfolioFilter, place_in
from monitoring.services import export as files
from monitoring.tables import MOST, PastTable, PortfolioTable, page_of, sort_of
from monitoring.views import as_of as days
from monitoring.views.as_of import AsOf

BY_EXPOSURE = "-exposure"


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    as_of, narrowed, table = _asked(request)
    context = {
        "filter": narrowed,
        "selects": narrowed.selects("role", "cell", "country", "business_unit", "analyst", "sector", "link"),
        "as_of": as_of,
        "chips": narrowed.chips(),
        "ignored": narrowed.ignored(),
        "table": table,
        "sort": table.order_by[0],
        "page": page_of(table.data.data.select_related("company"), request.GET.get("page")),
        "most": MOST,
        "gone": _("Surveillance, alerts and the days of reports have no history: they are left out."),
    }
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # django-htmx adds it
    response = render(request, "monitoring/_portfolio_list.html" if part else "monitoring/portfolio.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def export(request: HttpRequest, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt not in {"csv", "xlsx"}:
        raise Http404
    as_of, _narrowed, table = _asked(request)
    sheet = files.portfolio(table.data.data, past=as_of.mark)
    name = f"portfolio-{as_of.file_suffix}.{fmt}"
    if fmt == "xlsx":
        book = TemporaryFile()  # noqa: SIM115  # the response closes it
        files.as_xlsx(sheet, book)
        book.seek(0)
        return FileResponse(book, as_attachment=True, filename=name)
    comma = (get_language() or "").startswith("fr")
    return StreamingHttpResponse(
        files.as_csv(sheet, comma=comma),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked(request: HttpRequest) -> tuple[AsOf, PortfolioFilter, PortfolioTable]:
    """The address's day and filters, and the table in the address's order."""
    as_of = days.read(request)
    narrowed = PortfolioFilter(request.GET, queryset=as_of.rows(), as_of=as_of.key, request=request)
    rows = narrowed.qs.annotate(place=place_in(narrowed.chosen_role))
    table = PastTable if as_of.is_past else PortfolioTable
    sort = sort_of(request.GET.get("sort"), table=table, default=BY_EXPOSURE)
    return as_of, narrowed, table(data=rows, order_by=sort)

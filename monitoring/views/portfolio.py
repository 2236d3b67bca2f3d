"""One row per company, narrowed, sorted, searched, and taken away as a file."""

from tempfile import TemporaryFile

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from monitoring.filters import PortfolioFilter
from monitoring.models import Standing
from monitoring.services import export as files
from monitoring.tables import MOST, PortfolioTable, page_of, sort_of

BY_EXPOSURE = "-exposure"


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    narrowed, table = _asked(request)
    context = {
        "filter": narrowed,
        "selects": [narrowed.form[name] for name in ("role", "cell", "country", "link")],
        "chips": narrowed.chips(),
        "ignored": narrowed.ignored(),
        "table": table,
        "sort": table.order_by[0],
        "page": page_of(table.data.data.select_related("company"), request.GET.get("page")),
        "most": MOST,
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
    _, table = _asked(request)
    sheet = files.portfolio(table.data.data)
    name = f"portfolio-{timezone.localdate():%Y-%m-%d}.{fmt}"
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


def _asked(request: HttpRequest) -> tuple[PortfolioFilter, PortfolioTable]:
    """The address's filters, and the table in the address's order."""
    narrowed = PortfolioFilter(request.GET, queryset=Standing.objects.all(), request=request)
    rows: QuerySet[Standing] = narrowed.qs
    sort = sort_of(request.GET.get("sort"), table=PortfolioTable, default=BY_EXPOSURE)
    return narrowed, PortfolioTable(data=rows, order_by=sort)

"""Who pays late, in the order in which it is worth calling, and what was said to them."""

from tempfile import TemporaryFile

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from companies.models import Company
from monitoring.filters import LateFilter
from monitoring.forms import ContactForm
from monitoring.models import Contact, Standing
from monitoring.services import export as files
from monitoring.services import late as service
from monitoring.services.scope import Scope, as_they_were
from monitoring.tables import MOST, LateTable, page_of, sort_of
from monitoring.views import scopes
from monitoring.views.exposure_words import LIMITS, PARTS

BY_OVERDUE = "-overdue"
ITEMS, NOTES = 100, 50


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def late(request: HttpRequest) -> HttpResponse:
    scope, by = scopes.scope_of(request), _by(request)
    narrowed, table = _asked(request, scope, by)
    page = page_of(table.data.data, request.GET.get("page"))
    context = {
        **scopes.as_of(request, scope),
        "filter": narrowed,
        "selects": [narrowed.form[name] for name in ("role", "country", "days", "step")],
        "codes": [one for one in scopes.choices(scope) if one["name"] in {"business_unit", "analyst"}],
        "chips": narrowed.chips(),
        "ignored": narrowed.ignored(),
        "by": by,
        "payer_query": f"?{scopes.query(scope, by=by)}",
        "table": table,
        "sort": table.order_by[0],
        "page": page,
        "lines": service.lines(page.object_list, scope, by),
        "limits": LIMITS,
        "parts": PARTS,
        "most": MOST,
    }
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # django-htmx adds it
    response = render(request, "monitoring/_late_list.html" if part else "monitoring/late.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def export(request: HttpRequest, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt not in {"csv", "xlsx"}:
        raise Http404
    scope = scopes.exact_scope(request)
    sheet = service.sheet(_asked(request, scope, _by(request))[1].data.data, as_of=scope.on)
    return send(sheet, fmt, f"late-payers-{scope.on:%Y-%m-%d}")


def send(sheet: files.Sheet, fmt: str, name: str) -> HttpResponse | StreamingHttpResponse:
    """A list as a file of the format asked for: "csv" or "xlsx"."""
    if fmt == "xlsx":
        book = TemporaryFile()  # noqa: SIM115  # the response closes it
        files.as_xlsx(sheet, book)
        book.seek(0)
        return FileResponse(book, as_attachment=True, filename=f"{name}.xlsx")
    comma = (get_language() or "").startswith("fr")
    return StreamingHttpResponse(
        files.as_csv(sheet, comma=comma),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def payer(request: HttpRequest, pk: int) -> HttpResponse:
    return _payer(request, get_object_or_404(Company, pk=pk), ContactForm(initial={"on": timezone.localdate()}))


@permission_required("monitoring.add_contact", raise_exception=True)
@require_POST
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    company, form = get_object_or_404(Company, pk=pk), ContactForm(request.POST)
    if not form.is_valid():
        return _payer(request, company, form, status=422)
    note = form.save(commit=False)
    note.company, note.by, note.at = company, request.user, timezone.now()
    note.save()
    messages.success(request, _("Noted."))
    return redirect("late_payer", pk=pk)


def _payer(request: HttpRequest, company: Company, form: ContactForm, status: int = 200) -> HttpResponse:
    scope, by = scopes.scope_of(request), _by(request)
    row = service.payers(scope, by).filter(pk=company.pk).first()
    items = service.owed_by(company.pk, scope, by)
    found = service.lines([row] if row else [], scope, by)
    context = {
        **scopes.as_of(request, scope),
        "company": company,
        "standing": Standing.objects.filter(pk=company.pk).first(),
        "line": found[0] if found else None,
        "by": by,
        "limits": LIMITS,
        "parts": PARTS,
        "items": as_they_were(items[:ITEMS]),
        "sums": list(items.order_by().values("at_currency").annotate(total=Sum("at_amount"))),
        "most": ITEMS,
        "contacts": Contact.objects.filter(company=company.pk).select_related("by")[:NOTES],
        "form": form,
    }
    return render(request, "monitoring/late_payer.html", context, status=status)


def _by(request: HttpRequest) -> str:
    return service.PAYER if request.GET.get("by") == service.PAYER else service.COMPANY


def _asked(request: HttpRequest, scope: Scope, by: str) -> tuple[LateFilter, LateTable]:
    """The address's filters, and the table in the address's order."""
    narrowed = LateFilter(request.GET, queryset=service.payers(scope, by), request=request)
    narrowed.as_of = scope.on
    rows: QuerySet[Standing] = narrowed.qs
    sort = sort_of(request.GET.get("sort"), table=LateTable, default=BY_OVERDUE)
    return narrowed, LateTable(data=rows, order_by=sort)

"""What a customer still has to pay, ready to be sent: on the page, as PDF and as a workbook, in French or English."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from companies.models import Company
from monitoring.services import statement as service
from monitoring.services.statement_pdf import pdf
from monitoring.views import scopes
from monitoring.views.late import send

NAMES = {"fr": "Français", "en": "English"}


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    scope = scopes.scope_of(request)
    found = service.statement(get_object_or_404(Company, pk=pk), scope.day)
    banner, language = scopes.as_of(request, scope), _language(request)
    with override(language):
        context = {
            **banner,
            "found": found,
            "company": found.company,
            "address": service.address(found.company),
            "language": language,
            "languages": NAMES.items(),
        }
        return render(request, "monitoring/statement.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def download(request: HttpRequest, pk: int, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt not in {"pdf", "xlsx"}:
        raise Http404
    found = service.statement(get_object_or_404(Company, pk=pk), scopes.exact_scope(request).day)
    language = _language(request)
    name = f"{slugify(found.company.name) or found.company.pk}-{found.as_of:%Y-%m-%d}"
    with override(language):
        if fmt == "xlsx":
            return send(service.sheet(found), "xlsx", name)
        disposition = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
        return HttpResponse(pdf(found, language), content_type="application/pdf", headers=disposition)


def _language(request: HttpRequest) -> str:
    """The language asked for, else the reader's."""
    asked = request.GET.get("language") or (get_language() or "fr")[:2]
    return asked if asked in service.LANGUAGES else "fr"

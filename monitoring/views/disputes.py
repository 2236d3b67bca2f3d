"""What counts against a company's limits beyond its invoices: orders, deliveries and disputes."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from companies.models import Company, Dispute, OpenItem
from companies.services import disputes as service
from companies.services.disputes import DisputeRefused
from monitoring.forms import DisputeForm
from monitoring.services import counting
from monitoring.views.exposure_words import LIMITS, PARTS


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def counted(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(Company, pk=pk))


@permission_required("companies.add_dispute", raise_exception=True)
@require_POST
def note(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    company = get_object_or_404(Company, pk=pk)
    found = get_object_or_404(OpenItem.objects.select_related("account"), pk=item, account__company=company)
    form = DisputeForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("company_counted", pk=pk)
    today = timezone.localdate()
    try:
        service.note(found, **form.cleaned_data, user_id=request.user.pk, now=timezone.now(), today=today)
    except DisputeRefused as refused:
        messages.error(request, refused.said)
    else:
        messages.success(request, _("%(document)s is noted as contested.") % {"document": found.document})
    return redirect("company_counted", pk=pk)


@permission_required("companies.add_dispute", raise_exception=True)
@require_POST
def end(request: HttpRequest, pk: int, dispute: int) -> HttpResponse:
    rows = Dispute.objects.select_related("item__account")
    found = get_object_or_404(rows, pk=dispute, item__account__company=pk)
    service.end(found, user_id=request.user.pk, today=timezone.localdate())
    messages.success(request, _("The dispute of %(document)s is over.") % {"document": found.item.document})
    return redirect("company_counted", pk=pk)


def _page(request: HttpRequest, company: Company) -> HttpResponse:
    today = timezone.localdate()
    context = {
        "company": company,
        "found": counting.counted(company.pk),
        "promises": counting.promises_of(company),
        "items": counting.contestable(company),
        "ended": counting.ended(company),
        "most": counting.MOST,
        "today": today,
        "limit_words": LIMITS,
        "part_words": PARTS,
        "may": request.user.has_perm("companies.add_dispute"),
    }
    return render(request, "monitoring/company_counted.html", context)

"""Ending the link to a Creditsafe profile: why, what stays, and what becomes of the company."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.choices import LinkState
from companies.forms import UnlinkForm
from companies.models import Company, Profile, RatingPoint, Report
from companies.services.former import NotLinked
from companies.services.former import unlink as end


@permission_required("companies.link_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    company = get_object_or_404(Company, pk=pk)
    profile = Profile.objects.select_related("linked_by").filter(company=company).first()
    if profile is None:
        messages.error(request, _("This company has no Creditsafe profile."))
        return redirect(company)
    form = UnlinkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _end(request, company, form)
    context = {
        "company": company,
        "profile": profile,
        "form": form,
        "reports": Report.objects.filter(company=company, connect_id=profile.connect_id).count(),
        "points": RatingPoint.objects.of(company.pk, profile.connect_id).count(),
    }
    return render(request, "companies/unlink.html", context)


def _end(request: HttpRequest, company: Company, form: UnlinkForm) -> HttpResponse:
    state = LinkState(form.cleaned_data["state"])
    try:
        end(company.pk, state=state, reason=form.cleaned_data["reason"], user_id=request.user.pk, now=timezone.now())
    except NotLinked as error:
        messages.error(request, str(error))
        return redirect(company)
    messages.success(request, _("The link of %(company)s has ended; its history is kept.") % {"company": company})
    return redirect("link_company", pk=company.pk) if state == LinkState.REVIEW else redirect(company)

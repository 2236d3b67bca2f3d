"""Exceptions: places by hand, asked by one person, decided by another, and how they turned out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companies.models import Company
from monitoring.choices import OverrideState
from monitoring.models import Override, Standing
from monitoring.policy_forms import DecisionForm, OverrideForm
from monitoring.services import overrides as service
from monitoring.services.policies import Refused

A_PAGE, MOST = 25, 1000
REASONS = 30
TABS = ("asked", "in_force", "past")


@permission_required("monitoring.view_override", raise_exception=True)
@require_safe
def exceptions(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    live = service.register().filter(state=OverrideState.APPROVED, until__gte=today).order_by("until", "pk")
    asked = service.register().filter(state=OverrideState.ASKED).order_by("asked_at", "pk")
    past = service.register().exclude(pk__in=live.values("pk")).exclude(state=OverrideState.ASKED)
    page = Paginator(past[:MOST], A_PAGE).get_page(request.GET.get("page"))
    in_force = service.outcomes(live[:MOST])
    context = {
        "today": today,
        "soon": [one for one in in_force if one.override.until <= today + service.SOON],
        "asked": service.outcomes(asked[:MOST]),
        "in_force": in_force,
        "past": service.outcomes(page.object_list),
        "page": page,
        **_records(),
    }
    return render(request, "monitoring/exceptions.html", context)


def _records() -> dict[str, Any]:
    """How exceptions turned out: per approver, per reason, and the companies that had none."""
    found = service.outcomes(service.ever_in_force()[:MOST])
    total = service.record(found, lambda one: str(_("All exceptions")))
    return {
        "by_approver": service.record(found, lambda one: str(one.override.decided_by or "—")),
        "by_reason": service.record(found, lambda one: one.override.reason.strip()),
        "compared": [*total, service.the_rest({one.override.company_id for one in found})] if found else [],
    }


@permission_required("monitoring.ask_override", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    company = get_object_or_404(Company, pk=pk)
    form = OverrideForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _asked(request, company, form):
        messages.success(request, _("The exception is asked for. It counts once another person has approved it."))
        return redirect(company)
    context = {
        "company": company,
        "form": form,
        "standing": Standing.objects.filter(pk=pk).first(),
        "current": service.of_company(pk, timezone.localdate()),
        "reasons": Override.objects.order_by("reason").values_list("reason", flat=True).distinct()[:REASONS],
        "past": service.register().filter(company=company)[:A_PAGE],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "monitoring/exception_ask.html", context, status=status)


def _asked(request: HttpRequest, company: Company, form: OverrideForm) -> bool:
    try:
        service.ask(company, service.Wish(**form.cleaned_data), user_id=request.user.pk or 0, now=timezone.now())
    except Refused as error:
        form.add_error(None, str(error))
        return False
    return True


@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    if action not in _ACTS:
        raise Http404
    row = get_object_or_404(Override, pk=pk)
    withdraws = action == "refuse" and row.asked_by_id is not None and row.asked_by_id == request.user.pk
    needed = "monitoring.ask_override" if withdraws else "monitoring.approve_override"
    return permission_required(needed, raise_exception=True)(_act)(request, row, _ACTS[action])


Work = Callable[[HttpRequest, Override, str, datetime], str]


def _act(request: HttpRequest, row: Override, work: Work) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The note is too long: 400 characters at most."))
        return redirect("exceptions")
    try:
        messages.success(request, work(request, row, form.cleaned_data["note"], timezone.now()))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("exceptions")


def _approve(request: HttpRequest, row: Override, note: str, now: datetime) -> str:
    service.approve(row, user_id=request.user.pk or 0, note=note, now=now)
    return _("Approved: %(company)s is being placed again.") % {"company": row.company}


def _refuse(request: HttpRequest, row: Override, note: str, now: datetime) -> str:
    service.refuse(row, user_id=request.user.pk or 0, note=note, now=now)
    return _("Refused: %(company)s stays where its facts put it.") % {"company": row.company}


def _end(request: HttpRequest, row: Override, note: str, now: datetime) -> str:
    service.end(row, note=note, now=now)
    return _("Ended: %(company)s is being placed by its facts again.") % {"company": row.company}


_ACTS: dict[str, Work] = {"approve": _approve, "refuse": _refuse, "end": _end}

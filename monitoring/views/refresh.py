"""The refresh of credit reports: what is on order, what it costs, what holds it back, and the levers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from companies.choices import JobKind, JobState, OrderState
from companies.models import Allowance, Breaker, BreakerChange, CountryPause, Job, ReportOrder
from companies.models.profile import ReportOrderQuerySet
from companies.services import breaker, budget, orders
from companies.services.budget import NothingLeft
from companies.tasks import run_job
from monitoring.choices import Cell
from monitoring.models import RefreshPolicy

A_PAGE = 50
MOST = 1000  # orders that can be leafed through; older ones are with their company
HELD_SHOWN = 50
CHANGES_SHOWN = 8
STATES = ("", *OrderState.values)


@dataclass(frozen=True)
class Going:
    """How the refresh job goes: reports a minute since it started, and when it will be done at that pace."""

    job: Job
    a_minute: int | None
    ends_at: datetime | None

    @property
    def is_paused(self) -> bool:
        return self.job.state == JobState.PAUSED


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def refresh(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    listed = ReportOrder.objects.select_related("company", "requested_by", "decided_by").order_by("-pk")
    held = listed.filter(state=OrderState.HELD).order_by("priority", "pk")
    context = {
        **_moving(now),
        "allowances": Allowance.objects.all(),
        "held": held[:HELD_SHOWN],
        "changes": BreakerChange.objects.all()[:CHANGES_SHOWN],
        "policies": sorted(RefreshPolicy.objects.all(), key=lambda line: (Cell.values.index(line.cell), line.role)),
        "page": Paginator((listed.filter(state=state) if state else listed)[:MOST], A_PAGE).get_page(
            request.GET.get("page")
        ),
        "state": state,
        "states": [("", _("All")), *OrderState.choices],
        "most": MOST,
    }
    return render(request, "monitoring/refresh.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """The part that moves, asked again and again."""
    return render(request, "monitoring/_refresh_progress.html", _moving(timezone.now()))


@permission_required("companies.steer_reportorder", raise_exception=True)
@require_POST
def act(request: HttpRequest, action: str) -> HttpResponse:
    if action not in _ACTS:
        raise Http404
    try:
        with transaction.atomic():
            said = _ACTS[action](request, timezone.now())
    except NothingLeft as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said) if said else messages.warning(request, _("Nothing was left to do."))
    return redirect("refresh")


def _moving(now: datetime) -> dict[str, object]:
    return {
        "budget": budget.current(now),
        "going": _going(now),
        "breaker": Breaker.objects.read(),
        "now": now,
        "pauses": CountryPause.objects.in_force(now),
    }


def _going(now: datetime) -> Going | None:
    job = Job.objects.live().filter(kind=JobKind.REFRESH).first()
    if job is None:
        return None
    spent = (now - job.started_at).total_seconds() if job.started_at and job.state == JobState.RUNNING else 0.0
    if not job.done or spent <= 0:
        return Going(job, None, None)
    left = timedelta(seconds=spent * max(job.total - job.done, 0) / job.done)
    return Going(job, round(job.done * 60 / spent), now + left)


def _pause(request: HttpRequest, now: datetime) -> str:
    Job.objects.ensure(JobKind.REFRESH, now=now, user_id=request.user.pk)
    return _("The refresh is paused.") if Job.objects.pause(JobKind.REFRESH) else ""


def _resume(request: HttpRequest, now: datetime) -> str:
    if not Job.objects.resume(JobKind.REFRESH, now):
        return ""
    _ring(now)
    return _("The refresh goes on.")


def _approve(request: HttpRequest, now: datetime) -> str:
    count = orders.approve(_asked(request), user_id=request.user.pk, now=now)
    if count:
        _ring(now)
    said = ngettext("%(count)d order approved.", "%(count)d orders approved.", count)
    return said % {"count": count} if count else ""


def _drop(request: HttpRequest, now: datetime) -> str:
    count = orders.drop(_asked(request), user_id=request.user.pk, now=now)
    said = ngettext("%(count)d order dropped.", "%(count)d orders dropped.", count)
    return said % {"count": count} if count else ""


def _asked(request: HttpRequest) -> ReportOrderQuerySet:
    """The held orders that were ticked, or all of them."""
    held = ReportOrder.objects.filter(state=OrderState.HELD)
    if "all" in request.POST:
        return held
    return held.filter(pk__in=[int(pk) for pk in request.POST.getlist("order") if pk.isdecimal() and len(pk) < 19])


def _open_country(request: HttpRequest, now: datetime) -> str:
    country = request.POST.get("country", "")
    if not CountryPause.objects.filter(country=country).delete()[0]:
        return ""
    _ring(now)
    return _("Orders for %(country)s go on.") % {"country": country}


def _close_breaker(request: HttpRequest, now: datetime) -> str:
    breaker.reset(now)
    _ring(now)
    return _("Calls to Creditsafe are let through again.")


def _ring(now: datetime) -> None:
    """Wake a worker, unless there is nothing for it or a person has paused it."""
    if orders.pending(now).exists():
        job = Job.objects.ensure(JobKind.REFRESH, now=now)
        Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(not_before=now)
        run_job.delay_on_commit(job.pk)


_ACTS: dict[str, Callable[[HttpRequest, datetime], str]] = {
    "pause": _pause,
    "resume": _resume,
    "approve": _approve,
    "drop": _drop,
    "open-country": _open_country,
    "close-breaker": _close_breaker,
}

"""Many sure candidates accepted at once: which, the choice, its progress and what could not be linked."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from companies.choices import JobKind, ReviewState
from companies.models import Job
from companies.models.job import LIVE
from companies.services import acceptance
from companies.services.acceptance import AT_ONCE, LEAD, THRESHOLD, THRESHOLDS
from companies.tasks import run_job
from companies.views.words import clues

PAGE = 50


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def sure(request: HttpRequest) -> HttpResponse:
    given = request.GET.get("threshold", "")
    threshold = int(given) if given in map(str, THRESHOLDS) else THRESHOLD
    candidates = acceptance.sure(threshold, now=timezone.now())
    shown = list(candidates[:AT_ONCE])
    context = {
        "threshold": threshold,
        "thresholds": THRESHOLDS,
        "lead": LEAD,
        "total": candidates.count() if len(shown) == AT_ONCE else len(shown),
        "rows": [(one, clues(one.evidence, one.country)) for one in shown],
        "jobs": Job.objects.filter(kind=JobKind.ACCEPT).select_related("created_by")[:5],
    }
    return render(request, "companies/link_sure.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    pairs = (value.partition(":") for value in request.POST.getlist("candidate"))
    chosen = {int(pk): connect_id for pk, _colon, connect_id in pairs if pk.isdecimal()}
    if not chosen:
        messages.error(request, _("Choose at least one company."))
        return redirect("link_sure")
    job, made = acceptance.choose(chosen, user_id=request.user.pk, now=timezone.now())
    if made < len(chosen):
        lost = len(chosen) - made
        said = ngettext("%(count)d company changed meanwhile and was left out.",
                        "%(count)d companies changed meanwhile and were left out.", lost)  # fmt: skip
        messages.warning(request, said % {"count": lost})
    run_job.delay_on_commit(job.pk)
    return redirect("link_accepted", pk=job.pk)


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def accepted(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(Job, pk=pk, kind=JobKind.ACCEPT)
    counts = dict(job.decisions.order_by().values_list("state").annotate(Count("pk")))
    context = {
        "job": job,
        "is_live": job.state in LIVE,
        "linked": counts.get(ReviewState.LINKED, 0),
        "refused": counts.get(ReviewState.REFUSED, 0),
        "undone": counts.get(ReviewState.UNDONE, 0),
        "waiting": counts.get(ReviewState.CHOSEN, 0) + counts.get(ReviewState.UNDOING, 0),
        "page": Paginator(acceptance.results(job), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "companies/link_accepted.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(Job, pk=pk, kind=JobKind.ACCEPT)
    undoing, made = acceptance.undo_all(job, user_id=request.user.pk, now=timezone.now())
    if not made:
        messages.info(request, _("Nothing of this job is left to undo."))
    run_job.delay_on_commit(undoing.pk)
    return redirect("link_accepted", pk=undoing.pk)

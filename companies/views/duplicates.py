"""Companies that are probably one entity: the list, and what a person says to each pair."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from companies.choices import JobKind, PairState
from companies.models import Company, DuplicatePair, Job, Merge
from companies.services import duplicates as service
from companies.services.duplicates import SAME_PROFILE
from companies.services.merge import survivor_of
from companies.tasks import run_job
from companies.views.words import Reason, clues

PAGE = 25


@dataclass(frozen=True)
class Shown:
    """A pair as the page shows it: the company that would stay first."""

    pair: DuplicatePair
    stays: Company
    goes: Company
    reasons: list[Reason]


@permission_required("companies.view_company", raise_exception=True)
@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("state", "")
    state = PairState(asked) if asked in PairState.values else PairState.OPEN
    text = request.GET.get("q", "").replace("\0", "").strip()
    rows = _merges(text) if state == PairState.MERGED else _pairs(state, text)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "state": state.value,
        "tabs": [(one.value, one.label, number) for one, number in _numbers().items()],
        "q": text,
        "page": page,
        "shown": [shown(pair) for pair in page.object_list if isinstance(pair, DuplicatePair)],
        "merges": page.object_list if state == PairState.MERGED else [],
        "last": Job.objects.filter(kind=JobKind.DUPLICATES).first(),
    }
    return render(request, "companies/duplicates.html", context)


def _numbers() -> dict[PairState, int]:
    live = DuplicatePair.objects.filter(a__merged_into=None, b__merged_into=None)
    counts = dict(live.order_by().values_list("state").annotate(Count("pk")))
    merged = Merge.objects.in_force().count()
    return {state: merged if state == PairState.MERGED else counts.get(state.value, 0) for state in PairState}


def _pairs(state: PairState, text: str) -> QuerySet[DuplicatePair]:
    rows = DuplicatePair.objects.filter(state=state, a__merged_into=None, b__merged_into=None)
    if text:
        found = Company.objects.search(text)
        rows = rows.filter(Q(a__in=found) | Q(b__in=found))
    return rows.select_related("a", "b", "decided_by").prefetch_related("a__accounts", "b__accounts")


def _merges(text: str) -> QuerySet[Merge]:
    rows = Merge.objects.select_related("survivor", "loser", "by", "undone_by")
    found = Company.everyone.search(text)
    return rows.filter(Q(survivor__in=found) | Q(loser__in=found)) if text else rows


def shown(pair: DuplicatePair) -> Shown:
    """A pair with its evidence in words."""
    stays = survivor_of(pair.a, pair.b)
    goes = pair.b if stays is pair.a else pair.a
    return Shown(pair, stays, goes, reasons(pair.evidence, str(stays.country)))


def reasons(evidence: str, country: str = "") -> list[Reason]:
    """What speaks for one entity, then what speaks against it."""
    wanted = [piece.partition(":")[2] for piece in evidence.split(" · ") if piece.startswith(f"{SAME_PROFILE}:")]
    said = [Reason(_("both want the Creditsafe profile %(profile)s") % {"profile": one}, True) for one in wanted]
    return [*said, *clues(evidence, country)]


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def look_again(request: HttpRequest) -> HttpResponse:
    job = Job.objects.ensure(JobKind.DUPLICATES, now=timezone.now(), user_id=request.user.pk)
    run_job.delay_on_commit(job.pk)
    messages.info(request, _("All companies are being compared again; the list is up to date in a moment."))
    return redirect("duplicates")


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    pair = get_object_or_404(DuplicatePair.objects.select_related("a", "b"), pk=pk)
    if service.dismiss(pk, user_id=request.user.pk, now=timezone.now()):
        said = _("%(a)s and %(b)s stay apart. The pair comes back only if what they say of themselves changes.")
        messages.success(request, said % {"a": pair.a, "b": pair.b})
    else:
        messages.info(request, _("Somebody decided about this pair meanwhile."))
    return redirect("duplicates")


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    pair = get_object_or_404(DuplicatePair, pk=pk)
    if not service.reopen(pk):
        messages.info(request, _("Somebody decided about this pair meanwhile."))
    return redirect(pair)

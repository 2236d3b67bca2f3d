"""The way into linking: the queue by state, one candidate field by field, another profile for a linked company."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from companies.choices import JobKind, LinkState
from companies.creditsafe.errors import CreditsafeError
from companies.creditsafe.payloads import SearchHit
from companies.forms import DirectoryForm, searched
from companies.models import Candidate, Company, Job, Profile
from companies.rules.matching import Match
from companies.rules.matching import compare as match_of
from companies.services import acceptance, decisions, directory, matching, review
from companies.services import link as service
from companies.services.provider import Halted, watched
from companies.views.words import LINK_STATES, Reason, linked_words, reasons, refusal

PAGE = 50


class Tab(NamedTuple):
    """One state of the queue with the number of companies in it."""

    state: str
    label: str
    icon: str
    companies: int


@dataclass(frozen=True)
class Found:
    """A company of the directory as a page shows it. `taken` is our other company that is linked to it, if any."""

    hit: SearchHit
    match: Match
    reasons: list[Reason]
    taken: Company | None


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    counts = dict(Company.objects.unlinked().order_by().values_list("link_state").annotate(Count("pk")))
    tabs = [Tab(state.value, str(state.label), icon, counts.get(state.value, 0)) for state, icon in LINK_STATES.items()]
    asked = request.GET.get("state", "")
    state = asked if asked in {tab.state for tab in tabs} else ""
    text = request.GET.get("q", "").strip()
    best = Candidate.objects.filter(company=OuterRef("pk"), rank=1).values("score")[:1]
    companies = Company.objects.unlinked().with_accounts().order_by("name_key", "pk").annotate(best=Subquery(best))
    companies = companies.filter(link_state=state) if state else companies
    companies = companies.search(text) if text else companies
    context = {
        "tabs": tabs,
        "state": state,
        "q": text,
        "total": sum(counts.values()),
        "to_review": counts.get(LinkState.REVIEW, 0),
        "sure": acceptance.sure(acceptance.THRESHOLD, now=timezone.now()).count(),
        "jobs": Job.objects.live().filter(kind__in=[JobKind.LINK, JobKind.ACCEPT]),
        "page": Paginator(companies, PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "companies/queue.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """Where to link a company: in the review, or here when it is linked and shall get another profile."""
    found = get_object_or_404(Company.objects.with_accounts(), pk=pk)
    if found.link_state != LinkState.LINKED:
        query = request.GET.urlencode()
        address = reverse("link_review_company", args=[pk])
        return redirect(f"{address}?{query}" if query else address)
    given = "name" in request.GET
    codes = {"FR", str(found.country)}
    form = DirectoryForm(request.GET if given else None, codes=codes, initial=searched(found))
    is_search = "search" in request.GET
    context = {"company": found, "form": form, "searched": is_search, "found": [], "problem": ""}
    return render(request, "companies/link_company.html", context | (_candidates(found, form) if is_search else {}))


@permission_required("companies.link_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, pk: int, connect_id: str) -> HttpResponse:
    ours = get_object_or_404(Company.objects.with_accounts(), pk=pk)
    try:
        with watched(timezone.now()) as client:
            hit = directory.find(connect_id, client=client)
    except (CreditsafeError, Halted) as error:
        messages.error(request, refusal(error))
        return redirect("link_company", pk=pk)
    following = review.after(ours, review.Filters(), now=timezone.now()) if "next" in request.POST else None
    if request.method == "POST" and _link(request, ours, hit):
        if "next" not in request.POST:
            return redirect(ours)
        return redirect("link_review_company", pk=following) if following else redirect("link_review")
    (found,) = _shown([hit], ours)
    context = {
        "company": ours,
        "found": found,
        "pairs": service.pairs(ours, hit),
        "is_linked": ours.link_state == LinkState.LINKED,
    }
    return render(request, "companies/compare.html", context)


def _candidates(company: Company, form: DirectoryForm) -> dict[str, Any]:
    if form.is_bound and not form.is_valid():
        return {"problem": " ".join(map(str, form.non_field_errors()))}
    try:
        with watched(timezone.now()) as client:
            ranked = matching.candidates(company, client=client, query=form.query() if form.is_bound else None)
    except (CreditsafeError, Halted) as error:
        return {"problem": refusal(error)}
    return {"found": _shown([candidate.hit for candidate in ranked], company)}


def _shown(hits: list[SearchHit], ours: Company) -> list[Found]:
    """Hits with their reasons, and with the company of ours that already holds each; one query for all."""
    profiles = Profile.objects.filter(connect_id__in=[hit.connect_id for hit in hits]).select_related("company")
    holders = {profile.connect_id: profile.company for profile in profiles if profile.company_id != ours.pk}
    return [_one(hit, ours, holders.get(hit.connect_id)) for hit in hits]


def _one(hit: SearchHit, ours: Company, taken: Company | None) -> Found:
    match = match_of(matching.party_of(ours), directory.party_from(hit))
    return Found(hit, match, reasons(match, str(ours.country)), taken)


def _link(request: HttpRequest, ours: Company, hit: SearchHit) -> bool:
    take, user_id, now = set(request.POST.getlist("take")), request.user.pk, timezone.now()
    try:
        if ours.link_state == LinkState.LINKED:
            evidence = matching.evidence(match_of(matching.party_of(ours), directory.party_from(hit)))
            service.link(ours, hit=hit, take=take, evidence=evidence, user_id=user_id, now=now)
        else:
            decisions.accept(ours, hit=hit, take=take, user_id=user_id, now=now)
    except service.LinkRefused as refused:
        messages.error(request, str(refused))
        return False
    messages.success(request, linked_words(ours, hit.name))
    return True

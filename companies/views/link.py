"""From a company of our books to its Creditsafe profile: queue, candidates, field by field, or a new company."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companies.choices import ChangeCause, LinkState
from companies.creditsafe.errors import CreditsafeError
from companies.creditsafe.payloads import SearchHit
from companies.forms import AccountForm, DirectoryForm, LeaveForm, searched
from companies.models import Change, Company, Profile
from companies.rules.matching import Match
from companies.rules.matching import compare as match_of
from companies.services import directory, matching
from companies.services import link as service
from companies.services.provider import Halted, watched
from companies.views.words import LINK_STATES, Reason, reasons, refusal

PAGE = 50
ONLINE_REPORTS = "creditsafeConnectOnlineReports"
COUNTRIES_KEY, COUNTRIES_KEPT = "creditsafe-countries", 3600


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
    match: Match | None
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
    companies = Company.objects.unlinked().with_accounts().order_by("name_key", "pk")
    companies = companies.filter(link_state=state) if state else companies
    companies = companies.search(text) if text else companies
    context = {
        "tabs": tabs,
        "state": state,
        "q": text,
        "total": sum(counts.values()),
        "page": Paginator(companies, PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "companies/queue.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Company.objects.with_accounts(), pk=pk)
    form = _directory_form(request, found)
    context = {
        "company": found,
        "form": form,
        "leave": LeaveForm(),
        "is_linked": found.link_state == LinkState.LINKED,
        "searched": "search" in request.GET,
        **(_candidates(found, form) if "search" in request.GET else _NOTHING),
    }
    return render(request, "companies/link_company.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def candidates(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that waits for Creditsafe."""
    found = get_object_or_404(Company, pk=pk)
    context = {"company": found, **_candidates(found, _directory_form(request, found))}
    return render(request, "companies/_candidates.html", context)


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
    if request.method == "POST" and _link(request, ours, hit):
        return redirect(_next(ours) if "next" in request.POST else ours)
    (found,) = _shown([hit], ours)
    context = {
        "company": ours,
        "found": found,
        "pairs": service.pairs(ours, hit),
        "is_linked": ours.link_state == LinkState.LINKED,
    }
    return render(request, "companies/compare.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Company.objects.unlinked(), pk=pk)
    form = LeaveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why it stays without a Creditsafe profile."))
        return redirect("link_company", pk=pk)
    found.link_state, found.link_note = LinkState.UNLINKED, form.cleaned_data["note"]
    with transaction.atomic():
        found.save(update_fields=["link_state", "link_note", "updated_at", "name_key"])
        Change.objects.mark([found.pk], ChangeCause.LINK, found.link_note)
    messages.success(request, _("%(company)s is left unlinked.") % {"company": found})
    return redirect("link")


@permission_required("companies.link_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    codes = _countries(timezone.now())
    form = DirectoryForm(request.GET if "search" in request.GET else None, codes=codes, initial={"country": "FR"})
    chosen = request.POST.get("connect_id") or request.GET.get("choose", "")
    account = AccountForm(request.POST if request.method == "POST" else None)
    hit, problem = _found_by_id(chosen) if chosen else (None, "")
    if request.method == "POST" and hit and account.is_valid():
        made = _create(request, hit, account)
        if made:
            return redirect(made)
    context = {
        "form": form,
        "account": account,
        "hit": hit,
        "known": _known(hit) if hit else None,
        "problem": problem,
        "searched": "search" in request.GET,
        **(_directory(form) if "search" in request.GET and not hit else _NOTHING),
    }
    context["problem"] = problem or context["problem"]
    return render(request, "companies/link_create.html", context)


_NOTHING: dict[str, Any] = {"found": [], "problem": ""}


def _directory_form(request: HttpRequest, company: Company) -> DirectoryForm:
    given = "name" in request.GET or "registration_number" in request.GET
    codes = _countries(timezone.now(), ask=False) | {str(company.country)}
    return DirectoryForm(request.GET if given else None, codes=codes, initial=searched(company))


def _candidates(company: Company, form: DirectoryForm) -> dict[str, Any]:
    if form.is_bound and not form.is_valid():
        return {"found": [], "problem": " ".join(map(str, form.non_field_errors())) or _("Correct the search.")}
    query = form.query() if form.is_bound else None
    try:
        with watched(timezone.now()) as client:
            ranked = matching.candidates(company, client=client, query=query)
    except (CreditsafeError, Halted) as error:
        return {"found": [], "problem": refusal(error)}
    return {"found": _shown([candidate.hit for candidate in ranked], company), "problem": ""}


def _directory(form: DirectoryForm) -> dict[str, Any]:
    if not form.is_valid():
        return {"found": [], "problem": " ".join(map(str, form.non_field_errors())) or _("Correct the search.")}
    try:
        with watched(timezone.now()) as client:
            hits = directory.search(form.query(), client=client)
    except (CreditsafeError, Halted) as error:
        return {"found": [], "problem": refusal(error)}
    return {"found": _shown(hits, None), "problem": ""}


def _found_by_id(connect_id: str) -> tuple[SearchHit | None, str]:
    try:
        with watched(timezone.now()) as client:
            return directory.find(connect_id, client=client), ""
    except (CreditsafeError, Halted) as error:
        return None, refusal(error)


def _shown(hits: list[SearchHit], ours: Company | None) -> list[Found]:
    """Hits with their reasons, and with the company of ours that already holds each; one query for all."""
    profiles = Profile.objects.filter(connect_id__in=[hit.connect_id for hit in hits]).select_related("company")
    holders = {profile.connect_id: profile.company for profile in profiles}
    return [_one(hit, ours, holders.get(hit.connect_id)) for hit in hits]


def _one(hit: SearchHit, ours: Company | None, holder: Company | None) -> Found:
    match = match_of(matching.party_of(ours), directory.party_from(hit)) if ours else None
    return Found(hit, match, reasons(match) if match else [], holder if holder != ours else None)


def _link(request: HttpRequest, ours: Company, hit: SearchHit) -> bool:
    match = match_of(matching.party_of(ours), directory.party_from(hit))
    try:
        service.link(
            ours,
            hit=hit,
            take=set(request.POST.getlist("take")),
            evidence=matching.evidence(match),
            user_id=request.user.pk,
            now=timezone.now(),
        )
    except service.LinkRefused as refused:
        messages.error(request, str(refused))
        return False
    messages.success(request, _("%(company)s is linked; its credit report is on order.") % {"company": ours})
    return True


def _next(done: Company) -> str:
    """The next company that waits for a person, or the queue when none is left."""
    waiting = Company.objects.filter(link_state=LinkState.REVIEW).exclude(pk=done.pk).order_by("name_key", "pk").first()
    return reverse("link_company", args=[waiting.pk]) if waiting else reverse("link")


def _known(hit: SearchHit) -> Company | None:
    """The company of ours that this hit already is: by its profile, else by its number."""
    profile = Profile.objects.filter(connect_id=hit.connect_id).select_related("company").first()
    number = directory.theirs(hit)["registration_number"]
    if profile or not number:
        return profile.company if profile else None
    return Company.objects.filter(country=hit.country, registration_number=number).first()


def _create(request: HttpRequest, hit: SearchHit, account: AccountForm) -> Company | None:
    given = account.cleaned_data
    try:
        made = service.create_from(
            hit,
            code=given["code"],
            role=account.role(),
            ledger=given["ledger"],
            user_id=request.user.pk,
            now=timezone.now(),
        )
    except service.LinkRefused as refused:
        messages.error(request, str(refused))
        return None
    said = _("%(company)s was created and linked; its credit report is on order.")
    messages.success(request, said % {"company": made})
    return made


def _countries(now: datetime, *, ask: bool = True) -> set[str]:
    """Countries whose reports the subscription covers, kept for an hour; without an answer, those we deal with."""
    known: set[str] | None = cache.get(COUNTRIES_KEY)
    if known is None and ask:
        known = _covered(now)
    return known or {"FR", *map(str, _ours())}


def _covered(now: datetime) -> set[str] | None:
    try:
        with watched(now) as client:
            allowances = client.access().of(ONLINE_REPORTS)
    except (CreditsafeError, Halted):
        return None  # the search itself will say what is wrong
    codes = {allowance.country for allowance in allowances if allowance.country}
    cache.set(COUNTRIES_KEY, codes, COUNTRIES_KEPT)
    return codes


def _ours() -> Iterable[object]:
    return Company.objects.order_by().values_list("country", flat=True).distinct()

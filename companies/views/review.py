"""The review: one company after the other beside its candidates, decided with one key."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_countries import countries

from companies.choices import LinkState, Role
from companies.creditsafe.errors import CreditsafeError
from companies.creditsafe.payloads import SearchHit
from companies.forms import DirectoryForm, FilterForm, LeaveForm, searched
from companies.models import Company
from companies.services import decisions, matching
from companies.services import review as queue
from companies.services.link import LinkRefused
from companies.services.provider import Halted, watched
from companies.services.review import DECIDABLE, Filters
from companies.views import offers
from companies.views.words import LEAVE_REASONS, linked_words, refusal

KEPT = ("state", "country", "role", "q", "least", "most", "sort")


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    filters, now = asked(request), timezone.now()
    pk = queue.first(filters, now=now)
    if pk is not None:
        return _to(request, pk)
    context = {**_frame(request, filters, now), "company": None}
    return render(request, "companies/link_review.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    ours, filters, now = get_object_or_404(Company.objects.with_accounts(), pk=pk), asked(request), timezone.now()
    if ours.link_state == LinkState.LINKED:
        messages.info(request, _("%(company)s is linked meanwhile.") % {"company": ours})
        return _to(request, queue.after(ours, filters, now=now))
    context = {
        **_frame(request, filters, now),
        **_offered(request, ours, now),
        "company": ours,
        "own": offers.own(ours),
        "exposures": queue.exposures(ours),
        "following": queue.after(ours, filters, now=now),
        "previous": queue.before(ours, filters, now=now),
        "leave": LeaveForm(),
        "leave_reasons": LEAVE_REASONS,
    }
    return render(request, "companies/link_review.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def candidates(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the review that waits for Creditsafe."""
    ours = get_object_or_404(Company, pk=pk)
    context = {**_offered(request, ours, timezone.now(), ask=True), "company": ours, "kept": kept(request)}
    return render(request, "companies/_candidates.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    ours, now = get_object_or_404(Company, pk=pk), timezone.now()
    following = queue.after(ours, asked(request), now=now)
    connect_id = request.POST.get("connect_id", "")
    if not connect_id:
        messages.error(request, _("Choose a candidate first."))
        return _to(request, pk)
    try:
        hit = decisions.stored(ours, connect_id, now=now) or _current(connect_id, now)
        done = decisions.accept(ours, hit=hit, user_id=request.user.pk, now=now)
    except LinkRefused as refused:
        messages.error(request, str(refused))
        return _to(request, pk)
    except (CreditsafeError, Halted) as error:
        messages.error(request, refusal(error))
        return _to(request, pk)
    messages.success(request, linked_words(ours, done.name))
    return _to(request, following)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    ours, now, form = get_object_or_404(Company, pk=pk), timezone.now(), LeaveForm(_reason(request))
    following = queue.after(ours, asked(request), now=now)
    if not form.is_valid():
        messages.error(request, _("Say why it stays without a Creditsafe profile."))
        return _to(request, pk)
    try:
        decisions.leave(ours, note=form.cleaned_data["note"], user_id=request.user.pk, now=now)
    except LinkRefused as refused:
        messages.error(request, str(refused))
        return _to(request, pk)
    messages.success(request, _("%(company)s is left unlinked.") % {"company": ours})
    return _to(request, following)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    decision = decisions.last(request.user.pk, since=_midnight(now))
    if decision is None:
        messages.info(request, _("Nothing of yours to undo today."))
        return _to(request, None)
    try:
        decisions.undo(decision, user_id=request.user.pk, now=now)
    except LinkRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The decision on %(company)s is undone.") % {"company": decision.company})
    return _to(request, decision.company_id)


def asked(request: HttpRequest) -> Filters:
    return FilterForm(request.GET, states=DECIDABLE).filters()


def kept(request: HttpRequest) -> str:
    """The filters as a query string, for every address of the review."""
    given = request.GET.copy()
    for name in [name for name in given if name not in KEPT or not given[name]]:
        del given[name]
    return given.urlencode()


def _to(request: HttpRequest, pk: int | None) -> HttpResponseRedirect:
    address = reverse("link_review_company", args=[pk]) if pk else reverse("link_review")
    query = kept(request)
    return redirect(f"{address}?{query}" if query else address)


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _reason(request: HttpRequest) -> dict[str, str]:
    """The reason chosen, or the one typed."""
    return {"note": request.POST.get("other", "").strip() or request.POST.get("note", "")}


def _frame(request: HttpRequest, filters: Filters, now: datetime) -> dict[str, Any]:
    """What is around a company: progress, filters, and the decision that can be undone."""
    midnight = _midnight(now)
    codes = Company.objects.filter(link_state=filters.state).order_by().values_list("country", flat=True).distinct()
    return {
        "filters": filters,
        "kept": kept(request),
        "progress": queue.progress(filters, midnight=midnight),
        "last": decisions.last(request.user.pk, since=midnight),
        "states": [(state.value, state.label) for state in DECIDABLE],
        "roles": Role.choices,
        "country_names": sorted((str(countries.name(code)) or code, code) for code in codes),
    }


def _offered(request: HttpRequest, ours: Company, now: datetime, *, ask: bool = False) -> dict[str, Any]:
    """The candidates: those stored, or those of a search when one is asked for; `waits` when none is stored."""
    given = any(name.startswith("s-") for name in request.GET)
    form = DirectoryForm(
        request.GET if given else None, prefix="s", codes=_codes(ours), initial=searched(ours), auto_id="search-%s"
    )
    context: dict[str, Any] = {"form": form, "offers": [], "problem": "", "waits": False, "old": None, "live": True}
    if given or ask or "search" in request.GET:
        return _chosen(context | _searched(ours, form, now))
    found = list(ours.candidates.order_by("rank"))
    old = min((one.found_at for one in found), default=now) < now - decisions.OLD
    shown = {"offers": offers.stored(ours, found), "waits": not found, "old": found[0].found_at if old else None}
    return _chosen(context | shown | {"live": False})


def _chosen(context: dict[str, Any]) -> dict[str, Any]:
    """With the candidate chosen at first: the best that no other company holds."""
    free = (offer for offer in context["offers"] if offer.taken is None)
    return context | {"first_free": next(free, None)}


def _searched(ours: Company, form: DirectoryForm, now: datetime) -> dict[str, Any]:
    if form.is_bound and not form.is_valid():
        return {"problem": " ".join(map(str, form.non_field_errors())) or _("Correct the search.")}
    try:
        with watched(now) as client:
            found = matching.candidates(ours, client=client, query=form.query() if form.is_bound else None)
    except (CreditsafeError, Halted) as error:
        return {"problem": refusal(error)}
    return {"offers": offers.live(ours, [candidate.hit for candidate in found])}


def _codes(ours: Company) -> set[str]:
    from_books = Company.objects.order_by().values_list("country", flat=True).distinct()
    return {"FR", str(ours.country), *map(str, from_books)}


def _current(connect_id: str, now: datetime) -> SearchHit:
    with watched(now) as client:
        return decisions.current(connect_id, client=client)

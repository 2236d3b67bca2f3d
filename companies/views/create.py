"""A company from the directory into our books: where to search, what for, which one, and its accounts."""

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_countries import countries

from companies.creditsafe.errors import CreditsafeError
from companies.creditsafe.payloads import SearchHit, SearchPage
from companies.forms import MOST_ACCOUNTS, AccountsFormSet, CriteriaForm, accounts_formset
from companies.models import Account, Company
from companies.services import creation, criteria, directory
from companies.services.creation import Twin
from companies.services.link import LinkRefused
from companies.services.provider import Halted, watched
from companies.views.words import refusal

HOME = "FR"
HIT_KEPT = 900  # seconds from choosing a company to creating it, without asking again
Refusals = (CreditsafeError, Halted, criteria.NotCovered)


class Found(NamedTuple):
    """A company of the directory, and ours that it is or may be."""

    hit: SearchHit
    twin: Twin | None


@permission_required("companies.link_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("connect_id") or request.GET.get("choose", "")
    if chosen:
        return _account(request, chosen)
    now, country = timezone.now(), request.GET.get("country", "").upper()
    context = {**_NOTHING, "searched": "search" in request.GET, "head_offices": _head_offices(request, country)}
    try:
        codes = criteria.countries(now)
        context["country"] = country = country or (HOME if HOME in codes else codes[0])
        context["country_names"] = sorted((str(countries.name(code)) or code, code) for code in codes)
        context |= _searched(request, country, now)
    except Refusals as error:
        context["problem"] = _words(error)
    return render(request, "companies/link_create.html", context)


_NOTHING: dict[str, Any] = {
    "country": "", "country_names": [], "form": None, "found": [], "problem": "", "advice": "", "total": None,
    "number": 1, "previous": 0, "following": 2, "more": False,
}  # fmt: skip


def _head_offices(request: HttpRequest, country: str) -> bool:
    return "head_offices" in request.GET if "search" in request.GET else country in {"", HOME}


def _searched(request: HttpRequest, country: str, now: datetime) -> dict[str, Any]:
    """The form of the country, and one page of what was found."""
    if country not in criteria.countries(now):
        raise criteria.NotCovered(_("The Creditsafe subscription does not cover this country."))
    rules = criteria.rules_of(country, now=now)
    is_search = "search" in request.GET
    form = CriteriaForm(request.GET if is_search else None, rules=rules, country=country)
    if not is_search or not form.is_valid():
        return {"form": form}
    number = int(request.GET["page"]) if request.GET.get("page", "").isdecimal() else 1
    number = min(max(number, 1), 1000)
    try:
        page = criteria.search(
            country, form.given(), head_offices=_head_offices(request, country), page=number, now=now
        )
    except Refusals as error:
        return {"form": form, "problem": _words(error)}
    return {"form": form, **_page(page, number)}


def _page(page: SearchPage, number: int) -> dict[str, Any]:
    twins = creation.twins(page.items)
    return {
        "found": [Found(hit, twins.get(hit.connect_id)) for hit in page.items],
        "advice": "many" if page.too_many else "none" if not page.items else "",
        "total": page.total,
        "number": number,
        "previous": number - 1,
        "following": number + 1,
        "more": bool(page.items) and (page.total or 0) > number * criteria.SHOWN,
    }


def _account(request: HttpRequest, connect_id: str) -> HttpResponse:
    """The company chosen, and the accounts it gets."""
    try:
        hit = _hit(connect_id)
    except Refusals as error:
        messages.error(request, _words(error))
        return redirect("link_create")
    twin = creation.twins([hit]).get(hit.connect_id)
    accounts = _accounts(request)
    made = _made(request, hit, twin, accounts) if request.method == "POST" and "more" not in request.POST else None
    if made:
        return redirect(made)
    context = {
        "hit": hit,
        "values": directory.theirs(hit),
        "twin": twin,
        "accounts": accounts,
        "may_add": accounts.total_form_count() < MOST_ACCOUNTS,
        "another": "another" in request.POST,
        "ledgers": Account.objects.order_by("ledger").values_list("ledger", flat=True).distinct(),
        "back": _back(request),
    }
    return render(request, "companies/link_create_account.html", context)


def _hit(connect_id: str) -> SearchHit:
    key = f"creditsafe-hit-{connect_id}"[:200]
    known: SearchHit | None = cache.get(key) if connect_id.isascii() and connect_id.isprintable() else None
    if known is None:
        with watched(timezone.now()) as client:
            known = directory.find(connect_id, client=client)
        cache.set(key, known, HIT_KEPT)
    return known


def _back(request: HttpRequest) -> str:
    given = request.GET.copy()
    given.pop("choose", None)
    return given.urlencode()


def _accounts(request: HttpRequest) -> AccountsFormSet:
    """The forms of the accounts: empty, as typed, or as typed with one more."""
    if request.method != "POST":
        return accounts_formset()
    bound = accounts_formset(request.POST)
    if "more" not in request.POST:
        return bound
    typed = [{name: form[name].value() for name in form.fields} for form in bound.forms]
    return accounts_formset(initial=[*typed, {}])


def _made(request: HttpRequest, hit: SearchHit, twin: Twin | None, accounts: AccountsFormSet) -> Company | None:
    """The company created, or the one of ours that got the accounts; None with the reason as a message or an error."""
    if not accounts.is_valid():
        return None
    into = twin.company if twin and request.POST.get("into") == str(twin.company.pk) else None
    if twin and into is None and (twin.is_certain or "another" not in request.POST):
        messages.error(request, _("We may have this company already: decide below."))
        return None
    who: dict[str, Any] = {"user_id": request.user.pk, "now": timezone.now()}
    try:
        if into:
            done = creation.add(into, hit, accounts=accounts.accounts(), **who)
        else:
            done = creation.create(hit, accounts=accounts.accounts(), **who)
    except LinkRefused as refused:
        messages.error(request, str(refused))
        return None
    created = _("%(company)s was created and linked; its credit report is on order.")
    said = _("%(company)s has its new accounts.") if into else created
    messages.success(request, said % {"company": done})
    return done


def _words(error: Exception) -> str:
    return refusal(error) if isinstance(error, CreditsafeError | Halted) else str(error)

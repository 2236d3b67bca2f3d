"""What may be searched for, as the subscription and the API say it: countries, criteria, combinations."""

from collections.abc import Mapping
from datetime import datetime

from django.core.cache import cache
from django.utils.translation import gettext as _
from django_countries import countries as all_countries

from companies.creditsafe.payloads import SearchPage, SearchRules, parse_criteria
from companies.models import Allowance
from companies.services import budget
from companies.services.provider import watched

KEPT = 24 * 3600  # seconds
SHOWN = 20
HEAD_OFFICE = "HeadOffice"


class NotCovered(Exception):
    """The subscription has no reports of this country; the text says it to the user."""


def countries(now: datetime) -> list[str]:
    """ISO codes of the subscription's countries, asked once and then stored; every country when it names none.

    Raises the client's errors and Halted when they were never read and can't be now.
    """
    if not Allowance.objects.exists():
        with watched(now) as client:
            budget.read_access(client=client, now=now)
    codes = set(Allowance.objects.values_list("country", flat=True))
    return sorted(code for code, _name in all_countries) if codes <= {""} else sorted(codes - {""})


def rules_of(country: str, *, now: datetime) -> SearchRules:
    """The criteria that a search in this country may use (API reference 2.2), kept for a day."""
    key = f"creditsafe-criteria-{country}"
    known: SearchRules | None = cache.get(key)
    if known is None:
        with watched(now) as client:
            known = parse_criteria(client.search_criteria(country))
        cache.set(key, known, KEPT)
    return known


def misfits(rules: SearchRules, given: set[str]) -> set[str] | None:
    """What is wrong with a choice of criteria: None when one set has them all and nothing required is missing.

    An empty set says that no set has them all; otherwise it names what the nearest set still requires.
    """
    fitting = [one for one in rules.sets if given <= {criterion.name for criterion in one}]
    lacking = [{one.name for one in fit if one.required} - given for fit in fitting]
    if set() in lacking:
        return None
    return min(lacking, key=len, default=set())


def search(country: str, given: Mapping[str, str], *, head_offices: bool, page: int = 1, now: datetime) -> SearchPage:
    """One page of the directory. Raises the client's errors, Halted, and NotCovered."""
    if country not in countries(now):
        raise NotCovered(_("The Creditsafe subscription does not cover this country."))
    office = {"officeType": HEAD_OFFICE} if head_offices and "officeType" not in given else {}
    with watched(now) as client:
        return client.search_named(country, {**given, **office}, page=page, page_size=SHOWN)

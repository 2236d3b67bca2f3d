"""Which company of the directory is ours: candidates with evidence; what leaves no doubt is linked by itself."""

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from companies.choices import ChangeCause, LinkState
from companies.creditsafe import Client
from companies.creditsafe.errors import AccessDenied, BadRequest, NotFound
from companies.creditsafe.payloads import SearchHit
from companies.models import Change, Company
from companies.rules.matching import Match, Party, compare, decision
from companies.services.directory import SearchQuery, party_from, search
from companies.services.jobs import Clock, Tell
from companies.services.link import LinkRefused, link
from companies.services.provider import or_later


@dataclass(frozen=True)
class Candidate:
    """A company of the directory, how well it fits, and why."""

    hit: SearchHit
    match: Match


def query_of(company: Company) -> SearchQuery:
    return SearchQuery(
        country=str(company.country),
        name=company.name,
        registration_number=company.registration_number,
        vat_number=company.vat_number,
        postal_code=company.postal_code,
        city=company.city,
    )


def party_of(company: Company) -> Party:
    shared = [f.name for f in fields(Party) if f.name != "country"]
    return Party(**{name: getattr(company, name) for name in shared}, country=str(company.country))


def candidates(company: Company, *, client: Client, query: SearchQuery | None = None) -> list[Candidate]:
    """Companies of the directory that may be this one, best first."""
    ours = party_of(company)
    hits = search(query or query_of(company), client=client)
    found = [Candidate(hit, compare(ours, party_from(hit))) for hit in hits]
    return sorted(found, key=lambda candidate: candidate.match.score, reverse=True)


def work(progress: Tell, *, clock: Clock, attempts: int = 1) -> None:
    """Search and link every company waiting for it. Raises Later when the provider is away; what was linked stays."""
    done = 0
    while waiting := list(Company.objects.to_link().order_by("pk")[:50]):
        with or_later(clock, attempts=attempts) as client:
            for company in waiting:
                auto_link(company, client=client, now=clock())
                done += 1
                progress(done, done + Company.objects.to_link().count())


def auto_link(company: Company, *, client: Client, now: datetime) -> LinkState:
    """Link the company when the evidence leaves no doubt, else leave it for a person, with the reason."""
    try:
        found = candidates(company, client=client)
    except AccessDenied:
        return _leave(company, LinkState.ABSENT, _("The subscription does not cover this country."))
    except (BadRequest, NotFound) as error:
        return _leave(company, LinkState.REVIEW, str(error))
    verdict = decision([candidate.match for candidate in found])
    if verdict == "auto":
        best = found[0]
        try:
            link(company, hit=best.hit, evidence=evidence(best.match), now=now)
        except LinkRefused as error:
            return _leave(company, LinkState.REVIEW, str(error))
        return LinkState.LINKED
    if verdict == "review":
        return _leave(company, LinkState.REVIEW, _("Several candidates, or not sure enough: choose one."))
    return _leave(company, LinkState.ABSENT, _("Nothing in the directory resembles it."))


def _leave(company: Company, state: LinkState, note: str) -> LinkState:
    with transaction.atomic():
        Company.objects.filter(pk=company.pk, link_state=LinkState.QUEUED).update(
            link_state=state, link_note=note[:255]
        )
        Change.objects.mark([company.pk], ChangeCause.LINK)
    return state


def evidence(match: Match) -> str:
    """The clues as stored with the link: codes and figures, put into words by the pages."""
    return " · ".join(f"{clue.code}:{clue.detail}" for clue in match.reasons)[:255]

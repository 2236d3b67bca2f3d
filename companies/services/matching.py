"""Which company of the directory is ours: candidates with evidence; what leaves no doubt is linked by itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from companies import models
from companies.choices import ChangeCause, LinkState
from companies.creditsafe import Client
from companies.creditsafe.errors import AccessDenied, NotFound
from companies.creditsafe.payloads import SearchHit
from companies.models import Change, Company
from companies.rules import matching as rules
from companies.rules.identifiers import FRENCH_TERRITORIES
from companies.rules.matching import OTHER_NAME, SAME_NAME, Clue, Decision, Match, Party, compare, decision
from companies.services.directory import SHOWN, Criteria, SearchQuery, ask, entity_of, party_from, search, theirs
from companies.services.jobs import Clock, Tell
from companies.services.link import LinkRefused, link
from companies.services.provider import or_later

KEPT = 5
"""Candidates kept for the review of one company."""
SHOWN_BESIDE = 40
"""Points that a candidate needs to be shown beside a better one."""
GOOD = 80
"""Points of a name at its place; with these no further search is made."""


@dataclass(frozen=True)
class Candidate:
    """A company of the directory, how well it fits, and why."""

    hit: SearchHit
    match: Match


@dataclass
class Entity:
    """One legal entity among the hits: its head office when it was found, and its branches."""

    head: SearchHit | None = None
    branches: dict[str, SearchHit] = field(default_factory=dict)
    _compared: Candidate | None = None

    def add(self, hit: SearchHit) -> None:
        """Count an establishment once; what does not say that it is a branch is taken for the head office."""
        is_branch = hit.office_type.casefold() == "branch"
        if hit.connect_id in self.branches or (self.head and not is_branch):
            return
        self._compared = None
        if is_branch:
            self.branches[hit.connect_id] = hit
        else:
            self.head = hit

    @property
    def hit(self) -> SearchHit:
        """The head office, else a branch until it is known."""
        return self.head or next(iter(self.branches.values()))

    def compared(self, ours: Party) -> Candidate:
        """The entity as one candidate; compared anew when more of it was found."""
        if self._compared is None:
            self._compared = Candidate(self.hit, compare(ours, party_from(self.hit, self.branches.values())))
        return self._compared


@dataclass
class Hunt:
    """The search for one company: what was found so far, and what it is worth."""

    ours: Party
    query: SearchQuery
    client: Client
    found: dict[str, Entity] = field(default_factory=dict)
    ranked: list[Candidate] = field(default_factory=list)

    def ask(self, criteria: Criteria) -> None:
        """Search once, and rank all entities found until now."""
        for hit in ask(self.query.country, criteria, client=self.client):
            self.found.setdefault(entity_of(hit), Entity()).add(hit)
        self._rank()

    def _rank(self) -> None:
        compared = (entity.compared(self.ours) for entity in self.found.values())
        self.ranked = sorted(compared, key=_order, reverse=True)

    def is_over(self) -> bool:
        """Whether the best is found for all one can see: the same number and name, or nearly all but the number."""
        if not self.ranked:
            return False
        best = self.ranked[0].match
        if rules.is_settled(best):
            return True
        asked = rules.number_of(self.ours) or rules.vat_of(self.ours)
        return not asked and best.score >= GOOD and best.name_similarity >= SAME_NAME

    def find_head_offices(self) -> None:
        """Ask for the head office of the best entity, when only branches of it were found."""
        for candidate in self.ranked[:2]:
            entity = self.found[entity_of(candidate.hit)]
            if entity.head is None and candidate.match.score >= rules.WORTH_A_LOOK:
                self.ask({"regNo": entity_of(candidate.hit), "officeType": "HeadOffice"})

    def answer(self) -> list[Candidate]:
        """The candidates worth showing, best first, with a remark on who may have taken over."""
        self.find_head_offices()
        return _with_successors(self.ranked)


def _order(candidate: Candidate) -> tuple[int, bool, int]:
    """The score; among equals, who is still in business, then the nearer name."""
    match = candidate.match
    return match.score, not match.says(Clue.CEASED), match.name_similarity


def _with_successors(ranked: list[Candidate]) -> list[Candidate]:
    """Say of each active company that bears the name of a ceased one at its address that it may have taken over.

    The directory's hits name no successor (API reference 2.3): what can be seen is all there is.
    """
    shown = [one for one in ranked[:SHOWN] if one.match.score >= SHOWN_BESIDE]
    ceased = [one.hit for one in shown if one.match.says(Clue.CEASED)]
    return [_noted(one, ceased) for one in shown] + ranked[len(shown) :]


def _noted(candidate: Candidate, ceased: Iterable[SearchHit]) -> Candidate:
    if candidate.match.says(Clue.CEASED):
        return candidate
    here = party_from(candidate.hit)
    for other in ceased:
        match = compare(here, party_from(other))
        if match.says(Clue.SAME_STREET) and match.name_similarity >= rules.CLOSE_NAME:
            number = theirs(other)["registration_number"]
            return Candidate(candidate.hit, candidate.match.noting(Clue.SUCCESSOR, number))
    return candidate


def query_of(company: Company) -> SearchQuery:
    """What to search for, from all that we know of the company."""
    return SearchQuery(
        country=str(company.country),
        name=company.name,
        registration_number=company.registration_number or company.siret,
        vat_number=company.vat_number,
        postal_code=company.postal_code,
        city=company.city,
        phone=company.phone,
    )


_SHARED = [f.name for f in fields(Party) if hasattr(Company, f.name) and f.name not in {"country", "branches"}]


def party_of(company: Company) -> Party:
    """The company as the rules compare it."""
    values = {name: getattr(company, name) for name in _SHARED}
    values["registration_number"] = company.registration_number or company.siret
    return Party(**values, country=str(company.country))


def candidates(company: Company, *, client: Client, query: SearchQuery | None = None) -> list[Candidate]:
    """Companies of the directory that may be this one, best first; those of a search by hand when there is one."""
    if query is None:
        return hunt(company, client=client)[:SHOWN]
    ours = party_of(company)
    found = [Candidate(hit, compare(ours, party_from(hit))) for hit in search(query, client=client)]
    return sorted(found, key=_order, reverse=True)


def hunt(company: Company, *, client: Client) -> list[Candidate]:
    """Search by identifier, VAT number, name and place, name, until nothing better can be expected (domain 5.10)."""
    search = Hunt(party_of(company), query_of(company), client)
    for criteria in _steps(search):
        search.ask(criteria)
        if search.is_over():
            break
    return search.answer()


def _steps(search: Hunt) -> Iterator[Criteria]:
    yield from search.query.by_number()
    yield from search.query.by_name()
    if not search.ranked or search.ranked[0].match.score < GOOD:
        yield from search.query.by_rest()


def judge(found: list[Candidate]) -> Decision:
    """What the rules say of these candidates."""
    return decision([candidate.match for candidate in found])


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
    """Link the company when the evidence leaves no doubt, else leave it for a person, with the reason.

    A company of ours that is linked already under the same number is found first, without a call.
    """
    twin = linked_twin(company)
    if twin is not None:
        return _leave(company, LinkState.REVIEW, _duplicate(twin), kept=[_of_profile(company, twin, now)])
    try:
        found = hunt(company, client=client)
    except AccessDenied:
        return _leave(company, LinkState.ABSENT, _("The subscription does not cover this country."))
    except NotFound as error:
        return _leave(company, LinkState.REVIEW, str(error))
    return _settle(company, found, now)


def _settle(company: Company, found: list[Candidate], now: datetime) -> LinkState:
    verdict = judge(found)
    if verdict == "none":
        return _leave(company, LinkState.ABSENT, _("Nothing in the directory resembles it."))
    kept = list(_kept(company, found, now))
    if verdict == "review":
        return _leave(company, LinkState.REVIEW, _why(found[0].match), kept=kept)
    try:
        with transaction.atomic():
            link(company, hit=found[0].hit, evidence=evidence(found[0].match), now=now)
            company.candidates.all().delete()
    except LinkRefused as error:
        return _leave(company, LinkState.REVIEW, str(error), kept=kept)
    return LinkState.LINKED


def _why(best: Match) -> str:
    if best.says(Clue.CEASED):
        return _("The best candidate has ceased: is there a successor?")
    if best.says(Clue.OTHER_NUMBER) or best.says(Clue.OTHER_NAME) or best.says(Clue.OTHER_VAT):
        return _("The number says one company and the name another: choose one.")
    return _("Several candidates, or not sure enough: choose one.")


def linked_twin(company: Company) -> Company | None:
    """The company of ours that is linked under the same SIREN, SIRET or VAT number, and has a name like this one."""
    ours = party_of(company)
    number, vat = rules.number_of(ours), rules.vat_of(ours)
    same = Q(country=company.country, registration_number=number) if number else Q(pk__in=())
    if number and str(company.country) in FRENCH_TERRITORIES:
        same |= Q(profile__connect_id__range=(f"FR-X-{number}", f"FR-X-{number}99999"))
    same |= Q(vat_number=vat) if vat else Q(pk__in=())
    others = Company.objects.filter(same, link_state=LinkState.LINKED).exclude(pk=company.pk)
    for other in others.select_related("profile")[:KEPT]:
        match = compare(ours, party_of(other))
        if hasattr(other, "profile") and match.name_similarity >= OTHER_NAME and not match.says(Clue.OTHER_WORDS):
            return other
    return None


def _duplicate(twin: Company) -> str:
    return _("%(company)s is linked under the same number already: one of the two is a duplicate.") % {"company": twin}


def _of_profile(company: Company, twin: Company, now: datetime) -> models.Candidate:
    """The profile of our other company as a candidate, from what is stored."""
    match, profile = compare(party_of(company), party_of(twin)), twin.profile
    return models.Candidate(
        company=company,
        rank=1,
        connect_id=profile.connect_id,
        score=match.score,
        evidence=evidence(match, limit=400),
        name=profile.name,
        country=str(twin.country),
        registration_number=twin.siret or twin.registration_number,
        vat_number=twin.vat_number,
        street=twin.street,
        postal_code=twin.postal_code,
        city=twin.city,
        status=twin.status,
        found_at=now,
    )


def _kept(company: Company, found: list[Candidate], now: datetime) -> Iterator[models.Candidate]:
    """The best candidates as rows for the review."""
    worth = [one for one in found if one.match.score >= SHOWN_BESIDE][:KEPT]
    for rank, (hit, match) in enumerate(((one.hit, one.match) for one in worth), 1):
        party = party_from(hit)
        yield models.Candidate(
            company=company,
            rank=rank,
            connect_id=hit.connect_id[:64],
            score=match.score,
            evidence=evidence(match, limit=400),
            name=hit.name[:255],
            country=hit.country[:2],
            registration_number=hit.registration_number[:40],
            vat_number=party.vat_number[:20],
            street=party.street[:255],
            postal_code=party.postal_code[:20],
            city=party.city[:120],
            status=hit.status,
            is_head_office=hit.office_type.casefold() != "branch",
            found_at=now,
        )


def _leave(company: Company, state: LinkState, note: str, *, kept: Iterable[models.Candidate] = ()) -> LinkState:
    with transaction.atomic():
        Company.objects.filter(pk=company.pk, link_state=LinkState.QUEUED).update(
            link_state=state, link_note=note[:255]
        )
        company.candidates.all().delete()
        models.Candidate.objects.bulk_create(kept)
        Change.objects.mark([company.pk], ChangeCause.LINK)
    return state


def evidence(match: Match, *, limit: int = 255) -> str:
    """The clues as stored with the link: codes and figures, put into words by the pages. Whole clues only."""
    told = ""
    for clue in match.reasons:
        longer = f"{told} · {clue.code}:{clue.detail}" if told else f"{clue.code}:{clue.detail}"
        if len(longer) > limit:
            break
        told = longer
    return told

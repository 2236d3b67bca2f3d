"""Linking our companies to their Creditsafe profile: candidates with evidence, then a link that is remembered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.choices import ChangeCause, CompanyStatus, LinkState, OrderReason, Role
from companies.creditsafe import Client
from companies.creditsafe.errors import AccessDenied, BadRequest, NotFound
from companies.creditsafe.payloads import SearchHit
from companies.models import Account, Change, Company, Profile
from companies.rules.identifiers import siren_of, vat_of_siren
from companies.rules.matching import Match, Party, compare, decision
from companies.services import refresh
from companies.services.jobs import Clock, Tell
from companies.services.provider import or_later

SHOWN = 20
HEAD_OFFICE = {"officeType": "HeadOffice"}

FIELDS = {
    "name": gettext_lazy("Name"),
    "registration_number": gettext_lazy("Registration number"),
    "siret": gettext_lazy("SIRET"),
    "vat_number": gettext_lazy("VAT number"),
    "street": gettext_lazy("Street"),
    "postal_code": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "phone": gettext_lazy("Phone"),
    "activity_code": gettext_lazy("Activity code"),
}


class LinkRefused(Exception):
    """The link cannot be made; the text says why, for the user."""


@dataclass(frozen=True)
class SearchQuery:
    """What to look for in the directory; empty fields are left out."""

    country: str = "FR"
    name: str = ""
    registration_number: str = ""
    vat_number: str = ""
    postal_code: str = ""
    city: str = ""

    def criteria(self) -> Iterator[dict[str, str]]:
        """Searches to try in turn, the surest first: one criteria set each (API reference 2.2)."""
        if self.registration_number:
            yield {"regNo": self.registration_number}
        if self.vat_number:
            yield {"vatNo": self.vat_number}
        if self.name and (self.postal_code or self.city):
            place = {"postCode": self.postal_code} if self.postal_code else {"city": self.city}
            yield {"name": self.name, **place}
        if self.name:
            yield {"name": self.name}


@dataclass(frozen=True)
class Candidate:
    """A company of the directory, how well it fits, and why."""

    hit: SearchHit
    match: Match


@dataclass(frozen=True)
class FieldPair:
    """One field as we have it and as Creditsafe has it."""

    field: str
    label: str
    ours: str
    theirs: str

    @property
    def same(self) -> bool:
        return self.ours.casefold() == self.theirs.casefold()

    @property
    def fills(self) -> bool:
        """They know what we don't."""
        return bool(self.theirs) and not self.ours


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


def party_from(hit: SearchHit) -> Party:
    return Party(
        name=hit.name,
        registration_number=hit.registration_number,
        vat_number=hit.vat_numbers[0] if hit.vat_numbers else "",
        street=f"{hit.address.house_number} {hit.address.street}".strip(),
        postal_code=hit.address.postal_code,
        city=hit.address.city,
        country=hit.country,
        phone=hit.phones[0] if hit.phones else "",
    )


def search(query: SearchQuery, *, client: Client) -> list[SearchHit]:
    """Hits of the first search that finds any, head offices first. Raises the client's errors but "bad criteria"."""
    for criteria in query.criteria():
        try:
            page = client.search(query.country, page_size=SHOWN, **criteria, **_head_office(query.country))
        except BadRequest:
            continue  # this country does not know the criterion, or the value is too short for it
        if page.items:
            return list(page.items)
    return []


def _head_office(country: str) -> dict[str, str]:
    return HEAD_OFFICE if country == "FR" else {}


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


def theirs(hit: SearchHit) -> dict[str, str]:
    """The fields that a link can bring us, from a hit of the search."""
    siren = hit.siren or siren_of(hit.registration_number) if hit.country == "FR" else ""
    vat = hit.vat_numbers[0] if hit.vat_numbers else (vat_of_siren(siren) if siren else "")
    party = party_from(hit)
    return {
        "name": hit.name,
        "registration_number": siren or hit.registration_number,
        "siret": hit.siret,
        "vat_number": vat,
        "street": party.street,
        "postal_code": party.postal_code,
        "city": party.city,
        "phone": party.phone,
        "activity_code": hit.activity_code,
    }


def pairs(company: Company, hit: SearchHit) -> list[FieldPair]:
    """Field by field, ours and theirs, without those that neither knows."""
    values = theirs(hit)
    found = [FieldPair(name, str(label), getattr(company, name), values[name]) for name, label in FIELDS.items()]
    return [pair for pair in found if pair.ours or pair.theirs]


def find(connect_id: str, *, client: Client) -> SearchHit:
    """The hit of one identifier. Raises NotFound when the directory has no such company."""
    page = client.search(connect_id[:2].upper(), id=connect_id)
    if not page.items:
        raise NotFound(connect_id)
    return page.items[0]


@transaction.atomic
def link(
    company: Company,
    *,
    hit: SearchHit,
    take: Iterable[str] = (),
    evidence: str = "",
    user_id: int | None = None,
    now: datetime,
) -> Profile:
    """Link, take the ticked fields, fill our empty ones, and order the report (which is billed).

    Raises LinkRefused when another company of ours has this profile, or its registration number.
    """
    other = Profile.objects.filter(connect_id=hit.connect_id).exclude(company=company).select_related("company").first()
    if other is not None:
        raise LinkRefused(_("%(company)s is linked to this profile already.") % {"company": other.company})
    values = theirs(hit)
    taken = {name for name in FIELDS if values[name] and (name in set(take) or not getattr(company, name))}
    _refuse_duplicate(company, values["registration_number"] if "registration_number" in taken else "")
    for name in taken:
        setattr(company, name, refresh.fitted(name, values[name]))
    company.link_state, company.link_note = LinkState.LINKED, ""
    company.status = company.status if hit.status == CompanyStatus.UNKNOWN else hit.status
    company.save()
    profile, _created = Profile.objects.update_or_create(
        company=company,
        defaults={
            "connect_id": hit.connect_id,
            "safe_number": hit.safe_number[:20],
            "name": hit.name[:255],
            "evidence": evidence,
            "linked_by_id": user_id,
            "linked_at": now,
        },
    )
    refresh.order([company.pk], reason=OrderReason.LINKED, user_id=user_id, now=now)
    Change.objects.mark([company.pk], ChangeCause.LINK)
    return profile


def _refuse_duplicate(company: Company, number: str) -> None:
    if not number:
        return
    twin = Company.objects.filter(country=company.country, registration_number=number).exclude(pk=company.pk).first()
    if twin is not None:
        raise LinkRefused(
            _("%(company)s has the registration number %(number)s already.") % {"company": twin, "number": number}
        )


@transaction.atomic
def create_from(
    hit: SearchHit, *, code: str, role: Role, ledger: str = "ERP", user_id: int | None = None, now: datetime
) -> Company:
    """A new company with its account, linked from the start. Raises LinkRefused when either exists already."""
    if Account.objects.filter(ledger=ledger, code=code).exists():
        raise LinkRefused(_("The account %(code)s exists already.") % {"code": code})
    company = Company.objects.create(name=hit.name[:255], country=hit.country)
    link(company, hit=hit, user_id=user_id, now=now)
    Account.objects.create(company=company, ledger=ledger, code=code, role=role, name=hit.name[:255])
    return company

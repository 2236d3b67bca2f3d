"""Candidates as the review shows them: beside our company, field by field, each difference marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext as _

from companies.choices import CompanyStatus
from companies.creditsafe.payloads import SearchHit
from companies.models import Candidate, Company, Profile
from companies.rules.identifiers import Check, check_siren, check_vat, normalise
from companies.rules.matching import Clue, compare, name_key
from companies.services import matching
from companies.services.directory import party_from, theirs
from companies.views.words import FLAWS, Reason, clues, read

SAME_NAME = 97


class Mark(StrEnum):
    """How a field of the candidate stands to ours."""

    SAME = "same"
    ALIKE = "alike"
    OTHER = "other"
    NEW = "new"
    MISSING = "missing"
    NONE = "none"


class Piece(NamedTuple):
    """Some words of a value, and whether ours has them too."""

    text: str
    is_ours: bool


@dataclass(frozen=True)
class Row:
    """One field of a candidate beside ours."""

    field: str
    label: str
    pieces: Sequence[Piece]
    mark: Mark


@dataclass(frozen=True)
class Own:
    """One field of ours. `is_valid` is None where nothing can be checked; `hint` says what is wrong."""

    field: str
    label: str
    value: str
    is_valid: bool | None = None
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A candidate to choose or not. `taken` is our other company that has this profile already."""

    connect_id: str
    name: str
    country: str
    score: int
    reasons: Sequence[Reason]
    rows: Sequence[Row]
    status: str
    is_head_office: bool
    taken: Company | None

    @property
    def is_closed(self) -> bool:
        return self.status == CompanyStatus.NON_ACTIVE

    @property
    def level(self) -> str:
        return "high" if self.score >= 85 else "middle" if self.score >= 60 else "low"

    @property
    def status_words(self) -> str:
        return str(CompanyStatus(self.status).label) if self.status in CompanyStatus.values else self.status


def labels(country: str) -> dict[str, str]:
    return {
        "name": _("Name"),
        "registration_number": _("SIREN") if country == "FR" else _("Registration number"),
        "vat_number": _("VAT number"),
        "street": _("Street"),
        "postal_code": _("Postcode"),
        "city": _("City"),
    }


def own(company: Company) -> list[Own]:
    """Our side of the comparison, identifiers with their validity."""
    country = str(company.country)
    number, vat = company.registration_number, company.vat_number
    checks = {
        "registration_number": check_siren(number) if number and country == "FR" else None,
        "vat_number": check_vat(vat, country) if vat else None,
    }
    return [_own(name, label, getattr(company, name), checks.get(name)) for name, label in labels(country).items()]


def _own(field: str, label: str, value: str, check: Check | None) -> Own:
    if check is None or (check.ok and not check.computed):
        return Own(field, label, value)
    return Own(field, label, value, check.ok, "" if check.flaw is None else str(FLAWS[check.flaw]))


def stored(company: Company, candidates: Iterable[Candidate]) -> list[Offer]:
    """What the search left for this company; one query more, for the profiles that others hold."""
    kept = list(candidates)
    holders = _holders([one.connect_id for one in kept], company)
    return [_stored(company, one, holders.get(one.connect_id)) for one in kept]


def _stored(company: Company, one: Candidate, taken: Company | None) -> Offer:
    number = one.registration_number[:9] if one.country == "FR" else one.registration_number
    values = {name: str(getattr(one, name)) for name in labels("")} | {"registration_number": number}
    return Offer(
        connect_id=one.connect_id,
        name=one.name,
        country=one.country,
        score=one.score,
        reasons=clues(one.evidence, str(company.country)),
        rows=_rows(company, values, one.evidence),
        status=one.status,
        is_head_office=one.is_head_office,
        taken=taken,
    )


def live(company: Company, hits: Iterable[SearchHit]) -> list[Offer]:
    """Hits of a search just made, as offers, best first."""
    found = list(hits)
    holders = _holders([hit.connect_id for hit in found], company)
    offers = [_live(company, hit, holders.get(hit.connect_id)) for hit in found]
    return sorted(offers, key=lambda offer: -offer.score)


def _live(company: Company, hit: SearchHit, taken: Company | None) -> Offer:
    match = compare(matching.party_of(company), party_from(hit))
    evidence = matching.evidence(match)
    return Offer(
        connect_id=hit.connect_id,
        name=hit.name,
        country=hit.country,
        score=match.score,
        reasons=clues(evidence, str(company.country)),
        rows=_rows(company, theirs(hit), evidence),
        status=hit.status,
        is_head_office=hit.is_head_office or not hit.office_type,
        taken=taken,
    )


def _holders(ids: list[str], ours: Company) -> dict[str, Company]:
    held = Profile.objects.filter(connect_id__in=ids).exclude(company=ours).select_related("company")
    return {profile.connect_id: profile.company for profile in held}


AGREEING = {
    "registration_number": Clue.SAME_NUMBER,
    "vat_number": Clue.SAME_VAT,
    "street": Clue.SAME_STREET,
    "postal_code": Clue.SAME_POSTCODE,
    "city": Clue.SAME_CITY,
}


def _rows(company: Company, values: dict[str, str], evidence: str) -> list[Row]:
    said = {clue.code: clue.detail for clue in read(evidence)}
    agreeing = {field for field, clue in AGREEING.items() if clue in said}
    if said.get(Clue.NAME, "0").isdigit() and int(said.get(Clue.NAME, "0")) >= SAME_NAME:
        agreeing.add("name")
    return [
        _row(name, label, getattr(company, name), values[name], agrees=name in agreeing)
        for name, label in labels(str(company.country)).items()
    ]


def _row(field: str, label: str, ours: str, value: str, *, agrees: bool) -> Row:
    mark = _mark(ours, value, agrees=agrees)
    marked = mark in {Mark.OTHER, Mark.ALIKE}
    return Row(field, label, _pieces(ours, value) if marked else [Piece(value, is_ours=True)], mark)


def _mark(ours: str, value: str, *, agrees: bool) -> Mark:
    if not ours or not value:
        return Mark.NEW if value else Mark.MISSING if ours else Mark.NONE
    if normalise(ours) == normalise(value):
        return Mark.SAME
    return Mark.ALIKE if agrees else Mark.OTHER


def _pieces(ours: str, value: str) -> list[Piece]:
    """The value word by word, neighbours of one kind joined."""
    known = {name_key(word) for word in ours.split()}
    pieces: list[Piece] = []
    for word in value.split():
        is_ours = name_key(word) in known
        if pieces and pieces[-1].is_ours == is_ours:
            pieces[-1] = Piece(f"{pieces[-1].text} {word}", is_ours)
        else:
            pieces.append(Piece(word, is_ours))
    return pieces

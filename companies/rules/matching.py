"""Is the company that the bureau found the one in our books? Scores with their reasons; cautious by design."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

from rapidfuzz import fuzz

from companies.rules.identifiers import FRENCH_TERRITORIES, check_vat, normalise_registration, siren_of

Decision = Literal["auto", "review", "none"]

WORTH_A_LOOK = 60
"""Under this score a candidate is not worth showing as a match."""
SAME_NAME = 97
"""Names at least this alike, at one postcode, may be linked without an identifier."""
OTHER_NAME = 45
"""Names less alike than this contradict even a common identifier."""
RIVAL_GAP = 5
"""A second candidate within this many points makes a person choose."""

_LEGAL_PHRASES = re.compile(
    r"\b(?:SOCIETE (?:A RESPONSABILITE LIMITEE|ANONYME|PAR ACTIONS SIMPLIFIEE(?: UNIPERSONNELLE)?"
    r"|CIVILE(?: IMMOBILIERE| PROFESSIONNELLE)?|EN NOM COLLECTIF|COOPERATIVE(?: DE PRODUCTION)?)"
    r"|ENTREPRISE UNIPERSONNELLE A RESPONSABILITE LIMITEE|GMBH ET CO KGA?A?|SP Z O ?O|S R O|D O O)\b"
)
_LEGAL_FORMS = re.compile(
    r"SA|SAS|SASU|SARL|EURL|SNC|SCS|SCA|SCI|SCP|SCM|SCOP|SELARL|SELAS|GIE|EI|EIRL|EARL|GAEC|SEM|LTD|LIMITED"
    r"|PLC|LLC|LLP|INC|CORP|CORPORATION|GMBH|AG|KG|OHG|UG|MBH|KGAA|EK|BV|NV|BVBA|SPRL|SRL|SPA|SRLS|SL|SLU|LDA"
    r"|OY|OYJ|ASA|APS|KFT|ZRT|SRO|DOO"
)
_TRAILING_FORMS = re.compile(r"CO|COMPANY|AB|AS|SE")
_PREFIXES = re.compile(r"SOCIETE|STE|SOC|ETABLISSEMENTS|ETABLISSEMENT|ETS|ENTREPRISE|ENT|MONSIEUR|MADAME|MR|MME|M")
_ABBREVIATIONS = {
    "COMPAGNIE": "CIE",
    "ETABLISSEMENT": "ETS",
    "ETABLISSEMENTS": "ETS",
    "FRES": "FRERES",
    "GPE": "GROUPE",
    "INTL": "INTERNATIONAL",
    "INTERNAT": "INTERNATIONAL",
    "IND": "INDUSTRIES",
    "INDUSTRIE": "INDUSTRIES",
    "SAINT": "ST",
    "SAINTE": "STE",
    "TRANSP": "TRANSPORTS",
    "TRANSPORT": "TRANSPORTS",
    "SCES": "SERVICES",
    "SERVICE": "SERVICES",
}
_STREET_WORDS = {
    "AVENUE": "AV",
    "AVE": "AV",
    "BOULEVARD": "BD",
    "BLD": "BD",
    "BVD": "BD",
    "CHEMIN": "CHE",
    "PLACE": "PL",
    "ROUTE": "RTE",
    "ALLEE": "ALL",
    "ZONE INDUSTRIELLE": "ZI",
    "SAINT": "ST",
    "SAINTE": "STE",
}


class Clue(StrEnum):
    """What spoke for or against a candidate."""

    SAME_NUMBER = "same_number"
    OTHER_NUMBER = "other_number"
    SAME_VAT = "same_vat"
    OTHER_VAT = "other_vat"
    NAME = "name"
    OTHER_NAME = "other_name"
    SAME_POSTCODE = "same_postcode"
    OTHER_POSTCODE = "other_postcode"
    SAME_CITY = "same_city"
    OTHER_CITY = "other_city"
    SAME_STREET = "same_street"
    SAME_PHONE = "same_phone"
    OTHER_COUNTRY = "other_country"


@dataclass(frozen=True, slots=True)
class Party:
    """A company as one source describes it; an empty text is unknown. `country` is ISO, two letters."""

    name: str
    registration_number: str = ""
    vat_number: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""


class Evidence(NamedTuple):
    """One clue and what shows it: the number, the similarity in percent, the place."""

    code: Clue
    detail: str


@dataclass(frozen=True, slots=True)
class Match:
    """How well a candidate fits, 0 to 100, and why."""

    score: int
    reasons: tuple[Evidence, ...]

    def says(self, clue: Clue) -> bool:
        """Whether this clue was found."""
        return any(reason.code is clue for reason in self.reasons)

    @property
    def name_similarity(self) -> int:
        """Similarity of the names in percent."""
        return next(int(r.detail) for r in self.reasons if r.code in {Clue.NAME, Clue.OTHER_NAME})


@lru_cache(maxsize=50_000)
def name_key(name: str) -> str:
    """Return a company name without accents, punctuation, legal form or courtesy words, in capitals.

    Two spellings of one company should have one key; the key of a name that is only a legal form is that form.
    """
    words = _LEGAL_PHRASES.sub(" ", _plain(name)).split()
    kept = _without_forms(words)
    return " ".join(_ABBREVIATIONS.get(word, word) for word in kept or words) or _plain(name)


def name_similarity(ours: str, theirs: str) -> int:
    """Return how alike two names are, 0 to 100, whatever the order of their words; an unknown name gives 0."""
    a, b = name_key(ours), name_key(theirs)
    if not a or not b:
        return 0
    return int(max(fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b), fuzz.ratio(a.replace(" ", ""), b.replace(" ", ""))))


def compare(ours: Party, theirs: Party) -> Match:
    """Compare the company in our books with a candidate."""
    reasons = (*_identifiers(ours, theirs), _names(ours, theirs), *_places(ours, theirs))
    return Match(_score(reasons), reasons)


def decision(matches: Sequence[Match]) -> Decision:
    """Say what to do with the candidates for one company: link the best, let a person choose, or nothing.

    Only a common identifier under a name that is not utterly different, or the same name at the same postcode,
    links by itself, and only when no rival is within 5 points.
    """
    ranked = sorted(matches, key=lambda match: match.score, reverse=True)
    if not ranked or ranked[0].score < WORTH_A_LOOK:
        return "none"
    best = ranked[0]
    rivalled = len(ranked) > 1 and best.score - ranked[1].score <= RIVAL_GAP
    return "auto" if _certain(best) and not rivalled else "review"


def _certain(match: Match) -> bool:
    if any(match.says(clue) for clue in (Clue.OTHER_NUMBER, Clue.OTHER_VAT, Clue.OTHER_COUNTRY)):
        return False
    if match.says(Clue.SAME_NUMBER) or match.says(Clue.SAME_VAT):
        return match.name_similarity >= OTHER_NAME
    return match.name_similarity >= SAME_NAME and match.says(Clue.SAME_POSTCODE)


def _score(reasons: tuple[Evidence, ...]) -> int:
    clues = {reason.code for reason in reasons}
    similarity = next(int(r.detail) for r in reasons if r.code in {Clue.NAME, Clue.OTHER_NAME})
    if clues & {Clue.SAME_NUMBER, Clue.SAME_VAT}:
        points = 80 + similarity // 5
    else:
        points = similarity * 7 // 10 + _place_points(clues)
    if clues & {Clue.OTHER_NUMBER, Clue.OTHER_COUNTRY}:
        points = min(points // 2, 40)
    elif Clue.OTHER_VAT in clues:
        points -= 20
    return max(0, min(100, points))


def _place_points(clues: set[Clue]) -> int:
    worth = {
        Clue.SAME_POSTCODE: 15,
        Clue.SAME_CITY: 8,
        Clue.SAME_STREET: 5,
        Clue.SAME_PHONE: 5,
        Clue.OTHER_POSTCODE: -8,
        Clue.OTHER_CITY: -5,
    }
    return min(30, sum(points for clue, points in worth.items() if clue in clues))


def _identifiers(ours: Party, theirs: Party) -> list[Evidence]:
    found = []
    if _country(ours) and _country(theirs) and _country(ours) != _country(theirs):
        found.append(Evidence(Clue.OTHER_COUNTRY, theirs.country))
    a, b = _number(ours), _number(theirs)
    if a and b:
        found.append(Evidence(Clue.SAME_NUMBER if a == b else Clue.OTHER_NUMBER, b))
    a, b = _vat(ours), _vat(theirs)
    if a and b:
        found.append(Evidence(Clue.SAME_VAT if a == b else Clue.OTHER_VAT, b))
    return found


def _country(party: Party) -> str:
    return "FR" if party.country in FRENCH_TERRITORIES else party.country


def _number(party: Party) -> str:
    """Return the number that identifies the legal entity; in France its SIREN, from whatever holds it."""
    if _country(party) in {"", "FR"}:
        return siren_of(party.registration_number) or siren_of(party.vat_number) or ""
    return normalise_registration(party.registration_number).lstrip("0")


def _vat(party: Party) -> str:
    checked = check_vat(party.vat_number, _country(party) or "FR")
    return checked.value if checked.ok else ""


def _names(ours: Party, theirs: Party) -> Evidence:
    similarity = name_similarity(ours.name, theirs.name)
    return Evidence(Clue.NAME if similarity >= OTHER_NAME else Clue.OTHER_NAME, str(similarity))


def _places(ours: Party, theirs: Party) -> list[Evidence]:
    found = []
    a, b = normalise_registration(ours.postal_code), normalise_registration(theirs.postal_code)
    if a and b:
        found.append(Evidence(Clue.SAME_POSTCODE if a == b else Clue.OTHER_POSTCODE, b))
    a, b = _city(ours.city), _city(theirs.city)
    if a and b:
        found.append(Evidence(Clue.SAME_CITY if fuzz.ratio(a, b) >= 90 else Clue.OTHER_CITY, theirs.city))
    a, b = _street(ours.street), _street(theirs.street)
    if a and b and fuzz.token_sort_ratio(a, b) >= 88:
        found.append(Evidence(Clue.SAME_STREET, theirs.street))
    a, b = _phone(ours.phone), _phone(theirs.phone)
    if a and a == b:
        found.append(Evidence(Clue.SAME_PHONE, theirs.phone))
    return found


def _city(city: str) -> str:
    bare = re.sub(r"\bCEDEX\b.*|\b\d+(?:E|ER|EME)?\b", " ", _plain(city))
    return " ".join(_ABBREVIATIONS.get(word, word) for word in bare.split())


def _street(street: str) -> str:
    return " ".join(_STREET_WORDS.get(word, word) for word in _plain(street).split())


def _phone(phone: str) -> str:
    digits = "".join(c for c in phone if c.isdigit())
    return digits[-9:] if len(digits) >= 9 else ""


def _plain(text: str) -> str:
    """Return letters and digits in capitals, one blank between words, S.A.R.L. as SARL and & as ET."""
    flat = unicodedata.normalize("NFKD", text.upper().replace("Œ", "OE").replace("Æ", "AE").replace("&", " ET "))
    bare = "".join(c for c in flat if not unicodedata.combining(c))
    joined = re.sub(r"\b(?:\w\.){2,}\w?", lambda initials: initials[0].replace(".", "") + " ", bare)
    return " ".join("".join(c if c.isalnum() else " " for c in joined).split())


def _without_forms(words: list[str]) -> list[str]:
    start, end = 0, len(words)
    while start < end and (_LEGAL_FORMS.fullmatch(words[start]) or _PREFIXES.fullmatch(words[start])):
        start += 1
    while end > start and (_LEGAL_FORMS.fullmatch(words[end - 1]) or _TRAILING_FORMS.fullmatch(words[end - 1])):
        end -= 1
    return words[start:end]

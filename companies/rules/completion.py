"""Whether two spellings of a field mean the same, and what becomes of a value that another source gives."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from enum import StrEnum

from companies.choices import CompanyField, FieldChoice, Origin
from companies.rules.identifiers import normalise_registration
from companies.rules.matching import name_key


class Sameness(StrEnum):
    """The rule that calls two texts the same; anything it lets through is noise and not a difference."""

    EQUAL = "equal"
    SPELLING = "spelling"
    NAME = "name"
    NUMBER = "number"
    PHONE = "phone"
    STREET = "street"
    CITY = "city"
    WEBSITE = "website"
    LEGAL_FORM = "legal_form"


class Verdict(StrEnum):
    """What becomes of the value that a source gives for one of our fields."""

    NOTHING = "nothing"
    FILL = "fill"
    TAKE = "take"
    DIFFERS = "differs"


NUMBERS = {
    CompanyField.REGISTRATION_NUMBER,
    CompanyField.SIRET,
    CompanyField.VAT_NUMBER,
    CompanyField.POSTAL_CODE,
    CompanyField.ACTIVITY_CODE,
}
_WAYS = {
    "AVENUE": "AV", "AVE": "AV", "BOULEVARD": "BD", "BLD": "BD", "BVD": "BD", "BOUL": "BD", "CHEMIN": "CHE",
    "PLACE": "PL", "ROUTE": "RTE", "ALLEE": "ALL", "ALLEES": "ALL", "IMPASSE": "IMP", "SQUARE": "SQ", "QUAI": "QU",
    "FAUBOURG": "FG", "FBG": "FG", "SAINT": "ST", "SAINTE": "STE", "RESIDENCE": "RES", "BATIMENT": "BAT",
    "STREET": "ST", "ROAD": "RD", "STRASSE": "STR",
}  # fmt: skip
_FORMS = {
    "SOCIETE A RESPONSABILITE LIMITEE": "SARL",
    "SOCIETE PAR ACTIONS SIMPLIFIEE": "SAS",
    "SOCIETE PAR ACTIONS SIMPLIFIEE UNIPERSONNELLE": "SASU",
    "SOCIETE PAR ACTIONS SIMPLIFIEE A ASSOCIE UNIQUE": "SASU",
    "SAS SOCIETE PAR ACTIONS SIMPLIFIEE": "SAS",
    "SOCIETE ANONYME": "SA",
    "SOCIETE ANONYME A CONSEIL D ADMINISTRATION": "SA",
    "SOCIETE EN NOM COLLECTIF": "SNC",
    "SOCIETE CIVILE IMMOBILIERE": "SCI",
    "SOCIETE CIVILE": "SC",
    "ENTREPRISE UNIPERSONNELLE A RESPONSABILITE LIMITEE": "EURL",
    "ENTREPRENEUR INDIVIDUEL": "EI",
    "GROUPEMENT D INTERET ECONOMIQUE": "GIE",
    "GESELLSCHAFT MIT BESCHRANKTER HAFTUNG": "GMBH",
    "PRIVATE LIMITED COMPANY": "LTD",
    "LIMITED": "LTD",
}
_CEDEX = re.compile(r"\bCEDEX\b.*|\b\d+(?:E|ER|EME)?\b")
_REPETITION = re.compile(r"(?<=\d) (?=(?:BIS|TER|QUATER|[A-D])\b)")


def plain(text: str) -> str:
    """Letters and digits in capitals without accents, one blank between words; S.A.R.L. becomes SARL."""
    flat = unicodedata.normalize("NFKD", text.upper().replace("Œ", "OE").replace("Æ", "AE").replace("&", " ET "))
    bare = "".join(c for c in flat if not unicodedata.combining(c))
    joined = re.sub(r"\b(?:\w\.){2,}\w?", lambda initials: initials[0].replace(".", "") + " ", bare)
    return " ".join("".join(c if c.isalnum() else " " for c in joined).split())


def same(field: str, ours: str, theirs: str) -> Sameness | None:
    """Say which rule calls two values of a field the same; None when they differ in more than noise."""
    if ours == theirs:
        return Sameness.EQUAL
    if not ours or not theirs:
        return None
    a, b = plain(ours), plain(theirs)
    if a and a == b:
        return Sameness.SPELLING
    rule, key = _KEYS.get(field, (Sameness.SPELLING, plain))
    a, b = key(ours), key(theirs)
    return rule if a and a == b else None


def verdict(
    field: str, ours: str, theirs: str, *, held_by: Origin, says: Origin, choice: FieldChoice | None, pinned: bool
) -> Verdict:
    """Say what becomes of `theirs`, given by the source `says`, where `ours` came from `held_by`.

    A source's own value follows it. A gap is filled, unless a user emptied the field. A rule for all companies
    replaces what a file gave, never what a user typed; that takes a choice pinned for this very company.
    """
    if not theirs or ours == theirs or choice == FieldChoice.KEEP:
        return Verdict.NOTHING
    if choice == FieldChoice.TAKE and (pinned or held_by != Origin.USER):
        return Verdict.TAKE
    if not ours and held_by != Origin.USER:
        return Verdict.FILL
    if held_by == says == Origin.CREDITSAFE:
        return Verdict.TAKE
    return Verdict.NOTHING if same(field, ours, theirs) else Verdict.DIFFERS


def marked(text: str, other: str) -> list[tuple[str, bool]]:
    """Pieces of a text that, put together, are the text; True where its words are not in the other.

    Nothing is marked where nothing is common: a mark over everything shows nothing.
    """
    words, others = text.split(), [plain(word) for word in other.split()]
    codes = SequenceMatcher(None, [plain(word) for word in words], others).get_opcodes()
    common = any(tag == "equal" for tag, *_rest in codes)
    return [(" ".join(words[a:b]), common and tag != "equal") for tag, a, b, _from, _to in codes if a < b]


def _phone(text: str) -> str:
    digits = "".join(c for c in text.replace("(0)", "") if c.isdigit())
    return digits[-9:] if len(digits) >= 9 else digits


def _street(text: str) -> str:
    words = _REPETITION.sub("", plain(text)).split()
    return " ".join(_WAYS.get(word, word) for word in words)


def _city(text: str) -> str:
    return " ".join(_WAYS.get(word, word) for word in _CEDEX.sub(" ", plain(text)).split())


def _website(text: str) -> str:
    bare = re.sub(r"^\s*(?:https?://)?(?:www\.)?", "", text.casefold())
    return bare.strip().rstrip("/")


def _legal_form(text: str) -> str:
    bare = plain(text)
    return _FORMS.get(bare, bare)


def _name(text: str) -> str:
    return name_key(text).replace(" ", "")


_KEYS: Mapping[str, tuple[Sameness, Callable[[str], str]]] = {
    CompanyField.NAME: (Sameness.NAME, _name),
    CompanyField.PHONE: (Sameness.PHONE, _phone),
    CompanyField.STREET: (Sameness.STREET, _street),
    CompanyField.CITY: (Sameness.CITY, _city),
    CompanyField.WEBSITE: (Sameness.WEBSITE, _website),
    CompanyField.LEGAL_FORM: (Sameness.LEGAL_FORM, _legal_form),
    **dict.fromkeys(NUMBERS, (Sameness.NUMBER, normalise_registration)),
}

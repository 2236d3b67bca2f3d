"""Where a company is, as addresses are written: what two of them have in common."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

from companies.rules.names import plain

SAME_STREET = 85
"""Streets at least this alike are one street."""
_STREET_WORDS = {
    "AVENUE": "AV",
    "AVE": "AV",
    "BOULEVARD": "BD",
    "BLD": "BD",
    "BVD": "BD",
    "BOUL": "BD",
    "R": "RUE",
    "CHEMIN": "CHE",
    "CH": "CHE",
    "PLACE": "PL",
    "ROUTE": "RTE",
    "ALLEE": "ALL",
    "IMPASSE": "IMP",
    "GENERAL": "GAL",
    "SAINT": "ST",
    "SAINTE": "STE",
    "DOCTEUR": "DR",
    "PRESIDENT": "PDT",
    "MARECHAL": "MAL",
}
_ZONE = re.compile(r"\bZONE INDUSTRIELLE\b")
_KINDS = re.compile(r"RUE|AV|BD|CHE|PL|RTE|ALL|IMP|QUAI|COURS|SQUARE|SENTIER|ZI|ZA|ZAC")
_SMALL = re.compile(r"DE|DU|DES|LA|LE|LES|L|D|BIS|TER")
_TOWN_WORDS = {"SAINT": "ST", "SAINTE": "STE"}
_CEDEX = re.compile(r"\bCEDEX\b.*|\b\d+(?:E|ER|EME)?\b")


@lru_cache(maxsize=50_000)
def city_key(city: str) -> str:
    """Return a city without accents, CEDEX and district number, in capitals."""
    return " ".join(_TOWN_WORDS.get(word, word) for word in _CEDEX.sub(" ", plain(city)).split())


def same_city(ours: str, theirs: str) -> bool | None:
    """Whether two cities are one, a cut name included; None when either is unknown."""
    a, b = sorted((city_key(ours), city_key(theirs)), key=len)
    if not a or not b:
        return None
    return fuzz.ratio(a, b) >= 90 or (len(a) >= 10 and b.startswith(a))


def same_street(ours: str, theirs: str) -> bool | None:
    """Whether two streets are one, of one kind and with no other house number; None when either is unknown."""
    (number, kind, street), (other, their_kind, their_street) = _street(ours), _street(theirs)
    if not street or not their_street:
        return None
    if (number and other and number != other) or (kind and their_kind and kind != their_kind):
        return False
    return fuzz.token_sort_ratio(street, their_street) >= SAME_STREET


def has_house(street: str) -> bool:
    """Whether a street is given with its house number."""
    return bool(_street(street)[0])


def phone_key(phone: str) -> str:
    """Return the last nine digits of a phone number, which its prefix does not change; empty when it is shorter."""
    digits = "".join(c for c in phone if c.isdigit())
    return digits[-9:] if len(digits) >= 9 else ""


@lru_cache(maxsize=50_000)
def _street(street: str) -> tuple[str, str, str]:
    """Return house number, kind of street, and the rest abbreviated and without small words."""
    words = _ZONE.sub("ZI", plain(street)).split()
    number = re.match(r"\d+", words[0]) if words else None
    rest = [_STREET_WORDS.get(word, word) for word in words[1 if number else 0 :] if not _SMALL.fullmatch(word)]
    kind = rest[0] if len(rest) > 1 and _KINDS.fullmatch(rest[0]) else ""
    return number[0] if number else "", kind, " ".join(rest[1:] if kind else rest)

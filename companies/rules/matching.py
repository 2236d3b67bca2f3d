"""Is the company that the bureau found the one in our books? Scores with their reasons; cautious by design."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA

from companies.rules.identifiers import FRENCH_TERRITORIES, check_vat, normalise_registration, siren_of
from companies.rules.names import is_civil, may_be_cut, name_key, name_similarity, words_apart
from companies.rules.places import has_house, phone_key, same_city, same_street

__all__ = [
    "Clue",
    "Decision",
    "Evidence",
    "Match",
    "Party",
    "Place",
    "compare",
    "decision",
    "name_key",
    "name_similarity",
]

Decision = Literal["auto", "review", "none"]

WORTH_A_LOOK = 60
"""Under this score a candidate is not worth showing as a match."""
SAME_NAME = 97
"""Names at least this alike, at one street, may be linked without an identifier."""
CLOSE_NAME = 90
"""Names at least this alike leave no doubt beside a common identifier."""
OTHER_NAME = 45
"""Names less alike than this contradict even a common identifier."""
RIVAL_GAP = 5
"""A second candidate within this many points makes a person choose."""
CIVIL = "SCI"
SHORTEST_NUMBER = 8
"""Digits of a SIREN that lost one."""
FILLER = "123456789012345"


class Clue(StrEnum):
    """What spoke for or against a candidate."""

    SAME_NUMBER = "same_number"
    OTHER_NUMBER = "other_number"
    NEAR_NUMBER = "near_number"
    ODD_NUMBER = "odd_number"
    SAME_VAT = "same_vat"
    OTHER_VAT = "other_vat"
    NAME = "name"
    OTHER_NAME = "other_name"
    OTHER_WORDS = "other_words"
    EXTRA_WORDS = "extra_words"
    CUT_NAME = "cut_name"
    OTHER_FORM = "other_form"
    SAME_POSTCODE = "same_postcode"
    OTHER_POSTCODE = "other_postcode"
    SAME_AREA = "same_area"
    SAME_CITY = "same_city"
    OTHER_CITY = "other_city"
    SAME_STREET = "same_street"
    OTHER_STREET = "other_street"
    NO_HOUSE = "no_house"
    SAME_PHONE = "same_phone"
    OTHER_COUNTRY = "other_country"
    BRANCH = "branch"
    CEASED = "ceased"
    SUCCESSOR = "successor"


FORBIDDING = frozenset({Clue.OTHER_NUMBER, Clue.OTHER_VAT, Clue.OTHER_COUNTRY, Clue.OTHER_WORDS, Clue.CEASED})
"""With one of these nothing is linked by itself, whatever else agrees."""
DOUBTFUL = frozenset(
    {Clue.EXTRA_WORDS, Clue.CUT_NAME, Clue.OTHER_FORM, Clue.OTHER_STREET, Clue.NO_HOUSE, Clue.ODD_NUMBER}
)
"""With one of these nothing is linked without a common identifier."""
_PLACE_POINTS = {
    Clue.SAME_POSTCODE: 10,
    Clue.SAME_CITY: 6,
    Clue.SAME_STREET: 8,
    Clue.SAME_AREA: 3,
    Clue.SAME_PHONE: 8,
    Clue.OTHER_POSTCODE: -5,
    Clue.OTHER_CITY: -4,
}
_MOST_FOR_PLACE = 22
_NAME_POINTS = 78  # of 100, for equal names
_NEAR_POINTS = 14


class Place(NamedTuple):
    """One address of a company."""

    street: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A company as one source describes it; an empty text is unknown. `country` is ISO, two letters.

    `branches` are its other addresses and `trading_names` its other names; the one that fits best counts.
    """

    name: str
    registration_number: str = ""
    vat_number: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""
    branches: tuple[Place, ...] = ()
    trading_names: tuple[str, ...] = ()
    has_ceased: bool = False

    @property
    def head_office(self) -> Place:
        """Its first address."""
        return Place(self.street, self.postal_code, self.city)


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
    def clues(self) -> frozenset[Clue]:
        """All clues that were found."""
        return frozenset(reason.code for reason in self.reasons)

    @property
    def name_similarity(self) -> int:
        """Similarity of the names in percent."""
        return next(int(r.detail) for r in self.reasons if r.code in {Clue.NAME, Clue.OTHER_NAME})

    def noting(self, clue: Clue, detail: str) -> "Match":
        """The same match with one remark more; its score stays."""
        return Match(self.score, (*self.reasons, Evidence(clue, detail)))


def compare(ours: Party, theirs: Party) -> Match:
    """Compare the company in our books with a candidate."""
    reasons = (*_identifiers(ours, theirs), *_names(ours, theirs), *_places(ours, theirs))
    if theirs.has_ceased:
        reasons = (*reasons, Evidence(Clue.CEASED, theirs.registration_number))
    return Match(_score(reasons), reasons)


def decision(matches: Sequence[Match]) -> Decision:
    """Say what to do with the candidates for one company: link the best, let a person choose, or nothing.

    Only a common identifier under a name that shares its words, or the same name at the same street, links by itself,
    and only when no rival is near and the company has not ceased.
    """
    ranked = sorted(matches, key=lambda match: match.score, reverse=True)
    if not ranked or ranked[0].score < WORTH_A_LOOK:
        return "none"
    best, rivals = ranked[0], ranked[1:]
    return "auto" if is_certain(best) and not any(_is_rival(one, best) for one in rivals) else "review"


def is_certain(match: Match) -> bool:
    """Whether this candidate may be linked by itself, as long as it has no rival."""
    clues, similarity = match.clues, match.name_similarity
    if clues & FORBIDDING:
        return False
    if has_identifier(match):
        return similarity >= OTHER_NAME
    if Clue.NEAR_NUMBER in clues and Clue.EXTRA_WORDS not in clues:
        return similarity >= CLOSE_NAME
    return not clues & DOUBTFUL and similarity >= SAME_NAME and _is_placed(clues)


def is_settled(match: Match) -> bool:
    """Whether nothing is worth another search: a common identifier and, for all one can see, the same name."""
    plain_name = not match.clues & {Clue.EXTRA_WORDS, Clue.CUT_NAME}
    return is_certain(match) and has_identifier(match) and plain_name and match.name_similarity >= CLOSE_NAME


def has_identifier(match: Match) -> bool:
    """Whether a number or a VAT number is common."""
    return match.says(Clue.SAME_NUMBER) or match.says(Clue.SAME_VAT)


def _is_placed(clues: frozenset[Clue]) -> bool:
    town = clues & {Clue.SAME_POSTCODE, Clue.SAME_CITY}
    return bool(town) and bool(clues & {Clue.SAME_STREET, Clue.SAME_PHONE})


def _is_rival(other: Match, best: Match) -> bool:
    """Whether another candidate makes a person choose."""
    if best.score - other.score <= RIVAL_GAP:
        return True
    if other.name_similarity >= max(CLOSE_NAME, best.name_similarity + RIVAL_GAP):
        return True  # the number says one company and the name another
    at_home = other.says(Clue.SAME_STREET) and not other.says(Clue.OTHER_WORDS)
    return at_home and not has_identifier(best)  # a sister at the same street, whose name holds ours


def _score(reasons: Sequence[Evidence]) -> int:
    """Points for the name and the place, or for a common identifier; what contradicts takes some away."""
    clues = {reason.code for reason in reasons}
    similarity = next(int(r.detail) for r in reasons if r.code in {Clue.NAME, Clue.OTHER_NAME})
    place = min(_MOST_FOR_PLACE, sum(points for clue, points in _PLACE_POINTS.items() if clue in clues))
    apart = 6 if Clue.OTHER_WORDS in clues else 0
    points = similarity * _NAME_POINTS // 100 + place - apart + (_NEAR_POINTS if Clue.NEAR_NUMBER in clues else 0)
    if clues & {Clue.SAME_NUMBER, Clue.SAME_VAT}:
        named = 40 * max(0, similarity - OTHER_NAME) // (100 - OTHER_NAME)
        points = max(points, 60 + named + max(0, place) // 2)
    points = min(100, points)
    if clues & {Clue.OTHER_NUMBER, Clue.OTHER_VAT}:
        points -= 25 if Clue.OTHER_NUMBER in clues else 20
    if Clue.OTHER_COUNTRY in clues:
        points = min(points // 2, 40)
    return max(0, points)


def _identifiers(ours: Party, theirs: Party) -> Iterator[Evidence]:
    home, there = _country(ours), _country(theirs)
    if home and there and home != there:
        yield Evidence(Clue.OTHER_COUNTRY, theirs.country)  # numbers of two registers say nothing of each other
    else:
        yield from _numbers(ours, theirs, home or there)
    a, b = vat_of(ours, there), vat_of(theirs, home)
    if a and b:
        yield Evidence(Clue.SAME_VAT if a == b else Clue.OTHER_VAT, b)


def _numbers(ours: Party, theirs: Party, country: str) -> Iterator[Evidence]:
    a, b = number_of(ours, country), number_of(theirs, country)
    if a and b:
        yield Evidence(Clue.SAME_NUMBER if a == b else Clue.OTHER_NUMBER, b)
    else:
        yield from _wrong_number(a or b, theirs.registration_number if a else ours.registration_number)


def _country(party: Party) -> str:
    return "FR" if party.country in FRENCH_TERRITORIES else party.country


def number_of(party: Party, country: str = "") -> str:
    """Return the number that identifies the legal entity; in France its SIREN, from whatever holds it. Empty if bad.

    `country` is where a party without a country is.
    """
    if (_country(party) or country) in {"", "FR"}:
        return _siren(party.registration_number) or _siren(party.vat_number) or ""
    return normalise_registration(party.registration_number).lstrip("0")


def vat_of(party: Party, country: str = "") -> str:
    """Return the VAT number as it is compared and searched; empty when it is wrong."""
    return _vat(party.vat_number, _country(party) or country or "FR") if party.vat_number else ""


@lru_cache(maxsize=20_000)
def _siren(text: str) -> str | None:
    return siren_of(text) if text else None


@lru_cache(maxsize=20_000)
def _vat(text: str, country: str) -> str:
    checked = check_vat(text, country)
    return checked.value if checked.ok else ""


def _wrong_number(sound: str, written: str) -> Iterator[Evidence]:
    """What a number that is wrong says of a sound one."""
    if not sound or not _is_number(written):
        return
    near = _is_slip(written, sound)
    yield Evidence(Clue.NEAR_NUMBER, sound) if near else Evidence(Clue.ODD_NUMBER, written)


def _is_number(text: str) -> bool:
    """Whether somebody meant a number by this, however wrong it is, and no filler such as 000000000."""
    digits = normalise_registration(text)
    return len(digits) >= SHORTEST_NUMBER and digits.isdigit() and len(set(digits)) > 1 and digits not in FILLER


def _is_slip(written: str, siren: str) -> bool:
    """Whether this is the SIREN with one digit wrong, missing, twice, or changed with its neighbour."""
    digits = normalise_registration(written)
    return OSA.distance(digits[:9] if len(digits) == 14 else digits, siren, score_cutoff=1) <= 1


def _names(ours: Party, theirs: Party) -> Iterator[Evidence]:
    names = {(ours.name, other) for other in (theirs.name, *theirs.trading_names)}
    names |= {(other, theirs.name) for other in ours.trading_names}
    pair = max(names, key=lambda pair: (name_similarity(*pair), pair == (ours.name, theirs.name), pair))
    similarity = name_similarity(*pair)
    yield Evidence(Clue.NAME if similarity >= OTHER_NAME else Clue.OTHER_NAME, str(similarity))
    mine, others = words_apart(*pair)
    if similarity >= OTHER_NAME and (mine or others):
        yield Evidence(Clue.OTHER_WORDS if mine and others else Clue.EXTRA_WORDS, others or mine)
    if may_be_cut(ours.name):
        yield Evidence(Clue.CUT_NAME, str(len(ours.name)))
    if is_civil(ours.name) != is_civil(theirs.name):
        yield Evidence(Clue.OTHER_FORM, CIVIL)


def _places(ours: Party, theirs: Party) -> list[Evidence]:
    """What the nearest of its addresses says."""
    pairs = [(a, b) for a in (ours.head_office, *ours.branches) for b in (theirs.head_office, *theirs.branches)]
    found = [(list(_place(a, b)), b) for a, b in pairs]
    best, place = max(found, key=lambda one: sum(_PLACE_POINTS.get(clue.code, 0) for clue in one[0]))
    if best and place != theirs.head_office:
        best.append(Evidence(Clue.BRANCH, f"{place.postal_code} {place.city}".strip()))
    a, b = phone_key(ours.phone), phone_key(theirs.phone)
    return [*best, Evidence(Clue.SAME_PHONE, theirs.phone)] if a and a == b else best


def _place(ours: Place, theirs: Place) -> Iterator[Evidence]:
    a, b = normalise_registration(ours.postal_code), normalise_registration(theirs.postal_code)
    if a and b:
        yield Evidence(Clue.SAME_POSTCODE if a == b else Clue.OTHER_POSTCODE, b)
    if a and a != b and len(a) == len(b) == 5 and a[:2] == b[:2]:
        yield Evidence(Clue.SAME_AREA, b[:2])
    city = same_city(ours.city, theirs.city)
    if city is not None:
        yield Evidence(Clue.SAME_CITY if city else Clue.OTHER_CITY, theirs.city)
    street = same_street(ours.street, theirs.street)
    if street is not None:
        yield Evidence(Clue.SAME_STREET if street else Clue.OTHER_STREET, theirs.street)
    if street and has_house(ours.street) != has_house(theirs.street):
        yield Evidence(Clue.NO_HOUSE, "")

"""Two companies of our own books that are probably one entity: where to look, and what is worth a person's time."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz import fuzz, process

from companies.rules.identifiers import FRENCH_TERRITORIES, check_vat, normalise_registration, siren_of
from companies.rules.matching import Clue, Match, Party, compare, has_identifier

ALIKE = 84
"""Names less alike than this, in percent, are not compared any further."""
LIKELY = 70
"""From this score on, a pair without a common identifier is shown."""
LARGEST = 1500
"""Names of one place are compared each with each up to this number, and by their first letters beyond."""


def identifier_keys(party: Party, siret: str = "") -> set[str]:
    """Everything that identifies the legal entity, in one spelling: companies that share a key are one or wrong.

    A SIREN is read from number, SIRET and VAT number alike, whatever French territory the country says.
    """
    keys = set()
    french = party.country in FRENCH_TERRITORIES or not party.country
    if french:
        numbers = (siren_of(text) for text in (party.registration_number, siret, party.vat_number) if text)
        keys |= {f"FR {number}" for number in numbers if number}
    else:
        number = normalise_registration(party.registration_number).lstrip("0")
        keys |= {f"{party.country} {number}"} if number else set()
    if party.vat_number:
        vat = check_vat(party.vat_number, party.country or "FR")
        keys |= {f"VAT {vat.value}"} if vat.ok else set()
    return keys


def near_names(keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Places, first one lower, of the names of one block that are alike whatever the order of their words.

    `keys` are names without legal form and accents. In a block of more than 1 500, names whose first letters differ
    in every order of their words are not compared.
    """
    texts = [" ".join(sorted(key.split())) for key in keys]
    found: set[tuple[int, int]] = set()
    for places in _blocks(keys, texts):
        for at, place in enumerate(places[:-1]):
            others = {other: texts[other] for other in places[at + 1 :]}
            for _text, _score, other in process.extract_iter(
                texts[place], others, scorer=fuzz.ratio, score_cutoff=ALIKE
            ):
                found.add((min(place, other), max(place, other)))
    yield from sorted(found)


def _blocks(keys: Sequence[str], texts: Sequence[str]) -> Iterable[list[int]]:
    named = [place for place, text in enumerate(texts) if text]
    if len(named) <= LARGEST:
        return [named]
    blocks: dict[str, list[int]] = defaultdict(list)
    for place in named:
        for start in {keys[place][:3], texts[place][:3]}:
            blocks[start].append(place)
    return blocks.values()


def judge(one: Party, other: Party) -> Match | None:
    """Compare two of our companies; None when they are not worth a look.

    A common identifier always is. Else the names must be alike at one place, with no identifier and no word against.
    """
    match = compare(one, other)
    if has_identifier(match):
        return match
    against = match.clues & {Clue.OTHER_NUMBER, Clue.OTHER_VAT, Clue.OTHER_COUNTRY, Clue.OTHER_WORDS, Clue.OTHER_FORM}
    placed = match.clues & {Clue.SAME_POSTCODE, Clue.SAME_CITY, Clue.SAME_STREET}
    return match if placed and not against and match.score >= LIKELY else None


def facts_of(*parts: Sequence[str]) -> str:
    """A mark of what two companies say of themselves: it differs when the facts change."""
    return hashlib.sha256(repr([tuple(part) for part in parts]).encode()).hexdigest()

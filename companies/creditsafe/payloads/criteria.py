"""What a search may ask for in a country (API reference 2.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from companies.creditsafe.payloads.values import Json, flag, integer, mapping, rows, text, texts

_SPELLINGS = {"phoneNumber": "phoneNo", "registrationNumber": "regNo", "vatNumber": "vatNo", "safeNumber": "safeNo"}
_SPELLINGS |= {"simpleValue": "address", "postalCode": "postCode", "houseNumber": "houseNo"}
_RULES = {"required", "optional", "minLength", "maxLength", "allowedValues", "validationRegExp"}


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One parameter of a search, named as the search takes it; lengths are None when the server sets none."""

    name: str
    required: bool = False
    shortest: int | None = None
    longest: int | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchRules:
    """The sets of criteria of a country: a search uses parameters of one set, with all that this set requires."""

    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sets: tuple[tuple[Criterion, ...], ...] = ()

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Every criterion once, as its first set has it."""
        found: dict[str, Criterion] = {}
        for one in self.sets:
            for criterion in one:
                found.setdefault(criterion.name, criterion)
        return tuple(found.values())


def parse_criteria(body: object) -> SearchRules:
    """Read `/companies/searchcriteria`, also with the capitals of the oldest answers."""
    found = {name[:1].lower() + name[1:]: value for name, value in mapping(body).items()}
    sets = (tuple(_criteria(row)) for row in rows(found.get("criteriaSets")))
    return SearchRules(
        countries=texts(found.get("countries")),
        languages=texts(found.get("languages")),
        sets=tuple(one for one in sets if one),
    )


def _criteria(row: Json) -> Iterator[Criterion]:
    for name, value in row.items():
        rules = mapping(value)
        parts = rules if _is_group(rules) else {name: rules}
        yield from (_criterion(_SPELLINGS.get(part, part), mapping(its)) for part, its in parts.items())


def _is_group(rules: Mapping[str, Any]) -> bool:
    """An address holds criteria of its own; an empty object is a criterion without rules."""
    return bool(rules) and not rules.keys() & _RULES


def _criterion(name: str, rules: Json) -> Criterion:
    optional = flag(rules.get("optional"))
    return Criterion(
        name=name,
        required=flag(rules.get("required")) is True or optional is False,
        shortest=integer(rules.get("minLength")),
        longest=integer(rules.get("maxLength")),
        allowed=texts(rules.get("allowedValues")),
        pattern=text(rules.get("validationRegExp")),
    )

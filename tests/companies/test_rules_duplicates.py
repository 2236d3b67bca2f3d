"""What makes two of our companies look like one."""

from typing import Any

import pytest

from companies.rules.duplicates import LARGEST, facts_of, identifier_keys, judge, near_names
from companies.rules.matching import Clue, Party

SIREN, OTHER = "489724245", "732829320"
LILLE: dict[str, Any] = {"postal_code": "59000", "city": "Lille", "street": "12 rue des Forges", "country": "FR"}


@pytest.mark.parametrize(
    ("party", "siret"),
    [
        (Party("", registration_number="489 724 245", country="FR"), ""),
        (Party("", registration_number="RCS Lille Métropole B 489 724 245", country="FR"), ""),
        (Party("", vat_number="FR 77 489 724 245", country="FR"), ""),
        (Party("", country="FR"), "48972424500035"),
        (Party("", registration_number="489724245", country="RE"), ""),
    ],
    ids=["spaced number", "register line", "VAT number", "SIRET", "overseas territory"],
)
def test_a_siren_is_found_in_whatever_holds_it(party: Party, siret: str) -> None:
    assert f"FR {SIREN}" in identifier_keys(party, siret)


@pytest.mark.parametrize("number", ["", "000000000", "489724246", "4,89724E+13"])
def test_what_is_no_number_identifies_nothing(number: str) -> None:
    assert identifier_keys(Party("", registration_number=number, country="FR")) == set()


def test_a_foreign_number_counts_in_its_country_only() -> None:
    german, austrian = (Party("", registration_number="HRB 1234", country=code) for code in ("DE", "AT"))
    assert identifier_keys(german).isdisjoint(identifier_keys(austrian))
    assert identifier_keys(german) == identifier_keys(Party("", registration_number="HRB1234", country="DE"))


def test_one_vat_number_makes_a_pair_whatever_the_names() -> None:
    found = judge(Party("Forges", vat_number=f"FR77{SIREN}"), Party("Dupont et fils", vat_number=f"fr 77 {SIREN}"))
    assert found is not None
    assert found.says(Clue.SAME_VAT)


@pytest.mark.parametrize(
    ("name", "place", "is_pair"),
    [
        ("FORGES DU NORD S.A.R.L.", LILLE, True),
        ("Forge du Nord", LILLE, True),
        ("Forges du Sud", LILLE, False),
        ("Forges du Nord", {"postal_code": "13000", "city": "Marseille", "country": "FR"}, False),
        ("Forges du Nord", {**LILLE, "country": "BE"}, False),
        ("Boulangerie Petit", LILLE, False),
        ("Forges du Nord", {"country": "FR"}, False),
    ],
    ids=["other form", "one letter", "other word", "other town", "other country", "other name", "no place"],
)
def test_names_alike_make_a_pair_at_one_place_only(name: str, place: dict[str, Any], is_pair: bool) -> None:
    assert (judge(Party("Forges du Nord SAS", **LILLE), Party(name, **place)) is not None) is is_pair


def test_two_valid_numbers_are_two_companies_whatever_the_name() -> None:
    one, other = (Party("Forges du Nord", registration_number=number, **LILLE) for number in (SIREN, OTHER))
    assert judge(one, other) is None


def test_near_names_are_found_in_any_order_of_their_words() -> None:
    keys = ["FORGES NORD", "NORD FORGES", "BOULANGERIE PETIT", "FORGE NORD", ""]
    assert list(near_names(keys)) == [(0, 1), (0, 3), (1, 3)]


def test_a_crowded_place_is_searched_by_first_letters() -> None:
    keys = [f"{number:05d} MAISON {number * 7919 % 99991:05d}" for number in range(LARGEST)]
    assert (LARGEST, LARGEST + 1) in set(near_names([*keys, "ZEBRE AZUR", "ZEBRES AZUR"]))


def test_facts_differ_when_a_part_does() -> None:
    assert facts_of(["a", "b"], ["c"]) == facts_of(["a", "b"], ["c"])
    assert facts_of(["a", "b"], ["c"]) != facts_of(["a"], ["b", "c"])

"""The invented companies: stable, valid, and as varied as real ones."""

from collections import Counter
from statistics import median

import pytest
from stdnum.be import vat as belgian
from stdnum.de import vat as german
from stdnum.es import nif as spanish
from stdnum.fr import siren, siret, tva
from stdnum.gb import vat as british
from stdnum.it import iva as italian
from stdnum.se import vat as swedish

from companies.creditsafe.sandbox import bureau, changes
from companies.creditsafe.sandbox.directory import Directory, make

VAT = {"FR": tva, "BE": belgian, "DE": german, "ES": spanish, "GB": british, "IT": italian, "SE": swedish}


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory(1200, 2026)


def test_the_same_arguments_give_the_same_companies(directory: Directory) -> None:
    assert [make(index, 2026) for index in range(1200)] == directory.companies


def test_a_change_in_one_directory_leaves_the_others_alone(directory: Directory) -> None:
    other = Directory(1200, 2026)
    connect_id = other.companies[0].connect_id
    for change in (
        {"kind": "failure", "judgment": "LJ", "closes": True},
        {"kind": "directors", "director": "M INVENTE JULES"},
        {"kind": "address", "address": ["1", "rue Neuve", "59000", "Lille", "Nord (59)"]},
        {"kind": "name", "name": "AUTRE NOM"},
    ):
        changes.apply(other, change | {"id": connect_id, "day": "2026-11-21"})
    assert other.companies[0] != directory.companies[0]
    assert make(0, 2026) == directory.companies[0] == Directory(1, 2026).companies[0]


def test_a_larger_directory_only_appends(directory: Directory) -> None:
    assert Directory(300, 2026).companies == directory.companies[:300]


def test_another_seed_gives_other_companies(directory: Directory) -> None:
    assert {one.name for one in Directory(50, 7).companies} != {one.name for one in directory.companies[:50]}


def test_three_quarters_of_the_companies_are_french(directory: Directory) -> None:
    countries = Counter(one.country for one in directory.companies)
    assert 0.7 < countries["FR"] / 1200 < 0.8
    assert set(countries) == {"FR", "GB", "BE", "DE", "IT", "ES", "SE", "US"}


def test_french_numbers_have_right_check_digits(directory: Directory) -> None:
    for company in directory.companies:
        if company.country == "FR":
            assert siren.is_valid(company.number)
            assert all(siret.is_valid(number) for number in (company.office, *(one.number for one in company.branches)))
            assert company.connect_id == f"FR-X-{company.office}"


def test_vat_numbers_are_valid_in_their_countries(directory: Directory) -> None:
    for company in directory.companies:
        assert company.country == "US" or VAT[company.country].is_valid(company.vat), company.vat


def test_no_two_companies_share_an_identifier(directory: Directory) -> None:
    for name in ("connect_id", "safe_number", "office"):
        assert len({getattr(one, name) for one in directory.companies}) == 1200


def test_half_of_the_scores_are_below_about_fifty(directory: Directory) -> None:
    scores = [one.standing.score for one in directory.companies if one.standing.score]
    assert 40 <= median(scores) <= 55


def test_every_band_and_every_oddity_occurs(directory: Directory) -> None:
    bands = Counter(bureau.band(one.standing.score) for one in directory.companies)
    assert min(bands[letter] for letter in "ABCDE") > 50
    assert {one.standing.oddity for one in directory.companies} == {"", *(name for name, _ in bureau.ODDITIES)}


@pytest.mark.parametrize(
    ("score", "letter"),
    [(100, "A"), (71, "A"), (70, "B"), (51, "B"), (50, "C"), (30, "C"), (29, "D"), (1, "D"), (0, "D"), (None, "E")],
)
def test_the_letter_follows_the_score(score: int | None, letter: str) -> None:
    assert bureau.band(score) == letter


def test_a_limit_is_at_most_forty_percent_of_equity(directory: Directory) -> None:
    figures = [one for one in directory.companies if one.standing.limit.isdigit()]
    assert all(int(one.standing.limit) <= max(0, 0.4 * one.equity) for one in figures)
    assert sum(int(one.standing.limit) > 0 for one in figures) > 700


def test_no_limit_is_advised_below_thirty(directory: Directory) -> None:
    weak = [one for one in directory.companies if (one.standing.score or 99) < 30 and not one.standing.oddity]
    assert weak
    assert {one.standing.limit for one in weak} == {"0"}


def test_a_contract_limit_is_larger_than_the_credit_limit(directory: Directory) -> None:
    both = [one.standing for one in directory.companies if one.standing.contract]
    assert len(both) > 600
    assert all(1.4 < (one.contract or 0) / int(one.limit) <= 3.5 for one in both)


def test_a_history_covers_years_and_ends_today(directory: Directory) -> None:
    for company in directory.companies:
        history = company.history()
        assert [one.day for one in history] == sorted(one.day for one in history)
        assert 1.5 * 365 < (history[-1].day - history[0].day).days < 6.5 * 365
        assert (history[-1].score, history[-1].limit) == (company.standing.score, company.standing.limit)

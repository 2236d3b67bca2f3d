from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from companies.rules.identifiers import (
    Flaw,
    check_lei,
    check_siren,
    check_siret,
    check_vat,
    normalise,
    normalise_registration,
    siren_of,
    vat_of_siren,
)

SIRENS = {"489724245": "FR77", "732829320": "FR44", "130025265": "FR07", "552100554": "FR96", "356000000": "FR39"}


def with_luhn(stem: str) -> str:
    return stem + luhn.calc_check_digit(stem)


@pytest.mark.parametrize(("siren", "key"), SIRENS.items(), ids=SIRENS.keys())
def test_a_valid_siren_gives_its_vat_number(siren, key):
    assert check_siren(siren).ok
    assert vat_of_siren(siren) == key + siren
    assert check_vat(key + siren).ok


@pytest.mark.parametrize(
    ("text", "flaw", "suggestion"),
    [
        pytest.param("732829321", Flaw.BAD_CHECKSUM, "", id="one digit mistyped"),
        pytest.param("000000000", Flaw.ALL_ZEROS, "", id="zeros, which Luhn accepts"),
        pytest.param("4,89724E+08", Flaw.EXCEL_NUMBER, "", id="Excel with a comma"),
        pytest.param("4.89724e+13", Flaw.EXCEL_NUMBER, "", id="Excel with a point"),
        pytest.param("5520176", Flaw.WRONG_LENGTH, "", id="seven digits"),
        pytest.param("48972425", Flaw.WRONG_LENGTH, "", id="eight digits that no zero mends"),
        pytest.param("48972424A", Flaw.BAD_CHARACTERS, "", id="a letter"),
        pytest.param("48972424²", Flaw.BAD_CHECKSUM, "", id="a superscript is read as its digit"),
        pytest.param("48972424500035", Flaw.WRONG_LENGTH, "489724245", id="a SIRET"),
        pytest.param(" \u00a0", Flaw.EMPTY, "", id="blanks"),
    ],
)
def test_a_refused_siren_says_why(text, flaw, suggestion):
    check = check_siren(text)
    assert not check.ok
    assert (check.flaw, check.suggestion) == (flaw, suggestion)


def test_a_siren_that_lost_its_leading_zero_is_recognised():
    whole = with_luhn("00552017")
    check = check_siren(whole[1:])
    assert (check.flaw, check.suggestion) == (Flaw.LEADING_ZERO_LOST, whole)


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        pytest.param("48972424500035", True, id="of the mission's deck"),
        pytest.param("73282932000074", True, id="Luhn passes"),
        pytest.param("73282932000079", False, id="Luhn fails"),
        pytest.param("35600000000048", True, id="head office of La Poste, by Luhn"),
        pytest.param("35600000049837", True, id="La Poste, digit sum 45"),
        pytest.param("35600000049838", False, id="La Poste, digit sum 46"),
        pytest.param("489 724 245 00035", True, id="blanks"),
        pytest.param("489\u202f724\u00a0245-00035", True, id="narrow blanks and a dash"),
    ],
)
def test_siret(text, ok):
    assert check_siret(text).ok is ok


def test_a_wrong_siret_with_the_digit_sum_of_la_poste_is_refused_elsewhere():
    assert sum(map(int, "73282932000081")) % 5 == 0
    assert check_siret("73282932000081").flaw is Flaw.BAD_CHECKSUM


@pytest.mark.parametrize(
    "text", ["489 724 245", "489.724.245", "'489724245", "489\u00a0724\u202f245", "４８９７２４２４５"]
)
def test_spellings_of_a_siren_are_normalised(text):
    assert check_siren(text).value == "489724245"
    assert check_siren(text).ok


@pytest.mark.parametrize(
    ("text", "country", "value", "flaw"),
    [
        pytest.param(" FR 77 489 724 245", "FR", "FR77489724245", None, id="blanks"),
        pytest.param("77489724245", "FR", "FR77489724245", None, id="no prefix"),
        pytest.param("FR78489724245", "FR", "FR78489724245", Flaw.BAD_CHECKSUM, id="wrong key"),
        pytest.param("FR4897242", "FR", "FR4897242", Flaw.WRONG_LENGTH, id="too short"),
        pytest.param("FR77000000000", "FR", "FR77000000000", Flaw.ALL_ZEROS, id="zeros"),
        pytest.param("7,74897E+10", "FR", "7,74897E+10", Flaw.EXCEL_NUMBER, id="Excel"),
        pytest.param("7130025265", "FR", "FR7130025265", Flaw.LEADING_ZERO_LOST, id="zero of the key lost"),
        pytest.param("DE136695976", "FR", "DE136695976", None, id="German"),
        pytest.param("136695976", "DE", "DE136695976", None, id="German without prefix"),
        pytest.param("DE136695977", "DE", "DE136695977", Flaw.BAD_CHECKSUM, id="German, mistyped"),
        pytest.param("BE 0403.170.701", "BE", "BE0403170701", None, id="Belgian"),
        pytest.param("ATU13585627", "AT", "ATU13585627", None, id="Austrian, with its letter"),
        pytest.param("GB980780684", "GB", "GB980780684", None, id="British"),
        pytest.param("", "FR", "", Flaw.EMPTY, id="empty"),
    ],
)
def test_vat_number(text, country, value, flaw):
    check = check_vat(text, country)
    assert (check.value, check.flaw) == (value, flaw)


def test_a_wrong_key_comes_with_the_right_one():
    assert check_vat("FR78489724245").suggestion == "FR77489724245"


def test_a_french_key_with_letters_is_accepted_but_not_computed():
    check = check_vat("FRK7399859412")
    assert check.ok
    assert not check.computed


def test_a_vat_number_of_a_country_without_rule_is_kept_unverified():
    assert check_vat("US123456", "US").ok
    assert not check_vat("US123456", "US").computed


@pytest.mark.parametrize(
    ("text", "siren"),
    [
        pytest.param("489 724 245", "489724245", id="SIREN"),
        pytest.param("48972424500035", "489724245", id="SIRET"),
        pytest.param("FR77489724245", "489724245", id="VAT number"),
        pytest.param("RCS Lille Métropole B 489 724 245", "489724245", id="RCS line"),
        pytest.param("R.C.S. LILLE B 489724245", "489724245", id="RCS with points"),
        pytest.param("FR78489724245", None, id="wrong VAT number"),
        pytest.param("HRB 12345", None, id="foreign number"),
        pytest.param("000000000", None, id="zeros"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_siren_inside_other_identifiers(text, siren):
    assert siren_of(text) == siren


def test_registration_numbers_compare_without_punctuation():
    assert normalise_registration("HRB 12.345-B") == normalise_registration("hrb12345 b") == "HRB12345B"


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_no_text_breaks_a_check(text):
    for check in (check_siren(text), check_siret(text), check_vat(text)):
        assert check.ok is (check.flaw is None)
    siren_of(text)


@given(st.integers(1, 10**8 - 1))
def test_every_siren_comes_back_from_its_vat_number(stem):
    siren = with_luhn(f"{stem:08d}")
    assert siren_of(vat_of_siren(siren)) == (None if siren.startswith("000") else siren)


@given(st.integers(10**7, 10**8 - 1), st.integers(0, 8), st.integers(1, 9))
def test_one_mistyped_digit_is_always_seen(stem, place, shift):
    siren = with_luhn(str(stem))
    wrong = siren[:place] + str((int(siren[place]) + shift) % 10) + siren[place + 1 :]
    assert not check_siren(wrong).ok
    assert Decimal(wrong) != Decimal(siren)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("969500T7CS4RVQ3AGU78", None),
        ("9695 00T7CS4RVQ3AGU78 ", None),
        ("969500T7CS4RVQ3AGU87", Flaw.BAD_CHECKSUM),
        ("969500T7CS4RVQ3AGU5", Flaw.WRONG_LENGTH),
        ("969500T7CS4RVQ3AGUXX", Flaw.BAD_CHARACTERS),
        ("0" * 20, Flaw.ALL_ZEROS),
        ("9,695E+19", Flaw.EXCEL_NUMBER),
        ("", Flaw.EMPTY),
    ],
)
def test_lei(text, flaw):
    assert check_lei(text).flaw is flaw

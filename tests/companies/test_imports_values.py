from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.imports.amounts import Amount, AmountFlaw, AmountNote, BadAmount, NumberProfile, parse_amount
from companies.imports.dates import BadDate, Compact, DateFlaw, DateProfile, Day, guess_compact, parse_date

D = Decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("1\u202f234,56", "1234.56"),
        ("1\u2009234,56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1'234.56", "1234.56"),
        ("1’234.56", "1234.56"),
        ("1 234 567,8", "1234567.8"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("123,45-", "-123.45"),
        ("-123,45", "-123.45"),
        ("−123,45", "-123.45"),
        ("- 123,45", "-123.45"),
        ("(123,45)", "-123.45"),
        ("123,45 CR", "-123.45"),
        ("123,45 C", "-123.45"),
        ("123,45 DB", "123.45"),
        ("123,45 D", "123.45"),
        ("+123,45", "123.45"),
        (",50", "0.50"),
        ("0,5", "0.50"),
        ("0,500", "0.5"),
        ("-0,00", "0"),
        ("99999999999999,99", "99999999999999.99"),
        ("0", "0"),
    ],
)
def test_amounts(text, value):
    assert parse_amount(text) == Amount(D(value))


def test_there_is_no_negative_zero():
    assert str(parse_amount("-0,00").value) == "0.00"
    assert str(parse_amount("0,00-").value) == "0.00"


@pytest.mark.parametrize("text", ["", " ", "-", "\u00a0"], ids=["empty", "blank", "dash", "unbreakable blank"])
def test_an_empty_amount_is_unknown_and_not_0(text):
    assert parse_amount(text).value is None


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12,00 €", "EUR"), ("€ 12,00", "EUR"), ("12,00 EUR", "EUR"), ("$12,00", "USD"), ("12,00 chf", "CHF")],
)
def test_a_currency_beside_an_amount_is_captured(text, currency):
    assert parse_amount(text) == Amount(D(12), currency)


@pytest.mark.parametrize(
    ("text", "value"), [("1.234", "1234"), ("1,234", "1.234"), ("-12.345", "-12345")], ids=["point", "comma", "signed"]
)
def test_three_digits_after_one_separator_are_ambiguous(text, value):
    assert parse_amount(text) == Amount(D(value), note=AmountNote.AMBIGUOUS)


def test_the_profile_decides_what_is_ambiguous():
    assert parse_amount("1.234", NumberProfile(decimal=".")).value == D("1.234")
    assert parse_amount("1,234", NumberProfile(decimal=".")).value == D("1234")


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("#N/A", AmountFlaw.EXCEL_ERROR),
        ("#REF!", AmountFlaw.EXCEL_ERROR),
        ("#####", AmountFlaw.EXCEL_ERROR),
        ("1,2E+05", AmountFlaw.SCIENTIFIC),
        ("NaN", AmountFlaw.NOT_A_NUMBER),
        ("Infinity", AmountFlaw.NOT_A_NUMBER),
        ("1 2 3", AmountFlaw.SEPARATORS),
        ("12,34,56", AmountFlaw.SEPARATORS),
        ("1.23.456", AmountFlaw.SEPARATORS),
        ("1,234.567,8", AmountFlaw.SEPARATORS),
        ("12,", AmountFlaw.SEPARATORS),
        ("(-5)", AmountFlaw.NOT_A_NUMBER),
        ("-5-", AmountFlaw.NOT_A_NUMBER),
        ("-5 CR", AmountFlaw.NOT_A_NUMBER),
        ("douze", AmountFlaw.NOT_A_NUMBER),
        ("31/01/2026", AmountFlaw.NOT_A_NUMBER),
        ("100000000000000", AmountFlaw.TOO_LARGE),
    ],
)
def test_what_is_no_amount_is_refused(text, flaw):
    with pytest.raises(BadAmount) as bad:
        parse_amount(text)
    assert bad.value.flaw is flaw


@pytest.mark.parametrize(
    ("text", "value"),
    [("0001234N", "-123.45"), ("0001234E", "123.45"), ("000120}", "-12.00"), ("000120{", "12.00")],
)
def test_zoned_numbers(text, value):
    assert parse_amount(text) == Amount(D(value), note=AmountNote.ZONED)


def test_decimals_are_implied_only_by_the_profile():
    assert parse_amount("00012345", NumberProfile(implied_decimals=2)).value == D("123.45")
    assert parse_amount("00012345").value == D(12345)


def french(value: Decimal, space: str, sign: str) -> str:
    text = f"{abs(value):,.2f}".replace(",", space).replace(".", ",")
    return {"-": f"-{text}", "trailing": f"{text}-", "brackets": f"({text})"}[sign] if value < 0 else text


@given(
    st.decimals(-(10**13), 10**13, places=2),
    st.sampled_from([" ", "\u00a0", "\u202f", ""]),
    st.sampled_from(["-", "trailing", "brackets"]),
)
def test_every_french_amount_comes_back_exactly(value, space, sign):
    assert parse_amount(french(value, space, sign)).value == value


@given(st.text())
def test_no_text_breaks_the_reading_of_amounts(text):
    try:
        value = parse_amount(text).value
    except BadAmount:
        return
    assert value is None or value.is_finite()


LAST_OF_JANUARY = [
    *("31/01/2026", "31-01-2026", "31.01.2026", "2026-01-31", "2026/01/31", "20260131", "31012026", "31/01/26"),
    *("1260131", "46053", "31/01/2026 00:00:00", "31/01/2026 00:00", "2026-01-31T00:00:00Z", " 31/1/2026 "),
    *("31 janv. 2026", "31 janvier 2026", "31-janv-26", "31 Jan 2026", "31 January 2026"),
]


@pytest.mark.parametrize("text", LAST_OF_JANUARY)
def test_dates(text):
    assert parse_date(text) == Day(date(2026, 1, 31))


@pytest.mark.parametrize(
    ("text", "month"),
    [("1er févr. 2026", 2), ("1 fevr 2026", 2), ("1 août 2026", 8), ("1 aout 2026", 8), ("1 déc. 2026", 12)],
)
def test_months_in_words_with_and_without_accents(text, month):
    assert parse_date(text).value == date(2026, month, 1)


def test_the_day_comes_first():
    assert parse_date("05/04/2026").value == date(2026, 4, 5)


@pytest.mark.parametrize(
    ("text", "year"),
    [("31/12/69", 2069), ("31/12/70", 1970), ("0991231", 1999)],
    ids=["below", "pivot", "century digit"],
)
def test_centuries(text, year):
    assert parse_date(text).value == date(year, 12, 31)


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        pytest.param("310126", Compact.DDMMYY, Day(date(2026, 1, 31)), id="JJMMAA"),
        pytest.param("260131", Compact.YYMMDD, Day(date(2026, 1, 31)), id="YYMMDD"),
        pytest.param("991231", Compact.CYYMMDD, Day(date(1999, 12, 31)), id="leading zero lost"),
        pytest.param("260131", Compact.CYYMMDD, Day(date(1926, 1, 31), plausible=False), id="probably YYMMDD"),
    ],
)
def test_six_digits_need_a_profile(text, form, day):
    assert parse_date(text, DateProfile(form)) == day
    with pytest.raises(BadDate):
        parse_date(text)


def test_an_excel_serial_depends_on_the_calendar_of_the_workbook():
    assert parse_date("44591", DateProfile(epoch_1904=True)).value == date(2026, 1, 31)
    assert parse_date("44591").value == date(2022, 1, 30)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("01/31/2026", DateFlaw.MONTH_FIRST),
        ("30/02/2026", DateFlaw.NO_SUCH_DAY),
        ("29/02/2026", DateFlaw.NO_SUCH_DAY),
        ("32/01/2026", DateFlaw.NO_SUCH_DAY),
        ("310126", DateFlaw.SIX_DIGITS),
        ("15/01/0206", DateFlaw.BAD_YEAR),
        ("15/01/2206", DateFlaw.BAD_YEAR),
        ("31/01-2026", DateFlaw.NOT_A_DATE),
        ("31 jui 2026", DateFlaw.NOT_A_DATE),
        ("bientôt", DateFlaw.NOT_A_DATE),
        ("12345", DateFlaw.NOT_A_DATE),
    ],
)
def test_what_is_no_date_is_refused(text, flaw):
    with pytest.raises(BadDate) as bad:
        parse_date(text)
    assert bad.value.flaw is flaw


@pytest.mark.parametrize(
    "text", ["", "0", "00000000", "9999999", "00/00/0000", "0001-01-01", "99/99/9999", "31/12/9999", "9999-12-31"]
)
def test_the_nulls_of_erps_are_no_dates(text):
    assert parse_date(text).value is None


@pytest.mark.parametrize(
    ("values", "form"),
    [
        pytest.param(["310126", "010226"], Compact.DDMMYY, id="only day first fits"),
        pytest.param(["260131", "260201"], Compact.YYMMDD, id="only year first fits"),
        pytest.param(["270126", "250226"], None, id="both fit"),
        pytest.param(["310126", "991331"], None, id="none fits"),
    ],
)
def test_the_order_of_six_digits_is_guessed_only_when_it_is_certain(values, form):
    assert guess_compact(values, date(2026, 11, 21)) == form


FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%d.%m.%Y %H:%M"]


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)), st.sampled_from([*FORMATS, "%d/%m/%y"]))
def test_every_date_comes_back_from_every_spelling(day, spelling):
    assert parse_date(day.strftime(spelling)) == Day(day)


@given(st.text())
def test_no_text_breaks_the_reading_of_dates(text):
    with suppress(BadDate):
        parse_date(text)

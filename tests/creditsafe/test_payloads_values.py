from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.creditsafe.payloads.values import (
    Amount,
    amount,
    day,
    dig,
    first,
    flag,
    integer,
    moment,
    number,
    read_json,
    rows,
    text,
    texts,
    unique,
)


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("33000", "33000"),
        ("0", "0"),
        (0, "0"),
        (49500.0, "49500"),
        (Decimal("1.005"), "1.005"),
        (0.1, "0.1"),
        ("-167924", "-167924"),
        (" 12 ", "12"),
        ("CNY 20,000,000", "20000000"),
        ("20,000,000 CNY", "20000000"),
        ("20 000 €", "20000"),
        ("1 234 567,89", "1234567.89"),
        ("1,234,567.89", "1234567.89"),
        ("1.234.567,89", "1234567.89"),
        ("1'234'567", "1234567"),
        ("€25,000", "25000"),
        ("12,5", "12.5"),
        ("1.250", "1.250"),
    ],
)
def test_an_amount_is_read_from_numbers_and_from_texts(wire, value):
    assert amount(wire) == Amount(Decimal(value), str(wire).strip())


@pytest.mark.parametrize(
    "wire",
    [
        *("No Limit", "Credit Limit not applicable", "-", "Not Rated", "1-5", "10K", "40 %", "1 or 2 employees", ""),
        *("1,2,3", "12,34,56", "--5", "NaN", "Infinity", "1e400", "9" * 40),
    ],
)
def test_a_text_that_is_no_sum_keeps_its_words_and_has_no_value(wire):
    assert amount(wire) == Amount(None, wire)


@pytest.mark.parametrize("wire", [None, True, False, [], {}, [5], {"value": 5}, float("nan"), float("inf")])
def test_what_is_no_number_is_none_and_never_zero(wire):
    assert number(wire) is None
    assert integer(wire) is None


def test_an_absurd_integer_is_no_number_and_no_text():
    assert number(10**5000) is None
    assert text(10**5000) == ""


@pytest.mark.parametrize(
    ("wire", "value"), [("62", 62), (62, 62), (62.0, 62), ("62.5", None), ("-18", -18), ("6 2", None)]
)
def test_a_whole_number_has_no_decimals_that_count(wire, value):
    assert integer(wire) == value


@pytest.mark.parametrize(
    ("wire", "when"),
    [
        ("2022-07-22T11:24:39.894Z", datetime(2022, 7, 22, 11, 24, 39, 894000, UTC)),
        ("2020-10-27T10:55:52.58Z", datetime(2020, 10, 27, 10, 55, 52, 580000, UTC)),
        ("2020-10-27T10:55:52.5Z", datetime(2020, 10, 27, 10, 55, 52, 500000, UTC)),
        ("2014-03-31T00:00:00.000000Z", datetime(2014, 3, 31, tzinfo=UTC)),
        ("2010-09-30T00:00:00Z", datetime(2010, 9, 30, tzinfo=UTC)),
        ("2019-12-06 08:23:37", datetime(2019, 12, 6, 8, 23, 37, tzinfo=UTC)),
        ("2019-12-06T08:23:37", datetime(2019, 12, 6, 8, 23, 37, tzinfo=UTC)),
        ("2019-12-06T08:23:37+02:00", datetime(2019, 12, 6, 6, 23, 37, tzinfo=UTC)),
        ("2019-12-06", datetime(2019, 12, 6, tzinfo=UTC)),
        ("2019-12", datetime(2019, 12, 1, tzinfo=UTC)),
        ("04/2007", datetime(2007, 4, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_aware_and_in_utc_whatever_its_form(wire, when):
    assert moment(wire) == when
    assert moment(wire).utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    "wire",
    ["", " ", None, "soon", "0001-01-01T00:00:00Z", "2023-02-30T00:00:00Z", "13/2007", 5, True, [], {}, "0001-01"],
)
def test_what_is_no_date_is_none(wire):
    assert moment(wire) is None
    assert day(wire) is None


def test_a_day_is_the_one_written_whatever_the_zone():
    assert day("2019-12-31T00:00:00+02:00") == date(2019, 12, 31)


@pytest.mark.parametrize(("wire", "when"), [("04/2007", date(2007, 4, 1)), ("2007-04", date(2007, 4, 1))])
def test_a_month_is_its_first_day(wire, when):
    assert day(wire) == when


def test_no_float_ever_comes_out_of_json():
    assert read_json(b'{"a": 0.1, "b": 1}') == {"a": Decimal("0.1"), "b": 1}
    assert isinstance(read_json(b"0.1"), Decimal)


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"{", b"", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"\w"):
        read_json(body)


def test_a_text_can_always_be_stored():
    assert text(" a\x00b\ud800 ") == "ab?"


@pytest.mark.parametrize("value", [None, True, [], {}, object()])
def test_what_is_no_text_is_empty(value):
    assert text(value) == ""


def test_the_first_spelling_with_a_value_wins():
    assert (
        first({"postCode": "", "postalCode": None, "postcode": 45000}, "postalCode", "postCode", "postcode") == "45000"
    )


@pytest.mark.parametrize(
    ("value", "count"), [([{}, {"a": 1}, 5, None], 2), ({"a": 1}, 1), ({}, 0), (None, 0), ("x", 0)]
)
def test_rows_are_the_objects_of_a_list(value, count):
    assert len(rows(value)) == count


@pytest.mark.parametrize(("value", "found"), [("a", ("a",)), (["a", "", None, 5], ("a", "5")), (None, ()), ([], ())])
def test_texts_are_a_list_even_when_alone(value, found):
    assert texts(value) == found


@pytest.mark.parametrize(
    ("value", "found"), [(1, True), (0, False), (True, True), ("false", False), ("1", True), ("", None), (None, None)]
)
def test_a_flag_says_yes_no_or_nothing(value, found):
    assert flag(value) is found


def test_a_missing_step_ends_a_path():
    assert dig({"a": {"b": 5}}, "a", "b") == 5
    assert dig({"a": [1]}, "a", "b") is None


def test_repetitions_are_dropped_in_order():
    assert unique([2, 1, 2, 3, 1]) == (2, 1, 3)


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.decimals(), st.lists(st.text()), st.just({})
)


@given(JUNK)
def test_no_single_value_can_raise(value):
    for read in (amount, number, integer, moment, day, text, texts, flag, rows):
        read(value)
    assert number(value) is None or number(value).is_finite()


@given(st.datetimes(min_value=datetime(2, 1, 1)))  # noqa: DTZ001 - hypothesis wants it naive
def test_any_moment_in_iso_form_comes_back(when):
    assert moment(when.isoformat()) == when.replace(tzinfo=UTC)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_any_sum_of_cents_comes_back_in_each_notation(value):
    for written in (f"{value}", f"{value:,}", f"{value:,}".replace(",", " "), f"EUR {value:,}"):
        assert amount(written).value == value

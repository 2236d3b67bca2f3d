from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies import formats

THIN = "\u202f"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def spaced(text: str) -> str:
    """Thin spaces as plain ones, to be readable in a table."""
    return text.replace(THIN, " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("amount", "places", "french", "english"),
    [
        ("1234567.5", 0, "1 234 568", "1 234 568"),
        ("1234567.5", 2, "1 234 567,50", "1 234 567.50"),
        ("0.5", 0, "1", "1"),
        ("2.5", 0, "3", "3"),
        ("-1500", 0, "-1 500", "-1 500"),
        ("-0.4", 0, "0", "0"),
        ("0", 0, "0", "0"),
    ],
    ids=["grouped", "with cents", "half goes up", "half of an even one too", "negative", "no minus nought", "nought"],
)
def test_an_amount_reads_by_language(amount, places, french, english):
    said = [spaced(formats.money(Decimal(amount), language, places)) for language in ("fr", "en")]
    assert said == [french, english]


def test_an_unknown_amount_is_a_dash_and_not_0():
    assert formats.money(None, "fr") == formats.short_money(None, "fr", "EUR") == "—"


def test_groups_are_parted_by_a_space_that_does_not_break():
    assert formats.money(Decimal(1000), "fr") == f"1{THIN}000"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_grouping_loses_no_digit(amount):
    said = formats.money(amount, "fr", 2)
    assert Decimal(said.replace(THIN, "").replace(",", ".")) == amount


@pytest.mark.parametrize(
    ("amount", "french", "english"),
    [
        ("950", "950 €", "950 €"),
        ("1234", "1,2 k€", "1.2 k€"),
        ("45000", "45 k€", "45 k€"),
        ("123456", "123 k€", "123 k€"),
        ("999400", "999 k€", "999 k€"),
        ("999500", "1 M€", "1 M€"),
        ("1234567", "1,2 M€", "1.2 M€"),
        ("48700000", "48,7 M€", "48.7 M€"),
        ("1200000000", "1,2 Md€", "1.2 bn€"),
        ("-1234567", "-1,2 M€", "-1.2 M€"),
        ("0", "0 €", "0 €"),
    ],
)
def test_a_short_amount_has_a_unit(amount, french, english):
    said = [spaced(formats.short_money(Decimal(amount), language, "EUR")) for language in ("fr", "en")]
    assert said == [french, english]


def test_a_short_amount_names_its_currency():
    assert spaced(formats.short_money(Decimal(5000), "en", "GBP")) == "5 k£"


@pytest.mark.parametrize(
    ("ratio", "french", "english"),
    [
        ("1.23", "123 %", "123%"),
        ("0.005", "1 %", "1%"),
        ("0.004", "< 1 %", "< 1%"),
        ("0", "0 %", "0%"),
        ("12.345", "1 235 %", "1 235%"),
    ],
    ids=["over the limit", "half a percent", "something small", "nothing", "huge"],
)
def test_a_ratio_reads_as_a_percentage(ratio, french, english):
    assert [spaced(formats.percent(Decimal(ratio), language)) for language in ("fr", "en")] == [french, english]


def test_an_unknown_ratio_is_not_applicable():
    assert formats.percent(None, "fr") == "n/a"


@pytest.mark.parametrize(
    ("then", "french", "english"),
    [
        (NOW - timedelta(minutes=12), "il y a 12 minutes", "12 minutes ago"),
        (NOW - timedelta(days=3), "il y a 3 jours", "3 days ago"),
        (NOW + timedelta(hours=2), "dans 2 heures", "in 2 hours"),
        (date(2026, 11, 10), "il y a 1 semaine", "1 week ago"),
        (date(2026, 11, 24), "dans 4 jours", "in 4 days"),
    ],
)
def test_a_date_reads_as_a_distance(then, french, english):
    assert [formats.relative(then, NOW, language) for language in ("fr", "en")] == [french, english]


def test_an_exact_moment_is_told_in_its_zone():
    said = formats.exact(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "fr", ZoneInfo("Europe/Paris"))
    assert said.startswith("21 novembre 2026")
    assert "00:30" in said


def test_an_exact_day_has_no_time():
    assert formats.exact(date(2026, 1, 5), "en") == "January 5, 2026"

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.rules.interest import DatedRate, PartPayment, RateTable, half_year, late_interest

D = Decimal
DUE = date(2026, 1, 31)
FLAT_RATE = RateTable(refinancing=(DatedRate(date(2025, 6, 11), D("2.15")),))


@pytest.mark.parametrize(
    ("days", "interest", "total"),
    [
        pytest.param(45, "179.75", "219.75", id="domain 5.8: 45 days"),
        pytest.param(0, "0", "0", id="domain 5.8: due today"),
        pytest.param(-10, "0", "0", id="domain 5.8: not due"),
        pytest.param(1, "3.99", "43.99", id="a day late"),
    ],
)
def test_interest_on_12000_at_12_15_percent(days, interest, total):
    found = late_interest(D(12000), DUE, DUE + timedelta(days=days), rates=FLAT_RATE)
    assert (found.interest, found.total) == (D(interest), D(total))


def test_a_part_payment_keeps_the_interest_of_its_days():
    paid = [PartPayment(DUE + timedelta(days=20), D(5000))]
    found = late_interest(D(12000), DUE, DUE + timedelta(days=45), rates=FLAT_RATE, payments=paid)
    assert [(span.balance, span.days, span.interest) for span in found.spans] == [
        (12000, 20, D("79.89")),
        (7000, 25, D("58.25")),
    ], "domain 5.8"
    assert found.interest == D("138.14")


@pytest.mark.parametrize(
    ("payments", "interest", "flat"),
    [
        pytest.param([(-5, 12000)], "0", 0, id="paid before it was due"),
        pytest.param([(0, 12000)], "0", 0, id="paid on the due day"),
        pytest.param([(1, 12000)], "3.99", 40, id="paid a day late"),
        pytest.param([(20, 12000)], "79.89", 40, id="paid late"),
        pytest.param([(20, 15000)], "79.89", 40, id="paid too much"),
        pytest.param([(-5, 2000), (20, 10000)], "66.58", 40, id="a part before"),
        pytest.param([(20, 2000), (20, 3000)], "138.14", 40, id="twice on a day"),
        pytest.param([(45, 5000), (60, 5000)], "179.75", 40, id="on the last day and after it"),
    ],
)
def test_what_is_paid_bears_no_more_interest(payments, interest, flat):
    paid = [PartPayment(DUE + timedelta(days=day), D(amount)) for day, amount in payments]
    found = late_interest(D(12000), DUE, DUE + timedelta(days=45), rates=FLAT_RATE, payments=paid)
    assert (found.interest, found.flat) == (D(interest), flat)


def test_two_half_years_bear_each_its_rate():
    table = RateTable(refinancing=(DatedRate(date(2025, 12, 1), D(2)), DatedRate(date(2026, 7, 1), D(3))))
    found = late_interest(D(36500), date(2026, 6, 20), date(2026, 7, 10), rates=table)
    assert [(span.first, span.last, span.percent, span.interest) for span in found.spans] == [
        (date(2026, 6, 21), date(2026, 6, 30), 12, 120),
        (date(2026, 7, 1), date(2026, 7, 10), 13, 130),
    ], "domain 5.8"


def test_the_last_day_of_a_half_year_bears_its_rate():
    table = RateTable(refinancing=(DatedRate(date(2025, 12, 1), D(2)), DatedRate(date(2026, 7, 1), D(3))))
    spans = late_interest(D(36500), date(2026, 6, 29), date(2026, 7, 1), rates=table).spans
    assert [(span.days, span.percent) for span in spans] == [(1, 12), (1, 13)]


def test_a_rate_that_changes_within_a_half_year_waits_for_the_next():
    table = RateTable(refinancing=(DatedRate(date(2026, 1, 1), D(2)), DatedRate(date(2026, 1, 2), D(4))))
    assert [table.on(date(2026, 6, 30)), table.on(date(2026, 7, 1))] == [12, 14]


@pytest.mark.parametrize(
    ("day", "first"),
    [("2026-01-01", "2026-01-01"), ("2026-06-30", "2026-01-01"), ("2026-07-01", "2026-07-01")],
)
def test_a_half_year_starts_in_january_or_july(day, first):
    assert half_year(date.fromisoformat(day)) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("contract", "rate"), [("5", "8.28"), ("8.28", "8.28"), ("9", "9")], ids=["below the floor", "at it", "above it"]
)
def test_the_rate_of_a_contract_is_at_least_3_times_the_legal_rate(contract, rate):
    table = RateTable(legal=(DatedRate(date(2026, 1, 1), D("2.76")),), contract=D(contract))
    assert table.on(DUE) == D(rate)


def test_where_the_legal_rate_is_unknown_the_contract_stands():
    assert RateTable(contract=D(5)).on(DUE) == 5


def test_without_a_rate_the_interest_is_unknown_and_not_0():
    found = late_interest(D(12000), DUE, DUE + timedelta(days=45), rates=RateTable())
    assert (found.interest, found.total, found.flat) == (None, None, 40)


def test_a_credit_bears_no_interest():
    found = late_interest(D(-100), DUE, DUE + timedelta(days=45), rates=FLAT_RATE)
    assert (found.interest, found.total) == (0, 0)


payments = st.lists(
    st.builds(PartPayment, st.dates(date(2025, 12, 1), date(2028, 1, 1)), st.decimals(0, 500, places=2)), max_size=4
)


@given(st.integers(0, 1000), payments)
def test_the_spans_follow_each_other_without_gap_or_overlap(days, paid):
    until = DUE + timedelta(days=days)
    spans = late_interest(D(5000), DUE, until, rates=FLAT_RATE, payments=paid).spans
    covered = [span.first + timedelta(days=day) for span in spans for day in range(span.days)]
    assert covered == [DUE + timedelta(days=day) for day in range(1, days + 1)]


@given(st.integers(0, 400), payments)
def test_a_payment_never_raises_the_interest(days, paid):
    until = DUE + timedelta(days=days)
    with_payments = late_interest(D(1000), DUE, until, rates=FLAT_RATE, payments=paid).interest
    without = late_interest(D(1000), DUE, until, rates=FLAT_RATE).interest
    assert with_payments <= without + D("0.01") * (len(paid) + 3), "each span is rounded to the cent"

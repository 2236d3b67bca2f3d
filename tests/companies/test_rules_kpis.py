from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import DocumentType
from companies.rules.kpis import (
    Clocks,
    Formula,
    Gap,
    Kpi,
    KpiPolicy,
    Population,
    Receivables,
    Sales,
    average_delay,
    behaviour,
    best_possible_dso,
    collection_effectiveness,
    dso_balance,
    dso_countback,
    dso_invoices,
    equal_sizes,
    grouped,
    hhi,
    late_cost,
    overdue_share,
    receivables,
    top_share,
    two_clocks,
    weighted_delay,
)
from companies.rules.ledger import Item

D = Decimal
AS_OF = date(2026, 3, 31)
MANY = Population(companies=7, items=42)
OWED = Receivables(not_due=D(780), overdue=D(220), population=MANY)
QUARTER = [Sales(31, D(600)), Sales(30, D(500)), Sales(31, D(450))]


def owing(total, not_due=0):
    return Receivables(not_due=D(not_due), overdue=D(total) - D(not_due))


@pytest.mark.parametrize(
    ("kpi", "formula", "value"),
    [
        pytest.param(dso_balance(OWED, QUARTER), Formula.DSO_BALANCE, "59.35", id="domain 5.13: DSO, balance"),
        pytest.param(dso_countback(OWED, QUARTER), Formula.DSO_COUNTBACK, "55.0", id="domain 5.13: DSO, countback"),
        pytest.param(best_possible_dso(OWED, QUARTER), Formula.BEST_POSSIBLE_DSO, "41.8", id="domain 5.13: BPDSO"),
        pytest.param(
            average_delay(dso_countback(OWED, QUARTER), best_possible_dso(OWED, QUARTER)),
            Formula.AVERAGE_DELAY,
            "13.2",
            id="domain 5.13: average days delinquent",
        ),
        pytest.param(overdue_share(OWED), Formula.OVERDUE_SHARE, "0.22", id="domain 5.13: overdue %"),
        pytest.param(collection_effectiveness(D(900), D(600), OWED), Formula.CEI, "0.6944", id="domain 5.13: CEI"),
    ],
)
def test_the_figures_of_the_reference_with_their_formula_and_population(kpi, formula, value):
    assert kpi == Kpi(formula, D(value), MANY)


def test_all_figures_of_behaviour_come_together():
    found = behaviour(OWED, QUARTER, opening=D(0), percent=D(5))
    assert found[Formula.DSO_BALANCE] == dso_balance(OWED, QUARTER)
    assert found[Formula.CEI] == collection_effectiveness(D(0), D(1550), OWED)
    assert len(found) == 9


def test_a_figure_that_lacks_its_data_does_not_take_the_others_with_it():
    found = behaviour(OWED, [])
    assert found[Formula.OVERDUE_SHARE].value == D("0.22")
    assert {kpi.gap for kpi in found.values()} == {None, Gap.NO_SALES, Gap.NO_OPENING, Gap.NO_RATE}


def debt(amount, late=None, age=60, **more):
    due = None if late is None else AS_OF - timedelta(days=late)
    kind = DocumentType.INVOICE if amount >= 0 else DocumentType.CREDIT_NOTE
    return Item(kind, D(amount), AS_OF - timedelta(days=age), due, **more)


def test_the_weighted_delay_of_the_reference():
    owed = receivables([debt(100, 10), debt(300, 40), debt(5000, -3), debt(900)], AS_OF)
    assert weighted_delay(owed).value == D("32.5"), "domain 5.13"


def test_the_average_age_of_the_invoices_is_the_dso_that_needs_no_sales():
    assert dso_invoices(receivables([debt(100, age=10), debt(300, age=50)], AS_OF)).value == 40


def test_the_cost_of_late_payment_is_that_of_financing_the_delay():
    owed = receivables([debt(36500, 10), debt(7300, 50), debt(99999, 0)], AS_OF)
    assert late_cost(owed, D(5)).value == 100


@pytest.mark.parametrize(
    ("owed", "sales", "days"),
    [
        pytest.param(0, QUARTER, "0", id="nothing owed"),
        pytest.param(300, QUARTER, "15.5", id="within the last month"),
        pytest.param(600, QUARTER, "31", id="exactly the last month"),
        pytest.param(1550, QUARTER, "92", id="exactly all sales"),
        pytest.param(
            600, [Sales(31, D(600)), Sales(30, D(0)), Sales(31, D(9))], "31", id="a month without sales after"
        ),
        pytest.param(
            700, [Sales(31, D(600)), Sales(30, D(0)), Sales(31, D(310))], "71", id="a month without sales between"
        ),
        pytest.param(
            700, [Sales(31, D(600)), Sales(30, D(-50)), Sales(31, D(310))], "71", id="a month of credit notes"
        ),
    ],
)
def test_countback_exhausts_the_sales_from_the_newest(owed, sales, days):
    assert dso_countback(owing(owed), sales).value == D(days)


@pytest.mark.parametrize(
    ("kpi", "gap"),
    [
        pytest.param(dso_balance(OWED, []), Gap.NO_SALES, id="domain 5.13: DSO with no sales"),
        pytest.param(dso_balance(OWED, [Sales(31, D(0))]), Gap.NO_SALES, id="sales of 0"),
        pytest.param(dso_countback(OWED, []), Gap.NO_SALES, id="countback with no sales"),
        pytest.param(dso_countback(OWED, [Sales(31, D(-10))]), Gap.NO_SALES, id="credit notes only"),
        pytest.param(dso_balance(owing(-1), QUARTER), Gap.CREDIT_BALANCE, id="credit balance"),
        pytest.param(dso_countback(owing(-1), QUARTER), Gap.CREDIT_BALANCE, id="countback of a credit balance"),
        pytest.param(overdue_share(owing(0)), Gap.NOTHING_OWED, id="nothing owed"),
        pytest.param(dso_invoices(owing(0)), Gap.NOTHING_OWED, id="no invoice"),
        pytest.param(weighted_delay(owing(10, 10)), Gap.NOTHING_OVERDUE, id="nothing overdue"),
        pytest.param(collection_effectiveness(None, D(600), OWED), Gap.NO_OPENING, id="no opening balance"),
        pytest.param(collection_effectiveness(D(900), None, OWED), Gap.NO_SALES, id="CEI with no sales"),
        pytest.param(collection_effectiveness(D(180), D(600), OWED), Gap.NOTHING_TO_COLLECT, id="nothing was due"),
        pytest.param(late_cost(OWED, None), Gap.NO_RATE, id="no financing rate"),
        pytest.param(hhi({}), Gap.NOTHING_OWED, id="no debtor"),
        pytest.param(top_share({1: D(-5)}, 1), Gap.NOTHING_OWED, id="credit balances only"),
    ],
)
def test_what_cannot_be_computed_is_unknown_and_says_why(kpi, gap):
    assert (kpi.value, kpi.gap) == (None, gap)


def test_receivables_older_than_the_stored_sales_are_at_least_their_days():
    found = dso_countback(owing(1551), QUARTER)
    assert (found.value, found.gap, found.at_least) == (None, Gap.OLDER_THAN_SALES, 92), "domain 5.13"


def test_the_average_delay_says_what_its_dso_lacks():
    owed = owing(1551, 780)
    found = average_delay(dso_countback(owed, QUARTER), best_possible_dso(owed, QUARTER))
    assert (found.value, found.gap) == (None, Gap.OLDER_THAN_SALES)


@pytest.mark.parametrize("days", [0, -1])
def test_a_period_without_days_is_refused(days):
    with pytest.raises(ValueError, match="day"):
        Sales(days, D(1))


ITEMS = [debt(100, 10), debt(50, -5), debt(7), debt(30, 20, disputed=True), debt(-40, 90)]


@pytest.mark.parametrize(
    ("policy", "expected", "population"),
    [
        pytest.param(
            KpiPolicy(), (50, 130, 7, 0), Population(1, items=4, credits_out=1, undated=1), id="credits apart"
        ),
        pytest.param(
            KpiPolicy(net_credits=True), (50, 130, 7, -40), Population(1, items=5, undated=1), id="credits netted"
        ),
        pytest.param(
            KpiPolicy(count_disputed=False),
            (50, 100, 7, 0),
            Population(1, items=3, disputed_out=1, credits_out=1, undated=1),
            id="disputes out",
        ),
    ],
)
def test_receivables_count_what_their_policy_says(policy, expected, population):
    found = receivables(ITEMS, AS_OF, policy)
    assert (found.not_due, found.overdue, found.undated, found.credits) == expected
    assert found.population == population


def test_netted_credits_lower_the_total_and_not_the_debts():
    found = receivables(ITEMS, AS_OF, KpiPolicy(net_credits=True))
    assert (found.debts, found.total) == (187, 147)


def test_what_is_due_today_is_not_overdue():
    assert receivables([debt(5, 0)], AS_OF).not_due == 5


def test_whoever_owes_nothing_pays_at_once():
    assert dso_balance(owing(0), QUARTER).value == 0


def test_a_company_without_receivables_is_not_counted():
    assert receivables([debt(-40)], AS_OF).population == Population(companies=0, credits_out=1)


def test_the_receivables_of_two_companies_add_up():
    both = receivables(ITEMS, AS_OF) + receivables(ITEMS, AS_OF)
    assert (both.total, both.late_days, both.population.companies) == (374, 3200, 2)


DEBTORS = {"a": D(40), "b": D(30), "c": D(20), "d": D(10)}
TWO_NAMES = grouped(DEBTORS, {"a": "a", "b": "b", "c": "a", "d": "d"}.__getitem__)


@pytest.mark.parametrize(
    ("kpi", "value"),
    [
        pytest.param(hhi(DEBTORS), "0.30", id="domain 5.13: HHI"),
        pytest.param(equal_sizes(DEBTORS), "3.33", id="domain 5.13: equal-size equivalent"),
        pytest.param(hhi(TWO_NAMES), "0.46", id="domain 5.13: HHI after grouping"),
        pytest.param(equal_sizes(TWO_NAMES), "2.17", id="domain 5.13: equivalent after grouping"),
        pytest.param(top_share(DEBTORS, 1), "0.40", id="domain 5.13: top 1"),
        pytest.param(top_share(DEBTORS, 3), "0.90", id="domain 5.13: top 3"),
        pytest.param(top_share(DEBTORS, 10), "1", id="top 10 of 4"),
        pytest.param(hhi({"a": D(5)}), "1", id="a single debtor"),
    ],
)
def test_concentration(kpi, value):
    assert kpi.value == D(value)


def test_credit_balances_concentrate_nothing_and_are_counted_apart():
    found = hhi({"a": D(50), "b": D(50), "c": D(-90), "d": D(0)})
    assert (found.value, found.population) == (D("0.5"), Population(companies=2, credits_out=1))


@pytest.mark.parametrize(
    ("to_us", "to_others", "reading"),
    [
        pytest.param("0", "0", Clocks.ON_TIME, id="nobody"),
        pytest.param("32.5", "0", Clocks.LATE_TO_US, id="us: a dispute?"),
        pytest.param("0.5", "12", Clocks.LATE_TO_OTHERS, id="others: an early warning"),
        pytest.param("1", "1", Clocks.LATE_TO_ALL, id="all"),
    ],
)
def test_two_clocks_say_whom_a_company_pays_late(to_us, to_others, reading):
    found = two_clocks(Kpi(Formula.WEIGHTED_DELAY, D(to_us), MANY), D(to_others))
    assert (found.reading, found.difference.value) == (reading, D(to_us) - D(to_others)), "domain 3, idea 17"


@pytest.mark.parametrize(
    ("to_us", "to_others", "gap"),
    [
        pytest.param(weighted_delay(owing(0)), D(5), Gap.NOTHING_OVERDUE, id="ours"),
        pytest.param(Kpi(Formula.WEIGHTED_DELAY, D(5), MANY), None, Gap.NO_DELAY, id="the bureau's"),
    ],
)
def test_with_one_clock_alone_nothing_is_compared(to_us, to_others, gap):
    found = two_clocks(to_us, to_others)
    assert (found.reading, found.difference.value, found.difference.gap) == (None, None, gap)


money = st.decimals(1, 10**6, places=2)
sales = st.lists(st.builds(Sales, st.integers(28, 31), st.decimals(-100, 10**5, places=2)), max_size=12)


@given(money, money, sales)
def test_nobody_pays_faster_than_the_best_possible(not_due, overdue, sold):
    owed = Receivables(not_due=not_due, overdue=overdue)
    found = average_delay(dso_countback(owed, sold), best_possible_dso(owed, sold))
    assert found.value is None or found.value >= 0


@given(st.lists(money, min_size=1, max_size=30))
def test_concentration_lies_between_equal_sizes_and_one(amounts):
    found = hhi(dict(enumerate(amounts))).value
    assert D(1) / len(amounts) - D("0.0001") <= found <= 1


@given(st.dictionaries(st.integers(0, 20), money, min_size=1), st.integers(1, 5))
def test_grouping_never_lowers_concentration(amounts, groups):
    assert hhi(grouped(amounts, lambda key: key % groups)).value >= hhi(amounts).value

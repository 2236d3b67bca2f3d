from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import DocumentType
from companies.rules.exposure import (
    Contribution,
    Exposure,
    ExposurePolicy,
    Headroom,
    Netting,
    Order,
    Part,
    Parts,
    Rate,
    contributions,
    convert,
    exposure,
    headroom,
    parts_of,
    rate_on,
    restate,
)
from companies.rules.ledger import Item

D = Decimal
PARTS = Parts(
    not_due=D(6000),
    overdue=D(4000),
    bills=D(1500),
    delivered=D(800),
    orders=D(1200),
    credit_notes=D(-700),
    payments=D(-500),
)


@pytest.mark.parametrize(
    ("policy", "risk"),
    [
        pytest.param(ExposurePolicy(), 12300, id="domain 5.1: everything counts"),
        pytest.param(ExposurePolicy(netting=Netting.NONE), 13500, id="domain 5.1: no netting of credits"),
        pytest.param(ExposurePolicy(netting=Netting.MATCHED), 13500, id="only matched credits, and none is"),
        pytest.param(ExposurePolicy(orders_share=D("0.5")), 11700, id="domain 5.1: half of the orders"),
        pytest.param(ExposurePolicy(count_bills=False), 10800, id="without bills"),
        pytest.param(ExposurePolicy(count_delivered=False), 11500, id="without deliveries"),
    ],
)
def test_exposure_of_the_reference(policy, risk):
    assert exposure(PARTS, policy) == Exposure(accounting=D(10300), risk=D(risk))


def test_disputed_debt_may_be_left_out_of_the_risk_but_not_of_the_balance():
    parts = Parts(not_due=D(100), overdue=D(50), disputed=D(30))
    assert exposure(parts, ExposurePolicy(count_disputed=False)) == Exposure(accounting=D(150), risk=D(120))


def test_only_matched_credits_may_be_netted():
    parts = Parts(overdue=D(1000), credit_notes=D(-700), payments=D(-500), matched_credits=D(-300))
    assert exposure(parts, ExposurePolicy(netting=Netting.MATCHED)) == Exposure(accounting=D(-200), risk=D(700))


@pytest.mark.parametrize(
    ("within", "share", "risk"),
    [
        pytest.param(None, "1", 1200, id="all orders"),
        pytest.param(30, "1", 300, id="those due soon"),
        pytest.param(30, "0.5", 150, id="half of those due soon"),
    ],
)
def test_orders_count_when_they_are_due_within_the_days_of_the_policy(within, share, risk):
    policy = ExposurePolicy(orders_within_days=within, orders_share=D(share))
    assert exposure(Parts(orders=D(1200), orders_later=D(900)), policy).risk == risk


def test_a_risk_says_what_makes_it_in_the_order_of_commitment():
    found = contributions(PARTS)
    assert found == tuple(
        Contribution(part, D(amount))
        for part, amount in (
            (Part.CREDIT_NOTES, -700),
            (Part.PAYMENTS, -500),
            (Part.OVERDUE, 4000),
            (Part.NOT_DUE, 6000),
            (Part.BILLS, 1500),
            (Part.DELIVERED, 800),
            (Part.ORDERS, 1200),
        )
    )


def test_disputed_debt_left_out_is_named_among_the_contributions():
    parts = Parts(overdue=D(50), disputed=D(30))
    assert Contribution(Part.DISPUTED, D(-30)) in contributions(parts, ExposurePolicy(count_disputed=False))


AS_OF = date(2026, 3, 31)
INVOICED = date(2026, 1, 31)


def item(amount, due=None, kind=DocumentType.INVOICE, **more):
    return Item(kind, D(amount), INVOICED, None if due is None else AS_OF + timedelta(days=due), **more)


@pytest.mark.parametrize(
    ("found", "part"),
    [
        pytest.param(item(10, 0), "not_due", id="due today is not overdue"),
        pytest.param(item(10, -1), "overdue", id="due yesterday"),
        pytest.param(item(10), "undated", id="no due date"),
        pytest.param(item(10, 5, DocumentType.BILL), "bills", id="bill in hand"),
        pytest.param(item(10, 0, DocumentType.BILL), "bills", id="bill due today"),
        pytest.param(item(10, None, DocumentType.BILL), "bills", id="bill without a date"),
        pytest.param(item(10, -1, DocumentType.BILL), "overdue", id="unpaid bill"),
        pytest.param(item(10, -1, DocumentType.PAYMENT), "overdue", id="reversed payment"),
        pytest.param(item(-10, -1, DocumentType.PAYMENT), "payments", id="unallocated payment"),
        pytest.param(item(-10, -1, DocumentType.CREDIT_NOTE), "credit_notes", id="credit note"),
        pytest.param(item(-10, -1, DocumentType.INVOICE), "credit_notes", id="negative invoice"),
    ],
)
def test_each_open_item_is_in_one_part(found, part):
    assert parts_of([found], AS_OF) == Parts(**{part: found.amount})


@pytest.mark.parametrize(
    ("found", "disputed"),
    [
        pytest.param(item(10, -1, disputed=True), 10, id="invoice"),
        pytest.param(item(10, None, disputed=True), 10, id="without a date"),
        pytest.param(item(10, 5, DocumentType.BILL, disputed=True), 0, id="accepted bill"),
        pytest.param(item(10, -5, DocumentType.BILL, disputed=True), 10, id="unpaid bill"),
        pytest.param(item(-10, -5, disputed=True), 0, id="credit"),
    ],
)
def test_a_dispute_lowers_debts_only(found, disputed):
    assert parts_of([found], AS_OF).disputed == disputed


def test_credits_that_are_matched_are_known_as_such():
    parts = parts_of([item(-10, matched=True), item(-5), item(100, matched=True)], AS_OF)
    assert (parts.credits, parts.matched_credits) == (-15, -10)


@pytest.mark.parametrize(
    ("order", "later"),
    [
        pytest.param(Order(D(10), AS_OF + timedelta(days=30)), 0, id="on the last day"),
        pytest.param(Order(D(10), AS_OF + timedelta(days=31)), 10, id="a day later"),
        pytest.param(Order(D(10)), 0, id="without a day"),
        pytest.param(Order(D(10), AS_OF - timedelta(days=3)), 0, id="late delivery"),
    ],
)
def test_an_order_is_later_when_it_is_due_after_the_days_of_the_policy(order, later):
    parts = parts_of([], AS_OF, orders=[order], orders_within_days=30)
    assert (parts.orders, parts.orders_later) == (10, later)


def test_what_is_delivered_is_no_order_any_more():
    order = Order(D(10), AS_OF + timedelta(days=90), delivered=True)
    assert parts_of([], AS_OF, orders=[order], orders_within_days=30) == Parts(delivered=D(10))


def test_a_prospect_with_orders_only_has_a_risk_and_no_balance():
    assert exposure(parts_of([], AS_OF, orders=[Order(D(900))])) == Exposure(accounting=D(0), risk=D(900))


def test_two_accounts_of_one_company_add_up():
    assert exposure(PARTS + PARTS).risk == 2 * exposure(PARTS).risk


def test_a_share_of_orders_is_rounded_half_up():
    assert exposure(Parts(orders=D("0.01")), ExposurePolicy(orders_share=D("0.5"))).risk == D("0.01")


@pytest.mark.parametrize(
    ("risk", "limit", "available", "excess", "use"),
    [
        pytest.param("12300", "10000", "-2300", "2300", "1.23", id="domain 5.1: exceeded"),
        pytest.param("11700", "10000", "-1700", "1700", "1.17", id="domain 5.1: exceeded by less"),
        pytest.param("10000", "10000", "0", "0", "1", id="exactly at the limit"),
        pytest.param("10000.01", "10000", "-0.01", "0.01", "1", id="one cent over"),
        pytest.param("2500", "10000", "7500", "0", "0.25", id="within"),
        pytest.param("-500", "10000", "10500", "0", "0", id="domain 5.1: credit balance"),
        pytest.param("500", "0", "-500", "500", None, id="limit of 0"),
        pytest.param("0", "0", "0", "0", None, id="nothing against 0"),
        pytest.param("-500", "0", "500", "0", None, id="credit balance against 0"),
        pytest.param("500", None, None, None, None, id="no limit known"),
    ],
)
def test_headroom(risk, limit, available, excess, use):
    expected = Headroom(*(None if value is None else D(value) for value in (available, excess, use)))
    assert headroom(D(risk), None if limit is None else D(limit)) == expected


@pytest.mark.parametrize(
    "wrong", [{"not_due": D(-1)}, {"orders": D(-1)}, {"credit_notes": D(1)}, {"payments": D("0.01")}]
)
def test_a_part_with_the_wrong_sign_is_refused(wrong):
    with pytest.raises(ValueError, match="wrong sign"):
        Parts(**wrong)


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param({"overdue": D(10), "disputed": D("10.01")}, id="disputed"),
        pytest.param({"orders": D(10), "orders_later": D(11)}, id="later orders"),
        pytest.param({"payments": D(-10), "matched_credits": D(-11)}, id="matched credits"),
    ],
)
def test_a_share_larger_than_its_whole_is_refused(shares):
    with pytest.raises(ValueError, match="larger than"):
        Parts(**shares)


def test_orders_of_the_day_alone_may_count():
    policy = ExposurePolicy(orders_within_days=0)
    assert exposure(Parts(orders=D(10), orders_later=D(4)), policy).risk == 6


def test_days_in_the_past_are_refused():
    with pytest.raises(ValueError, match="orders_within_days"):
        ExposurePolicy(orders_within_days=-1)


@pytest.mark.parametrize("share", ["50", "-0.1", "1.01"])
def test_a_share_that_is_no_fraction_is_refused(share):
    with pytest.raises(ValueError, match="fraction"):
        ExposurePolicy(orders_share=D(share))


RATES = [Rate("USD", date(2026, 3, 1), D("0.92")), Rate("USD", date(2026, 4, 1), D("0.95"))]


@pytest.mark.parametrize(
    ("day", "value"),
    [("2026-02-28", None), ("2026-03-01", "0.92"), ("2026-03-31", "0.92"), ("2026-04-01", "0.95")],
)
def test_the_rate_of_a_day_is_the_last_one_known_then(day, value):
    found = rate_on(RATES, "USD", date.fromisoformat(day))
    assert (None if found is None else str(found.value)) == value


def test_a_converted_amount_keeps_its_original_and_its_rate():
    found = convert(D("1000.55"), "USD", RATES[0])
    assert (found.original, found.currency, found.amount, found.rate) == (D("1000.55"), "USD", D("920.51"), RATES[0])


def test_an_amount_without_a_rate_is_unknown_and_not_0():
    found = convert(D(1000), "GBP", None)
    assert (found.original, found.amount) == (1000, None)


def test_our_own_currency_needs_no_rate():
    assert convert(D("10.005"), "EUR", None).amount == D("10.005")


def test_a_rate_of_another_currency_is_refused():
    with pytest.raises(ValueError, match="does not convert"):
        convert(D(1), "GBP", RATES[0])


def test_a_rate_of_0_is_refused():
    with pytest.raises(ValueError, match="positive"):
        Rate("USD", AS_OF, D(0))


def test_items_without_a_rate_are_summed_apart_by_currency():
    items = [item(100, currency="EUR"), item(200, currency="USD"), item(30, currency="GBP"), item(-5, currency="GBP")]
    found = restate(items, RATES, AS_OF)
    assert [(i.amount, i.currency) for i in found.items] == [(100, "EUR"), (184, "EUR")]
    assert [c.original for c in found.conversions] == [100, 200]
    assert found.missing == {"GBP": 25}


money = st.decimals(-(10**9), 10**9, places=2)


@given(money, st.none() | st.decimals(0, 10**9, places=2))
def test_headroom_never_contradicts_itself(risk, limit):
    room = headroom(risk, limit)
    if room.available is None or room.excess is None:
        assert limit is None
        return
    assert room.excess >= 0
    assert (room.excess > 0) == (room.available < 0 and risk > 0)
    assert room.use is None or room.use >= 0


@given(st.lists(money, min_size=2), st.decimals(1, 10**9, places=2))
def test_more_exposure_never_leaves_more_room(risks, limit):
    rooms = [headroom(risk, limit) for risk in sorted(risks)]
    assert all(a.available >= b.available and a.use <= b.use for a, b in pairwise(rooms))


debts = st.decimals(0, 10**6, places=2)
credits = st.decimals(-(10**6), 0, places=2)
policies = st.builds(
    ExposurePolicy,
    netting=st.sampled_from(Netting),
    count_bills=st.booleans(),
    count_delivered=st.booleans(),
    orders_share=st.decimals(0, 1, places=3),
)
all_parts = st.builds(
    Parts,
    not_due=debts,
    overdue=debts,
    undated=debts,
    bills=debts,
    delivered=debts,
    orders=debts,
    credit_notes=credits,
    payments=credits,
)


@given(all_parts, policies)
def test_the_contributions_add_up_to_the_risk(parts, policy):
    assert sum(part.amount for part in contributions(parts, policy)) == exposure(parts, policy).risk


dated = st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1))
open_items = st.builds(
    Item,
    st.sampled_from(DocumentType.values),
    money,
    st.just(INVOICED),
    dated,
    disputed=st.booleans(),
    matched=st.booleans(),
)


@given(st.lists(open_items))
def test_the_parts_of_a_ledger_make_its_balance(items):
    assert exposure(parts_of(items, AS_OF)).accounting == sum(found.amount for found in items)

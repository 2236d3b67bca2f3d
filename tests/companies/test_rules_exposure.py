from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.rules.exposure import Exposure, ExposurePolicy, Headroom, Parts, exposure, headroom

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
        pytest.param(ExposurePolicy(), 12300, id="everything counts"),
        pytest.param(ExposurePolicy(net_credits=False), 13500, id="no netting of credits"),
        pytest.param(ExposurePolicy(orders_share=D("0.5")), 11700, id="half of the orders"),
        pytest.param(ExposurePolicy(count_bills=False), 10800, id="without bills"),
        pytest.param(ExposurePolicy(count_delivered=False), 11500, id="without deliveries"),
    ],
)
def test_exposure_of_the_reference(policy, risk):
    assert exposure(PARTS, policy) == Exposure(accounting=D(10300), risk=D(risk))


def test_disputed_debt_may_be_left_out_of_the_risk_but_not_of_the_balance():
    parts = Parts(not_due=D(100), overdue=D(50), disputed=D(30))
    assert exposure(parts, ExposurePolicy(count_disputed=False)) == Exposure(accounting=D(150), risk=D(120))


def test_two_accounts_of_one_company_add_up():
    assert exposure(PARTS + PARTS).risk == 2 * exposure(PARTS).risk


def test_a_share_of_orders_is_rounded_half_up():
    assert exposure(Parts(orders=D("0.01")), ExposurePolicy(orders_share=D("0.5"))).risk == D("0.01")


@pytest.mark.parametrize(
    ("risk", "limit", "available", "excess", "use"),
    [
        pytest.param("12300", "10000", "-2300", "2300", "1.23", id="exceeded"),
        pytest.param("11700", "10000", "-1700", "1700", "1.17", id="exceeded by less"),
        pytest.param("10000", "10000", "0", "0", "1", id="exactly at the limit"),
        pytest.param("10000.01", "10000", "-0.01", "0.01", "1", id="one cent over"),
        pytest.param("2500", "10000", "7500", "0", "0.25", id="within"),
        pytest.param("-500", "10000", "10500", "0", "0", id="credit balance"),
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


@pytest.mark.parametrize("share", ["50", "-0.1", "1.01"])
def test_a_share_that_is_no_fraction_is_refused(share):
    with pytest.raises(ValueError, match="fraction"):
        ExposurePolicy(orders_share=D(share))


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

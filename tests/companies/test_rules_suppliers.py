from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.rules.suppliers import (
    Advanced,
    AlertBand,
    Band,
    Continuity,
    Dependency,
    Missing,
    Offset,
    Side,
    continuity,
    dependencies,
    dependency,
    money_at_risk,
    offset,
)

D = Decimal


def number(value):
    return None if value is None else D(value)


@pytest.mark.parametrize(
    ("purchases", "turnover", "expected"),
    [
        pytest.param(300000, 1200000, Dependency(D("0.25"), Band.AMBER), id="domain 5.15: amber"),
        pytest.param(300000, None, Dependency(None, None, Missing.NO_TURNOVER), id="domain 5.15: no turnover"),
        pytest.param(300000, 0, Dependency(None, None, Missing.NO_TURNOVER), id="turnover of 0"),
        pytest.param(None, 1200000, Dependency(None, None, Missing.NO_PURCHASES), id="purchases unknown"),
        pytest.param(0, 1200000, Dependency(D(0), Band.GREEN), id="nothing bought"),
        pytest.param(2199, 10000, Dependency(D("0.2199"), Band.GREEN), id="just below the band"),
        pytest.param(2200, 10000, Dependency(D("0.22"), Band.AMBER), id="bottom of the band"),
        pytest.param(3000, 10000, Dependency(D("0.3"), Band.AMBER), id="top of the band"),
        pytest.param(3001, 10000, Dependency(D("0.3001"), Band.RED), id="above the band"),
        pytest.param(3000001, 10000000, Dependency(D("0.3"), Band.RED), id="above it by less than is shown"),
    ],
)
def test_dependency_of_a_supplier_on_us(purchases, turnover, expected):
    assert dependency(number(purchases), number(turnover)) == expected


def test_dependency_goes_both_ways():
    found = dependencies(D(300000), turnover=D(1200000), all_purchases=D(600000), sole_source=True)
    assert (found.theirs_on_us.share, found.ours_on_them.share) == (D("0.25"), D("0.5"))
    assert (found.ours_on_them.band, found.sole_source) == (Band.RED, True)


def test_without_our_purchases_our_dependency_is_unknown_for_that_reason():
    found = dependencies(D(300000), turnover=None, all_purchases=None)
    assert (found.theirs_on_us.missing, found.ours_on_them.missing) == (Missing.NO_TURNOVER, Missing.NO_PURCHASES)


def test_a_band_may_be_a_single_bound():
    assert [AlertBand(D(0), D(0)).of(share) for share in (D(0), D("0.01"))] == [Band.AMBER, Band.RED]


def test_a_band_that_falls_is_refused():
    with pytest.raises(ValueError, match="rises"):
        AlertBand(D("0.3"), D("0.2"))


ADVANCED = Advanced(advances=D(20000), credit_notes=D(3000), tooling=D(15000))


@pytest.mark.parametrize(
    ("payable", "set_off", "gross", "net"),
    [
        pytest.param(10000, True, 38000, 28000, id="domain 5.15: set off"),
        pytest.param(10000, False, 38000, 38000, id="no set-off possible"),
        pytest.param(50000, True, 38000, 0, id="we owe more"),
        pytest.param(None, True, 38000, None, id="what we owe is unknown"),
        pytest.param(None, False, 38000, 38000, id="unknown and not needed"),
        pytest.param(-500, True, 38000, 38000, id="a debit balance is nothing to set off"),
    ],
)
def test_money_at_risk(payable, set_off, gross, net):
    found = money_at_risk(ADVANCED, number(payable), set_off=set_off)
    assert (found.gross, found.net) == (gross, net)


def test_money_at_risk_names_its_parts_and_what_is_unknown():
    found = money_at_risk(ADVANCED)
    assert found.parts == {"advances": 20000, "credit_notes": 3000, "tooling": 15000}
    assert found.unknown == ("prepaid_orders",)


def test_money_at_risk_is_unknown_when_no_part_is_known():
    found = money_at_risk(Advanced(), D(10), set_off=True)
    assert (found.gross, found.net) == (None, None)


def test_an_advance_of_0_is_known():
    assert money_at_risk(Advanced(advances=D(0))).gross == 0


def test_a_negative_advance_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Advanced(tooling=D(-1))


@pytest.mark.parametrize(
    ("lead_time", "stock", "use", "expected"),
    [
        pytest.param(75, 900, 30, Continuity(D(30), D(45)), id="domain 5.15: 45 days"),
        pytest.param(20, 900, 30, Continuity(D(30), D(0)), id="covered"),
        pytest.param(75, 0, 30, Continuity(D(0), D(75)), id="no stock left"),
        pytest.param(75, 100, 30, Continuity(D("3.3"), D("71.7")), id="part of a day"),
        pytest.param(75, 900, 0, Continuity(None, None, Missing.NO_USE), id="not used"),
        pytest.param(75, 900, None, Continuity(None, None, Missing.NO_USE), id="use unknown"),
        pytest.param(75, None, 30, Continuity(None, None, Missing.NO_STOCK), id="stock unknown"),
        pytest.param(None, 900, 30, Continuity(D(30), None, Missing.NO_LEAD_TIME), id="lead time unknown"),
    ],
)
def test_continuity_gap(lead_time, stock, use, expected):
    assert continuity(lead_time, number(stock), number(use)) == expected


@pytest.mark.parametrize(
    ("receivable", "payable", "expected"),
    [
        pytest.param(Side(D(100)), Side(D(60)), Offset(D(60), D(0), D(40)), id="they owe more"),
        pytest.param(Side(D(60)), Side(D(100)), Offset(D(60), D(0), D(-40)), id="we owe more"),
        pytest.param(Side(D(100)), Side(D(0)), Offset(D(0), D(0), D(100)), id="client only"),
        pytest.param(Side(D(100), disputed=D(70)), Side(D(60)), Offset(D(30), D(0), D(40)), id="disputes apart"),
        pytest.param(Side(D(100)), Side(D(60), disputed=D(20)), Offset(D(40), D(0), D(40)), id="disputes of ours"),
        pytest.param(
            Side(D(100), due_and_clear=D(50)),
            Side(D(60), due_and_clear=D(20)),
            Offset(D(60), D(20), D(40)),
            id="what is due on both sides",
        ),
    ],
)
def test_volume_to_offset(receivable, payable, expected):
    assert offset(receivable, payable) == expected


@pytest.mark.parametrize("wrong", [(-1, 0, 0), (10, -1, 0), (10, 0, -1), (10, 11, 0), (10, 0, 11), (10, 6, 5)])
def test_a_side_whose_shares_exceed_the_whole_is_refused(wrong):
    with pytest.raises(ValueError, match="shares"):
        Side(*map(D, wrong))


money = st.decimals(0, 10**7, places=2)


@given(money, money)
def test_what_is_offset_leaves_the_net_position_as_it_is(ours, theirs):
    found = offset(Side(ours), Side(theirs))
    assert (ours - found.volume) - (theirs - found.volume) == found.net
    assert min(ours - found.volume, theirs - found.volume) == 0

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.choices import Cell
from monitoring.rules.stress import Excess, Holding, Loss, Odds, Scenario, expected_loss, stress

D = Decimal
ODDS = Odds({"FAV": D("0.01"), "MOD": D("0.04"), "DEF": D("0.1"), "FAIL": D(1), "NR": D("0.05")}, loss=D("0.9"))
COVERED = Holding(1, Cell.LOW_MOD, D(12_000), cover=D(10_000))


@pytest.mark.parametrize(
    ("holding", "odds", "gross", "net"),
    [
        pytest.param(replace(COVERED, cover=D(0)), ODDS, "432", "432", id="domain 5.14: gross EL"),
        pytest.param(COVERED, ODDS, "432", "108", id="domain 5.14: net EL"),
        pytest.param(COVERED, replace(ODDS, void=D("0.1")), "432", "140.40", id="domain 5.14: cover may be void"),
        pytest.param(replace(COVERED, cover=D(50_000)), ODDS, "432", "43.20", id="cover above the exposure"),
        pytest.param(replace(COVERED, exposure=D(-40)), ODDS, "0", "0", id="credit balance"),
        pytest.param(replace(COVERED, exposure=D(0)), ODDS, "0", "0", id="nothing owed"),
    ],
)
def test_an_expected_loss_is_told_before_and_after_the_indemnity(holding, odds, gross, net):
    loss = expected_loss(holding, odds)
    assert (loss.gross.quantize(D("0.01")), loss.net.quantize(D("0.01"))) == (D(gross), D(net))


def test_a_sector_falls_by_one_band_and_the_others_stay():
    holdings = [
        Holding(1, Cell.HIGH_FAV, D(1000), sector="41"),
        Holding(2, Cell.LOW_MOD, D(1000), sector="41"),
        Holding(3, Cell.HIGH_DEF, D(1000), sector="41"),
        Holding(4, Cell.NR, D(1000), sector="41"),
        Holding(5, Cell.HIGH_FAV, D(1000), sector="46"),
    ]
    found = stress(holdings, Scenario(sector="41", bands_down=1), ODDS)
    assert found.moved == {1: Cell.HIGH_MOD, 2: Cell.LOW_DEF}
    assert (found.before.gross, found.after.gross) == (D(189), D(270))


def test_every_sector_falls_when_none_is_named():
    holdings = [Holding(n, Cell.HIGH_FAV, D(1), sector=str(n)) for n in range(3)]
    assert stress(holdings, Scenario(bands_down=2), ODDS).moved == dict.fromkeys(range(3), Cell.HIGH_DEF)


def test_the_largest_groups_default_with_all_their_companies():
    holdings = [
        Holding(1, Cell.HIGH_FAV, D(500)),
        Holding(2, Cell.HIGH_FAV, D(300), group=9),
        Holding(3, Cell.LOW_FAV, D(300), group=9),
        Holding(4, Cell.HIGH_FAV, D(550)),
    ]
    found = stress(holdings, Scenario(largest=1), ODDS)
    assert found.defaulted == (2, 3)
    assert (found.before.gross, found.after.gross) == (D("14.85"), D("549.45"))


def test_the_parent_itself_belongs_to_its_group():
    holdings = [Holding(9, Cell.HIGH_FAV, D(1)), Holding(2, Cell.HIGH_FAV, D(300), group=9)]
    assert stress(holdings, Scenario(largest=1), ODDS).defaulted == (9, 2)


def test_who_owes_nothing_cannot_default():
    holdings = [Holding(1, Cell.HIGH_FAV, D(5)), Holding(2, Cell.HIGH_FAV, D(-900)), Holding(3, Cell.NR, D(0))]
    assert stress(holdings, Scenario(largest=3), ODDS).defaulted == (1,)


def test_half_the_limits_put_new_companies_in_excess():
    holdings = [
        Holding(1, Cell.HIGH_FAV, D(1000), limit=D(1800)),
        Holding(2, Cell.HIGH_FAV, D(1000), limit=D(900)),
        Holding(3, Cell.HIGH_FAV, D(1000), limit=D(2000)),
        Holding(4, Cell.HIGH_FAV, D(1000)),
        Holding(5, Cell.HIGH_FAV, D(1000), limit=D(0)),
        Holding(6, Cell.HIGH_FAV, D(-10), limit=D(0)),
    ]
    found = stress(holdings, Scenario(limits=D("0.5")), ODDS)
    assert found.in_excess == (Excess(5, D(1000), D(1000)), Excess(2, D(550), D(100)), Excess(1, D(100), D(0)))
    assert found.before == found.after


def test_half_the_limits_move_the_rows_of_a_policy_that_measures_them():
    holdings = [Holding(1, Cell.HIGH_FAV, D(1), limit=D(90_000)), Holding(2, Cell.HIGH_FAV, D(1), limit=D(100_000))]
    scenario = Scenario(limits=D("0.5"))
    assert stress(holdings, scenario, ODDS, high_from=D(50_000)).moved == {1: Cell.LOW_FAV}
    assert stress(holdings, scenario, ODDS).moved == {}


def test_an_insurer_that_withdraws_leaves_the_exposure_bare():
    found = stress([COVERED], Scenario(covers=D(0)), ODDS)
    assert (found.uninsured_before, found.uninsured_after) == (D(2_000), D(12_000))
    assert (found.before.net, found.after.net) == (D(108), D(432))


@pytest.mark.parametrize(
    "wrong",
    [{"bands_down": -1}, {"largest": -1}, {"limits": D(2)}, {"covers": D(-1)}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_shock_that_improves_is_refused(wrong):
    with pytest.raises(ValueError, match="lowers"):
        Scenario(**wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"default": {"FAV": D(0)}}, "DEF, FAIL, MOD, NR"),
        ({"default": dict(ODDS.default, FAV=D(5))}, "fractions"),
        ({"loss": D(90)}, "fractions"),
        ({"void": D(-1)}, "fractions"),
    ],
)
def test_odds_are_fractions_for_every_band(wrong, said):
    with pytest.raises(ValueError, match=said):
        replace(ODDS, **wrong)


amounts = st.decimals(-(10**6), 10**6, places=2)
holdings_of_all_kinds = st.lists(
    st.builds(
        Holding,
        key=st.integers(),
        cell=st.sampled_from(Cell),
        exposure=amounts,
        limit=st.none() | amounts,
        sector=st.sampled_from(["41", "46"]),
        group=st.none() | st.integers(0, 3),
        cover=st.decimals(0, 10**6, places=2),
    ),
    max_size=12,
    unique_by=lambda holding: holding.key,
)
scenarios = st.builds(
    Scenario,
    sector=st.none() | st.just("41"),
    bands_down=st.integers(0, 2),
    largest=st.integers(0, 3),
    limits=st.sampled_from([D(0), D("0.5"), D(1)]),
    covers=st.sampled_from([D(0), D("0.5"), D(1)]),
)


@given(holdings_of_all_kinds, scenarios)
def test_no_shock_makes_anything_better(holdings, scenario):
    found = stress(holdings, scenario, ODDS)
    assert found.after.gross >= found.before.gross
    assert found.after.net >= found.before.net
    assert found.uninsured_after >= found.uninsured_before
    assert all(one.amount >= one.already for one in found.in_excess)


@given(holdings_of_all_kinds)
def test_no_shock_changes_nothing(holdings):
    found = stress(holdings, Scenario(), ODDS)
    assert (found.after, found.moved, found.defaulted) == (found.before, {}, ())
    assert found.before == sum((expected_loss(one, ODDS) for one in holdings), Loss())

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.rules.threshold import FALLBACK, propose, round_125

D = Decimal


@pytest.mark.parametrize(
    ("amount", "step"),
    [
        ("1", "1"),
        ("1.49", "1"),
        ("1.5", "1"),
        ("1.51", "2"),
        ("3.5", "2"),
        ("3.51", "5"),
        ("7.5", "5"),
        ("7.51", "10"),
        ("48000", "50000"),
        ("12345.67", "10000"),
        ("99999", "100000"),
        ("0.034", "0.02"),
    ],
)
def test_an_amount_is_rounded_to_the_nearest_1_2_5_step(amount, step):
    assert round_125(D(amount)) == D(step)


@pytest.mark.parametrize("amount", ["0", "-5", "NaN", "Infinity"])
def test_what_has_no_step_is_refused(amount):
    with pytest.raises(ValueError, match="step"):
        round_125(D(amount))


def test_the_threshold_is_where_80_percent_of_the_total_is_held():
    amounts = [D(40_000)] * 8 + [D(1_000)] * 80
    proposal = propose(amounts)
    assert (proposal.exact, proposal.threshold) == (D(40_000), D(50_000))
    proposal = propose([D(20_000)] * 16 + [D(1_000)] * 80)
    assert (proposal.exact, proposal.threshold, proposal.above, proposal.share) == (D(20_000), D(20_000), 16, D("0.8"))


def test_one_euro_short_of_80_percent_takes_the_next_entity():
    amounts = [D(19_999)] * 16 + [D(1_000)] * 80
    assert propose(amounts).exact == D(1_000)


def test_what_the_rounding_did_to_the_share_is_told():
    proposal = propose([D(40_000)] * 8 + [D(1_000)] * 80)
    assert (proposal.above, proposal.share) == (0, D(0))


@pytest.mark.parametrize(("entities", "threshold"), [(19, FALLBACK), (20, D(500))])
def test_fewer_than_20_entities_get_the_fallback(entities, threshold):
    proposal = propose([D(500)] * entities)
    assert (proposal.threshold, proposal.entities) == (threshold, entities)
    assert (proposal.exact is None) == (entities < 20)


def test_unknown_zero_and_credits_are_no_entities():
    proposal = propose([None, D(0), D(-50)] * 20)
    assert (proposal.threshold, proposal.entities, proposal.share) == (D(10_000), 0, None)


@pytest.mark.parametrize("share", ["0", "80", "-1"])
def test_a_share_is_a_fraction(share):
    with pytest.raises(ValueError, match="fraction"):
        propose([], share=D(share))


@given(st.lists(st.decimals(D("0.01"), 10**9, places=2), min_size=20, max_size=60))
def test_the_exact_amount_is_the_largest_that_holds_the_share(amounts):
    exact = propose(amounts).exact
    aim = sum(amounts) * D("0.8")
    assert sum(amount for amount in amounts if amount >= exact) >= aim
    assert sum(amount for amount in amounts if amount > exact) < aim


@given(st.decimals(D("0.01"), 10**12, places=2))
def test_a_step_is_within_half_of_the_amount_and_stays_itself(amount):
    step = round_125(amount)
    assert abs(step - amount) <= amount / 2
    assert round_125(step) == step

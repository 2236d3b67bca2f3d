from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import CompanyStatus, RatingState
from monitoring.choices import Cell
from monitoring.rules.matrix import Inheritance, Override, PolicyRules, Position
from monitoring.rules.why import Cause, Input, Snapshot, why

D = Decimal
T0, T1 = date(2026, 3, 1), date(2026, 3, 12)
POLICY = PolicyRules(high_from=D(50_000))
STRICTER = replace(POLICY, sound_from=60)


def at(score=58, y="60000", *, on=T0, policy=POLICY, link="", **facts):
    position = Position(score=score, rating_state=RatingState.RATED, y=None if y is None else D(y), **facts)
    return Snapshot(position, policy, on, link=link)


def shares(found):
    return {factor.cause: factor.share for factor in found.factors}


def test_a_falling_score_is_the_whole_reason():
    found = why(at(58), at(44, on=T1))
    assert (found.before, found.after, found.cause) == (Cell.HIGH_FAV, Cell.HIGH_MOD, Cause.SCORE)
    (factor,) = found.factors
    assert factor.inputs == (Input("score", 58, 44),)
    assert (factor.alone, factor.without) == (Cell.HIGH_MOD, Cell.HIGH_FAV)
    assert (factor.enough_alone, factor.share) == (True, 1)


def test_a_limit_that_changed_without_effect_has_no_part():
    found = why(at(58, "60000"), at(44, "70000", on=T1))
    assert shares(found) == {Cause.SCORE: 1, Cause.LIMIT: 0}
    assert not found.factors[1].enough_alone


def test_it_would_have_stayed_with_the_old_policy():
    found = why(at(58), at(58, on=T1, policy=STRICTER))
    assert found.cause == Cause.POLICY
    assert (found.factors[0].inputs[0].before, found.factors[0].without) == (POLICY, Cell.HIGH_FAV)


def test_two_inputs_each_enough_alone_share_the_move():
    found = why(at(55), at(44, on=T1, policy=STRICTER))
    assert shares(found) == {Cause.SCORE: Fraction(1, 2), Cause.POLICY: Fraction(1, 2)}
    assert [factor.enough_alone for factor in found.factors] == [True, True]
    assert found.cause == Cause.SCORE


def test_two_inputs_needed_together_share_the_move():
    found = why(at(58, "60000"), at(44, "100", on=T1))
    assert (found.after, shares(found)) == (Cell.LOW_MOD, {Cause.SCORE: Fraction(1, 2), Cause.LIMIT: Fraction(1, 2)})
    assert [(factor.alone, factor.enough_alone) for factor in found.factors] == [
        (Cell.HIGH_MOD, False),
        (Cell.LOW_FAV, False),
    ]


def test_an_input_that_held_back_has_a_negative_part():
    found = why(at(58, "60000"), at(44, "100", on=T1, policy=replace(POLICY, sound_from=40)))
    assert (found.before, found.after, found.cause) == (Cell.HIGH_FAV, Cell.LOW_FAV, Cause.LIMIT)
    parts = {Cause.LIMIT: Fraction(5, 6), Cause.POLICY: Fraction(1, 3), Cause.SCORE: Fraction(-1, 6)}
    assert shares(found) == parts


def test_inputs_that_undo_each_other_move_nobody():
    found = why(at(58), at(44, on=T1, policy=replace(POLICY, sound_from=40)))
    assert (found.before, found.after, found.cause) == (Cell.HIGH_FAV, Cell.HIGH_FAV, None)
    assert shares(found) == {Cause.SCORE: 0, Cause.POLICY: 0}
    assert not any(factor.enough_alone for factor in found.factors)


def test_a_proceeding_outweighs_the_score_that_fell_with_it():
    found = why(at(58), at(10, on=T1, open_proceeding=True))
    assert (found.after, found.cause) == (Cell.FAIL, Cause.STATUS)
    assert shares(found) == {Cause.STATUS: 1, Cause.SCORE: 0}


OVERRIDE = Override(Cell.LOW_DEF, "dispute", "manager", since=T0 - timedelta(days=9), until=T1 - timedelta(days=1))


def test_an_override_that_ran_out_is_the_cause_though_nothing_was_edited():
    found = why(at(58, override=OVERRIDE), at(58, on=T1, override=OVERRIDE))
    assert (found.before, found.after, found.cause) == (Cell.LOW_DEF, Cell.HIGH_FAV, Cause.OVERRIDE)
    assert found.factors[0].inputs == (Input("override", OVERRIDE, None),)


def test_an_override_that_began_is_the_cause():
    begun = Override(Cell.LOW_DEF, "dispute", "manager", since=T1, until=T1)
    assert why(at(58), at(58, on=T1, override=begun)).cause == Cause.OVERRIDE


def test_a_corrected_link_takes_in_the_figures_that_came_with_it():
    found = why(at(58, "60000", link="FR-1"), at(20, "100", on=T1, link="FR-2", status=CompanyStatus.ACTIVE))
    assert (found.after, found.cause, shares(found)) == (Cell.LOW_DEF, Cause.LINK, {Cause.LINK: 1})
    assert [one.name for one in found.factors[0].inputs] == ["link", "status", "score", "y"]


def test_a_corrected_link_leaves_a_measure_of_our_own_apart():
    after = replace(at(58, "100", on=T1, link="FR-2"), y_from_provider=False)
    assert why(at(58, "60000", link="FR-1"), after).cause == Cause.LIMIT


def test_a_first_link_is_no_correction():
    found = why(Snapshot(Position(), POLICY, T0), at(58, on=T1, link="FR-1"))
    assert (found.before, found.cause) == (Cell.NR, Cause.SCORE)


def test_a_parent_that_fell_is_the_cause():
    policy = replace(POLICY, inheritance=Inheritance.MIN)
    parents = [Position(score=score, rating_state=RatingState.RATED) for score in (80, 10)]
    found = why(at(58, policy=policy, parent=parents[0]), at(58, on=T1, policy=policy, parent=parents[1]))
    assert (found.after, found.cause) == (Cell.HIGH_DEF, Cause.PARENT)


def test_the_end_of_the_minimum_stay_is_a_cause_of_its_own():
    policy = replace(POLICY, min_dwell_days=30)
    before = replace(at(58, policy=policy), previous=Cell.HIGH_MOD, days_in_cell=29)
    found = why(before, replace(before, as_of=T1, days_in_cell=40))
    assert (found.before, found.after, found.cause) == (Cell.HIGH_MOD, Cell.HIGH_FAV, Cause.STAY)


def test_a_hysteresis_that_is_new_counts_with_the_past_it_looks_at():
    after = replace(at(53, on=T1, policy=replace(POLICY, hysteresis_score=5)), previous=Cell.HIGH_MOD, days_in_cell=9)
    assert why(at(40), after).after == Cell.HIGH_MOD
    assert why(after, at(53, on=T1)).after == Cell.HIGH_FAV


def test_the_days_in_a_cell_are_no_input_without_hysteresis():
    before = replace(at(58), previous=Cell.HIGH_MOD, days_in_cell=29)
    assert why(before, replace(before, days_in_cell=40)).factors == ()


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        (None, at(58), (None, Cell.HIGH_FAV, Cause.ENTERED)),
        (at(58), None, (Cell.HIGH_FAV, None, Cause.LEFT)),
        (None, None, (None, None, None)),
        (at(58), at(58, on=T1), (Cell.HIGH_FAV, Cell.HIGH_FAV, None)),
    ],
    ids=["entered", "left", "never there", "stayed"],
)
def test_who_was_not_there_both_times_entered_or_left(before, after, move):
    found = why(before, after)
    assert (found.before, found.after, found.cause) == move
    assert found.factors == ()


snapshots = st.builds(
    Snapshot,
    position=st.builds(
        Position,
        score=st.none() | st.sampled_from([0, 20, 40, 53, 60]),
        rating_state=st.sampled_from(RatingState.values),
        status=st.sampled_from([CompanyStatus.ACTIVE, CompanyStatus.NON_ACTIVE]),
        open_proceeding=st.booleans(),
        y=st.none() | st.sampled_from([D(1), D(60_000)]),
        parent=st.none() | st.just(Position(score=10, rating_state=RatingState.RATED)),
        override=st.none() | st.just(OVERRIDE),
    ),
    policy=st.builds(
        PolicyRules,
        high_from=st.sampled_from([D(50_000), D(70_000)]),
        sound_from=st.sampled_from([51, 55]),
        hysteresis_score=st.sampled_from([0, 5]),
        inheritance=st.sampled_from(Inheritance),
    ),
    as_of=st.sampled_from([T0, T1]),
    previous=st.none() | st.sampled_from(Cell),
    days_in_cell=st.none() | st.integers(0, 60),
    link=st.sampled_from(["", "FR-1", "FR-2"]),
    y_from_provider=st.booleans(),
)


@given(snapshots, snapshots)
def test_any_move_is_explained_to_the_full(before, after):
    found = why(before, after)
    assert (found.before, found.after) == (before.place().cell, after.place().cell)
    assert sum(shares(found).values()) == (found.before != found.after)
    assert (found.cause is None) == (found.before == found.after)


@given(snapshots, snapshots)
def test_an_input_that_changed_alone_is_the_whole_reason(before, after):
    found = why(before, after)
    for factor in found.factors:
        assert all(one.before != one.after for one in factor.inputs)
        if len(found.factors) == 1 and found.cause:
            assert (factor.enough_alone, factor.share, factor.without) == (True, 1, found.before)

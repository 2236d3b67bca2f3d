from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import CompanyStatus, Rating, RatingState
from companies.creditsafe.payloads.rating import parse_rating
from monitoring.choices import Cell
from monitoring.rules.matrix import (
    COLUMNS,
    Inheritance,
    NotRated,
    Override,
    Placement,
    PolicyRules,
    Position,
    Reason,
    column_of,
    place,
)

D = Decimal
DAY = date(2026, 3, 31)
POLICY = PolicyRules(high_from=D(50_000))
STEADY = PolicyRules(
    high_from=D(50_000), hysteresis_score=5, hysteresis_pct=D(10), min_dwell_days=30, downgrade_immediate=False
)


def rated(score, y="60000", **facts):
    return Position(score=score, rating_state=RatingState.RATED, y=None if y is None else D(y), **facts)


@pytest.mark.parametrize(
    ("score", "y", "cell"),
    [
        (51, "50000", Cell.HIGH_FAV),
        (50, "50000", Cell.HIGH_MOD),
        (30, "49999.99", Cell.LOW_MOD),
        (29, "0", Cell.LOW_DEF),
        (1, "60000", Cell.HIGH_DEF),
        (0, "60000", Cell.FAIL),
        (0, "0", Cell.FAIL),
        (100, "0", Cell.LOW_FAV),
    ],
)
def test_cells_by_score_and_limit(score, y, cell):
    assert place(rated(score, y), POLICY) == Placement(
        cell, no_limit=False, reason=Reason.SCORE_ZERO if cell == Cell.FAIL else Reason.SCORE
    )


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param({"open_proceeding": True}, Reason.PROCEEDING, id="redressement open"),
        pytest.param({"struck_off": True}, Reason.STRUCK_OFF, id="struck off"),
        pytest.param({"status": CompanyStatus.NON_ACTIVE}, Reason.STRUCK_OFF, id="ceased"),
    ],
)
def test_a_failure_overrides_a_good_score(facts, reason):
    assert place(rated(88, "90000", **facts), POLICY) == Placement(Cell.FAIL, no_limit=False, reason=reason)


def test_a_proceeding_is_seen_without_any_report():
    assert place(Position(open_proceeding=True), POLICY).cell == Cell.FAIL


@pytest.mark.parametrize(
    ("position", "cell", "reason"),
    [
        pytest.param(
            Position(rating_state=RatingState.NOT_RATED, y=D(80_000)), Cell.NR, Reason.NOT_RATED, id="not rated"
        ),
        pytest.param(
            Position(score=0, rating_state=RatingState.NOT_RATED, y=D(1)),
            Cell.NR,
            Reason.NOT_RATED,
            id="0 stored for none",
        ),
        pytest.param(rated(-1, "80000"), Cell.NR, Reason.NOT_RATED, id="negative code"),
        pytest.param(Position(rating=Rating.E, rating_state=RatingState.NOT_RATED), Cell.NR, Reason.NOT_RATED, id="E"),
        pytest.param(
            Position(rating=Rating.E, rating_state=RatingState.FAILED), Cell.FAIL, Reason.FAILED, id="E, failed"
        ),
        pytest.param(Position(), Cell.NR, Reason.NO_REPORT, id="no report"),
        pytest.param(Position(score=88, rating="A"), Cell.NR, Reason.NO_REPORT, id="state unknown"),
    ],
)
def test_not_rated_is_neither_0_nor_failed(position, cell, reason):
    placement = place(position, POLICY)
    assert (placement.cell, placement.reason) == (cell, reason)


def test_a_missing_limit_is_low_and_says_so():
    assert place(rated(75, None), POLICY) == Placement(Cell.LOW_FAV, no_limit=True, reason=Reason.SCORE)


@pytest.mark.parametrize(
    ("letter", "cell"),
    [
        ("A", Cell.HIGH_FAV),
        ("B", Cell.HIGH_FAV),
        ("C", Cell.HIGH_MOD),
        ("D", Cell.HIGH_DEF),
        ("E", Cell.NR),
        (None, Cell.NR),
    ],
)
def test_a_company_without_score_is_placed_by_its_letter(letter, cell):
    assert place(rated(None, rating=letter), POLICY).cell == cell


@pytest.mark.parametrize(
    ("score", "previous", "days", "immediate", "cell"),
    [
        pytest.param(49, Cell.HIGH_FAV, 31, True, Cell.HIGH_MOD, id="downgrade at once"),
        pytest.param(49, Cell.HIGH_FAV, 31, False, Cell.HIGH_FAV, id="downgrade held"),
        pytest.param(47, Cell.HIGH_FAV, 31, False, Cell.HIGH_FAV, id="downgrade held, last point"),
        pytest.param(46, Cell.HIGH_FAV, 31, False, Cell.HIGH_MOD, id="downgrade at the lowered bound"),
        pytest.param(26, Cell.HIGH_MOD, 31, False, Cell.HIGH_MOD, id="downgrade to weak held, last point"),
        pytest.param(25, Cell.HIGH_MOD, 31, False, Cell.HIGH_DEF, id="downgrade to weak at the lowered bound"),
        pytest.param(53, Cell.HIGH_MOD, 31, True, Cell.HIGH_MOD, id="upgrade not deep enough"),
        pytest.param(55, Cell.HIGH_MOD, 31, True, Cell.HIGH_MOD, id="upgrade, one short"),
        pytest.param(56, Cell.HIGH_MOD, 31, True, Cell.HIGH_FAV, id="upgrade deep enough"),
        pytest.param(56, Cell.HIGH_MOD, 30, True, Cell.HIGH_FAV, id="upgrade on the last day of waiting"),
        pytest.param(56, Cell.HIGH_MOD, 29, True, Cell.HIGH_MOD, id="upgrade too early"),
        pytest.param(56, Cell.HIGH_MOD, None, True, Cell.HIGH_MOD, id="upgrade, stay unknown"),
        pytest.param(53, Cell.HIGH_DEF, 31, True, Cell.HIGH_MOD, id="upgrade by one column of two"),
        pytest.param(0, Cell.HIGH_FAV, 1, False, Cell.FAIL, id="failure never waits"),
        pytest.param(51, Cell.NR, 1, False, Cell.HIGH_FAV, id="a first rating never waits"),
    ],
)
def test_hysteresis(score, previous, days, immediate, cell):
    policy = PolicyRules(high_from=D(50_000), hysteresis_score=5, min_dwell_days=30, downgrade_immediate=immediate)
    placement = place(rated(score), policy, previous=previous, days_in_cell=days)
    assert placement.cell == cell
    raw = place(rated(score), POLICY)
    assert placement.reason == (Reason.HELD if raw.cell != cell else raw.reason)


def test_a_wide_hysteresis_never_worsens_an_upgrade():
    policy = PolicyRules(high_from=D(50_000), hysteresis_score=25)
    assert place(rated(51), policy, previous=Cell.HIGH_MOD).cell == Cell.HIGH_MOD


@pytest.mark.parametrize(
    ("y", "previous", "cell"),
    [
        ("54999.99", Cell.LOW_FAV, Cell.LOW_FAV),
        ("55000", Cell.LOW_FAV, Cell.HIGH_FAV),
        ("45000.01", Cell.HIGH_FAV, Cell.HIGH_FAV),
        ("45000", Cell.HIGH_FAV, Cell.LOW_FAV),
        ("50000", Cell.NR, Cell.HIGH_FAV),
    ],
)
def test_hysteresis_of_the_limit(y, previous, cell):
    assert place(rated(75, y), STEADY, previous=previous, days_in_cell=31).cell == cell


@pytest.mark.parametrize(
    "bands", [{"sound_from": 30}, {"watch_from": 1}, {"weak_from": 0}, {"hysteresis_score": -1}, {"min_dwell_days": -1}]
)
def test_bands_with_a_gap_or_an_overlap_are_refused(bands):
    with pytest.raises(ValueError, match=r"bands|negative"):
        PolicyRules(high_from=D(1), **bands)


SLOW = PolicyRules(high_from=D(50_000), hysteresis_score=5, min_dwell_days=30)
HELD = replace(SLOW, downgrade_immediate=False)


@pytest.mark.parametrize(
    ("score", "facts", "y", "policy", "past", "cell"),
    [
        pytest.param(51, {}, "50000", POLICY, (None, None), Cell.HIGH_FAV, id="domain 4.5: 51, 50 000"),
        pytest.param(50, {}, "50000", POLICY, (None, None), Cell.HIGH_MOD, id="domain 4.5: 50, 50 000"),
        pytest.param(30, {}, "49999.99", POLICY, (None, None), Cell.LOW_MOD, id="domain 4.5: 30, 49 999.99"),
        pytest.param(29, {}, "0", POLICY, (None, None), Cell.LOW_DEF, id="domain 4.5: 29, 0"),
        pytest.param(1, {}, "60000", POLICY, (None, None), Cell.HIGH_DEF, id="domain 4.5: 1, 60 000"),
        pytest.param(0, {}, None, POLICY, (None, None), Cell.FAIL, id="domain 4.5: 0, any (missing)"),
        pytest.param(0, {}, "70000", POLICY, (None, None), Cell.FAIL, id="domain 4.5: 0, any (high)"),
        pytest.param(
            88, {"open_proceeding": True}, "90000", POLICY, (None, None), Cell.FAIL, id="domain 4.5: redressement open"
        ),
        pytest.param(75, {}, None, POLICY, (None, None), Cell.LOW_FAV, id="domain 4.5: 75, missing"),
        pytest.param(49, {}, "60000", SLOW, (Cell.HIGH_FAV, 1), Cell.HIGH_MOD, id="domain 4.5: 49, downgrade at once"),
        pytest.param(49, {}, "60000", HELD, (Cell.HIGH_FAV, 1), Cell.HIGH_FAV, id="domain 4.5: 49 > 51 - 5, held"),
        pytest.param(53, {}, "60000", SLOW, (Cell.HIGH_MOD, 31), Cell.HIGH_MOD, id="domain 4.5: 53 needs 56"),
        pytest.param(56, {}, "60000", SLOW, (Cell.HIGH_MOD, 31), Cell.HIGH_FAV, id="domain 4.5: 56 after 31 days"),
    ],
)
def test_the_vectors_of_the_reference(score, facts, y, policy, past, cell):
    previous, days = past
    placement = place(rated(score, y, **facts), policy, previous=previous, days_in_cell=days)
    assert (placement.cell, placement.no_limit) == (cell, y is None)


def provider(value, description="", letter="E"):
    """A position read by the client itself from what the provider sends."""
    current = {
        "commonValue": letter,
        "commonDescription": "Not Rated",
        "providerValue": {"minValue": "0", "maxValue": "100", "value": value},
        "providerDescription": description,
    }
    read = parse_rating({"creditScore": {"currentCreditRating": current}})
    return Position(score=read.score, rating=read.rating, rating_state=read.rating_state, y=D(80_000))


@pytest.mark.parametrize("value", ["NC", "-", "Not Rated", "-1"])
def test_domain_4_5_no_score_is_the_lane_not_rated(value):
    assert place(provider(value), POLICY).cell == Cell.NR


def test_domain_4_5_e_in_situation_of_failure_is_failed():
    words = "Company in situation of failure and with a very high risk of winding up"
    assert place(provider("Not Rated", words), POLICY) == Placement(Cell.FAIL, no_limit=False, reason=Reason.FAILED)


facts = {
    "score": st.none() | st.integers(-5, 105) | st.decimals(0, 100, places=1),
    "rating": st.none() | st.sampled_from([*Rating.values, "", "Z"]),
    "rating_state": st.sampled_from(RatingState.values),
    "status": st.sampled_from(CompanyStatus.values),
    "open_proceeding": st.booleans(),
    "struck_off": st.booleans(),
    "y": st.none() | st.decimals(-(10**6), 10**6, places=2) | st.sampled_from([D(0), D(45_000), D(50_000), D(55_000)]),
    "scored_on": st.none() | st.dates(date(2020, 1, 1), DAY),
    "behaviour": st.none() | st.integers(0, 100),
}
lone_positions = st.builds(Position, **facts)
by_hand = Override(Cell.LOW_MOD, "parent's guarantee", "manager", since=DAY, until=DAY + timedelta(days=10))
overrides = st.builds(replace, st.just(by_hand), cell=st.sampled_from(Cell))
positions = st.builds(Position, **facts, parent=st.none() | lone_positions, override=st.none() | overrides)
policies = st.builds(
    PolicyRules,
    high_from=st.sampled_from([D(50_000), D(0)]),
    hysteresis_score=st.sampled_from([0, 5, 25]),
    hysteresis_pct=st.sampled_from([D(0), D(10)]),
    min_dwell_days=st.sampled_from([0, 30]),
    downgrade_immediate=st.booleans(),
    inheritance=st.sampled_from(Inheritance),
    not_rated=st.sampled_from(NotRated),
    not_rated_column=st.sampled_from(COLUMNS),
)
previous_cells = st.none() | st.sampled_from(Cell)


@given(positions, policies, previous_cells, st.none() | st.integers(0, 400))
def test_any_facts_have_exactly_one_cell(position, policy, previous, days):
    placement = place(position, policy, previous=previous, days_in_cell=days, as_of=DAY)
    assert placement.cell in Cell
    assert placement.no_limit is (position.y is None)
    assert placement.overridden is (placement.reason is Reason.OVERRIDE)


ORDER = ("FAIL", "DEF", "MOD", "FAV")  # a scored company is never in the lane Not rated
pasts = st.tuples(previous_cells, st.none() | st.integers(0, 400))


def is_no_worse(worse, better, policy, past):
    """Whether the second position has a column at least as good as the first."""
    ranks = [
        ORDER.index(column_of(place(position, policy, previous=past[0], days_in_cell=past[1], as_of=DAY).cell))
        for position in (worse, better)
    ]
    return ranks[0] <= ranks[1]


@given(st.lists(st.integers(0, 100), min_size=2), policies, pasts, st.none() | lone_positions)
def test_a_better_score_never_gives_a_worse_column(scores, policy, past, parent):
    positions = [rated(score, parent=parent) for score in sorted(scores)]
    assert all(is_no_worse(a, b, policy, past) for a, b in pairwise(positions))


@given(st.lists(st.integers(0, 100), min_size=2), policies, pasts)
def test_a_better_parent_never_gives_a_worse_column(scores, policy, past):
    positions = [rated(60, parent=rated(score)) for score in sorted(scores)]
    assert all(is_no_worse(a, b, policy, past) for a, b in pairwise(positions))


@given(st.lists(st.decimals(0, 10**6, places=2), min_size=2), policies, pasts)
def test_a_higher_amount_never_gives_a_lower_row(amounts, policy, past):
    rows = [place(rated(60, y), policy, previous=past[0], days_in_cell=past[1]).cell.value[:4] for y in sorted(amounts)]
    assert rows == sorted(rows, reverse=True)


@given(positions, policies, previous_cells, st.none() | st.integers(0, 400))
def test_placing_again_with_its_own_result_changes_nothing(position, policy, previous, days):
    cell = place(position, policy, previous=previous, days_in_cell=days, as_of=DAY).cell
    assert place(position, policy, previous=cell, days_in_cell=days, as_of=DAY).cell == cell
    assert place(position, policy, previous=cell, days_in_cell=0, as_of=DAY).cell == cell


@given(positions, previous_cells)
def test_without_hysteresis_the_past_does_not_matter(position, previous):
    assert place(position, POLICY, previous=previous, as_of=DAY) == place(position, POLICY, as_of=DAY)

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import CompanyStatus, Rating, RatingState
from monitoring.choices import Cell
from monitoring.rules.matrix import Placement, PolicyRules, Position, Reason, place

D = Decimal
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


positions = st.builds(
    Position,
    score=st.none() | st.integers(-5, 105),
    rating=st.none() | st.sampled_from([*Rating.values, "", "Z"]),
    rating_state=st.sampled_from(RatingState.values),
    status=st.sampled_from(CompanyStatus.values),
    open_proceeding=st.booleans(),
    struck_off=st.booleans(),
    y=st.none() | st.decimals(-(10**6), 10**6, places=2),
)
policies = st.sampled_from([POLICY, STEADY, PolicyRules(high_from=D(0))])
previous_cells = st.none() | st.sampled_from(Cell)


@given(positions, policies, previous_cells, st.none() | st.integers(0, 400))
def test_any_facts_have_exactly_one_cell(position, policy, previous, days):
    placement = place(position, policy, previous=previous, days_in_cell=days)
    assert placement.cell in Cell
    assert placement.no_limit is (position.y is None)


ORDER = ("FAIL", "DEF", "MOD", "FAV")


@given(st.lists(st.integers(0, 100), min_size=2), policies, previous_cells, st.none() | st.integers(0, 400))
def test_a_better_score_never_gives_a_worse_column(scores, policy, previous, days):
    cells = [place(rated(s), policy, previous=previous, days_in_cell=days).cell for s in sorted(scores)]
    ranks = [ORDER.index(cell.value.split("-")[-1]) for cell in cells]
    assert all(a <= b for a, b in pairwise(ranks))


@given(positions, previous_cells)
def test_without_hysteresis_the_past_does_not_matter(position, previous):
    assert place(position, POLICY, previous=previous) == place(position, POLICY)

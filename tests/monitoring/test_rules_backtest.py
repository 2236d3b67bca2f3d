from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import RatingState
from monitoring.choices import Cell
from monitoring.rules.backtest import Observation, Outcome, OutcomeKind, Question, Refusal, backtest, compare
from monitoring.rules.matrix import Override, PolicyRules, Position

D = Decimal
POLICY = PolicyRules(high_from=D(50_000))
STRICT = replace(POLICY, watch_from=45)
ASKED = Question(as_of=date(2026, 6, 30), enough=1)
FELL = date(2025, 6, 1)


def seen(key, day, score, override=None):
    position = Position(score=score, rating_state=RatingState.RATED, y=D(1), override=override)
    return Observation(key, day if isinstance(day, date) else FELL - timedelta(days=day), position)


def fell(key, amount="1000", on=FELL, kind=OutcomeKind.PROCEEDING):
    return Outcome(key, on, kind, None if amount is None else D(amount))


def test_a_warning_before_the_outcome_is_a_hit_and_its_lead_is_from_the_first():
    result = backtest([seen(1, 90, 20), seen(1, 30, 20), seen(1, 200, 60)], [fell(1)], POLICY, ASKED)
    assert (result.outcomes, result.hits, result.hit_rate, result.lead_days) == (1, 1, D(1), D(90))
    assert (result.alarms, result.false_alarms, result.avoided) == (1, 0, D(1000))


def test_an_outcome_without_a_warning_is_missed():
    result = backtest([seen(1, 30, 60)], [fell(1)], POLICY, ASKED)
    assert (result.hit_rate, result.lead_days, result.avoided, result.false_alarm_rate) == (D(0), None, D(0), None)


@pytest.mark.parametrize(
    ("day", "outcomes", "unobserved"),
    [
        (date(2024, 6, 1), 1, 0),
        (date(2024, 5, 31), 0, 1),
        (FELL - timedelta(days=1), 1, 0),
        (FELL, 0, 1),
    ],
    ids=["twelve months before", "a day earlier", "the eve", "the day itself"],
)
def test_a_position_counts_in_the_twelve_months_before(day, outcomes, unobserved):
    result = backtest([seen(1, day, 20)], [fell(1)], POLICY, ASKED)
    assert (result.outcomes, result.unobserved) == (outcomes, unobserved)


@pytest.mark.parametrize(
    ("day", "alarms", "pending"),
    [(date(2025, 6, 30), 1, 0), (date(2025, 7, 1), 0, 1)],
    ids=["its months are over", "one day is left"],
)
def test_a_warning_is_false_only_when_its_months_are_over(day, alarms, pending):
    result = backtest([seen(1, 30, 20), seen(2, day, 20)], [fell(1)], POLICY, ASKED)
    assert (result.alarms - 1, result.pending, result.false_alarms) == (alarms, pending, alarms)


def test_an_outcome_on_the_last_day_of_the_months_makes_the_alarm_true():
    result = backtest([seen(1, date(2024, 6, 1), 20)], [fell(1)], POLICY, ASKED)
    assert (result.alarms, result.false_alarms) == (1, 0)


def test_warnings_in_a_row_are_one_alarm_and_a_quiet_position_ends_it():
    days = [(400, 20), (390, 10), (380, 60), (370, 20)]
    result = backtest([seen(1, 30, 60), *(seen(2, day, score) for day, score in days)], [fell(1)], POLICY, ASKED)
    assert (result.alarms, result.false_alarms, result.false_alarm_rate) == (2, 2, D(1))


def test_the_lead_is_a_median_in_days():
    several = [seen(n, days, 20) for n, days in enumerate((10, 20, 300, 41))]
    assert backtest(several, [fell(n) for n in range(4)], POLICY, ASKED).lead_days == D("30.5")


def test_a_warning_too_late_to_react_avoids_nothing():
    asked = replace(ASKED, react_days=30)
    result = backtest([seen(1, 30, 20), seen(2, 29, 20)], [fell(1, "7"), fell(2, "100")], POLICY, asked)
    assert (result.hits, result.avoided) == (2, D(7))


def test_an_unknown_amount_is_counted_apart_and_is_not_0():
    result = backtest([seen(1, 30, 20), seen(2, 30, 20)], [fell(1, None), fell(2, "5")], POLICY, ASKED)
    assert (result.avoided, result.amounts_unknown) == (D(5), 1)


def test_only_the_first_outcome_of_a_company_counts():
    later = fell(1, "9", on=FELL + timedelta(days=60), kind=OutcomeKind.WRITE_OFF)
    result = backtest([seen(1, 30, 60), seen(1, -10, 20)], [later, fell(1, "5")], POLICY, ASKED)
    assert (result.outcomes, result.hits, result.alarms) == (1, 0, 0)


def test_what_is_not_known_yet_is_not_used():
    asked = replace(ASKED, as_of=FELL - timedelta(days=1))
    result = backtest([seen(1, 30, 20)], [fell(1)], POLICY, asked)
    assert (result.outcomes, result.unobserved, result.pending) == (0, 0, 1)
    assert backtest([seen(1, 0, 20)], [], POLICY, asked).pending == 0


@pytest.mark.parametrize(("outcomes", "refusal"), [(19, Refusal.TOO_FEW_OUTCOMES), (20, None)])
def test_no_conclusion_is_drawn_under_20_outcomes(outcomes, refusal):
    several = [seen(n, 30, 20) for n in range(outcomes)]
    result = backtest(several, [fell(n) for n in range(outcomes)], POLICY, replace(ASKED, enough=20))
    assert (result.outcomes, result.refusal) == (outcomes, refusal)
    figures = (result.hits, result.hit_rate, result.lead_days, result.avoided, result.false_alarm_rate)
    assert all((figure is None) == bool(refusal) for figure in figures)


def test_20_are_asked_for_unless_said_otherwise():
    assert Question(as_of=FELL).enough == 20


def test_no_outcome_at_all_is_refused_even_when_none_is_asked_for():
    assert backtest([], [], POLICY, replace(ASKED, enough=0)).refusal == Refusal.TOO_FEW_OUTCOMES


def test_positions_under_an_override_are_left_out():
    override = Override(Cell.LOW_FAV, "known", "manager", since=date(2025, 1, 1), until=date(2025, 4, 30))
    inside = seen(1, date(2025, 4, 30), 20, override)
    after = seen(1, date(2025, 5, 1), 20, override)
    assert backtest([inside], [fell(1)], POLICY, ASKED).unobserved == 1
    assert backtest([inside, after], [fell(1)], POLICY, ASKED).lead_days == D(31)


def test_a_policy_is_replayed_with_its_own_past():
    steady = replace(POLICY, hysteresis_score=5, min_dwell_days=30)
    days = [seen(1, 100, 20), seen(1, 80, 40), seen(1, 60, 40)]
    assert backtest(days, [fell(1)], POLICY, ASKED).alarms == 1
    late = [seen(1, 80, 40), seen(1, 60, 40)]
    assert backtest([seen(1, 400, 20), *late], [fell(1)], steady, ASKED).hits == 0
    assert backtest(days, [fell(1)], steady, ASKED).hits == 1
    held = backtest([seen(1, 380, 20), seen(1, 360, 40)], [fell(1)], steady, ASKED)
    assert (held.hits, held.lead_days) == (1, D(360))


def both(observations, outcomes, *, changed=None, enough=1):
    asked = replace(ASKED, enough=enough)
    return compare(observations, outcomes, draft=STRICT, active=POLICY, question=asked, scorecard_changed_on=changed)


def test_a_draft_is_compared_with_the_active_policy():
    observations = [seen(1, 90, 40), seen(1, 30, 20), seen(2, 60, 40), seen(3, 500, 40)]
    split = both(observations, [fell(1, "10"), fell(2, "200")])
    differences = [split.whole.difference(name) for name in ("hits", "false_alarms", "lead_days", "avoided")]
    assert differences == [D(1), D(1), D(45), D(200)]
    assert (split.before, split.since) == (None, None)


def test_a_figure_that_only_one_policy_has_makes_no_difference():
    whole = both([seen(1, 90, 40)], [fell(1)]).whole
    assert (whole.draft.lead_days, whole.active.lead_days, whole.difference("lead_days")) == (D(90), None, None)


def test_a_comparison_under_20_outcomes_has_no_difference():
    split = both([seen(1, 90, 40)], [fell(1)], enough=20)
    assert (split.whole.refusal, split.whole.difference("hit_rate")) == (Refusal.TOO_FEW_OUTCOMES, None)


def test_an_outcome_belongs_to_the_scorecard_of_the_last_position_before_it():
    changed = FELL - timedelta(days=50)
    observations = [seen(1, 90, 20), seen(1, 30, 60), seen(2, 90, 20), seen(3, 50, 20), seen(4, 51, 20)]
    split = both(observations, [fell(n) for n in (1, 2, 3, 4)], changed=changed)
    parts = [(part.active.outcomes, part.active.hits) for part in (split.whole, split.before, split.since)]
    assert parts == [(4, 4), (2, 2), (2, 1)]


def test_a_warning_before_a_change_is_no_false_alarm_when_the_outcome_comes_after_it():
    split = both([seen(1, 90, 20), seen(1, 10, 20)], [fell(1)], changed=FELL - timedelta(days=50), enough=0)
    assert (split.before.active.alarms, split.before.active.false_alarms) == (1, None)
    assert (split.since.active.alarms, split.since.active.false_alarms) == (1, 0)


histories = st.lists(st.builds(seen, st.integers(0, 9), st.integers(-700, 700), st.integers(0, 100)), max_size=40)
ends = st.lists(st.builds(fell, st.integers(0, 9)), max_size=9)


@given(histories, ends)
def test_counts_add_up_and_a_stricter_policy_misses_no_more(observations, outcomes):
    split = both(observations, outcomes, changed=FELL - timedelta(days=100), enough=0).whole
    for result in (split.draft, split.active):
        assert result.outcomes + result.unobserved == len({one.key for one in outcomes})
        if result.refusal is None:
            assert 0 <= result.hits <= result.outcomes
            assert 0 <= result.false_alarms <= result.alarms
    if split.refusal is None:
        assert split.difference("hits") >= 0
        assert split.difference("avoided") >= 0


@given(histories, ends)
def test_the_parts_of_a_split_have_all_the_outcomes(observations, outcomes):
    split = both(observations, outcomes, changed=FELL - timedelta(days=100))
    assert split.before.active.outcomes + split.since.active.outcomes == split.whole.active.outcomes

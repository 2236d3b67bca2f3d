import sqlite3
from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companies.choices import CompanyStatus, Rating, RatingState
from monitoring.choices import Cell
from monitoring.rules.bulk import Tally, bounds_case, compare, tally
from monitoring.rules.matrix import Inheritance, NotRated, PolicyRules, Position, place

D = Decimal
POLICY = PolicyRules(high_from=D(50_000))
FACTS = ("score", "rating", "rating_state", "status", "open_proceeding", "struck_off", "y", "behaviour")
SQL = {"is": "=", "is not": "<>", "<": "<", ">=": ">="}

positions = st.builds(
    Position,
    score=st.none() | st.sampled_from([-1, 0, 1, 29, 30, 50, 51, 100]) | st.integers(-5, 105),
    rating=st.none() | st.sampled_from([*Rating.values, "", "Z"]),
    rating_state=st.sampled_from(RatingState.values),
    status=st.sampled_from(CompanyStatus.values),
    open_proceeding=st.booleans(),
    struck_off=st.booleans(),
    y=st.none() | st.sampled_from([D(0), D("49999.99"), D(50_000)]) | st.decimals(-(10**6), 10**6, places=2),
    behaviour=st.none() | st.integers(0, 100),
)
policies = st.builds(
    PolicyRules,
    high_from=st.sampled_from([D(50_000), D(0), D("0.01")]),
    weak_from=st.sampled_from([D(1), D("0.5"), D(10)]),
    not_rated=st.sampled_from(NotRated),
    not_rated_column=st.sampled_from(["DEF", "MOD", "FAV"]),
)


def holds(condition, position):
    """What a condition says, by the comparisons of SQL: an unknown fact fulfils none."""
    value = getattr(position, condition.fact)
    if value is None:
        return False
    comparisons = {"is": "__eq__", "is not": "__ne__", "<": "__lt__", ">=": "__ge__"}
    if condition.fact in {"score", "y", "behaviour"}:
        value = D(value)
    return getattr(value, comparisons[condition.op])(condition.value)


def first_case(position, policy):
    cases = bounds_case(policy)
    return next(cell for cell, conditions in cases if all(holds(condition, position) for condition in conditions))


@given(positions, policies)
def test_the_cases_of_a_policy_agree_with_placing(position, policy):
    assert first_case(position, policy) == place(position, policy).cell


def case_sql(policy):
    whens, values = [], []
    for cell, conditions in bounds_case(policy):
        tests = [f"{condition.fact} {SQL[condition.op]} ?" for condition in conditions]
        whens.append(f"WHEN {' AND '.join(tests) or '1'} THEN '{cell.value}'")
        values += [float(c.value) if isinstance(c.value, Decimal) else c.value for c in conditions]
    return f"CASE {' '.join(whens)} END", values


@settings(max_examples=settings.default.max_examples // 3)  # fifty positions each
@given(st.lists(positions, min_size=1, max_size=50), policies)
def test_a_database_places_like_the_rules(several, policy):
    expression, values = case_sql(policy)
    with sqlite3.connect(":memory:") as db:
        db.execute(f"CREATE TABLE facts ({', '.join(FACTS)})")
        rows = [[getattr(position, name) for name in FACTS] for position in several]
        rows = [[float(value) if isinstance(value, Decimal) else value for value in row] for row in rows]
        db.executemany(f"INSERT INTO facts VALUES ({', '.join('?' * len(FACTS))})", rows)
        found = [cell for (cell,) in db.execute(f"SELECT {expression} FROM facts ORDER BY rowid", values)]
    db.close()
    assert found == [place(position, policy).cell.value for position in several]


def test_every_condition_names_a_fact_of_a_position():
    named = {c.fact for _, conditions in bounds_case(replace(POLICY, not_rated=NotRated.BEHAVIOUR)) for c in conditions}
    assert named <= {field.name for field in fields(Position)}
    assert named == set(FACTS)


def test_the_last_case_takes_whoever_is_left():
    assert bounds_case(POLICY)[-1] == (Cell.NR, ())


@pytest.mark.parametrize("way", [Inheritance.MIN, Inheritance.PARENT])
def test_a_policy_that_looks_at_the_parent_has_no_cases(way):
    with pytest.raises(ValueError, match="parent"):
        bounds_case(replace(POLICY, inheritance=way))


def row(position, weight):
    return (position.score, position.y, position.rating_state, position.status, weight, position.rating)


lone = positions.map(lambda p: replace(p, open_proceeding=False, struck_off=False, behaviour=None))
weighed = st.lists(st.tuples(lone, st.decimals(0, 10**6, places=2)), max_size=40)


@given(weighed, policies)
def test_a_tally_is_the_sum_of_single_placements(several, policy):
    totals = tally((row(*one) for one in several), policy)
    for cell in Cell:
        weights = [weight for position, weight in several if place(position, policy).cell == cell]
        assert totals[cell] == Tally(len(weights), sum(weights, D(0)))


@given(weighed, policies, policies)
def test_a_comparison_places_under_both_policies(several, active, draft):
    totals = compare((row(*one) for one in several), active, draft)
    for pair in {(place(p, active).cell, place(p, draft).cell) for p, _ in several} | totals.keys():
        weights = [w for p, w in several if (place(p, active).cell, place(p, draft).cell) == pair]
        assert totals[pair] == Tally(len(weights), sum(weights, D(0)))


def test_companies_with_the_same_facts_add_up():
    rows = [(score, D(score * 1000), "rated", "active", D(1), "A") for score in range(1, 101)] * 50
    totals = tally(rows, POLICY)
    assert sum(total.count for total in totals.values()) == 5000
    assert totals[Cell.HIGH_FAV] == Tally(2500, D(2500))

"""Flows worked out in SQL must be those of the rules, company by company, however the rows came about."""

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from companies.choices import ChangeCause, CompanyStatus, LinkState, RatingState, Role
from companies.models import Company
from monitoring.choices import Cell
from monitoring.models import MatrixPolicy, Position
from monitoring.rules.flows import End, Flow, Total, balance, cause_of, columns, rows, transitions
from monitoring.services.flows import Moves, Period, Scope, Way, choices, flows
from tests import make
from tests.monitoring.pages import placed

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 1)
PERIOD = Period(FIRST, LAST)
CELLS = ["LOW-FAV", "HIGH-FAV"] * 3 + ["LOW-MOD", "FAIL", "FAIL", "NR"]


def at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(9)))


def position(company: Company, since: date, until: date | None = None, **values: Any) -> Position:
    """A row shown and true from a day until the day before another; not saved."""
    given = {
        "name": company.name, "country": "FR", "link_state": LinkState.LINKED, "rating_state": RatingState.RATED,
        "status": CompanyStatus.ACTIVE, "cell": Cell.LOW_FAV, "is_client": True, "cause": ChangeCause.REPORT,
    }  # fmt: skip
    days = {"known_from": at(since), "valid_from": since, "valid_until": until}
    return Position(company=company, known_until=at(until) if until else None, **days, **given | values)


def end(row: Position | None) -> End | None:
    if row is None:
        return None
    names = ("connect_id", "score", "rating", "rating_state", "status", "in_proceeding", "inherited", "overridden", "y")
    same = {name: getattr(row, name) for name in names}
    return End(cell=Cell(row.cell), head=row.head_id, policy=row.policy_id, **same)


def generated(seed: int, number: int = 300) -> list[Position]:
    """Companies with one row, two, or a gap, whose every column that a cause looks at may change or not."""
    dice = random.Random(seed)
    companies = Company.objects.bulk_create([Company(name=f"C{n}") for n in range(number)])
    policies = [None, MatrixPolicy.objects.active().pk]

    def facts() -> dict[str, Any]:
        return {
            "cell": dice.choice(CELLS), "score": dice.choice([None, 40, 60]), "rating": dice.choice(["", "B"]),
            "connect_id": dice.choice(["", "A", "A", "B"]), "in_proceeding": dice.random() < 0.1,
            "head_id": dice.choice([None, companies[0].pk]), "policy_id": dice.choice(policies),
            "inherited": dice.random() < 0.2, "overridden": dice.random() < 0.2,
            "y": dice.choice([None, *map(Decimal, range(-5, 5))]), "exposure": Decimal(dice.randint(0, 9999)) / 100,
        }  # fmt: skip

    made = []
    for company in companies:
        before = facts()
        after = {
            name: value if name == "cell" or dice.random() < 0.25 else before[name] for name, value in facts().items()
        }
        kind = dice.choice(["stays", "changes", "changes", "changes", "enters", "leaves"])
        turn = FIRST + timedelta(days=dice.randint(1, 30))
        if kind != "enters":
            made.append(position(company, FIRST - timedelta(days=9), None if kind == "stays" else turn, **before))
        if kind in {"changes", "enters"}:
            made.append(position(company, turn, **after))
    return Position.objects.bulk_create(made)


@pytest.mark.parametrize("known_now", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_database_splits_every_move_as_the_rules_do(seed, known_now):
    generated(seed)
    ends = [{row.company_id: row for row in Position.objects.on(day, known_now=known_now)} for day in (FIRST, LAST)]
    before, after = ({key: (Cell(row.cell), row.exposure) for key, row in rows.items()} for rows in ends)
    causes = {key: cause_of(end(ends[0].get(key)), end(ends[1].get(key))) or "" for key in before | after}
    found = flows(Scope(), Period(FIRST, LAST, known_now=known_now))
    assert set(found) == set(transitions(before, after, causes))
    assert {flow.cause for flow in found} >= {"score", "limit", "policy", "override", "link", "entered", "left", ""}


def test_rows_and_columns_add_up_to_the_two_populations():
    generated(3)
    found = flows(Scope(), PERIOD)
    for sums, day in ((rows(found), FIRST), (columns(found), LAST)):
        inside = {cell: total for cell, total in sums.items() if cell}
        expected: dict[Cell, Total] = {}
        for row in Position.objects.on(day):
            so_far = expected.get(Cell(row.cell), Total())
            expected[Cell(row.cell)] = Total(so_far.count + 1, so_far.amount + row.exposure)
        assert inside == expected


def test_the_balance_closes():
    generated(4)
    found = balance(flows(Scope(), PERIOD))
    assert found.opening.amount + found.entered.amount - found.left.amount + found.drift == found.closing.amount
    assert found.opening.count + found.entered.count - found.left.count == found.closing.count


def test_the_lists_hold_the_companies_that_the_flows_count():
    generated(5, 40)
    for flow in flows(Scope(), PERIOD):
        moves = Moves(Scope(), PERIOD, Way(flow.source or "", flow.target or "", flow.cause or None))
        listed = list(moves)
        assert len(moves) == len(listed) == flow.count
        assert {(one.before and one.before.cell, one.after and one.after.cell) for one in listed} == {
            (flow.source, flow.target)
        }
        assert [one.latest.pk for one in moves[1:3]] == [one.latest.pk for one in listed[1:3]]


def test_a_list_without_a_way_holds_all_who_moved_the_largest_first():
    generated(6)
    listed = list(Moves(Scope(), PERIOD, Way()))
    assert len(listed) == sum(flow.count for flow in flows(Scope(), PERIOD) if flow.source != flow.target)
    sizes = [one.latest.exposure for one in listed]
    assert sizes == sorted(sizes, reverse=True)


def test_a_company_that_changed_its_business_unit_left_the_one_and_entered_the_other():
    company = make.company()
    position(company, FIRST, FIRST + timedelta(days=3), business_unit="Nord").save()
    position(company, FIRST + timedelta(days=3), business_unit="Sud").save()
    assert [flow.cause for flow in flows(Scope(unit="Nord"), PERIOD)] == ["left"]
    assert [flow.cause for flow in flows(Scope(unit="Sud"), PERIOD)] == ["entered"]
    assert [flow.cause for flow in flows(Scope(), PERIOD)] == [""]


def test_suppliers_are_seen_in_their_own_cell():
    company = make.company()
    both = {"is_supplier": True, "supplier_cell": Cell.HIGH_FAV, "score": 60}
    position(company, FIRST, FIRST + timedelta(days=3), **both).save()
    position(company, FIRST + timedelta(days=3), **both | {"supplier_cell": Cell.HIGH_DEF, "score": 20}).save()
    assert flows(Scope(role=Role.SUPPLIER), PERIOD) == (Flow(Cell.HIGH_FAV, Cell.HIGH_DEF, 1, cause="score"),)
    assert flows(Scope(role=Role.CLIENT), PERIOD) == (Flow(Cell.LOW_FAV, Cell.LOW_FAV, 1),)


def test_the_population_of_today_is_that_of_the_standings():
    placed("A", score=60, owes="500")
    placed("B", score=20)
    found = flows(Scope(), Period(make.TODAY - timedelta(days=1), make.TODAY))
    assert [(flow.source, flow.target, flow.count, flow.amount_after) for flow in found] == [
        (None, Cell.LOW_DEF, 1, Decimal(0)),
        (None, Cell.LOW_FAV, 1, Decimal(500)),
    ]


def test_flows_and_lists_take_the_same_queries_for_any_number(django_assert_num_queries):
    generated(7)
    with django_assert_num_queries(1):
        flows(Scope(), PERIOD)
    with django_assert_num_queries(2):
        Moves(Scope(), PERIOD, Way())[0:50]


def test_the_filters_offer_what_the_portfolio_has(django_assert_num_queries):
    placed("A", business_unit="Nord", analyst="Martin")
    with django_assert_num_queries(1):
        assert choices() == {"unit": ["Nord"], "analyst": ["Martin"], "country": ["FR"], "sector": []}
    with django_assert_num_queries(0):
        choices()

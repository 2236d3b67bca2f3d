from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.choices import Cell
from monitoring.rules.flows import (
    End,
    Flow,
    Frame,
    Total,
    balance,
    cause_of,
    columns,
    matrix,
    rows,
    sankey,
    transitions,
)

D = Decimal
BEFORE = {1: (Cell.HIGH_FAV, D(100)), 2: (Cell.HIGH_FAV, D(50)), 3: (Cell.NR, D(7))}
AFTER = {1: (Cell.HIGH_FAV, D(120)), 2: (Cell.HIGH_MOD, D(40)), 4: (Cell.LOW_DEF, D(5))}

populations = st.dictionaries(
    st.integers(0, 30), st.tuples(st.sampled_from(Cell), st.decimals(-(10**6), 10**6, places=2)), max_size=30
)


def sums(population):
    totals = {}
    for cell, amount in population.values():
        count, so_far = totals.get(cell, (0, D(0)))
        totals[cell] = (count + 1, so_far + amount)
    return {cell: Total(*total) for cell, total in totals.items()}


def inside(totals):
    return {cell: total for cell, total in totals.items() if cell is not None}


def test_companies_stay_move_enter_and_leave():
    assert set(transitions(BEFORE, AFTER)) == {
        Flow(Cell.HIGH_FAV, Cell.HIGH_FAV, 1, D(100), D(120)),
        Flow(Cell.HIGH_FAV, Cell.HIGH_MOD, 1, D(50), D(40)),
        Flow(Cell.NR, None, 1, D(7), D(0)),
        Flow(None, Cell.LOW_DEF, 1, D(0), D(5)),
    }


def test_a_flow_is_split_by_cause_and_those_who_stay_have_none():
    before = {n: (Cell.LOW_FAV, D(1)) for n in range(4)}
    after = before | {1: (Cell.LOW_MOD, D(1)), 2: (Cell.LOW_MOD, D(2)), 3: (Cell.LOW_MOD, D(3))}
    flows = transitions(before, after, {0: "score", 1: "score", 2: "policy", 3: "policy"})
    assert [(flow.target, flow.cause, flow.count, flow.amount_after) for flow in flows] == [
        (Cell.LOW_FAV, "", 1, D(1)),
        (Cell.LOW_MOD, "policy", 2, D(5)),
        (Cell.LOW_MOD, "score", 1, D(1)),
    ]
    assert matrix(flows)[Cell.LOW_FAV, Cell.LOW_MOD] == Flow(Cell.LOW_FAV, Cell.LOW_MOD, 3, D(3), D(6))


def test_the_balance_says_how_the_euros_became_others():
    found = balance(transitions(BEFORE, AFTER))
    assert (found.opening, found.closing) == (Total(3, D(157)), Total(3, D(165)))
    assert (found.entered, found.left, found.drift) == (Total(1, D(5)), Total(1, D(7)), D(10))


@given(populations, populations)
def test_rows_are_the_first_population_and_columns_the_second(before, after):
    flows = transitions(before, after)
    assert inside(rows(flows)) == sums(before)
    assert inside(columns(flows)) == sums(after)


causes = st.dictionaries(st.integers(0, 30), st.sampled_from(["score", "limit", ""]))


@given(populations, populations, causes)
def test_companies_and_euros_are_conserved_up_to_entered_and_left(before, after, why):
    found = balance(transitions(before, after, why))
    assert found.opening.count + found.entered.count - found.left.count == found.closing.count
    assert found.opening.amount + found.entered.amount - found.left.amount + found.drift == found.closing.amount
    assert found.entered.count == len(after.keys() - before.keys())


@given(populations, populations, causes)
def test_causes_split_a_flow_without_changing_it(before, after, why):
    assert matrix(transitions(before, after, why)) == matrix(transitions(before, after))


FRAME = Frame(width=600, height=300, node=10, gap=5)


@given(populations, populations, st.sampled_from(["count", "amount"]))
def test_every_node_fits_the_frame_and_is_filled_by_its_ribbons(before, after, measure):
    picture = sankey(transitions(before, after), order=list(Cell), measure=measure, frame=FRAME)
    for node in picture.nodes:
        assert -1e-6 <= node.y <= node.y + node.height <= FRAME.height + 1e-6
        ends = [
            (r.top0, r.bottom0) if node.side == "before" else (r.top1, r.bottom1)
            for r in picture.ribbons
            if (r.flow.source if node.side == "before" else r.flow.target) == node.cell
        ]
        assert sum(bottom - top for top, bottom in ends) == pytest.approx(node.height)
        assert [node.y, *(bottom for _, bottom in ends)] == pytest.approx([*(top for top, _ in ends), ends[-1][1]])
    for side in ("before", "after"):
        nodes = [node for node in picture.nodes if node.side == side]
        assert all(a.y + a.height + FRAME.gap == pytest.approx(b.y) for a, b in pairwise(nodes))


def test_the_fuller_side_takes_the_whole_height():
    flows = [Flow(Cell.HIGH_FAV, Cell.HIGH_FAV, 3), Flow(Cell.HIGH_FAV, Cell.LOW_MOD, 1)]
    picture = sankey(flows, order=list(Cell), frame=FRAME)
    source, stayed, moved = picture.nodes
    assert (source.x, source.y, source.height, source.value) == (0, 0, pytest.approx(295), D(4))
    assert (stayed.x, stayed.y, stayed.height) == (590, 0, pytest.approx(295 * 3 / 4))
    assert (moved.y, moved.height) == (pytest.approx(295 * 3 / 4 + 5), pytest.approx(295 / 4))
    assert [(r.x0, r.x1) for r in picture.ribbons] == [(10, 590)] * 2


def test_those_who_entered_or_left_are_drawn_last():
    picture = sankey(transitions(BEFORE, AFTER), order=list(Cell), measure="amount", frame=FRAME)
    assert [node.cell for node in picture.nodes if node.side == "before"] == [Cell.HIGH_FAV, Cell.NR, None]
    assert [node.cell for node in picture.nodes if node.side == "after"][-1] is None


def test_nobody_is_an_empty_picture():
    picture = sankey([], order=list(Cell))
    assert (picture.nodes, picture.ribbons) == ((), ())


HERE = End(Cell.LOW_FAV, connect_id="A", score=60, y=D(10))


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        (None, HERE, "entered"),
        (HERE, None, "left"),
        (HERE, replace(HERE, score=40), None),
        (HERE, replace(HERE, cell=Cell.LOW_MOD, score=40), "score"),
        (HERE, replace(HERE, cell=Cell.LOW_MOD, head=7), "score"),
        (HERE, replace(HERE, cell=Cell.LOW_MOD), "policy"),
        (HERE, replace(HERE, cell=Cell.LOW_MOD, y=D(90)), "policy"),
        (HERE, replace(HERE, cell=Cell.HIGH_FAV, y=D(90), score=70), "limit"),
        (HERE, replace(HERE, cell=Cell.HIGH_FAV, y=None), "limit"),
        (HERE, replace(HERE, cell=Cell.HIGH_FAV, score=70), "policy"),
        (HERE, replace(HERE, cell=Cell.HIGH_MOD, y=D(90), score=40), "score"),
        (HERE, replace(HERE, cell=Cell.HIGH_MOD, connect_id="B", score=40), "link"),
        (HERE, replace(HERE, cell=Cell.NR, connect_id="", score=None), "score"),
        (HERE, replace(HERE, cell=Cell.HIGH_FAV, overridden=True), "override"),
        (replace(HERE, overridden=True), replace(HERE, cell=Cell.LOW_MOD, score=40), "override"),
        (replace(HERE, overridden=True), replace(HERE, cell=Cell.HIGH_DEF, overridden=True), "override"),
        (replace(HERE, overridden=True), replace(HERE, cell=Cell.FAIL, status="non_active"), "score"),
        (HERE, replace(HERE, cell=Cell.FAIL, overridden=True), "override"),
        (replace(HERE, inherited=True), replace(HERE, cell=Cell.LOW_MOD, inherited=True), "score"),
        (replace(HERE, policy=1), replace(HERE, cell=Cell.LOW_MOD, inherited=True, policy=2), "policy"),
    ],
)
def test_a_move_is_put_down_to_the_first_cause_that_holds(before, after, cause):
    assert cause_of(before, after) == cause

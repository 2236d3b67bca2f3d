"""Who went from which cell to which between two dates, in number and in euros, and its Sankey (domain 3.1)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from monitoring.choices import Cell

Measure = Literal["count", "amount"]
Population = Mapping[Hashable, tuple[Cell, Decimal]]
"""The cell and the amount of each company, by its key."""

_ZERO = Decimal(0)


class FlowCause(StrEnum):
    """What a move is put down to. The order is that of `cause_of`: the first that holds."""

    ENTERED = "entered"
    LEFT = "left"
    OVERRIDE = "override"
    LINK = "link"
    SCORE = "score"
    LIMIT = "limit"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class End:
    """What a company was on one of the two days, as far as it tells why it moved. `head` is its ultimate parent."""

    cell: Cell
    connect_id: str = ""
    score: int | None = None
    rating: str = ""
    rating_state: str = ""
    status: str = ""
    in_proceeding: bool = False
    head: int | None = None
    policy: int | None = None
    inherited: bool = False
    overridden: bool = False
    y: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Companies that went the same way. `source` None: entered; `target` None: left; both the same: stayed.

    `amount_before` is theirs at the first date, `amount_after` at the second; 0 where they were not there.
    """

    source: Cell | None
    target: Cell | None
    count: int
    amount_before: Decimal = _ZERO
    amount_after: Decimal = _ZERO
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """Companies and euros."""

    count: int = 0
    amount: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Balance:
    """How the first population becomes the second: opening + entered − left + drift = closing.

    `drift` is what the amounts of those who were there both times changed; it has no companies.
    """

    opening: Total
    entered: Total
    left: Total
    drift: Decimal
    closing: Total


@dataclass(frozen=True, slots=True)
class Node:
    """A cell on one side of the Sankey; `cell` None is outside: whence they entered, or whither they left."""

    cell: Cell | None
    side: Literal["before", "after"]
    x: float
    y: float
    width: float
    height: float
    value: Decimal


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A flow between two nodes: from (x0, top0..bottom0) to (x1, top1..bottom1). In euros its ends differ in height."""

    flow: Flow
    x0: float
    top0: float
    bottom0: float
    x1: float
    top1: float
    bottom1: float


@dataclass(frozen=True, slots=True)
class Sankey:
    """Plain numbers to draw, in the units of the width and the height that were given."""

    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The room for a Sankey, its node width and the gap between two nodes, all in one unit."""

    width: float = 800
    height: float = 400
    node: float = 14
    gap: float = 10


def cause_of(before: End | None, after: End | None) -> FlowCause | None:
    """Return what one company's move is put down to, by its two rows alone; None when it stayed (domain 3.1).

    `rules.why` weighs all inputs against each other; this is the rule for a million companies at once.
    """
    if before is None or after is None:
        return FlowCause.ENTERED if after is not None else FlowCause.LEFT if before is not None else None
    if before.cell == after.cell:
        return None
    if _by_hand(before, after):
        return FlowCause.OVERRIDE
    if before.connect_id and after.connect_id and before.connect_id != after.connect_id:
        return FlowCause.LINK
    if solvency(before.cell) != solvency(after.cell):
        return FlowCause.SCORE if _judged_anew(before, after) else FlowCause.POLICY
    return FlowCause.LIMIT if before.y != after.y else FlowCause.POLICY


def solvency(cell: Cell) -> str:
    """Return the column of a cell; a lane is a column of its own.

    >>> solvency(Cell.HIGH_FAV)
    'FAV'
    """
    return cell.value.rpartition("-")[2]


def _by_hand(before: End, after: End) -> bool:
    """Say whether a place by hand came, went or changed. A failure beats one (domain 4.4), so it is no cause then."""
    failed = any(end.cell == Cell.FAIL and not end.overridden for end in (before, after))
    return (before.overridden or after.overridden) and not failed


def _judged_anew(before: End, after: End) -> bool:
    """Say whether a fact on the solvency changed: of its own, or of the parent that gave its column."""
    facts = ("score", "rating", "rating_state", "status", "in_proceeding", "head")
    if any(getattr(before, name) != getattr(after, name) for name in facts):
        return True
    return (before.inherited or after.inherited) and before.policy == after.policy


def transitions(
    before: Population, after: Population, causes: Mapping[Hashable, str] | None = None
) -> tuple[Flow, ...]:
    """Return the flows between two populations, split by the cause of each company's move where causes are given.

    A company that stayed in its cell has no cause.
    """
    sums: dict[tuple[Cell | None, Cell | None, str], list[Decimal | int]] = defaultdict(lambda: [0, _ZERO, _ZERO])
    nowhere = (None, _ZERO)
    for key in before.keys() | after.keys():
        source, old = before.get(key, nowhere)
        target, new = after.get(key, nowhere)
        cause = "" if source == target or causes is None else causes.get(key, "")
        total = sums[source, target, cause]
        total[0] += 1
        total[1] += old
        total[2] += new
    found = [Flow(*way[:2], int(n), Decimal(old), Decimal(new), way[2]) for way, (n, old, new) in sums.items()]
    return tuple(sorted(found, key=_order))


def matrix(flows: Iterable[Flow]) -> dict[tuple[Cell | None, Cell | None], Flow]:
    """Add up the causes: one flow per (from cell, to cell)."""
    table: dict[tuple[Cell | None, Cell | None], Flow] = {}
    for flow in flows:
        way = (flow.source, flow.target)
        table[way] = _joined(table.get(way, Flow(*way, 0)), flow)
    return table


def rows(flows: Iterable[Flow]) -> dict[Cell | None, Total]:
    """Return the sum of each row, that is the population of each cell at the first date; None: those who entered.

    Their amount is that of the second date, as they had none at the first.
    """
    sums: dict[Cell | None, Total] = {}
    for flow in flows:
        sums[flow.source] = _plus(sums.get(flow.source, Total()), flow, start=True)
    return sums


def columns(flows: Iterable[Flow]) -> dict[Cell | None, Total]:
    """Return the sum of each column, that is the population of each cell at the second date; None: those who left.

    Their amount is that of the first date.
    """
    sums: dict[Cell | None, Total] = {}
    for flow in flows:
        sums[flow.target] = _plus(sums.get(flow.target, Total()), flow, start=False)
    return sums


def balance(flows: Iterable[Flow]) -> Balance:
    """Return how the opening population and its euros become the closing ones."""
    known = list(flows)
    by_row, by_column = rows(known), columns(known)
    return Balance(
        opening=_all_cells(by_row),
        entered=by_row.get(None, Total()),
        left=by_column.get(None, Total()),
        drift=sum((flow.amount_after - flow.amount_before for flow in known if flow.source and flow.target), _ZERO),
        closing=_all_cells(by_column),
    )


def sankey(
    flows: Iterable[Flow], *, order: Sequence[Cell], measure: Measure = "count", frame: Frame = Frame()
) -> Sankey:
    """Lay out the flows: cells in this order from top to bottom, those who entered or left last.

    Nodes without companies are left out; credit balances are drawn with no height. Both sides share one scale.
    """
    places: list[Cell | None] = [*order, None]
    rank = {cell: n for n, cell in enumerate(places)}
    table = [flow for flow in matrix(flows).values() if flow.source in rank and flow.target in rank]
    ways = sorted(table, key=lambda flow: (rank[flow.source], rank[flow.target]))
    starts = _stacks(ways, places, measure, start=True)
    ends = _stacks(ways, places, measure, start=False)
    scale = min(_scale(starts, frame), _scale(ends, frame))
    before = _nodes(starts, "before", scale, frame)
    after = _nodes(ends, "after", scale, frame)
    return Sankey((*before.values(), *after.values()), _ribbons(ways, before, after, measure=measure, scale=scale))


def _stacks(
    ways: Sequence[Flow], places: Sequence[Cell | None], measure: Measure, *, start: bool
) -> dict[Cell | None, Decimal]:
    present = {flow.source if start else flow.target for flow in ways}
    sums = {cell: _ZERO for cell in places if cell in present}
    for flow in ways:
        sums[flow.source if start else flow.target] += _size(flow, measure, start=start)
    return sums


def _scale(stacks: Mapping[Cell | None, Decimal], frame: Frame) -> float:
    """Return how high one unit may be so that these nodes and their gaps fit."""
    total, free = float(sum(stacks.values())), frame.height - frame.gap * max(0, len(stacks) - 1)
    return max(0.0, free) / total if total else float("inf")


def _nodes(
    stacks: Mapping[Cell | None, Decimal], side: Literal["before", "after"], scale: float, frame: Frame
) -> dict[Cell | None, Node]:
    nodes, y = {}, 0.0
    x = 0.0 if side == "before" else frame.width - frame.node
    for cell, value in stacks.items():
        height = float(value) * scale if value else 0.0
        nodes[cell] = Node(cell, side, x, y, frame.node, height, value)
        y += height + frame.gap
    return nodes


def _ribbons(
    ways: Sequence[Flow],
    before: Mapping[Cell | None, Node],
    after: Mapping[Cell | None, Node],
    *,
    measure: Measure,
    scale: float,
) -> tuple[Ribbon, ...]:
    """Stack the ribbons on each side in the order of the opposite nodes, so that they cross as little as they can."""
    top0 = {cell: node.y for cell, node in before.items()}
    top1 = {cell: node.y for cell, node in after.items()}
    ribbons = []
    for flow in ways:
        source, target = before[flow.source], after[flow.target]
        start, end = (_size(flow, measure, start=at) for at in (True, False))
        bottom0 = top0[flow.source] + (float(start) * scale if start else 0.0)
        bottom1 = top1[flow.target] + (float(end) * scale if end else 0.0)
        x0 = source.x + source.width
        ribbons.append(Ribbon(flow, x0, top0[flow.source], bottom0, target.x, top1[flow.target], bottom1))
        top0[flow.source], top1[flow.target] = bottom0, bottom1
    return tuple(ribbons)


def _size(flow: Flow, measure: Measure, *, start: bool) -> Decimal:
    return Decimal(flow.count) if measure == "count" else max(_ZERO, _amount(flow, start=start))


def _amount(flow: Flow, *, start: bool) -> Decimal:
    """Return the amount at one end; outside there is none, so the other end's stands for it."""
    if start:
        return flow.amount_after if flow.source is None else flow.amount_before
    return flow.amount_before if flow.target is None else flow.amount_after


def _plus(total: Total, flow: Flow, *, start: bool) -> Total:
    return Total(total.count + flow.count, total.amount + _amount(flow, start=start))


def _all_cells(sums: Mapping[Cell | None, Total]) -> Total:
    inside = [total for cell, total in sums.items() if cell is not None]
    return Total(sum(total.count for total in inside), sum((total.amount for total in inside), _ZERO))


def _joined(one: Flow, two: Flow) -> Flow:
    old, new = one.amount_before + two.amount_before, one.amount_after + two.amount_after
    return Flow(one.source, one.target, one.count + two.count, old, new)


def _order(flow: Flow) -> tuple[str, str, str]:
    return (flow.source or "~", flow.target or "~", flow.cause)

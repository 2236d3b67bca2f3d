"""The Sankey of the movements: the geometry of the rules with names, directions and ways added. No markup."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.translation import pgettext

from monitoring.choices import Cell
from monitoring.models import MatrixCell
from monitoring.rules.flows import Flow, Frame, Measure, Node, Ribbon, sankey

Direction = Literal["entered", "left", "stayed", "better", "worse", "level"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The room of a picture, with a margin for the names on both sides; without one they stand on the flows."""

    frame: Frame
    margin: float

    @property
    def width(self) -> float:
        return self.frame.width + 2 * self.margin

    @property
    def height(self) -> float:
        return self.frame.height + 2 * PAD


PAD = 12.0
WIDE = Layout(Frame(width=430, height=470, node=14, gap=20), margin=185)
NARROW = Layout(Frame(width=340, height=430, node=10, gap=24), margin=0)


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A cell on one side, `code` "" for outside, with the place of its name."""

    code: str
    label: str
    x: float
    y: float
    width: float
    height: float
    text_x: float
    text_y: float
    anchor: Literal["start", "end"]
    side: Literal["before", "after"]
    value: Decimal


@dataclass(frozen=True, slots=True)
class DrawnRibbon:
    """A flow as a closed path, and the way it takes; "" is outside."""

    flow: Flow
    source: str
    target: str
    labels: tuple[str, str]
    direction: Direction
    path: str
    is_thin: bool


@dataclass(frozen=True, slots=True)
class Picture:
    width: float
    height: float
    margin: float
    nodes: list[DrawnNode]
    ribbons: list[DrawnRibbon]


def direction(flow: Flow, cells: Mapping[str, MatrixCell]) -> Direction:
    """Better or worse by the severity of the two cells in the policy in force."""
    if flow.source is None:
        return "entered"
    if flow.target is None:
        return "left"
    if flow.source == flow.target:
        return "stayed"
    before, after = cells[flow.source.value].severity, cells[flow.target.value].severity
    return "worse" if after > before else "better" if after < before else "level"


def picture(flows: Iterable[Flow], cells: Mapping[str, MatrixCell], measure: Measure, layout: Layout) -> Picture:
    """Cells from the soundest at the top to the worst; the flows that stayed are drawn first, under the others."""
    drawn = sankey(flows, order=[Cell(code) for code in cells], measure=measure, frame=layout.frame)
    ribbons = [_ribbon(one, cells) for one in drawn.ribbons]
    return Picture(
        width=layout.width,
        height=layout.height,
        margin=layout.margin,
        nodes=[_node(one, cells, layout) for one in drawn.nodes],
        ribbons=sorted(ribbons, key=lambda one: one.direction != "stayed"),
    )


def name(cell: Cell | None, side: Literal["before", "after"], cells: Mapping[str, MatrixCell]) -> str:
    """The words of the policy in force for a cell; outside has its own on each side."""
    if cell is not None:
        return cells[cell.value].label
    return pgettext("cause of a move", "Entered") if side == "before" else pgettext("cause of a move", "Left")


def _node(node: Node, cells: Mapping[str, MatrixCell], layout: Layout) -> DrawnNode:
    first = node.side == "before"
    inside = layout.margin == 0
    edge = node.x + node.width if first == inside else node.x
    gap = 6 if inside else 10
    return DrawnNode(
        code=node.cell.value if node.cell else "",
        label=name(node.cell, node.side, cells),
        x=round(node.x, 1),
        y=round(node.y + PAD, 1),
        width=node.width,
        height=round(max(node.height, 2.0), 1),
        text_x=round(edge + (gap if first == inside else -gap), 1),
        text_y=round(node.y + PAD + node.height / 2, 1),
        anchor="start" if first == inside else "end",
        side=node.side,
        value=node.value,
    )


def _ribbon(one: Ribbon, cells: Mapping[str, MatrixCell]) -> DrawnRibbon:
    middle = (one.x0 + one.x1) / 2
    top0, bottom0, top1, bottom1 = (value + PAD for value in (one.top0, one.bottom0, one.top1, one.bottom1))
    path = (
        f"M{one.x0:.1f} {top0:.1f}C{middle:.1f} {top0:.1f} {middle:.1f} {top1:.1f} {one.x1:.1f} {top1:.1f}"
        f"V{bottom1:.1f}C{middle:.1f} {bottom1:.1f} {middle:.1f} {bottom0:.1f} {one.x0:.1f} {bottom0:.1f}Z"
    )
    flow = one.flow
    return DrawnRibbon(
        flow=flow,
        source=flow.source.value if flow.source else "",
        target=flow.target.value if flow.target else "",
        labels=(name(flow.source, "before", cells), name(flow.target, "after", cells)),
        direction=direction(flow, cells),
        path=path,
        is_thin=max(bottom0 - top0, bottom1 - top1) < 2,
    )

"""Geometry of the strategic matrix: limit upwards, solvency to the right, the two lanes beside or below.

`includes/_chart_matrix.html` draws it on the screen and `matrix_pdf.py` on paper.
"""

import math
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from monitoring.charts import ZERO, Point, Tick

COMPANIES, EXPOSURE, OVER, OVERDUE = FIGURES = ("companies", "exposure", "over", "overdue")
MOST_BUBBLES = 100  # of one cell; beyond, they would cover each other
LARGEST, SMALLEST = 19.0, 3.5  # radii
TINTS = (Decimal("0.02"), Decimal("0.1"), Decimal("0.2"), Decimal("0.35"))  # shares from which a cell is tinted deeper


@dataclass(frozen=True, slots=True)
class CellFigures:
    """The sums of one cell or lane. `shown` is the figure that the picture is about, `share` the cell's part of it,
    None when there is none."""

    code: str
    label: str
    colour: str = "grey"
    icon: str = ""
    companies: int = 0
    exposure: Decimal = ZERO
    overdue: Decimal = ZERO
    over_credit: Decimal = ZERO
    over_erp: Decimal = ZERO
    over_count: int = 0
    figure: str = EXPOSURE
    share: Decimal | None = None

    @property
    def shown(self) -> Decimal:
        return self.amount(self.figure)

    def amount(self, figure: str) -> Decimal:
        amounts = {COMPANIES: Decimal(self.companies), EXPOSURE: self.exposure, OVER: self.over_credit}
        return amounts.get(figure, self.overdue)

    @property
    def tint(self) -> int:
        """How deep the cell is tinted, from 0 for next to nothing to 4 for more than a third of the whole."""
        return sum((self.share or ZERO) >= step for step in TINTS)


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of a matrix picture: a cell, the room for the two axes, a lane, where the lanes go, and where in a cell
    the room for bubbles begins (0: none is drawn)."""

    cell: Point
    axes: Point
    lane: Point
    lanes_below: bool = False
    gap: float = 8.0
    plot: float = 0.0
    detailed: bool = False


DEEP = Layout(Point(262, 212), Point(58, 48), lane=Point(222, 212), plot=118, detailed=True)
FULL = Layout(Point(262, 132), Point(58, 48), lane=Point(222, 132), detailed=True)
SIDE = Layout(Point(204, 212), Point(58, 48), lane=Point(204, 212), plot=118, detailed=True)
SIDE_FULL = Layout(Point(204, 132), Point(58, 48), lane=Point(204, 132), detailed=True)
SMALL = Layout(Point(158, 94), Point(48, 44), lane=Point(138, 94))
NARROW = Layout(Point(110, 108), Point(30, 56), lane=Point(169, 84), lanes_below=True)


@dataclass(frozen=True, slots=True)
class Spot:
    """A company to be drawn in its cell. `y` is the amount measured, None when it is not known."""

    company: int
    name: str
    cell: str
    score: int | None
    y: Decimal | None
    exposure: Decimal
    hatched: bool = False
    overridden: bool = False
    inherited: bool = False
    no_limit: bool = False


@dataclass(frozen=True, slots=True)
class Bubble:
    """A company in its cell, from the cell's corner; its area says its exposure."""

    of: Spot
    x: float
    y: float
    r: float

    @property
    def ring(self) -> float:
        """Radius of the ring around a column that is the parent's."""
        return self.r + 3

    @property
    def hand(self) -> float:
        """Half of the diamond around a place by hand."""
        return self.r + 5


@dataclass(frozen=True, slots=True)
class CellBox:
    """Where a cell is drawn; `bar` is the width that says its share of `inner`, `lines` its label cut to fit."""

    figures: CellFigures
    x: float
    y: float
    width: float
    height: float
    inner: float
    bar: float
    lines: tuple[str, ...]
    bubbles: tuple[Bubble, ...] = ()

    @property
    def others(self) -> list[tuple[str, Decimal, float]]:
        """The figures that are not the one shown, and where they stand side by side."""
        names = [name for name in FIGURES if name != self.figures.figure]
        return [(name, self.figures.amount(name), round(self.inner * i / 3, 1)) for i, name in enumerate(names)]

    @property
    def crowded(self) -> bool:
        """Its count has so many figures that they must be smaller to leave room for the amount."""
        return self.figures.companies >= next(crowd for room, crowd in CROWDS if self.inner >= room)


@dataclass(frozen=True, slots=True)
class MatrixPicture:
    """Limit upwards, solvency to the right, lanes beside or below. `rows` and `columns` place the axes' words."""

    width: float
    height: float
    boxes: tuple[CellBox, ...]
    origin: Point
    end: Point
    rows: tuple[float, float]
    middle: float
    columns: tuple[Tick, ...]
    detailed: bool
    lanes_below: bool
    plot: float


GRID = {
    "HIGH-DEF": (0, 0),
    "HIGH-MOD": (1, 0),
    "HIGH-FAV": (2, 0),
    "LOW-DEF": (0, 1),
    "LOW-MOD": (1, 1),
    "LOW-FAV": (2, 1),
}
LANES = ("FAIL", "NR")
ICON, LETTER = 27, 7.4  # widths: of the icon before a label, and of a letter
CROWDS = ((140, 10_000), (130, 1_000), (0, 100))  # inner width, and the count that is too wide beside an amount


@dataclass(frozen=True)
class Axes:
    """The scales: the four scores from the weak bound to the highest, and the amount where the high row begins."""

    scores: Sequence[Decimal]
    high_from: Decimal = Decimal(1)
    companies: Sequence[Spot] = field(default=())

    @property
    def largest(self) -> Decimal:
        return max((one.exposure for one in self.companies), default=ZERO)

    @property
    def top(self) -> Decimal:
        """The end of the scale of amounts: the highest that is drawn."""
        return max((one.y for one in self.companies if one.y is not None), default=ZERO)


def matrix_picture(figures: Iterable[CellFigures], axes: Axes, layout: Layout = FULL) -> MatrixPicture:
    """Lay out the six cells and the two lanes, with the companies of `axes` where the layout has room for them."""
    by_code = {one.code: one for one in figures}
    drawn = _bubbles(axes, layout) if layout.plot else {}
    cell, lane, gap = layout.cell, layout.lane, layout.gap
    left = layout.axes.x + (0 if layout.lanes_below else lane.x + gap * 2)
    bottom, right = cell.y * 2 + gap, left + cell.x * 3 + gap * 2
    boxes = [
        _box(
            by_code[code],
            Point(left + column * (cell.x + gap), row * (cell.y + gap)),
            cell,
            bubbles=drawn.get(code, ()),
            is_detailed=layout.detailed,
        )
        for code, (column, row) in GRID.items()
    ]
    for index, code in enumerate(LANES):
        below = Point(layout.axes.x + index * (lane.x + gap / 2), bottom + layout.axes.y)
        corner = below if layout.lanes_below else Point(0, index * (lane.y + gap))
        boxes.append(_box(by_code[code], corner, lane, bubbles=drawn.get(code, ()), is_detailed=layout.detailed))
    return MatrixPicture(
        width=right,
        height=bottom + layout.axes.y + (lane.y if layout.lanes_below else 0),
        boxes=tuple(boxes),
        origin=Point(left - gap, bottom + gap),
        end=Point(right, 0),
        rows=(cell.y / 2, cell.y * 1.5 + gap),
        middle=bottom / 2,
        columns=tuple(Tick(min(left + i * (cell.x + gap) - gap / 2, right), b) for i, b in enumerate(axes.scores)),
        detailed=layout.detailed,
        lanes_below=layout.lanes_below,
        plot=layout.plot,
    )


def _box(
    figures: CellFigures, corner: Point, size: Point, *, bubbles: tuple[Bubble, ...], is_detailed: bool
) -> CellBox:
    inner = size.x - 24
    letters = int((inner - (ICON if is_detailed else 0)) / LETTER)
    return CellBox(
        figures=figures,
        x=corner.x,
        y=corner.y,
        width=size.x,
        height=size.y,
        inner=inner,
        bar=round(float(max(figures.share or ZERO, ZERO)) * inner, 1),
        lines=(_cut(figures.label, letters),)
        if is_detailed
        else tuple(textwrap.wrap(figures.label, letters, break_long_words=False)[:2]),
        bubbles=bubbles,
    )


def _cut(label: str, letters: int) -> str:
    return label if len(label) <= letters else f"{label[: letters - 1].rstrip()}…"


def _bubbles(axes: Axes, layout: Layout) -> dict[str, tuple[Bubble, ...]]:
    """The companies cell by cell, the largest first, so that the small ones lie on top."""
    cells: dict[str, list[Spot]] = defaultdict(list)
    for one in sorted(axes.companies, key=lambda one: (-one.exposure, one.company)):
        cells[one.cell].append(one)
    return {
        code: tuple(_in_lane(rows, axes, layout) if code in LANES else _in_cell(rows, axes, layout))
        for code, rows in cells.items()
    }


def radius(exposure: Decimal, largest: Decimal) -> float:
    """The area is the exposure; next to nothing keeps a dot that can be seen and pointed at."""
    if largest <= 0 or exposure <= 0:
        return SMALLEST
    return round(max(math.sqrt(float(exposure / largest)) * LARGEST, SMALLEST), 1)


def _in_cell(rows: list[Spot], axes: Axes, layout: Layout) -> Iterable[Bubble]:
    """Score across and amount upwards, within the bounds of the cell; what its facts would put outside (placed by
    hand, by its parent's score, or by the hysteresis) stands at the edge."""
    column, row = GRID[rows[0].cell]
    low, high = axes.scores[column], axes.scores[column + 1]
    room = Point(layout.cell.x, layout.cell.y)
    for one in rows:
        r = radius(one.exposure, axes.largest)
        across = _share(Decimal(one.score if one.score is not None else low), low, high)
        up = _height(one.y, axes, is_high=row == 0)
        yield _at(one, r, Point(across, up), room=room, top=layout.plot)


def _height(y: Decimal | None, axes: Axes, *, is_high: bool) -> float:
    if y is None or y <= 0:
        return 0.0
    if not is_high:
        return _share(y, ZERO, axes.high_from)
    top = max(axes.top, axes.high_from * 2)  # amounts spread over powers of ten
    return _clamped(math.log(float(max(y / axes.high_from, Decimal(1)))) / math.log(float(top / axes.high_from)))


def _in_lane(rows: list[Spot], axes: Axes, layout: Layout) -> Iterable[Bubble]:
    """A lane has no scale: the companies stand side by side, the largest first."""
    room = Point(layout.lane.x, layout.lane.y)
    columns = max(math.ceil(math.sqrt(len(rows) * 1.8)), 3)
    lines = max(math.ceil(len(rows) / columns), 2)
    for index, one in enumerate(rows):
        slot = Point((index % columns + 0.5) / columns, 1 - (index // columns + 0.5) / lines)
        yield _at(one, radius(one.exposure, axes.largest), slot, room=room, top=layout.plot)


def _at(one: Spot, r: float, share: Point, *, room: Point, top: float) -> Bubble:
    """`share` of the room from its left and from its bottom, with the whole bubble inside."""
    pad = r + 6
    x = pad + share.x * (room.x - 2 * pad)
    y = room.y - pad - share.y * (room.y - top - 2 * pad)
    return Bubble(one, round(x, 1), round(y, 1), r)


def _share(value: Decimal, low: Decimal, high: Decimal) -> float:
    return _clamped(float((value - low) / (high - low))) if high > low else 0.5


def _clamped(share: float) -> float:
    return min(max(share, 0.0), 1.0)

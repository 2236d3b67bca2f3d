"""Geometry of the pictures: figures in, points out. No markup, no words, no formats, no clock.

Templates of `includes/` draw the results (`_chart_matrix.html`, `_chart_history.html`, `_chart_ageing.html`,
`_sparkline.html`); each says in its head how to include it.
Lengths are in SVG user units, x to the right and y downwards.
"""

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

ZERO = Decimal(0)
STEPS = tuple(map(Decimal, (1, 2, 4, 6, 8, 10)))  # their quarters are round too


class Point(NamedTuple):
    x: float
    y: float


CELL, HISTORY, SPARK, BAR = Point(232, 148), Point(760, 240), Point(80, 22), Point(600, 28)


@dataclass(frozen=True, slots=True)
class Tick:
    """A value on an axis and where it stands."""

    at: float
    value: Decimal | date


@dataclass(frozen=True, slots=True)
class CellFigures:
    """The sums of one cell or lane; `share` is its part of the whole exposure, None when there is none."""

    code: str
    label: str
    companies: int = 0
    exposure: Decimal = ZERO
    overdue: Decimal = ZERO
    over_credit: Decimal = ZERO
    over_erp: Decimal = ZERO
    over_count: int = 0
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of a matrix picture: a cell, the room for the two axes, a lane, and where the lanes go."""

    cell: Point
    axes: Point
    lane: Point
    lanes_below: bool = False
    gap: float = 8.0


FULL = Layout(Point(206, 150), Point(56, 46), lane=Point(166, 150))
SMALL = Layout(Point(158, 94), Point(48, 44), lane=Point(138, 94))
NARROW = Layout(Point(110, 108), Point(30, 56), lane=Point(169, 84), lanes_below=True)


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


GRID = {
    "HIGH-DEF": (0, 0),
    "HIGH-MOD": (1, 0),
    "HIGH-FAV": (2, 0),
    "LOW-DEF": (0, 1),
    "LOW-MOD": (1, 1),
    "LOW-FAV": (2, 1),
}
LANES = ("FAIL", "NR")
CROWDS = ((140, 10_000), (130, 1_000), (0, 100))  # inner width, and the count that is too wide beside an amount


def matrix_picture(figures: Iterable[CellFigures], bounds: Sequence[Decimal], layout: Layout = FULL) -> MatrixPicture:
    """Lay out the six cells and the two lanes; `bounds` are the four scores from the weak bound to the highest."""
    by_code = {one.code: one for one in figures}
    cell, lane, gap = layout.cell, layout.lane, layout.gap
    left = layout.axes.x + (0 if layout.lanes_below else lane.x + gap * 2)
    bottom, right = cell.y * 2 + gap, left + cell.x * 3 + gap * 2
    boxes = [
        _box(by_code[code], Point(left + column * (cell.x + gap), row * (cell.y + gap)), cell)
        for code, (column, row) in GRID.items()
    ]
    for index, code in enumerate(LANES):
        below = Point(layout.axes.x + index * (lane.x + gap / 2), bottom + layout.axes.y)
        beside = Point(0, index * (lane.y + gap))
        boxes.append(_box(by_code[code], below if layout.lanes_below else beside, lane))
    return MatrixPicture(
        width=right,
        height=bottom + layout.axes.y + (lane.y if layout.lanes_below else 0),
        boxes=tuple(boxes),
        origin=Point(left - gap, bottom + gap),
        end=Point(right, 0),
        rows=(cell.y / 2, cell.y * 1.5 + gap),
        middle=bottom / 2,
        columns=tuple(Tick(min(left + i * (cell.x + gap) - gap / 2, right), b) for i, b in enumerate(bounds)),
        detailed=layout is FULL,
        lanes_below=layout.lanes_below,
    )


def _box(figures: CellFigures, corner: Point, size: Point) -> CellBox:
    inner = size.x - 24
    letters = int(inner / 7.4)
    return CellBox(
        figures=figures,
        x=corner.x,
        y=corner.y,
        width=size.x,
        height=size.y,
        inner=inner,
        bar=round(float(max(figures.share or ZERO, ZERO)) * inner, 1),
        lines=tuple(textwrap.wrap(figures.label, letters, break_long_words=False)[:2])
        if size.x < FULL.lane.x
        else (figures.label,),
    )


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """What was true from a day on; None is "none given", which breaks the line."""

    on: date
    score: int | None = None
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on the time axis: `text` is shown on hover, `url` makes it a link."""

    on: date
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line with the day and the value behind it."""

    x: float
    y: float
    on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class PlacedMark:
    x: float
    mark: Mark


@dataclass(frozen=True, slots=True)
class Line:
    """An SVG path (steps: a value holds until the next one) and its dots."""

    path: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class HistoryChart:
    """Two lines on two scales: score from 0 to 100 on the left, limit on the right; no dots when nothing is known."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    score: Line
    limit: Line
    score_ticks: tuple[Tick, ...]
    limit_ticks: tuple[Tick, ...]
    day_ticks: tuple[Tick, ...]
    marks: tuple[PlacedMark, ...]


def history_chart(
    points: Sequence[HistoryPoint],
    marks: Iterable[Mark] = (),
    *,
    until: date | None = None,
    size: Point = HISTORY,
) -> HistoryChart | None:
    """Draw points in order of their day, up to `until` (the last day if not given). None when there is no point."""
    if not points:
        return None
    points = sorted(points, key=lambda point: point.on)
    first, last = points[0].on, max(until or points[-1].on, points[-1].on)
    left, right, top, bottom = 36.0, size.x - 64.0, 22.0, size.y - 24.0
    days = max((last - first).days, 1)
    highest = nice_top(max((point.limit or ZERO for point in points), default=ZERO))

    def across(day: date) -> float:
        return round(left + (day - first).days / days * (right - left), 1)

    def up(share: Decimal) -> float:
        return round(bottom - float(share) * (bottom - top), 1)

    scores = [(p.on, None if p.score is None else Decimal(p.score)) for p in points]
    limits = [(p.on, p.limit) for p in points]
    return HistoryChart(
        width=size.x,
        height=size.y,
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        score=_line(scores, last, across, lambda value: up(value / 100)),
        limit=_line(limits, last, across, lambda value: up(value / highest)),
        score_ticks=tuple(Tick(up(Decimal(value) / 100), Decimal(value)) for value in (0, 25, 50, 75, 100)),
        limit_ticks=tuple(Tick(up(Decimal(part) / 4), highest * part / 4) for part in range(5)),
        day_ticks=tuple(Tick(across(day), day) for day in _days(first, last)),
        marks=tuple(PlacedMark(across(mark.on), mark) for mark in marks if first <= mark.on <= last),
    )


def nice_top(highest: Decimal) -> Decimal:
    """The end of a scale: a round figure not below `highest` whose quarters are round; 1 for nothing at all."""
    if highest <= 0:
        return Decimal(1)
    power = Decimal(1).scaleb(highest.adjusted())
    return next(step * power for step in STEPS if step * power >= highest)


def _line(
    values: Sequence[tuple[date, Decimal | None]],
    last: date,
    across: Callable[[date], float],
    up: Callable[[Decimal], float],
) -> Line:
    dots = [Dot(across(on), up(value), on, value) for on, value in values if value is not None]
    parts, before_known = [], False
    for (on, value), (until, _) in pairwise([*values, (last, None)]):
        if value is not None:
            parts.append(f"{'V' if before_known else f'M{across(on)} '}{up(value)}H{across(until)}")
        before_known = value is not None
    return Line("".join(parts), tuple(dots))


def _days(first: date, last: date) -> list[date]:
    """Firsts of January, or of months when the span is short: six at the most."""
    months = (last.year - first.year) * 12 + last.month - first.month
    every = next((step for step in (1, 2, 3, 6, 12, 24, 60) if months / step <= 6), 120)
    index = first.year * 12 + first.month  # the month after the first day's
    index += -index % every
    return [
        day
        for i in range(index, index + months + every, every)
        if first <= (day := date(i // 12, i % 12 + 1, 1)) <= last
    ]


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line without axes; `last` is its end, None when nothing is known."""

    width: float
    height: float
    path: str
    last: Point | None


def sparkline(values: Sequence[int | Decimal | None], *, size: Point = SPARK) -> Sparkline:
    """Draw values at even distances; None breaks the line; a flat series runs through the middle."""
    known = [float(value) for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    pad, step = 3.0, (size.x - 6.0) / max(len(values) - 1, 1)
    path, last, pen_up = "", None, True
    for index, value in enumerate(values):
        if value is None:
            pen_up = True
            continue
        share = (float(value) - low) / (high - low) if high > low else 0.5
        last = Point(round(pad + index * step, 1), round(size.y - pad - share * (size.y - 2 * pad), 1))
        path += f"{'M' if pen_up else 'L'}{last.x} {last.y}"
        pen_up = False
    return Sparkline(size.x, size.y, path, last)


@dataclass(frozen=True, slots=True)
class Slice:
    """One bucket of the bar; `share` is its part of what is owed, credits left out."""

    key: str
    amount: Decimal
    x: float
    width: float
    share: Decimal


@dataclass(frozen=True, slots=True)
class AgeingBar:
    """Buckets side by side. `credits` (negative) are apart: they are not netted in the buckets."""

    width: float
    height: float
    slices: tuple[Slice, ...]
    total: Decimal
    credits: Decimal


def ageing_bar(amounts: Mapping[str, Decimal], *, credits: Decimal = ZERO, size: Point = BAR) -> AgeingBar:
    """Lay out the buckets in the order given (keys of AgeingBucket); those without an amount above 0 take no room."""
    owed = {key: amount for key, amount in amounts.items() if amount > 0}
    total = sum(owed.values(), ZERO)
    slices, x = [], 0.0
    for key, amount in owed.items():
        width = float(amount / total) * size.x
        slices.append(Slice(str(key), amount, round(x, 1), round(width, 1), amount / total))
        x += width
    return AgeingBar(size.x, size.y, tuple(slices), total, credits)


@dataclass(frozen=True, slots=True)
class MonthBar:
    """What was owed on a day: the whole height, and the part of it that was overdue."""

    day: date
    x: float
    width: float
    owed: Decimal
    overdue: Decimal
    height: float
    late: float


def month_bars(months: Sequence[tuple[date, Decimal, Decimal]], *, size: Point = HISTORY) -> tuple[MonthBar, ...]:
    """Lay out (day, owed, overdue) side by side up to the highest; heights are in units of `size`, labels below."""
    if not months:
        return ()
    highest = nice_top(max(owed for _, owed, _ in months))
    step, room = size.x / max(len(months), 6), size.y - 48
    bars = []
    for place, (day, owed, overdue) in enumerate(months):
        height, late = (round(float(max(amount, ZERO) / highest) * room, 1) for amount in (owed, overdue))
        bars.append(
            MonthBar(day, round(place * step + step * 0.14, 1), round(step * 0.72, 1), owed, overdue, height, late)
        )
    return tuple(bars)

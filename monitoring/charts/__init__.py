"""Geometry of the pictures: figures in, points out. No markup, no words, no formats, no clock.

Templates of `includes/` draw the results (`_chart_history.html`, `_chart_ageing.html`, `_sparkline.html`); each says
in its head how to include it. The matrix has a module of its own.
Lengths are in SVG user units, x to the right and y downwards.
"""

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


HISTORY, SPARK, BAR = Point(760, 240), Point(80, 22), Point(600, 28)


@dataclass(frozen=True, slots=True)
class Tick:
    """A value on an axis and where it stands."""

    at: float
    value: Decimal | date


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

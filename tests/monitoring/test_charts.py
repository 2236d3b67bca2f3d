from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import charts
from monitoring.charts import HistoryPoint, Mark
from monitoring.charts.matrix import FULL, NARROW, SMALL, Axes, CellFigures, matrix_picture
from monitoring.choices import Cell

BOUNDS = tuple(map(Decimal, (1, 30, 51, 100)))
FIGURES = [CellFigures(code, str(Cell(code).label), share=Decimal("0.5")) for code in Cell.values]


def boxes(layout=FULL, figures=FIGURES):
    return {box.figures.code: box for box in matrix_picture(figures, Axes(BOUNDS), layout).boxes}


@pytest.mark.parametrize("layout", [FULL, SMALL, NARROW], ids=["full", "small", "narrow"])
def test_the_limit_goes_upwards_and_solvency_to_the_right(layout):
    drawn = boxes(layout)
    for column in ("DEF", "MOD", "FAV"):
        assert drawn[f"HIGH-{column}"].y < drawn[f"LOW-{column}"].y
    for row in ("HIGH", "LOW"):
        assert drawn[f"{row}-DEF"].x < drawn[f"{row}-MOD"].x < drawn[f"{row}-FAV"].x


@pytest.mark.parametrize("layout", [FULL, SMALL, NARROW], ids=["full", "small", "narrow"])
def test_no_box_covers_another_or_leaves_the_picture(layout):
    picture = matrix_picture(FIGURES, Axes(BOUNDS), layout)
    for one in picture.boxes:
        assert 0 <= one.x <= one.x + one.width <= picture.width
        assert 0 <= one.y <= one.y + one.height <= picture.height
        for two in picture.boxes:
            apart = one.x + one.width <= two.x or two.x + two.width <= one.x
            above = one.y + one.height <= two.y or two.y + two.height <= one.y
            assert one is two or apart or above


def test_the_bounds_stand_between_the_columns():
    picture, drawn = matrix_picture(FIGURES, Axes(BOUNDS)), boxes()
    ticks = [tick.at for tick in picture.columns]
    for tick, left, right in zip(ticks[1:3], ("DEF", "MOD"), ("MOD", "FAV"), strict=True):
        assert drawn[f"HIGH-{left}"].x + drawn[f"HIGH-{left}"].width < tick < drawn[f"HIGH-{right}"].x
    assert [tick.value for tick in picture.columns] == list(BOUNDS)
    assert max(ticks) <= picture.width


@pytest.mark.parametrize(
    ("share", "part"),
    [("0.5", 0.5), ("1", 1), ("-0.2", 0), (None, 0)],
    ids=["half", "all", "credits", "nothing at all"],
)
def test_the_bar_of_a_cell_is_its_share(share, part):
    figures = [CellFigures(code, code, share=None if share is None else Decimal(share)) for code in Cell.values]
    box = boxes(figures=figures)["HIGH-FAV"]
    assert box.bar == pytest.approx(part * box.inner, abs=0.1)


def test_a_long_label_takes_two_lines_where_room_is_narrow():
    figures = [CellFigures(code, "Désengagement piloté") for code in Cell.values]
    assert boxes(NARROW, figures)["HIGH-DEF"].lines == ("Désengagement", "piloté")


@pytest.mark.parametrize(
    ("layout", "cell", "most"),
    [(FULL, "NR", 9_999), (SMALL, "LOW-MOD", 999), (SMALL, "NR", 99)],
    ids=["full", "small", "small lane"],
)
def test_a_count_too_wide_for_its_box_is_written_smaller(layout, cell, most):
    for companies, crowded in ((most, False), (most + 1, True)):
        figures = [CellFigures(code, code, companies=companies) for code in Cell.values]
        assert boxes(layout, figures)[cell].crowded is crowded


@pytest.mark.parametrize(
    ("highest", "top"),
    [("0", "1"), ("1", "1"), ("1.01", "2"), ("8001", "10000"), ("60000", "60000"), ("40001", "60000")],
)
def test_a_scale_ends_at_a_round_figure(highest, top):
    assert charts.nice_top(Decimal(highest)) == Decimal(top)


@given(st.decimals(min_value="0.01", max_value=10**12, places=2))
def test_a_scale_holds_its_highest_value_and_wastes_less_than_it(highest):
    assert highest <= charts.nice_top(highest) <= highest * 2


def test_without_a_point_there_is_no_history():
    assert charts.history_chart([]) is None


def test_a_score_of_100_is_at_the_top_and_0_at_the_bottom():
    chart = charts.history_chart([HistoryPoint(date(2026, 1, 1), score=100), HistoryPoint(date(2026, 6, 1), score=0)])
    assert [dot.y for dot in chart.score.dots] == [chart.top, chart.bottom]


def test_a_value_holds_until_the_next_one_and_to_the_last_day():
    points = [HistoryPoint(date(2026, 1, 1), score=100), HistoryPoint(date(2026, 1, 11), score=0)]
    chart = charts.history_chart(points, until=date(2026, 1, 21))
    middle = (chart.left + chart.right) / 2
    assert chart.score.path == f"M{chart.left} {chart.top}H{middle}V{chart.bottom}H{chart.right}"


def test_no_limit_breaks_the_line_and_is_not_0():
    points = [
        HistoryPoint(date(2026, 1, 1), limit=Decimal(5000)),
        HistoryPoint(date(2026, 2, 1), limit=None),
        HistoryPoint(date(2026, 3, 1), limit=Decimal(5000)),
    ]
    chart = charts.history_chart(points)
    assert chart.limit.path.count("M") == 2
    assert [dot.value for dot in chart.limit.dots] == [5000, 5000]


def test_points_are_put_in_order_of_their_day():
    points = [HistoryPoint(date(2026, month, 1), score=50) for month in (3, 1, 2)]
    xs = [dot.x for dot in charts.history_chart(points).score.dots]
    assert xs == sorted(xs)


def test_a_single_day_is_drawn():
    chart = charts.history_chart([HistoryPoint(date(2026, 1, 1), score=50, limit=Decimal(1))])
    assert len(chart.score.dots) == len(chart.limit.dots) == 1


def test_marks_outside_the_drawn_days_are_left_out():
    points = [HistoryPoint(date(2026, 1, 1), score=5), HistoryPoint(date(2026, 2, 1), score=5)]
    marks = [Mark(date(2025, 12, 31), "before"), Mark(date(2026, 1, 15), "in"), Mark(date(2026, 2, 2), "after")]
    assert [placed.mark.text for placed in charts.history_chart(points, marks).marks] == ["in"]


@given(st.dates(date(2000, 1, 1), date(2026, 12, 1)), st.integers(0, 9000))
def test_the_days_named_on_the_axis_are_few_and_within(first, length):
    last = date.fromordinal(first.toordinal() + length)
    chart = charts.history_chart([HistoryPoint(first, score=1), HistoryPoint(last, score=1)])
    days = [tick.value for tick in chart.day_ticks]
    assert len(days) <= 7
    assert all(first <= day <= last and day.day == 1 for day in days)
    assert all(a < b for a, b in pairwise(days))


def test_a_sparkline_rises_with_its_values():
    spark = charts.sparkline([0, 100])
    assert spark.path == "M3.0 19.0L77.0 3.0"
    assert spark.last == (77, 3)


def test_a_flat_sparkline_runs_through_the_middle():
    assert charts.sparkline([7, 7]).last.y == 11


def test_an_unknown_value_breaks_a_sparkline():
    assert charts.sparkline([1, None, 3]).path.count("M") == 2


def test_a_sparkline_of_nothing_is_empty():
    assert charts.sparkline([None, None]).last is None


def test_ageing_slices_fill_the_bar_in_order():
    bar = charts.ageing_bar({"not_due": Decimal(75), "1_30": Decimal(25)})
    assert [(one.key, one.x, one.width) for one in bar.slices] == [("not_due", 0, 450), ("1_30", 450, 150)]
    assert [one.share for one in bar.slices] == [Decimal("0.75"), Decimal("0.25")]


def test_credits_are_apart_and_not_netted():
    bar = charts.ageing_bar({"not_due": Decimal(75)}, credits=Decimal(-30))
    assert (bar.total, bar.credits, bar.slices[0].width) == (75, -30, 600)


def test_a_bucket_without_anything_owed_takes_no_room():
    bar = charts.ageing_bar({"not_due": Decimal(0), "1_30": Decimal(-5), "over_90": Decimal(5)})
    assert [one.key for one in bar.slices] == ["over_90"]


def test_an_ageing_of_nothing_is_an_empty_bar():
    assert charts.ageing_bar({}).slices == ()

"""What a policy may add to its bounds: bands as data, roles, freshness, overrides, groups and the not rated."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from companies.choices import RatingState, Role
from monitoring.choices import Cell
from monitoring.rules.matrix import (
    Band,
    Inheritance,
    NotRated,
    Override,
    Placement,
    PolicyRules,
    Position,
    Reason,
    cell_at,
    column_of,
    latest_end,
    place,
    variant,
)

D = Decimal
DAY = date(2026, 3, 31)
POLICY = PolicyRules(high_from=D(50_000))


def rated(score, **facts):
    return Position(score=score, rating_state=RatingState.RATED, y=D(60_000), **facts)


BANDS = [Band("DEF", D(1)), Band("MOD", D(30)), Band("FAV", D(51))]
ROW_BANDS = [Band("LOW", D(0)), Band("HIGH", D(50_000))]


def test_bands_in_order_make_a_policy_and_come_back():
    policy = PolicyRules.from_bands(BANDS, ROW_BANDS, role=Role.SUPPLIER)
    assert (policy.x_bands, policy.y_bands, policy.role) == (tuple(BANDS), tuple(ROW_BANDS), Role.SUPPLIER)


@pytest.mark.parametrize(
    ("x_bands", "y_bands"),
    [
        pytest.param(BANDS[::-1], ROW_BANDS, id="falling"),
        pytest.param(BANDS[1:], ROW_BANDS, id="one missing"),
        pytest.param([*BANDS, Band("FAV", D(80))], ROW_BANDS, id="one twice"),
        pytest.param([Band("DEF", D(30)), *BANDS[1:]], ROW_BANDS, id="overlap"),
        pytest.param([Band("DEF", D(0)), *BANDS[1:]], ROW_BANDS, id="weak from 0"),
        pytest.param(BANDS, [Band("LOW", D(10)), ROW_BANDS[1]], id="gap under the low row"),
        pytest.param([*BANDS[:2], Band("FAV", D("NaN"))], ROW_BANDS, id="no number"),
        pytest.param([*BANDS[:2], Band("FAV", 51)], ROW_BANDS, id="no Decimal"),  # type: ignore[arg-type]  # that is refused
    ],
)
def test_bands_that_leave_a_gap_or_overlap_make_no_policy(x_bands, y_bands):
    with pytest.raises(ValueError, match="band"):
        PolicyRules.from_bands(x_bands, y_bands)


def test_a_bound_may_be_a_fraction():
    policy = PolicyRules.from_bands([*BANDS[:2], Band("FAV", D("50.5"))], ROW_BANDS)
    assert [column_of(place(rated(D(score)), policy).cell) for score in ("50.5", "50.49")] == ["FAV", "MOD"]


@pytest.mark.parametrize(
    ("role", "found"),
    [(Role.CLIENT, "client"), (Role.PROSPECT, "client"), (Role.SUPPLIER, None)],
)
def test_a_prospect_is_judged_as_a_client_but_a_supplier_never(role, found):
    policy = variant({"client": POLICY}, role)
    assert (policy and policy.role) == found


def test_a_role_with_a_variant_of_its_own_uses_it():
    own = replace(POLICY, role=Role.PROSPECT)
    assert variant({"client": POLICY, "prospect": own}, "prospect") is own


@pytest.mark.parametrize(
    ("age", "hatched"),
    [(365, False), (366, True), (0, False)],
)
def test_a_score_older_than_allowed_keeps_its_cell_and_is_hatched(age, hatched):
    position = rated(75, scored_on=DAY - timedelta(days=age))
    assert place(position, POLICY, as_of=DAY) == Placement(Cell.HIGH_FAV, False, Reason.SCORE, hatched=hatched)


@pytest.mark.parametrize("facts", [{"open_proceeding": True}, {"score": None}], ids=["failed", "not rated"])
def test_a_lane_is_never_hatched(facts):
    position = replace(rated(75, scored_on=date(2020, 1, 1)), **facts)
    assert not place(position, POLICY, as_of=DAY).hatched


def test_a_score_of_unknown_age_is_not_hatched():
    assert not place(rated(75), POLICY, as_of=DAY).hatched


OVERRIDE = Override(Cell.LOW_MOD, "parent's guarantee", "manager", since=DAY, until=DAY + timedelta(days=10))


@pytest.mark.parametrize(
    ("days", "cell"),
    [(-1, Cell.HIGH_FAV), (0, Cell.LOW_MOD), (10, Cell.LOW_MOD), (11, Cell.HIGH_FAV), (400, Cell.HIGH_FAV)],
)
def test_an_override_holds_on_its_days_and_never_after(days, cell):
    placement = place(rated(75, override=OVERRIDE), POLICY, as_of=DAY + timedelta(days=days))
    assert (placement.cell, placement.overridden) == (cell, cell == Cell.LOW_MOD)


def test_a_failure_beats_an_override():
    position = rated(75, override=OVERRIDE, open_proceeding=True)
    assert place(position, POLICY, as_of=DAY) == Placement(Cell.FAIL, no_limit=False, reason=Reason.PROCEEDING)


@pytest.mark.parametrize("facts", [{}, {"open_proceeding": True}])
def test_an_override_cannot_be_read_without_a_day(facts):
    with pytest.raises(ValueError, match="as_of"):
        place(rated(75, override=OVERRIDE, **facts), POLICY)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"reason": " "}, id="no reason"),
        pytest.param({"approver": ""}, id="no approver"),
        pytest.param({"until": DAY - timedelta(days=1)}, id="ends before it begins"),
        pytest.param({"until": date(2027, 4, 1)}, id="a day more than twelve months"),
    ],
)
def test_an_override_without_answer_or_end_is_refused(wrong):
    with pytest.raises(ValueError, match="override"):
        replace(OVERRIDE, **wrong)


@pytest.mark.parametrize(
    ("since", "until"), [(DAY, date(2027, 3, 31)), (date(2028, 2, 29), date(2029, 2, 28))], ids=["plain", "leap day"]
)
def test_an_override_may_last_twelve_months(since, until):
    assert latest_end(since) == until
    assert replace(OVERRIDE, since=since, until=until).in_force(until)


WEAK, SOUND, GONE, SILENT = rated(10), rated(90), rated(90, open_proceeding=True), Position()


@pytest.mark.parametrize(
    ("own", "parent", "way", "cell"),
    [
        pytest.param(SOUND, WEAK, Inheritance.OWN, Cell.HIGH_FAV, id="own"),
        pytest.param(SOUND, GONE, Inheritance.OWN, Cell.HIGH_FAV, id="own, parent failed (domain 5.15)"),
        pytest.param(SOUND, WEAK, Inheritance.MIN, Cell.HIGH_DEF, id="min, parent worse"),
        pytest.param(WEAK, SOUND, Inheritance.MIN, Cell.HIGH_DEF, id="min, parent better"),
        pytest.param(SOUND, GONE, Inheritance.MIN, Cell.FAIL, id="min, parent failed"),
        pytest.param(SOUND, SILENT, Inheritance.MIN, Cell.HIGH_FAV, id="min, parent not rated"),
        pytest.param(SOUND, None, Inheritance.MIN, Cell.HIGH_FAV, id="min, no parent"),
        pytest.param(SILENT, SOUND, Inheritance.MIN, Cell.NR, id="min, not rated, parent sound"),
        pytest.param(SILENT, rated(40), Inheritance.MIN, Cell.NR, id="min, not rated, parent watched"),
        pytest.param(SILENT, WEAK, Inheritance.MIN, Cell.LOW_DEF, id="min, not rated, parent weak"),
        pytest.param(WEAK, SOUND, Inheritance.PARENT, Cell.HIGH_FAV, id="parent"),
        pytest.param(SILENT, SOUND, Inheritance.PARENT, Cell.LOW_FAV, id="parent, own not rated"),
        pytest.param(WEAK, SILENT, Inheritance.PARENT, Cell.HIGH_DEF, id="parent not rated"),
        pytest.param(GONE, SOUND, Inheritance.PARENT, Cell.FAIL, id="parent, own failed"),
    ],
)
def test_a_column_may_come_from_the_group(own, parent, way, cell):
    placement = place(replace(own, parent=parent), replace(POLICY, inheritance=way))
    assert placement.cell == cell
    assert placement.inherited == (column_of(cell) != column_of(place(own, POLICY).cell))


def test_the_age_of_an_inherited_score_is_the_parents():
    position = rated(75, scored_on=DAY, parent=rated(40, scored_on=date(2020, 1, 1)))
    placement = place(position, replace(POLICY, inheritance=Inheritance.MIN), as_of=DAY)
    assert placement == Placement(Cell.HIGH_MOD, False, Reason.SCORE, hatched=True, inherited=True)


def test_a_parent_of_the_parent_is_not_looked_at():
    policy = replace(POLICY, inheritance=Inheritance.MIN)
    assert place(replace(SOUND, parent=replace(SOUND, parent=GONE)), policy).cell == Cell.HIGH_FAV


@pytest.mark.parametrize(
    ("way", "behaviour", "cell", "reason"),
    [
        pytest.param(NotRated.LANE, 80, Cell.NR, Reason.NOT_RATED, id="lane"),
        pytest.param(NotRated.COLUMN, 80, Cell.HIGH_MOD, Reason.NOT_RATED, id="column"),
        pytest.param(NotRated.BEHAVIOUR, 80, Cell.HIGH_FAV, Reason.BEHAVIOUR, id="pays well"),
        pytest.param(NotRated.BEHAVIOUR, 0, Cell.HIGH_DEF, Reason.BEHAVIOUR, id="pays badly, which is no failure"),
        pytest.param(NotRated.BEHAVIOUR, None, Cell.NR, Reason.NOT_RATED, id="behaviour unknown"),
    ],
)
def test_a_policy_says_what_becomes_of_the_not_rated(way, behaviour, cell, reason):
    policy = replace(POLICY, not_rated=way, not_rated_column="MOD")
    position = Position(rating_state=RatingState.NOT_RATED, behaviour=behaviour, y=D(60_000))
    assert place(position, policy) == Placement(cell, no_limit=False, reason=reason)


@pytest.mark.parametrize(
    "figure",
    [{"hysteresis_score": 5}, {"hysteresis_pct": D(10)}, {"min_dwell_days": 30}, {"downgrade_immediate": False}],
    ids=lambda figure: next(iter(figure)),
)
def test_any_figure_of_the_hysteresis_makes_the_past_matter(figure):
    assert (POLICY.steady, replace(POLICY, **figure).steady) == (False, True)


@pytest.mark.parametrize("wrong", [{"max_age_days": -1}, {"not_rated_column": "FAIL"}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="max_age_days"):
        replace(POLICY, **wrong)


@pytest.mark.parametrize(
    ("cell", "there"), [(Cell.HIGH_FAV, Cell.HIGH_DEF), (Cell.LOW_MOD, Cell.LOW_DEF), (Cell.NR, Cell.NR)]
)
def test_a_cell_keeps_its_row_in_another_column(cell, there):
    assert cell_at(cell, column="DEF") == there

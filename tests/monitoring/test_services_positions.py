"""Every state of a standing, with the days on which it was true and those on which it was known."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils.timezone import localdate

from companies.choices import ChangeCause, Role
from companies.models import Change, Commitment, Company, OpenItem, Profile
from monitoring.choices import Cell, OverrideState
from monitoring.models import ExposureSettings, MatrixPolicy, Override, Position, Standing
from monitoring.services import standing, time
from monitoring.services.positions import Cause
from monitoring.tasks import pass_time
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db

REPORT = Cause(ChangeCause.REPORT)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def restate(*companies: Company, after: int = 0, cause: Cause = REPORT) -> None:
    pks = [company.pk for company in companies]
    standing.restate(pks, now=NOW + timedelta(days=after), as_of=day(after), cause=cause)


def then(on: date) -> list[tuple[int | None, str]]:
    return [(row.score, row.cell) for row in Position.objects.as_known_then(on)]


def now(on: date) -> list[tuple[int | None, str]]:
    return [(row.score, row.cell) for row in Position.objects.as_known_now(on)]


@pytest.fixture
def rated() -> Company:
    company = make.company()
    make.profile(company, 60, "20000", rated_on=day(-30))
    restate(company)
    return company


def rerate(company: Company, score: int, on: date, limit: str = "20000") -> None:
    values = {"score": score, "rating": make.letter(score), "rated_on": on, "credit_limit": Decimal(limit)}
    Profile.objects.filter(company=company).update(**values)


def test_a_first_standing_is_a_position_from_that_day(rated):
    assert then(day(-1)) == now(day(-1)) == []
    assert then(day(0)) == now(day(400)) == [(60, "LOW-FAV")]


def test_a_score_is_true_from_its_day_and_known_from_its_arrival(rated):
    rerate(rated, 40, on=day(3))
    restate(rated, after=10)
    assert [then(day(n)) for n in (2, 3, 9)] == [[(60, "LOW-FAV")]] * 3
    assert then(day(10)) == [(40, "LOW-MOD")]
    assert now(day(2)) == [(60, "LOW-FAV")]
    assert now(day(3)) == now(day(10)) == [(40, "LOW-MOD")]


def test_a_new_limit_is_true_from_the_day_of_its_report_and_not_since_the_rating(rated):
    at = NOW + timedelta(days=6)
    Profile.objects.update(credit_limit=Decimal(90_000), reported_at=at)
    restate(rated, after=8)
    assert [now(day(n)) for n in (5, 6)] == [[(60, "LOW-FAV")], [(60, "HIGH-FAV")]]


def test_a_rating_is_not_true_before_the_report_that_still_had_the_old_one(rated):
    Profile.objects.update(reported_at=NOW + timedelta(days=4))
    restate(rated, after=4)
    rerate(rated, 40, on=day(2))
    restate(rated, after=9)
    assert [now(day(n)) for n in (3, 4)] == [[(60, "LOW-FAV")], [(40, "LOW-MOD")]]


def test_restating_without_a_change_adds_nothing(rated):
    restate(rated, after=1)
    assert Position.objects.count() == 1


def test_what_is_learnt_late_corrects_every_state_since(rated):
    make.item(make.account(rated), "500")
    restate(rated, after=5, cause=Cause(ChangeCause.EDIT))  # exposure known and true from day 5
    rerate(rated, 40, on=day(2))
    restate(rated, after=9)
    known_now = [(row.valid_from, row.score, row.exposure) for row in Position.objects.exclude(valid_from=None)]
    assert sorted(known_now) == [
        (day(0), 60, Decimal(0)),
        (day(2), 40, Decimal(0)),
        (day(5), 40, Decimal(500)),
    ]
    assert [now(day(n)) for n in (1, 2, 5)] == [[(60, "LOW-FAV")], [(40, "LOW-MOD")], [(40, "LOW-MOD")]]
    assert then(day(6)) == [(60, "LOW-FAV")], "what was shown stays as it was shown"


def test_a_file_is_true_from_its_closing_date(rated):
    batch = make.batch(as_of=day(4), applied_at=NOW + timedelta(days=6))
    make.item(make.account(rated), "70000", batch=batch)
    restate(rated, after=6, cause=Cause(ChangeCause.IMPORT))
    exposures = [Position.objects.as_known_now(day(n)).get().exposure for n in (3, 4)]
    assert exposures == [Decimal(0), Decimal(70_000)]
    assert Position.objects.as_known_then(day(5)).get().exposure == 0


def test_two_changes_on_one_day_leave_one_true_state(rated):
    for score in (40, 20):
        rerate(rated, score, on=day(0))
        restate(rated, after=0)
    assert now(day(0)) == [(20, "LOW-DEF")]
    assert Position.objects.filter(known_until=None, known_from__isnull=False).count() == 1
    assert Position.objects.exclude(valid_from=None).count() == 1


def test_every_company_is_there_once_on_each_day(rated):
    other = make.company("Autre")
    restate(other, after=2)
    for after, score in ((3, 40), (5, 20), (8, 70)):
        rerate(rated, score, on=day(after - 2))
        restate(rated, after=after)
    for number in range(-1, 12):
        for known_now in (False, True):
            found = list(Position.objects.on(day(number), known_now=known_now).values_list("company", flat=True))
            assert len(found) == len(set(found)) == (number >= 0) + (number >= 2), (number, known_now)


def test_a_company_that_was_merged_is_there_until_that_day(rated):
    Company.everyone.filter(pk=rated.pk).update(merged_into=make.company("Other"))
    restate(rated, after=3)
    assert now(day(2)) == then(day(2)) == [(60, "LOW-FAV")]
    assert now(day(3)) == then(day(3)) == []


def override(company: Company, **values: object) -> Override:
    user = User.objects.create(username="approver")
    given = {"cell": Cell.HIGH_DEF, "reason": "contract", "since": day(0), "until": day(30)} | values
    return Override.objects.create(
        company=company, state=OverrideState.APPROVED, decided_by=user, decided_at=NOW, asked_at=NOW, **given
    )


def test_a_place_by_hand_holds_until_its_last_day_and_no_longer(rated):
    override(rated)
    restate(rated, after=30)
    row = Standing.objects.get()
    assert (row.cell, row.overridden, row.reason) == ("HIGH-DEF", True, "override")
    time.mark(today=day(31))
    assert list(Change.objects.values_list("company", "cause")) == [(rated.pk, "time")]
    restate(rated, after=31)
    assert (Standing.objects.get().cell, Standing.objects.get().overridden) == ("LOW-FAV", False)


def test_a_failure_beats_a_place_by_hand(rated):
    override(rated, cell=Cell.HIGH_FAV)
    Profile.objects.update(in_proceeding=True)
    restate(rated)
    assert Standing.objects.get().cell == Cell.FAIL


def test_an_old_score_keeps_its_cell_and_is_hatched(rated):
    restate(rated, after=365)
    assert Standing.objects.get().hatched is False
    time.mark(today=day(366))
    assert Change.objects.count() == 1
    restate(rated, after=366)
    assert (Standing.objects.get().cell, Standing.objects.get().hatched) == ("LOW-FAV", True)


def test_an_upgrade_waits_for_the_points_and_the_stay(rated):
    MatrixPolicy.objects.update(hysteresis_score=5, min_dwell_days=30)
    rerate(rated, 49, on=day(1))
    restate(rated, after=1)
    assert Standing.objects.get().cell == "LOW-MOD", "a downgrade is immediate"
    rerate(rated, 56, on=day(2))
    restate(rated, after=20)
    assert (Standing.objects.get().cell, Standing.objects.get().reason) == ("LOW-MOD", "held")
    time.mark(today=day(31))
    assert Change.objects.filter(company=rated).exists()
    restate(rated, after=31)
    assert Standing.objects.get().cell == "LOW-FAV"


def test_a_parent_pulls_its_subsidiaries_down_when_the_policy_says_so(rated):
    MatrixPolicy.objects.update(inheritance="min")
    parent = make.company("Holding")
    make.profile(parent, 20)
    Company.objects.filter(pk=rated.pk).update(parent=parent)
    restate(parent)
    restate(rated)
    row = Standing.objects.get(pk=rated.pk)
    assert (row.cell, row.inherited, row.head_id) == ("LOW-DEF", True, parent.pk)
    rerate(parent, 40, on=day(1))
    restate(parent, after=1)
    assert list(Change.objects.values_list("company", "cause")) == [(rated.pk, "report")]


def test_a_loop_of_parents_has_one_head(rated):
    other = make.company("Other", parent=rated)
    Company.objects.filter(pk=rated.pk).update(parent=other)
    restate(rated, other)
    heads = dict(Standing.objects.values_list("pk", "head"))
    assert heads == {rated.pk: None, other.pk: rated.pk}


def test_a_company_that_buys_and_supplies_has_a_place_on_each_side(rated):
    supplier = MatrixPolicy.objects.active()
    cells = list(supplier.cells.all())
    supplier.pk, supplier.role, supplier.name, supplier.measure = None, Role.SUPPLIER, "SUP", "payable"
    supplier.high_from = Decimal(100)
    supplier.save()
    for cell in cells:
        cell.pk, cell.policy = None, supplier
        cell.save()
    make.item(make.account(rated), "10")
    make.item(make.account(rated, Role.SUPPLIER), "300")
    restate(rated)
    row = Standing.objects.get()
    assert (row.cell, row.supplier_cell) == ("LOW-FAV", "HIGH-FAV")


def test_unit_analyst_sector_and_turnover_come_from_the_accounts_and_the_files(rated):
    Company.objects.filter(pk=rated.pk).update(activity_code="49.41A")
    make.account(rated, Role.SUPPLIER, business_unit="PURCHASE", analyst="ZZ")
    account = make.account(rated, business_unit="NORTH", analyst="AB")
    make.item(account, "100")
    make.item(account, "50", closed_on=day(-1))
    make.item(account, "7", document_date=day(-366))
    make.item(account, "-9")
    restate(rated)
    row = Standing.objects.get()
    assert (row.sector, row.business_unit, row.analyst) == ("49", "NORTH", "AB")
    assert row.turnover == Decimal(150)
    assert OpenItem.objects.count() == 4


def test_a_due_date_that_passes_marks_its_company(rated):
    make.item(make.account(rated), "10", due=TODAY)
    assert time.mark(today=TODAY) == 0
    assert time.mark(today=day(1)) == 1


def test_a_day_passes_once(rated):
    cache.clear()
    make.item(make.account(rated), "10", due=localdate() - timedelta(days=1))
    pass_time()
    pass_time()
    assert list(Change.objects.values_list("company", "cause")) == [(rated.pk, "time")]


def test_an_order_that_comes_within_the_days_that_count_marks_its_company(rated):
    ExposureSettings(orders_share=Decimal(100), orders_within_days=30).save()
    Commitment.objects.create(
        account=make.account(rated), batch=make.batch(), kind="order", document="C1", amount=50, deliver_on=day(31),
        valid_from=TODAY,
    )  # fmt: skip
    restate(rated)
    time.mark(today=TODAY)
    assert (Change.objects.count(), Standing.objects.get().exposure) == (0, 0)
    time.mark(today=day(1))
    assert Change.objects.get().company == rated
    restate(rated, after=1)
    assert Standing.objects.get().exposure == 50

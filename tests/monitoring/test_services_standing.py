"""Restating: facts in, a row, sums and movements out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.forms.models import model_to_dict

from companies.choices import ChangeCause, Role
from companies.models import Change, Company, ExchangeRate, Profile
from monitoring.choices import AlertKind, Cell
from monitoring.models import Alert, CellSummary, MatrixPolicy, Standing, StandingChange
from monitoring.services import standing
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db


def restate(*companies: Company, as_of: date = TODAY) -> None:
    standing.restate([company.pk for company in companies], now=NOW, as_of=as_of)


def stand(company: Company) -> Standing:
    restate(company)
    return Standing.objects.get(pk=company.pk)


def sums() -> dict[tuple[str, str], tuple[int, Decimal]]:
    rows = CellSummary.objects.filter(companies__gt=0)
    return {(row.role, row.cell): (row.companies, row.exposure) for row in rows}


def test_two_accounts_of_one_company_add_up_against_one_limit():
    company = make.company()
    make.profile(company, limit="10000")
    for amount in ("8000", "4300"):
        make.item(make.account(company, erp_limit=Decimal(10_000)), amount)
    row = stand(company)
    assert (row.exposure, row.erp_limit, row.over_erp_limit) == (Decimal(12_300), Decimal(10_000), Decimal(2_300))
    assert row.use_of_limit == Decimal("1.23")


def test_a_supplier_account_is_what_we_owe_and_no_exposure():
    company = make.company()
    make.item(make.account(company, Role.CLIENT), "500")
    make.item(make.account(company, Role.SUPPLIER), "900")
    row = stand(company)
    assert (row.exposure, row.payable) == (Decimal(500), Decimal(900))
    assert row.roles == [Role.CLIENT, Role.SUPPLIER]


def test_a_closed_account_gives_neither_role_nor_limit():
    company = make.company()
    make.account(company, Role.CLIENT, erp_limit=Decimal(9_000), closed_on=TODAY)
    make.account(company, Role.SUPPLIER)
    row = stand(company)
    assert (row.roles, row.erp_limit) == ([Role.SUPPLIER], None)


def test_a_credit_note_lowers_the_exposure_but_not_the_overdue():
    company = make.company()
    account = make.account(company)
    make.item(account, "1000", due=TODAY - timedelta(days=1))
    make.item(account, "-300", due=TODAY - timedelta(days=5))
    make.item(account, "50", due=TODAY)  # due today is not overdue (domain 5.9)
    row = stand(company)
    assert (row.exposure, row.overdue) == (Decimal(750), Decimal(1000))


def test_a_credit_balance_uses_nothing_and_exceeds_nothing():
    company = make.company()
    make.profile(company, limit="1000")
    make.item(make.account(company), "-40")
    row = stand(company)
    assert (row.exposure, row.use_of_limit, row.over_credit_limit) == (Decimal(-40), Decimal(0), Decimal(0))


def test_a_closed_item_counts_no_more():
    company = make.company()
    make.item(make.account(company), "10", closed_on=TODAY)
    assert stand(company).exposure == 0


def test_no_limit_is_not_a_limit_of_zero():
    unknown, zero = make.company("A"), make.company("B")
    for company, limit in ((unknown, None), (zero, "0")):
        make.profile(company, limit=limit)
        make.item(make.account(company), "100")
    restate(unknown, zero)
    rows = Standing.objects.in_bulk()
    assert (rows[unknown.pk].over_credit_limit, rows[unknown.pk].no_limit) == (None, True)
    assert (rows[zero.pk].over_credit_limit, rows[zero.pk].no_limit) == (Decimal(100), False)
    assert rows[zero.pk].use_of_limit is None


def test_a_foreign_limit_is_converted_at_the_rate_of_the_day():
    ExchangeRate.objects.create(currency="GBP", valid_on=date(2026, 1, 1), rate=Decimal("0.80"))
    ExchangeRate.objects.create(currency="GBP", valid_on=TODAY + timedelta(days=1), rate=Decimal("0.50"))
    company = make.company(country="GB")
    make.profile(company, limit="8000", currency="GBP")
    assert stand(company).credit_limit == Decimal(10_000)


def test_without_a_rate_the_limit_is_unknown_and_says_so():
    company = make.company(country="GB")
    make.profile(company, limit="8000", currency="GBP")
    row = stand(company)
    assert (row.credit_limit, row.rate_missing) == (None, True)


@pytest.mark.parametrize(
    ("score", "limit", "values", "cell"),
    [
        pytest.param(51, "50000", {}, Cell.HIGH_FAV, id="sound and high"),
        pytest.param(50, "50000", {}, Cell.HIGH_MOD, id="one point below sound"),
        pytest.param(29, "0", {}, Cell.LOW_DEF, id="weak"),
        pytest.param(88, "90000", {"in_proceeding": True}, Cell.FAIL, id="open proceeding"),
        pytest.param(None, "80000", {}, Cell.NR, id="not rated"),
        pytest.param(75, None, {}, Cell.LOW_FAV, id="no limit"),
    ],
)
def test_the_cell_follows_the_profile(score, limit, values, cell):
    company = make.company()
    make.profile(company, score=score, limit=limit, **values)
    assert stand(company).cell == cell


def test_a_company_without_a_profile_is_in_the_not_rated_lane():
    assert stand(make.company()).cell == Cell.NR


def test_restating_twice_changes_nothing():
    company = make.company()
    make.profile(company)
    make.item(make.account(company), "100")
    restate(company)
    before = sums(), StandingChange.objects.count()
    assert standing.restate([company.pk], now=NOW + timedelta(hours=1), as_of=TODAY) == 0
    assert (sums(), StandingChange.objects.count()) == before


def test_a_company_counts_once_for_all_and_once_in_each_role():
    company = make.company()
    make.profile(company)
    make.item(make.account(company, Role.CLIENT), "100")
    make.account(company, Role.SUPPLIER)
    restate(company)
    expected = (1, Decimal(100))
    assert sums() == dict.fromkeys([("", "LOW-FAV"), ("client", "LOW-FAV"), ("supplier", "LOW-FAV")], expected)


def test_a_move_leaves_the_old_cell_and_says_why():
    company = make.company()
    make.profile(company, score=58)
    make.account(company)
    restate(company)
    Profile.objects.filter(company=company).update(score=44, rating="C")
    Change.objects.mark([company.pk], ChangeCause.REPORT, "event")
    assert standing.digest(now=NOW, as_of=TODAY) == 1
    assert sums() == dict.fromkeys([("", "LOW-MOD"), ("client", "LOW-MOD")], (1, Decimal(0)))
    move = StandingChange.objects.filter(company=company).first()
    assert (move.cell_before, move.cell_after, move.score_before, move.score_after) == ("LOW-FAV", "LOW-MOD", 58, 44)
    assert (move.cause, move.note) == (ChangeCause.REPORT, "event")
    assert not Change.objects.exists()


def test_a_mark_made_while_restating_stays_for_the_next_round(django_assert_max_num_queries):
    company = make.company()
    Change.objects.mark([company.pk, company.pk], ChangeCause.EDIT)
    with django_assert_max_num_queries(31):
        standing.digest(now=NOW, as_of=TODAY, limit=1)
    assert Change.objects.count() == 1


def test_rebuilt_equals_incremental():
    companies = [make.company(f"C{n}") for n in range(12)]
    for n, company in enumerate(companies):
        make.profile(company, score=None if n == 3 else n * 9, limit=None if n == 5 else str(n * 9000))
        make.item(make.account(company, Role.SUPPLIER if n % 4 == 0 else Role.CLIENT), str(n * 1000))
        restate(company)
    for company in companies[::2]:
        Profile.objects.filter(company=company).update(score=77, rating="A", rating_state="rated")
        make.item(make.account(company), "123.45")
        restate(company)
    incremental = rows(), sums()
    Standing.objects.all().delete()
    CellSummary.objects.all().delete()
    standing.rebuild(now=NOW, as_of=TODAY)
    assert (rows(), sums()) == incremental


def rows() -> list[dict[str, object]]:
    return [model_to_dict(row) for row in Standing.objects.order_by("pk")]


def test_crossing_a_limit_opens_one_alert_that_follows_the_figures_and_closes_by_itself():
    company = make.company()
    make.profile(company, limit="1000")
    account = make.account(company)
    first = make.item(account, "1500")
    assert stand(company).open_alerts == 1
    second = make.item(account, "200")
    assert stand(company).open_alerts == 1
    alert = Alert.objects.get(kind=AlertKind.OVER_LIMIT)
    assert (alert.at_stake, alert.new_value, alert.facts) == (Decimal(700), "1700.00", 1)
    for paid in (first, second):
        paid.closed_on = TODAY
        paid.save()
    assert stand(company).open_alerts == 0
    alert.refresh_from_db()
    assert (alert.state, alert.close_reason, alert.closed_by) == ("closed", "resolved", None)


def test_the_query_count_does_not_grow_with_the_companies(django_assert_max_num_queries):
    companies = [make.company(f"C{n}") for n in range(60)]
    for company in companies:
        make.profile(company)
        make.item(make.account(company), "10")
    with django_assert_max_num_queries(32):
        restate(*companies)


def test_a_policy_that_measures_exposure_places_by_exposure():
    MatrixPolicy.objects.filter(state="active").update(measure="exposure", high_from=1000)
    company = make.company()
    make.profile(company, limit="90000")
    make.item(make.account(company), "999.99")
    assert stand(company).cell == Cell.LOW_FAV
    make.item(make.account(company), "0.01")
    assert stand(company).cell == Cell.HIGH_FAV


def test_a_row_from_before_stays_were_dated_is_dated_by_its_last_movement():
    company, other = make.company("Moved"), make.company("Never told")
    restate(company, other)
    StandingChange.objects.filter(company=other).delete()
    StandingChange.objects.filter(company=company).update(at=NOW - timedelta(days=40))
    Standing.objects.update(in_cell_since=None)
    restate(company, other)
    since = Standing.objects.values_list("company", "in_cell_since")
    assert dict(since) == {company.pk: TODAY - timedelta(days=40), other.pk: TODAY}

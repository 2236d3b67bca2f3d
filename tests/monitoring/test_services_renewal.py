"""Which reports are too old and which events order one: the policy of the cell and the role."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.choices import LinkState, OrderReason, OrderState, Role
from companies.models import Company, Connection, Profile, ReportOrder
from monitoring.choices import Cell
from monitoring.models import Event, Portfolio, RefreshPolicy, Standing
from monitoring.services import renewal, standing
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db


def aged(days, *, role=Role.CLIENT, score=20, more=(), **values):
    """A company in a weak cell, unless the score says else, with a report so many days old."""
    company = make.company(**values)
    for one in (role, *more):
        make.account(company, one)
    make.profile(company, score, "20000", reported_at=NOW - timedelta(days=days))
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    return company


def event(company, days_ago):
    portfolio, _made = Portfolio.objects.get_or_create(provider_id=1, defaults={"name": "riskportal"})
    at = NOW - timedelta(days=days_ago)
    number = f"{Event.objects.count() + 1}"
    return Event.objects.create(
        notification_id=number, event_id=number, portfolio=portfolio, company=company, rule_code=101,
        created_at=at, received_at=at,
    )  # fmt: skip


def renewed():
    renewal.renew(now=NOW)
    return set(ReportOrder.objects.filter(reason=OrderReason.AGE).values_list("company", flat=True))


def line(cell=Cell.LOW_DEF, role="", **values):
    return RefreshPolicy.objects.update_or_create(cell=cell, role=role, defaults=values)[0]


def test_red_is_renewed_monthly_and_green_yearly_to_start_with():
    days = dict(RefreshPolicy.objects.filter(role="").values_list("cell", "max_age_days"))
    assert days.keys() == set(Cell.values)
    assert (days[Cell.HIGH_DEF], days[Cell.LOW_DEF], days[Cell.HIGH_FAV]) == (30, 30, 365)
    assert RefreshPolicy.objects.get(cell=Cell.LOW_FAV).event_only


@pytest.mark.parametrize(("days", "orders"), [(29, False), (30, False), (31, True)])
def test_a_report_older_than_its_cell_allows_is_ordered(days, orders):
    company = aged(days)
    assert Standing.objects.get().cell == Cell.LOW_DEF
    assert renewed() == ({company.pk} if orders else set())


def test_a_line_without_an_age_never_renews():
    line(max_age_days=None)
    aged(4000)
    assert renewed() == set()


def test_with_event_only_an_old_report_waits_for_an_event_since():
    line(max_age_days=30, event_only=True)
    told, silent, told_before = aged(60), aged(60), aged(60)
    event(told, 10)
    event(told_before, 70)
    assert silent.pk != told.pk
    assert renewed() == {told.pk}


def test_a_role_with_its_own_line_does_not_follow_the_line_of_all():
    line(role=Role.SUPPLIER, max_age_days=90)
    supplier, client = aged(60, role=Role.SUPPLIER), aged(60)
    assert supplier.pk not in renewed()
    assert client.pk in renewed()


def test_with_two_roles_the_more_demanding_line_decides():
    line(role=Role.SUPPLIER, max_age_days=90)
    line(role=Role.CLIENT, max_age_days=20)
    both = aged(25, role=Role.SUPPLIER, more=[Role.CLIENT])
    assert renewed() == {both.pk}


def test_what_is_on_order_or_held_is_not_asked_again():
    company = aged(60)
    assert renewed() == {company.pk}
    renewal.renew(now=NOW + timedelta(days=1))
    ReportOrder.objects.update(state=OrderState.HELD)
    renewal.renew(now=NOW + timedelta(days=2))
    assert ReportOrder.objects.count() == 1


@pytest.mark.parametrize("state", [OrderState.FAILED, OrderState.DROPPED])
def test_after_a_refusal_or_a_no_the_rule_waits_a_month(state):
    aged(60)
    renewal.renew(now=NOW)
    ReportOrder.objects.update(state=state, finished_at=NOW)
    renewal.renew(now=NOW + timedelta(days=29))
    assert ReportOrder.objects.count() == 1
    renewal.renew(now=NOW + timedelta(days=31))
    assert ReportOrder.objects.count() == 2


def test_a_company_unlinked_meanwhile_is_left_alone():
    company = aged(60)
    Company.objects.filter(pk=company.pk).update(link_state=LinkState.UNLINKED)
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    assert renewed() == set()


def test_the_ceiling_holds_what_age_would_order():
    Connection(report_ceiling=1).save()
    for _company in range(3):
        aged(60)
    renewal.renew(now=NOW)
    assert sorted(ReportOrder.objects.values_list("state", flat=True)) == ["held", "held", "queued"]


def test_it_looks_with_as_many_queries_for_fifty_as_for_one():
    def queries():
        with CaptureQueriesContext(connection) as taken:
            renewal.renew(now=NOW)
        return len(taken)

    aged(60)
    one = queries()
    for _company in range(50):
        aged(60)
    assert queries() == one


def test_old_reports_are_found_by_an_index():
    plan = Profile.objects.filter(reported_at__lt=NOW).values("company").explain()
    if connection.vendor == "sqlite":
        assert "profile_by_age" in plan


def test_an_event_orders_where_the_line_says_so():
    quiet, loud = aged(1, role=Role.PROSPECT), aged(1)
    line(role=Role.PROSPECT, on_event=False)
    nowhere = make.company("Not placed yet")
    assert renewal.ordering_on_event([quiet.pk, loud.pk, nowhere.pk]) == {loud.pk, nowhere.pk}


def test_without_any_line_every_event_orders():
    RefreshPolicy.objects.all().delete()
    company = aged(1)
    assert renewal.ordering_on_event([company.pk]) == {company.pk}

"""Orders and the budget: what the rules may order by themselves, what waits for a person, what is refused."""

from datetime import timedelta

import pytest

from companies.choices import OrderReason, OrderState
from companies.creditsafe.sandbox import Sandbox
from companies.models import Allowance, Connection, ReportOrder
from companies.services import budget, orders, provider
from companies.services.budget import NothingLeft
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connection(db):
    Connection(username="demo", password="sandbox").save()


def companies(count, country="FR"):
    made = [make.company(f"{country} {n}", country=country) for n in range(count)]
    for company in made:
        make.profile(company, connect_id=f"{country}-X-{company.pk}")
    return [company.pk for company in made]


def allowance(country="FR", paid=100, used=0, **values):
    return Allowance.objects.create(country=country, paid=paid, used=used, read_at=NOW, **values)


def states(**where):
    found = list(ReportOrder.objects.filter(**where).order_by("pk").values_list("state", flat=True))
    return {state: found.count(state) for state in found}


def done(pks, cost=1, at=NOW):
    ReportOrder.objects.filter(company__in=pks).update(state=OrderState.DONE, cost=cost, finished_at=at)


def test_without_any_count_and_ceiling_nothing_is_held():
    assert orders.order(companies(3), reason=OrderReason.AGE, now=NOW) == 3
    assert states() == {OrderState.QUEUED: 3}


@pytest.mark.parametrize("reason", [OrderReason.AGE, OrderReason.EVENT, OrderReason.LINKED])
def test_the_rules_stop_at_the_ceiling_and_ask(reason):
    Connection.objects.update(report_ceiling=12)
    allowance(used=10)
    assert orders.order(companies(5), reason=reason, now=NOW) == 5
    assert states() == {OrderState.QUEUED: 2, OrderState.HELD: 3}


def test_without_a_ceiling_the_rules_stop_at_what_is_paid():
    allowance(paid=10, used=8)
    orders.order(companies(5), reason=OrderReason.AGE, now=NOW)
    assert states() == {OrderState.QUEUED: 2, OrderState.HELD: 3}


def test_orders_on_their_way_count_as_used():
    Connection.objects.update(report_ceiling=4)
    orders.order(companies(3), reason=OrderReason.AGE, now=NOW)
    orders.order(companies(3), reason=OrderReason.AGE, now=NOW)
    assert states() == {OrderState.QUEUED: 4, OrderState.HELD: 2}


def test_a_user_goes_above_the_ceiling_but_not_above_what_is_left(analyst):
    Connection.objects.update(report_ceiling=1)
    allowance(paid=3)
    first = companies(2)
    assert orders.order(first, reason=OrderReason.REQUESTED, user_id=analyst.pk, now=NOW) == 2
    with pytest.raises(NothingLeft, match="1"):
        orders.order(companies(2), reason=OrderReason.REQUESTED, user_id=analyst.pk, now=NOW)
    assert states() == {OrderState.QUEUED: 2}


def test_what_is_left_is_counted_by_country(analyst):
    allowance("FR", paid=0)
    allowance("BE", paid=5)
    assert orders.order(companies(2, "BE"), reason=OrderReason.REQUESTED, user_id=analyst.pk, now=NOW) == 2
    with pytest.raises(NothingLeft, match="FR"):
        orders.order(companies(1), reason=OrderReason.REQUESTED, user_id=analyst.pk, now=NOW)


def test_a_link_by_a_user_is_never_refused_but_its_report_may_wait(analyst):
    allowance(paid=0)
    orders.order(companies(1), reason=OrderReason.LINKED, user_id=analyst.pk, now=NOW)
    assert states() == {OrderState.HELD: 1}


def test_a_country_without_a_count_of_its_own_follows_the_one_of_all(analyst):
    allowance("", paid=1)
    assert budget.left("GB", NOW) == 1
    orders.order(companies(1, "GB"), reason=OrderReason.REQUESTED, user_id=analyst.pk, now=NOW)
    assert budget.left("FR", NOW) == 0


def test_asking_for_a_company_whose_order_is_held_approves_it(analyst):
    Connection.objects.update(report_ceiling=0)
    pks = companies(1)
    orders.order(pks, reason=OrderReason.AGE, now=NOW)
    assert orders.order(pks, reason=OrderReason.REQUESTED, user_id=analyst.pk, now=NOW) == 1
    order = ReportOrder.objects.get()
    assert (order.state, order.decided_by, order.reason) == (OrderState.QUEUED, analyst, OrderReason.AGE)


def test_held_orders_are_approved_or_dropped_by_a_person(manager):
    Connection.objects.update(report_ceiling=0)
    first, second = companies(2)
    orders.order([first, second], reason=OrderReason.AGE, now=NOW)
    assert orders.approve(ReportOrder.objects.filter(company=first), user_id=manager.pk, now=NOW) == 1
    assert orders.drop(ReportOrder.objects.filter(company=second), user_id=manager.pk, now=NOW) == 1
    assert states(company=first) == {OrderState.QUEUED: 1}
    assert states(company=second) == {OrderState.DROPPED: 1}
    assert set(ReportOrder.objects.values_list("decided_by", flat=True)) == {manager.pk}


def test_nobody_approves_more_than_is_left(manager):
    allowance(paid=1)
    orders.order(companies(3), reason=OrderReason.AGE, now=NOW)
    assert states() == {OrderState.QUEUED: 1, OrderState.HELD: 2}
    with pytest.raises(NothingLeft):
        orders.approve(ReportOrder.objects.all(), user_id=manager.pk, now=NOW)


def test_a_lowered_ceiling_holds_what_the_rules_have_queued_and_not_what_people_asked(manager):
    orders.order(companies(3), reason=OrderReason.AGE, now=NOW)
    orders.order(companies(2), reason=OrderReason.REQUESTED, user_id=manager.pk, now=NOW)
    Connection.objects.update(report_ceiling=3)
    assert budget.hold_excess(NOW) == 2
    assert states(requested_by=None) == {OrderState.QUEUED: 1, OrderState.HELD: 2}
    assert states(requested_by=manager) == {OrderState.QUEUED: 2}


def test_the_count_of_creditsafe_goes_on_with_what_was_billed_since():
    allowance(used=40)
    pks = companies(3)
    orders.order(pks, reason=OrderReason.AGE, now=NOW)
    done(pks[:2], at=NOW + timedelta(hours=1))
    done(pks[2:], at=NOW - timedelta(hours=1))  # in the count already
    assert budget.current(NOW + timedelta(hours=2)).used == 42


def test_without_a_count_our_own_ledger_of_the_year_counts():
    pks = companies(3)
    orders.order(pks, reason=OrderReason.AGE, now=NOW)
    done(pks[:2], at=NOW - timedelta(days=5))
    done(pks[2:], at=NOW - timedelta(days=400))
    found = budget.current(NOW)
    assert (found.used, found.paid, found.remaining, found.room) == (2, None, None, None)


def test_the_forecast_carries_the_pace_of_ninety_days_to_the_end_of_the_year():
    allowance(used=100, starts_on=NOW.date() - timedelta(days=300), expires_on=NOW.date() + timedelta(days=65))
    pks = companies(10)
    orders.order(pks, reason=OrderReason.AGE, now=NOW)
    done(pks, at=NOW - timedelta(days=10))
    found = budget.current(NOW)
    assert found.forecast == 100 + 65
    assert found.overshoots


@pytest.mark.parametrize(("used", "near"), [(79, False), (80, True), (100, True)])
def test_it_warns_at_eighty_percent(used, near):
    allowance(used=used)
    assert budget.current(NOW).is_near is near


def test_a_company_that_is_not_linked_is_not_ordered():
    assert orders.order([make.company().pk], reason=OrderReason.AGE, now=NOW) == 0


def test_a_hundred_companies_take_as_many_queries_as_one(django_assert_max_num_queries):
    pks = companies(100)
    with django_assert_max_num_queries(20):
        orders.order(pks, reason=OrderReason.AGE, now=NOW)


def test_the_subscription_is_read_from_creditsafe(settings):
    with Sandbox(companies=40, seed=5) as box:
        Connection(base_url=box.url, username="demo", password="sandbox").save()
        box.orders["FR-X-1"] = 7
        assert budget.is_stale(NOW)
        budget.read_access(client=provider.connect(), now=NOW)
        budget.read_access(client=provider.connect(), now=NOW)
    french = Allowance.objects.get(country="FR")
    assert (french.used, french.remaining) == (7, french.paid - 7)
    assert not budget.is_stale(NOW + timedelta(minutes=9))
    assert budget.is_stale(NOW + timedelta(minutes=10))


def test_who_asks_for_a_report_is_told_what_is_left(client_as, analyst):
    allowance(paid=10, used=3)
    (pk,) = companies(1)
    answer = client_as(analyst).post(f"/companies/{pk}/refresh/", headers={"accept-language": "en"}, follow=True)
    assert "Reports left for FR this contract year: 6." in answer.content.decode()


def test_who_asks_for_more_than_is_left_is_told_so(client_as, analyst):
    allowance(paid=3, used=3)
    (pk,) = companies(1)
    answer = client_as(analyst).post(f"/companies/{pk}/refresh/", headers={"accept-language": "en"}, follow=True)
    assert "0 reports left for FR" in answer.content.decode()
    assert not ReportOrder.objects.exists()

"""The page of credit reports: budget, progress, what is held and by what, and the levers for those who may."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from companies.choices import JobKind, JobState, OrderReason, OrderState
from companies.models import Allowance, Breaker, Connection, CountryPause, Job, ReportOrder
from companies.services import breaker, orders
from tests import make
from tests.monitoring import pages

pytestmark = pytest.mark.django_db
PAGE = reverse("refresh")
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def connection(db):
    Connection(username="demo", password="sandbox", report_ceiling=1).save()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def page(client_as, manager):
    client = client_as(manager)
    return lambda query="": client.get(f"{PAGE}{query}", headers=ENGLISH)


@pytest.fixture
def post(client_as, manager):
    client = client_as(manager)

    def send(action, **data):
        answer = client.post(reverse("refresh_act", args=[action]), data, headers=ENGLISH)
        assert answer.status_code == 302
        return [str(message) for message in get_messages(answer.wsgi_request)][-1:]

    return send


def ask(count, now, reason=OrderReason.AGE):
    companies = [make.company(f"Asked {number}") for number in range(count)]
    for company in companies:
        make.profile(company)
    orders.order([company.pk for company in companies], reason=reason, now=now)
    return list(ReportOrder.objects.order_by("pk"))


def test_it_shows_the_budget_with_its_warning(page, now):
    Connection.objects.update(report_ceiling=100)
    Allowance.objects.create(country="FR", paid=100, used=85, read_at=now)
    answer = page()
    assert answer.context["budget"].remaining == 15
    text = answer.content.decode()
    assert "More than 80 %" in text
    assert "85" in text


def test_an_empty_site_has_a_page(page):
    text = page().content.decode()
    assert "Nothing is being fetched." in text
    assert "Creditsafe has not been asked yet." in text


def test_held_orders_are_shown_and_approved(page, post, now, manager, published):
    first, second, third = ask(3, now)
    assert [order.pk for order in page().context["held"]] == [second.pk, third.pk]
    assert post("approve", order=[second.pk]) == ["1 order approved."]
    second.refresh_from_db()
    assert (second.state, second.decided_by) == (OrderState.QUEUED, manager)
    assert post("drop", all="1") == ["1 order dropped."]
    third.refresh_from_db()
    assert third.state == OrderState.DROPPED
    assert first.state == OrderState.QUEUED


def test_approving_more_than_is_left_is_refused_with_the_count(post, now):
    Allowance.objects.create(country="FR", paid=1, used=0, read_at=now)
    ask(3, now)
    (said,) = post("approve", all="1")
    assert "FR" in said
    assert ReportOrder.objects.filter(state=OrderState.HELD).count() == 2


@pytest.mark.parametrize("order", ["", "x", "-1", "9" * 30, "0"])
def test_nonsense_approves_nothing(post, now, order):
    ask(2, now)
    assert post("approve", order=order) == ["Nothing was left to do."]


def test_the_refresh_is_paused_and_resumed(page, post, now):
    ask(1, now)
    assert post("pause") == ["The refresh is paused."]
    assert Job.objects.get(kind=JobKind.REFRESH).state == JobState.PAUSED
    assert "Paused" in page().content.decode()
    assert post("resume") == ["The refresh goes on."]
    assert Job.objects.get(kind=JobKind.REFRESH).state == JobState.QUEUED
    assert post("resume") == ["Nothing was left to do."]


def test_progress_tells_the_rate_and_the_time_left(page, now):
    Job.objects.create(
        kind=JobKind.REFRESH, state=JobState.RUNNING, done=50, total=150, created_at=now, not_before=now,
        started_at=now - timedelta(minutes=1), lease_until=now + timedelta(minutes=1),
    )  # fmt: skip
    going = page().context["going"]
    assert going.a_minute in {49, 50}
    assert timedelta(minutes=1.9) < going.ends_at - now < timedelta(minutes=2.2)


def test_the_moving_part_stands_alone(client_as, auditor):
    answer = client_as(auditor).get(reverse("refresh_progress"), headers=ENGLISH)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()


def test_a_country_at_rest_is_shown_and_goes_on_by_button(page, post, now):
    CountryPause.objects.create(country="BE", reason="Access denied", since=now, until=now + timedelta(days=1))
    assert "Access denied" in page().content.decode()
    assert post("open-country", country="BE") == ["Orders for BE go on."]
    assert not CountryPause.objects.exists()


def test_an_open_breaker_is_shown_with_its_reason_and_closed_by_button(page, post, now):
    for _failure in range(5):
        breaker.fail(now, "no answer: Timeout")
    assert "no answer: Timeout" in page().content.decode()
    assert post("close-breaker") == ["Calls to Creditsafe are let through again."]
    assert Breaker.objects.get().state == "closed"


def test_the_ledger_can_be_narrowed_to_a_state(page, now):
    ask(3, now)
    assert {order.state for order in page("?state=held").context["page"]} == {OrderState.HELD}
    assert len(page("?state=nonsense").context["page"]) == 3


@pytest.mark.parametrize("who", ["auditor", "analyst"])
@pytest.mark.parametrize("action", ["pause", "resume", "approve", "drop", "open-country", "close-breaker"])
def test_those_who_may_not_steer_see_no_lever_and_are_refused(request, client_as, now, who, action):
    ask(2, now)
    client = client_as(request.getfixturevalue(who))
    assert client.post(reverse("refresh_act", args=[action]), {"all": "1"}).status_code == 403
    assert "/refresh/pause/" not in client.get(PAGE).content.decode()
    assert ReportOrder.objects.filter(state=OrderState.HELD).count() == 1


def test_an_unknown_lever_does_not_exist(client_as, manager):
    assert client_as(manager).post(reverse("refresh_act", args=["explode"])).status_code == 404


def test_levers_are_pulled_by_post_only(client_as, manager):
    assert client_as(manager).get(reverse("refresh_act", args=["pause"])).status_code == 405


def test_the_page_takes_as_many_queries_for_fifty_orders_as_for_one(client_as, manager, now):
    client = client_as(manager)
    assert pages.growth(client, PAGE, lambda index: ask(1, now + timedelta(seconds=index))) <= 1


def test_strangers_log_in_first(client):
    assert client.get(PAGE).status_code == 302

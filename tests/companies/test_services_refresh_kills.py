"""Workers killed between two steps of an order: what was paid for is read, what was not is asked once more."""

import pytest

from companies.choices import OrderState
from companies.models import Connection, Profile, Report, ReportOrder
from companies.services import orders, provider, refresh, reports
from tests.companies.provider import Clock, ask, billed, connected, linked, quiet, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings):
    settings.DEMO = True
    with connected(parallel_calls=4) as box:
        yield box


@pytest.fixture
def clock():
    return Clock()


def kept(box, clock, companies):
    """Orders whose answers are stored, as a worker leaves them that is killed before it reads them."""
    asked = ask(companies)
    token = "killed"
    ReportOrder.objects.take(now=clock(), until=clock() + refresh.LEASE, token=token)
    client = provider.connect()
    answers = []
    for order in asked:
        found = reports.Asked(order.pk, order.company_id, order.company.profile.connect_id, order.reason, 1, False, 0)
        answer = client.report(found.connect_id)
        answers.append(reports.received(found, answer.raw, answer.data, answer.ordered_at))
    reports.keep(answers, token=token, now=clock(), until=clock() + refresh.LEASE)


def test_a_kill_between_the_answer_and_the_reading_orders_nothing_again(box, clock):
    companies = linked(box, 3)
    kept(box, clock, companies)
    assert states() == {OrderState.RECEIVED: 3}
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.RECEIVED: 3}  # its worker may be alive
    clock.turn(refresh.LEASE * 2)
    assert orders.pending(clock()).count() == 3
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.DONE: 3}
    assert billed(box) == Report.objects.count() == 3
    assert Profile.objects.filter(report=None).count() == 0


def test_stored_answers_are_read_even_while_calls_are_stopped(box, clock):
    kept(box, clock, linked(box, 1))
    Connection.halt(clock(), "wrong password")
    clock.turn(refresh.LEASE * 2)
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.DONE: 1}


def test_a_kill_before_the_answer_is_ordered_again_and_seen_in_the_ledger(box, clock):
    (order,) = ask(linked(box, 1))
    ReportOrder.objects.take(now=clock(), until=clock() + refresh.LEASE, token="killed")
    refresh.work(quiet, clock=clock)
    assert billed(box) == 0
    clock.turn(refresh.LEASE * 2)
    refresh.work(quiet, clock=clock)
    order.refresh_from_db()
    assert (order.state, order.attempts, order.lost, order.cost) == (OrderState.DONE, 2, 1, 1)


def test_a_refusal_after_an_answer_that_nobody_saw_is_not_believed_at_once(box, clock):
    (order,) = ask(linked(box, 1))
    ReportOrder.objects.take(now=clock(), until=clock() + refresh.LEASE, token="killed")
    clock.turn(refresh.LEASE * 2)
    box.faults.add("report-unavailable")
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.QUEUED: 1}
    clock.turn(refresh.LEASE)
    refresh.work(quiet, clock=clock)
    order.refresh_from_db()
    assert (order.state, order.lost, order.cost) == (OrderState.DONE, 1, 1)


def test_a_worker_that_lost_its_orders_does_not_finish_them(box, clock):
    companies = linked(box, 1)
    kept(box, clock, companies)
    ReportOrder.objects.update(token="another")
    (order,) = ReportOrder.objects.select_related("report__body")
    answer = reports.reread(order, order.report)
    assert reports.read([answer], token="killed", now=clock()) == 0
    assert states() == {OrderState.RECEIVED: 1}

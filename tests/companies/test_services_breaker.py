"""The circuit breaker, the hold and the pace: one row for all workers."""

from datetime import timedelta

import pytest

from companies.choices import BreakerState
from companies.creditsafe.errors import BadRequest, RateLimited, Unavailable
from companies.models import Breaker, BreakerChange, Connection
from companies.services import breaker, provider
from companies.services.breaker import CircuitOpen, OverPace
from tests.make import NOW

pytestmark = pytest.mark.django_db
AWAY = Unavailable("no answer")


@pytest.fixture(autouse=True)
def connection(db):
    Connection(username="demo", password="sandbox").save()


def fail(times, now=NOW):
    return [provider.note(AWAY, now) for _turn in range(times)][-1]


def test_four_failures_let_calls_pass_and_the_fifth_stops_them():
    assert fail(4) is None
    assert not breaker.check(NOW)
    assert fail(1) == breaker.FIRST_WAIT
    with pytest.raises(CircuitOpen) as stopped:
        breaker.check(NOW)
    assert (stopped.value.wait, str(stopped.value)) == (breaker.FIRST_WAIT, "no answer")


def test_a_success_in_between_starts_the_count_again():
    fail(4)
    provider.note(None, NOW)
    assert fail(4) is None


def test_a_refusal_is_an_answer():
    fail(4)
    provider.note(BadRequest("too short", status=400), NOW)
    assert fail(4) is None


def test_after_the_wait_one_caller_tries_and_the_others_wait():
    wait = fail(5)
    assert breaker.check(NOW + wait)
    with pytest.raises(CircuitOpen):
        breaker.check(NOW + wait)
    assert Breaker.objects.get().state == BreakerState.HALF_OPEN


def test_a_probe_whose_worker_died_is_tried_again():
    wait = fail(5)
    assert breaker.check(NOW + wait)
    assert breaker.check(NOW + wait + timedelta(minutes=3))


def test_the_wait_grows_with_each_failed_probe_up_to_its_most():
    now, waits = NOW, [fail(5)]
    for _probe in range(8):
        now += waits[-1]
        assert breaker.check(now)
        waits.append(provider.note(AWAY, now))
    assert waits[:4] == [breaker.FIRST_WAIT * factor for factor in (1, 2, 4, 8)]
    assert waits[-1] == breaker.LONGEST_WAIT


def test_a_success_closes_it_and_each_change_is_in_its_history():
    wait = fail(5)
    breaker.check(NOW + wait)
    provider.note(None, NOW + wait)
    assert not breaker.check(NOW + wait)
    states = list(BreakerChange.objects.order_by("pk").values_list("state", flat=True))
    assert states == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
    assert Breaker.objects.get().trips == 0


def test_a_person_can_close_it():
    fail(5)
    provider.note(RateLimited("slow down"), NOW)
    breaker.reset(NOW)
    assert not breaker.check(NOW)


def test_a_429_holds_everybody_for_its_own_time_when_it_tells_one():
    provider.note(RateLimited("slow down", retry_after=7), NOW)
    with pytest.raises(OverPace) as held:
        breaker.check(NOW + timedelta(seconds=2))
    assert held.value.retry_after == 5
    assert not breaker.check(NOW + timedelta(seconds=7))


def test_our_own_pace_is_no_fault_of_theirs():
    provider.note(OverPace("ours", retry_after=1), NOW)
    assert not breaker.check(NOW)
    assert not Connection.current().is_down


def test_bookings_of_all_workers_together_keep_the_pace():
    granted = sum(breaker.book(7, per_minute=60, now=NOW + timedelta(seconds=second)) for second in range(61))
    assert granted == 60 + breaker.BURST


def test_a_slow_pace_still_lets_one_call_pass():
    assert breaker.book(5, per_minute=2, now=NOW) == 1
    assert breaker.book(5, per_minute=2, now=NOW + timedelta(seconds=29)) == 0
    assert breaker.book(5, per_minute=2, now=NOW + timedelta(seconds=31)) == 1


def test_a_clock_set_back_stops_nobody():
    breaker.book(500, per_minute=60, now=NOW)
    provider.note(RateLimited("slow down"), NOW)
    fail(5)
    before = NOW - timedelta(hours=2)
    assert breaker.check(before)
    assert breaker.book(1, per_minute=60, now=before) == 1


def test_what_people_call_is_counted_and_never_refused():
    for _call in range(30):
        breaker.charge(1, per_minute=60, now=NOW)
    assert breaker.book(1, per_minute=60, now=NOW) == 0
    assert breaker.book(1, per_minute=60, now=NOW + timedelta(seconds=21)) == 1


def test_its_state_and_history_are_on_the_page_of_the_connection(client_as, administrator):
    fail(5)
    text = client_as(administrator).get("/admin/companies/connection/1/change/").content.decode()
    assert text.count("no answer") >= 2
    assert str(BreakerState.OPEN.label) in text

"""Fetching what is on order: side by side, each paid answer kept first, never twice, whatever Creditsafe does."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from companies.choices import BreakerState, JobKind, JobState, OrderReason, OrderState
from companies.creditsafe.errors import Unavailable
from companies.models import Breaker, Change, Company, Connection, CountryPause, Job, Profile, ReportOrder
from companies.services import jobs, orders, provider, refresh, reports
from companies.services.jobs import Later, Lost
from tests.companies.provider import Clock, ask, billed, connected, linked, quiet, states
from tests.make import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings):
    settings.DEMO = True
    with connected(parallel_calls=4) as box:
        yield box


@pytest.fixture
def clock():
    return Clock()


def test_every_report_on_order_is_fetched_once_and_read(box):
    companies = linked(box, 60)
    ask(companies)
    refresh.work(quiet, clock=timezone.now)
    assert states() == {OrderState.DONE: 60}
    assert box.orders == {profile.connect_id: 1 for profile in Profile.objects.all()}
    assert Profile.objects.filter(report__isnull=False, reported_at__isnull=False).count() == 60
    assert Change.objects.filter(company__in=companies).count() == 60
    assert set(ReportOrder.objects.values_list("cost", "attempts", "lost")) == {(1, 1, 0)}


def test_an_empty_column_of_ours_is_filled_with_a_line_in_the_history(box):
    (company,) = linked(box, 1)
    ask([company])
    refresh.work(quiet, clock=timezone.now)
    company.refresh_from_db()
    assert company.registration_number
    assert company.history.count() == 2
    assert company.history.first().registration_number == company.registration_number


def test_a_number_that_another_company_of_ours_has_is_told_and_not_taken(box):
    first, twin = linked(box, 2)
    number = next(one.number for one in box.directory if one.connect_id == first.profile.connect_id)
    Company.objects.filter(pk=twin.pk).update(registration_number=number)
    ask([first])
    refresh.work(quiet, clock=timezone.now)
    first.refresh_from_db()
    assert (first.registration_number, number in first.link_note, bool(first.city)) == ("", True, True)
    assert states() == {OrderState.DONE: 1}


def test_threads_share_the_calls(box, caplog):
    box.faults.add("slow=0.05")
    ask(linked(box, 16))
    caplog.set_level("INFO", "companies.creditsafe")
    refresh.work(quiet, clock=timezone.now)
    callers = {record.thread for record in caplog.records if "GET /companies/" in record.getMessage()}
    assert len(callers) > 1


def test_the_users_order_goes_first(box, monkeypatch):
    Connection.objects.update(parallel_calls=1)
    old, new = linked(box, 2)
    ask([old], OrderReason.AGE)
    ask([new], OrderReason.REQUESTED)
    refresh.work(quiet, clock=timezone.now)
    fetched = [path.rsplit("/", 1)[1] for _method, path, _status in box.requests if path.startswith("/companies/")]
    assert fetched == [new.profile.connect_id, old.profile.connect_id]


# Killed in between


def test_the_lease_is_renewed_while_a_call_is_slow(box, monkeypatch):
    monkeypatch.setattr(refresh, "LEASE", timedelta(seconds=0.4))
    box.faults.add("slow=1")
    (order,) = ask(linked(box, 1))
    client, seen = provider.connect(), []
    run = refresh.Fetching(client, Connection.current(), clock=timezone.now, progress=lambda done, total: None)
    monkeypatch.setattr(jobs, "SAVE_EVERY", timedelta(0))
    run._progress = lambda done, total: seen.append(orders.pending(timezone.now()).exists())
    monkeypatch.setattr(refresh, "SAVE_EVERY", timedelta(0))
    run.claim(ReportOrder.objects.filter(pk=order.pk))
    run.run(more=False)
    assert len(seen) > 3
    assert not any(seen)


def test_one_bad_report_does_not_stop_the_others(box, monkeypatch):
    companies = linked(box, 5)
    bad = companies[2].profile.connect_id
    understand = reports.brief_of

    def poisoned(body):
        if body["companyId"] == bad:
            raise ArithmeticError("a score of infinity")
        return understand(body)

    monkeypatch.setattr(reports, "brief_of", poisoned)
    ask(companies)
    refresh.work(quiet, clock=timezone.now)
    failed = ReportOrder.objects.get(state=OrderState.FAILED)
    assert (failed.company, failed.cost, "infinity" in failed.error) == (companies[2], 1, True)
    assert failed.report.data()["report"]  # paid, so stored
    assert states() == {OrderState.FAILED: 1, OrderState.DONE: 4}


def test_what_the_database_refuses_fails_alone(box, monkeypatch):
    companies = linked(box, 5)
    into = reports._into_profiles

    def refusing(good):
        if companies[1].pk in good:
            raise IntegrityError("no such place")
        into(good)

    monkeypatch.setattr(reports, "_into_profiles", refusing)
    ask(companies)
    refresh.work(quiet, clock=timezone.now)
    assert states() == {OrderState.FAILED: 1, OrderState.DONE: 4}


# Faults


@pytest.mark.parametrize("fault", ["500=1", "401-midrun"])
def test_one_failure_costs_one_order_a_moment_and_the_others_nothing(box, clock, fault):
    ask(linked(box, 8))
    refresh.look_at_budget(provider.connect(), clock())  # so that the fault meets an order
    box.faults.add(fault)
    refresh.work(quiet, clock=clock)
    clock.turn(timedelta(minutes=2))
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.DONE: 8}
    assert billed(box) == 8
    assert Connection.current().halted_at is None


def test_a_429_holds_all_calls_for_a_window(box, clock):
    ask(linked(box, 4))
    refresh.look_at_budget(provider.connect(), clock())
    box.faults.add("429=1")
    with pytest.raises(Later) as waiting:
        refresh.work(quiet, clock=clock)
    assert waiting.value.wait == provider.WINDOW
    before = len(box.requests)
    with pytest.raises(Later):
        refresh.work(quiet, clock=clock)
    with pytest.raises(Later), provider.or_later(clock):
        pass
    assert len(box.requests) == before
    clock.turn(provider.WINDOW)
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.DONE: 4}


def test_after_five_failures_nobody_calls_until_one_probe_gets_through(box, clock):
    ask(linked(box, 12))
    refresh.look_at_budget(provider.connect(), clock())
    box.faults.add("down")
    with pytest.raises(Later):
        refresh.work(quiet, clock=clock)
    assert Breaker.objects.get().state == BreakerState.OPEN
    clock.turn(timedelta(seconds=16))
    with pytest.raises(Later):
        refresh.work(quiet, clock=clock)  # the probe fails: open for longer
    assert Breaker.objects.get().trips == 2
    box.faults.clear()
    clock.turn(timedelta(minutes=5))
    refresh.work(quiet, clock=clock)
    assert Breaker.objects.get().state == BreakerState.CLOSED
    assert states() == {OrderState.DONE: 12}
    assert billed(box) == 12


def test_a_country_that_is_refused_rests_for_a_day_and_the_others_go_on(box, clock):
    french, belgian = linked(box, 3), linked(box, 2, "BE")
    ask([*belgian, *french])
    box.faults.add("403-country=BE")
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.DONE: 3, OrderState.QUEUED: 2}
    pause = CountryPause.objects.get()
    assert (pause.country, pause.until - clock()) == ("BE", timedelta(days=1))
    assert not orders.pending(clock()).exists()
    box.faults.clear()
    clock.turn(timedelta(days=1))
    refresh.work(quiet, clock=clock)
    assert states() == {OrderState.DONE: 5}


def test_an_order_refused_again_after_the_rest_ends_with_the_reason(box, clock):
    (belgian,) = linked(box, 1, "BE")
    ask([belgian])
    box.faults.add("403-country=BE")
    for _day in range(2):
        refresh.work(quiet, clock=clock)
        clock.turn(timedelta(days=1))
    order = ReportOrder.objects.get()
    assert (order.state, order.cost, bool(order.error)) == (OrderState.FAILED, 0, True)


@pytest.mark.parametrize("fault", ["no-report", "truncated"])
def test_answers_that_are_charged_and_useless_open_the_breaker_too(box, clock, fault):
    ask(linked(box, 30))
    refresh.look_at_budget(provider.connect(), clock())
    box.faults.add(fault)
    with pytest.raises(Later):
        refresh.work(quiet, clock=clock)
    failed = states()[OrderState.FAILED]
    assert 5 <= failed <= 5 + 4
    assert billed(box) == sum(ReportOrder.objects.values_list("cost", flat=True)) == failed


def test_a_wrong_password_is_tried_once_however_many_threads(box, clock):
    connection = Connection.current()
    connection.password = "wrong"
    connection.save()
    ask(linked(box, 20))
    run = refresh.Fetching(provider.connect(threads=8), connection, clock=clock, progress=quiet)
    with pytest.raises(Later):
        run.run()
    assert [status for _method, path, status in box.requests if path == "/authenticate"] == [401]
    assert Connection.current().halted_at is not None
    assert states() == {OrderState.QUEUED: 20}


def test_an_expired_token_is_renewed_by_one_thread_for_all(box):
    client = provider.connect(threads=8)
    client.authenticate()
    box.faults.add("401-midrun")
    threads = [threading.Thread(target=client.me) for _turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logins = [status for _method, path, status in box.requests if path == "/authenticate"]
    assert len(logins) <= 3


def test_an_error_tells_the_number_that_the_support_asks_for():
    error = Unavailable("no answer", correlation_id="4f1c")
    assert refresh.told(error) == "no answer (4f1c)"


def test_a_company_unlinked_meanwhile_is_not_ordered(box):
    (company,) = linked(box, 1)
    ask([company])
    Profile.objects.all().delete()
    refresh.work(quiet, clock=timezone.now)
    assert (states(), billed(box)) == ({OrderState.FAILED: 1}, 0)


# Pause and progress


def test_a_paused_job_stops_with_what_was_paid_written(box, monkeypatch):
    monkeypatch.setattr(refresh, "SAVE_EVERY", timedelta(0))
    ask(linked(box, 60))
    job = Job.objects.ensure(JobKind.REFRESH, now=timezone.now())

    def work(job, progress):
        def pausing(done, total):
            Job.objects.pause(JobKind.REFRESH)
            progress(total, total)

        refresh.work(pausing, clock=timezone.now)

    assert not jobs.run(job.pk, work=work, clock=timezone.now)
    job.refresh_from_db()
    assert job.state == JobState.PAUSED
    done = states()[OrderState.DONE]
    assert done == billed(box) < 60
    assert states() == {OrderState.DONE: done, OrderState.QUEUED: 60 - done}


def test_a_paused_job_is_neither_run_nor_doubled_and_resumes():
    job = Job.objects.ensure(JobKind.REFRESH, now=NOW)
    assert Job.objects.pause(JobKind.REFRESH)
    assert Job.objects.ensure(JobKind.REFRESH, now=NOW) == job
    assert not Job.objects.claim(job.pk, NOW)
    assert Job.objects.resume(JobKind.REFRESH, NOW)
    assert Job.objects.claim(job.pk, NOW)


def test_progress_counts_to_the_end(box):
    told = []
    ask(linked(box, 5))
    refresh.work(lambda done, total: told.append((done, total)), clock=timezone.now)
    assert told[-1] == (5, 5)


def test_a_lost_job_gives_back_what_was_not_asked(box, monkeypatch):
    monkeypatch.setattr(refresh, "SAVE_EVERY", timedelta(0))
    ask(linked(box, 60))

    def lost(done, total):
        raise Lost

    with pytest.raises(Lost):
        refresh.work(lost, clock=timezone.now)
    assert set(ReportOrder.objects.filter(state=OrderState.QUEUED).values_list("attempts", "token")) == {(0, "")}
    assert OrderState.ORDERING not in states()


def test_the_pace_is_kept(box):
    Connection.objects.update(calls_per_minute=60)
    ask(linked(box, 25))
    run = refresh.Fetching(provider.connect(), Connection.current(), clock=lambda: NOW, progress=quiet)
    run.claim(orders.pending(NOW))
    assert len(run._ready) == 10  # ten seconds' worth at once, then one a second


def test_a_company_with_its_own_report_kept_twice_is_stored_once(box, clock):
    (company,) = linked(box, 1)
    (order,) = ask([company])
    raw = b'{"companyId": "X", "report": {"companySummary": {"businessName": "A"}}}'
    data = {"companyId": "X", "report": {"companySummary": {"businessName": "A"}}}
    first = refresh.store(order, raw=raw, data=data, ordered_at=NOW, now=NOW)
    again = ReportOrder.objects.create(company=company, reason=OrderReason.AGE, requested_at=NOW)
    assert refresh.store(again, raw=raw, data=data, ordered_at=NOW, now=NOW) == first

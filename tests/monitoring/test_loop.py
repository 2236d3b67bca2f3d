"""Know → watch → judge → act, over HTTP against the sandbox: the loop and what breaks it."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from companies.choices import CompanyStatus, JobKind, LinkState, OrderReason, OrderState
from companies.creditsafe import Client
from companies.creditsafe.errors import BadCredentials
from companies.creditsafe.sandbox import Sandbox
from companies.models import Company, Connection, Job, Profile, RatingPoint, Report, ReportOrder
from companies.services import directory, link, matching, provider, refresh
from companies.services.jobs import Later
from monitoring.choices import AlertKind, Cell, WatchState
from monitoring.models import Alert, Event, Portfolio, Standing, StandingChange, Watch
from monitoring.services import events, standing, surveillance
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings) -> Iterator[Sandbox]:
    settings.DEMO = True
    with Sandbox(companies=120, seed=5) as box:
        Connection(base_url=box.url, username="demo", password="sandbox").save()
        yield box


@pytest.fixture
def client(box) -> Client:
    return provider.connect()


def quiet(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def ours(theirs, **values) -> Company:
    """A company of ours that is this one of the directory."""
    values = {"name": theirs.name, "registration_number": theirs.number, "country": "FR"} | values
    company = make.company(**values)
    make.account(company)
    return company


def sound(box, n: int = 0):
    """The n-th French company of the directory with a sound score."""
    rated = [c for c in box.directory if c.country == "FR" and str(c.standing.score or "").isdigit()]
    return [c for c in rated if int(c.standing.score) >= 55 and c.standing.limit.isdigit()][n]


def digest() -> None:
    now = timezone.now()
    standing.digest(now=now, as_of=now.date())


@pytest.fixture
def watched(box) -> SimpleNamespace:
    """A company linked, reported, under surveillance and placed."""
    theirs = sound(box)
    company = ours(theirs)
    matching.work(quiet, clock=timezone.now)
    refresh.work(quiet, clock=timezone.now)
    surveillance.enrol()
    surveillance.work(quiet, clock=timezone.now)
    digest()
    return SimpleNamespace(company=company, theirs=theirs)


def test_a_company_with_its_siren_is_linked_reported_watched_and_placed(box, watched):
    company = Company.objects.get()
    profile, row = company.profile, Standing.objects.get()
    assert (company.link_state, company.status) == (LinkState.LINKED, CompanyStatus.ACTIVE)
    assert (profile.connect_id, profile.score) == (watched.theirs.connect_id, int(watched.theirs.standing.score))
    assert (row.score, row.watched, row.cell in {Cell.LOW_FAV, Cell.HIGH_FAV}) == (profile.score, True, True)
    assert box.orders == {profile.connect_id: 1}
    assert RatingPoint.objects.filter(company=company).count() > 1
    assert Report.objects.get().data()["report"]["companySummary"]
    assert ReportOrder.objects.get().reason == OrderReason.LINKED


def test_an_event_gives_an_alert_a_new_report_and_a_new_cell(box, watched):
    events.work(quiet, clock=timezone.now)
    assert not Alert.objects.exclude(kind=AlertKind.OVER_LIMIT).exists()
    box.change(watched.theirs.connect_id, score=22, credit_limit=0)
    events.work(quiet, clock=timezone.now)
    refresh.work(quiet, clock=timezone.now)
    digest()
    assert set(Alert.objects.values_list("kind", flat=True)) >= {AlertKind.RATING, AlertKind.LIMIT}
    row = Standing.objects.get()
    assert (row.score, row.cell, row.credit_limit) == (22, Cell.LOW_DEF, 0)
    assert row.open_alerts == Alert.objects.to_treat().count()
    assert StandingChange.objects.first().cell_after == Cell.LOW_DEF
    assert box.orders[watched.theirs.connect_id] == 2


def test_polling_again_keeps_each_event_once_and_orders_nothing(box, watched):
    box.change(watched.theirs.connect_id, score=22)
    for _ in range(3):
        events.work(quiet, clock=timezone.now)
        refresh.work(quiet, clock=timezone.now)
    assert Event.objects.count() == Event.objects.values("notification_id").distinct().count() > 0
    assert Alert.objects.get(kind=AlertKind.RATING).facts == 1
    assert box.orders[watched.theirs.connect_id] == 2


def test_a_new_portfolio_gets_its_rules_switched_on(box, watched, client):
    portfolio = Portfolio.objects.get()
    assert portfolio.rules_on_at is not None
    assert all(rule.is_active for rule in client.event_rules("XX", portfolio_id=portfolio.provider_id))
    assert all(rule.is_active for rule in client.event_rules("FR", portfolio_id=portfolio.provider_id))


def test_a_portfolio_deleted_at_the_provider_is_made_again_with_its_companies(box, watched, client):
    client.delete_portfolio(Portfolio.objects.get().provider_id)
    other = ours(sound(box, 1))
    matching.work(quiet, clock=timezone.now)
    surveillance.enrol()
    surveillance.work(quiet, clock=timezone.now)
    surveillance.work(quiet, clock=timezone.now)
    assert set(Watch.objects.filter(state=WatchState.WATCHED).values_list("company", flat=True)) == {
        watched.company.pk,
        other.pk,
    }


def test_a_company_without_identifier_and_with_a_vague_name_is_left_to_a_person(box):
    company = ours(sound(box), registration_number="", name=sound(box).name.split()[0])
    matching.work(quiet, clock=timezone.now)
    company.refresh_from_db()
    assert company.link_state in {LinkState.REVIEW, LinkState.ABSENT}
    assert company.link_note
    assert not Profile.objects.exists()


def test_what_exists_nowhere_is_not_linked(box):
    make.company("Introuvable et Fils", registration_number="552100554")
    matching.work(quiet, clock=timezone.now)
    assert Company.objects.get().link_state == LinkState.ABSENT


def test_two_of_our_companies_cannot_have_one_profile(box):
    theirs = sound(box)
    first, twin = ours(theirs), ours(theirs, registration_number="", vat_number=theirs.vat)
    matching.work(quiet, clock=timezone.now)
    first.refresh_from_db()
    twin.refresh_from_db()
    assert (first.link_state, twin.link_state) == (LinkState.LINKED, LinkState.REVIEW)
    assert str(first) in twin.link_note


def test_a_country_outside_the_subscription_is_said_and_the_others_go_on(box):
    german = next(c for c in box.directory if c.country == "DE")
    company = make.company(german.name, country="DE", vat_number=german.vat)
    french = ours(sound(box))
    box.faults.add("403-country=DE")
    matching.work(quiet, clock=timezone.now)
    company.refresh_from_db()
    french.refresh_from_db()
    assert (company.link_state, french.link_state) == (LinkState.ABSENT, LinkState.LINKED)
    assert "subscription" in company.link_note or "abonnement" in company.link_note


@pytest.mark.parametrize("fault", ["500=1", "429=1", "down", "truncated"])
def test_when_the_provider_is_away_the_work_waits_and_resumes(box, fault):
    company = ours(sound(box))
    box.faults.add(fault)
    with pytest.raises(Later):
        matching.work(quiet, clock=timezone.now)
    assert Connection.current().is_down
    company.refresh_from_db()
    assert company.link_state == LinkState.QUEUED
    box.faults.clear()
    matching.work(quiet, clock=lambda: timezone.now() + provider.WINDOW)  # after a 429 all calls wait for a window
    company.refresh_from_db()
    assert company.link_state == LinkState.LINKED
    assert not Connection.current().is_down


def test_a_wrong_password_is_tried_once_then_every_call_stops_until_it_is_changed(box):
    ours(sound(box))
    Connection.objects.update(password=Connection(password="wrong").password)
    connection = Connection.current()
    connection.password = "wrong"
    connection.save()
    for _ in range(3):
        with pytest.raises(Later):
            matching.work(quiet, clock=timezone.now)
    assert [status for _, path, status in box.requests if path == "/authenticate"] == [401]
    assert Connection.current().halted_at is not None


def test_a_charged_answer_that_cannot_be_read_is_not_ordered_again(box, watched):
    refresh.order([watched.company.pk], reason=OrderReason.REQUESTED, now=timezone.now())
    box.faults.add("no-report")
    refresh.work(quiet, clock=timezone.now)
    failed = ReportOrder.objects.get(reason=OrderReason.REQUESTED)
    assert (failed.state, bool(failed.error)) == (OrderState.FAILED, True)
    assert Profile.objects.get().report is not None  # the last good report stays


def test_a_report_that_cannot_be_had_ends_the_order_with_the_reason(box, watched):
    refresh.order([watched.company.pk], reason=OrderReason.REQUESTED, now=timezone.now())
    box.faults.add("report-unavailable")
    refresh.work(quiet, clock=timezone.now)
    assert ReportOrder.objects.get(reason=OrderReason.REQUESTED).state == OrderState.FAILED


def test_an_order_held_by_a_dead_worker_is_taken_over_after_its_lease(box, watched, client):
    now = timezone.now()
    refresh.order([watched.company.pk], reason=OrderReason.REQUESTED, now=now)
    order = ReportOrder.objects.get(reason=OrderReason.REQUESTED)
    assert ReportOrder.objects.claim(order.pk, now=now, until=now + refresh.LEASE)
    assert not refresh.fetch(order.pk, client=client, clock=lambda: now)
    assert refresh.fetch(order.pk, client=client, clock=lambda: now + refresh.LEASE * 2)
    order.refresh_from_db()
    assert (order.state, order.attempts) == (OrderState.DONE, 2)


def test_asking_twice_orders_once(box, watched):
    now = timezone.now()
    assert refresh.order([watched.company.pk], reason=OrderReason.REQUESTED, now=now) == 1
    assert refresh.order([watched.company.pk], reason=OrderReason.EVENT, now=now) == 0


def test_the_cursor_stays_when_a_poll_breaks_off(box, watched):
    box.change(watched.theirs.connect_id, score=22)
    before = Portfolio.objects.get().polled_through
    box.faults.add("500=1")
    with pytest.raises(Later):
        events.work(quiet, clock=timezone.now)
    assert Portfolio.objects.get().polled_through == before
    box.faults.clear()
    events.work(quiet, clock=timezone.now)
    assert Event.objects.exists()


def test_an_event_before_the_report_is_told_but_orders_nothing(box, watched):
    Profile.objects.update(reported_at=timezone.now() + timedelta(hours=1))
    box.change(watched.theirs.connect_id, score=22)
    events.work(quiet, clock=timezone.now)
    assert Alert.objects.filter(kind=AlertKind.RATING).exists()
    assert not ReportOrder.objects.open().exists()


def test_connecting_with_a_wrong_password_says_so(box):
    with pytest.raises(BadCredentials):
        Client(base_url=box.url, username="demo", password="wrong").me()


def test_creating_from_the_directory_makes_company_account_and_order(box, client):
    hit = directory.find(sound(box).connect_id, client=client)
    company = link.create_from(hit, code="411NEW", role="client", now=timezone.now())
    assert (company.registration_number, company.accounts.get().code) == (sound(box).number, "411NEW")
    assert ReportOrder.objects.open().get().company == company
    with pytest.raises(link.LinkRefused):
        link.create_from(hit, code="411NEW2", role="client", now=timezone.now())
    assert Company.objects.count() == 1


def test_the_job_row_tells_n_of_m(box):
    from companies.tasks import run_job

    for n in range(3):
        ours(sound(box, n))
    job = Job.objects.ensure(JobKind.LINK, now=timezone.now())
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 3, 3)


def test_a_german_report_is_ordered_with_its_reason(box):
    german = next(c for c in box.directory if c.country == "DE" and c.active)
    company = make.company(german.name, country="DE", vat_number=german.vat)
    matching.work(quiet, clock=timezone.now)
    refresh.work(quiet, clock=timezone.now)
    assert ReportOrder.objects.get(company=company).state == OrderState.DONE


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("International Rating | Reduce by {0} Band(s) OR Less than Band {1}", "International Rating"),
        ("Board of Directors", "Board of Directors"),
        ("Financial | Preferential right registered", "Financial · Preferential right registered"),
        ("", ""),
    ],
)
def test_a_rule_is_told_without_the_holes_of_its_settings(name, words):
    assert events.rule_words(name) == words


def test_a_refused_password_from_the_environment_halts_too(box, settings):
    Connection.objects.all().delete()
    settings.CREDITSAFE_URL, settings.CREDITSAFE_USER, settings.CREDITSAFE_PASSWORD = box.url, "demo", "wrong"
    ours(sound(box))
    for _ in range(3):
        with pytest.raises(Later):
            matching.work(quiet, clock=timezone.now)
    assert [status for _, path, status in box.requests if path == "/authenticate"] == [401]

"""A draft judged on stored positions: what counts as an outcome, what is left out, and what is kept of the answer."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from companies.choices import JobKind, JobState, RatingState, Role
from companies.models import Job
from companies.services import jobs
from monitoring.models import Backtest, MatrixPolicy, Position
from monitoring.services import backtest
from monitoring.services.policies import Refused, draft_from
from monitoring.tasks import sweep_jobs
from tests import make
from tests.monitoring.standings import position

pytestmark = pytest.mark.django_db
START = date(2025, 12, 1)
QUESTION = {"as_of": make.TODAY, "react_days": 0, "scorecard_changed_on": None}


@pytest.fixture
def draft():
    """Warns below 40 instead of 30."""
    draft = draft_from(MatrixPolicy.objects.active(), user_id=None)
    draft.watch_from = 40
    draft.save()
    return draft


def fails(score, on=date(2026, 6, 1), owes=1000):
    """A company that failed, with this score for half a year before."""
    company = make.company()
    position(company, START, on, score=score, exposure=owes)
    position(company, on, rating_state=RatingState.FAILED, in_proceeding=True, cell="FAIL", exposure=owes)
    return company


def lasts(score):
    company = make.company()
    position(company, START, score=score)
    return company


def answered(draft, **question):
    row, job = backtest.ask(draft, question=QUESTION | question, user_id=None, now=make.NOW)
    assert jobs.run(job.pk, work=lambda job, tell: backtest.work(tell, clock=lambda: make.NOW), clock=lambda: make.NOW)
    row.refresh_from_db()
    return row, backtest.read(row.result)


def test_a_draft_that_warns_more_hits_more_and_cries_wolf_more(draft):
    for score in [20] * 10 + [35] * 10 + [80] * 5:
        fails(score)
    lasts(35)
    _, parts = answered(draft, as_of=date(2026, 11, 20))
    found = parts["whole"]
    assert found.refusal is None
    assert (found.active.hits, found.draft.hits, found.draft.outcomes) == (10, 20, 25)
    assert found.draft.hit_rate == Decimal("0.8")
    assert (found.draft.avoided, found.active.avoided) == (20_000, 10_000)
    assert found.draft.lead_days == (date(2026, 6, 1) - START).days


def test_under_twenty_outcomes_nothing_is_concluded(draft):
    for _ in range(19):
        fails(20)
    row, parts = answered(draft)
    assert parts["whole"].refusal == "too_few_outcomes"
    assert parts["whole"].draft.hit_rate is None
    assert row.result["known"]["kinds"] == {"proceeding": 19}


def test_a_debt_of_more_than_ninety_days_is_an_outcome_by_the_files_of_the_ledger(draft):
    batch = make.batch(as_of=date(2026, 10, 31))
    company = lasts(20)
    make.item(make.account(company), "700", date(2026, 7, 1), batch=batch)
    make.item(make.account(lasts(20)), "700", date(2026, 9, 1), batch=batch)
    make.item(make.account(lasts(20), Role.SUPPLIER), "700", date(2026, 7, 1), batch=batch)
    found, closings = backtest._overdue(make.TODAY)
    assert closings == 1
    assert [(one.key, one.on, one.amount) for one in found.values()] == [(company.pk, date(2026, 9, 30), 700)]


def test_a_company_placed_by_hand_is_left_out_while_it_is(draft):
    company = make.company()
    position(company, START, date(2026, 6, 1), score=20, overridden=True)
    position(company, date(2026, 6, 1), in_proceeding=True)
    _, parts = answered(draft)
    assert (parts["whole"].draft.outcomes, parts["whole"].draft.unobserved) == (0, 1)


def test_positions_that_were_never_shown_are_not_known_then(draft):
    company = fails(20)
    Position.objects.filter(company=company).update(known_from=None, known_until=None)
    _, parts = answered(draft)
    assert parts["whole"].draft.outcomes == 0


def test_a_change_of_the_scorecard_splits_the_answer(draft):
    fails(20, on=date(2026, 3, 1))
    fails(20, on=date(2026, 9, 1))
    _, parts = answered(draft, scorecard_changed_on=date(2026, 6, 1))
    assert {name: part.draft.outcomes for name, part in parts.items()} == {"whole": 2, "before": 1, "since": 1}


def test_the_bounds_are_those_of_the_moment_of_asking(draft):
    for _ in range(20):
        fails(35)
    row, _job = backtest.ask(draft, question=QUESTION, user_id=None, now=make.NOW)
    MatrixPolicy.objects.filter(pk=draft.pk).update(watch_from=2)
    backtest.work(lambda done, total: None, clock=lambda: make.NOW)
    row.refresh_from_db()
    assert backtest.read(row.result)["whole"].draft.hits == 20


def test_a_parents_failure_warns_where_the_draft_inherits(draft):
    draft.inheritance = "min"
    draft.save()
    parent = lasts(10)
    for _ in range(20):
        company = make.company()
        position(company, START, date(2026, 6, 1), score=80, head=parent)
        position(company, date(2026, 6, 1), in_proceeding=True, head=parent)
    _, parts = answered(draft)
    assert (parts["whole"].draft.hits, parts["whole"].active.hits) == (20, 0)


def test_an_answer_reads_back_as_it_was_stored(draft):
    for _ in range(20):
        fails(20)
    row, _job = backtest.ask(draft, question=QUESTION, user_id=None, now=make.NOW)
    split, _known = backtest.answer(row, lambda done, total: None)
    assert backtest.read(backtest.stored(split))["whole"] == split.whole


def test_the_version_in_force_is_not_compared_with_itself():
    with pytest.raises(Refused, match="in force"):
        backtest.ask(MatrixPolicy.objects.active(), question=QUESTION, user_id=None, now=make.NOW)


def test_a_backtest_that_breaks_says_why_and_is_not_tried_for_ever(draft):
    row, job = backtest.ask(draft, question=QUESTION, user_id=None, now=make.NOW)
    Backtest.objects.filter(pk=row.pk).update(bounds={"draft": {}, "active": {"watch_from": "x"}})
    jobs.run(job.pk, work=lambda job, tell: backtest.work(tell, clock=lambda: make.NOW), clock=lambda: make.NOW)
    row.refresh_from_db()
    assert row.error
    sweep_jobs()
    assert list(Job.objects.filter(kind=JobKind.BACKTEST).values_list("state", flat=True)) == [JobState.FAILED]


def test_a_backtest_whose_worker_died_is_asked_for_again(draft, published):
    row, job = backtest.ask(draft, question=QUESTION, user_id=None, now=make.NOW)
    job.delete()
    sweep_jobs()
    assert Job.objects.get(kind=JobKind.BACKTEST).state == JobState.QUEUED
    assert row.finished_at is None


@pytest.fixture
def client(client_as, manager):
    client = client_as(manager)
    client.cookies["django_language"] = "en"
    return client


def test_a_backtest_is_asked_on_the_page_and_shown_when_it_is_done(client, draft, django_capture_on_commit_callbacks):
    for score in [20] * 10 + [35] * 10:
        fails(score)
    with django_capture_on_commit_callbacks():
        response = client.post(f"/matrix/policies/{draft.pk}/backtests/", {"as_of": "2026-11-20", "react_days": "0"})
    page = response.headers["location"]
    assert "The history is being read" in client.get(page).text
    backtest.work(lambda done, total: None, clock=lambda: make.NOW)
    shown = client.get(page).text
    for said in ("100%", "50%", "Median lead time", "nothing in the portal tells of a write-off yet"):
        assert said in shown


def test_a_refused_conclusion_says_why(client, draft):
    row, _ = backtest.ask(draft, question=QUESTION, user_id=None, now=make.NOW)
    backtest.work(lambda done, total: None, clock=lambda: make.NOW)
    shown = client.get(f"/matrix/backtests/{row.pk}/").text
    assert "No conclusion is drawn" in shown
    assert "With fewer than 20" in shown


def test_a_day_that_lies_ahead_is_refused(client, draft):
    ahead = date.today() + timedelta(days=2)  # noqa: DTZ011  # the form asks the real clock
    response = client.post(f"/matrix/policies/{draft.pk}/backtests/", {"as_of": ahead.isoformat(), "react_days": "0"})
    assert response.status_code == 422
    assert "days that lie ahead" in response.text

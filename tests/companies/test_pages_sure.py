"""Accepting the sure ones together: which ones, the job that links them, what could not be linked, and back again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from companies.choices import JobKind, JobState, LinkState, ReviewState
from companies.models import Candidate, Company, Job, Profile, ReportOrder, ReviewDecision
from companies.services import acceptance
from companies.tasks import run_job, sweep_jobs
from tests import make
from tests.companies.test_pages_review import candidate, text, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(analyst: User, client_as: Callable[[User], Client]) -> Client:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return client


def offered(threshold: int = 85) -> list[str]:
    return [one.company.name for one in acceptance.sure(threshold, now=timezone.now())]


def choose(client: Client, *companies: Company) -> Job:
    values = [f"{one.pk}:{one.candidates.get(rank=1).connect_id}" for one in companies]
    client.post(reverse("link_sure_accept"), {"candidate": values})
    return Job.objects.latest("pk")


@pytest.mark.parametrize(
    ("values", "second", "expected"),
    [
        pytest.param({"score": 85}, None, True, id="exactly at the threshold"),
        pytest.param({"score": 84}, None, False, id="one under the threshold"),
        pytest.param({"score": 95}, 85, True, id="ten ahead of the second"),
        pytest.param({"score": 95}, 86, False, id="nine ahead of the second"),
        pytest.param({"status": "non_active"}, None, False, id="ceased"),
        pytest.param({"evidence": "name:100 · other_number:552100554"}, None, False, id="another number"),
        pytest.param({"evidence": "name:100 · other_street:1 RUE"}, None, False, id="another street"),
        pytest.param({"evidence": "name:88 · extra_words:YVRARD"}, None, False, id="words that only one name has"),
        pytest.param({"evidence": "name:100 · cut_name:23"}, None, True, id="a name that may be cut"),
        pytest.param({"found_at": timezone.now() - timedelta(days=91)}, None, False, id="found long ago"),
    ],
)
def test_what_is_sure(values: dict[str, Any], second: int | None, expected: bool) -> None:
    company = waiting()
    Candidate.objects.update(**values)
    if second is not None:
        candidate(company, 2, second)
    assert bool(offered()) is expected


def test_a_profile_that_one_company_has_or_two_want_is_not_sure() -> None:
    one, two, three = waiting("One"), waiting("Two"), waiting("Three")
    Candidate.objects.filter(company__in=[one, two]).update(connect_id="FR-X-1")
    make.profile(make.company("Holder"), connect_id=three.candidates.get().connect_id)
    assert offered() == []


def test_a_company_that_is_no_longer_under_review_is_not_offered() -> None:
    Company.objects.filter(pk=waiting().pk).update(link_state=LinkState.UNLINKED)
    assert offered() == []


def test_the_page_shows_the_evidence_and_ticks_everything(client: Client) -> None:
    company = waiting()
    page = text(client.get(reverse("link_sure")))
    assert f'value="{company.pk}:{company.candidates.get().connect_id}" id="sure-{company.pk}" checked' in page
    assert "names alike at 94 %" in page
    assert "at least 85 points and is 10 ahead" in page


@pytest.mark.parametrize(("threshold", "shown"), [("95", 0), ("90", 1), ("7", 1), ("x", 1)])
def test_the_threshold_is_chosen_among_those_offered(client: Client, threshold: str, shown: int) -> None:
    waiting()
    assert len(client.get(reverse("link_sure"), {"threshold": threshold}).context["rows"]) == shown


def test_what_is_ticked_is_linked_by_a_job_and_the_rest_is_not(client: Client, analyst: User) -> None:
    one, two, three = waiting("One"), waiting("Two"), waiting("Three")
    job = choose(client, one, two)
    assert not Profile.objects.exists()
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, 2, 2)
    assert set(Profile.objects.values_list("company__name", "linked_by__username")) == {
        ("One", "analyst"),
        ("Two", "analyst"),
    }
    assert ReportOrder.objects.count() == 2
    three.refresh_from_db()
    assert three.link_state == LinkState.REVIEW


def test_the_result_lists_what_could_not_be_linked_and_why(client: Client) -> None:
    one, two = waiting("One"), waiting("Two")
    job = choose(client, one, two)
    make.profile(make.company("Holder"), connect_id=two.candidates.get().connect_id)
    run_job(job.pk)
    response = client.get(reverse("link_accepted", args=[job.pk]))
    assert (response.context["linked"], response.context["refused"]) == (1, 1)
    assert "Holder is linked to this profile already." in text(response)
    assert reverse("link_review_company", args=[two.pk]) in text(response)


def test_while_the_job_runs_the_page_asks_again(client: Client) -> None:
    job = choose(client, waiting())
    assert "every 1s" in text(client.get(reverse("link_accepted", args=[job.pk])))
    run_job(job.pk)
    assert "every 1s" not in text(client.get(reverse("link_accepted", args=[job.pk])))


def test_a_candidate_that_changed_since_the_page_was_shown_is_left_out(client: Client) -> None:
    company = waiting()
    response = client.post(reverse("link_sure_accept"), {"candidate": [f"{company.pk}:FR-X-old", "x:y"]}, follow=True)
    assert "1 company changed meanwhile" in text(response)
    assert not ReviewDecision.objects.exists()


def test_choosing_nothing_makes_no_job(client: Client) -> None:
    response = client.post(reverse("link_sure_accept"), {}, follow=True)
    assert "Choose at least one company." in text(response)
    assert not Job.objects.exists()


def test_choosing_twice_decides_once(client: Client) -> None:
    company = waiting()
    assert choose(client, company) == choose(client, company)
    assert ReviewDecision.objects.count() == 1


def test_a_worker_that_died_is_followed_by_another_that_links_the_rest(client: Client) -> None:
    one, two = waiting("One"), waiting("Two")
    job = choose(client, one, two)
    acceptance.settle(ReviewDecision.objects.get(company=one), now=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    sweep_jobs()
    again = Job.objects.live().get(kind=JobKind.ACCEPT)
    run_job(again.pk)
    assert Profile.objects.count() == 2
    assert set(ReviewDecision.objects.values_list("state", flat=True)) == {ReviewState.LINKED}


def test_all_of_it_is_undone_by_a_job(client: Client) -> None:
    one, two = waiting("One"), waiting("Two")
    job = choose(client, one, two)
    run_job(job.pk)
    response = client.post(reverse("link_sure_undo", args=[job.pk]))
    undoing = Job.objects.live().get(kind=JobKind.ACCEPT)
    assert response["Location"] == reverse("link_accepted", args=[undoing.pk])
    run_job(undoing.pk)
    assert not Profile.objects.exists()
    assert set(Company.objects.values_list("link_state", flat=True)) == {LinkState.REVIEW}
    assert set(ReviewDecision.objects.values_list("state", flat=True)) == {ReviewState.UNDONE}


def test_what_went_on_since_is_not_undone_and_says_why(client: Client) -> None:
    job = choose(client, waiting())
    run_job(job.pk)
    Profile.objects.update(connect_id="FR-X-another")
    client.post(reverse("link_sure_undo", args=[job.pk]))
    run_job(Job.objects.live().get().pk)
    decision = ReviewDecision.objects.get()
    assert decision.state == ReviewState.LINKED
    assert "was changed since" in decision.note


@pytest.mark.parametrize("companies", [1, 30])
def test_the_list_asks_as_many_questions_for_30_companies_as_for_one(
    client: Client, companies: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(companies):
        waiting(f"Alpha {number}")
    client.get(reverse("link_sure"))
    with django_assert_max_num_queries(14):
        assert len(client.get(reverse("link_sure")).context["rows"]) == companies


@pytest.mark.parametrize("name", ["link_accepted", "link_sure_undo"])
def test_a_reader_may_neither_see_nor_undo_it(name: str, client: Client, auditor: User, client_as: Any) -> None:
    job = choose(client, waiting())
    other = client_as(auditor)
    url = reverse(name, args=[job.pk])
    assert (other.get(url) if name == "link_accepted" else other.post(url)).status_code == 403


def test_a_job_of_another_kind_has_no_such_page(client: Client) -> None:
    job = Job.objects.ensure(JobKind.REFRESH, now=make.NOW)
    assert client.get(reverse("link_accepted", args=[job.pk])).status_code == 404

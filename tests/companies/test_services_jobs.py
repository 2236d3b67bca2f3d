"""Jobs survive killed workers: claimed once, leased, taken over, never finished by the one who lost it."""

from datetime import timedelta

import pytest

from companies.choices import JobKind, JobState
from companies.models import Job
from companies.models.job import LEASE
from companies.services import jobs
from companies.services.jobs import Later
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.django_db


class Clock:
    """A clock that a test turns."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def turn(self, delta):
        self.now += delta


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def job():
    return Job.objects.ensure(JobKind.LINK, now=NOW)


def test_asking_twice_gives_the_same_job(job):
    assert Job.objects.ensure(JobKind.LINK, now=NOW) == job
    assert Job.objects.ensure(JobKind.REFRESH, now=NOW) != job


def test_two_files_have_two_jobs():
    first, second = make.batch(), make.batch()
    assert Job.objects.ensure(JobKind.IMPORT, now=NOW, batch=first) == Job.objects.ensure(
        JobKind.IMPORT, now=NOW, batch=first
    )
    assert Job.objects.ensure(JobKind.IMPORT, now=NOW, batch=first) != Job.objects.ensure(
        JobKind.IMPORT, now=NOW, batch=second
    )


@pytest.mark.parametrize("wait", [timedelta(0), LEASE / 2], ids=["at once", "within the lease"])
def test_only_one_worker_gets_a_job(job, wait):
    assert Job.objects.claim(job.pk, NOW)
    assert not Job.objects.claim(job.pk, NOW + wait)


def test_a_job_whose_worker_died_is_taken_over_after_its_lease(job):
    Job.objects.claim(job.pk, NOW)
    assert Job.objects.claim(job.pk, NOW + LEASE * 2)


def test_a_finished_job_is_not_run_again(job, clock):
    calls = []
    for _ in range(2):
        jobs.run(job.pk, work=lambda job, progress: calls.append(job.pk), clock=clock)
    job.refresh_from_db()
    assert (calls, job.state) == ([job.pk], JobState.DONE)


def test_a_failure_is_told_in_the_row(job, clock):
    def work(job, progress):
        raise OSError("disk full")

    assert not jobs.run(job.pk, work=work, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "OSError: disk full")


def test_work_that_must_wait_is_queued_again_with_its_reason(job, clock):
    def work(job, progress):
        progress(3, 10)
        raise Later("Creditsafe is away", timedelta(seconds=30))

    jobs.run(job.pk, work=work, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.QUEUED, "Creditsafe is away")
    assert not Job.objects.ready(NOW + timedelta(seconds=29)).exists()
    assert Job.objects.ready(NOW + timedelta(seconds=30)).get() == job


def test_progress_renews_the_lease(job, clock):
    def work(job, progress):
        for step in range(1, 5):
            clock.turn(LEASE * 0.8)
            progress(step, 5)
            assert not Job.objects.ready(clock()).exists()

    assert jobs.run(job.pk, work=work, clock=clock)


def test_a_worker_that_lost_its_job_stops_and_leaves_the_row_to_the_other(job, clock):
    seen = []

    def slow(job, progress):
        clock.turn(LEASE * 2)
        assert Job.objects.claim(job.pk, clock())  # another worker takes it over
        progress(1, 2)
        seen.append("went on")

    assert not jobs.run(job.pk, work=slow, clock=clock)
    job.refresh_from_db()
    assert (seen, job.state, job.attempts) == ([], JobState.RUNNING, 2)

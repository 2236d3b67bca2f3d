"""Work by the clock, for judgement and action."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from companies.choices import JobKind
from companies.models import Change, Job
from companies.services import jobs
from companies.services.jobs import Progress
from monitoring.choices import WatchState
from monitoring.models import Backtest, Handout, Portfolio, Watch
from monitoring.services import backtest, events, overrides, quality, renewal, standing, surveillance, switch, time
from monitoring.services import tasks as giving


def _work(job: Job, progress: Progress) -> None:
    if job.kind == JobKind.WATCH:
        surveillance.work(progress, clock=timezone.now, attempts=job.attempts)
    elif job.kind == JobKind.POLL:
        events.work(progress, clock=timezone.now, attempts=job.attempts)
    elif job.kind == JobKind.POLICY:
        now = timezone.now()
        switch.run(progress, now=now, as_of=timezone.localdate(now))
    elif job.kind == JobKind.BACKTEST:
        backtest.work(progress, clock=timezone.now)
    elif job.kind == JobKind.TASKS:
        giving.work(progress, clock=timezone.now)


PASSED = "day-passed"
KINDS = (JobKind.WATCH, JobKind.POLL, JobKind.POLICY, JobKind.BACKTEST, JobKind.TASKS)


@shared_task
def run_job(job_id: int) -> None:
    jobs.run(job_id, work=_work, clock=timezone.now)


@shared_task
def digest_changes() -> None:
    """Restate the companies whose facts changed."""
    while Change.objects.exists():
        now = timezone.now()
        standing.digest(now=now, as_of=timezone.localdate(now))


@shared_task
def sweep_jobs() -> None:
    """Make the jobs that the rows call for, and ring for every job that nobody runs."""
    now = timezone.now()
    surveillance.enrol()
    if Watch.objects.filter(state__in=[WatchState.QUEUED, WatchState.ENDING]).exists():
        Job.objects.ensure(JobKind.WATCH, now=now)
    if Backtest.objects.waiting().exists():
        Job.objects.ensure(JobKind.BACKTEST, now=now)
    if Handout.objects.waiting().exists():
        Job.objects.ensure(JobKind.TASKS, now=now)
    for pk in Job.objects.ready(now).filter(kind__in=KINDS).values_list("pk", flat=True):
        run_job.delay(pk)


@shared_task
def poll() -> None:
    if Portfolio.objects.exists():
        run_job.delay(Job.objects.ensure(JobKind.POLL, now=timezone.now()).pk)


@shared_task
def pass_time() -> None:
    """Restate what the calendar alone changes, once a day: at the first hour that finds a worker awake."""
    now = timezone.now()
    today = timezone.localdate(now)
    if cache.get(PASSED) != today:
        overrides.end_of_time(now=now)
        time.mark(today=today)
        cache.set(PASSED, today, timeout=None)


@shared_task
def count_quality() -> None:
    now = timezone.now()
    quality.count(now=now, today=timezone.localdate(now))


@shared_task
def renew_reports() -> None:
    """Order the reports that are too old for their cell."""
    renewal.renew(now=timezone.now())

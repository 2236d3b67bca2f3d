"""Running a job: claim the row, work with progress, and leave it in a state that the sweep understands."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.cache import cache

from companies.choices import JobState
from companies.models import Job
from companies.models.job import LEASE

log = logging.getLogger(__name__)
SAVE_EVERY = timedelta(seconds=0.5)

Clock = Callable[[], datetime]
Tell = Callable[[int, int], None]
"""Told how far the work is: n, of m."""


class Later(Exception):
    """The work can't go on now; what is done stays done, and the sweep wakes the job after the wait."""

    def __init__(self, reason: str, wait: timedelta) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class Lost(Exception):
    """Another worker took the job over: stop at once."""


class Progress:
    """Counts n of m into the row, and renews the lease while it does.

    Work that writes everything in one transaction keeps its row from others until the end: the cache shows them how
    far it is meanwhile.
    """

    def __init__(self, job: Job, clock: Clock) -> None:
        self._job, self._clock, self._saved_at = job, clock, clock()
        self._attempt = job.attempts

    def __call__(self, done: int, total: int) -> None:
        """Tell how far the work is. Raises Lost when the lease went to another worker."""
        now = self._clock()
        if done < total and now - self._saved_at < SAVE_EVERY:
            return
        self._saved_at = now
        cache.set(_key(self._job.pk, self._attempt), (done, total), timeout=2 * LEASE.seconds)
        mine = Job.objects.filter(pk=self._job.pk, state=JobState.RUNNING, attempts=self._attempt)
        if not mine.update(done=done, total=total, lease_until=now + LEASE):
            raise Lost


def watched(job: Job) -> Job:
    """Return a job with the progress of its worker, which a transaction may still hide in the row."""
    told = cache.get(_key(job.pk, job.attempts)) if job.state == JobState.RUNNING else None
    if told is not None:
        job.done, job.total = max(job.done, told[0]), told[1]
    return job


def _key(job_id: int, attempt: int) -> str:
    return f"job-{job_id}-{attempt}"


Work = Callable[[Job, Progress], None]


def run(job_id: int, *, work: Work, clock: Clock) -> bool:
    """Do the work of one job unless someone else does. Returns whether it came to its end."""
    if not Job.objects.claim(job_id, clock()):
        return False
    job = Job.objects.select_related("batch").get(pk=job_id)
    try:
        work(job, Progress(job, clock))
    except Lost:
        return False
    except Later as later:
        _settle(job, state=JobState.QUEUED, not_before=clock() + later.wait, error=later.reason[:400])
        return False
    except Exception as error:
        log.exception("job %s (%s) failed", job.pk, job.kind)
        _settle(job, state=JobState.FAILED, finished_at=clock(), error=f"{type(error).__name__}: {error}"[:400])
        return False
    return _settle(job, state=JobState.DONE, finished_at=clock(), error="")


def _settle(job: Job, **values: object) -> bool:
    """End this run, unless the lease was lost meanwhile."""
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
    return mine.update(lease_until=None, **values) == 1

"""Work by the clock and on request, for the facts. Tasks carry ids; the truth is in the rows."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from companies.choices import JobKind, JobState
from companies.creditsafe.errors import CreditsafeError
from companies.models import Company, Job, PickupFolder, ReviewDecision
from companies.services import acceptance, archive, budget, duplicates, imports, jobs, matching, pickup, refresh, undo
from companies.services.jobs import Progress
from companies.services.orders import pending
from companies.services.provider import Halted, watched

HEARTBEAT = "heartbeat"


def _work(job: Job, progress: Progress) -> None:
    if job.kind in OF_FILES:
        _work_on_file(job, progress)
    elif job.kind == JobKind.LINK:
        matching.work(progress, clock=timezone.now, attempts=job.attempts)
    elif job.kind == JobKind.ACCEPT:
        acceptance.work(progress, clock=timezone.now)
    elif job.kind == JobKind.REFRESH:
        refresh.work(progress, clock=timezone.now, attempts=job.attempts)
    elif job.kind == JobKind.DUPLICATES:
        duplicates.look(progress, now=timezone.now())
    elif job.kind == JobKind.PICKUP:
        pickup.look(progress, now=timezone.now())


def _work_on_file(job: Job, progress: Progress) -> None:
    if job.batch_id is None:
        raise ValueError("a job of a file without its file")
    if job.kind == JobKind.READ:
        imports.read(job.batch_id, attempts=job.attempts, progress=progress)
    elif job.kind == JobKind.IMPORT:
        imports.apply(job.batch_id, now=timezone.now(), progress=progress)
    else:
        undo.work(job.batch_id, user_id=job.created_by_id, now=timezone.now(), progress=progress)


OF_FILES = (JobKind.READ, JobKind.IMPORT, JobKind.UNDO)
KINDS = (*OF_FILES, JobKind.LINK, JobKind.ACCEPT, JobKind.REFRESH, JobKind.DUPLICATES, JobKind.PICKUP)


@shared_task
def run_job(job_id: int) -> None:
    jobs.run(job_id, work=_work, clock=timezone.now)


@shared_task
def sweep_jobs() -> None:
    """Make the jobs that the rows call for, and ring for every job that nobody runs."""
    now = timezone.now()
    if Company.objects.to_link().exists():
        Job.objects.ensure(JobKind.LINK, now=now)
    if ReviewDecision.objects.under_way().exists():
        Job.objects.ensure(JobKind.ACCEPT, now=now)
    if pending(now).exists():
        Job.objects.ensure(JobKind.REFRESH, now=now)
    for batch in imports.unread():
        Job.objects.ensure(JobKind.READ, now=now, batch=batch)
    for pk in Job.objects.ready(now).filter(kind__in=KINDS).values_list("pk", flat=True):
        run_job.delay(pk)


@shared_task
def read_access() -> None:
    """Ask what the subscription has left, where a connection is set and calls may go."""
    now = timezone.now()
    with suppress(CreditsafeError, Halted), watched(now) as client:
        budget.read_access(client=client, now=now)


@shared_task
def find_duplicates() -> None:
    run_job.delay(Job.objects.ensure(JobKind.DUPLICATES, now=timezone.now()).pk)


@shared_task
def pick_up_files() -> None:
    """Look into the folders, where there are any."""
    if PickupFolder.objects.filter(active=True).exists():
        run_job.delay(Job.objects.ensure(JobKind.PICKUP, now=timezone.now()).pk)


@shared_task
def purge_reports() -> None:
    archive.purge(now=timezone.now())


@shared_task
def heartbeat() -> None:
    cache.set(HEARTBEAT, timezone.now().isoformat(), timeout=300)


@shared_task
def tidy() -> None:
    """Forget polls that ended and messages of the file broker that were read: they only take room."""
    ago = timezone.now() - timedelta(hours=1)
    Job.objects.filter(kind=JobKind.POLL, state=JobState.DONE, finished_at__lt=ago).delete()
    for message in read_messages():
        if message.stat().st_mtime < ago.timestamp():
            message.unlink(missing_ok=True)


def read_messages() -> Iterator[Path]:
    folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("processed_folder", "")
    return Path(str(folder)).glob("*.msg") if folder else iter(())

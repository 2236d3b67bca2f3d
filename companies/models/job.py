"""Long work as a row: claimed, leased, swept. The broker is only a doorbell."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import JobKind, JobState
from companies.models.ledger import ImportBatch

LEASE = timedelta(seconds=60)
LIVE = [JobState.QUEUED, JobState.RUNNING, JobState.PAUSED]


class JobQuerySet(models.QuerySet["Job"]):
    def ensure(
        self, kind: JobKind, *, now: datetime, batch: ImportBatch | None = None, user_id: int | None = None
    ) -> "Job":
        """The live job of this kind (and file), made if there is none. Asking twice gives the same job."""
        try:
            with transaction.atomic():
                return self.create(kind=kind, batch=batch, created_by_id=user_id, created_at=now, not_before=now)
        except IntegrityError:
            return self.get(kind=kind, batch=batch, state__in=LIVE)

    def ready(self, now: datetime) -> "JobQuerySet":
        """Jobs that nobody runs though they could: never started, waiting over, or their worker died."""
        waiting = Q(state=JobState.QUEUED, not_before__lte=now)
        orphaned = Q(state=JobState.RUNNING, lease_until__lt=now)
        return self.filter(waiting | orphaned)

    def claim(self, pk: int, now: datetime) -> bool:
        """Take the right to run one job; only one worker gets True."""
        return (
            self.ready(now)
            .filter(pk=pk)
            .update(state=JobState.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1, started_at=now)
            == 1
        )

    def live(self) -> "JobQuerySet":
        return self.filter(state__in=LIVE)

    def pause(self, kind: JobKind) -> bool:
        """Stop the live job of this kind; its worker notices within a second and finishes what is on the way."""
        going = self.filter(kind=kind, state__in=[JobState.QUEUED, JobState.RUNNING])
        return going.update(state=JobState.PAUSED, lease_until=None) == 1

    def resume(self, kind: JobKind, now: datetime) -> bool:
        """Let it go on where it stopped."""
        return self.filter(kind=kind, state=JobState.PAUSED).update(state=JobState.QUEUED, not_before=now) == 1


class Job(models.Model):
    """queued → running → done or failed; running → queued again when the provider is away or the worker died.

    A person can pause it, and resume it.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=JobKind)
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    batch = models.ForeignKey(
        ImportBatch, models.CASCADE, null=True, blank=True, related_name="jobs", verbose_name=_("import")
    )
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=400, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    created_at = models.DateTimeField(_("asked"))
    not_before = models.DateTimeField(_("not before"))
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "-pk"]
        constraints = [
            UniqueConstraint(fields=["kind"], condition=Q(state__in=LIVE, batch=None), name="job_one_live_per_kind"),
            UniqueConstraint(
                fields=["batch"], condition=Q(state__in=LIVE, batch__isnull=False), name="job_one_live_per_file"
            ),
            CheckConstraint(condition=Q(kind__in=JobKind.values), name="job_kind_known"),
            CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
        ]
        indexes = [models.Index(fields=["state", "id"], name="job_by_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.done}/{self.total}"

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0

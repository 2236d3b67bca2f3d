"""The circuit breaker and the pace of our calls to Creditsafe: one row that every worker reads and claims."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _

from companies.choices import BreakerState

FAR = timedelta(hours=1)  # a moment further ahead was written before the clock was set back
PROBE = timedelta(seconds=150)  # longer than the longest call, so that a probe whose worker died is tried again


class BreakerQuerySet(models.QuerySet["Breaker"]):
    def read(self) -> "Breaker":
        """The row, made at the first call."""
        return self.filter(pk=1).first() or self.get_or_create(pk=1)[0]

    def claim_probe(self, now: datetime) -> bool:
        """Take the right to the one call that tries whether the provider is back; only one worker gets True."""
        due = self.filter(Q(retry_at__lte=now) | Q(retry_at__gt=now + FAR), pk=1).exclude(state=BreakerState.CLOSED)
        return due.update(state=BreakerState.HALF_OPEN, retry_at=now + PROBE) == 1


class Breaker(models.Model):
    """closed → open after failures in a row → half open after a wait → closed by a success, or open for longer."""

    state = models.CharField(_("state"), max_length=10, choices=BreakerState, default=BreakerState.CLOSED)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    trips = models.PositiveIntegerField(_("openings in a row"), default=0)
    changed_at = models.DateTimeField(_("since"), null=True, blank=True)
    retry_at = models.DateTimeField(_("tries again"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    held_until = models.DateTimeField(_("all calls wait until"), null=True, blank=True)
    booked_until = models.DateTimeField(_("calls booked until"), null=True, blank=True)

    objects = BreakerQuerySet.as_manager()

    class Meta:
        verbose_name = _("circuit breaker")
        verbose_name_plural = _("circuit breaker")
        constraints = [
            CheckConstraint(condition=Q(pk=1), name="breaker_only_one"),
            CheckConstraint(condition=Q(state__in=BreakerState.values), name="breaker_state_known"),
            CheckConstraint(
                condition=Q(state=BreakerState.CLOSED) | Q(retry_at__isnull=False), name="breaker_open_tries_again"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_state_display())

    def fail(self) -> int:
        """Count one more failure in a row, whoever counts beside us. Returns how many there are."""
        Breaker.objects.filter(pk=1).update(failures=F("failures") + 1)
        self.refresh_from_db()
        return self.failures


class BreakerChange(models.Model):
    """One change of the breaker's state. Appended only."""

    at = models.DateTimeField(_("when"))
    state = models.CharField(_("state"), max_length=10, choices=BreakerState)
    reason = models.CharField(_("reason"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("change of the circuit breaker")
        verbose_name_plural = _("changes of the circuit breaker")
        ordering = ["-at", "-pk"]
        constraints = [CheckConstraint(condition=Q(state__in=BreakerState.values), name="breaker_change_known")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.state}"

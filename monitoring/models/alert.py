"""What a person must look at, and what they did about it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from monitoring.choices import AlertKind, AlertState, CloseReason, NoteAction, Severity
from monitoring.models.surveillance import Event

# unknown stakes come after known ones on every database
URGENT_FIRST = ("severity", F("at_stake").desc(nulls_last=True), "-changed_at", "-pk")


class AlertQuerySet(models.QuerySet["Alert"]):
    def to_treat(self) -> "AlertQuerySet":
        return self.exclude(state=AlertState.CLOSED)

    def for_inbox(self) -> "AlertQuerySet":
        """Most urgent first, then the most euros, then the newest."""
        return self.select_related("company", "taken_by").order_by(*URGENT_FIRST)


class Alert(models.Model):
    """Opened by a rule, closed by a person with a reason. One open alert per company and kind: facts join it."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    kind = models.CharField(_("kind"), max_length=12, choices=AlertKind)
    severity = models.CharField(_("severity"), max_length=1, choices=Severity)
    state = models.CharField(_("state"), max_length=8, choices=AlertState, default=AlertState.OPEN)
    detail = models.CharField(_("what happened"), max_length=255, blank=True)
    old_value = models.CharField(_("before"), max_length=255, blank=True)
    new_value = models.CharField(_("after"), max_length=255, blank=True)
    at_stake = models.DecimalField(_("at stake"), max_digits=20, decimal_places=2, null=True, blank=True)
    facts = models.PositiveSmallIntegerField(_("facts"), default=1)
    event = models.ForeignKey(
        Event, models.SET_NULL, null=True, blank=True, related_name="alerts", verbose_name=_("latest event")
    )
    opened_at = models.DateTimeField(_("opened"))
    changed_at = models.DateTimeField(_("latest fact"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("taken by")
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    close_reason = models.CharField(_("reason"), max_length=10, choices=CloseReason, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        permissions = [("treat_alert", _("Can take, comment and close alerts"))]
        constraints = [
            UniqueConstraint(
                fields=["company", "kind"], condition=~Q(state=AlertState.CLOSED), name="alert_one_open_per_kind"
            ),
            CheckConstraint(condition=Q(kind__in=AlertKind.values), name="alert_kind_known"),
            CheckConstraint(condition=Q(severity__in=Severity.values), name="alert_severity_known"),
            CheckConstraint(
                condition=Q(state__in=[AlertState.OPEN, AlertState.TAKEN], closed_at=None, close_reason="")
                | Q(state=AlertState.CLOSED, closed_at__isnull=False, close_reason__in=CloseReason.values),
                name="alert_closed_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["severity", "-at_stake", "-changed_at", "-id"],
                condition=~Q(state=AlertState.CLOSED),
                name="alert_inbox",
            ),
            models.Index(fields=["company", "state"], name="alert_by_company"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.company}"

    def get_absolute_url(self) -> str:
        return reverse("alert", args=[self.pk])

    @staticmethod
    def on_clash(now: datetime) -> dict[str, Any]:
        """What a merge writes where the company that stays has an open alert of this kind already."""
        return {"state": AlertState.CLOSED, "close_reason": CloseReason.DUPLICATE, "closed_at": now}


class AlertNote(models.Model):
    """What someone did with an alert, in order. Never edited."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="notes", verbose_name=_("alert"))
    action = models.CharField(_("action"), max_length=8, choices=NoteAction)
    text = models.TextField(_("comment"), blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("note on an alert")
        verbose_name_plural = _("notes on alerts")
        ordering = ["at", "pk"]
        constraints = [CheckConstraint(condition=Q(action__in=NoteAction.values), name="note_action_known")]

    def __str__(self) -> str:
        return self.text or self.get_action_display()

"""Invoices that a customer contests, as a person noted it."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.models.ledger import OpenItem


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def live(self) -> "DisputeQuerySet":
        return self.filter(ended_on=None)

    def at(self, day: date) -> "DisputeQuerySet":
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), since__lte=day)


class Dispute(models.Model):
    """Why an open item is contested, since when and until when. It goes with its item."""

    item = models.ForeignKey(OpenItem, models.CASCADE, related_name="disputes", verbose_name=_("open item"))
    reason = models.CharField(_("reason"), max_length=400)
    since = models.DateField(_("contested since"))
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("noted by")
    )
    noted_at = models.DateTimeField(_("noted"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-since", "-pk"]
        constraints = [
            UniqueConstraint(fields=["item"], condition=Q(ended_on=None), name="dispute_once"),
            CheckConstraint(condition=Q(ended_on=None) | Q(ended_on__gte=F("since")), name="dispute_ends_after_start"),
            CheckConstraint(condition=~Q(reason=""), name="dispute_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} · {self.reason}"

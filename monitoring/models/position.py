"""Where companies stood: every state of a standing, with the days on which it was true and those on which it was
known (domain 3, ideas 1 and 8)."""

from datetime import date, datetime, time, timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.choices import ChangeCause, OnMerge, OrderReason
from companies.models import Company
from monitoring.choices import Cell
from monitoring.models.standing import Placed, PlacedQuerySet


class PositionQuerySet(PlacedQuerySet["Position"]):
    def as_known_then(self, day: date) -> Self:
        """What the portal showed at the end of this day: one row for each company that it had."""
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        return self.filter(Q(known_until=None) | Q(known_until__gte=end), known_from__lt=end)

    def as_known_now(self, day: date) -> Self:
        """What was true on this day by all that is known today: one row for each company."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)

    def on(self, day: date, *, known_now: bool = False) -> Self:
        return self.as_known_now(day) if known_now else self.as_known_then(day)


class Position(Placed):
    """A standing as it was. Appended; only its ends are written later.

    Shown from `known_from` until `known_until`; both empty: worked out afterwards and never shown. True from
    `valid_from` until the day before `valid_until`; both empty: a later fact says that it never was.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    known_from = models.DateTimeField(_("known from"), null=True, blank=True)
    known_until = models.DateTimeField(_("known until"), null=True, blank=True)
    valid_from = models.DateField(_("true from"), null=True, blank=True)
    valid_until = models.DateField(_("true until"), null=True, blank=True)
    cause = models.CharField(_("cause"), max_length=10, choices=ChangeCause)
    note = models.CharField(_("note"), max_length=255, blank=True)

    objects = PositionQuerySet.as_manager()
    on_merge = {"company": OnMerge.STAY, "head": OnMerge.STAY}

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["-pk"]
        constraints = [
            UniqueConstraint(
                fields=["company"],
                condition=Q(known_from__isnull=False, known_until=None),
                name="position_one_shown",
            ),
            CheckConstraint(condition=Q(cell__in=Cell.values), name="position_cell_known"),
            CheckConstraint(condition=Q(cause__in=ChangeCause.values), name="position_cause_known"),
            CheckConstraint(
                condition=Q(known_until=None) | Q(known_until__gte=F("known_from")), name="position_known_in_order"
            ),
            CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="position_true_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "known_from"], name="position_by_company"),
            models.Index(fields=["known_from", "known_until"], name="position_by_known"),
            models.Index(fields=["valid_from", "valid_until"], name="position_by_valid"),
        ]

    @property
    def note_in_words(self) -> str:
        """The note: a file, or why a report was ordered, which is kept as its code."""
        return str(OrderReason(self.note).label) if self.note in OrderReason.values else self.note

"""When a report is too old, and whether an event orders a new one: by cell, and by role where it differs."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from companies.choices import Role
from monitoring.choices import Cell


class RefreshPolicy(models.Model):
    """One line of the refresh policy. A role's own line goes before the line for every role (domain 3, idea 15)."""

    cell = models.CharField(_("cell"), max_length=8, choices=Cell)
    role = models.CharField(
        _("role"), max_length=10, choices=Role, blank=True, help_text=_("Empty: every role without a line of its own.")
    )
    max_age_days = models.PositiveSmallIntegerField(
        _("oldest report (days)"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Older reports are renewed. Empty: never by age."),
    )  # fmt: skip
    event_only = models.BooleanField(
        _("only after an event"), default=False, help_text=_("An old report is renewed only if an event came since.")
    )
    on_event = models.BooleanField(
        _("on event"), default=True, help_text=_("An event that changes figures orders a report at once.")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("refresh policy")
        verbose_name_plural = _("refresh policies")
        ordering = ["cell", "role"]
        constraints = [
            UniqueConstraint(fields=["cell", "role"], name="refresh_once_per_cell_and_role"),
            CheckConstraint(condition=Q(cell__in=Cell.values), name="refresh_cell_known"),
            CheckConstraint(condition=Q(role__in=["", *Role.values]), name="refresh_role_known"),
            CheckConstraint(condition=Q(max_age_days=None) | Q(max_age_days__gte=1), name="refresh_age_positive"),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [str(self.get_cell_display()), self.get_role_display() if self.role else ""]))

"""What people do about a place: set it by hand for a while, review it, work through its check-list."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from companies.models import Company
from monitoring.choices import Cell, OverrideState
from monitoring.models.policy import MatrixCell, said


class OverrideQuerySet(models.QuerySet["Override"]):
    def in_force(self, day: date) -> "OverrideQuerySet":
        return self.filter(state=OverrideState.APPROVED, since__lte=day, until__gte=day)


class Override(models.Model):
    """A cell set by hand: asked by one person, approved by another, for twelve months at most (domain 4.5)."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    cell = models.CharField(_("cell"), max_length=8, choices=Cell)
    reason = models.CharField(_("reason"), max_length=400)
    since = models.DateField(_("from"))
    until = models.DateField(_("until"))
    state = models.CharField(_("state"), max_length=8, choices=OverrideState, default=OverrideState.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_note = models.CharField(_("note on the decision"), max_length=400, blank=True)
    ended_at = models.DateTimeField(_("ended early"), null=True, blank=True)
    cell_then = models.CharField(_("cell without it"), max_length=8, choices=Cell, blank=True)
    exposure_then = models.DecimalField(_("exposure when asked"), max_digits=20, decimal_places=2, default=0)
    overdue_then = models.DecimalField(_("overdue when asked"), max_digits=20, decimal_places=2, default=0)

    objects = OverrideQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["-asked_at", "-pk"]
        permissions = [
            ("ask_override", _("Can ask for a place by hand")),
            ("approve_override", _("Can approve a place by hand")),
        ]
        constraints = [
            CheckConstraint(condition=Q(cell__in=Cell.values), name="override_cell_known"),
            CheckConstraint(condition=Q(state__in=OverrideState.values), name="override_state_known"),
            CheckConstraint(condition=Q(until__gte=F("since")), name="override_ends_after_it_begins"),
            CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
            CheckConstraint(
                condition=~Q(state=OverrideState.APPROVED) | Q(decided_at__isnull=False), name="override_approved_by"
            ),
            UniqueConstraint(
                fields=["company"],
                condition=Q(state__in=[OverrideState.ASKED, OverrideState.APPROVED]),
                name="override_one_at_a_time",
                violation_error_message=_("This company has an exception already: end it first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.get_cell_display()}"


class CellAction(models.Model):
    """A line of a cell's check-list, in both languages; it becomes a task for the companies one chooses."""

    cell = models.ForeignKey(MatrixCell, models.CASCADE, related_name="actions", verbose_name=_("cell"))
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    text_fr = models.CharField(_("action (French)"), max_length=200)
    text_en = models.CharField(_("action (English)"), max_length=200)
    due_days = models.PositiveSmallIntegerField(_("to be done within (days)"), default=14)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("action of a cell")
        verbose_name_plural = _("actions of cells")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return said(self, "text")


class Task(models.Model):
    """Something to do about a company. Its words are kept as they were when it was given, in both languages."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    cell = models.CharField(_("cell"), max_length=8, choices=Cell, blank=True)
    action = models.ForeignKey(
        CellAction, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("action of a cell")
    )
    text_fr = models.CharField(_("task (French)"), max_length=200)
    text_en = models.CharField(_("task (English)"), max_length=200)
    due_on = models.DateField(_("due"))
    given_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("given to")
    )
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("given by")
    )
    given_at = models.DateTimeField(_("given"))
    done_at = models.DateTimeField(pgettext_lazy("task", "done"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )
    is_dropped = models.BooleanField(_("dropped"), default=False)
    note = models.CharField(_("note"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_on", "pk"]
        permissions = [("do_task", _("Can give and do tasks"))]
        constraints = [
            UniqueConstraint(fields=["company", "action"], condition=Q(done_at=None), name="task_open_once_per_action"),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(done_at=None), name="task_open_by_due")]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return said(self, "text")


class Review(models.Model):
    """Somebody looked at a company and its place, and said what they found."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    cell = models.CharField(_("cell"), max_length=8, choices=Cell)
    on = models.DateField(_("reviewed"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("finding"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-on", "-pk"]
        permissions = [("do_review", _("Can review a company"))]
        indexes = [models.Index(fields=["company", "-on"], name="review_by_company")]

    def __str__(self) -> str:
        return f"{self.company} · {self.on}"

"""Tasks asked for so many companies that a job gives them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from monitoring.choices import Cell


class HandoutQuerySet(models.QuerySet["Handout"]):
    def waiting(self) -> "HandoutQuerySet":
        return self.filter(finished_at=None)


class Handout(models.Model):
    """The actions of a cell's check-list, to become tasks of all its companies that the filters leave.

    `actions` holds the day each is due by the key of its action. `after` is the last company that has its tasks.
    """

    cell = models.CharField(_("cell"), max_length=8, choices=Cell)
    narrowed: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(_("filters"), default=dict)
    actions: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(_("actions"), default=dict)
    given_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("given to"))
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("given by"))
    given_at = models.DateTimeField(_("given"))
    companies = models.PositiveIntegerField(_("companies"), default=0)
    made = models.PositiveIntegerField(_("tasks given"), default=0)
    there = models.PositiveIntegerField(_("open already"), default=0)
    after = models.BigIntegerField(default=0, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = HandoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("handing out of tasks")
        verbose_name_plural = _("handings out of tasks")
        ordering = ["-given_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_cell_display()} · {self.made}"

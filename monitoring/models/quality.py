"""How good the master data is: what is wrong with identifiers now, and the counts of each day."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import OnMerge
from companies.models import Company
from monitoring.choices import Identifier


class QualityDay(models.Model):
    """The counts of one day, the last ones of it. `differences` is None where differences are not looked for."""

    day = models.DateField(_("day"), primary_key=True)
    companies = models.PositiveIntegerField(_("companies"), default=0)
    linked = models.PositiveIntegerField(_("linked"), default=0)
    review = models.PositiveIntegerField(_("to be reviewed"), default=0)
    absent = models.PositiveIntegerField(_("not found"), default=0)
    invalid = models.PositiveIntegerField(_("with an invalid identifier"), default=0)
    missing = models.PositiveIntegerField(_("without an identifier"), default=0)
    closed = models.PositiveIntegerField(_("ceased, with open accounts"), default=0)
    stale = models.PositiveIntegerField(_("with stale data"), default=0)
    duplicates = models.PositiveIntegerField(_("possible duplicates"), default=0)
    differences = models.PositiveIntegerField(_("differences waiting"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("quality of a day")
        verbose_name_plural = _("quality by day")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} · {self.linked}/{self.companies}"


class IdentifierFlaw(models.Model):
    """An identifier of a company that cannot be right. Found when its facts change; `value` is what was looked at."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    kind = models.CharField(_("identifier"), max_length=20, choices=Identifier)
    flaw = models.CharField(_("what is wrong"), max_length=20)
    value = models.CharField(_("value"), max_length=40)

    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("invalid identifier")
        verbose_name_plural = _("invalid identifiers")
        constraints = [
            UniqueConstraint(fields=["company", "kind"], name="flaw_once_per_kind"),
            CheckConstraint(condition=Q(kind__in=Identifier.values), name="flaw_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}: {self.flaw}"

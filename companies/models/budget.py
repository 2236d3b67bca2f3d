"""What the subscription allows, and the countries that it refuses for the time being."""

from datetime import datetime

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Allowance(models.Model):
    """Reports paid for and used in one country, as Creditsafe counts them. Unknown counts are empty, never 0."""

    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("Empty: every country."))
    template = models.CharField(_("kind of report"), max_length=80, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    paid = models.PositiveIntegerField(_("paid"), null=True, blank=True)
    used = models.PositiveIntegerField(_("used"), null=True, blank=True)
    starts_on = models.DateField(pgettext_lazy("period", "from"), null=True, blank=True)
    expires_on = models.DateField(pgettext_lazy("period", "to"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"))

    class Meta:
        verbose_name = _("allowance of reports")
        verbose_name_plural = _("allowances of reports")
        ordering = ["country", "template"]
        constraints = [UniqueConstraint(fields=["country", "template"], name="allowance_once_per_country")]

    def __str__(self) -> str:
        return f"{self.country or self.name} {self.used}/{self.paid}"

    @property
    def remaining(self) -> int | None:
        return None if self.paid is None or self.used is None else max(0, self.paid - self.used)


class CountryPauseQuerySet(models.QuerySet["CountryPause"]):
    def in_force(self, now: datetime) -> "CountryPauseQuerySet":
        return self.filter(until__gt=now)


class CountryPause(models.Model):
    """A country whose orders wait because Creditsafe refused us there; the other countries go on."""

    country = models.CharField(_("country"), max_length=2, unique=True)
    reason = models.CharField(_("reason"), max_length=400)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))

    objects = CountryPauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("country on hold")
        verbose_name_plural = _("countries on hold")
        ordering = ["country"]
        constraints = [CheckConstraint(condition=Q(until__gt=models.F("since")), name="country_pause_dates_ordered")]

    def __str__(self) -> str:
        return self.country

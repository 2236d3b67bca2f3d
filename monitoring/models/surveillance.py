"""What Creditsafe watches for us, and the events it sends."""

from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from companies.choices import OnMerge
from companies.models import Company
from monitoring.choices import WatchState


class Portfolio(models.Model):
    """A Creditsafe monitoring portfolio of ours and how far its events were read."""

    provider_id = models.BigIntegerField(_("number at Creditsafe"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    rules_on_at = models.DateTimeField(_("rules switched on"), null=True, blank=True)
    polled_at = models.DateTimeField(_("last poll"), null=True, blank=True)
    polled_through = models.DateTimeField(_("events read up to"), null=True, blank=True)

    class Meta:
        verbose_name = _("Creditsafe portfolio")
        verbose_name_plural = _("Creditsafe portfolios")

    def __str__(self) -> str:
        return self.name


class Watch(models.Model):
    """A company followed, or about to be followed, in a portfolio."""

    company = models.OneToOneField(
        Company, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("company")
    )
    portfolio = models.ForeignKey(
        Portfolio, models.PROTECT, null=True, blank=True, related_name="watches", verbose_name=_("portfolio")
    )
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=WatchState, default=WatchState.QUEUED)
    error = models.CharField(_("error"), max_length=255, blank=True)
    watched_at = models.DateTimeField(_("since"), null=True, blank=True)

    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("surveillance")
        verbose_name_plural = _("surveillances")
        constraints = [CheckConstraint(condition=Q(state__in=WatchState.values), name="watch_state_known")]
        indexes = [models.Index(fields=["state", "company"], name="watch_by_state")]

    def __str__(self) -> str:
        return self.connect_id


class Event(models.Model):
    """A Creditsafe notification as received. The same fact in two portfolios has one event number."""

    notification_id = models.CharField(_("notification"), max_length=40, unique=True)
    event_id = models.CharField(_("event"), max_length=40, db_index=True)
    portfolio = models.ForeignKey(Portfolio, models.PROTECT, related_name="events", verbose_name=_("portfolio"))
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("company")
    )
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64)
    rule_code = models.PositiveIntegerField(_("rule"))
    rule_country = models.CharField(_("country of the rule"), max_length=3, blank=True)
    rule_name = models.CharField(_("name of the rule"), max_length=255, blank=True)
    old_value = models.TextField(_("before"), blank=True)
    new_value = models.TextField(_("after"), blank=True)
    happened_at = models.DateTimeField(_("happened"), null=True, blank=True)
    created_at = models.DateTimeField(_("published"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))
    payload = models.TextField(_("as received"), blank=True)

    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["company", "-received_at"], name="event_by_company")]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.rule_name}"

"""Questions to the past: how a draft would have warned, asked once and kept with its answer (domain 3.3)."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from monitoring.models.policy import MatrixPolicy


class BacktestQuerySet(models.QuerySet["Backtest"]):
    def waiting(self) -> "BacktestQuerySet":
        return self.filter(finished_at=None).order_by("pk")


class Backtest(models.Model):
    """A draft judged on stored positions, beside the policy in force when it was asked.

    `result` is what `services.backtest.stored` makes of a rules.backtest.Split; empty until it is finished, and where
    `error` says why it cannot be.
    """

    policy = models.ForeignKey(MatrixPolicy, models.CASCADE, related_name="backtests", verbose_name=_("policy"))
    against = models.ForeignKey(MatrixPolicy, models.CASCADE, related_name="+", verbose_name=_("compared with"))
    as_of = models.DateField(_("outcomes known until"))
    react_days = models.PositiveSmallIntegerField(_("days needed to react"), default=0)
    scorecard_changed_on = models.DateField(_("scorecard changed on"), null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    bounds = models.JSONField(_("bounds judged"), default=dict, help_text=_("A draft may be edited afterwards."))
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.CharField(_("why there is no result"), max_length=400, blank=True)

    objects = BacktestQuerySet.as_manager()

    class Meta:
        verbose_name = _("backtest")
        verbose_name_plural = _("backtests")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            CheckConstraint(condition=~Q(policy=models.F("against")), name="backtest_against_another"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} · {self.as_of}"

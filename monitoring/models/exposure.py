"""What counts as exposure, and the assumptions behind the expected loss, as data (domain 5.1 and 5.14)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from companies.choices import Rating, RatingState
from companies.rules.exposure import ExposurePolicy, Netting
from companies.rules.groups import LimitScope
from companies.rules.loss import PLACEHOLDERS, PdTable
from monitoring.choices import CreditNetting, LimitTest

FRACTION = [MinValueValidator(0), MaxValueValidator(100)]
UNLETTERED = (RatingState.FAILED, RatingState.NOT_RATED)


def _percent(label: Any, default: str, **kwargs: Any) -> Any:
    return models.DecimalField(
        label, max_digits=6, decimal_places=3, default=Decimal(default), validators=FRACTION, **kwargs
    )


class ExposureSettings(models.Model):
    """The one row that says what counts. As delivered everything unpaid counts and every credit is deducted."""

    netting = models.CharField(
        _("credits deducted"), max_length=8, choices=CreditNetting, default=CreditNetting.ALL,
        help_text=_("Credit notes and unallocated payments."),
    )  # fmt: skip
    count_bills = models.BooleanField(_("count bills of exchange not yet due"), default=True)
    count_delivered = models.BooleanField(
        _("count goods delivered and not invoiced"),
        default=True,
        help_text=_("From the file of orders and deliveries."),
    )
    count_disputed = models.BooleanField(
        _("count disputed invoices"), default=True, help_text=_("Marked in the open items file, or by hand.")
    )
    orders_share = _percent(_("share of orders counted (%)"), "100", help_text=_("Accepted and not delivered."))
    orders_within_days = models.PositiveSmallIntegerField(
        _("only orders to be delivered within (days)"), null=True, blank=True, help_text=_("Empty: all of them.")
    )
    limit_test = models.CharField(
        _("limits of a group"), max_length=6, choices=LimitTest, default=LimitTest.OWN, db_default=LimitTest.OWN,
        help_text=_("A group is all the companies under one ultimate parent."),
    )  # fmt: skip
    loss_given_default = _percent(
        _("loss given default (%)"), "90",
        help_text=_("A placeholder: what is lost of a debt when its debtor fails, until measured on your own history."),
    )  # fmt: skip
    financing_rate = models.DecimalField(
        _("yearly cost of financing (%)"), max_digits=6, decimal_places=3, null=True, blank=True, validators=FRACTION,
        help_text=_("What money costs you: the cost of late payment is worked out with it."),
    )  # fmt: skip

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("exposure policy")
        verbose_name_plural = _("exposure policy")
        constraints = [
            CheckConstraint(condition=Q(pk=1), name="exposure_settings_once"),
            CheckConstraint(condition=Q(netting__in=CreditNetting.values), name="exposure_netting_known"),
            CheckConstraint(condition=Q(limit_test__in=LimitTest.values), name="exposure_limit_test_known"),
        ]

    def __str__(self) -> str:
        return str(_("Exposure policy"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "ExposureSettings":
        """The stored row, else the defaults."""
        return cls.objects.first() or cls()

    @property
    def scope(self) -> LimitScope:
        """Whose limits are tested, as the rules call it."""
        return LimitScope(self.limit_test)

    def rules(self) -> ExposurePolicy:
        return ExposurePolicy(
            netting=Netting(self.netting),
            count_bills=self.count_bills,
            count_delivered=self.count_delivered,
            count_disputed=self.count_disputed,
            orders_share=self.orders_share / 100,
            orders_within_days=self.orders_within_days,
        )


class DefaultProbability(models.Model):
    """The probability of default of a rating, in percent: a placeholder until calibrated (domain 5.14)."""

    rating = models.CharField(
        _("rating"), max_length=10, unique=True,
        choices=[*Rating.choices, *((state.value, state.label) for state in UNLETTERED)],
    )  # fmt: skip
    percent = _percent(_("probability of default within a year (%)"), "5")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("probability of default")
        verbose_name_plural = _("probabilities of default")
        ordering = ["rating"]

    def __str__(self) -> str:
        return str(self.get_rating_display())

    @classmethod
    def table(cls, percents: Mapping[str, Decimal] | None = None) -> PdTable:
        """The given probabilities in percent, else the stored ones, over the proposed ones."""
        known = {row.rating: row.percent for row in cls.objects.all()} | dict(percents or {})
        stored = {rating: percent / 100 for rating, percent in known.items()}
        letters = {letter: stored.get(letter, pd) for letter, pd in PLACEHOLDERS.by_rating.items()}
        failed = stored.get(RatingState.FAILED, PLACEHOLDERS.failed)
        return PdTable(letters, failed=failed, not_rated=stored.get(RatingState.NOT_RATED, PLACEHOLDERS.not_rated))

"""What depends on a supplier: our money there, and the days that its failure would leave uncovered (domain 5.15)."""

from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from companies.models.company import Account

if TYPE_CHECKING:
    from decimal import Decimal

    from django_stubs_ext import StrOrPromise  # at run time there are no stubs

AMOUNTS = ("advances", "credit_notes", "tooling", "prepaid_orders", "purchases", "stock", "daily_use")


def _amount(label: "StrOrPromise") -> "models.DecimalField[Decimal | int | Combinable | None, Decimal | None]":
    return models.DecimalField(
        label, max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )


class Supply(models.Model):
    """The figures of a supplier's account, from a file or by hand. None is unknown, never 0; the history keeps who
    changed what. `closed_on` is the day from which a complete file no longer names it.
    """

    account = models.OneToOneField(Account, models.CASCADE, related_name="supply", verbose_name=_("account"))
    advances = _amount(_("advances paid (4091)"))
    credit_notes = _amount(_("credit notes to receive (4098)"))
    tooling = _amount(_("tooling deposited with it"))
    prepaid_orders = _amount(_("orders paid in advance"))
    purchases = _amount(_("purchases of twelve months"))
    stock = _amount(_("stock of what it delivers"))
    daily_use = _amount(_("daily use"))
    lead_time_days = models.PositiveSmallIntegerField(_("days to replace it"), null=True, blank=True)
    sole_source = models.BooleanField(_("only source"), null=True, blank=True)
    set_off = models.BooleanField(_("set-off possible"), default=False)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    stated_on = models.DateField(_("figures of"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("supply")
        verbose_name_plural = _("supplies")
        ordering = ["account"]
        constraints = [
            CheckConstraint(
                condition=Q(*(Q(**{name: None}) | Q(**{f"{name}__gte": 0}) for name in AMOUNTS)),
                name="supply_not_negative",
            )
        ]

    def __str__(self) -> str:
        return str(self.account)

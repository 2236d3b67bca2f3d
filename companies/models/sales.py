"""What we sold, month by month: days of sales outstanding need it, and no list of open items tells it."""

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _


class MonthlySales(models.Model):
    """The sales of a ledger in one month, taxes included like the open items; credit notes deducted."""

    ledger = models.CharField(_("ledger"), max_length=20, default="ERP")
    month = models.DateField(_("month"), help_text=_("Any of its days."))
    amount = models.DecimalField(_("sales, taxes included"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")

    class Meta:
        verbose_name = _("sales of a month")
        verbose_name_plural = _("monthly sales")
        ordering = ["-month", "ledger", "currency"]
        constraints = [UniqueConstraint(fields=["ledger", "month", "currency"], name="sales_once_a_month")]

    def __str__(self) -> str:
        return f"{self.ledger} {self.month:%Y-%m}"

    def clean(self) -> None:
        """Any day names its month."""
        if self.month:
            self.month = self.month.replace(day=1)

"""Files as layers: what a file replaced, what the sentinel saw in it, and balances that came without their items."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import AgeingBucket, BatchState, CheckKind, DocumentType
from companies.models.company import Account
from companies.models.ledger import ImportBatch, OpenItem


class PastItem(models.Model):
    """An open item as an earlier file had it: from the closing date of `batch` until that of `replaced_by`."""

    item = models.ForeignKey(OpenItem, models.CASCADE, related_name="past", verbose_name=_("open item"))
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="+", verbose_name=_("import"))
    replaced_by = models.ForeignKey(ImportBatch, models.PROTECT, related_name="past", verbose_name=_("replaced by"))
    type = models.CharField(_("type"), max_length=12, choices=DocumentType)
    due_date = models.DateField(_("due date"), null=True, blank=True)
    due_estimated = models.BooleanField(_("due date worked out from the payment terms"), default=False)
    amount = models.DecimalField(_("open amount"), max_digits=16, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    disputed = models.BooleanField(_("contested, says the ledger"), default=False, db_default=False)
    settles = models.CharField(_("invoice it belongs to"), max_length=60, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("open item as it was")
        verbose_name_plural = _("open items as they were")
        ordering = ["pk"]
        constraints = [
            UniqueConstraint(fields=["item", "replaced_by"], name="past_item_once_per_file"),
            CheckConstraint(condition=Q(type__in=DocumentType.values), name="past_item_type_known"),
            CheckConstraint(condition=Q(due_estimated=False) | ~Q(due_date=None), name="past_item_estimated_is_a_date"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} · {self.replaced_by_id}"


class BatchCheckQuerySet(models.QuerySet["BatchCheck"]):
    def failed(self) -> "BatchCheckQuerySet":
        return self.filter(is_ok=False)


class BatchCheck(models.Model):
    """One line of the sentinel's report: before and now, and between which bounds now was allowed to be.

    Amounts are in the ledger's own sign, ages in days at the closing date, shares in %. None: unknown, or no bound.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="checks", verbose_name=_("import"))
    kind = models.CharField(_("what"), max_length=10, choices=CheckKind)
    before = models.DecimalField(_("previous"), max_digits=18, decimal_places=2, null=True, blank=True)
    now = models.DecimalField(_("now"), max_digits=18, decimal_places=2, null=True, blank=True)
    lowest = models.DecimalField(_("at least"), max_digits=18, decimal_places=2, null=True, blank=True)
    highest = models.DecimalField(_("at most"), max_digits=18, decimal_places=2, null=True, blank=True)
    is_ok = models.BooleanField(_("within the limits"))

    objects = BatchCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check of an import")
        verbose_name_plural = _("checks of imports")
        ordering = ["pk"]
        constraints = [
            UniqueConstraint(fields=["batch", "kind"], name="batch_check_once"),
            CheckConstraint(condition=Q(kind__in=CheckKind.values), name="batch_check_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.before} → {self.now}"

    @property
    def is_compared(self) -> bool:
        """Whether there was anything to hold the figure against."""
        return self.now is not None and not (self.lowest is None and self.highest is None)


class AgedBalanceQuerySet(models.QuerySet["AgedBalance"]):
    def of_applied(self) -> "AgedBalanceQuerySet":
        return self.filter(batch__state=BatchState.APPLIED)


class AgedBalance(models.Model):
    """What an account owes in one bucket, from a balance that came without its documents.

    Every file is whole: an account that the latest one doesn't name owes nothing. Credits are negative.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="aged_balances", verbose_name=_("account"))
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="balances", verbose_name=_("import"))
    bucket = models.CharField(_("bucket"), max_length=12, choices=AgeingBucket)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")

    objects = AgedBalanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("aged balance")
        verbose_name_plural = _("aged balances")
        ordering = ["pk"]
        constraints = [
            UniqueConstraint(fields=["batch", "account", "bucket"], name="aged_balance_once_per_file"),
            CheckConstraint(condition=Q(bucket__in=AgeingBucket.values), name="aged_balance_bucket_known"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} · {self.get_bucket_display()}"

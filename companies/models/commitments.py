"""What is promised and not invoiced yet: orders accepted and goods delivered, as files told them (domain 5.1)."""

from datetime import date

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import CommitmentKind
from companies.models.company import Account
from companies.models.ledger import ImportBatch


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def open(self) -> "CommitmentQuerySet":
        return self.filter(closed_on=None)

    def at(self, day: date) -> "CommitmentQuerySet":
        """As the files told it on a day."""
        return self.filter(Q(closed_on=None) | Q(closed_on__gt=day), valid_from__lte=day)


class Commitment(models.Model):
    """An order or a delivery of an account. A file that says something else of it closes this row and adds another,
    so that every day between `valid_from` and `closed_on` keeps what was known then.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="commitments", verbose_name=_("account"))
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="commitments", verbose_name=_("import"))
    kind = models.CharField(_("kind"), max_length=9, choices=CommitmentKind)
    document = models.CharField(_("document"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    document_date = models.DateField(_("document date"), null=True, blank=True)
    deliver_on = models.DateField(_("expected delivery"), null=True, blank=True)
    amount = models.DecimalField(_("amount to be invoiced"), max_digits=16, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    valid_from = models.DateField(_("known from"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("order or delivery")
        verbose_name_plural = _("orders and deliveries")
        ordering = ["deliver_on", "pk"]
        constraints = [
            UniqueConstraint(
                fields=["account", "kind", "document", "position"],
                condition=Q(closed_on=None),
                name="commitment_once",
            ),
            CheckConstraint(condition=Q(kind__in=CommitmentKind.values), name="commitment_kind_known"),
            CheckConstraint(condition=Q(amount__gt=0), name="commitment_positive"),
        ]

    def __str__(self) -> str:
        return self.document

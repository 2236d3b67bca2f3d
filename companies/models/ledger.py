"""What the ERP says is unpaid, and the files it came from."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.choices import BatchState, DocumentType, FileKind, ImportMode
from companies.models.company import Account
from companies.texts import Kept, shown


class ImportBatch(models.Model):
    """One uploaded file, what was found in it, and what became of it."""

    kind = models.CharField(_("kind"), max_length=12, choices=FileKind)
    state = models.CharField(_("state"), max_length=12, choices=BatchState)
    filename = models.CharField(_("file"), max_length=255)
    file = models.FileField(_("stored file"), upload_to="imports/%Y/%m/")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    ledger = models.CharField(_("ledger"), max_length=20, default="ERP")
    mode = models.CharField(_("what the file holds"), max_length=5, choices=ImportMode)
    profile = models.ForeignKey(
        "companies.ImportProfile",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="batches",
        verbose_name=_("import profile"),
    )
    as_of = models.DateField(_("closing date"), null=True, blank=True)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    skipped = models.PositiveIntegerField(_("lines left out"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    left_out = models.PositiveIntegerField(_("rows in error left out"), default=0)
    error_lines = models.TextField(_("lines in error"), blank=True, editable=False)
    warnings = models.PositiveIntegerField(_("warnings"), default=0)
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=2, null=True, blank=True)
    created_count = models.PositiveIntegerField(_("created"), default=0)
    updated_count = models.PositiveIntegerField(_("updated"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    closed_count = models.PositiveIntegerField(pgettext_lazy("open items", "closed"), default=0)
    message = models.TextField(_("message"), blank=True)
    message_values = models.JSONField(default=dict, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("imported by"),
    )
    created_at = models.DateTimeField(_("uploaded"))
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("undone by")
    )
    release_reason = models.CharField(_("why it may be applied all the same"), max_length=400, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("import_file", _("Can import ERP files")),
            ("release_file", _("Can apply a file that is in quarantine")),
        ]
        constraints = [
            UniqueConstraint(
                fields=["kind", "ledger", "sha256"],
                condition=Q(state=BatchState.APPLYING),
                name="import_same_file_at_once",
            ),
            CheckConstraint(condition=Q(mode__in=ImportMode.values), name="import_mode_known"),
            CheckConstraint(condition=Q(kind__in=FileKind.values), name="import_kind_known"),
            CheckConstraint(condition=Q(state__in=BatchState.values), name="import_state_known"),
            CheckConstraint(
                condition=Q(released_at=None, release_reason="")
                | (Q(released_at__isnull=False) & ~Q(release_reason="")),
                name="import_released_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("import", args=[self.pk])

    @property
    def said(self) -> str:
        """The message in the reader's language."""
        return shown(Kept(self.message, self.message_values))


class ImportProblem(models.Model):
    """One error or warning of a file: where, what, and what to do about it.

    `reason` and `fix` are kept as they are in the code, with what to fill in in `values`: each reader reads their own
    language in `problem` and `advice`.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="problems")
    is_error = models.BooleanField(_("error"))
    line = models.PositiveIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=80, blank=True)
    value = models.CharField(_("value"), max_length=255, blank=True)
    code = models.CharField(_("kind"), max_length=40, blank=True)
    reason = models.CharField(_("problem"), max_length=400)
    fix = models.CharField(_("what to do"), max_length=400)
    values = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("import problem")
        verbose_name_plural = _("import problems")
        ordering = ["-is_error", "line", "pk"]

    def __str__(self) -> str:
        return f"{self.line}: {self.problem}"

    @property
    def column_name(self) -> str:
        """The column as the file names it, or our own word for it."""
        return shown(Kept(self.column, {})) if self.values.get("column") else self.column

    @property
    def problem(self) -> str:
        """What is wrong, in the reader's language."""
        return shown(Kept(self.reason, self.values.get("reason", {})))

    @property
    def advice(self) -> str:
        """What to do about it, in the reader's language."""
        return shown(Kept(self.fix, self.values.get("fix", {})))


class OpenItemQuerySet(models.QuerySet["OpenItem"]):
    def open(self) -> "OpenItemQuerySet":
        return self.filter(closed_on=None)


class OpenItem(models.Model):
    """An unpaid entry of an account. Positive: the debt itself; negative: a credit against it."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="open_items", verbose_name=_("account"))
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="items", verbose_name=_("import"))
    document = models.CharField(_("document"), max_length=60)
    installment = models.PositiveSmallIntegerField(_("installment"), default=1)
    type = models.CharField(_("type"), max_length=12, choices=DocumentType)
    document_date = models.DateField(_("document date"))
    due_date = models.DateField(_("due date"), null=True, blank=True)
    due_estimated = models.BooleanField(_("due date worked out from the payment terms"), default=False)
    amount = models.DecimalField(_("open amount"), max_digits=16, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    disputed = models.BooleanField(_("contested, says the ledger"), default=False, db_default=False)
    settles = models.CharField(_("invoice it belongs to"), max_length=60, blank=True, default="", db_default="")
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = OpenItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        ordering = ["due_date", "pk"]
        constraints = [
            UniqueConstraint(
                fields=["account", "document", "document_date", "installment"],
                condition=Q(closed_on=None),
                name="open_item_once",
            ),
            CheckConstraint(condition=Q(type__in=DocumentType.values), name="open_item_type_known"),
            CheckConstraint(condition=Q(due_estimated=False) | ~Q(due_date=None), name="open_item_estimated_is_a_date"),
        ]

    def __str__(self) -> str:
        return self.document

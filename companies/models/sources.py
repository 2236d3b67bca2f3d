"""Where files come from: how each source writes them, and what applying one did, so that it can be undone."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.choices import DateStyle, DecimalStyle, EffectKind, FileFormat, FileKind, ImportMode, Role


class ImportProfile(models.Model):
    """How one source writes one kind of file. What is empty is found in the file; `mode` never is (domain 6.6)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=FileKind)
    ledger = models.CharField(_("ledger"), max_length=20, default="ERP")
    mode = models.CharField(_("what the file holds"), max_length=5, choices=ImportMode)
    format = models.CharField(_("format"), max_length=6, choices=FileFormat, default=FileFormat.DETECT)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    sheet = models.CharField(_("sheet"), max_length=31, blank=True)
    header_line = models.PositiveSmallIntegerField(_("line of the header"), null=True, blank=True)
    has_header = models.BooleanField(_("has a header line"), default=True)
    record_length = models.PositiveSmallIntegerField(
        _("characters of a record without line end"), null=True, blank=True
    )
    decimal_style = models.CharField(
        _("decimal numbers"), max_length=7, choices=DecimalStyle, default=DecimalStyle.DETECT
    )
    implied_decimals = models.PositiveSmallIntegerField(_("implied decimals"), default=0)
    date_style = models.CharField(_("dates"), max_length=9, choices=DateStyle, default=DateStyle.DAY_FIRST)
    default_role = models.CharField(_("role where the file says none"), max_length=10, choices=Role, blank=True)
    default_country = models.CharField(_("country where the file says none"), max_length=2, blank=True)
    default_currency = models.CharField(_("currency where the file says none"), max_length=3, blank=True)
    leave_out_errors = models.BooleanField(_("apply the good rows and leave out those in error"), default=False)
    least_items = models.PositiveSmallIntegerField(_("items and accounts at least, in % of those before"), default=80)
    most_items = models.PositiveSmallIntegerField(_("items and accounts at most, in % of those before"), default=150)
    balance_margin = models.PositiveSmallIntegerField(_("balance within, in % of the one before"), default=25)
    most_unknown = models.PositiveSmallIntegerField(_("accounts that are not known at most, in %"), default=5)
    oldest_days = models.PositiveSmallIntegerField(_("oldest item within, in days of the one before"), default=366)
    active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("import profile")
        verbose_name_plural = _("import profiles")
        ordering = ["name"]
        constraints = [
            CheckConstraint(condition=Q(kind__in=FileKind.values), name="import_profile_kind_known"),
            CheckConstraint(condition=Q(mode__in=ImportMode.values), name="import_profile_mode_known"),
            CheckConstraint(condition=Q(format__in=FileFormat.values), name="import_profile_format_known"),
            CheckConstraint(
                condition=Q(header_line=None) | Q(header_line__gte=1, has_header=True),
                name="import_profile_header_line_of_a_header",
            ),
            CheckConstraint(condition=Q(implied_decimals__lte=6), name="import_profile_implied_decimals"),
            CheckConstraint(
                condition=Q(least_items__lte=100, most_items__gte=100, most_unknown__lte=100),
                name="import_profile_limits_let_the_same_file_pass",
                violation_error_message=_("The limits must let a file like the one before pass."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("import_profile", args=[self.pk])


class ImportColumn(models.Model):
    """Where one of our fields is in the files of a source: under a header, or at a position of so many characters."""

    profile = models.ForeignKey(ImportProfile, models.CASCADE, related_name="columns", verbose_name=_("import profile"))
    field = models.CharField(_("field"), max_length=20)
    header = models.CharField(_("column of the file"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(_("first character"), null=True, blank=True)
    width = models.PositiveSmallIntegerField(_("characters"), null=True, blank=True)

    class Meta:
        verbose_name = _("column of an import profile")
        verbose_name_plural = _("columns of import profiles")
        ordering = ["pk"]
        constraints = [
            UniqueConstraint(fields=["profile", "field"], name="import_column_field_once"),
            CheckConstraint(
                condition=(~Q(header="") & Q(position=None, width=None)) | Q(header="", position__gte=1, width__gte=1),
                name="import_column_header_or_position",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} ← {self.header or f'{self.position}+{self.width}'}"


class BatchEffect(models.Model):
    """What applying a file did to some rows of one table, in the order of the work, kept to be undone.

    `body` is JSON compressed by zlib: a list of keys when the rows were created, else a list of [key, {column:
    [value before, value written]}].
    """

    batch = models.ForeignKey("companies.ImportBatch", models.CASCADE, related_name="effects", verbose_name=_("import"))
    kind = models.CharField(_("kind"), max_length=8, choices=EffectKind)
    created = models.BooleanField(_("created"))
    rows = models.PositiveIntegerField(_("rows"))
    body = models.BinaryField()

    class Meta:
        verbose_name = _("effect of an import")
        verbose_name_plural = _("effects of imports")
        ordering = ["pk"]
        constraints = [CheckConstraint(condition=Q(kind__in=EffectKind.values), name="batch_effect_kind_known")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.rows}"

"""The report archive: what was ordered and when, each content once, who looked, and how long it stays."""

import json
from typing import Any, TypeVar

import msgspec
import zstandard
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import OnMerge, Rating, RatingState, ReportUse
from companies.creditsafe.payloads.values import read_json
from companies.models.company import Company

LEVEL = 3
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")
Row = TypeVar("Row", bound=models.Model)


class Immutable(Exception):
    """What was received is never changed, and is removed by the retention policy only."""


class FixedQuerySet(models.QuerySet[Row]):
    def update(self, **values: Any) -> int:
        raise Immutable(self.model.__name__)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Immutable(self.model.__name__)

    def purge(self) -> int:
        """Remove for good: for the retention policy alone. Returns how many rows of this table went."""
        return super().delete()[1].get(self.model._meta.label, 0)


class Fixed(models.Model):
    """A row that is written once; the database refuses updates too, whoever asks."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Immutable(str(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Immutable(str(self))


class ReportBodyQuerySet(FixedQuerySet["ReportBody"]):
    def unused(self) -> "ReportBodyQuerySet":
        """Contents that no report has any more."""
        return self.filter(reports=None)


class ReportBody(Fixed):
    """One content, stored as it first came. Its key is the hash of the `report` object alone: an order that brings the
    same again differs in the envelope only, and points here.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    raw_sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    stored_size = models.PositiveIntegerField(_("stored bytes"))
    sections = models.TextField(_("sections"), blank=True)
    rating = models.CharField(_("rating"), max_length=1, choices=Rating, blank=True)
    rating_state = models.CharField(_("rating state"), max_length=10, choices=RatingState, default=RatingState.UNKNOWN)
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    objects = ReportBodyQuerySet.as_manager()

    class Meta:
        verbose_name = _("content of a report")
        verbose_name_plural = _("contents of reports")
        constraints = [
            CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="report_body_score_up_to_100"),
            CheckConstraint(condition=Q(rating__in=["", *Rating.values]), name="report_body_rating_known"),
            CheckConstraint(condition=Q(rating_state__in=RatingState.values), name="report_body_rating_state_known"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    def answer(self) -> bytes:
        """The answer that brought this content first, byte for byte."""
        return zstandard.decompress(bytes(self.content))


class ReportQuerySet(FixedQuerySet["Report"]):
    def for_list(self) -> "ReportQuerySet":
        """With what the history shows, and without the contents."""
        return self.select_related("body").defer("body__content", "envelope")

    def before(self, report: "Report") -> "ReportQuerySet":
        """Older reports of the same profile, newest first."""
        older = Q(ordered_at__lt=report.ordered_at) | Q(ordered_at=report.ordered_at, pk__lt=report.pk)
        return self.filter(older, company=report.company_id, connect_id=report.connect_id)

    def with_section(self, section: str) -> "ReportQuerySet":
        return self.filter(body__sections__contains=f" {section} ")


class Report(Fixed):
    """One ordered credit report: dated, never changed, with the envelope of its own order."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="reports", verbose_name=_("company"))
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64)
    ordered_at = models.DateTimeField(_("ordered"))
    known_at = models.DateTimeField(_("received"))
    language = models.CharField(_("language"), max_length=2)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    envelope = models.TextField(_("envelope"), default="{}")
    body = models.ForeignKey(ReportBody, models.PROTECT, related_name="reports", verbose_name=_("content"))

    objects = ReportQuerySet.as_manager()
    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-ordered_at", "-pk"]
        get_latest_by = "ordered_at"
        permissions = [("view_raw_report", _("Can download reports as they were received"))]
        constraints = [UniqueConstraint(fields=["company", "sha256"], name="report_stored_once")]
        indexes = [models.Index(fields=["company", "-ordered_at"], name="report_by_company")]

    def __str__(self) -> str:
        return f"{self.connect_id} · {self.ordered_at:%Y-%m-%d}"

    @staticmethod
    def pack(raw: bytes) -> bytes:
        return zstandard.compress(raw, LEVEL)

    def data(self) -> dict[str, Any]:
        """The answer as it came, with this order's envelope; amounts stay exact."""
        answer: dict[str, Any] = read_json(self.body.answer())
        return {**read_json(self.envelope), "report": answer["report"]} if "report" in answer else answer

    def raw(self) -> bytes:
        """The answer byte for byte; for a content that came before, its own envelope around that content."""
        first = self.body.answer()
        if self.sha256 == self.body.raw_sha256:
            return first
        return exact_json({**read_json(self.envelope), "report": read_json(first)["report"]})


def exact_json(value: object) -> bytes:
    """JSON of what `read_json` decoded: keys sorted, no blanks, and the digits of 1.50 as they came; the same bytes for
    the same content.
    """
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair: no UTF-8, but the report was paid for
        return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()


class ReportPdf(Fixed):
    """A report as Creditsafe printed it, kept once it was fetched."""

    report = models.OneToOneField(Report, models.CASCADE, related_name="pdf", verbose_name=_("report"))
    fetched_at = models.DateTimeField(_("fetched"))
    fetched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, null=True, related_name="+",
        verbose_name=_("fetched by"),
    )  # fmt: skip
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    content = models.BinaryField()

    objects = FixedQuerySet["ReportPdf"].as_manager()

    class Meta:
        verbose_name = _("printed report")
        verbose_name_plural = _("printed reports")

    def __str__(self) -> str:
        return f"{self.report_id} · {self.size}"


class ReportAccess(Fixed):
    """Who looked at which report, and when. Outlives the report and the user, hence keys without constraint."""

    at = models.DateTimeField(_("when"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, null=True, related_name="+",
        verbose_name=_("user"),
    )  # fmt: skip
    username = models.CharField(_("user name"), max_length=150)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company"))
    report = models.ForeignKey(
        Report, models.DO_NOTHING, db_constraint=False, null=True, related_name="+", verbose_name=_("report")
    )
    use = models.CharField(_("what was looked at"), max_length=10, choices=ReportUse)
    detail = models.CharField(_("detail"), max_length=80, blank=True)

    objects = FixedQuerySet["ReportAccess"].as_manager()
    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("access to a report")
        verbose_name_plural = _("access to reports")
        ordering = ["-at", "-pk"]
        constraints = [CheckConstraint(condition=Q(use__in=ReportUse.values), name="report_access_use_known")]
        indexes = [models.Index(fields=["company", "-at"], name="report_access_by_company")]

    def __str__(self) -> str:
        return f"{self.username} · {self.at:%Y-%m-%d %H:%M}"


class RetentionPolicy(models.Model):
    """How long reports stay. The latest one of a linked company always does."""

    report_years = models.PositiveSmallIntegerField(
        _("years of all reports"), default=5, validators=[MinValueValidator(1)],
        help_text=_("After that, one a year is kept: the last of each year."),
    )  # fmt: skip
    personal_years = models.PositiveSmallIntegerField(
        _("years of personal data"), default=10, null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("After that, the one a year goes too: reports name directors and shareholders. Empty: no limit."),
    )  # fmt: skip
    access_years = models.PositiveSmallIntegerField(
        _("years of the access log"), default=3, validators=[MinValueValidator(1)],
    )  # fmt: skip

    class Meta:
        verbose_name = _("retention of reports")
        verbose_name_plural = _("retention of reports")
        constraints = [
            CheckConstraint(condition=Q(pk=1), name="retention_only_one"),
            CheckConstraint(condition=Q(report_years__gte=1, access_years__gte=1), name="retention_a_year_at_least"),
            CheckConstraint(
                condition=Q(personal_years=None) | Q(personal_years__gte=models.F("report_years")),
                name="retention_personal_not_shorter",
                violation_error_message=_("Personal data cannot go before the reports that hold it."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Retention of reports"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "RetentionPolicy":
        """The stored policy, or an unsaved one with the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

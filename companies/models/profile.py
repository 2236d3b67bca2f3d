"""What Creditsafe says: the link, the reports, their orders and the history of the rating."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import zstandard
from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import CompanyStatus, OrderReason, OrderState, Rating, RatingState
from companies.models.company import Company

LEVEL = 3


class Report(models.Model):
    """One ordered credit report: never changed, stored as it came, compressed."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="reports", verbose_name=_("company"))
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64)
    ordered_at = models.DateTimeField(_("ordered"))
    known_at = models.DateTimeField(_("received"))
    language = models.CharField(_("language"), max_length=2)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    body = models.BinaryField()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-ordered_at", "-pk"]
        get_latest_by = "ordered_at"
        constraints = [UniqueConstraint(fields=["company", "sha256"], name="report_stored_once")]

    def __str__(self) -> str:
        return f"{self.connect_id} · {self.ordered_at:%Y-%m-%d}"

    @staticmethod
    def pack(raw: bytes) -> bytes:
        return zstandard.compress(raw, LEVEL)

    def data(self) -> dict[str, Any]:
        """The answer as it came; amounts stay exact."""
        answer: dict[str, Any] = json.loads(zstandard.decompress(bytes(self.body)), parse_float=Decimal)
        return answer


class Profile(models.Model):
    """The link company ↔ Creditsafe, with the current rating, score and limits."""

    company = models.OneToOneField(Company, models.CASCADE, related_name="profile", verbose_name=_("company"))
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64, unique=True)
    safe_number = models.CharField(_("safe number"), max_length=20, blank=True)
    name = models.CharField(_("name at Creditsafe"), max_length=255)
    rating = models.CharField(_("rating"), max_length=1, choices=Rating, blank=True)
    rating_state = models.CharField(_("rating state"), max_length=10, choices=RatingState, default=RatingState.UNKNOWN)
    rating_text = models.CharField(_("rating in words"), max_length=255, blank=True)
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=20, decimal_places=2, null=True, blank=True)
    credit_limit_text = models.CharField(_("credit limit as given"), max_length=80, blank=True)
    contract_limit = models.DecimalField(_("contract limit"), max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=CompanyStatus, default=CompanyStatus.UNKNOWN)
    status_text = models.CharField(_("status in words"), max_length=255, blank=True)
    in_proceeding = models.BooleanField(_("open collective proceeding"), default=False)
    rated_on = models.DateField(_("rated on"), null=True, blank=True)
    evidence = models.CharField(_("why it was linked"), max_length=255, blank=True)
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("linked by")
    )
    linked_at = models.DateTimeField(_("linked"))
    report = models.ForeignKey(
        Report, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("latest report")
    )
    reported_at = models.DateTimeField(_("latest report on"), null=True, blank=True)

    class Meta:
        verbose_name = _("Creditsafe profile")
        verbose_name_plural = _("Creditsafe profiles")
        constraints = [
            CheckConstraint(condition=Q(rating__in=["", *Rating.values]), name="profile_rating_known"),
            CheckConstraint(condition=Q(rating_state__in=RatingState.values), name="profile_rating_state_known"),
            CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="profile_score_up_to_100"),
            CheckConstraint(condition=Q(credit_limit=None) | Q(credit_limit__gte=0), name="profile_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return self.connect_id


class ReportOrderQuerySet(models.QuerySet["ReportOrder"]):
    def open(self) -> "ReportOrderQuerySet":
        return self.filter(state__in=[OrderState.QUEUED, OrderState.ORDERING])

    def claim(self, pk: int, *, now: datetime, until: datetime) -> bool:
        """Take the right to order one report; only one worker gets True."""
        free = Q(state=OrderState.QUEUED) | Q(state=OrderState.ORDERING, lease_until__lt=now)
        taken = self.filter(free, pk=pk).update(
            state=OrderState.ORDERING, lease_until=until, attempts=models.F("attempts") + 1
        )
        return taken == 1

    def waiting(self, now: datetime) -> "ReportOrderQuerySet":
        return self.filter(Q(state=OrderState.QUEUED) | Q(state=OrderState.ORDERING, lease_until__lt=now))


class ReportOrder(models.Model):
    """The ledger of what was asked of Creditsafe: each report costs money, so each has a reason and a name."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="orders", verbose_name=_("company"))
    reason = models.CharField(_("reason"), max_length=10, choices=OrderReason)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"))
    state = models.CharField(_("state"), max_length=10, choices=OrderState, default=OrderState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    report = models.ForeignKey(
        Report, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("report")
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=255, blank=True)

    objects = ReportOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("report order")
        verbose_name_plural = _("report orders")
        ordering = ["-requested_at", "-pk"]
        constraints = [
            UniqueConstraint(
                fields=["company"],
                condition=Q(state__in=[OrderState.QUEUED, OrderState.ORDERING]),
                name="order_one_open_per_company",
            ),
            CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            CheckConstraint(condition=Q(reason__in=OrderReason.values), name="order_reason_known"),
        ]
        indexes = [models.Index(fields=["state", "id"], name="order_by_state")]

    def __str__(self) -> str:
        return f"{self.company} · {self.get_reason_display()}"


class RatingPoint(models.Model):
    """Score and limit on a day, from the report's history and from what we saw. Appended, never edited."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="rating_points", verbose_name=_("company"))
    valid_on = models.DateField(_("valid on"))
    known_at = models.DateTimeField(_("known"))
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    rating = models.CharField(_("rating"), max_length=1, choices=Rating, blank=True)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("rating on a day")
        verbose_name_plural = _("rating history")
        ordering = ["valid_on", "known_at"]
        constraints = [
            UniqueConstraint(fields=["company", "valid_on", "known_at"], name="rating_point_known_once"),
            CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="rating_point_score_up_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.valid_on} · {self.score}"

"""Links that ended: which profile a company had, until when, and why it has it no more."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _

from companies.choices import CompanyStatus, OnMerge, Rating, RatingState
from companies.models.archive import Report
from companies.models.company import Company


class FormerProfile(models.Model):
    """A profile as it was when its link ended. Its reports and rating points stay with `holder` and `connect_id`.

    `holder` is the company itself, or the one that was merged into it with this profile.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="former_profiles", verbose_name=_("company"))
    holder = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company of its history"))
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64)
    safe_number = models.CharField(_("safe number"), max_length=20, blank=True)
    name = models.CharField(_("name at Creditsafe"), max_length=255)
    rating = models.CharField(_("rating"), max_length=1, choices=Rating, blank=True)
    rating_state = models.CharField(_("rating state"), max_length=10, choices=RatingState, default=RatingState.UNKNOWN)
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=CompanyStatus, default=CompanyStatus.UNKNOWN)
    evidence = models.CharField(_("why it was linked"), max_length=255, blank=True)
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("linked by")
    )
    linked_at = models.DateTimeField(_("linked"))
    report = models.ForeignKey(
        Report, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("latest report")
    )
    reported_at = models.DateTimeField(_("latest report on"), null=True, blank=True)
    ended_at = models.DateTimeField(_("unlinked"))
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("unlinked by"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=255)

    on_merge = {"holder": OnMerge.STAY}

    class Meta:
        verbose_name = _("former profile")
        verbose_name_plural = _("former profiles")
        ordering = ["-ended_at", "-pk"]
        constraints = [
            CheckConstraint(condition=Q(rating__in=["", *Rating.values]), name="former_rating_known"),
            CheckConstraint(condition=Q(rating_state__in=RatingState.values), name="former_rating_state_known"),
            CheckConstraint(condition=Q(status__in=CompanyStatus.values), name="former_status_known"),
            CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="former_score_up_to_100"),
            CheckConstraint(condition=Q(ended_at__gte=F("linked_at")), name="former_ended_after_link"),
        ]

    def __str__(self) -> str:
        return self.connect_id

"""What the directory offered for a company that a person must decide on: kept, so that the review needs no call."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import CompanyStatus, OnMerge
from companies.models.company import Company


class Candidate(models.Model):
    """A company of the directory that may be ours, as the search gave it; rank 1 is the best.

    `evidence` holds the clues as they are stored with a link. Gone when the company is linked.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="candidates", verbose_name=_("company"))
    rank = models.PositiveSmallIntegerField(_("rank"))
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64)
    score = models.PositiveSmallIntegerField(_("score"), validators=[MaxValueValidator(100)])
    evidence = models.CharField(_("evidence"), max_length=400, blank=True)
    name = models.CharField(_("name at Creditsafe"), max_length=255)
    country = models.CharField(_("country"), max_length=2)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    street = models.CharField(_("street"), max_length=255, blank=True)
    postal_code = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=CompanyStatus, default=CompanyStatus.UNKNOWN)
    is_head_office = models.BooleanField(_("head office"), default=True)
    found_at = models.DateTimeField(_("found"))

    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["company_id", "rank"]
        constraints = [
            UniqueConstraint(fields=["company", "rank"], name="candidate_rank_once"),
            UniqueConstraint(fields=["company", "connect_id"], name="candidate_once_per_company"),
            CheckConstraint(condition=Q(rank__gte=1), name="candidate_rank_from_one"),
            CheckConstraint(condition=Q(score__lte=100), name="candidate_score_up_to_100"),
            CheckConstraint(condition=Q(status__in=CompanyStatus.values), name="candidate_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.name}"

"""What people decided in the review: who linked or left what, when, and what became of it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import LinkState, OnMerge, ReviewState
from companies.models.company import Company
from companies.models.job import Job

UNDER_WAY = [ReviewState.CHOSEN, ReviewState.UNDOING]
SETTLED = [ReviewState.LINKED, ReviewState.LEFT]


class ReviewDecisionQuerySet(models.QuerySet["ReviewDecision"]):
    def under_way(self) -> "ReviewDecisionQuerySet":
        """Chosen together and not worked off yet."""
        return self.filter(state__in=UNDER_WAY)

    def since(self, moment: datetime) -> "ReviewDecisionQuerySet":
        """Decisions that hold, taken from this moment on."""
        return self.filter(state__in=SETTLED, decided_at__gte=moment)


class ReviewDecision(models.Model):
    """One company, one decision: link it to a candidate, or leave it unlinked. One by one, or many in a job."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="decisions", verbose_name=_("company"))
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="decisions", verbose_name=_("job")
    )
    state = models.CharField(_("state"), max_length=10, choices=ReviewState)
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64, blank=True)
    name = models.CharField(_("name at Creditsafe"), max_length=255, blank=True)
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    note = models.CharField(_("why"), max_length=255, blank=True)
    state_before = models.CharField(_("state before"), max_length=12, choices=LinkState)
    note_before = models.CharField(_("why before"), max_length=255, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"))

    objects = ReviewDecisionQuerySet.as_manager()

    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("decision of the review")
        verbose_name_plural = _("decisions of the review")
        ordering = ["-decided_at", "-pk"]
        constraints = [
            UniqueConstraint(
                fields=["company"], condition=Q(state__in=UNDER_WAY), name="review_one_under_way_per_company"
            ),
            CheckConstraint(condition=Q(state__in=ReviewState.values), name="review_state_known"),
            CheckConstraint(condition=Q(state_before__in=LinkState.values), name="review_state_before_known"),
            CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="review_score_up_to_100"),
        ]
        indexes = [models.Index(fields=["decided_at", "state"], name="review_by_day")]

    def __str__(self) -> str:
        return f"{self.get_state_display()} · {self.name}".rstrip(" ·")

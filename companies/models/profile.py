"""What Creditsafe says: the link, the reports, their orders and the history of the rating."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, CheckConstraint, F, Q, UniqueConstraint, When
from django.utils.translation import gettext_lazy as _

from companies.choices import CompanyStatus, OnMerge, OrderReason, OrderState, Rating, RatingState
from companies.models.archive import Report
from companies.models.company import Company


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
    pod = models.DecimalField(_("probability of default (%)"), max_digits=7, decimal_places=4, null=True, blank=True)
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

    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("Creditsafe profile")
        verbose_name_plural = _("Creditsafe profiles")
        constraints = [
            CheckConstraint(condition=Q(rating__in=["", *Rating.values]), name="profile_rating_known"),
            CheckConstraint(condition=Q(rating_state__in=RatingState.values), name="profile_rating_state_known"),
            CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="profile_score_up_to_100"),
            CheckConstraint(condition=Q(credit_limit=None) | Q(credit_limit__gte=0), name="profile_limit_not_negative"),
            CheckConstraint(condition=Q(pod=None) | Q(pod__gte=0, pod__lte=100), name="profile_pod_is_a_percentage"),
        ]
        indexes = [models.Index(fields=["reported_at", "company"], name="profile_by_age")]

    def __str__(self) -> str:
        return self.connect_id


OPEN = [OrderState.HELD, OrderState.QUEUED, OrderState.ORDERING, OrderState.RECEIVED]
ASKED = [OrderState.QUEUED, OrderState.ORDERING]  # each of these will be billed
PRIORITY = {OrderReason.REQUESTED: 0, OrderReason.EVENT: 1, OrderReason.LINKED: 2, OrderReason.AGE: 3}


class ReportOrderQuerySet(models.QuerySet["ReportOrder"]):
    def open(self) -> "ReportOrderQuerySet":
        return self.filter(state__in=OPEN)

    def under_way(self) -> "ReportOrderQuerySet":
        """Open, and waiting for nobody's approval."""
        return self.filter(state__in=[*ASKED, OrderState.RECEIVED])

    def automatic(self) -> "ReportOrderQuerySet":
        """Asked for by a rule, and approved by nobody."""
        return self.filter(requested_by=None, decided_by=None)

    def free(self, now: datetime) -> "ReportOrderQuerySet":
        """To be ordered, and nobody is at it: waiting, or its worker died before an answer was stored."""
        waiting = Q(state=OrderState.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
        return self.filter(waiting | Q(state=OrderState.ORDERING, lease_until__lt=now))

    def unread(self, now: datetime) -> "ReportOrderQuerySet":
        """The report is stored, and the worker died before it was read: nothing is ordered again."""
        return self.filter(state=OrderState.RECEIVED, lease_until__lt=now)

    def waiting(self, now: datetime) -> "ReportOrderQuerySet":
        """What a worker can do now."""
        return self.free(now) | self.unread(now)

    def claim(self, pk: int, *, now: datetime, until: datetime) -> bool:
        """Take the right to order one report; only one worker gets True."""
        return self.filter(pk=pk).take(now=now, until=until, token="") == 1

    def take(self, *, now: datetime, until: datetime, token: str) -> int:
        """Claim every free order of this queryset under a worker's token. Returns how many it got.

        An order taken over from a dead worker counts a lost attempt: its answer, if there was one, was billed.
        """
        lost = F("lost") + Case(When(state=OrderState.ORDERING, then=1), default=0)
        return self.free(now).update(
            state=OrderState.ORDERING, lease_until=until, token=token, attempts=F("attempts") + 1, lost=lost
        )

    def held_by(self, token: str) -> "ReportOrderQuerySet":
        """Claimed by this worker and not lost since."""
        return self.filter(token=token, state__in=[OrderState.ORDERING, OrderState.RECEIVED])


class ReportOrder(models.Model):
    """The ledger of what was asked of Creditsafe: each report costs money, so each has a reason and a name.

    queued → ordering → received → done; ordering → failed when refused, → queued again when the provider was away. A
    rule's order beyond the budget is held until a person approves or drops it. `cost` counts the reports that we know
    to be billed, `lost` the attempts whose end nobody saw: what Creditsafe bills is between `cost` and their sum.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="orders", verbose_name=_("company"))
    country = models.CharField(_("country"), max_length=2, blank=True)
    reason = models.CharField(_("reason"), max_length=10, choices=OrderReason)
    priority = models.PositiveSmallIntegerField(_("priority"), default=2)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("approved or dropped by"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=10, choices=OrderState, default=OrderState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    cost = models.PositiveSmallIntegerField(_("reports billed"), default=0)
    lost = models.PositiveSmallIntegerField(_("attempts without known end"), default=0)
    denied = models.BooleanField(_("refused once for its country"), default=False)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    token = models.CharField(_("held by"), max_length=32, blank=True)
    report = models.ForeignKey(
        Report, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("report")
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=255, blank=True)

    objects = ReportOrderQuerySet.as_manager()
    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("report order")
        verbose_name_plural = _("report orders")
        ordering = ["-requested_at", "-pk"]
        permissions = [("steer_reportorder", _("Can pause the refresh, approve and drop orders"))]
        constraints = [
            UniqueConstraint(fields=["company"], condition=Q(state__in=OPEN), name="order_one_open_per_company"),
            CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            CheckConstraint(condition=Q(reason__in=OrderReason.values), name="order_reason_known"),
            CheckConstraint(
                condition=~Q(state=OrderState.RECEIVED) | Q(report__isnull=False), name="order_received_has_report"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "priority", "id"], name="order_by_priority"),
            models.Index(fields=["finished_at"], name="order_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.get_reason_display()}"


class RatingPointQuerySet(models.QuerySet["RatingPoint"]):
    def of(self, company: int, connect_id: str) -> "RatingPointQuerySet":
        """The points of one profile of a company; two profiles are never one line. "" is known of no profile."""
        return self.filter(company=company, connect_id__in=["", connect_id])


class RatingPoint(models.Model):
    """Score and limit on a day, from the report's history and from what we saw. Appended, never edited."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="rating_points", verbose_name=_("company"))
    valid_on = models.DateField(_("valid on"))
    known_at = models.DateTimeField(_("known"))
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    rating = models.CharField(_("rating"), max_length=1, choices=Rating, blank=True)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    connect_id = models.CharField(_("Creditsafe identifier"), max_length=64, blank=True, default="", db_default="")

    objects = RatingPointQuerySet.as_manager()
    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("rating on a day")
        verbose_name_plural = _("rating history")
        ordering = ["valid_on", "known_at"]
        constraints = [
            UniqueConstraint(fields=["company", "connect_id", "valid_on", "known_at"], name="rating_point_known_once"),
            CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="rating_point_score_up_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.valid_on} · {self.score}"

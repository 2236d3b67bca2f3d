"""The matrix as data: thresholds and the words of each cell (domain 4.4 and 4.5)."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from companies.choices import Role
from monitoring.choices import (
    Cell,
    CellColour,
    CellOrigin,
    GroupInheritance,
    LimitMeasure,
    MatrixColumn,
    NotRatedHandling,
    PolicyState,
    ReminderProfile,
)
from monitoring.rules.matrix import Inheritance, NotRated, PolicyRules

POSITIVE = [MinValueValidator(0)]


class MatrixPolicyQuerySet(models.QuerySet["MatrixPolicy"]):
    def active(self) -> "MatrixPolicy":
        """The policy in force for clients, which every company without one for its role is judged by."""
        return self.get(state=PolicyState.ACTIVE, role=Role.CLIENT)


class MatrixPolicy(models.Model):
    """One version of the thresholds. Lower bounds are inclusive; below the weak bound is the lane Failed."""

    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=PolicyState, default=PolicyState.DRAFT)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    measure = models.CharField(
        _("limit measured"), max_length=14, choices=LimitMeasure, default=LimitMeasure.CREDIT_LIMIT
    )
    high_from = models.DecimalField(_("high limit from"), max_digits=16, decimal_places=2, default=Decimal(50_000))
    sound_from = models.DecimalField(_("sound from score"), max_digits=6, decimal_places=2, default=Decimal(51))
    watch_from = models.DecimalField(_("watch from score"), max_digits=6, decimal_places=2, default=Decimal(30))
    weak_from = models.DecimalField(_("weak from score"), max_digits=6, decimal_places=2, default=Decimal(1))
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.CLIENT)
    hysteresis_score = models.DecimalField(
        _("hysteresis of the score (points)"), max_digits=5, decimal_places=2, default=0, validators=POSITIVE,
        help_text=_("Points beyond a bound that a better score needs. 0: none."),
    )  # fmt: skip
    hysteresis_pct = models.DecimalField(
        _("hysteresis of the amount (%)"), max_digits=5, decimal_places=2, default=0, validators=POSITIVE
    )
    min_dwell_days = models.PositiveSmallIntegerField(_("shortest stay before an upgrade (days)"), default=0)
    downgrade_immediate = models.BooleanField(_("downgrade at once"), default=True)
    max_age_days = models.PositiveSmallIntegerField(_("a score is old after (days)"), default=365)
    inheritance = models.CharField(
        _("solvency of the group"), max_length=6, choices=GroupInheritance, default=GroupInheritance.OWN
    )
    not_rated = models.CharField(
        _("companies without a rating"), max_length=9, choices=NotRatedHandling, default=NotRatedHandling.LANE
    )
    not_rated_column = models.CharField(_("their column"), max_length=3, choices=MatrixColumn, default=MatrixColumn.DEF)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("approved by"),
    )  # fmt: skip
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    reason = models.CharField(_("why it changes"), max_length=400, blank=True)

    objects = MatrixPolicyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("matrix policy")
        verbose_name_plural = _("matrix policies")
        constraints = [
            UniqueConstraint(fields=["role"], condition=Q(state=PolicyState.ACTIVE), name="policy_one_active"),
            UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            CheckConstraint(condition=Q(state__in=PolicyState.values), name="policy_state_known"),
            CheckConstraint(condition=Q(measure__in=LimitMeasure.values), name="policy_measure_known"),
            CheckConstraint(
                condition=Q(sound_from__gt=F("watch_from"), watch_from__gt=F("weak_from"), weak_from__gt=0),
                name="policy_bounds_ordered",
                violation_error_message=_("The three scores must fall from sound to watch to weak, all above 0."),
            ),
            CheckConstraint(condition=Q(high_from__gt=0), name="policy_threshold_positive"),
            CheckConstraint(condition=Q(role__in=Role.values), name="policy_role_known"),
            CheckConstraint(
                condition=Q(hysteresis_score__gte=0, hysteresis_pct__gte=0), name="policy_hysteresis_not_negative"
            ),
        ]
        permissions = [("approve_policy", _("Can approve a matrix policy of somebody else"))]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    def clean(self) -> None:
        if self.sound_from > 100:
            raise ValidationError({"sound_from": _("Scores run from 0 to 100.")})

    def rules(self) -> PolicyRules:
        return PolicyRules(
            sound_from=self.sound_from,
            watch_from=self.watch_from,
            weak_from=self.weak_from,
            high_from=self.high_from,
            hysteresis_score=self.hysteresis_score,
            hysteresis_pct=self.hysteresis_pct,
            min_dwell_days=self.min_dwell_days,
            downgrade_immediate=self.downgrade_immediate,
            role=self.role,
            max_age_days=self.max_age_days,
            inheritance=Inheritance(self.inheritance),
            not_rated=NotRated(self.not_rated),
            not_rated_column=self.not_rated_column,
        )


def said(row: models.Model, what: str) -> str:
    """A text of a row that has it in both languages, in the reader's."""
    language = "fr" if (get_language() or "fr").startswith("fr") else "en"
    words: str = getattr(row, f"{what}_{language}")
    return words


class MatrixCellQuerySet(models.QuerySet["MatrixCell"]):
    def in_force(self, role: str = Role.CLIENT) -> "MatrixCellQuerySet":
        """The cells of the policy in force for a role; none where the role has no policy of its own."""
        return self.filter(policy__state=PolicyState.ACTIVE, policy__role=role)


class MatrixCell(models.Model):
    """Posture and actions of one cell or lane, in both languages."""

    policy = models.ForeignKey(MatrixPolicy, models.CASCADE, related_name="cells", verbose_name=_("policy"))
    code = models.CharField(_("cell"), max_length=8, choices=Cell)
    label_fr = models.CharField(_("label (French)"), max_length=60)
    label_en = models.CharField(_("label (English)"), max_length=60)
    posture_fr = models.TextField(_("posture (French)"))
    posture_en = models.TextField(_("posture (English)"))
    credit_fr = models.TextField(_("credit and reminders (French)"), blank=True)
    credit_en = models.TextField(_("credit and reminders (English)"), blank=True)
    watch_fr = models.TextField(_("surveillance (French)"), blank=True)
    watch_en = models.TextField(_("surveillance (English)"), blank=True)
    marketing_fr = models.TextField(_("marketing (French)"), blank=True)
    marketing_en = models.TextField(_("marketing (English)"), blank=True)
    severity = models.PositiveSmallIntegerField(_("severity"))
    review_days = models.PositiveSmallIntegerField(_("review every (days)"), null=True, blank=True)
    colour = models.CharField(_("colour"), max_length=8, choices=CellColour, default=CellColour.GREY)
    icon = models.CharField(_("icon"), max_length=40, blank=True, help_text=_("Colour alone is not for everyone."))
    reminders = models.CharField(
        _("reminder profile"), max_length=8, choices=ReminderProfile, default=ReminderProfile.STANDARD
    )
    origin = models.CharField(_("origin of the words"), max_length=16, choices=CellOrigin)

    objects = MatrixCellQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("matrix cell")
        verbose_name_plural = _("matrix cells")
        ordering = ["severity", "code"]
        constraints = [
            UniqueConstraint(fields=["policy", "code"], name="cell_once_per_policy"),
            CheckConstraint(condition=Q(code__in=Cell.values), name="cell_code_known"),
            CheckConstraint(condition=Q(origin__in=CellOrigin.values), name="cell_origin_known"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return said(self, "label")

    @property
    def posture(self) -> str:
        return said(self, "posture")

    @property
    def credit(self) -> str:
        return said(self, "credit")

    @property
    def watch(self) -> str:
        return said(self, "watch")

    @property
    def marketing(self) -> str:
        return said(self, "marketing")

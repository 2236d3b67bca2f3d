"""The matrix as data: thresholds and the words of each cell (domain 4.4 and 4.5)."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from monitoring.choices import Cell, CellOrigin, LimitMeasure, PolicyState
from monitoring.rules.matrix import PolicyRules


class MatrixPolicyQuerySet(models.QuerySet["MatrixPolicy"]):
    def active(self) -> "MatrixPolicy":
        """The policy in force."""
        return self.get(state=PolicyState.ACTIVE)


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
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("author")
    )

    objects = MatrixPolicyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("matrix policy")
        verbose_name_plural = _("matrix policies")
        constraints = [
            UniqueConstraint(fields=["state"], condition=Q(state=PolicyState.ACTIVE), name="policy_one_active"),
            UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            CheckConstraint(condition=Q(state__in=PolicyState.values), name="policy_state_known"),
            CheckConstraint(condition=Q(measure__in=LimitMeasure.values), name="policy_measure_known"),
            CheckConstraint(
                condition=Q(sound_from__gt=F("watch_from"), watch_from__gt=F("weak_from"), weak_from__gt=0),
                name="policy_bounds_ordered",
                violation_error_message=_("The three scores must fall from sound to watch to weak, all above 0."),
            ),
            CheckConstraint(condition=Q(high_from__gt=0), name="policy_threshold_positive"),
        ]

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
        )


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
    origin = models.CharField(_("origin of the words"), max_length=16, choices=CellOrigin)

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

    def _said(self, what: str) -> str:
        language = "fr" if (get_language() or "fr").startswith("fr") else "en"
        words: str = getattr(self, f"{what}_{language}")
        return words

    @property
    def label(self) -> str:
        return self._said("label")

    @property
    def posture(self) -> str:
        return self._said("posture")

    @property
    def credit(self) -> str:
        return self._said("credit")

    @property
    def watch(self) -> str:
        return self._said("watch")

    @property
    def marketing(self) -> str:
        return self._said("marketing")

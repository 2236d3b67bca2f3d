"""Two companies that are one: found, decided, merged, and everything that undoing it needs."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.choices import Moved, OnMerge, PairState
from companies.models.company import Company


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def to_decide(self) -> "DuplicatePairQuerySet":
        """Open, and both companies are there still."""
        return self.filter(state=PairState.OPEN, a__merged_into=None, b__merged_into=None)


class DuplicatePair(models.Model):
    """Two companies that are probably one entity. `facts` is the hash of what was compared: a pair that a person
    dismissed comes back when that changes, and not before.
    """

    a = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("first company"))
    b = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("second company"))
    score = models.PositiveSmallIntegerField(_("score"), validators=[MaxValueValidator(100)])
    evidence = models.CharField(_("evidence"), max_length=400)
    facts = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=PairState, default=PairState.OPEN)
    found_at = models.DateTimeField(_("found"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip

    objects = DuplicatePairQuerySet.as_manager()
    on_merge = {"a": OnMerge.STAY, "b": OnMerge.STAY}

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-score", "pk"]
        constraints = [
            UniqueConstraint(fields=["a", "b"], name="pair_once"),
            CheckConstraint(condition=Q(a__lt=F("b")), name="pair_in_order"),
            CheckConstraint(condition=Q(score__lte=100), name="pair_score_up_to_100"),
            CheckConstraint(condition=Q(state__in=PairState.values), name="pair_state_known"),
            CheckConstraint(
                condition=Q(state=PairState.OPEN, decided_at=None) | ~Q(state=PairState.OPEN) & ~Q(decided_at=None),
                name="pair_decided_with_date",
            ),
        ]
        indexes = [models.Index(fields=["state", "-score", "id"], name="pair_by_state")]

    def __str__(self) -> str:
        return f"{self.a} = {self.b} ?"

    def get_absolute_url(self) -> str:
        return reverse("merge_preview", args=[self.a_id, self.b_id])


class MergeQuerySet(models.QuerySet["Merge"]):
    def in_force(self) -> "MergeQuerySet":
        return self.filter(undone_at=None)


class Merge(models.Model):
    """One company taken into another. The row of `loser` stays. `registration_number` is the one of the two that no
    company has any more: a file that still says it means the survivor.
    """

    survivor = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company that stays"))
    loser = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company merged"))
    at = models.DateTimeField(_("merged"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("merged by")
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    undone_at = models.DateTimeField(pgettext_lazy("merge", "undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("undone by")
    )
    left = models.TextField(_("what stayed with the other company"), blank=True)

    objects = MergeQuerySet.as_manager()
    on_merge = {"survivor": OnMerge.STAY, "loser": OnMerge.STAY}

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-at", "-pk"]
        constraints = [
            UniqueConstraint(fields=["loser"], condition=Q(undone_at=None), name="merge_once_in_force"),
            CheckConstraint(condition=~Q(survivor=F("loser")), name="merge_of_two"),
            CheckConstraint(condition=Q(undone_at=None) | Q(undone_at__gte=F("at")), name="merge_undone_after"),
        ]
        indexes = [models.Index(fields=["registration_number"], name="merge_by_number")]

    def __str__(self) -> str:
        return f"{self.loser} → {self.survivor}"

    def get_absolute_url(self) -> str:
        return reverse("merge", args=[self.pk])


class MergeMoved(models.Model):
    """One value that a merge wrote: of which row, what it was, what it became. "" is an empty text, None is NULL."""

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="moved", verbose_name=_("merge"))
    what = models.CharField(_("what"), max_length=10, choices=Moved)
    table = models.CharField(_("table"), max_length=80)
    key = models.CharField(_("row"), max_length=64)
    field = models.CharField(_("field"), max_length=80)
    old = models.TextField(_("before"), null=True)  # noqa: DJ001  # None is NULL and "" is an empty text: two values
    new = models.TextField(_("after"), null=True)  # noqa: DJ001  # the same

    class Meta:
        verbose_name = _("row moved by a merge")
        verbose_name_plural = _("rows moved by merges")
        ordering = ["pk"]
        constraints = [CheckConstraint(condition=Q(what__in=Moved.values), name="moved_what_known")]

    def __str__(self) -> str:
        return f"{self.table} {self.key} {self.field}"

"""Where each field of a company comes from, where two sources differ, and what people decided about it."""

from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, CheckConstraint, Exists, F, OuterRef, Q, UniqueConstraint, When
from django.utils.translation import gettext_lazy as _

from companies.choices import CompanyField, DifferenceState, FieldActKind, FieldChoice, OnMerge, Origin
from companies.models.company import Company

CURRENT = [DifferenceState.OPEN, DifferenceState.KEPT]
HELD_NOW = Case(
    *(When(field=name, then=F(f"company__{name}")) for name in CompanyField.values), output_field=CharField()
)


class FieldAct(models.Model):
    """One thing that a person did about values of fields, to one company or to thousands: what an undo takes back."""

    kind = models.CharField(_("what"), max_length=12, choices=FieldActKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("on"))
    about = models.CharField(_("about"), max_length=255, blank=True)
    count = models.PositiveIntegerField(_("fields"), default=0)
    undoes = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="undone_by", verbose_name=_("takes back")
    )

    class Meta:
        verbose_name = _("act on fields")
        verbose_name_plural = _("acts on fields")
        ordering = ["-pk"]
        constraints = [CheckConstraint(condition=Q(kind__in=FieldActKind.values), name="field_act_kind_known")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class FieldSource(models.Model):
    """Who gave the value that a field has now. A field without a row has what the ERP gave (decision 0008).

    `since` is the date of the report or of the act. `note` names the file. There is no key to the report: it is the
    company's of that date, and a purge of reports must not look through millions of rows.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="field_sources", db_index=False)
    field = models.CharField(_("field"), max_length=20, choices=CompanyField)
    source = models.CharField(_("source"), max_length=10, choices=Origin)
    since = models.DateTimeField(_("since"))
    note = models.CharField(_("file"), max_length=100, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("source of a field")
        verbose_name_plural = _("sources of fields")
        constraints = [
            UniqueConstraint(fields=["company", "field"], name="field_source_once"),
            CheckConstraint(condition=Q(field__in=CompanyField.values), name="field_source_field_known"),
            CheckConstraint(condition=Q(source__in=Origin.values), name="field_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.company_id} · {self.field} · {self.source}"


class FieldDifferenceQuerySet(models.QuerySet["FieldDifference"]):
    def open(self) -> "FieldDifferenceQuerySet":
        """To be decided; those of a company that was merged away wait until it is there again."""
        merged = Company.everyone.exclude(merged_into=None).order_by()
        return self.filter(state=DifferenceState.OPEN).exclude(company__in=merged.values("pk"))

    def current(self) -> "FieldDifferenceQuerySet":
        """Open, or silenced until their value changes."""
        return self.filter(state__in=CURRENT)

    def holding(self, value: str) -> "FieldDifferenceQuerySet":
        """Those whose company has in that field exactly what the row's column `value` ("ours" or "theirs") says."""
        return self.annotate(held=HELD_NOW).filter(held=F(value))

    def meeting(self, others: "FieldDifferenceQuerySet") -> "FieldDifferenceQuerySet":
        """Those about a field of a company that one of the others is about too."""
        return self.filter(Exists(others.filter(company=OuterRef("company"), field=OuterRef("field"))))


class FieldDifference(models.Model):
    """A pair of values of one field: ours, and another source's. The pair never changes; a new one takes its place.

    So whoever decides about a row decides about exactly what was shown. A value typed by a user is such a pair too,
    taken at once: what a person changed is in one place, with what was there before.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="differences", verbose_name=_("company"))
    field = models.CharField(_("field"), max_length=20, choices=CompanyField)
    source = models.CharField(_("source"), max_length=10, choices=Origin)
    ours = models.CharField(_("ours"), max_length=255, blank=True)
    theirs = models.CharField(_("theirs"), max_length=255, blank=True)
    ours_source = models.CharField(_("source of ours"), max_length=10, choices=Origin, default=Origin.ERP)
    ours_since = models.DateTimeField(_("ours since"), null=True, blank=True)
    ours_note = models.CharField(_("file of ours"), max_length=100, blank=True)
    ours_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    note = models.CharField(_("file"), max_length=100, blank=True)
    seen_on = models.DateTimeField(_("since"))
    state = models.CharField(_("state"), max_length=6, choices=DifferenceState, default=DifferenceState.OPEN)
    act = models.ForeignKey(FieldAct, models.SET_NULL, null=True, blank=True, related_name="differences")
    undo = models.ForeignKey(FieldAct, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = FieldDifferenceQuerySet.as_manager()
    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["-pk"]
        constraints = [
            UniqueConstraint(
                fields=["company", "field", "source"], condition=Q(state__in=CURRENT), name="difference_current_once"
            ),
            CheckConstraint(condition=Q(field__in=CompanyField.values), name="difference_field_known"),
            CheckConstraint(condition=Q(source__in=Origin.values), name="difference_source_known"),
            CheckConstraint(condition=Q(ours_source__in=Origin.values), name="difference_our_source_known"),
            CheckConstraint(condition=Q(state__in=DifferenceState.values), name="difference_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["field", "id"], condition=Q(state=DifferenceState.OPEN), name="difference_open_by_field"
            )
        ]

    def __str__(self) -> str:
        return f"{self.company_id} · {self.field}: {self.ours} | {self.theirs}"


class FieldRuleQuerySet(models.QuerySet["FieldRule"]):
    def in_force(self) -> "FieldRuleQuerySet":
        return self.filter(ended=None)


class FieldRule(models.Model):
    """A choice made once and for all: for a field of one company, or, by a manager, of every company."""

    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="field_rules", verbose_name=_("company")
    )
    field = models.CharField(_("field"), max_length=20, choices=CompanyField)
    source = models.CharField(_("source"), max_length=10, choices=Origin)
    choice = models.CharField(_("choice"), max_length=4, choices=FieldChoice)
    made = models.ForeignKey(FieldAct, models.CASCADE, related_name="rules", verbose_name=_("made"))
    ended = models.ForeignKey(FieldAct, models.SET_NULL, null=True, blank=True, related_name="ended_rules")

    objects = FieldRuleQuerySet.as_manager()
    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("rule for a field")
        verbose_name_plural = _("rules for fields")
        constraints = [
            UniqueConstraint(
                fields=["company", "field", "source"], condition=Q(ended=None), name="field_rule_once_per_company"
            ),
            UniqueConstraint(
                fields=["field", "source"], condition=Q(ended=None, company=None), name="field_rule_once_for_all"
            ),
            CheckConstraint(condition=Q(field__in=CompanyField.values), name="field_rule_field_known"),
            CheckConstraint(condition=Q(source__in=Origin.values), name="field_rule_source_known"),
            CheckConstraint(condition=Q(choice__in=FieldChoice.values), name="field_rule_choice_known"),
        ]

    def __str__(self) -> str:
        return f"{self.field} · {self.source} · {self.choice}"

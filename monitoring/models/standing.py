"""Where every company is today: the read model that lists, matrix and filters read."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.expressions import Combinable
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.choices import ChangeCause, CompanyStatus, LinkState, OnMerge, OrderReason, Rating, RatingState, Role
from companies.models import Company
from monitoring.choices import Cell, PlaceReason
from monitoring.models.policy import MatrixPolicy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise  # at run time there are no stubs

AnyPlaced = TypeVar("AnyPlaced", bound="Placed")
JUDGED_FIRST = (Role.CLIENT, Role.PROSPECT, Role.SUPPLIER)


def _amount(label: "StrOrPromise") -> "models.DecimalField[Decimal | int | Combinable | None, Decimal | None]":
    return models.DecimalField(label, max_digits=20, decimal_places=2, null=True, blank=True)


class PlacedQuerySet(models.QuerySet[AnyPlaced]):
    """What a list of today and a list of a past day are asked alike."""

    def in_role(self, role: str) -> Self:
        """All of them for "", else those with an account in this role."""
        return self.filter(**{f"is_{Role(role).value}": True}) if role else self

    def over_limit(self) -> Self:
        return self.filter(Q(over_credit_limit__gt=0) | Q(over_erp_limit__gt=0))

    def search(self, text: str) -> Self:
        return self.filter(company__in=Company.objects.search(text))


class Placed(models.Model):
    """The facts of a company on a day and the place they give it. Amounts in the portfolio's currency; None is
    "unknown" or "none", never 0.

    `cell` is the place under the policy of the company's first role (client, prospect, supplier), `supplier_cell` the
    one under the policy for suppliers where it has both roles. `y` is the amount that the policy measures.
    """

    company_id: int
    name = models.CharField(_("company"), max_length=255)
    country = models.CharField(_("country"), max_length=2)
    sector = models.CharField(_("sector"), max_length=2, blank=True, help_text=_("Division of the activity code."))
    business_unit = models.CharField(_("business unit"), max_length=40, blank=True)
    analyst = models.CharField(_("analyst"), max_length=40, blank=True)
    head = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("ultimate parent"), help_text=_("Empty for a company that has no parent."),
    )  # fmt: skip
    is_client = models.BooleanField(_("client"), default=False)
    is_supplier = models.BooleanField(_("supplier"), default=False)
    is_prospect = models.BooleanField(_("prospect"), default=False)
    link_state = models.CharField(_("link to Creditsafe"), max_length=12, choices=LinkState)
    connect_id = models.CharField(_("Creditsafe id"), max_length=80, blank=True)
    rating = models.CharField(_("rating"), max_length=1, choices=Rating, blank=True)
    rating_state = models.CharField(_("rating state"), max_length=10, choices=RatingState)
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    scored_on = models.DateField(_("day of the score"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=CompanyStatus)
    in_proceeding = models.BooleanField(_("in proceedings"), default=False)
    credit_limit = _amount(_("credit limit"))
    contract_limit = _amount(_("contract limit"))
    erp_limit = _amount(_("ERP limit"))
    exposure = models.DecimalField(_("exposure"), max_digits=20, decimal_places=2, default=0)
    overdue = models.DecimalField(_("overdue"), max_digits=20, decimal_places=2, default=0)
    payable = models.DecimalField(_("we owe"), max_digits=20, decimal_places=2, default=0)
    turnover = _amount(_("invoiced in 12 months"))
    use_of_limit = models.DecimalField(_("use of limit"), max_digits=12, decimal_places=4, null=True, blank=True)
    over_credit_limit = _amount(_("above the credit limit"))
    over_erp_limit = _amount(_("above the ERP limit"))
    policy = models.ForeignKey(
        MatrixPolicy,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("policy that placed it"),
    )
    y = _amount(_("amount measured"))
    cell = models.CharField(_("cell"), max_length=8, choices=Cell)
    supplier_cell = models.CharField(_("cell as a supplier"), max_length=8, choices=Cell, blank=True)
    severity = models.PositiveSmallIntegerField(_("severity of the cell"), default=0)
    reason = models.CharField(_("what decided"), max_length=12, choices=PlaceReason, blank=True)
    no_limit = models.BooleanField(_("no limit known"), default=False)
    hatched = models.BooleanField(_("score out of date"), default=False)
    overridden = models.BooleanField(_("placed by hand"), default=False)
    inherited = models.BooleanField(_("column of the parent"), default=False)
    rate_missing = models.BooleanField(_("exchange rate missing"), default=False)

    on_merge = {"company": OnMerge.STAY, "head": OnMerge.STAY}

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("company", args=[self.company_id])

    @property
    def roles(self) -> list[Role]:
        return [role for role in Role if getattr(self, f"is_{role.value}")]

    @property
    def judged_as(self) -> Role:
        """The role whose policy gives its cell: who buys is judged as a client, whatever else it is."""
        return next((role for role in JUDGED_FIRST if getattr(self, f"is_{role.value}")), Role.CLIENT)


class Standing(Placed):
    """Where a company is today: one row each, restated when a fact of it changes."""

    company = models.OneToOneField(
        Company, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("company")
    )
    in_cell_since = models.DateField(_("in this cell since"), null=True, blank=True)
    watched = models.BooleanField(_("under surveillance"), default=False)
    open_alerts = models.PositiveSmallIntegerField(_("open alerts"), default=0)
    reported_at = models.DateTimeField(_("last report"), null=True, blank=True)
    restated_at = models.DateTimeField(_("restated"))

    rated_on: date | None = None
    """Since when the rating is what it is: told by who restates, for the position; not stored here."""

    objects = PlacedQuerySet["Standing"].as_manager()

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [
            CheckConstraint(condition=Q(cell__in=Cell.values), name="standing_cell_known"),
            CheckConstraint(condition=Q(rating_state__in=RatingState.values), name="standing_rating_state_known"),
        ]
        indexes = [
            models.Index(fields=["-exposure", "company"], name="standing_by_exposure"),
            models.Index(fields=["name", "company"], name="standing_by_name"),
            models.Index(fields=["cell", "-exposure", "company"], name="standing_by_cell"),
            models.Index(fields=["head"], condition=Q(head__isnull=False), name="standing_by_head"),
            # the furthest above a limit, without a look at all the others
            models.Index(
                fields=["-over_credit_limit"], condition=Q(over_credit_limit__gt=0), name="standing_over_credit_limit"
            ),
            models.Index(fields=["-over_erp_limit"], condition=Q(over_erp_limit__gt=0), name="standing_over_erp_limit"),
        ]


class CellSummary(models.Model):
    """Sums per role and cell, restated in the transaction that restates a standing: no page counts companies."""

    role = models.CharField(_("role"), max_length=10, blank=True, help_text=_("Empty: every company, once."))
    cell = models.CharField(_("cell"), max_length=8, choices=Cell)
    companies = models.IntegerField(_("companies"), default=0)
    exposure = models.DecimalField(_("exposure"), max_digits=20, decimal_places=2, default=0)
    overdue = models.DecimalField(_("overdue"), max_digits=20, decimal_places=2, default=0)
    payable = models.DecimalField(_("we owe"), max_digits=20, decimal_places=2, default=0)
    over_credit_limit = models.DecimalField(_("above the credit limit"), max_digits=20, decimal_places=2, default=0)
    over_erp_limit = models.DecimalField(_("above the ERP limit"), max_digits=20, decimal_places=2, default=0)
    over_count = models.IntegerField(_("companies above a limit"), default=0)

    class Meta:
        verbose_name = _("sum of a cell")
        verbose_name_plural = _("sums of cells")
        constraints = [
            UniqueConstraint(fields=["role", "cell"], name="summary_once_per_cell"),
            CheckConstraint(condition=Q(cell__in=Cell.values), name="summary_cell_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role or '*'} {self.cell}"


class StandingChange(models.Model):
    """What moved, from what to what, and why. Appended only."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    at = models.DateTimeField(_("when"))
    cause = models.CharField(_("cause"), max_length=10, choices=ChangeCause)
    note = models.CharField(_("note"), max_length=255, blank=True)
    cell_before = models.CharField(_("cell before"), max_length=8, choices=Cell, blank=True)
    cell_after = models.CharField(_("cell after"), max_length=8, choices=Cell)
    rating_before = models.CharField(_("rating before"), max_length=1, blank=True)
    rating_after = models.CharField(_("rating after"), max_length=1, blank=True)
    score_before = models.PositiveSmallIntegerField(_("score before"), null=True, blank=True)
    score_after = models.PositiveSmallIntegerField(_("score after"), null=True, blank=True)
    limit_before = _amount(_("credit limit before"))
    limit_after = _amount(_("credit limit after"))

    on_merge = {"company": OnMerge.UNPROFILED}

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        ordering = ["-at", "-pk"]
        constraints = [CheckConstraint(condition=Q(cause__in=ChangeCause.values), name="movement_cause_known")]
        indexes = [models.Index(fields=["company", "-at"], name="movement_by_company")]

    def __str__(self) -> str:
        return f"{self.company} {self.cell_before} → {self.cell_after}"

    @property
    def note_in_words(self) -> str:
        """The note: a file, or why a report was ordered, which is kept as its code."""
        return str(OrderReason(self.note).label) if self.note in OrderReason.values else self.note

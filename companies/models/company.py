"""Who they are: companies, their accounts in our ledgers, and the mark that something about them changed."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Exists, F, OuterRef, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from simple_history.models import HistoricalRecords

from companies.choices import ChangeCause, CompanyStatus, LinkState, OnMerge, Role
from companies.rules.identifiers import normalise
from companies.rules.matching import name_key

SHORTEST_NAME = 3  # shorter pieces of a name match half the table and no index serves them


class CompanyQuerySet(models.QuerySet["Company"]):
    def search(self, text: str) -> "CompanyQuerySet":
        """Companies found by SIREN, VAT number, LEI or account code (exact or prefix), else by a part of the name."""
        code, name = normalise(text), name_key(text)
        if not code:
            return self.none()
        accounts = Account.objects.filter(company=OuterRef("pk"), code__istartswith=text.strip())
        found = Q(registration_number__startswith=code) | Q(vat_number__startswith=code) | Q(lei=code)
        found |= Q(Exists(accounts))
        if len(name) >= SHORTEST_NAME:
            found |= Q(name_key__contains=name)
        return self.filter(found)

    def to_link(self) -> "CompanyQuerySet":
        return self.filter(link_state=LinkState.QUEUED)

    def unlinked(self) -> "CompanyQuerySet":
        return self.exclude(link_state=LinkState.LINKED)

    def live(self) -> "CompanyQuerySet":
        """Without those that were merged into another company."""
        return self.filter(merged_into=None)

    def with_accounts(self) -> "CompanyQuerySet":
        return self.prefetch_related("accounts")


class LiveManager(models.Manager["Company"]):
    def get_queryset(self) -> CompanyQuerySet:
        return CompanyQuerySet(self.model, using=self._db).live()


class Company(models.Model):
    """A legal entity. It may hold several accounts and has at most one Creditsafe profile.

    One that was merged into another keeps its row, for what stays with it and to undo the merge; `objects` leaves it
    out, `everyone` does not.
    """

    name = models.CharField(_("name"), max_length=255)
    name_key = models.CharField(_("name for searching"), max_length=255, db_index=True, editable=False)
    country = CountryField(_("country"), default="FR")
    registration_number = models.CharField(_("registration number (SIREN)"), max_length=40, blank=True)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True, db_index=True)
    lei = models.CharField(_("LEI"), max_length=20, blank=True, default="", db_default="")
    street = models.CharField(_("street"), max_length=255, blank=True)
    postal_code = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    legal_form = models.CharField(_("legal form"), max_length=200, blank=True)
    activity_code = models.CharField(_("activity code"), max_length=20, blank=True)
    activity = models.CharField(_("activity"), max_length=255, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=CompanyStatus, default=CompanyStatus.UNKNOWN)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="subsidiaries", verbose_name=_("parent company")
    )
    link_state = models.CharField(_("link to Creditsafe"), max_length=12, choices=LinkState, default=LinkState.QUEUED)
    link_note = models.CharField(_("why"), max_length=255, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", editable=False, verbose_name=_("merged into")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = LiveManager.from_queryset(CompanyQuerySet)()
    everyone = CompanyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name", "pk"]
        permissions = [("link_company", _("Can link a company to Creditsafe"))]
        constraints = [
            UniqueConstraint(
                fields=["country", "registration_number"],
                condition=~Q(registration_number=""),
                name="company_registered_once",
                violation_error_message=_("A company with this registration number exists already."),
            ),
            CheckConstraint(condition=Q(status__in=CompanyStatus.values), name="company_status_known"),
            CheckConstraint(condition=Q(link_state__in=LinkState.values), name="company_link_state_known"),
        ]
        indexes = [models.Index(fields=["link_state", "id"], name="company_by_link_state")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = name_key(self.name)
        if not self._state.adding and kwargs.get("update_fields") is None and not kwargs.get("force_insert"):
            # only a merge writes this column: a copy that was read before it must not bring the company back
            kwargs["update_fields"] = [field.name for field in WRITTEN]
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("company", args=[self.pk])


WRITTEN = [field for field in Company._meta.concrete_fields if not field.primary_key and field.name != "merged_into"]


class Account(models.Model):
    """A company's account in one of our ledgers, as the ERP has it.

    `siret` is the establishment that orders, `payer` the account of the same ledger that pays, if another one does.
    `closed_on` is the day from which a complete file no longer has the account.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="accounts", verbose_name=_("company"))
    ledger = models.CharField(_("ledger"), max_length=20, default="ERP")
    code = models.CharField(_("account code"), max_length=30)
    role = models.CharField(_("role"), max_length=10, choices=Role)
    name = models.CharField(_("name in the ERP"), max_length=255)
    erp_limit = models.DecimalField(_("ERP limit"), max_digits=16, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    terms = models.CharField(_("payment terms"), max_length=80, blank=True)
    siret = models.CharField(_("SIRET of the establishment"), max_length=14, blank=True)
    business_unit = models.CharField(_("business unit"), max_length=40, blank=True)
    analyst = models.CharField(_("analyst"), max_length=40, blank=True, help_text=_("Who follows it, by the ERP."))
    payer = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="paid_accounts", verbose_name=_("paid by")
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["code"]
        constraints = [
            UniqueConstraint(fields=["ledger", "code"], name="account_code_once_per_ledger"),
            CheckConstraint(condition=Q(role__in=Role.values), name="account_role_known"),
            CheckConstraint(condition=Q(erp_limit=None) | Q(erp_limit__gte=0), name="account_limit_not_negative"),
            CheckConstraint(condition=Q(payer=None) | ~Q(payer=F("id")), name="account_payer_is_another"),
        ]

    def __str__(self) -> str:
        return self.code


class ChangeQuerySet(models.QuerySet["Change"]):
    def mark(self, companies: Iterable[int], cause: ChangeCause, note: str = "") -> None:
        """Say that facts of these companies changed, in the transaction that changes them."""
        self.bulk_create((Change(company_id=pk, cause=cause, note=note) for pk in companies), batch_size=1000)


class Change(models.Model):
    """A fact of a company changed and its standing is not restated yet. Consumed and removed by monitoring."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    cause = models.CharField(max_length=10, choices=ChangeCause)
    note = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = ChangeQuerySet.as_manager()
    on_merge = {"company": OnMerge.STAY}

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [CheckConstraint(condition=Q(cause__in=ChangeCause.values), name="change_cause_known")]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} · {self.company_id}"

"""Companies and accounts, with their history; an edit makes the company's standing be worked out again."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from companies.admin.base import FactAdmin, FactInline
from companies.choices import ChangeCause, Origin
from companies.models import Account, Change, Company
from companies.services import completion


class AccountInline(FactInline):
    model = Account
    fields = readonly_fields = ("code", "ledger", "role", "name", "erp_limit", "currency", "terms")


@admin.register(Company)
class CompanyAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    list_display = ["name", "country", "registration_number", "vat_number", "city", "status", "link_state"]
    list_filter = ["link_state", "status", ("country", admin.AllValuesFieldListFilter)]
    search_fields = ["name_key"]
    search_help_text = _("Name, registration number, VAT number or account code")
    list_per_page = 50
    show_full_result_count = False
    autocomplete_fields = ["parent"]
    readonly_fields = ["link_state", "link_note", "created_at", "updated_at"]
    inlines = [AccountInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Company], search_term: str
    ) -> tuple[QuerySet[Company], bool]:
        """The same search as everywhere else."""
        if not search_term.strip():
            return queryset, False
        return queryset & Company.objects.search(search_term), False

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        before = {name: str(form.initial.get(name, "")) for name in completion.FIELDS & set(form.changed_data)}
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            completion.taken(obj, before, source=Origin.USER, user_id=request.user.pk, now=timezone.now())
            Change.objects.mark([obj.pk], ChangeCause.EDIT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its accounts, reports and standing are facts that stay


@admin.register(Account)
class AccountAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    list_display = ["code", "ledger", "role", "name", "company", "erp_limit", "currency", "terms"]
    list_filter = ["role", "ledger", "business_unit", "analyst"]
    list_select_related = ["company"]
    search_fields = ["code__istartswith", "name", "company__name_key"]
    list_per_page = 50
    show_full_result_count = False
    autocomplete_fields = ["company", "payer"]
    readonly_fields = ["created_at", "updated_at"]

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """The company that loses the account changes as much as the one that gets it."""
        before = Account.objects.filter(pk=obj.pk).values_list("company_id", flat=True)
        with transaction.atomic():
            touched = {*before, obj.company_id}
            super().save_model(request, obj, form, change)
            Change.objects.mark(sorted(touched), ChangeCause.EDIT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its open items would go with it


@admin.register(Change)
class ChangeAdmin(FactAdmin):
    list_display = ["company", "cause", "note", "at"]
    list_filter = ["cause"]
    list_select_related = ["company"]
    search_fields = ["company__name_key", "note"]

"""The archive of reports, its retention, and what holds our calls to Creditsafe back."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from companies.admin.base import FactAdmin, ModelAdmin
from companies.models import (
    Allowance,
    Breaker,
    BreakerChange,
    CountryPause,
    ReportAccess,
    ReportBody,
    ReportPdf,
    RetentionPolicy,
)


@admin.register(ReportBody)
class ReportBodyAdmin(FactAdmin):
    list_display = ["sha256", "rating", "score", "credit_limit", "currency", "stored_size"]
    list_filter = ["rating", "rating_state"]
    search_fields = ["sha256__startswith"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")


@admin.register(ReportPdf)
class ReportPdfAdmin(FactAdmin):
    list_display = ["report", "fetched_at", "fetched_by", "size"]
    list_select_related = ["report", "fetched_by"]
    search_fields = ["report__connect_id", "report__company__name_key"]
    date_hierarchy = "fetched_at"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")


@admin.register(ReportAccess)
class ReportAccessAdmin(FactAdmin):
    list_display = ["at", "username", "use", "company", "detail"]
    list_filter = ["use"]
    list_select_related = ["company"]
    search_fields = ["username", "company__name_key"]
    date_hierarchy = "at"
    exclude = ["user", "report"]  # either may be gone: the name and the company say enough


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(ModelAdmin):
    list_display = ["report_years", "personal_years", "access_years"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not RetentionPolicy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Breaker)
class BreakerAdmin(FactAdmin):
    list_display = ["state", "failures", "trips", "changed_at", "retry_at", "held_until", "reason"]


@admin.register(BreakerChange)
class BreakerChangeAdmin(FactAdmin):
    list_display = ["at", "state", "reason"]
    list_filter = ["state"]
    date_hierarchy = "at"


@admin.register(Allowance)
class AllowanceAdmin(FactAdmin):
    list_display = ["country", "template", "name", "paid", "used", "starts_on", "expires_on", "read_at"]
    search_fields = ["country", "name"]


@admin.register(CountryPause)
class CountryPauseAdmin(FactAdmin):
    list_display = ["country", "reason", "since", "until"]
    search_fields = ["country", "reason"]

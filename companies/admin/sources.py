"""Import profiles, and what files did."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import BatchEffect, ImportColumn, ImportProfile


class ImportColumnInline(admin.TabularInline):  # type: ignore[type-arg]  # a plain class at run time
    model = ImportColumn
    extra = 0


@admin.register(ImportProfile)
class ImportProfileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a plain class at run time
    list_display = ["name", "kind", "ledger", "mode", "format", "active", "updated_at"]
    list_filter = ["kind", "active", "ledger"]
    search_fields = ["name"]
    readonly_fields = ["created_by"]
    inlines = [ImportColumnInline]


@admin.register(BatchEffect)
class BatchEffectAdmin(FactAdmin):
    list_display = ["batch", "kind", "created", "rows"]
    list_filter = ["kind", "created"]
    list_select_related = ["batch"]

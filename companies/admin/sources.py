"""Import profiles, and what files did."""

from django.contrib import admin

from companies.admin.base import FactAdmin, ModelAdmin, TabularInline
from companies.models import BatchEffect, ImportColumn, ImportProfile, PickupFile, PickupFolder


class ImportColumnInline(TabularInline):
    model = ImportColumn
    extra = 0


@admin.register(ImportProfile)
class ImportProfileAdmin(ModelAdmin):
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


@admin.register(PickupFolder)
class PickupFolderAdmin(ModelAdmin):
    list_display = ["path", "pattern", "profile", "active", "looked_at", "error"]
    list_filter = ["active"]
    list_select_related = ["profile"]
    readonly_fields = ["looked_at", "error"]


@admin.register(PickupFile)
class PickupFileAdmin(FactAdmin):
    list_display = ["name", "folder", "state", "size", "seen_at", "batch"]
    list_filter = ["state", "folder"]
    list_select_related = ["folder", "batch"]
    search_fields = ["name", "sha256__startswith"]

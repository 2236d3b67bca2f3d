"""Files, what was wrong with them, open items, and the jobs that do long work."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import AgedBalance, BatchCheck, ImportBatch, ImportProblem, Job, OpenItem, PastItem


@admin.register(ImportBatch)
class ImportBatchAdmin(FactAdmin):
    list_display = ["filename", "kind", "state", "as_of", "rows", "errors", "total", "created_by", "created_at"]
    list_filter = ["kind", "state", "ledger"]
    list_select_related = ["created_by"]
    search_fields = ["filename", "sha256__startswith"]
    date_hierarchy = "created_at"
    exclude = ["file", "error_lines", "message_values"]


@admin.register(ImportProblem)
class ImportProblemAdmin(FactAdmin):
    list_display = ["batch", "is_error", "line", "column_name", "value", "problem"]
    list_filter = ["is_error"]
    list_select_related = ["batch"]
    search_fields = ["batch__filename", "reason", "value"]


@admin.register(OpenItem)
class OpenItemAdmin(FactAdmin):
    list_display = ["document", "account", "type", "document_date", "due_date", "amount", "currency", "closed_on"]
    list_filter = ["type", "currency", ("closed_on", admin.EmptyFieldListFilter)]
    list_select_related = ["account"]
    search_fields = ["document__istartswith", "account__code__istartswith"]
    date_hierarchy = "document_date"


@admin.register(Job)
class JobAdmin(FactAdmin):
    list_display = ["kind", "state", "batch", "done", "total", "attempts", "created_at", "finished_at", "error"]
    list_filter = ["kind", "state"]
    list_select_related = ["batch"]
    search_fields = ["error", "batch__filename"]
    date_hierarchy = "created_at"


@admin.register(PastItem)
class PastItemAdmin(FactAdmin):
    list_display = ["item", "batch", "replaced_by", "amount", "currency", "due_date"]
    list_select_related = ["item", "batch", "replaced_by"]
    search_fields = ["item__document__istartswith"]


@admin.register(BatchCheck)
class BatchCheckAdmin(FactAdmin):
    list_display = ["batch", "kind", "before", "now", "lowest", "highest", "is_ok"]
    list_filter = ["kind", "is_ok"]
    list_select_related = ["batch"]


@admin.register(AgedBalance)
class AgedBalanceAdmin(FactAdmin):
    list_display = ["account", "bucket", "amount", "currency", "batch"]
    list_filter = ["bucket", "currency"]
    list_select_related = ["account", "batch"]
    search_fields = ["account__code__istartswith"]

"""Orders, deliveries, disputes and supplier figures, to look at: files and the portal's own pages write them."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import Commitment, Dispute, Supply


@admin.register(Commitment)
class CommitmentAdmin(FactAdmin):
    list_display = ["document", "kind", "account", "deliver_on", "amount", "currency", "valid_from", "closed_on"]
    list_filter = ["kind", "currency", ("closed_on", admin.EmptyFieldListFilter)]
    list_select_related = ["account"]
    search_fields = ["document__istartswith", "account__code__istartswith"]
    date_hierarchy = "valid_from"


@admin.register(Dispute)
class DisputeAdmin(FactAdmin):
    list_display = ["item", "reason", "since", "noted_by", "ended_on", "ended_by"]
    list_filter = [("ended_on", admin.EmptyFieldListFilter)]
    list_select_related = ["item", "noted_by", "ended_by"]
    search_fields = ["reason", "item__document__istartswith"]
    date_hierarchy = "since"


@admin.register(Supply)
class SupplyAdmin(FactAdmin):
    list_display = ["account", "advances", "credit_notes", "tooling", "purchases", "lead_time_days", "stated_on"]
    list_filter = ["sole_source", "currency"]
    list_select_related = ["account"]
    search_fields = ["account__code__istartswith"]

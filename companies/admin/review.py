"""What the search offered and what people decided on it."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import ReviewDecision


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(FactAdmin):
    list_display = ["company", "state", "name", "score", "note", "decided_by", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["company", "decided_by"]
    search_fields = ["company__name_key", "connect_id"]
    date_hierarchy = "decided_at"

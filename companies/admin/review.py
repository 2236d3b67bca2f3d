"""What the search offered and what people decided on it."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import Candidate, ReviewDecision


@admin.register(Candidate)
class CandidateAdmin(FactAdmin):
    list_display = ["company", "rank", "name", "score", "status", "is_head_office", "found_at"]
    list_filter = ["status", "country"]
    list_select_related = ["company"]
    search_fields = ["company__name_key", "connect_id", "name"]


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(FactAdmin):
    list_display = ["company", "state", "name", "score", "note", "decided_by", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["company", "decided_by"]
    search_fields = ["company__name_key", "connect_id"]
    date_hierarchy = "decided_at"

"""Duplicates, merges and links that ended: to look at; what is decided is decided on their pages."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import DuplicatePair, FormerProfile, Merge, MergeMoved


@admin.register(DuplicatePair)
class DuplicatePairAdmin(FactAdmin):
    list_display = ["a", "b", "score", "state", "found_at", "decided_by"]
    list_filter = ["state"]
    list_select_related = ["a", "b", "decided_by"]
    search_fields = ["a__name_key", "b__name_key"]


@admin.register(Merge)
class MergeAdmin(FactAdmin):
    list_display = ["loser", "survivor", "at", "by", "undone_at", "undone_by"]
    list_select_related = ["loser", "survivor", "by", "undone_by"]
    search_fields = ["loser__name_key", "survivor__name_key", "registration_number"]
    date_hierarchy = "at"


@admin.register(MergeMoved)
class MergeMovedAdmin(FactAdmin):
    list_display = ["merge_id", "what", "table", "key", "field", "old", "new"]
    list_filter = ["what"]
    search_fields = ["table", "key"]


@admin.register(FormerProfile)
class FormerProfileAdmin(FactAdmin):
    list_display = ["connect_id", "company", "linked_at", "ended_at", "ended_by", "reason"]
    list_select_related = ["company", "ended_by"]
    search_fields = ["connect_id", "company__name_key"]
    date_hierarchy = "ended_at"

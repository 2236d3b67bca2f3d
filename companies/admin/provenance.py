"""Where fields come from, what differs, and what was decided: looked at here, decided on the pages."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import FieldAct, FieldDifference, FieldRule, FieldSource


@admin.register(FieldSource)
class FieldSourceAdmin(FactAdmin):
    list_display = ["company", "field", "source", "since", "note", "user"]
    list_filter = ["source", "field"]
    list_select_related = ["company", "user"]
    search_fields = ["company__name_key"]


@admin.register(FieldDifference)
class FieldDifferenceAdmin(FactAdmin):
    list_display = ["company", "field", "ours", "theirs", "source", "seen_on", "state", "act"]
    list_filter = ["state", "source", "field"]
    list_select_related = ["company", "act"]
    search_fields = ["company__name_key"]


@admin.register(FieldRule)
class FieldRuleAdmin(FactAdmin):
    list_display = ["field", "company", "source", "choice", "made", "ended"]
    list_filter = ["choice", "source", "field"]
    list_select_related = ["company", "made", "ended"]
    search_fields = ["company__name_key"]


@admin.register(FieldAct)
class FieldActAdmin(FactAdmin):
    list_display = ["kind", "user", "at", "about", "count", "undoes"]
    list_filter = ["kind"]
    list_select_related = ["user", "undoes"]
    search_fields = ["about"]

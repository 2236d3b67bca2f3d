"""Habits of every administration page: facts are looked at and not edited; counts stay cheap on large tables."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:  # generic for the type checker, plain classes at run time
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    StackedInline = admin.StackedInline[Any, Any]
else:
    ModelAdmin, TabularInline, StackedInline = admin.ModelAdmin, admin.TabularInline, admin.StackedInline


class ReadOnly:
    """Nobody adds, edits or deletes a fact by hand: it would no longer say what was received."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FactAdmin(ReadOnly, ModelAdmin):
    """A table of facts: list, search and look."""

    list_per_page = 50
    show_full_result_count = False


class FactInline(ReadOnly, TabularInline):
    """Facts shown inside the page of what they belong to."""

    extra = 0
    show_change_link = True

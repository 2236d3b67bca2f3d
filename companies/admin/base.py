"""Habits of every administration page: facts are looked at and not edited; counts stay cheap on large tables."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class ReadOnly:
    """Nobody adds, edits or deletes a fact by hand: it would no longer say what was received."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FactAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # a plain class at run time
    """A table of facts: list, search and look."""

    list_per_page = 50
    show_full_result_count = False


class FactInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]  # a plain class at run time
    """Facts shown inside the page of what they belong to."""

    extra = 0
    show_change_link = True

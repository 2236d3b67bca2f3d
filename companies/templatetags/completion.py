"""What the pages of fields draw: `{% load completion %}`."""

from collections.abc import Mapping
from typing import Any

from django import template

from companies.models import FieldDifference
from companies.rules.completion import marked as pieces

register = template.Library()


@register.filter
def marked(text: str, other: str) -> list[tuple[str, bool]]:
    """The pieces of a text, True where its words are not in the other."""
    return pieces(text, other)


@register.filter
def at(words: Mapping[str, Any], key: str) -> Any:
    """The words of a code."""
    return words[key]


@register.simple_tag
def open_differences(company: int) -> int:
    """How many fields of a company wait for a decision. One query."""
    return FieldDifference.objects.open().filter(company=company).count()

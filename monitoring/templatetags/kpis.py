"""Marks of figures on the exposure pages: `{% load kpis %}`."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from companies.templatetags.risk import icon

register = template.Library()


@register.simple_tag
def explained(text: str) -> SafeString:
    """A mark that shows a formula and its population on hover and on keyboard focus."""
    mark = '<button type="button" class="definition" data-bs-toggle="tooltip" title="{}" aria-label="{}">{}</button>'
    return format_html(mark, text, text, icon("info-circle", 16))


@register.filter
def word(words: Mapping[str, Any], key: str) -> str:
    """The word of a key; the key itself where there is none."""
    return str(words.get(str(key), key))

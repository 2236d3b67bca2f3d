"""Marks of figures on the exposure pages: `{% load kpis %}`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from companies import formats
from companies.templatetags.risk import icon
from monitoring.services.statement import Balance, to_pay, written

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


@register.filter
def at(values: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping has under a key of any kind, "" where it has nothing."""
    return values.get(key, "")


@register.filter
def unsigned(amount: Decimal, part: str) -> Decimal:
    """A difference as its heading says it: "below it by" counts upwards."""
    return -amount if part == "free" else amount


@register.filter
def percent_of(ratio: Decimal) -> str:
    """A small ratio in percent with one decimal: 0.005 is "0.5 %"."""
    return formats.percent(ratio, get_language() or "", 1)


@register.filter
def pay_line(balance: Balance, language: str) -> str:
    """What the customer is asked to do about a balance of the statement."""
    return to_pay(balance, f"{written(balance.total, language)} {balance.currency}")

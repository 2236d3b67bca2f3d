"""Codes of reports in words: `{% load report %}`."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.services import labels

register = template.Library()


@register.filter
def person_kind(code: str) -> str:
    return labels.label(labels.KINDS, code)


@register.filter
def status_word(word: str) -> str:
    return labels.label(labels.STATUSES, word)


@register.filter
def notice_word(code: str) -> str:
    return labels.label(labels.NOTICES, code)


@register.filter
def section_word(name: str) -> str:
    """A name of `failedSections`; the same with "Extra" is said to be a supplement."""
    known = labels.SECTIONS.get(name.removesuffix("Extra"))
    return name if known is None else f"{known} +" if name.endswith("Extra") else str(known)


@register.simple_tag
def code(text: str) -> SafeString:
    """The provider's code, small, beside its words; nothing for none."""
    return format_html(' <code class="code">{}</code>', text) if text else SafeString("")

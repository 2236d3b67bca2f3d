"""The tags and filters that every page shares: `{% load risk %}`.

Amounts follow the active language; colours always come with a letter, an icon or a shape.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.template import RequestContext
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django_countries import countries
from tablericons.templatetags.tablericons import icon as draw_icon

from companies import formats
from companies.choices import Rating, RatingState, Role

register = template.Library()

Words = str | Promise


class Look(NamedTuple):
    """Icon and words of one value of a vocabulary."""

    icon: str
    label: Words


SEVERITIES: Mapping[str, Look] = {
    "1": Look("alert-octagon", gettext_lazy("Critical")),
    "2": Look("alert-triangle", gettext_lazy("High")),
    "3": Look("alert-circle", gettext_lazy("Medium")),
    "4": Look("info-circle", gettext_lazy("Low")),
}
CELLS: Mapping[str, Look] = {
    "HIGH-FAV": Look("shield-check", gettext_lazy("High limit · sound")),
    "LOW-FAV": Look("plant-2", gettext_lazy("Low limit · sound")),
    "HIGH-MOD": Look("shield-half", gettext_lazy("High limit · watch")),
    "LOW-MOD": Look("eye", gettext_lazy("Low limit · watch")),
    "HIGH-DEF": Look("stairs-down", gettext_lazy("High limit · weak")),
    "LOW-DEF": Look("hand-stop", gettext_lazy("Low limit · weak")),
    "FAIL": Look("gavel", gettext_lazy("Failed")),
    "NR": Look("help-hexagon", gettext_lazy("Not rated")),
}
ROLES: Mapping[str, str] = {Role.CLIENT: "user-dollar", Role.SUPPLIER: "truck-delivery", Role.PROSPECT: "target"}
DEFINITIONS: Mapping[str, Words] = {
    "rating": gettext_lazy(
        "The probability of insolvency within 12 months, from 15 parameters: "
        "A is very low, D is high. E says that there is no score."
    ),
    "solvency": gettext_lazy(
        "Computed from the credit history: from 0, the weakest, to 100, the soundest. Not rated is not 0."
    ),
    "credit_limit": gettext_lazy("The maximum credit advised at any time. No limit given is not a limit of 0."),
    "contract_limit": gettext_lazy("The maximum capacity on one contract over 12 months: a recommendation."),
    "exposure": gettext_lazy(
        "What may be lost: due and not due invoices and bills, less credit notes and unallocated payments, and goods "
        "delivered and orders accepted that are not invoiced yet. The exposure policy says what of it counts."
    ),
    "use_of_limit": gettext_lazy("Exposure divided by the limit. Without a limit it is not applicable."),
    "overdue": gettext_lazy("Unpaid after its due date. What is due today is not overdue yet."),
    "cell": gettext_lazy("Where solvency and limit put the company on the matrix, with the posture that goes with it."),
}


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


@cache
def _drawn(name: str, size: int) -> SafeString:
    return SafeString(
        draw_icon(f"outline/{name}", size=size, aria_hidden="true", focusable="false", **{"class": "icon"})
    )


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """An outline Tabler icon, hidden from screen readers: the words stand beside it."""
    return _drawn(str(name), size)


@register.filter
def money(amount: Decimal | int | None, places: int = 0) -> str:
    """Digits without the currency; a dash for None."""
    return formats.money(None if amount is None else Decimal(amount), _language(), places)


@register.filter
def short_money(amount: Decimal | int | None) -> str:
    """With unit and the portfolio's currency: "1,2 M€"."""
    return formats.short_money(None if amount is None else Decimal(amount), _language(), settings.PORTFOLIO_CURRENCY)


@register.filter
def percent(ratio: Decimal | None, places: int = 0) -> str:
    """Decimal ratio to "123 %"; None to "n/a"."""
    if ratio is None:
        return _("n/a")
    return formats.percent(Decimal(ratio), _language(), places)


@register.simple_tag
def currency() -> str:
    """The portfolio's currency code, for headers."""
    return str(settings.PORTFOLIO_CURRENCY)


@register.simple_tag
def when(moment: datetime | date | None) -> SafeString:
    """Relative in the text, exact in the title; a dash for None."""
    if moment is None:
        return format_html('<span class="text-secondary">{}</span>', formats.NOTHING)
    now = timezone.localtime()
    exact = formats.exact(moment, _language(), timezone.get_current_timezone())
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, _relative(moment, now))


def _relative(moment: datetime | date, now: datetime) -> str:
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    if isinstance(moment, datetime):
        seconds = abs((moment - now).total_seconds())
        return _("just now") if seconds < 10 else formats.relative(moment, now, _language())
    return near.get((moment - now.date()).days) or formats.relative(moment, now, _language())


@register.simple_tag
def rating_box(rating: str | None, rating_state: str) -> SafeString:
    """The letter in its colour and shape; NR, F and – are words of their own, never a letter by default."""
    letter, style, title = _rating_look(rating or "", rating_state)
    return format_html(
        '<span class="rating rating-{}" role="img" aria-label="{}" title="{}">{}</span>', style, title, title, letter
    )


def _rating_look(rating: str, state: str) -> tuple[str, str, Words]:
    if state == RatingState.FAILED:
        return "F", "failed", _("Failed: insolvency proceeding or closure")
    if state == RatingState.NOT_RATED:
        return "NR", "none", _("Not rated by Creditsafe: this is not a bad rating")
    if state != RatingState.RATED or rating not in Rating.values:
        return "–", "unknown", _("No credit report yet")
    return rating, rating.lower(), Rating(rating).label


@register.inclusion_tag("includes/_score_bar.html")
def score_bar(score: int | None, rating_state: str) -> dict[str, object]:
    """A bar from 0 to 100 with a marker at the score; dashes when there is no score, and why."""
    known = score is not None and rating_state not in {RatingState.NOT_RATED, RatingState.UNKNOWN}
    reason = _("No credit report yet") if rating_state == RatingState.UNKNOWN else _("No score")
    return {"known": known, "score": score, "x": min(max(score or 0, 2), 98), "reason": reason}


@register.inclusion_tag("includes/_use_bar.html")
def use_bar(ratio: Decimal | None) -> dict[str, object]:
    """How much of a limit is used; beyond the limit the bar turns to hatched red, and the figure says by how much."""
    shown = min(max(ratio or Decimal(0), Decimal(0)), Decimal(1))
    level = "over" if ratio is not None and ratio > 1 else "near" if shown >= Decimal("0.8") else "in"
    return {"ratio": ratio, "width": int(shown * 100), "level": level}


@register.simple_tag
def definition(key: str) -> SafeString:
    """A mark that explains a figure on hover and on keyboard focus."""
    text = DEFINITIONS[key]
    return format_html(
        '<button type="button" class="definition" data-bs-toggle="tooltip" title="{}" aria-label="{}">{}</button>',
        text,
        text,
        icon("info-circle", 16),
    )


@register.simple_tag
def role_badges(standing: Any) -> SafeString:
    """One small badge per role of anything with `.roles`."""
    parts = ((role.value, icon(ROLES[role], 14), role.label) for role in standing.roles)
    return format_html_join(" ", '<span class="badge badge-outline role role-{}">{} {}</span>', parts)


@register.simple_tag(takes_context=True)
def cell_badge(context: RequestContext, code: str) -> SafeString:
    """The cell's icon, colour and label: those of the policy in force when the page has them."""
    look = CELLS[code]
    cell = (context.get("cell_labels") or {}).get(code)
    drawn, colour = icon(getattr(cell, "icon", "") or look.icon, 16), getattr(cell, "colour", "")
    label, style = cell or look.label, f"cell-{code.lower()}" + (f" tint-{colour}" if colour else "")
    return format_html('<span class="cell-badge {}" title="{}">{} {}</span>', style, look.label, drawn, label)


@register.simple_tag(takes_context=True)
def cell_name(context: RequestContext, code: str) -> str:
    """The cell's label in the policy in force when the page has it, for use inside a sentence."""
    return str((context.get("cell_labels") or {}).get(code) or CELLS[code].label)


@register.simple_tag
def cell_icon(code: str, size: int = 20) -> SafeString:
    """The icon that stands for a cell."""
    return icon(CELLS[code].icon, size)


@register.simple_tag
def severity(value: str) -> SafeString:
    """Icon, colour and word of an alert's severity."""
    look = SEVERITIES[str(value)]
    return format_html('<span class="severity severity-{}">{} {}</span>', value, icon(look.icon, 16), look.label)


@register.simple_tag
def severity_mark(value: str, size: int = 22) -> SafeString:
    """The severity as an icon alone, its word for hover and screen readers."""
    look = SEVERITIES[str(value)]
    return format_html(
        '<span class="severity severity-{}" role="img" aria-label="{}" title="{}">{}</span>',
        value,
        look.label,
        look.label,
        icon(look.icon, size),
    )


@register.simple_tag
def country(code: str | None) -> SafeString:
    """The two letters, the name in the title."""
    if not code:
        return SafeString(formats.NOTHING)
    return format_html('<abbr class="country" title="{}">{}</abbr>', countries.name(str(code)), code)


@register.simple_tag(takes_context=True)
def qs(context: RequestContext, **changes: object) -> str:
    """The address's query with changes: None removes a key; the page number falls unless it is named."""
    params = context["request"].GET.copy()
    params.pop("page", None)
    for key, value in changes.items():
        if value is None:
            params.pop(key, None)
        else:
            params[key] = str(value)
    return f"?{params.urlencode()}"

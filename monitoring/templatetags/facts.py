"""How the facts of companies and alerts read: `{% load facts %}`."""

import re
from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from companies.rules.identifiers import FRENCH_TERRITORIES
from companies.templatetags.risk import icon, money
from companies.views.words import told
from monitoring.choices import AlertKind
from monitoring.models import Alert
from monitoring.services.alerts import OVER_CREDIT, OVER_ERP

register = template.Library()

GAP = "\u202f"  # narrow no-break space
AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,4})?")
ICONS: Mapping[str, str] = {
    AlertKind.RATING: "chart-line",
    AlertKind.LIMIT: "gauge",
    AlertKind.STATUS: "building-off",
    AlertKind.JUDGMENT: "gavel",
    AlertKind.PRIVILEGE: "lock",
    AlertKind.IDENTITY: "id",
    AlertKind.DIRECTORS: "users",
    AlertKind.ACCOUNTS: "file-analytics",
    AlertKind.OVER_LIMIT: "arrow-bar-to-up",
    AlertKind.OTHER: "bell",
}
OVER: Mapping[str, Promise] = {
    OVER_CREDIT: _("above the credit limit of Creditsafe"),
    OVER_ERP: _("above the limit of the ERP"),
}


@register.filter
def siren(number: str, country: str) -> str:
    """489724245 → "489 724 245" where companies have a SIREN; any other number as it is."""
    if str(country) not in FRENCH_TERRITORIES or len(number) != 9 or not number.isdecimal():
        return number
    return GAP.join((number[:3], number[3:6], number[6:]))


@register.filter
def evidence(stored: str) -> str:
    """Why a company was linked, in words."""
    return " · ".join(told(stored))


@register.filter
def worded(alert: Alert) -> str:
    """What happened, in words: ours for our own figures, Creditsafe's for its events."""
    return str(OVER.get(alert.detail, alert.detail))


@register.filter
def figure(value: str) -> str:
    """A value that is an amount, grouped in thousands; any other text as it came."""
    return money(Decimal(value)) if AMOUNT.fullmatch(value) else value


@register.simple_tag
def kind_icon(kind: str, size: int = 20) -> SafeString:
    """The icon of a kind of alert."""
    return icon(ICONS[kind], size)

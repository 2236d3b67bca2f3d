"""The address of a page about open items: whose, and of which day. Whatever makes no sense is left out and said so."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_countries import countries

from companies import formats
from companies.choices import Role
from companies.models import Account, Company
from companies.services import layers
from monitoring.filters import present_countries
from monitoring.services.scope import UNKNOWN, Scope, first_closing
from monitoring.views.exposure_words import language

CLOSINGS = 24  # months offered
LONGEST = 40  # characters of a business unit or an analyst


def scope_of(request: HttpRequest) -> Scope:
    """What the address asks for; a day that cannot be shown gives today, see `refused`."""
    asked = request.GET
    role, country, group = asked.get("role", ""), asked.get("country", ""), asked.get("group", "")
    return Scope(
        role=role if role in Role.values else "",
        business_unit=asked.get("business_unit", "").strip()[:LONGEST],
        analyst=asked.get("analyst", "").strip()[:LONGEST],
        country=country if countries.name(country) else "",
        group=int(group) if group.isascii() and group.isdigit() and len(group) < 10 else None,
        day=_read(request)[0],
    )


def exact_scope(request: HttpRequest) -> Scope:
    """The same for a file, which cannot show a warning: a day that cannot be shown is refused."""
    if why := refused(request):
        raise BadRequest(why)
    return scope_of(request)


def refused(request: HttpRequest) -> str:
    """Why the day asked for is not shown, "" when it is."""
    return _read(request)[1]


def _read(request: HttpRequest) -> tuple[date | None, str]:
    asked, today = request.GET.get("as_of", "").strip(), timezone.localdate()
    if not asked:
        return None, ""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        said = _("“%(text)s” is no date: write it as year-month-day, such as 2026-03-31. Today is shown.")
        return None, said % {"text": asked[:20]}
    if day > today:
        said = _("%(day)s lies ahead: nobody knows yet what will be owed then. Today is shown.")
        return None, said % {"day": formats.exact(day, language())}
    return (None if day == today else day), ""


def query(scope: Scope, **more: Any) -> str:
    """A scope as the part of an address behind its "?", with more parameters; those without a value are left out."""
    asked = {one.name: getattr(scope, one.name) for one in fields(scope)} | more
    day = asked.pop("day")
    asked["as_of"] = day.isoformat() if day else ""
    return urlencode({name: value for name, value in asked.items() if value})


def as_of(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """What the banner and the choice of a day need."""
    first = first_closing()
    return {
        "scope": scope,
        "kept": kept(scope),
        "group_name": group_name(scope),
        "as_of": scope.day,
        "as_of_refused": refused(request),
        "as_of_first": first,
        "is_before_first": scope.day is not None and (first is None or scope.day < first),
        "closings": layers.months(CLOSINGS)[::-1],
        "today": scope.on,
        "this_day": timezone.localdate(),
    }


def choices(scope: Scope) -> list[dict[str, Any]]:
    """The selects of the filter; one whose file column nobody fills is left out."""
    found = [
        _select("role", _("Role"), _("All roles"), [one for one in Role.choices if one[0] != Role.SUPPLIER]),
        _select("business_unit", _("Business unit"), _("All business units"), _known("business_unit")),
        _select("analyst", _("Analyst"), _("All analysts"), _known("analyst")),
        _select("country", _("Country"), _("All countries"), present_countries()),
    ]
    return [one | {"chosen": getattr(scope, one["name"])} for one in found if one["options"]]


def _known(name: str) -> list[tuple[str, str]]:
    """The codes of the ERP that accounts bear, and "unknown" beside them; nothing where no account bears one."""
    codes = Account.objects.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()
    found = [(code, code) for code in codes]
    return [*found, (UNKNOWN, _("unknown"))] if found else []


def _select(name: str, label: str, everything: str, options: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "everything": everything, "options": options}


def group_name(scope: Scope) -> str:
    """The name of the group that the scope is narrowed to, "" without one."""
    found = Company.everyone.filter(pk=scope.group).values_list("name", flat=True).first() if scope.group else ""
    return found or ""


def kept(scope: Scope) -> Mapping[str, Any]:
    """The parameters of a scope that no select shows."""
    return {"group": scope.group} if scope.group else {}

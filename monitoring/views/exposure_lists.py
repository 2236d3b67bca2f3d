"""What the figures of the exposure page open: companies, their open items, limits, losses, and ageing line by line."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Count, F, Sum
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from companies.choices import AgeingBucket, RatingState
from companies.models import Company
from monitoring.models import ExposureSettings
from monitoring.services import ageing_table, kpis
from monitoring.services import exposure as figures
from monitoring.services.money import Rates, units
from monitoring.services.scope import Items, Scope, as_they_were
from monitoring.tables import PAGE, page_of
from monitoring.views import exposure_words as words
from monitoring.views import scopes
from monitoring.views.exposure import ZERO, basis_of
from monitoring.views.late import send

ITEMS = 500


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def companies(request: HttpRequest) -> HttpResponse:
    """The companies behind a figure, the largest amounts first."""
    scope, key = scopes.scope_of(request), request.GET.get("figure", "")
    if key == "all.risk":
        return _risks(request, scope)
    rows, label = _figure(key, scope)
    page = page_of(_rows(rows, scope.on), request.GET.get("page"))
    context = {
        **scopes.as_of(request, scope),
        "figure": key,
        "label": label,
        "page": page,
        "is_promise": key in figures.promise_figures(scope.on),
    }
    return render(request, "monitoring/exposure_companies.html", context)


def _risks(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What counts of each company, orders and deliveries included: what the total is the sum of."""
    owing = kpis.positions(scope, ExposureSettings.current().rules())
    rows = sorted(owing, key=lambda row: (-row.exposure, row.company))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        **scopes.as_of(request, scope),
        "page": page,
        "named": Company.everyone.in_bulk([row.company for row in page]),
        "total": sum((row.exposure for row in owing), ZERO),
        "day_query": scopes.query(Scope(day=scope.day)),
    }
    return render(request, "monitoring/exposure_risks.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def items(request: HttpRequest, pk: int) -> HttpResponse:
    """The open items of one company behind a figure, or its orders and deliveries."""
    company, scope, key = get_object_or_404(Company, pk=pk), scopes.scope_of(request), request.GET.get("figure", "")
    rows, label = _figure(key, scope)
    rows, is_promise = rows.filter(account__company=pk), key in figures.promise_figures(scope.on)
    listed = rows.select_related("account").order_by("deliver_on" if is_promise else "at_due", "pk")[:ITEMS]
    context = {
        **scopes.as_of(request, scope),
        "company": company,
        "figure": key,
        "label": label,
        "is_promise": is_promise,
        "items": [] if is_promise else as_they_were(listed),
        "promises": list(listed) if is_promise else [],
        "most": ITEMS,
        "sums": list(rows.order_by().values("at_currency").annotate(total=Sum("at_amount"), count=Count("pk"))),
    }
    return render(request, "monitoring/exposure_items.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def limits(request: HttpRequest) -> HttpResponse:
    """The companies below, above or without one kind of limit."""
    scope, key, part = scopes.scope_of(request), request.GET.get("limit", ""), request.GET.get("part", "")
    if key not in kpis.LIMITS or part not in words.ROOMS:
        raise Http404
    owing = kpis.positions(scope, ExposureSettings.current().rules(), whole=True)
    rows = kpis.beside(owing, key, part)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        **scopes.as_of(request, scope),
        "label": words.LIMITS[key],
        "part": part,
        "part_label": words.ROOMS[part],
        "limit": key,
        "day_query": scopes.query(Scope(day=scope.day)),
        "page": page,
        "named": Company.everyone.in_bulk([row.company for row in page]),
        "sums": (sum((row.exposure for row in rows), ZERO), sum((row.difference or ZERO for row in rows), ZERO)),
    }
    return render(request, "monitoring/exposure_limits.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def losses(request: HttpRequest) -> HttpResponse:
    """The expected loss rating by rating; with `rating` or `state` in the address, the companies that have it."""
    scope, settings = scopes.scope_of(request), ExposureSettings.current()
    owing = kpis.positions(scope, settings.rules())
    lines = kpis.losses(owing, settings)
    asked = (request.GET.get("state", ""), request.GET.get("rating", ""), request.GET.get("pd", ""))
    chosen = [row for row in owing if row.exposure > 0 and kpis.loss_key(row) == asked]
    page = Paginator(sorted(chosen, key=lambda row: -row.exposure), PAGE).get_page(request.GET.get("page"))
    context = {
        **scopes.as_of(request, scope),
        "lines": lines,
        "states": dict(RatingState.choices),
        "asked": asked,
        "day_query": scopes.query(Scope(day=scope.day)),
        "page": page if any(asked) else None,
        "named": Company.everyone.in_bulk([row.company for row in page]),
        "sums": kpis.joined(lines),
        "settings": settings,
    }
    return render(request, "monitoring/exposure_losses.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def ageing(request: HttpRequest) -> HttpResponse:
    """Who owes what since when: one table, split by what the reader chooses, whose sums are the page's total."""
    scope, split, basis = scopes.scope_of(request), _split(request), basis_of(request)
    found = ageing_table.table(scope, split=split, basis=basis)
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
    context = {
        **scopes.as_of(request, scope),
        "selects": scopes.choices(scope),
        "split": split,
        "splits": words.SPLITS.items(),
        "basis": basis,
        "bases": words.BASES.items(),
        "buckets": [(bucket.value, bucket.label) for bucket in AgeingBucket],
        "found": found,
        "page": page,
        "lines": [_line(row, scope, split, basis) for row in page],
        "sums": _line(found.sums, scope, "", basis),
    }
    return render(request, "monitoring/exposure_ageing.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def ageing_export(request: HttpRequest, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt not in {"csv", "xlsx"}:
        raise Http404
    scope, split, basis = scopes.exact_scope(request), _split(request), basis_of(request)
    found = ageing_table.table(scope, split=split, basis=basis)
    return send(ageing_table.sheet(found, str(words.SPLITS[split])), fmt, f"ageing-{split}-{scope.on:%Y-%m-%d}")


def _split(request: HttpRequest) -> str:
    asked = request.GET.get("by", "")
    return asked if asked in words.SPLITS else "company"


def _line(row: ageing_table.Row, scope: Scope, split: str, basis: str) -> dict[str, Any]:
    """A line with the address behind each of its amounts, the last one for the total."""
    address = reverse("exposure_items", args=[row.key]) if split == "company" else reverse("exposure_companies")
    more = {split: row.key} if split and split != "company" else {}
    keys = [f"{basis}.{bucket}" for bucket in AgeingBucket]
    cells = [
        (amount, f"{address}?{scopes.query(scope, **more, figure=key)}")
        for key, amount in zip([*keys, "all.items"], [*row.amounts, row.total], strict=True)
    ]
    return {"row": row, "cells": cells, "url": cells[-1][1]}


def _figure(key: str, scope: Scope) -> tuple[Items, str]:
    """The rows behind a figure, and its words."""
    label, of_items, promised = words.figure(key), figures.conditions(scope.on), figures.promise_figures(scope.on)
    if label is None or key not in {*of_items, *promised}:
        raise Http404
    if key in promised:
        return scope.promises().filter(promised[key]), label
    return scope.items().filter(of_items[key]), label


def _rows(rows: Items, as_of: date) -> Items:
    """One row per company with its amount in the portfolio's currency; a currency without a rate counts as nothing."""
    named = rows.order_by().values("account__company", "account__company__name", "account__company__country")
    summed = named.annotate(total=units(Sum(Rates(as_of).cents())), count=Count("pk"))
    ordered: Items = summed.order_by(F("total").desc(nulls_last=True), "account__company")
    return ordered

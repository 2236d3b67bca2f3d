"""What is at stake, for managers who would rather look than read; every figure opens what it is made of."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_countries import countries

from companies import formats
from companies.choices import AgeingBucket, Role
from companies.models import Company, OpenItem
from monitoring import charts
from monitoring.filters import present_countries
from monitoring.models import ExposureSettings
from monitoring.services import exposure as figures
from monitoring.services import kpis
from monitoring.services.exposure import Scope, Totals
from monitoring.services.facts import Rates
from monitoring.tables import page_of
from monitoring.views import exposure_words as words
from monitoring.views.exposure_words import Tile

TOP = 10
ITEMS = 500
BARS = charts.Point(400.0, 224.0)  # the months: as wide as its card is on a screen
ZERO = Decimal(0)


@dataclass(frozen=True)
class PartLine:
    """A part of the exposure, its share of what is owed, and its address."""

    key: str
    label: str
    amount: Decimal
    counted: Decimal
    width: float
    url: str


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def exposure(request: HttpRequest) -> HttpResponse:
    today, scope, basis = timezone.localdate(), _scope(request), _basis(request)
    policy = ExposureSettings.current()
    found = figures.totals(scope.items(), as_of=today, policy=policy.rules())
    months = kpis.trend(scope, as_of=today)
    context = {
        "scope": scope,
        "basis": basis,
        "bases": list(words.BASES.items()),
        "roles": Role.choices,
        "countries": present_countries(),
        "today": today,
        "found": found,
        "parts": _parts(found, scope),
        **_ageing(found, scope, basis),
        "rooms": [(words.LIMITS[room.key], room, _room_bar(room)) for room in kpis.rooms(scope)],
        "weights": kpis.concentration(scope, count=TOP),
        "tiles": _tiles(found, scope, policy, months),
        "months": months,
        "bars": charts.month_bars([(month.day, month.owed, month.overdue) for month in months], size=BARS),
        "over_url": _list(reverse("portfolio"), scope, over="1"),
        "largest_url": _list(reverse("portfolio"), scope, sort="-exposure"),
    }
    return render(request, "monitoring/exposure.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def companies(request: HttpRequest) -> HttpResponse:
    """The companies behind a figure, the largest amounts first."""
    today, scope, key = timezone.localdate(), _scope(request), request.GET.get("figure", "")
    condition, label = _figure(key)
    rows = _rows(scope.items().filter(condition), Rates(today))
    context = {"figure": key, "label": label, "scope": scope, "page": page_of(rows, request.GET.get("page"))}
    return render(request, "monitoring/exposure_companies.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def items(request: HttpRequest, pk: int) -> HttpResponse:
    """The open items of one company behind a figure."""
    company, key = get_object_or_404(Company, pk=pk), request.GET.get("figure", "")
    condition, label = _figure(key)
    rows = figures.receivable(OpenItem.objects.open()).filter(condition, account__company=pk)
    context = {
        "company": company,
        "figure": key,
        "label": label,
        "today": timezone.localdate(),
        "items": rows.select_related("account").order_by("due_date", "pk")[:ITEMS],
        "most": ITEMS,
        "sums": list(rows.order_by().values("currency").annotate(total=Sum("amount"), count=Count("pk"))),
    }
    return render(request, "monitoring/exposure_items.html", context)


def _figure(key: str) -> tuple[Q, str]:
    label, found = words.figure(key), figures.conditions(timezone.localdate())
    if label is None or key not in found:
        raise Http404
    return found[key], label


def _rows(items: QuerySet[OpenItem], rates: Rates) -> QuerySet[Any]:
    """One row per company with its amount in the portfolio's currency; a currency without a rate counts as nothing."""
    codes = items.order_by().values_list("currency", flat=True).distinct()
    one = {code: rates.convert(Decimal(1_000_000), code) for code in codes}
    known = [When(currency=code, then=Value(worth / 1_000_000)) for code, worth in one.items() if worth]
    rate = Case(*known, default=Value(ZERO), output_field=OpenItem._meta.get_field("amount"))
    rows = items.order_by().values("account__company", "account__company__name", "account__company__country")
    summed = rows.annotate(total=Sum(F("amount") * rate), count=Count("pk"))
    return summed.order_by(F("total").desc(), "account__company")


def _scope(request: HttpRequest) -> Scope:
    role, country = request.GET.get("role", ""), request.GET.get("country", "")
    return Scope(role if role in Role.values else "", country if countries.name(country) else "")


def _basis(request: HttpRequest) -> str:
    asked = request.GET.get("basis", "")
    return asked if asked in words.BASES else "due"


def _list(address: str, scope: Scope, **more: str) -> str:
    asked = {"role": scope.role, "country": scope.country} | more
    return f"{address}?{urlencode({key: value for key, value in asked.items() if value})}"


def _parts(found: Totals, scope: Scope) -> list[PartLine]:
    """The parts that the ledger tells, the largest first, credits last."""
    address = reverse("exposure_companies")
    amounts = {name: getattr(found.parts, name) for name in figures.LEDGER_PARTS}
    largest = max((abs(amount) for amount in amounts.values()), default=ZERO) or Decimal(1)
    lines = [
        PartLine(
            key, str(words.PARTS[key]), amount, found.counted.get(key, ZERO),
            round(float(abs(amount) / largest) * 100, 1), _list(address, scope, figure=f"part.{key}"),
        )
        for key, amount in amounts.items() if amount
    ]  # fmt: skip
    return sorted(lines, key=lambda line: -line.amount)


def _ageing(found: Totals, scope: Scope, basis: str) -> dict[str, Any]:
    ageing, address = found.ageings[basis], reverse("exposure_companies")
    debts = {bucket.value: ageing.buckets[bucket] for bucket in AgeingBucket if bucket != AgeingBucket.CREDITS}
    highest = max(debts.values(), default=ZERO) or Decimal(1)
    total = sum(debts.values(), ZERO)
    columns = [
        (
            bucket,
            str(AgeingBucket(bucket).label),
            amount,
            round(float(amount / highest) * 100, 1),
            amount / total if total else None,
            _list(address, scope, figure=f"{basis}.{bucket}"),
        )
        for bucket, amount in debts.items()
    ]
    return {
        "ageing": ageing,
        "columns": columns,
        "credits": ageing.buckets[AgeingBucket.CREDITS],
        "credits_url": _list(address, scope, figure=f"{basis}.credits"),
    }


def _room_bar(room: kpis.Room) -> tuple[float, float, float]:
    """Widths of used within limits, free and above limits, of a bar 100 long."""
    used = max(room.limited - room.free, ZERO)
    total = used + room.free + room.excess
    if not total:
        return (0.0, 0.0, 0.0)
    widths = [round(float(part / total) * 100, 2) for part in (used, room.free, room.excess)]
    return (widths[0], widths[1], widths[2])


def _tiles(found: Totals, scope: Scope, policy: ExposureSettings, months: list[kpis.Month]) -> list[Tile]:
    sold = kpis.sales(timezone.localdate()) if not scope.country and scope.role in {"", Role.CLIENT} else kpis.NONE_SOLD
    opening = _opening(months, sold)
    tiles = kpis.behaviour(found.owed, sold, opening=opening, rate=policy.financing_rate)
    is_part = sold is kpis.NONE_SOLD
    return [*(words.tile(one, is_part=is_part) for one in tiles.values()), _loss(scope, policy)]


def _opening(months: list[kpis.Month], sold: kpis.SoldMonths) -> Decimal | None:
    """What was owed on the eve of the newest month of sales, where the ledger reaches that far back."""
    if sold.newest is None:
        return None
    eve = [month.owed for month in months if month.day < sold.newest]
    return eve[-1] if eve else None


def _loss(scope: Scope, policy: ExposureSettings) -> Tile:
    lost = kpis.loss(scope, policy)
    explanation = _(
        "Exposure × probability of default of the rating × loss given default (%(lgd)s). Before insurance. "
        "The probabilities are placeholders until measured on your own history."
    ) % {"lgd": formats.percent(policy.loss_given_default / 100, words.language())}
    value = formats.short_money(lost.gross if lost else None, words.language(), settings.PORTFOLIO_CURRENCY)
    note = _("of %(amount)s at risk") % {
        "amount": formats.short_money(lost.ead if lost else ZERO, words.language(), settings.PORTFOLIO_CURRENCY)
    }
    return Tile(_("Expected loss, gross"), value, note, explanation, is_placeholder=True)

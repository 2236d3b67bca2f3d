"""What is at stake, for managers who would rather look than read; every figure opens what it is made of."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from companies import formats
from companies.choices import AgeingBucket
from monitoring import charts
from monitoring.models import ExposureSettings
from monitoring.services import exposure as figures
from monitoring.services import kpis
from monitoring.services.exposure import Totals
from monitoring.services.scope import Scope
from monitoring.views import exposure_words as words
from monitoring.views import scopes
from monitoring.views.exposure_words import Tile

TOP = 10
BARS = charts.Point(400.0, 224.0)  # the months: as wide as its card is on a screen
ZERO = Decimal(0)


@dataclass(frozen=True)
class RoomPicture:
    """One kind of limit: its words, its figures, the widths of its bar, and where each figure opens."""

    label: str
    room: kpis.Room
    bar: tuple[float, float, float]
    urls: dict[str, str]


@dataclass(frozen=True)
class PartBar:
    """A part of the exposure with the width of its bar and the address of its list."""

    line: words.PartLine
    width: float
    url: str


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def exposure(request: HttpRequest) -> HttpResponse:
    scope, basis, policy = scopes.scope_of(request), basis_of(request), ExposureSettings.current()
    found = figures.totals(scope.items(), scope.promises(), as_of=scope.on, policy=policy.rules())
    months = kpis.trend(scope)
    owing = kpis.positions(scope, policy.rules())
    whole = kpis.positions(scope, policy.rules(), whole=True) if scope.is_of_accounts else owing
    context = {
        **scopes.as_of(request, scope),
        "selects": scopes.choices(scope),
        "basis": basis,
        "bases": list(words.BASES.items()),
        "splits": [(word, _list(reverse("exposure_ageing"), scope, by=key)) for key, word in words.SPLITS.items()],
        "found": found,
        "parts": _parts(found, scope),
        **_ageing(found, scope, basis),
        "rooms": [_room(room, scope) for room in kpis.rooms(whole)],
        "weights": kpis.concentration(owing, count=TOP),
        "tiles": _tiles(found, scope, policy, months) + _loss(owing, scope, policy),
        "months": months,
        "bars": charts.month_bars([(month.day, month.owed, month.overdue) for month in months], size=BARS),
        "month_urls": {month.day: _list(reverse("exposure"), replace(scope, day=month.day)) for month in months},
        "all_url": _list(reverse("exposure_companies"), scope, figure="all.items"),
        "debts_url": _list(reverse("exposure_companies"), scope, figure="all.debts"),
        "risk_url": _list(reverse("exposure_companies"), scope, figure="all.risk"),
        "late_url": _list(reverse("late"), scope),
    }
    return render(request, "monitoring/exposure.html", context)


def basis_of(request: HttpRequest) -> str:
    asked = request.GET.get("basis", "")
    return asked if asked in words.BASES else "due"


def _list(address: str, scope: Scope, **more: str) -> str:
    return f"{address}?{scopes.query(scope, **more)}"


def _parts(found: Totals, scope: Scope) -> list[PartBar]:
    """The parts that the ledger tells and those that are promised, in the order of the balance."""
    address, lines = reverse("exposure_companies"), words.part_lines(found)
    largest = max((abs(line.amount or line.counted) for line in lines), default=ZERO) or Decimal(1)
    return [
        PartBar(
            line,
            round(float(abs(line.amount or line.counted) / largest) * 100, 1),
            _list(address, scope, figure=f"part.{line.key}"),
        )
        for line in lines
    ]


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


def _room(room: kpis.Room, scope: Scope) -> RoomPicture:
    address = reverse("exposure_limits")
    urls = {part: _list(address, scope, limit=room.key, part=part) for part in words.ROOMS}
    return RoomPicture(str(words.LIMITS[room.key]), room, _room_bar(room), urls)


def _tiles(found: Totals, scope: Scope, policy: ExposureSettings, months: list[kpis.Month]) -> list[Tile]:
    sold = kpis.NONE_SOLD if scope.is_narrowed else kpis.sales(scope.on)
    opening, address = _opening(months, sold), reverse("exposure_companies")
    tiles = kpis.behaviour(found.owed, sold, opening=opening, rate=policy.financing_rate)
    return [
        words.tile(one, is_part=scope.is_narrowed, url=_list(address, scope, figure=words.MADE_OF[one.formula]))
        for one in tiles.values()
    ]


def _opening(months: list[kpis.Month], sold: kpis.SoldMonths) -> Decimal | None:
    """What was owed at the last closing before the newest month of sales, where the files reach that far back."""
    if sold.newest is None:
        return None
    eve = [month.owed for month in months if month.day < sold.newest]
    return eve[-1] if eve else None


def _loss(owing: list[kpis.Position], scope: Scope, policy: ExposureSettings) -> list[Tile]:
    """The expected loss before insurance; net of cover, nothing is known until a ledger of cover is."""
    at_risk, gross = kpis.joined(kpis.losses(owing, policy))
    explanation = _(
        "Exposure × probability of default × loss given default (%(lgd)s). Before insurance. The probability is the "
        "report’s where it tells one, else the rating’s: a placeholder until measured on your own history."
    ) % {"lgd": formats.percent(policy.loss_given_default / 100, words.language())}
    shown = [formats.short_money(amount, words.language(), settings.PORTFOLIO_CURRENCY) for amount in (gross, at_risk)]
    url, note = _list(reverse("exposure_losses"), scope), _("of %(amount)s at risk") % {"amount": shown[1]}
    net = _("Expected loss less what insurers would pay. No cover is stored: that is not a cover of 0.")
    return [
        Tile(_("Expected loss, gross"), shown[0], note, explanation, is_placeholder=True, url=url),
        Tile(_("Expected loss, net"), _("n/a"), _("no cover known"), net, is_placeholder=True),
    ]

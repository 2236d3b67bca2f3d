"""One page to start the day: what is at stake, what moved, what waits for a person, and whether the data is fresh."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Max, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from companies.choices import BatchState
from companies.models import Connection, ImportBatch, Report
from monitoring.charts import ZERO
from monitoring.charts.matrix import NARROW, SMALL, Axes, matrix_picture
from monitoring.choices import LimitMeasure, Severity
from monitoring.models import Alert, Portfolio, Standing, StandingChange
from monitoring.views.context import Site
from monitoring.views.figures import bounds, cell_figures, policy_in_force, summary, totals
from monitoring.views.status import HEARTBEAT_LASTS, heartbeat

ALERTS, OVERS, MOVEMENTS = 5, 5, 8
RECENT = 2000  # movements looked at: a first import places everybody, and that is no movement
POLL_LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sync:
    """A source of data, when it last spoke, and its health: "good", "warn", "bad", or "none" before the first time."""

    icon: str
    label: str | Promise
    at: datetime | None
    health: str
    note: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Excess:
    """How far a company is above the limit it exceeds the most."""

    row: Standing
    amount: Decimal
    limit_name: str | Promise
    limit: Decimal


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    policy, cells = policy_in_force()
    figures = cell_figures(summary(""), cells)
    severities = _by_severity()
    context = {
        "policy": policy,
        "totals": totals(figures),
        "picture": matrix_picture(figures, Axes(bounds(policy)), SMALL),
        "narrow": matrix_picture(figures, Axes(bounds(policy)), NARROW),
        "severities": severities,
        "to_treat": sum(count for value, count in severities),
        "alerts": Alert.objects.to_treat().for_inbox()[:ALERTS],
        "overs": _over_limits(),
        "movements": _movements(),
        "syncs": _syncs(Site(request.user, request.path).connection, timezone.now()),
    }
    return render(request, "monitoring/dashboard.html", context)


def _by_severity() -> list[tuple[str, int]]:
    counted = Alert.objects.to_treat().order_by("severity").values_list("severity").annotate(Count("pk"))
    found = dict(counted)
    return [(severity.value, found.get(severity.value, 0)) for severity in Severity]


def _over_limits() -> list[Excess]:
    """The biggest amounts above a limit, each read from its own index and then ranked together."""
    rows = {
        row.pk: row
        for name in ("over_credit_limit", "over_erp_limit")
        for row in Standing.objects.filter(**{f"{name}__gt": 0}).order_by(f"-{name}")[:OVERS]
    }
    return sorted(map(_excess, rows.values()), key=lambda one: -one.amount)[:OVERS]


def _excess(row: Standing) -> Excess:
    credit, erp = _known(row.over_credit_limit), _known(row.over_erp_limit)
    if credit >= erp:
        return Excess(row, credit, LimitMeasure.CREDIT_LIMIT.label, _known(row.credit_limit))
    return Excess(row, erp, LimitMeasure.ERP_LIMIT.label, _known(row.erp_limit))


def _known(amount: object) -> Decimal:
    """A limit that is exceeded is there; the other one may be missing, and then nothing is above it."""
    return amount if isinstance(amount, Decimal) else ZERO


def _movements() -> list[StandingChange]:
    latest = StandingChange.objects.order_by("-pk").values("pk")[:1]
    recent = StandingChange.objects.filter(pk__gt=Subquery(latest) - RECENT).exclude(cell_before="")
    return list(recent.select_related("company").order_by("-pk")[:MOVEMENTS])


def _syncs(connection: Connection, now: datetime) -> list[Sync]:
    polled = Portfolio.objects.aggregate(Max("polled_at"))["polled_at__max"]
    applied = ImportBatch.objects.filter(state=BatchState.APPLIED).order_by("-pk").first()
    reported = Report.objects.order_by("-pk").values_list("known_at", flat=True).first()
    beat = heartbeat()
    return [
        _imported(applied),
        Sync("plug-connected", _("Creditsafe connection"), connection.last_success_at, *_connected(connection)),
        Sync("report", _("Credit reports"), reported, "good" if reported else "none"),
        Sync("radar", _("Surveillance events"), polled, _fresh(polled, now, POLL_LATE, "warn")),
        Sync("heartbeat", _("Background worker"), beat, _fresh(beat, now, HEARTBEAT_LASTS, "bad")),
    ]


def _imported(batch: ImportBatch | None) -> Sync:
    at, health, note = (batch.applied_at, "good", batch.filename) if batch else (None, "none", "")
    return Sync("file-import", _("ERP import"), at, health, note)


def _connected(connection: Connection) -> tuple[str, str | Promise]:
    if connection.halted_at:
        return "bad", _("Calls are stopped")
    if connection.is_down:
        return "warn", _("Away: stored data is shown")
    return ("good" if connection.last_success_at else "none"), ""


def _fresh(at: datetime | None, now: datetime, lasts: timedelta, late: str) -> str:
    if at is None:
        return "bad" if late == "bad" else "none"
    return "good" if now - at <= lasts else late

"""One company: who it is, where it stands, what it owes, and what Creditsafe says of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from companies.choices import JobKind, LinkState, OrderReason
from companies.creditsafe import parse_report
from companies.models import Company, Job, OpenItem, Profile, RatingPoint
from companies.services import refresh as orders
from companies.tasks import run_job
from monitoring import charts
from monitoring.choices import PolicyState
from monitoring.models import Alert, Event, MatrixCell, Standing, StandingChange
from monitoring.services import dossier
from monitoring.views import report as sections

ITEMS = 200  # open items shown; the count says how many there are
LINES = 20
OPEN_FIRST = (F("closed_at").desc(nulls_first=True), "severity", "-changed_at")


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Company.objects.select_related("parent"), pk=pk)
    profile = Profile.objects.select_related("report", "linked_by").filter(company=pk).first()
    standing = Standing.objects.filter(pk=pk).first()
    context = {
        "company": shown,
        "accounts": shown.accounts.all(),
        "profile": profile or Profile(company=shown),  # nothing known is an empty profile
        "standing": standing,
        "is_linked": shown.link_state == LinkState.LINKED,
        "absence": dossier.absence(shown, profile),
        **_exposure(pk, standing),
        **_judgement(pk, standing),
        **_history(pk),
        **_report(profile),
    }
    return render(request, "monitoring/company.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Company, pk=pk)
    now = timezone.now()
    if shown.link_state != LinkState.LINKED:
        messages.error(request, _("Link the company to Creditsafe first: a report is ordered by that link."))
    elif orders.order([pk], reason=OrderReason.REQUESTED, user_id=request.user.pk, now=now):
        run_job.delay_on_commit(Job.objects.ensure(JobKind.REFRESH, now=now, user_id=request.user.pk).pk)
        messages.success(request, _("A new report is on order. It shows here in a moment."))
    else:
        messages.info(request, _("A report is on order already."))
    return redirect(shown)


def _exposure(pk: int, standing: Standing | None) -> dict[str, Any]:
    found = dossier.ledger(pk, as_of=timezone.localdate())
    debts = {key: amount for key, amount in found.buckets.items() if key != "credits"}
    items = OpenItem.objects.open().filter(account__company=pk).select_related("account")
    return {
        "ledger": found,
        "ageing": charts.ageing_bar(debts, credits=found.buckets["credits"]),
        "ageing_rows": found.rows,
        "limits": dossier.limits(standing) if standing else [],
        "items": items.order_by("due_date", "pk")[:ITEMS],
        "most_items": ITEMS,
        "today": timezone.localdate(),
    }


def _judgement(pk: int, standing: Standing | None) -> dict[str, Any]:
    cell = standing and MatrixCell.objects.filter(policy__state=PolicyState.ACTIVE, code=standing.cell).first()
    alerts = Alert.objects.filter(company=pk).select_related("taken_by")
    return {
        "cell": cell,
        "alerts": alerts.order_by(*OPEN_FIRST)[:LINES],
        "movements": StandingChange.objects.filter(company=pk)[:LINES],
    }


def _history(pk: int) -> dict[str, Any]:
    points = RatingPoint.objects.filter(company=pk).order_by("-valid_on", "-known_at")[:500]
    latest = {point.valid_on: point for point in reversed(points)}  # what we learnt last of a day goes over the rest
    marks = [
        charts.Mark(on=(event.happened_at or event.received_at).date(), text=event.rule_name)
        for event in Event.objects.filter(company=pk)[:LINES]
    ]
    dots = [charts.HistoryPoint(on, point.score, point.credit_limit) for on, point in latest.items()]
    return {"chart": charts.history_chart(dots, marks, until=timezone.localdate()), "points": points[:LINES]}


def _report(profile: Profile | None) -> dict[str, Any]:
    stored = profile.report if profile else None
    if stored is None:
        return {"stored": None, "report": None, "financials": None, "troubles": [], "relatives": []}
    parsed = parse_report(stored.data())
    return {
        "stored": stored,
        "report": parsed,
        "financials": sections.accounts(parsed),
        "troubles": sections.troubles(parsed),
        "relatives": sections.relatives(parsed),
    }

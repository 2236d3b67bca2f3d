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
from companies.models import Company, Job, OpenItem, Profile
from companies.services import budget, orders
from companies.services.budget import NothingLeft
from companies.tasks import run_job
from monitoring import charts
from monitoring.choices import PolicyState
from monitoring.models import Alert, MatrixCell, Standing, StandingChange
from monitoring.services import dossier
from monitoring.views import company_tabs, reviews, tab_contents, tasks
from monitoring.views import shown as reports

ITEMS = 200  # open items shown; the count says how many there are
LINES = 20
OPEN_FIRST = (F("closed_at").desc(nulls_first=True), "severity", "-changed_at")


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """The summary: what matters of every tab. The report's part is for those who may read reports."""
    shown = reports.load(request, pk)
    if request.user.has_perm("companies.view_report"):
        reports.note(request, shown, "summary")
    else:
        shown.parsed = None
    history = tab_contents.history_of(pk, shown.connect_id)
    context = {
        **company_tabs.around(shown, company_tabs.SUMMARY),
        "accounts": shown.company.accounts.all(),
        "profile": shown.profile or Profile(company=shown.company),  # nothing known is an empty profile
        **_exposure(pk, shown.standing),
        **_judgement(pk, shown.standing),
        "chart": history["chart"],
        "points": history["points"][:LINES],
        **tasks.panel(request, pk),
        **reviews.panel(pk),
    }
    return render(request, "monitoring/company.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Company, pk=pk)
    if shown.link_state != LinkState.LINKED:
        messages.error(request, _("Link the company to Creditsafe first: a report is ordered by that link."))
    else:
        _order(request, pk)
    return redirect(shown)


def _order(request: HttpRequest, pk: int) -> None:
    now = timezone.now()
    try:
        asked = orders.order([pk], reason=OrderReason.REQUESTED, user_id=request.user.pk, now=now)
    except NothingLeft as error:
        messages.error(request, str(error))
        return
    if asked:
        run_job.delay_on_commit(Job.objects.ensure(JobKind.REFRESH, now=now, user_id=request.user.pk).pk)
        messages.success(request, _("A new report is on order. It shows here in a moment."))
        if said := budget.left_in_words(pk, now):
            messages.info(request, said)
    else:
        messages.info(request, _("A report is on order already."))


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

"""One company: who it is, where it stands, what it owes, and what Creditsafe says of it."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import F, Q
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
from monitoring.models import Alert, MatrixCell, Position, Standing
from monitoring.models.standing import Placed
from monitoring.services import dossier
from monitoring.views import company_tabs, reviews, tab_contents, tasks
from monitoring.views import shown as reports
from monitoring.views.as_of import AsOf
from monitoring.views.shown import Shown

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
    history = tab_contents.history_of(pk, shown.connect_id, shown.as_of)
    past = shown.as_of.is_past
    context = {
        **company_tabs.around(shown, company_tabs.SUMMARY),
        "accounts": [] if past else shown.company.accounts.all(),
        "profile": _profile(shown),
        "limits": dossier.limits(shown.standing) if shown.standing else [],
        **({} if past else _exposure(pk)),
        **_judgement(pk, shown),
        "first_day": _first_day(pk, shown.as_of) if past and shown.standing is None else None,
        "chart": history["chart"],
        "points": history["points"][:LINES],
        **tasks.panel(request, pk),
        **reviews.panel(pk),
    }
    return render(request, "monitoring/company_past.html" if past else "monitoring/company.html", context)


def _profile(shown: Shown) -> Profile:
    """What Creditsafe says; on a past day, what the position of the day kept of it. Nothing known is an empty one."""
    if not shown.as_of.is_past:
        return shown.profile or Profile(company=shown.company)
    found = Profile(company=shown.company, currency=settings.PORTFOLIO_CURRENCY)
    if shown.standing:
        found.credit_limit, found.contract_limit = shown.standing.credit_limit, shown.standing.contract_limit
        found.rated_on = shown.standing.scored_on
    return found


def _first_day(pk: int, as_of: AsOf) -> date | None:
    """The first day on which the company was there, if that is later: what to say on a day when it was not."""
    return as_of.first(Position.objects.filter(company=pk))


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


def _exposure(pk: int) -> dict[str, Any]:
    found = dossier.ledger(pk, as_of=timezone.localdate())
    debts = {key: amount for key, amount in found.buckets.items() if key != "credits"}
    items = OpenItem.objects.open().filter(account__company=pk).select_related("account")
    return {
        "ledger": found,
        "ageing": charts.ageing_bar(debts, credits=found.buckets["credits"]),
        "ageing_rows": found.rows,
        "items": items.order_by("due_date", "pk")[:ITEMS],
        "most_items": ITEMS,
        "today": timezone.localdate(),
    }


def _judgement(pk: int, shown: Shown) -> dict[str, Any]:
    alerts = Alert.objects.filter(company=pk).select_related("taken_by")
    return {
        "cell": _cell(shown.standing),
        "alerts": [] if shown.as_of.is_past else alerts.order_by(*OPEN_FIRST)[:LINES],
        "movements": tab_contents.movements(pk, shown.as_of)[:LINES],
    }


def _cell(standing: Placed | None) -> MatrixCell | None:
    """The words of its cell: today under the policy that judges it, on a past day under the one that placed it then,
    else under the one in force for clients.
    """
    if standing is None:
        return None
    judged = Q(policy=standing.policy_id)
    if isinstance(standing, Standing):  # a switch leaves rows whose place stays, with the policy before
        judged = Q(policy__state=PolicyState.ACTIVE, policy__role=standing.judged_as)
    placed_by = MatrixCell.objects.filter(judged, code=standing.cell).first()
    return placed_by or MatrixCell.objects.in_force().filter(code=standing.cell).first()

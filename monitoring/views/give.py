"""From a cell's check-list to tasks of its companies: choose, see the number, confirm."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.choices import JobKind, Role
from companies.form_base import KEY
from companies.formats import money
from companies.models import Job
from monitoring.filters import ALL
from monitoring.models import CellAction, Standing
from monitoring.models.standing import PlacedQuerySet
from monitoring.services import tasks as service
from monitoring.services.tasks import AT_ONCE, FILTERS, Gift, Given
from monitoring.tables import MOST, page_of
from monitoring.task_forms import GiveForm
from monitoring.tasks import run_job
from monitoring.views.figures import policy_in_force
from monitoring.views.tasks import SignedIn

STEP = "confirm"


@permission_required("monitoring.do_task", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def cell_tasks(request: SignedIn, cell: str) -> HttpResponse:
    _policy, cells = policy_in_force()
    if cell not in cells:
        raise Http404
    today, narrowed = timezone.localdate(), _narrowed(request)
    actions = service.checklist(cell, narrowed.get("role", ""))
    days = service.due_days(actions, today)
    form = GiveForm(request.POST if request.method == "POST" else None, days=days, doers=service.doers(), today=today)
    rows = service.standing_in(cell, narrowed)
    around = {"cell": cells[cell], "actions": actions, "form": form, "narrowed": narrowed}
    if request.method == "POST" and form.is_valid():
        whole = form.cleaned_data["scope"] == GiveForm.ALL
        chosen = rows if whole else rows.filter(pk__in=form.cleaned_data["company"])
        if STEP not in request.POST:
            return render(request, "monitoring/give_confirm.html", {**around, **_sums(chosen, form, whole=whole)})
        return _give(request, cell, chosen, form, narrowed if whole else None)
    context = {**around, **_choice(request, rows, actions, form)}
    return render(request, "monitoring/give.html", context, status=422 if form.is_bound else 200)


def _narrowed(request: HttpRequest) -> dict[str, str]:
    """The filters of the address; a role that does not exist narrows nothing."""
    asked = {name: request.GET.get(name, "")[:100] for name in ("role", *FILTERS)}
    asked["role"] = asked["role"] if asked["role"] in Role.values else ""
    return {name: value for name, value in asked.items() if value}


def _choice(
    request: HttpRequest, rows: PlacedQuerySet[Standing], actions: list[CellAction], form: GiveForm
) -> dict[str, Any]:
    picked = {int(key) for key in request.GET.getlist("company") if KEY.fullmatch(key)}
    ticked = {int(key) for key in request.POST.getlist("company") if KEY.fullmatch(key)} | picked
    fields, shown = dict(form.rows()), form.ticked()
    page = page_of(rows.filter(pk__in=picked) if picked else rows.order_by("-exposure", "pk"), request.GET.get("page"))
    return {
        "lines": [(action, fields[action.pk], action.pk in shown) for action in actions],
        "page": page,
        "total": rows.count(),
        "most": MOST,
        "picked": picked,
        "ticked": ticked,
        "scope": request.POST.get("scope") or (GiveForm.CHOSEN if picked else GiveForm.ALL),
    }


def _sums(rows: PlacedQuerySet[Standing], form: GiveForm, *, whole: bool) -> dict[str, Any]:
    due, companies = form.due(), rows.count()
    there = service.open_already(rows, due)
    return {
        "companies": companies,
        "gone": 0 if whole else len(set(form.cleaned_data["company"])) - companies,
        "due": [(action, due[action.pk]) for action in CellAction.objects.filter(pk__in=due)],
        "there": there,
        "fresh": companies * len(due) - there,
        "to": form.cleaned_data["to"],
        "kept": [] if whole else form.cleaned_data["company"],
        "scope": form.cleaned_data["scope"],
        "is_job": companies > AT_ONCE,
    }


def _give(
    request: SignedIn, cell: str, rows: PlacedQuerySet[Standing], form: GiveForm, narrowed: dict[str, str] | None
) -> HttpResponse:
    """Give them now, or leave it to a job; ticked companies are few, and are given at once."""
    now = timezone.now()
    gift = Gift(form.due(), form.cleaned_data["to"].pk, request.user.pk, now)
    companies = rows.count()
    if narrowed is not None and companies > AT_ONCE:
        service.hand_out(cell, narrowed, gift, companies=companies)
        run_job.delay_on_commit(Job.objects.ensure(JobKind.TASKS, now=now, user_id=request.user.pk).pk)
        messages.info(request, _("The tasks are being given: the strip above says how far it is."))
    else:
        _tell(request, service.give(rows, gift))
    return redirect(f"{reverse('tasks')}?state={ALL}&cell={cell}")


def _tell(request: HttpRequest, given: Given) -> None:
    if given.made:
        words = ngettext("%(count)s task given.", "%(count)s tasks given.", given.made)
        messages.success(request, words % {"count": money(Decimal(given.made), get_language() or "fr")})
    if given.there:
        words = ngettext(
            "%(count)s task was open already: it stays as it is.",
            "%(count)s tasks were open already: they stay as they are.",
            given.there,
        )
        messages.info(request, words % {"count": money(Decimal(given.there), get_language() or "fr")})

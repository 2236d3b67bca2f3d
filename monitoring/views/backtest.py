"""A draft judged on what became of our customers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from companies.choices import JobKind
from companies.models import Job
from companies.services.jobs import watched
from monitoring.models import Backtest, MatrixPolicy
from monitoring.policy_forms import BacktestForm
from monitoring.rules.backtest import ENOUGH, Comparison, OutcomeKind
from monitoring.services import backtest as service
from monitoring.services.policies import Refused
from monitoring.tasks import run_job

LISTED = 20
# The figures of a comparison: name, words, what it is, and whether more is better.
FIGURES = (
    ("hit_rate", gettext_lazy("Hit rate"),
     gettext_lazy("Outcomes that were warned of in the 12 months before them."), True),
    ("false_alarm_rate", gettext_lazy("False alarms"),
     gettext_lazy("Runs of warnings after which nothing happened within 12 months."), False),
    ("lead_days", gettext_lazy("Median lead time"), gettext_lazy("Days from the first warning to the outcome."), True),
    ("avoided", gettext_lazy("Euros avoided"),
     gettext_lazy("What the warned customers owed, had deliveries stopped at the warning."), True),
)  # fmt: skip
PARTS = {
    "whole": gettext_lazy("The whole history"),
    "before": gettext_lazy("Before the scorecard changed"),
    "since": gettext_lazy("Since the scorecard changed"),
}
KINDS = {
    OutcomeKind.PROCEEDING.value: gettext_lazy("a proceeding, a failure or the end of the company"),
    OutcomeKind.OVERDUE_90.value: gettext_lazy("a debt more than 90 days overdue"),
}


@permission_required("monitoring.change_matrixpolicy", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def backtests(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(MatrixPolicy, pk=pk)
    form = BacktestForm(request.POST or None, initial={"as_of": timezone.localdate(), "react_days": 0})
    if request.method == "POST" and form.is_valid():
        try:
            row, job = service.ask(policy, question=form.cleaned_data, user_id=request.user.pk, now=timezone.now())
        except Refused as error:
            messages.error(request, str(error))
            return redirect("policy", pk=pk)
        run_job.delay_on_commit(job.pk)
        return redirect("backtest", pk=row.pk)
    rows = Backtest.objects.filter(policy=policy).select_related("against", "asked_by")[:LISTED]
    context = {"policy": policy, "form": form, "rows": rows, "enough": ENOUGH}
    status = 422 if request.method == "POST" else 200
    return render(request, "monitoring/backtests.html", context, status=status)


@permission_required("monitoring.view_matrixpolicy", raise_exception=True)
@require_safe
def backtest(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Backtest.objects.select_related("policy", "against", "asked_by"), pk=pk)
    context = {"row": row, "policy": row.policy, "job": None, "enough": ENOUGH, **_result(row)}
    if row.finished_at is None:
        job = Job.objects.filter(kind=JobKind.BACKTEST).first()
        context["job"] = watched(job) if job else None
    part = bool(request.htmx)  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "monitoring/_backtest.html" if part else "monitoring/backtest.html", context)


def _result(row: Backtest) -> dict[str, Any]:
    parts = service.read(row.result)
    known = row.result.get("known", {})
    kinds = known.get("kinds", {})
    return {
        "parts": [(PARTS[name], comparison, _figures(comparison)) for name, comparison in parts.items()],
        "known": known,
        "since": parse_date(known.get("since") or ""),
        "kinds": [(label, kinds.get(kind, 0)) for kind, label in KINDS.items()],
    }


def _figures(found: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": label,
            "what": what,
            "draft": getattr(found.draft, name),
            "active": getattr(found.active, name),
            "difference": (by := found.difference(name)),
            "better": by is not None and by != 0 and (by > 0) == more,
            "worse": by is not None and by != 0 and (by > 0) != more,
        }
        for name, label, what, more in FIGURES
    ]

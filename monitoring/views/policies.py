"""The policies by which companies are placed: their versions, the making of a draft, its approval and its ends."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import localize_input
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companies.choices import Role
from monitoring.choices import MatrixColumn, PolicyState
from monitoring.models import Backtest, MatrixCell, MatrixPolicy
from monitoring.policy_forms import ActionFormSet, CellForm, PolicyForm
from monitoring.services import policies as service
from monitoring.services import versions
from monitoring.services.policies import Refused
from monitoring.tasks import run_job

CHANGED_SHOWN = 4
BACKTESTS = 5
STEPS = (PolicyState.DRAFT, PolicyState.APPROVED, PolicyState.ACTIVE, PolicyState.RETIRED)


@permission_required("monitoring.view_matrixpolicy", raise_exception=True)
@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    whole = list(versions.versions())
    order = [PolicyState.ACTIVE, PolicyState.APPROVED, PolicyState.DRAFT, PolicyState.RETIRED]
    rows = [(one, *_changed(one, whole)) for one in sorted(whole, key=lambda one: order.index(PolicyState(one.state)))]
    roles = [(role, [row for row in rows if row[0].role == role]) for role in Role]
    context = {
        "roles": roles,
        "active": next(one for one in whole if one.state == PolicyState.ACTIVE and one.role == Role.CLIENT),
    }
    return render(request, "monitoring/policies.html", context)


def _changed(policy: MatrixPolicy, whole: list[MatrixPolicy]) -> tuple[MatrixPolicy | None, list[str], int]:
    """The version to compare with, what changed in short, and how many changes are not told."""
    before = versions.basis(policy, whole)
    found = versions.differences(before, policy) if before else []
    thresholds = [f"{one.label} {one.before} → {one.after}" for one in found if not one.cell]
    said = thresholds[:CHANGED_SHOWN]
    return before, said, len(found) - len(said)


@permission_required("monitoring.view_matrixpolicy", raise_exception=True)
@require_safe
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _of(pk)
    whole = list(versions.versions())
    before = versions.basis(shown, whole)
    found = versions.differences(before, shown) if before else []
    context = {
        **_around(request, shown),
        "before": before,
        "differences": [one for one in found if not one.cell],
        "cell_differences": [one for one in found if one.cell],
        "columns": versions.columns(shown),
        "options": versions.options(shown),
        "cells": shown.cells.all(),
        "backtests": Backtest.objects.filter(policy=shown).select_related("against", "asked_by")[:BACKTESTS],
    }
    return render(request, "monitoring/policy.html", context)


def _of(pk: int) -> MatrixPolicy:
    found: MatrixPolicy = get_object_or_404(versions.versions(), pk=pk)
    return found


def _draft(pk: int) -> MatrixPolicy:
    found = _of(pk)
    if found.state != PolicyState.DRAFT:
        raise Http404
    return found


def _keep(request: HttpRequest, pk: int, *forms: Any, said: str, then: str) -> HttpResponse:
    """Save valid forms of a draft, unless somebody approved it meanwhile."""
    try:
        with service.drafting(pk):
            for form in forms:
                form.save()
    except Refused as error:
        messages.error(request, str(error))
        return redirect("policy", pk=pk)
    messages.success(request, said)
    return redirect(then, pk=pk)


def _around(request: HttpRequest, shown: MatrixPolicy) -> dict[str, Any]:
    """What every page of a version shows: where it is on its way, and what this user may do with it."""
    state = PolicyState(shown.state)
    edits = request.user.has_perm("monitoring.change_matrixpolicy")
    approves = request.user.has_perm("monitoring.approve_policy")
    return {
        "policy": shown,
        "steps": [(step, step.label, STEPS.index(step) <= STEPS.index(state)) for step in STEPS],
        "is_author": service.is_author(shown, request.user.pk),
        "may_edit": edits and state == PolicyState.DRAFT,
        "may_copy": edits,
        "may_approve": approves and state == PolicyState.DRAFT,
        "may_activate": edits and state == PolicyState.APPROVED,
        "may_retire": edits and state == PolicyState.ACTIVE and shown.role != Role.CLIENT,
        "may_test": edits and state != PolicyState.ACTIVE,
    }


@permission_required("monitoring.change_matrixpolicy", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    draft = _draft(pk)
    form = PolicyForm(request.POST or None, instance=draft)
    proposal = None
    if request.POST.get("do") == "propose":
        form, proposal = _proposed(request, draft)
    elif request.method == "POST" and form.is_valid():
        return _keep(request, pk, form, said=_("The draft is saved."), then="policy")
    context = {
        **_around(request, draft),
        "form": form,
        "proposal": proposal,
        "cells": draft.cells.all(),
        "column_names": dict(MatrixColumn.choices),
    }
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    return render(request, "monitoring/policy_edit.html", context, status=status)


def _proposed(request: HttpRequest, draft: MatrixPolicy) -> tuple[PolicyForm, Any]:
    """The form as it was typed, with the high limit that the portfolio speaks for; nothing is saved yet."""
    typed = PolicyForm(request.POST, instance=draft)
    typed.is_valid()
    proposal = versions.threshold(typed.instance)
    given = request.POST.copy()
    given["high_from"] = str(localize_input(proposal.threshold))
    return PolicyForm(given, instance=draft), proposal


@permission_required("monitoring.change_matrixcell", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def cell(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    draft = _draft(pk)
    shown = get_object_or_404(MatrixCell, policy=draft, code=code)
    form = CellForm(request.POST or None, instance=shown)
    following = [{"order": shown.actions.count() + place} for place in (1, 2)]
    actions = ActionFormSet(request.POST or None, instance=shown, prefix="actions", initial=following)
    if request.method == "POST" and form.is_valid() and actions.is_valid():
        return _keep(request, pk, form, actions, said=_("The cell is saved."), then="policy_edit")
    context = {**_around(request, draft), "cell": shown, "form": form, "actions": actions, "cells": draft.cells.all()}
    return render(request, "monitoring/policy_cell.html", context, status=422 if request.method == "POST" else 200)


@permission_required("monitoring.change_matrixpolicy", raise_exception=True)
@require_safe
def activation(request: HttpRequest, pk: int) -> HttpResponse:
    """What putting this version in force would do, before it is done."""
    shown = _of(pk)
    if shown.state != PolicyState.APPROVED:
        raise Http404
    replaced = MatrixPolicy.objects.filter(state=PolicyState.ACTIVE, role=shown.role).first()
    return render(request, "monitoring/policy_activate.html", {**_around(request, shown), "replaced": replaced})


@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    if action not in _ACTS:
        raise Http404
    permission, work = _ACTS[action]
    return permission_required(permission, raise_exception=True)(_act)(
        request, get_object_or_404(MatrixPolicy, pk=pk), work
    )


Work = Callable[[HttpRequest, MatrixPolicy, datetime], tuple[str, int | None]]


def _act(request: HttpRequest, shown: MatrixPolicy, work: Work) -> HttpResponse:
    try:
        said, target = work(request, shown, timezone.now())
    except Refused as error:
        messages.error(request, str(error))
        return redirect("policy", pk=shown.pk)
    messages.success(request, said)
    return redirect("policy", pk=target) if target else redirect("policies")


def _copy(request: HttpRequest, shown: MatrixPolicy, now: datetime) -> tuple[str, int | None]:
    draft = service.draft_from(shown, user_id=request.user.pk)
    return _("%(policy)s is a draft: edit it, test it, and have it approved.") % {"policy": draft}, draft.pk


def _approve(request: HttpRequest, shown: MatrixPolicy, now: datetime) -> tuple[str, int | None]:
    service.approve(shown, user_id=request.user.pk or 0, now=now)
    return _("%(policy)s is approved. It places nobody until it is activated.") % {"policy": shown}, shown.pk


def _activate(request: HttpRequest, shown: MatrixPolicy, now: datetime) -> tuple[str, int | None]:
    run_job.delay_on_commit(service.put_in_force(shown, now=now).pk)
    return _("%(policy)s is in force; every company is being placed again.") % {"policy": shown}, shown.pk


def _retire(request: HttpRequest, shown: MatrixPolicy, now: datetime) -> tuple[str, int | None]:
    run_job.delay_on_commit(service.retire(shown, now=now).pk)
    return _("%(policy)s is retired. It stays readable.") % {"policy": shown}, shown.pk


def _reopen(request: HttpRequest, shown: MatrixPolicy, now: datetime) -> tuple[str, int | None]:
    service.reopen(shown)
    return _("%(policy)s is a draft again: it has to be approved anew.") % {"policy": shown}, shown.pk


def _discard(request: HttpRequest, shown: MatrixPolicy, now: datetime) -> tuple[str, int | None]:
    name = str(shown)
    versions.discard(shown)
    return _("%(policy)s is discarded.") % {"policy": name}, None


_ACTS: dict[str, tuple[str, Work]] = {
    "copy": ("monitoring.change_matrixpolicy", _copy),
    "approve": ("monitoring.approve_policy", _approve),
    "activate": ("monitoring.change_matrixpolicy", _activate),
    "retire": ("monitoring.change_matrixpolicy", _retire),
    "reopen": ("monitoring.change_matrixpolicy", _reopen),
    "discard": ("monitoring.change_matrixpolicy", _discard),
}

"""The tasks: whose they are, when they are due, and what becomes of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from monitoring.filters import MINE
from monitoring.filters.work import DONE, TaskFilter
from monitoring.models import Handout, Task
from monitoring.services import tasks as service
from monitoring.tables import MOST, TaskTable, page_of, sort_of
from monitoring.task_forms import TaskActForm

KEPT = "tasks_undo"  # the last act, in the session of who did it
FIRST_DUE, LAST_DONE = "due_on", "-done_at"
ON_A_COMPANY, ON_THE_DASHBOARD = 30, 6


class SignedIn(HttpRequest):
    """A request past the permission check: someone is signed in."""

    user: User


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    narrowed = TaskFilter(request.GET, queryset=service.listed(), request=request)
    rows: QuerySet[Task] = narrowed.qs
    state, sort = narrowed.chosen_state, sort_of(request.GET.get("sort"), table=TaskTable, default="")
    table = TaskTable(data=rows.order_by(LAST_DONE if state == DONE else FIRST_DUE, "pk"), order_by=sort)
    context = {
        "filter": narrowed,
        "selects": [narrowed.form[name] for name in ("cell", "person") if not (name == "person" and state == MINE)],
        "state": state,
        "states": narrowed.form.fields["state"].choices,
        "is_done": state == DONE,
        "chips": narrowed.chips(),
        "ignored": narrowed.ignored(),
        "table": table,
        "sort": sort,
        "page": page_of(table.data.data, request.GET.get("page")),
        "most": MOST,
        "doers": service.doers(),
        "undo": _undo(request),
        "handouts": Handout.objects.waiting().select_related("given_to"),
        "today": timezone.localdate(),
    }
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # django-htmx adds it
    response = render(request, "monitoring/_tasks_list.html" if part else "monitoring/tasks.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@permission_required("monitoring.do_task", raise_exception=True)
@require_POST
def act(request: SignedIn) -> HttpResponse:
    form = TaskActForm(request.POST, doers=service.doers())
    if not form.is_valid():
        refuse(request, form.errors.values())
        return redirect(back(request, "tasks"))
    asked, data = set(form.cleaned_data["task"]), form.cleaned_data
    if data["action"] == TaskActForm.HAND:
        undo = service.hand_over(asked, to=data["to"], note=data["note"])
    else:
        dropped = data["action"] == TaskActForm.DROP
        undo = service.finish(asked, user=request.user, now=timezone.now(), dropped=dropped, note=data["note"])
    done = len(undo["rows"])
    if done:
        request.session[KEPT] = undo
    if done < len(asked):
        messages.warning(request, _left(len(asked) - done))
    return redirect(back(request, "tasks"))


@permission_required("monitoring.do_task", raise_exception=True)
@require_POST
def undo(request: SignedIn) -> HttpResponse:
    last = request.session.pop(KEPT, None)
    if last is None:
        messages.info(request, _("There is nothing to undo any more."))
        return redirect(back(request, "tasks"))
    done = service.undo(last)
    if done:
        words = ngettext("%(count)d task put back as it was.", "%(count)d tasks put back as they were.", done)
        messages.success(request, words % {"count": done})
    if done < len(last["rows"]):
        messages.warning(request, _left(len(last["rows"]) - done))
    return redirect(back(request, "tasks"))


def _left(count: int) -> str:
    words = ngettext(
        "%(count)d task was left as it is: somebody did something with it meanwhile.",
        "%(count)d tasks were left as they are: somebody did something with them meanwhile.",
        count,
    )
    return words % {"count": count}


def _undo(request: HttpRequest) -> str:
    """What the user did last, in words; empty when there is nothing to undo."""
    last = request.session.get(KEPT)
    if last is None:
        return ""
    count = len(last["rows"])
    words = {
        "done": ngettext("%(count)d task done.", "%(count)d tasks done.", count),
        "drop": ngettext("%(count)d task dropped.", "%(count)d tasks dropped.", count),
        "hand": ngettext("%(count)d task handed over.", "%(count)d tasks handed over.", count),
    }
    return words[last["act"]] % {"count": count}


def panel(request: HttpRequest, company: int) -> dict[str, Any]:
    """The open tasks of a company, for its page."""
    return {
        "tasks": service.listed().filter(company=company, done_at=None)[:ON_A_COMPANY],
        "tasks_done": Task.objects.filter(company=company, done_at__isnull=False).count(),
        "undo": _undo(request),
    }


def own(request: HttpRequest) -> dict[str, Any]:
    """One's own tasks, for the dashboard."""
    rows = service.mine(request.user.pk).select_related("company")
    return {"my_tasks": rows[:ON_THE_DASHBOARD], "today": timezone.localdate()}


def refuse(request: HttpRequest, errors: Any) -> None:
    for error in errors:
        messages.error(request, " ".join(map(str, error)))


def back(request: HttpRequest, page: str) -> str:
    """Where the form was sent from, if that is on this site."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if safe else page

"""The inbox of alerts, one alert with its story, and what people do about them."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from monitoring.choices import AlertState, CloseReason
from monitoring.filters import TO_TREAT, AlertFilter
from monitoring.forms import BulkForm, CloseForm, CommentForm
from monitoring.models import Alert, Standing
from monitoring.services import alerts as treatment
from monitoring.tables import MOST, AlertTable, page_of, sort_of

# said in full: databases disagree on where the unknown stand
OPEN_FIRST = (F("closed_at").desc(nulls_first=True), "severity", "-changed_at")
SAME_COMPANY = 10  # other alerts of the company shown beside one


class SignedIn(HttpRequest):
    """A request past the permission check: someone is signed in."""

    user: User


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    inbox_rows = Alert.objects.for_inbox()
    narrowed = AlertFilter(request.GET, queryset=inbox_rows, request=request)
    rows: QuerySet[Alert] = narrowed.qs
    sort = sort_of(request.GET.get("sort"), table=AlertTable, default="")
    table = AlertTable(data=rows, order_by=sort)
    context = {
        "filter": narrowed,
        "selects": [narrowed.form["severity"], narrowed.form["kind"]],
        "state": narrowed.chosen_state,
        "states": narrowed.form.fields["state"].choices,
        "is_default": narrowed.chosen_state == TO_TREAT,
        "chips": narrowed.chips(),
        "ignored": narrowed.ignored(),
        "table": table,
        "sort": sort,
        "page": page_of(table.data.data, request.GET.get("page")),
        "most": MOST,
        "reasons": CloseReason.choices,
    }
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # django-htmx adds it
    response = render(request, "monitoring/_alerts_list.html" if part else "monitoring/alerts.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@permission_required("monitoring.treat_alert", raise_exception=True)
@require_POST
def bulk(request: SignedIn) -> HttpResponse:
    form = BulkForm(request.POST)
    if not form.is_valid():
        for error in form.errors.values():
            messages.error(request, " ".join(map(str, error)))
        return redirect(_back(request))
    asked: list[int] = form.cleaned_data["alert"]
    done = _ACTS[form.cleaned_data["action"]](request, asked, form.cleaned_data)
    if done:
        messages.success(request, _done(form.cleaned_data["action"], done))
    if done < len(set(asked)):
        missed = len(set(asked)) - done
        messages.warning(
            request,
            ngettext(
                "%(count)d alert was left as it is: someone closed it meanwhile.",
                "%(count)d alerts were left as they are: someone closed them meanwhile.",
                missed,
            )
            % {"count": missed},
        )
    return redirect(_back(request))


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    return _detail(request, pk)


@permission_required("monitoring.treat_alert", raise_exception=True)
@require_POST
def act(request: SignedIn, pk: int, action: str) -> HttpResponse:
    if action not in _ACTS:
        raise Http404
    shown = get_object_or_404(Alert, pk=pk)
    form = _FORMS.get(action, forms.Form)(request.POST)
    if not form.is_valid():
        return _detail(request, pk, refused=form)
    done = _ACTS[action](request, [pk], form.cleaned_data)
    if done:
        messages.success(request, _done(action, done))
    else:
        messages.warning(request, _too_late(pk, action))
    return redirect(shown)


def _detail(request: HttpRequest, pk: int, *, refused: forms.Form | None = None) -> HttpResponse:
    shown = get_object_or_404(Alert.objects.select_related("company", "event", "taken_by", "closed_by"), pk=pk)
    others = Alert.objects.filter(company=shown.company_id).exclude(pk=pk).order_by(*OPEN_FIRST)
    context = {
        "alert": shown,
        "is_closed": shown.state == AlertState.CLOSED,
        "is_mine": shown.taken_by_id == request.user.pk,
        "notes": shown.notes.select_related("user"),
        "standing": Standing.objects.filter(pk=shown.company_id).first(),
        "others": others[:SAME_COMPANY],
        "close": refused if isinstance(refused, CloseForm) else CloseForm(),
        "comment": refused if isinstance(refused, CommentForm) else CommentForm(),
    }
    return render(request, "monitoring/alert.html", context, status=422 if refused else 200)


def _take(request: SignedIn, pks: list[int], data: dict[str, str]) -> int:
    return treatment.take(pks, user=request.user, now=timezone.now())


def _release(request: SignedIn, pks: list[int], data: dict[str, str]) -> int:
    return treatment.release(pks, user=request.user, now=timezone.now())


def _close(request: SignedIn, pks: list[int], data: dict[str, str]) -> int:
    reason = CloseReason(data["reason"])
    return treatment.close(pks, user=request.user, reason=reason, text=data["text"], now=timezone.now())


def _comment(request: SignedIn, pks: list[int], data: dict[str, str]) -> int:
    treatment.comment(pks[0], user=request.user, text=data["text"], now=timezone.now())
    return 1


def _reopen(request: SignedIn, pks: list[int], data: dict[str, str]) -> int:
    return int(treatment.reopen(pks[0], user=request.user, now=timezone.now()))


_ACTS: dict[str, Callable[[SignedIn, list[int], dict[str, str]], int]] = {
    "take": _take,
    "release": _release,
    "close": _close,
    "comment": _comment,
    "reopen": _reopen,
}
_FORMS: dict[str, type[forms.Form]] = {"close": CloseForm, "comment": CommentForm}


def _done(action: str, count: int) -> str:
    words = {
        "take": ngettext("%(count)d alert taken.", "%(count)d alerts taken.", count),
        "release": ngettext("%(count)d alert put back.", "%(count)d alerts put back.", count),
        "close": ngettext("%(count)d alert closed.", "%(count)d alerts closed.", count),
        "comment": _("Comment added."),
        "reopen": _("Alert reopened."),
    }
    return words[action] % {"count": count} if "%(" in words[action] else words[action]


def _too_late(pk: int, action: str) -> str:
    found = Alert.objects.select_related("closed_by").get(pk=pk)
    if action == "reopen":
        return _("It stays closed: a newer alert of this kind is open for the company, or someone reopened this one.")
    if found.closed_by is None:
        return _("Nothing was done: this alert closed by itself meanwhile, its cause is gone.")
    return _("Nothing was done: %(who)s closed this alert meanwhile.") % {"who": found.closed_by}


def _back(request: HttpRequest) -> str:
    """Where the form was sent from, if that is on this site."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if safe else "alerts"

"""Differences between our fields and what the sources say, of all companies: decide, undo, and rules for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companies.choices import CompanyField, FieldActKind, FieldChoice, Origin, Role
from companies.models import FieldAct, FieldDifference, FieldRule
from companies.rules.completion import marked
from companies.services import field_acts
from companies.services.differences import Narrowing, our_countries
from companies.services.field_acts import Done, Refused

PAGE, ACTS_PAGE, LONGEST_KEY = 50, 50, 18
KINDS = {
    "take": FieldActKind.TAKE,
    "keep": FieldActKind.KEEP,
    "always_take": FieldActKind.ALWAYS_TAKE,
    "always_keep": FieldActKind.ALWAYS_KEEP,
}
BY_COMPANY = "companies"
SOURCES = [Origin.CREDITSAFE, Origin.ERP]


class Tab(NamedTuple):
    """One field with the number of its open differences."""

    field: str
    label: str
    open: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference with the words that differ marked in both values."""

    row: FieldDifference
    ours: list[tuple[str, bool]]
    theirs: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Told:
    """An act as its history shows it. `undone` is the act that took it back."""

    act: FieldAct
    undone: FieldAct | None
    can_undo: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What is done with one field of every company, by source, and for how many companies otherwise."""

    field: str
    label: str
    rules: list[tuple[Origin, FieldRule | None, int]]


@permission_required("companies.view_company", raise_exception=True)
@require_safe
def differences(request: HttpRequest) -> HttpResponse:
    asked, view = Narrowing.of(request.GET), request.GET.get("view", "")
    counts = asked.by_field()
    rows = asked.rows().select_related("company")
    if view == BY_COMPANY:
        rows = rows.order_by("company__name_key", "company", "field", "source")
    else:
        rows = rows.order_by("-pk")
    paginator = Paginator(rows, PAGE)
    paginator.count = counts.get(asked.field, 0) if asked.field else sum(counts.values())
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "view": view if view == BY_COMPANY else "",
        "tabs": [Tab(field.value, str(field.label), counts[field]) for field in CompanyField if counts.get(field)],
        "everything": sum(counts.values()),
        "page": page,
        "rows": [Shown(row, marked(row.ours, row.theirs), marked(row.theirs, row.ours)) for row in page],
        "sources": SOURCES,
        "countries": our_countries(),
        "roles": Role.choices,
        "done": just_done(request),
        "here": request.get_full_path(),
    }
    return render(request, "companies/differences.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """One row by its own button, the ticked ones, or all that the filter lets through, once that is confirmed."""
    asked = Narrowing.of(request.POST)
    one = next((name for name in ("take", "keep") if name in request.POST), "")
    kind = KINDS.get(one or request.POST.get("action", ""))
    if kind is None:
        raise Http404
    if not one and request.POST.get("scope") == "all":
        return _act_on_all(request, asked, kind)
    keys = [request.POST[one]] if one else request.POST.getlist("row")
    pks = {int(key) for key in keys if key.isdecimal() and len(key) <= LONGEST_KEY}
    if not pks:
        messages.error(request, _("Tick at least one difference."))
        return redirect(_back(request, asked))
    rows = FieldDifference.objects.open().filter(pk__in=pks)
    return _settle(request, asked, field_acts.settle(
        rows, kind, user_id=request.user.pk, now=timezone.now(), total=len(pks), about=_about(asked)
    ))  # fmt: skip


def _act_on_all(request: HttpRequest, asked: Narrowing, kind: FieldActKind) -> HttpResponse:
    rows = asked.rows()
    newest = request.POST.get("newest", "")
    if "confirmed" in request.POST and newest.isdecimal() and len(newest) <= LONGEST_KEY:
        rows = rows.filter(pk__lte=int(newest))  # what came up since the question is not part of the answer
        total = int(request.POST["count"]) if request.POST.get("count", "").isdecimal() else None
        return _settle(request, asked, field_acts.settle(
            rows, kind, user_id=request.user.pk, now=timezone.now(), total=total, about=_about(asked)
        ))  # fmt: skip
    found = rows.aggregate(count=Count("pk"), newest=Max("pk"), companies=Count("company", distinct=True))
    if not found["count"]:
        messages.info(request, _("Nothing is left to decide there."))
        return redirect(_back(request, asked))
    context = {
        "asked": asked,
        "kind": kind,
        "action": request.POST["action"],
        "about": _about(asked),
        "view": request.POST.get("view", ""),
        "back": _back(request, asked),
        **found,
    }
    return render(request, "companies/differences_confirm.html", context)


@permission_required("companies.view_company", raise_exception=True)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    acts = FieldAct.objects.exclude(count=0).select_related("user", "undone_by__user", "undoes")
    page = Paginator(acts, ACTS_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "acts": [_told(one) for one in page], "here": request.get_full_path()}
    return render(request, "companies/differences_history.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(FieldAct, pk=pk)
    if one.rules.filter(company=None).exists() or one.ended_rules.filter(company=None).exists():
        _only_who_may_rule(request)
    try:
        done = field_acts.undo(one, user_id=request.user.pk, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        say(request, done)
    return redirect(safe_next(request) or reverse("completion_history"))


@permission_required("companies.view_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _only_who_may_rule(request)
        return _rule(request)
    in_force = FieldRule.objects.in_force()
    of_all = {(rule.field, rule.source): rule for rule in in_force.filter(company=None).select_related("made__user")}
    pinned = in_force.exclude(company=None).order_by().values_list("field", "source").annotate(Count("pk"))
    pins = {(field, source): count for field, source, count in pinned}
    rows = [
        RuleRow(
            field.value,
            str(field.label),
            [(source, of_all.get((field, source)), pins.get((field, source), 0)) for source in SOURCES],
        )
        for field in CompanyField
    ]
    context = {"rows": rows, "sources": SOURCES, "choices": FieldChoice.choices, "done": just_done(request)}
    return render(request, "companies/field_rules.html", context | {"here": reverse("completion_rules")})


def _rule(request: HttpRequest) -> HttpResponse:
    field, source, choice = (request.POST.get(name, "") for name in ("field", "source", "choice"))
    if field not in CompanyField.values or source not in SOURCES or choice not in {"", *FieldChoice.values}:
        raise Http404
    chosen = FieldChoice(choice) if choice else None
    done = field_acts.choose(
        None, field, Origin(source), choice=chosen, user_id=request.user.pk, now=timezone.now()
    )  # fmt: skip
    messages.success(request, _("The rule applies from the next report or file on."))
    return redirect(f"{reverse('completion_rules')}?done={done.act.pk}")


def _only_who_may_rule(request: HttpRequest) -> None:
    """A rule for every company is a manager's."""
    if not request.user.has_perm("companies.add_fieldrule"):
        raise PermissionDenied


def _settle(request: HttpRequest, asked: Narrowing, done: Done) -> HttpResponse:
    say(request, done)
    back = _back(request, asked)
    if not done.count:
        return redirect(back)
    return redirect(f"{back}{'&' if '?' in back else '?'}done={done.act.pk}")


def say(request: HttpRequest, done: Done) -> None:
    """What was done, and what was left because someone was faster."""
    words: Mapping[str, str] = {
        FieldActKind.TAKE: ngettext("%(count)d value taken.", "%(count)d values taken.", done.count),
        FieldActKind.KEEP: ngettext("%(count)d value of ours kept.", "%(count)d values of ours kept.", done.count),
        FieldActKind.ALWAYS_TAKE: ngettext(
            "%(count)d value taken, and always from now on.",
            "%(count)d values taken, and always from now on.",
            done.count,
        ),
        FieldActKind.ALWAYS_KEEP: ngettext(
            "%(count)d value of ours kept, for good.", "%(count)d values of ours kept, for good.", done.count
        ),
        FieldActKind.FREE: ngettext("%(count)d rule ended.", "%(count)d rules ended.", done.count),
        FieldActKind.UNDO: ngettext("%(count)d field put back.", "%(count)d fields put back.", done.count),
    }  # fmt: skip
    if done.count:
        messages.success(request, words.get(done.act.kind, _("The value is saved.")) % {"count": done.count})
    if done.left:
        left = ngettext(
            "%(count)d was left as it is: it changed meanwhile, or another company has this number.",
            "%(count)d were left as they are: they changed meanwhile, or another company has this number.",
            done.left,
        )
        messages.warning(request, left % {"count": done.left})


def just_done(request: HttpRequest) -> FieldAct | None:
    """The act that led to this page, while it can be taken back."""
    key = request.GET.get("done", "")
    if not (key.isdecimal() and len(key) <= LONGEST_KEY):
        return None
    return FieldAct.objects.filter(pk=int(key), undone_by=None).exclude(kind=FieldActKind.UNDO).first()


def safe_next(request: HttpRequest) -> str:
    """Where the form was sent from, if that is on this site."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if safe else ""


def _back(request: HttpRequest, asked: Narrowing) -> str:
    view = "view=companies" if request.POST.get("view") == BY_COMPANY else ""
    query = "&".join(filter(None, [asked.query(), view]))
    return f"{reverse('completion')}?{query}" if query else reverse("completion")


def _about(asked: Narrowing) -> str:
    """The filter in words: "Phone · Creditsafe · FR"."""
    labels = [
        CompanyField(asked.field).label if asked.field else "",
        Origin(asked.source).label if asked.source else "",
        asked.country,
        Role(asked.role).label if asked.role else "",
        f"“{asked.q}”" if asked.q else "",
    ]
    return " · ".join(str(label) for label in labels if label)


def _told(one: FieldAct) -> Told:
    undone: FieldAct | None = getattr(one, "undone_by", None)
    return Told(one, undone, one.kind != FieldActKind.UNDO and undone is None)

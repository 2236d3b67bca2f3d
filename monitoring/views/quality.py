"""How good the master data is: figures that open the lists to work on, and how they moved."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from companies.choices import LinkState
from companies.models import Company
from monitoring.charts import Point, Sparkline, sparkline
from monitoring.models import IdentifierFlaw, QualityDay, Standing
from monitoring.services import export, quality
from monitoring.services.quality import BY_SLUG, CURRENT, MEASURES, Counts, List
from monitoring.views.quality_words import flaw_words, sheet

PAGE = 50
WIDE = Point(240.0, 44.0)
ADVICE: dict[str, Promise] = {
    "unlinked": gettext_lazy("Link them: without a profile there is no score, no limit and no alert."),
    "review": gettext_lazy("The search found something and was not sure enough: a person decides."),
    "absent": gettext_lazy("Nothing in the directory resembles them: a number usually helps."),
    "invalid": gettext_lazy("Correct them where they come from, in the ERP: the next import brings them."),
    "missing": gettext_lazy("Without any number the search has only the name to go by."),
    "closed": gettext_lazy("They no longer exist at the register, and still have an account with us."),
    "stale": gettext_lazy("Their report is older than the policy of their cell allows, or never came."),
}


@dataclass(frozen=True)
class Part:
    """A smaller list inside a tile."""

    label: str
    number: int
    url: str


@dataclass(frozen=True)
class Tile:
    """One figure: what it counts, where it leads, and its line over time."""

    key: str
    label: str
    icon: str
    number: int
    url: str
    share: int | None = None
    note: str = ""
    parts: list[Part] = field(default_factory=list)
    spark: Sparkline | None = None
    delta: int | None = None
    is_good_up: bool = False


@dataclass(frozen=True)
class Trend:
    """One measure over the days: its line, and the first and the last figure."""

    label: str
    spark: Sparkline
    first: int
    last: int
    is_better: bool | None


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    now, today = timezone.now(), timezone.localdate()
    found, days = quality.counts(now), quality.trend(today)
    if not days or days[-1].day != today:
        days.append(quality.remember(found, now=now, today=today))
    context = {
        "found": found,
        "tiles": _tiles(found, days),
        "days": days,
        "trends": _trends(days),
        "percent": _share(found.linked, found.companies),
    }
    return render(request, "monitoring/quality.html", context)


def _share(part: int, whole: int) -> int | None:
    """Whole percent, never 100 while one is missing nor 0 while there is one; None of nothing."""
    if not whole:
        return None
    return part * 100 // whole if part else 0


def _tiles(found: Counts, days: list[QualityDay]) -> list[Tile]:
    listed = {slug: reverse("quality_list", args=[slug]) for slug in BY_SLUG}
    linked = Tile(
        "linked", str(MEASURES["linked"]), "link", found.linked, listed["unlinked"],
        share=_share(found.linked, found.companies), is_good_up=True,
        note=_("%(number)s companies are not linked") % {"number": found.lists["unlinked"]},
        **_moves(days, "linked"),
    )  # fmt: skip
    icons = {
        "review": "eye-question", "absent": "zoom-question", "invalid": "fingerprint-off", "missing": "id-off",
        "closed": "building-off", "stale": "hourglass-low",
    }  # fmt: skip
    tiles = [
        Tile(
            key, str(MEASURES[key]), icon, found.lists[key], listed[key], parts=_parts(key, found), **_moves(days, key)
        )
        for key, icon in icons.items()
    ]
    others = [
        Tile(
            "duplicates", str(MEASURES["duplicates"]), "copy", found.duplicates, reverse("duplicates"),
            **_moves(days, "duplicates"),
        ),
        Tile(
            "differences", str(MEASURES["differences"]), "arrows-diff", found.differences, reverse("completion"),
            **_moves(days, "differences"),
        ),
    ]  # fmt: skip
    return [linked, *tiles, *others]


def _parts(key: str, found: Counts) -> list[Part]:
    return [
        Part(str(one.label), found.lists[one.slug], reverse("quality_list", args=[one.slug]))
        for one in BY_SLUG.values()
        if one.slug.startswith(f"{key}-")
    ]


def _moves(days: list[QualityDay], name: str) -> dict[str, Any]:
    known = [value for value in (getattr(day, name) for day in days) if value is not None]
    if len(known) < 2:
        return {}
    return {"spark": sparkline(known), "delta": known[-1] - known[0]}


def _trends(days: list[QualityDay]) -> list[Trend]:
    if len(days) < 2:
        return []
    found = []
    for name, label in MEASURES.items():
        known = [value for value in (getattr(day, name) for day in days) if value is not None]
        if len(known) > 1:
            moved = known[-1] - known[0] if name == "linked" else known[0] - known[-1]
            better = moved > 0 if moved else None
            found.append(Trend(str(label), sparkline(known, size=WIDE), known[0], known[-1], better))
    return found


@dataclass(frozen=True)
class Line:
    """One company of a list, and why it is there."""

    company: Company
    standing: Standing | None
    why: list[str]


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def work_list(request: HttpRequest, slug: str) -> HttpResponse:
    wanted, rows, text = _asked(request, slug)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "list": wanted,
        "family": _family(slug),
        "advice": str(ADVICE[slug.split("-")[0]]),
        "q": text,
        "page": page,
        "lines": lines(list(page.object_list), slug),
        "link_states": LinkState,
    }
    return render(request, "monitoring/quality_list.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def work_list_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    _wanted, rows, _text = _asked(request, slug)
    name = f"quality-{slug}-{timezone.localdate():%Y-%m-%d}.csv"
    language = get_language() or "en"

    def read(chunk: list[Company]) -> list[Line]:
        with override(language):  # rows are read when the request's language is gone
            return lines(chunk, slug)

    return StreamingHttpResponse(
        export.as_csv(sheet(rows, read), comma=language.startswith("fr")),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked(request: HttpRequest, slug: str) -> tuple[List, QuerySet[Company], str]:
    """The list that the address names, its companies in order, and what is searched in it."""
    wanted = BY_SLUG.get(slug)
    if wanted is None:
        raise Http404(f"no list {slug}")
    text = request.GET.get("q", "").replace("\0", "").strip()
    rows = wanted.rows(timezone.now())
    rows = rows.search(text) if text else rows  # type: ignore[attr-defined]  # a CompanyQuerySet, seen as a QuerySet
    return wanted, rows.order_by("name_key", "pk").prefetch_related("accounts"), text


def _family(slug: str) -> list[List]:
    """The list itself and the smaller ones beside it."""
    root = slug.split("-")[0]
    found = [one for one in BY_SLUG.values() if one.slug == root or one.slug.startswith(f"{root}-")]
    return found if len(found) > 1 else []


def lines(companies: list[Company], slug: str) -> list[Line]:
    """These companies with what the list says of each: two queries for any number."""
    standings = Standing.objects.in_bulk([company.pk for company in companies])
    wrong: dict[int, list[str]] = {}
    if slug.startswith("invalid"):
        for flaw in IdentifierFlaw.objects.filter(CURRENT, company__in=companies).order_by("kind"):
            wrong.setdefault(flaw.company_id, []).append(flaw_words(flaw))
    return [
        Line(
            company, standings.get(company.pk), wrong.get(company.pk) or _why(company, standings.get(company.pk), slug)
        )
        for company in companies
    ]


def _why(company: Company, standing: Standing | None, slug: str) -> list[str]:
    if slug.startswith("stale"):
        return [_report_age(standing.reported_at.date() if standing and standing.reported_at else None)]
    if slug.startswith("closed"):
        return [str(standing.get_status_display())] if standing else []
    if slug.startswith("missing"):
        return [_missing(company)]
    return [company.link_note] if company.link_note else []


def _report_age(day: date | None) -> str:
    return _("report of %(day)s") % {"day": day.isoformat()} if day else _("no report yet")


def _missing(company: Company) -> str:
    names = {"registration_number": _("number"), "siret": _("SIRET"), "vat_number": _("VAT number")}
    return _("without %(what)s") % {
        "what": ", ".join(word for name, word in names.items() if not getattr(company, name))
    }

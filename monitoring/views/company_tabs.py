"""The tabs of a company: plain pages over one stored report, each with its own address."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from monitoring.views import shown as reports
from monitoring.views import tab_contents as contents
from monitoring.views.report import MOST
from monitoring.views.shown import Shown


@dataclass(frozen=True)
class Tab:
    """One page of a company. `sections` are the parts of the report that it says are missing when they are."""

    slug: str
    label: Promise
    build: contents.Contents
    sections: tuple[str, ...] = ()

    @property
    def url_name(self) -> str:
        return f"company_{self.slug}" if self.slug else "company"

    @property
    def template(self) -> str:
        return f"monitoring/company_{self.slug}.html"


SUMMARY = Tab("", _("Summary"), contents.nothing)
DOCUMENTS = Tab("documents", _("Official documents"), contents.nothing)
ARCHIVE = Tab("reports", _("Reports"), contents.nothing)
READ = (
    Tab("profile", _("Detailed profile"), contents.profile, ("identity", "contact")),
    Tab("solvency", _("Solvency"), contents.solvency, ("score", "industry", "commentaries")),
    Tab("accounts", _("Accounts"), contents.accounts, ("global",)),
    Tab("judgments", _("Judgments and privileges"), contents.judgments, ("negative", "privileges", "gazettes")),
    Tab("payments", _("Payment behaviour"), contents.payments, ("payments",)),
    Tab("history", _("History"), contents.history, ("life",)),
    Tab("group", _("Group"), contents.group, ("group",)),
    Tab("directors", _("Directors"), contents.directors, ("directors", "shareholders")),
    Tab("exposure", _("Exposure indicator"), contents.exposure, ("exposure",)),
)
BAR = (SUMMARY, *READ, DOCUMENTS, ARCHIVE)
BY_SLUG = {tab.slug: tab for tab in READ}


def around(shown: Shown, tab: Tab) -> dict[str, Any]:
    """What `company_base.html` shows around every tab."""
    return {
        "company": shown.company,
        "profile": shown.profile,
        "standing": shown.standing,
        "stored": shown.stored,
        "report": shown.parsed,
        "unreadable": shown.unreadable,
        "is_latest": shown.is_latest,
        "is_linked": shown.is_linked,
        "absence": shown.absence,
        "as_of": shown.as_of,
        "gone": _("Name, address and link are those of today; alerts have no history."),
        "tabs": (SUMMARY, *READ) if shown.as_of.is_past else BAR,
        "tab": tab,
        "most": MOST,
    }


@permission_required("companies.view_report", raise_exception=True)
@require_safe
def tab(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    wanted = BY_SLUG[slug]
    shown = reports.load(request, pk)
    reports.note(request, shown, slug)
    context = {
        **around(shown, wanted),
        "missing": contents.missing(shown, wanted.sections),
        **wanted.build(request, shown),
    }
    return render(request, wanted.template, context)

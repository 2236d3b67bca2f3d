"""The archive of a company's reports: the list, two of them compared, the print, and the answer as received."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from companies.choices import OrderState, ReportUse
from companies.creditsafe.errors import CreditsafeError
from companies.models import Company, Profile, Report, ReportAccess, ReportOrder, ReportPdf
from companies.services import archive, comparison
from companies.services.provider import Halted, watched
from companies.views.words import refusal
from monitoring.views import changes
from monitoring.views import shown as reports
from monitoring.views.company_tabs import ARCHIVE, around
from monitoring.views.shown import Shown

PAGE = 50
LINES = 20


@dataclass(frozen=True)
class Kept:
    """One report of the list: why it was ordered and by whom, and whether its print is kept."""

    report: Report
    order: ReportOrder | None
    has_pdf: bool
    is_latest: bool
    is_former: bool
    older: Report | None


@permission_required("companies.view_report", raise_exception=True)
@require_safe
def archive_list(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _company(pk)
    found = Report.objects.filter(company=pk).for_list()
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    audited = request.user.has_perm("companies.view_reportaccess")
    context = {
        **around(shown, ARCHIVE),
        "page": page,
        "rows": _kept(list(page.object_list), shown.profile),
        "removed": _removed(pk),
        "accesses": ReportAccess.objects.filter(company=pk)[:LINES] if audited else [],
        "audited": audited,
    }
    return render(request, "monitoring/company_reports.html", context)


def _company(pk: int) -> Shown:
    company = get_object_or_404(Company.everyone.select_related("parent", "merged_into"), pk=pk)
    return Shown(company, Profile.objects.select_related("linked_by").filter(company=pk).first(), None)


def _kept(found: list[Report], profile: Profile | None) -> list[Kept]:
    pks = [report.pk for report in found]
    orders = {order.report_id: order for order in _orders(pks)}
    printed = set(ReportPdf.objects.filter(report__in=pks).values_list("report", flat=True))
    latest, linked = (profile.report_id, profile.connect_id) if profile else (None, "")
    return [
        Kept(
            report,
            orders.get(report.pk),
            report.pk in printed,
            report.pk == latest,
            report.connect_id != linked,
            next((one for one in found[place + 1 :] if one.connect_id == report.connect_id), None),
        )
        for place, report in enumerate(found)
    ]


def _orders(pks: Iterable[int]) -> Iterable[ReportOrder]:
    return ReportOrder.objects.filter(report__in=list(pks)).select_related("requested_by").order_by("pk")


def _removed(pk: int) -> Iterable[ReportOrder]:
    """Orders whose report the retention policy has removed."""
    gone = ReportOrder.objects.filter(company=pk, state=OrderState.DONE, report=None)
    return gone.select_related("requested_by")[:LINES]


@permission_required("companies.view_report", raise_exception=True)
@require_safe
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """`?a=&b=`: two reports of the company; without them the two newest. The older one is always on the left."""
    shown = _company(pk)
    choices = list(Report.objects.filter(company=pk).for_list()[:PAGE])
    pair = _pair(request, pk, choices)
    context = {
        **around(shown, ARCHIVE),
        "choices": choices,
        "older": pair[0] if pair else None,
        "newer": pair[1] if pair else None,
        "unreadable": False,
        "found": None,
        "blocks": [],
        "left_out": [],
    }
    if pair:
        archive.note_access(pair, user=request.user, use=ReportUse.COMPARISON, now=timezone.now())
        context |= _compared(shown, pair)
    return render(request, "monitoring/company_compare.html", context)


def _pair(request: HttpRequest, pk: int, choices: list[Report]) -> list[Report]:
    """The two reports, older first; empty when none were asked for and the company has fewer than two."""
    asked = [request.GET[name] for name in ("a", "b") if request.GET.get(name)]
    same = [report.pk for report in choices if report.connect_id == choices[0].connect_id]
    wanted = [_key(one) for one in asked] or same[:2]
    found = Report.objects.filter(company=pk, pk__in=wanted).select_related("body").in_bulk()
    if missing := [key for key in wanted if key not in found]:
        raise Http404(f"no report {missing}")
    both = sorted((found[key] for key in wanted), key=lambda report: (report.ordered_at, report.pk))
    return both if len(both) == 2 else []


def _key(text: str) -> int:
    """A number that may be a key; 0, which none is, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _compared(shown: Shown, pair: list[Report]) -> dict[str, object]:
    older, newer = (reports.read(Shown(shown.company, shown.profile, report)) for report in pair)
    if older.parsed is None or newer.parsed is None:
        return {"unreadable": True}
    found = comparison.changes(older.parsed, newer.parsed, older_data=older.data, newer_data=newer.data)
    return {"found": found, "blocks": changes.blocks(found), "left_out": changes.left_out(found)}


@permission_required("companies.view_raw_report", raise_exception=True)
@require_safe
def raw(request: HttpRequest, pk: int, report: int) -> HttpResponse:
    """The answer as it was received, for administrators and auditors."""
    stored = get_object_or_404(Report.objects.select_related("body"), pk=report, company=pk)
    archive.note_access([stored], user=request.user, use=ReportUse.RAW, now=timezone.now())
    return attachment(stored.raw(), f"{_name(stored)}.json", "application/json")


@permission_required("companies.view_report", raise_exception=True)
@require_safe
def pdf(request: HttpRequest, pk: int, report: int) -> HttpResponse:
    """The print that is kept."""
    stored = get_object_or_404(ReportPdf.objects.select_related("report"), report=report, report__company=pk)
    archive.note_access([stored.report], user=request.user, use=ReportUse.PDF, now=timezone.now())
    return attachment(bytes(stored.content), f"{_name(stored.report)}.pdf", "application/pdf")


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def order_pdf(request: HttpRequest, pk: int, report: int) -> HttpResponse:
    """Ask Creditsafe for the print of the latest report, once; older ones cannot be printed any more."""
    stored = get_object_or_404(Report, pk=report, company=pk)
    if not Profile.objects.filter(company=pk, report=stored).exists():
        messages.error(
            request, _("Creditsafe prints what it knows today: only the latest report can be fetched as PDF.")
        )
        return redirect("company_reports", pk=pk)
    now = timezone.now()
    try:
        with watched(now) as client:
            archive.fetch_pdf(stored, client=client, user_id=request.user.pk, now=now)
    except (CreditsafeError, Halted) as error:
        messages.error(request, refusal(error))
    else:
        messages.success(request, _("The PDF is kept: it can be downloaded as often as you like."))
    return redirect("company_reports", pk=pk)


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """A download, never shown in our pages."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _name(report: Report) -> str:
    plain = "".join(letter for letter in report.connect_id if letter.isascii() and (letter.isalnum() or letter == "-"))
    return f"{plain or 'report'}-{report.ordered_at:%Y-%m-%d}"

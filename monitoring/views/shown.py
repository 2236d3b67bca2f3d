"""The company whose tabs are shown, with the report that they read: parsed once for a page, whatever it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import zstandard
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from companies.choices import LinkState, ReportUse
from companies.creditsafe import parse_report
from companies.creditsafe.payloads import Report as Parsed
from companies.creditsafe.payloads.values import dig, mapping
from companies.models import Company, Profile, Report
from companies.services import archive
from monitoring.models import Standing
from monitoring.models.standing import Placed
from monitoring.services import dossier
from monitoring.services.dossier import Absence
from monitoring.views import as_of as days
from monitoring.views.as_of import AsOf

UNREADABLE = (zstandard.ZstdError, ValueError, KeyError, TypeError, RecursionError)
LOOKED_BACK = 100  # older reports in which a missing section is looked for

# What a part of a page needs: the parts of the report that may hold it, then its names in `failedSections`.
SECTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "identity": (("companyIdentification",), ("CompanyIdentification",)),
    "contact": (("contactInformation",), ("ContactInformation",)),
    "score": (("creditScore",), ("CreditScore",)),
    "industry": (("additionalInformation.industryAverages",), ("AdditionalInformation",)),
    "commentaries": (("additionalInformation.commentaries",), ("AdditionalInformation",)),
    "global": (("financialStatements",), ("GlobalFinancialStatements",)),
    "local": (("localFinancialStatements",), ("LocalFinancialStatements",)),
    "negative": (("negativeInformation",), ("NegativeInformation",)),
    "privileges": (("negativeInformation.preferentialRightsDetails",), ("NegativeInformation",)),
    "gazettes": (("additionalInformation.gazettes",), ("AdditionalInformation",)),
    "life": (("additionalInformation.companyHistory",), ("AdditionalInformation",)),
    "group": (("groupStructure", "extendedGroupStructure"), ("GroupStructure", "ExtendedGroupStructure")),
    "directors": (("directors",), ("Directors",)),
    "shareholders": (("shareCapitalStructure",), ("ShareCapitalStructure",)),
    "exposure": (("additionalInformation.exposureIndicator",), ("AdditionalInformation",)),
    "payments": (("paymentData",), ("PaymentData",)),
}


@dataclass(frozen=True)
class Missing:
    """A section that this report lacks: whether the provider said that it failed, and the last report that had it."""

    failed: bool = False
    earlier: Report | None = None


@dataclass
class Shown:
    """A company and one of its reports. `stored` is None where there is none; `data` is its `report` as received."""

    company: Company
    profile: Profile | None
    stored: Report | None
    parsed: Parsed | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    unreadable: bool = False
    as_of: AsOf = field(default_factory=lambda: AsOf(timezone.localdate()))

    @property
    def is_linked(self) -> bool:
        return self.company.link_state == LinkState.LINKED

    @property
    def connect_id(self) -> str:
        """Whose history is shown: the profile of the report, else the one that the company has."""
        if self.stored is not None:
            return self.stored.connect_id
        return self.profile.connect_id if self.profile else ""

    @property
    def is_latest(self) -> bool:
        """On a past day: the band over the page says already that this is not today's."""
        if self.stored is None or self.profile is None or self.as_of.is_past:
            return True
        return self.stored.pk == self.profile.report_id

    @cached_property
    def standing(self) -> Placed | None:
        """Where the company stands, or stood on the day shown; None where it was not there."""
        found: Placed | None = self.as_of.rows().filter(company=self.company.pk).first()
        return found

    @cached_property
    def of_today(self) -> Standing | None:
        """For what has no past: where the company stands now."""
        return Standing.objects.filter(pk=self.company.pk).first()

    @cached_property
    def absence(self) -> Absence | None:
        """Of today: orders of reports have no past here."""
        return None if self.as_of.is_past else dossier.absence(self.company, self.profile)

    @cached_property
    def _older(self) -> list[Report]:
        if self.stored is None:
            return []
        return list(Report.objects.before(self.stored).for_list()[:LOOKED_BACK])

    def part(self, *path: str) -> Any:
        """What lies at a path of the report as received."""
        return dig(self.data, *path)

    def missing(self, section: str) -> Missing:
        """Why a section is not there."""
        paths, names = SECTIONS[section]
        failed = self.parsed is not None and not set(names).isdisjoint(self.parsed.failed_sections)
        earlier = (one for one in self._older if any(f" {path} " in one.body.sections for path in paths))
        return Missing(failed, next(earlier, None))


def load(request: HttpRequest, pk: int) -> Shown:
    """The company, and the report that `?report=` names, else its latest on the day shown. 404 for what is not."""
    as_of = days.read(request)
    company = get_object_or_404(Company.everyone.select_related("parent", "merged_into"), pk=pk)
    profile = Profile.objects.select_related("report__body", "linked_by").filter(company=pk).first()
    asked = request.GET.get("report", "")
    if asked:
        wanted = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
        stored: Report | None = get_object_or_404(Report.objects.select_related("body"), pk=wanted, company=pk)
    elif as_of.is_past:
        stored = _report_of(pk, as_of)
    else:
        stored = profile.report if profile else None
    return read(Shown(company, profile, stored, as_of=as_of))


def _report_of(pk: int, as_of: AsOf) -> Report | None:
    """The latest report that was received, or that was ordered, by the end of the day."""
    moment = "ordered_at" if as_of.known_now else "known_at"
    by_then = Report.objects.filter(**{f"{moment}__lt": as_of.end}, company=pk)
    return by_then.select_related("body").order_by("-ordered_at", "-pk").first()


def read(shown: Shown) -> Shown:
    """Parse the stored report; one that cannot be read is said to be so and is not an error of the page."""
    if shown.stored is None:
        return shown
    try:
        answer = mapping(shown.stored.data())
        shown.parsed = parse_report(answer)
        shown.data = mapping(answer["report"]) if "report" in answer else answer
    except UNREADABLE:
        shown.unreadable = True
    return shown


def note(request: HttpRequest, shown: Shown, detail: str) -> None:
    """Append to the access log that this report was looked at."""
    if shown.stored is not None and request.user.is_authenticated:
        archive.note_access([shown.stored], user=request.user, use=ReportUse.PAGE, now=timezone.now(), detail=detail)

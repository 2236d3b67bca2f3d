"""The report archive: each order its dated row, each content once; who looked; what goes under the retention policy."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models.functions import ExtractYear

from companies.choices import LinkState, OrderReason, OrderState, ReportUse
from companies.creditsafe import Client, parse_report
from companies.creditsafe.payloads import Report as Parsed
from companies.creditsafe.payloads.rating import Rating
from companies.creditsafe.payloads.values import LARGEST, mapping, read_json
from companies.models import (
    Connection,
    Profile,
    Report,
    ReportAccess,
    ReportBody,
    ReportOrder,
    ReportPdf,
    RetentionPolicy,
)
from companies.models.archive import exact_json

SPLIT = ("additionalInformation", "negativeInformation")  # sections whose parts are worth a name of their own
REASONS = {"DE": "de_reason_code::1"}  # German law wants a reason with each order (API reference 2.4)
CHUNK = 200


@dataclass(frozen=True)
class Content:
    """An answer taken apart: the hash of its `report` object, and the envelope around it as JSON."""

    sha256: str
    envelope: str
    sections: str


def content(raw: bytes, data: Mapping[str, Any] | None = None) -> Content:
    """Read an answer. The hash does not depend on the order of keys or on blanks; 1.50 and 1.5 differ, as received.

    `data` is the answer decoded to Decimals, where that was done already.
    """
    answer: Any = read_json(raw) if data is None else data
    apart = isinstance(answer, Mapping) and "report" in answer
    report = answer["report"] if apart else answer
    around = exact_json({key: value for key, value in answer.items() if key != "report"}) if apart else b"{}"
    digest = hashlib.sha256(exact_json(report)).hexdigest()
    return Content(digest, around.decode(), f" {' '.join(sections(report))} ")


def sections(report: object) -> list[str]:
    """The sections of a report that hold anything, and the parts of those that are collections of parts."""
    found = mapping(report)
    names = [name for name, value in found.items() if value]
    names += [f"{name}.{part}" for name in SPLIT for part, value in mapping(found.get(name)).items() if value]
    return sorted(name for name in names if name.isprintable() and " " not in name and len(name) <= 120)


def keep(
    company_id: int,
    *,
    raw: bytes,
    data: Mapping[str, Any],
    connect_id: str,
    ordered_at: datetime,
    now: datetime,
) -> tuple[Report, bool]:
    """Store an answer unless this very answer is stored. Returns the report and whether it is new.

    A content that is stored already, whichever order brought it, is not stored again.
    """
    sha256 = hashlib.sha256(raw).hexdigest()
    found = Report.objects.filter(company=company_id, sha256=sha256).first()
    if found is not None:
        return found, False
    taken = content(raw)
    with transaction.atomic():
        return Report.objects.get_or_create(
            company_id=company_id,
            sha256=sha256,
            defaults={
                "connect_id": connect_id[:64],
                "ordered_at": ordered_at,
                "known_at": now,
                "language": str(data.get("language") or "")[:2],
                "size": len(raw),
                "envelope": taken.envelope,
                "body": _body(taken, raw, sha256=sha256, parsed=parse_report(data)),
            },
        )


def _body(taken: Content, raw: bytes, *, sha256: str, parsed: Parsed) -> ReportBody:
    body = ReportBody.objects.filter(pk=taken.sha256).defer("content").first()
    if body is not None:
        return body
    packed = Report.pack(raw)
    try:
        with transaction.atomic():
            return ReportBody.objects.create(
                sha256=taken.sha256,
                raw_sha256=sha256,
                content=packed,
                stored_size=len(packed),
                sections=taken.sections,
                **opinion(parsed),
            )
    except IntegrityError:  # another worker stored the same content meanwhile
        return ReportBody.objects.get(pk=taken.sha256)


def opinion(parsed: Rating) -> dict[str, Any]:
    """Score, rating and limit then, as the columns of a content."""
    limit = parsed.credit_limit
    fits = limit is not None and abs(limit) < LARGEST
    return {
        "rating": parsed.rating or "",
        "rating_state": parsed.rating_state,
        "score": parsed.score,
        "credit_limit": limit.quantize(Decimal("0.01")) if limit is not None and fits else None,
        "currency": parsed.currency,
    }


def note_access(
    reports: Iterable[Report],
    *,
    user: AbstractBaseUser | AnonymousUser,
    use: ReportUse,
    now: datetime,
    detail: str = "",
) -> None:
    """Append who saw these reports, in one insert."""
    ReportAccess.objects.bulk_create(
        ReportAccess(
            at=now,
            user_id=user.pk,
            username=user.get_username()[:150],
            company_id=report.company_id,
            report_id=report.pk,
            use=use,
            detail=detail[:80],
        )
        for report in reports
    )


def note_document(company_id: int, *, user: AbstractBaseUser | AnonymousUser, now: datetime, detail: str) -> None:
    """Append who fetched an official document of a company."""
    ReportAccess.objects.create(
        at=now,
        user_id=user.pk,
        username=user.get_username()[:150],
        company_id=company_id,
        use=ReportUse.DOCUMENT,
        detail=detail[:80],
    )


def fetch_pdf(report: Report, *, client: Client, user_id: int | None, now: datetime) -> ReportPdf:
    """The printed report, asked of Creditsafe once (it may be billed) and kept. Raises the client's errors."""
    stored = ReportPdf.objects.filter(report=report).first()
    if stored is not None:
        return stored
    options = {"custom_data": reason} if (reason := REASONS.get(report.connect_id[:2])) else {}
    answer = client.report_pdf(report.connect_id, language=Connection.current().language, **options)
    with transaction.atomic():
        _bill_print(report, user_id, now)
        made, _new = ReportPdf.objects.get_or_create(
            report=report,
            defaults={
                "fetched_at": now,
                "fetched_by_id": user_id,
                "sha256": hashlib.sha256(answer.content).hexdigest(),
                "size": len(answer.content),
                "content": answer.content,
            },
        )
    return made


def _bill_print(report: Report, user_id: int | None, now: datetime) -> None:
    """A print is an order of its own in the ledger: each answer of the report's address is billed."""
    ReportOrder.objects.create(
        company_id=report.company_id,
        country=report.connect_id[:2].upper(),
        reason=OrderReason.REQUESTED,
        requested_by_id=user_id,
        requested_at=now,
        finished_at=now,
        state=OrderState.DONE,
        cost=1,
        report=report,
    )


@dataclass(frozen=True)
class Purge:
    """What the retention policy removes: reports, contents that no report has any more, lines of the access log."""

    reports: int
    bodies: int
    accesses: int


def expired(policy: RetentionPolicy, *, now: datetime) -> set[int]:
    """Reports that the policy lets go of.

    Kept: all for `report_years`; then the last of each calendar year until `personal_years`; always the latest of a
    linked company, the one that a profile shows, and one that was received and not read yet.
    """
    old = years_before(now, policy.report_years)
    gone = set(Report.objects.filter(ordered_at__lt=old).values_list("pk", flat=True))
    if not gone:
        return gone
    return gone - _yearly(policy, now) - _latest() - _needed()


def _yearly(policy: RetentionPolicy, now: datetime) -> set[int]:
    """The last report of each company and year that is not past the time of personal data."""
    rows = Report.objects.order_by("ordered_at", "pk").annotate(year=ExtractYear("ordered_at"))
    if policy.personal_years is not None:
        rows = rows.filter(ordered_at__gte=years_before(now, policy.personal_years))
    last = {(company, year): pk for company, year, pk in rows.values_list("company", "year", "pk").iterator()}
    return set(last.values())


def _latest() -> set[int]:
    """The latest report of every linked company."""
    rows = Report.objects.filter(company__link_state=LinkState.LINKED).order_by("ordered_at", "pk")
    return set(dict(rows.values_list("company", "pk").iterator()).values())


def _needed() -> set[int]:
    shown = Profile.objects.filter(company__link_state=LinkState.LINKED).exclude(report=None)
    unread = ReportOrder.objects.filter(state=OrderState.RECEIVED).exclude(report=None)
    return {pk for rows in (shown, unread) for pk in rows.values_list("report", flat=True) if pk is not None}


def purge(*, now: datetime, dry_run: bool = False) -> Purge:
    """Apply the retention policy, in short transactions. A dry run only counts."""
    policy = RetentionPolicy.current()
    gone = sorted(expired(policy, now=now))
    seen = ReportAccess.objects.filter(at__lt=years_before(now, policy.access_years))
    if dry_run:
        return Purge(len(gone), _freed(gone), seen.count())
    for start in range(0, len(gone), CHUNK):
        Report.objects.filter(pk__in=gone[start : start + CHUNK]).purge()
    return Purge(len(gone), _purge_bodies(), seen.purge())


def _purge_bodies() -> int:
    removed = 0
    while pks := list(ReportBody.objects.unused().values_list("pk", flat=True)[:CHUNK]):
        removed += ReportBody.objects.unused().filter(pk__in=pks).defer("content").purge()
    return removed


def _freed(gone: list[int]) -> int:
    """Contents that only these reports have."""
    removed = set(gone)
    lost: set[str] = set()
    kept: set[str] = set()
    for pk, body in Report.objects.order_by().values_list("pk", "body").iterator():
        (lost if pk in removed else kept).add(body)
    return len(lost - kept) + ReportBody.objects.unused().count()


def years_before(moment: datetime, years: int) -> datetime:
    """The same day some years earlier; 29 February becomes the 28th."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)

"""Reports: ordered once for each reason, stored as they came, read into the profile without erasing what is known."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from companies.choices import ChangeCause, OrderReason, OrderState
from companies.creditsafe import Client, parse_report
from companies.creditsafe.errors import (
    AccessDenied,
    BadRequest,
    CreditsafeError,
    NotFound,
    ReportUnavailable,
    UnexpectedAnswer,
)
from companies.creditsafe.payloads import Report as Parsed
from companies.models import Change, Company, Connection, Profile, RatingPoint, Report, ReportOrder
from companies.services.jobs import Clock, Tell
from companies.services.provider import or_later

LEASE = timedelta(seconds=120)
REASONS = {"DE": "de_reason_code::1"}  # German law wants a reason with each order (API reference 2.4)
REFUSALS = (AccessDenied, BadRequest, NotFound, ReportUnavailable, UnexpectedAnswer)
FILLED = {
    # our column: the report's field. Only empty columns are filled; a value of ours is never replaced silently.
    "registration_number": "registration_number",
    "siret": "siret",
    "vat_number": "vat_number",
    "legal_form": "legal_form",
    "activity_code": "activity_code",
    "activity": "activity_description",
    "phone": "phone",
    "website": "website",
}


def order(companies: Iterable[int], *, reason: OrderReason, user_id: int | None = None, now: datetime) -> int:
    """Ask for a report of each company that has none on order. Returns how many were asked for; each is billed."""
    orders = [
        ReportOrder(company_id=pk, reason=reason, requested_by_id=user_id, requested_at=now) for pk in set(companies)
    ]
    before = ReportOrder.objects.count()
    ReportOrder.objects.bulk_create(orders, ignore_conflicts=True, batch_size=500)
    return ReportOrder.objects.count() - before


def work(progress: Tell, *, clock: Clock, attempts: int = 1) -> None:
    """Fetch every report on order. Raises Later when the provider is away; what was fetched stays."""
    done = 0
    while pks := list(ReportOrder.objects.waiting(clock()).order_by("pk").values_list("pk", flat=True)[:100]):
        with or_later(clock, attempts=attempts) as client:
            for pk in pks:
                fetch(pk, client=client, clock=clock)
                done += 1
                progress(done, done + ReportOrder.objects.open().count())


def fetch(order_id: int, *, client: Client, clock: Clock) -> bool:
    """Fetch one ordered report unless another worker holds it. A refusal ends the order with its reason.

    Raises RateLimited, Unavailable or BadCredentials; the order then waits as it did before.
    """
    now = clock()
    if not ReportOrder.objects.claim(order_id, now=now, until=now + LEASE):
        return False
    asked = ReportOrder.objects.select_related("company__profile").get(pk=order_id)
    profile = asked.company.profile
    try:
        answer = client.report(
            profile.connect_id,
            language=Connection.current().language,
            custom_data=REASONS.get(profile.connect_id[:2]),
        )
    except CreditsafeError as error:
        if (
            isinstance(error, REFUSALS) or error.after_success
        ):  # after a 200 it is charged: never ordered again by machine
            _finish(order_id, state=OrderState.FAILED, finished_at=clock(), error=str(error)[:255])
            return False
        _finish(order_id, state=OrderState.QUEUED)
        raise
    store(asked, raw=answer.raw, data=answer.data, ordered_at=answer.ordered_at or now, now=clock())
    return True


def _finish(order_id: int, **values: Any) -> None:
    ReportOrder.objects.filter(pk=order_id).update(lease_until=None, **values)


def store(asked: ReportOrder, *, raw: bytes, data: Mapping[str, Any], ordered_at: datetime, now: datetime) -> Report:
    """Write a paid report and everything that follows from it, or nothing."""
    parsed = parse_report(data)
    body = Report.pack(raw)
    with transaction.atomic():
        profile = Profile.objects.select_for_update().get(company_id=asked.company_id)
        report, _created = Report.objects.get_or_create(
            company_id=asked.company_id,
            sha256=hashlib.sha256(raw).hexdigest(),
            defaults={
                "connect_id": profile.connect_id,
                "ordered_at": ordered_at,
                "known_at": now,
                "language": str(data.get("language") or "")[:2],
                "size": len(raw),
                "body": body,
            },
        )
        _read_into(profile, parsed, report)
        _remember(asked.company_id, parsed, now)
        _complete(asked.company_id, parsed)
        _finish(asked.pk, state=OrderState.DONE, report=report, finished_at=now, error="")
        Change.objects.mark([asked.company_id], ChangeCause.REPORT, str(asked.get_reason_display()))
    return report


def _read_into(profile: Profile, parsed: Parsed, report: Report) -> None:
    """What the report says replaces what we had; a section that it lacks leaves it (DESIGN 5)."""
    if parsed.rating_state != "unknown":
        profile.rating, profile.score = parsed.rating or "", parsed.score
        profile.rating_state = parsed.rating_state
        profile.rating_text = (parsed.provider_description or parsed.rating_description)[:255]
        profile.credit_limit, profile.credit_limit_text = parsed.credit_limit, parsed.credit_limit_text[:80]
        profile.contract_limit = parsed.contract_limit
        profile.rated_on = parsed.rating_changed_on
        profile.currency = parsed.currency or profile.currency or settings.PORTFOLIO_CURRENCY
    if parsed.status != "unknown":
        profile.status, profile.status_text = parsed.status, parsed.status_description[:255]
    profile.in_proceeding = parsed.open_proceeding
    profile.name = parsed.name[:255] or profile.name
    profile.safe_number = parsed.safe_number[:20] or profile.safe_number
    profile.report, profile.reported_at = report, report.ordered_at
    profile.save()


def _remember(company_id: int, parsed: Parsed, now: datetime) -> None:
    """Append the days of the rating history that we did not know."""
    known = set(RatingPoint.objects.filter(company=company_id).values_list("valid_on", "score", "credit_limit"))
    days = {point.date: point for point in parsed.history if point.date}
    fresh = [
        RatingPoint(
            company_id=company_id,
            valid_on=day,
            known_at=now,
            score=point.score,
            rating=point.rating or "",
            credit_limit=point.limit,
            currency=point.currency or parsed.currency,
        )
        for day, point in days.items()
        if (day, point.score, point.limit) not in known
    ]
    today = (now.date(), parsed.score, parsed.credit_limit)
    if now.date() not in days and not _latest_is(company_id, fresh, today):
        fresh.append(_seen(company_id, parsed, now))
    RatingPoint.objects.bulk_create(fresh)


def _latest_is(company_id: int, fresh: list[RatingPoint], today: tuple[Any, ...]) -> bool:
    """Whether the newest point says the same as the report does today."""
    stored = RatingPoint.objects.filter(company=company_id).order_by("-valid_on", "-known_at").first()
    points = [point for point in (*fresh, stored) if point is not None]
    newest = max(points, key=lambda point: point.valid_on, default=None)
    return newest is not None and (newest.score, newest.credit_limit) == today[1:]


def _seen(company_id: int, parsed: Parsed, now: datetime) -> RatingPoint:
    return RatingPoint(
        company_id=company_id,
        valid_on=now.date(),
        known_at=now,
        score=parsed.score,
        rating=parsed.rating or "",
        credit_limit=parsed.credit_limit,
        currency=parsed.currency,
    )


def fitted(column: str, value: str) -> str:
    """A text of theirs cut to the room of our column."""
    room: int = getattr(Company._meta.get_field(column), "max_length", None) or len(value)
    return value[:room]


def _complete(company_id: int, parsed: Parsed) -> None:
    """Fill the columns of ours that are empty."""
    company = Company.objects.get(pk=company_id)
    theirs = {column: str(getattr(parsed, field)) for column, field in FILLED.items()}
    theirs |= {
        "street": f"{parsed.address.house_number} {parsed.address.street}".strip(),
        "postal_code": parsed.address.postal_code,
        "city": parsed.address.city,
    }
    changed = []
    for column, value in theirs.items():
        if value and not getattr(company, column):
            setattr(company, column, fitted(column, value))
            changed.append(column)
    if parsed.status != "unknown" and company.status != parsed.status:
        company.status = parsed.status
        changed.append("status")
    if not changed:
        return
    try:
        with transaction.atomic():
            company.save(update_fields=[*changed, "updated_at"])
    except IntegrityError:  # another company of ours holds this number: a duplicate that a person must see
        company.link_note = _("Another company has the registration number %(number)s.") % {
            "number": parsed.registration_number
        }
        company.save(update_fields=["link_note", "updated_at"])

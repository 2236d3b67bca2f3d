"""Reports that were paid for: kept at once as they came, then read into profiles, history and companies in batches."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext as _

from companies.choices import ChangeCause, OrderState
from companies.creditsafe.payloads.history import HistoryPoint, parse_history
from companies.creditsafe.payloads.identity import Identity, parse_identity
from companies.creditsafe.payloads.proceedings import OPEN_KINDS, latest_kind, parse_judgments, parse_proceedings
from companies.creditsafe.payloads.rating import Rating, parse_rating
from companies.creditsafe.payloads.values import mapping, text, texts
from companies.models import Change, Company, Profile, RatingPoint, Report, ReportBody, ReportOrder
from companies.rules.matching import name_key
from companies.services import archive, completion
from companies.services.archive import Content
from companies.services.completion import Completion

SAID = {
    # our column: the report's field
    "name": "name",
    "registration_number": "registration_number",
    "siret": "siret",
    "vat_number": "vat_number",
    "legal_form": "legal_form",
    "activity_code": "activity_code",
    "activity": "activity_description",
    "phone": "phone",
    "website": "website",
}
PROFILE = (
    "rating", "score", "rating_state", "rating_text", "credit_limit", "credit_limit_text", "contract_limit", "rated_on",
    "currency", "pod", "status", "status_text", "in_proceeding", "name", "safe_number", "report", "reported_at",
)  # fmt: skip
DATA_ERRORS = (DataError, IntegrityError, ValueError, TypeError, ArithmeticError)


@dataclass(frozen=True, kw_only=True)
class Brief(Identity, Rating):
    """What a report says that we keep in columns; the rest is read when somebody looks."""

    open_proceeding: bool = False
    history: tuple[HistoryPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A claimed order, as the threads need it."""

    pk: int
    company: int
    connect_id: str
    reason: str
    attempts: int
    denied: bool
    lost: int


@dataclass(slots=True)
class Received:
    """An answer on its way into the database. `packed` is compressed, and let go once it is stored."""

    asked: Asked
    sha256: str
    size: int
    content: Content | None = None
    packed: bytes = field(default=b"", repr=False)
    language: str = ""
    ordered_at: datetime | None = None
    brief: Brief | None = None
    report: Report | None = None
    failure: str = ""


def brief_of(body: Mapping[str, Any]) -> Brief:
    """Read the full body of a 200 as `parse_report` does, without what is only shown. A seventh of its time."""
    envelope = mapping(body)
    report = mapping(envelope["report"]) if "report" in envelope else envelope
    failed = texts(envelope.get("failedSections"))
    identity = parse_identity(report, connect_id=text(envelope.get("companyId") or envelope.get("companyID")))
    negative = mapping(report.get("negativeInformation"))
    kind = latest_kind(parse_judgments(negative), parse_proceedings(negative), identity.status_description)
    return Brief(
        **vars(identity),
        **vars(parse_rating(report, proceeding_kind=kind, failed_sections=failed)),
        open_proceeding=kind in OPEN_KINDS,
        history=parse_history(report),
    )


def received(asked: Asked, raw: bytes, data: Mapping[str, Any], ordered_at: datetime | None) -> Received:
    """An answer made ready to be kept. Touches no database: threads call it."""
    answer = Received(
        asked=asked,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        content=archive.content(raw, data),
        packed=Report.pack(raw),
        language=text(data.get("language"))[:2],
        ordered_at=ordered_at,
    )
    understand(answer, data)
    return answer


def understand(answer: Received, data: Mapping[str, Any]) -> None:
    """Read an answer into its brief; what cannot be read is told in `failure` and stays stored."""
    try:
        answer.brief = brief_of(data)
    except Exception as error:  # whatever the provider sends, one report must not stop the others
        answer.failure = f"{type(error).__name__}: {error}"


@transaction.atomic
def keep(answers: list[Received], *, token: str, now: datetime, until: datetime) -> list[Report]:
    """Store paid answers as they came, before anything else is written: from here on a kill loses none.

    An order that another worker took over meanwhile stays with it; its report is kept all the same.
    """
    came_before = _contents(answers)
    reports = _reports(answers, came_before, now)
    which = []
    for answer in answers:
        answer.report, answer.packed = reports[answer.asked.company, answer.sha256], b""
        which.append(When(pk=answer.asked.pk, then=Value(answer.report.pk)))
    ReportOrder.objects.held_by(token).filter(pk__in=[answer.asked.pk for answer in answers]).update(
        report=Case(*which), state=OrderState.RECEIVED, cost=F("cost") + 1, lease_until=until, error=""
    )
    return [reports[answer.asked.company, answer.sha256] for answer in answers]


def _contents(answers: list[Received]) -> bool:
    """Store the contents that are new; another worker may store the same meanwhile. Returns whether any was known."""
    wanted = {answer.content.sha256: answer for answer in answers if answer.content}
    known = set(ReportBody.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    bodies = [_body(answer, answer.content) for sha, answer in wanted.items() if sha not in known and answer.content]
    ReportBody.objects.bulk_create(bodies, ignore_conflicts=True)
    return bool(known)


def _body(answer: Received, content: Content) -> ReportBody:
    return ReportBody(
        sha256=content.sha256,
        raw_sha256=answer.sha256,
        content=answer.packed,
        stored_size=len(answer.packed),
        sections=content.sections,
        **(archive.opinion(answer.brief) if answer.brief else {}),
    )


def _reports(answers: list[Received], came_before: bool, now: datetime) -> dict[tuple[int, str], Report]:
    """The reports of these answers, stored; the very same answer is one report, and has its content stored already."""
    wanted = {(answer.asked.company, answer.sha256): answer for answer in answers}
    known: dict[tuple[int, str], Report] = {}
    if came_before:
        same = Report.objects.filter(company__in={company for company, _sha in wanted}).defer("envelope")
        same = same.filter(sha256__in={sha256 for _company, sha256 in wanted})
        known = {(report.company_id, report.sha256): report for report in same}
    fresh = [_report(a, a.content, now) for key, a in wanted.items() if key not in known and a.content]
    return known | {(report.company_id, report.sha256): report for report in Report.objects.bulk_create(fresh)}


def _report(answer: Received, content: Content, now: datetime) -> Report:
    return Report(
        company_id=answer.asked.company,
        connect_id=answer.asked.connect_id,
        sha256=answer.sha256,
        ordered_at=answer.ordered_at or now,
        known_at=now,
        language=answer.language,
        size=answer.size,
        envelope=content.envelope,
        body_id=content.sha256,
    )


def reread(order: ReportOrder, report: Report) -> Received:
    """A stored report whose reading was cut off, from what is stored."""
    asked = Asked(order.pk, order.company_id, report.connect_id, order.reason, order.attempts, order.denied, order.lost)
    found = Received(asked, report.sha256, report.size, report=report)
    understand(found, report.data())
    return found


def read(answers: list[Received], *, token: str, now: datetime) -> int:
    """Write what reports say, all in one transaction, or else one by one so that a bad one fails alone.

    Returns how many orders came to their end.
    """
    if not answers:
        return 0
    try:
        return _write(answers, token=token, now=now)
    except DATA_ERRORS as error:
        if len(answers) == 1:
            return _give_up(answers[0], f"{type(error).__name__}: {error}", token=token, now=now)
    return sum(read([answer], token=token, now=now) for answer in answers)


def _give_up(answer: Received, reason: str, *, token: str, now: datetime) -> int:
    said = _("The report is stored but could not be read: %(reason)s") % {"reason": reason}
    return ReportOrder.objects.held_by(token).filter(pk=answer.asked.pk).update(
        state=OrderState.FAILED, finished_at=now, lease_until=None, error=said[:255]
    )  # fmt: skip


@transaction.atomic
def _write(answers: list[Received], *, token: str, now: datetime) -> int:
    orders = ReportOrder.objects.held_by(token).filter(pk__in=[answer.asked.pk for answer in answers])
    mine = set(orders.select_for_update().values_list("pk", flat=True))
    ended = sum(_give_up(a, a.failure, token=token, now=now) for a in answers if a.failure and a.asked.pk in mine)
    good = {answer.asked.company: answer for answer in answers if answer.brief and answer.asked.pk in mine}
    ended += _leave_strays(good, now)
    briefs = {company: answer.brief for company, answer in good.items() if answer.brief}
    _into_profiles(good)
    _remember(briefs, {pk: answer.asked.connect_id for pk, answer in good.items()}, now)
    _complete(good, briefs, now)
    ReportOrder.objects.filter(pk__in=[answer.asked.pk for answer in good.values()]).update(
        state=OrderState.DONE, finished_at=now, lease_until=None, error=""
    )
    _mark(good)
    return ended + len(good)


def _leave_strays(good: dict[int, Received], now: datetime) -> int:
    """Take out the answers whose company has another profile by now, or none: they stay what was received, and the
    order goes out again for the profile that it has. Returns how many orders came to their end by that.
    """
    linked = dict(Profile.objects.select_for_update().filter(company__in=good).values_list("company", "connect_id"))
    strays = {pk: one for pk, one in good.items() if linked.get(pk) != one.asked.connect_id}
    for pk in strays:
        del good[pk]
    orders = ReportOrder.objects.filter(pk__in=[one.asked.pk for one in strays.values()])
    orders.filter(company__in=linked).update(state=OrderState.QUEUED, report=None, lease_until=None, token="")
    return orders.exclude(company__in=linked).update(state=OrderState.DONE, finished_at=now, lease_until=None, error="")


def _mark(good: Mapping[int, Received]) -> None:
    by_reason: dict[str, list[int]] = defaultdict(list)
    for company, answer in good.items():
        by_reason[answer.asked.reason].append(company)
    for reason, companies in by_reason.items():
        Change.objects.mark(companies, ChangeCause.REPORT, reason)


def _into_profiles(good: Mapping[int, Received]) -> None:
    profiles = list(Profile.objects.select_for_update().filter(company__in=good))
    for profile in profiles:
        answer = good[profile.company_id]
        if answer.brief and answer.report:
            _read_into(profile, answer.brief, answer.report)
    Profile.objects.bulk_create(profiles, update_conflicts=True, unique_fields=["id"], update_fields=PROFILE)


def _read_into(profile: Profile, brief: Brief, report: Report) -> None:
    """What the report says replaces what we had; a section that it lacks leaves it (DESIGN 5)."""
    if brief.rating_state != "unknown":
        profile.rating, profile.score = brief.rating or "", brief.score
        profile.rating_state = brief.rating_state
        profile.rating_text = (brief.provider_description or brief.rating_description)[:255]
        profile.credit_limit, profile.credit_limit_text = brief.credit_limit, brief.credit_limit_text[:80]
        profile.contract_limit, profile.pod = brief.contract_limit, brief.pod if 0 <= (brief.pod or 0) <= 100 else None
        profile.rated_on = brief.rating_changed_on
        profile.currency = brief.currency or profile.currency or settings.PORTFOLIO_CURRENCY
    if brief.status != "unknown":
        profile.status, profile.status_text = brief.status, brief.status_description[:255]
    profile.in_proceeding = brief.open_proceeding
    profile.name = brief.name[:255] or profile.name
    profile.safe_number = brief.safe_number[:20] or profile.safe_number
    profile.report, profile.reported_at = report, report.ordered_at


Point = tuple[date, int | None, Decimal | None]


def _remember(briefs: Mapping[int, Brief], profiles: Mapping[int, str], now: datetime) -> None:
    """Append the days of the rating histories that we did not know of these profiles (connectId by company)."""
    known: dict[int, list[Point]] = defaultdict(list)
    stored = RatingPoint.objects.filter(company__in=briefs).order_by("valid_on", "known_at")
    columns_read = ("company", "connect_id", "valid_on", "score", "credit_limit")
    for company, profile, valid_on, score, limit in stored.values_list(*columns_read):
        if profile in {"", profiles[company]}:
            known[company].append((valid_on, score, limit))
    columns = ("company_id", "connect_id", "valid_on", "known_at", "score", "rating", "credit_limit", "currency")
    ops, at = connection.ops, connection.ops.adapt_datetimefield_value(now)
    rows = [
        (
            company,
            profiles[company],
            ops.adapt_datefield_value(day),
            at,
            score,
            letter,
            ops.adapt_decimalfield_value(limit, 20, 2),
            money,
        )
        for company, brief in briefs.items()
        for day, score, limit, letter, money in _new_points(brief, known[company], now.date())
    ]
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:  # ten rows a report: the ORM would take as long as all the rest
        cursor.executemany(
            # the only parts that aren't parameters are names of our own
            f"INSERT INTO {RatingPoint._meta.db_table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 (see above)
            rows,
        )


def _new_points(
    brief: Brief, known: list[Point], today: date
) -> list[tuple[date, int | None, Decimal | None, str, str]]:
    """Day, score, limit, letter and currency of what the history tells anew, and of today where it differs."""
    days = {point.date: point for point in brief.history if point.date}
    seen = set(known)
    fresh = [
        (day, point.score, point.limit, point.rating or "", point.currency or brief.currency)
        for day, point in days.items()
        if (day, point.score, point.limit) not in seen
    ]
    newest = max([*(point[:3] for point in fresh), *known[-1:]], default=None, key=lambda point: point[0])
    now = (brief.score, brief.credit_limit)
    if today not in days and (newest is None or newest[1:] != now):
        fresh.append((today, *now, brief.rating or "", brief.currency))
    return fresh


def _complete(good: Mapping[int, Received], briefs: Mapping[int, Brief], now: datetime) -> None:
    """Complete our columns with what the reports say, with a line in the history of each company that changes.

    The companies are locked: what a user types meanwhile waits, or was typed before this looks.
    """
    companies = list(Company.objects.select_for_update().filter(pk__in=briefs).order_by("pk"))
    said = {company.pk: said_by(briefs[company.pk]) for company in companies}
    since = {pk: answer.report.ordered_at if answer.report else now for pk, answer in good.items()}
    found = completion.complete(companies, said, since=since)
    others = _refuse_twins(companies, found)
    for company in companies:
        brief = briefs[company.pk]
        if brief.status not in {"unknown", company.status}:
            others.setdefault(company.pk, {})["status"] = brief.status
    changes = {pk: found.changes[pk] | others.get(pk, {}) for pk in said}
    changed = [company for company in companies if changes[company.pk]]
    for company in changed:
        company.updated_at = now
        for column, value in changes[company.pk].items():
            setattr(company, column, value)
        if "name" in changes[company.pk]:
            company.name_key = name_key(company.name)
    columns = {column for company in changed for column in changes[company.pk]}
    columns |= {"name_key"} if "name" in columns else set()
    if changed:
        # an upsert of rows that exist: ten times as fast as bulk_update
        Company.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=[*sorted(columns), "updated_at"]
        )
        Company.history.bulk_history_create(changed, update=True, default_date=now, default_change_reason="report")
    found.record()


def said_by(brief: Brief) -> dict[str, str]:
    """What a report says of our columns, by column; what it does not say is left out."""
    theirs = {column: str(getattr(brief, name)) for column, name in SAID.items()}
    theirs |= {
        "street": f"{brief.address.house_number} {brief.address.street}".strip(),
        "postal_code": brief.address.postal_code,
        "city": brief.address.city,
    }
    return {column: value for column, value in theirs.items() if value}


def _refuse_twins(companies: list[Company], found: Completion) -> dict[int, dict[str, str]]:
    """A registration number that another company of ours holds is a duplicate that a person must see.

    Returns the notes that say so, by company.
    """
    wanted = {company.pk: found.changes[company.pk].get("registration_number", "") for company in companies}
    numbers = {number for number in wanted.values() if number}
    if not numbers:
        return {}
    holders = Company.objects.filter(registration_number__in=numbers).values_list("country", "registration_number")
    taken = {(str(country), number) for country, number in holders}
    notes = {}
    for company in companies:
        key = (str(company.country), wanted[company.pk])
        if key[1] and key in taken:
            found.refuse(company, "registration_number")
            said = _("Another company has the registration number %(number)s.") % {"number": key[1]}
            notes[company.pk] = {"link_note": said}
        taken.add(key)
    return notes

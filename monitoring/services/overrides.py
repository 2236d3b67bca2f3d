"""Places by hand: asked by one person, decided by another, ended in time, and how they turned out (domain 3.16)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from companies.choices import ChangeCause, RatingState
from companies.models import Change, Company
from monitoring.choices import Cell, OverrideState
from monitoring.models import Override, Standing
from monitoring.rules.matrix import latest_end
from monitoring.services.policies import Refused

ZERO = Decimal(0)
SOON = timedelta(days=30)
LIVE = (OverrideState.ASKED, OverrideState.APPROVED)


@dataclass(frozen=True, slots=True)
class Wish:
    """A place that somebody asks for, until its last day."""

    cell: str
    reason: str
    until: date


@transaction.atomic
def ask(company: Company, wish: Wish, *, user_id: int, now: datetime) -> Override:
    """Ask for a place by hand; it changes nothing until another person approves it. Raises Refused."""
    today = timezone.localdate(now)
    end_of_time(now=now, companies=[company.pk])
    _check(wish, today)
    standing = Standing.objects.filter(pk=company.pk).first()
    if standing is None:
        raise Refused(_("The standing of this company is being worked out: ask again in a moment."))
    if standing.cell == Cell.FAIL:
        raise Refused(_("This company has failed: no place by hand hides that."))
    if standing.cell == wish.cell and not standing.overridden:
        raise Refused(_("The company stands in this cell already."))
    try:
        with transaction.atomic():
            return Override.objects.create(
                company=company,
                cell=wish.cell,
                reason=wish.reason,
                since=today,
                until=wish.until,
                asked_by_id=user_id,
                asked_at=now,
                cell_then=standing.cell,
                exposure_then=standing.exposure,
                overdue_then=standing.overdue,
            )
    except IntegrityError:
        raise Refused(_("This company has an exception already: end it first.")) from None


def _check(wish: Wish, today: date) -> None:
    if wish.until <= today:
        raise Refused(_("The last day lies ahead of today."))
    if wish.until > latest_end(today):
        raise Refused(
            _("An exception ends within twelve months, by %(day)s.")
            % {"day": date_format(latest_end(today), "SHORT_DATE_FORMAT")}
        )


@transaction.atomic
def approve(override: Override, *, user_id: int, note: str, now: datetime) -> None:
    """Put it in force from today. Raises Refused for who asked, and when it is no longer open."""
    row, today = _open(override, OverrideState.ASKED), timezone.localdate(now)
    if row.asked_by_id == user_id:
        raise Refused(_("You asked for this exception: another person approves it."))
    if row.until < today:
        raise Refused(_("Its last day has passed: refuse it, and ask anew."))
    row.since = today
    _decide(row, OverrideState.APPROVED, user_id=user_id, note=note, now=now)


@transaction.atomic
def refuse(override: Override, *, user_id: int, note: str, now: datetime) -> None:
    """Say no. Who asked may withdraw it the same way. Raises Refused when it is no longer open."""
    _decide(_open(override, OverrideState.ASKED), OverrideState.REFUSED, user_id=user_id, note=note, now=now)


@transaction.atomic
def end(override: Override, *, note: str, now: datetime) -> None:
    """End it before its day; the company is placed by its facts again. Raises Refused when it is not in force."""
    row = _open(override, OverrideState.APPROVED)
    row.state, row.ended_at, row.decision_note = OverrideState.ENDED, now, note or row.decision_note
    row.save()
    _mark(row)


def _open(override: Override, state: OverrideState) -> Override:
    row = Override.objects.select_for_update().get(pk=override.pk)
    if row.state != state:
        raise Refused(_("Somebody else was faster: it is “%(state)s” now.") % {"state": row.get_state_display()})
    return row


def _decide(row: Override, state: OverrideState, *, user_id: int, note: str, now: datetime) -> None:
    row.state, row.decided_by_id, row.decided_at, row.decision_note = state, user_id, now, note
    row.save()
    if state == OverrideState.APPROVED:
        _mark(row)


def _mark(row: Override) -> None:
    Change.objects.mark([row.company_id], ChangeCause.OVERRIDE, row.reason[:255])


@transaction.atomic
def end_of_time(*, now: datetime, companies: Iterable[int] | None = None) -> int:
    """End what ran out, and have these companies placed by their facts again. Returns how many."""
    over = Override.objects.filter(state=OverrideState.APPROVED, until__lt=timezone.localdate(now))
    if companies is not None:
        over = over.filter(company__in=companies)
    rows = list(over.select_for_update())
    for row in rows:
        row.state = OverrideState.ENDED
        row.save()
        _mark(row)
    return len(rows)


def of_company(company: int, day: date) -> Override | None:
    """The exception of a company that is asked for or in force, if any."""
    live = Override.objects.filter(company=company, state__in=LIVE, until__gte=day)
    return live.select_related("asked_by", "decided_by").first()


@dataclass(frozen=True, slots=True)
class Outcome:
    """An exception that was in force, and what became of it; `now` is None for a company that is gone."""

    override: Override
    now: Standing | None

    @property
    def failed(self) -> bool:
        standing = self.now
        return standing is not None and (
            standing.cell == Cell.FAIL or standing.in_proceeding or standing.rating_state == RatingState.FAILED
        )

    @property
    def exposure(self) -> Decimal:
        return self.now.exposure if self.now else ZERO

    @property
    def overdue(self) -> Decimal:
        return self.now.overdue if self.now else ZERO

    @property
    def overdue_rise(self) -> Decimal:
        return self.overdue - self.override.overdue_then


@dataclass(frozen=True, slots=True)
class Record:
    """How the exceptions of one approver, or for one reason, turned out; all but `count` are of their companies."""

    name: str
    count: int
    companies: int
    failed: int
    exposure: Decimal
    overdue_then: Decimal
    overdue: Decimal

    @property
    def overdue_share(self) -> Decimal | None:
        return self.overdue / self.exposure if self.exposure > 0 else None

    @property
    def failed_share(self) -> Decimal | None:
        return Decimal(self.failed) / self.companies if self.companies else None


def register() -> QuerySet[Override]:
    return Override.objects.select_related("company", "asked_by", "decided_by")


def outcomes(overrides: Iterable[Override]) -> list[Outcome]:
    """Each with its company as it stands today; one query."""
    rows = list(overrides)
    standings = Standing.objects.in_bulk({row.company_id for row in rows})
    return [Outcome(row, standings.get(row.company_id)) for row in rows]


def ever_in_force() -> QuerySet[Override]:
    return register().filter(Q(state=OverrideState.APPROVED) | Q(state=OverrideState.ENDED))


def record(found: Iterable[Outcome], key: Callable[[Outcome], str]) -> list[Record]:
    """Add up outcomes by approver, reason or anything else, the most failures first."""
    by_name: dict[str, list[Outcome]] = defaultdict(list)
    for one in found:
        by_name[key(one)].append(one)
    records = [_record(name, several) for name, several in by_name.items()]
    return sorted(records, key=lambda one: (-one.failed, -one.overdue, one.name))


def _record(name: str, several: list[Outcome]) -> Record:
    in_time = sorted(several, key=lambda one: (one.override.asked_at, one.override.pk))
    latest = {one.override.company_id: one for one in in_time}.values()  # a company's debt counts once
    return Record(
        name=name,
        count=len(several),
        companies=len(latest),
        failed=sum(one.failed for one in latest),
        exposure=sum((one.exposure for one in latest), ZERO),
        overdue_then=sum((one.override.overdue_then for one in latest), ZERO),
        overdue=sum((one.overdue for one in latest), ZERO),
    )


def the_rest(companies: Iterable[int]) -> Record:
    """The companies without an exception, to compare with; one query."""
    rows = Standing.objects.exclude(pk__in=list(companies))
    failed = Q(cell=Cell.FAIL) | Q(in_proceeding=True) | Q(rating_state=RatingState.FAILED)
    sums, count = rows.aggregate(exposure=Sum("exposure"), overdue=Sum("overdue")), rows.count()
    return Record(
        name=_("Companies without an exception"),
        count=count,
        companies=count,
        failed=rows.filter(failed).count(),
        exposure=sums["exposure"] or ZERO,
        overdue_then=ZERO,
        overdue=sums["overdue"] or ZERO,
    )

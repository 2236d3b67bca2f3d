"""How many reports are paid for, used and left, and what the rules may still order by themselves."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Min, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.choices import OrderState
from companies.creditsafe import Client
from companies.creditsafe.payloads import Allowance as Told
from companies.models import Allowance, Connection, ReportOrder
from companies.models.profile import ASKED

ONLINE_REPORTS = "creditsafeConnectOnlineReports"
WARN_AT = Decimal("0.8")
FRESH = timedelta(minutes=10)
PACE_OF = timedelta(days=90)


class NothingLeft(Exception):
    """The subscription has no report left for what was asked; the text says it to the user."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Reports of this contract year. None is unknown or unlimited, never 0.

    `used` is Creditsafe's count plus what we know to be billed since it was read; without a count, our own ledger.
    `asked` are orders on their way, which will be billed. `forecast` is `used` at the end of the year at our pace of
    the last 90 days.
    """

    paid: int | None
    used: int
    asked: int
    held: int
    ceiling: int | None
    starts_on: date
    expires_on: date
    read_at: datetime | None
    forecast: int

    @property
    def remaining(self) -> int | None:
        return None if self.paid is None else max(0, self.paid - self.used)

    @property
    def room(self) -> int | None:
        """What the rules may still order by themselves."""
        return None if self.ceiling is None else max(0, self.ceiling - self.used - self.asked)

    @property
    def share(self) -> Decimal | None:
        """Used part of the ceiling, 1 and more when it is reached."""
        return Decimal(self.used) / self.ceiling if self.ceiling else None

    @property
    def is_near(self) -> bool:
        """80 % of the ceiling or of what is paid for are used."""
        bounds = [bound for bound in (self.ceiling, self.paid) if bound is not None]
        return any(self.used >= bound * WARN_AT for bound in bounds)

    @property
    def overshoots(self) -> bool:
        """The year will need more than is paid for."""
        return self.paid is not None and self.forecast > self.paid


def read_access(*, client: Client, now: datetime) -> None:
    """Store what the subscription allows and has used, as Creditsafe counts it (API reference 2.1)."""
    rows = {(told.country, told.template): _row(told, now) for told in client.access().of(ONLINE_REPORTS)}
    with transaction.atomic():
        Allowance.objects.all().delete()
        Allowance.objects.bulk_create(rows.values())


def _row(told: Told, now: datetime) -> Allowance:
    return Allowance(
        country=told.country[:2],
        template=told.template[:80],
        name=told.name[:120],
        paid=_count(told.paid),
        used=_count(told.used),
        starts_on=told.starts_on,
        expires_on=told.expires_on,
        read_at=now,
    )


def _count(told: int | None) -> int | None:
    return None if told is None else min(max(told, 0), 2**31 - 1)


def is_stale(now: datetime) -> bool:
    """Whether what we know of the subscription is older than ten minutes."""
    return not Allowance.objects.filter(read_at__gt=now - FRESH).exists()


def current(now: datetime) -> Budget:
    """The budget as far as it is known now."""
    allowances = list(Allowance.objects.all())
    starts_on, expires_on = _year(allowances, now)
    paid = _total([allowance.paid for allowance in allowances])
    counted = _total([allowance.used for allowance in allowances])
    read_at = min((allowance.read_at for allowance in allowances), default=None)
    used = _billed(since=_midnight(starts_on)) if counted is None or read_at is None else counted + _billed(read_at)
    ceiling = Connection.objects.filter(pk=1).values_list("report_ceiling", flat=True).first()
    return Budget(
        paid=paid,
        used=used,
        asked=ReportOrder.objects.filter(state__in=ASKED).count(),
        held=ReportOrder.objects.filter(state=OrderState.HELD).count(),
        ceiling=paid if ceiling is None else ceiling,
        starts_on=starts_on,
        expires_on=expires_on,
        read_at=read_at,
        forecast=used + round(_a_day(now) * max((expires_on - now.date()).days, 0)),
    )


def _total(counts: list[int | None]) -> int | None:
    """None when nothing is told; a country that tells no count is left out."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _year(allowances: list[Allowance], now: datetime) -> tuple[date, date]:
    """The contract year that Creditsafe tells, else the calendar's."""
    starts = [one.starts_on for one in allowances if one.starts_on]
    ends = [one.expires_on for one in allowances if one.expires_on]
    return min(starts, default=date(now.year, 1, 1)), max(ends, default=date(now.year, 12, 31))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 (made aware here)


def _billed(since: datetime) -> int:
    ended = Q(finished_at__gt=since) | Q(state=OrderState.RECEIVED)
    return int(ReportOrder.objects.filter(ended, cost__gt=0).aggregate(Sum("cost"))["cost__sum"] or 0)


def _a_day(now: datetime) -> float:
    """Our reports a day over the last 90 days, or over the time since the first."""
    recent = ReportOrder.objects.filter(finished_at__gt=now - PACE_OF, cost__gt=0)
    found = recent.aggregate(first=Min("finished_at"), reports=Sum("cost"))
    if not found["reports"]:
        return 0.0
    days: float = max((now - found["first"]).total_seconds() / 86_400, 1.0)
    return int(found["reports"]) / days


def left(country: str, now: datetime) -> int | None:
    """Reports that can still be ordered in a country by anybody; None when no count is told for it."""
    allowances = list(Allowance.objects.filter(country__in=[country, ""]))
    own = [one for one in allowances if one.country == country] or allowances
    counts = [one.remaining for one in own if one.remaining is not None]
    if not counts:
        return None
    scope = ReportOrder.objects.filter(country=country) if own[0].country else ReportOrder.objects.all()
    since = Q(finished_at__gt=min(one.read_at for one in own)) | Q(state=OrderState.RECEIVED)
    billed = scope.filter(since, cost__gt=0).aggregate(Sum("cost"))["cost__sum"] or 0
    return max(0, sum(counts) - int(billed) - scope.filter(state__in=ASKED).count())


def left_in_words(company: int, now: datetime) -> str:
    """How many reports remain in the country of a company's latest order; nothing where no count is told."""
    country = ReportOrder.objects.filter(company=company).values_list("country", flat=True).first() or ""
    found = left(country, now)
    if found is None:
        return ""
    said = _("Reports left for %(country)s this contract year: %(left)d.")
    return said % {"country": country, "left": found}


def refuse_beyond(wanted: dict[str, int], now: datetime) -> None:
    """Raise NothingLeft when more is wanted in a country than is left there."""
    for country, count in wanted.items():
        found = left(country, now)
        if found is not None and count > found:
            said = _(
                "Creditsafe has %(left)d reports left for %(country)s this contract year, and %(count)d were asked."
            )
            raise NothingLeft(said % {"left": found, "country": country, "count": count})


def hold_excess(now: datetime) -> int:
    """Hold the rules' orders that no longer fit under the ceiling, least urgent first. Returns how many."""
    budget = current(now)
    if budget.ceiling is None:
        return 0
    excess = budget.used + budget.asked - budget.ceiling
    if excess <= 0:
        return 0
    waiting = ReportOrder.objects.automatic().filter(state=OrderState.QUEUED).order_by("-priority", "-pk")
    pks = list(waiting.values_list("pk", flat=True)[:excess])
    return ReportOrder.objects.filter(pk__in=pks, state=OrderState.QUEUED).update(state=OrderState.HELD)

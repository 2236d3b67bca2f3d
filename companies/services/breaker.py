"""Whether calls to Creditsafe may pass: a circuit breaker, a hold after a 429, and a pace that all workers share.

All of it is one row, changed by conditional updates, so that any number of workers sees the same.
"""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from companies.choices import BreakerState
from companies.creditsafe.errors import RateLimited, Unavailable
from companies.models import Breaker, BreakerChange
from companies.models.breaker import FAR

TRIP_AFTER = 5
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
BURST = 10.0  # seconds' worth of calls that may go at once
TRIES = 20


class CircuitOpen(Unavailable):
    """The provider failed too often: nobody calls before `wait` is over."""

    def __init__(self, text: str, wait: timedelta) -> None:
        super().__init__(text)
        self.wait = wait


class OverPace(RateLimited):
    """Our own pace is used up: the provider was not asked."""


def check(now: datetime) -> bool:
    """Raise CircuitOpen or RateLimited when no call may go. Returns whether this caller is the one that tries."""
    breaker = Breaker.objects.read()
    if breaker.held_until is not None and now < breaker.held_until <= now + FAR:
        left = (breaker.held_until - now).total_seconds()
        raise OverPace(_("Creditsafe asked us to slow down: all calls wait."), retry_after=left)
    if breaker.state == BreakerState.CLOSED:
        return False
    if not Breaker.objects.claim_probe(now):
        wait = max(breaker.retry_at - now, timedelta(seconds=1)) if breaker.retry_at else FIRST_WAIT
        raise CircuitOpen(breaker.reason, wait)
    if breaker.state == BreakerState.OPEN:
        _record(BreakerState.HALF_OPEN, now)
    return True


def succeed(now: datetime) -> None:
    """An answer came: close the breaker, forget the failures."""
    whole = {"failures": 0, "trips": 0}
    row = Breaker.objects.filter(pk=1)
    closed = row.exclude(state=BreakerState.CLOSED).update(
        state=BreakerState.CLOSED, changed_at=now, retry_at=None, reason="", **whole
    )
    if closed:
        _record(BreakerState.CLOSED, now)
    else:
        row.filter(failures__gt=0).update(**whole)


def fail(now: datetime, reason: str) -> timedelta | None:
    """Count a failure. Returns how long nobody calls when the breaker is open now, else None."""
    breaker = Breaker.objects.read()
    failures = breaker.fail()
    if breaker.state == BreakerState.OPEN and breaker.retry_at is not None:
        return max(breaker.retry_at - now, timedelta(seconds=1))
    if breaker.state == BreakerState.CLOSED and failures < TRIP_AFTER:
        return None
    return _trip(breaker, now, reason)


def _trip(breaker: Breaker, now: datetime, reason: str) -> timedelta:
    wait: timedelta = min(FIRST_WAIT * 2 ** min(breaker.trips, 10), LONGEST_WAIT)
    tripped = Breaker.objects.filter(pk=1, state=breaker.state, trips=breaker.trips).update(
        state=BreakerState.OPEN, trips=F("trips") + 1, changed_at=now, retry_at=now + wait, reason=reason[:400]
    )
    if tripped:
        _record(BreakerState.OPEN, now, reason)
    return wait


def hold(now: datetime, wait: timedelta) -> None:
    """After a 429: every worker waits for the end of the provider's window."""
    Breaker.objects.read()
    Breaker.objects.filter(pk=1).update(held_until=now + min(wait, FAR))


def reset(now: datetime) -> None:
    """By a person: close it and let calls go at once."""
    Breaker.objects.filter(pk=1).update(held_until=None)
    succeed(now)


def book(calls: int, *, per_minute: int, now: datetime) -> int:
    """Book up to so many calls of the shared pace. Returns how many may go now; 0 is "in a moment".

    A leaky bucket: bookings move one moment forward by 60 s ÷ `per_minute` each, and it may run ahead by BURST seconds.
    """
    gap = timedelta(seconds=60 / per_minute)
    for _attempt in range(TRIES):
        booked = Breaker.objects.read().booked_until
        start = _start(booked, now)
        room = int((now + max(timedelta(seconds=BURST), gap) - start) / gap)
        granted = min(calls, max(room, 0))
        if not granted or _move(booked, start + gap * granted):
            return granted
    return 0


def charge(calls: int, *, per_minute: int, now: datetime) -> None:
    """Count calls that nobody keeps waiting: a person sits before the screen."""
    gap = timedelta(seconds=60 / per_minute)
    for _attempt in range(TRIES):
        booked = Breaker.objects.read().booked_until
        if _move(booked, _start(booked, now) + gap * calls):
            return


def _start(booked: datetime | None, now: datetime) -> datetime:
    return booked if booked is not None and now < booked <= now + FAR else now


def _move(before: datetime | None, after: datetime) -> bool:
    """Whether nobody booked between our look and our move."""
    return Breaker.objects.filter(pk=1, booked_until=before).update(booked_until=after) == 1


def _record(state: BreakerState, now: datetime, reason: str = "") -> None:
    BreakerChange.objects.create(at=now, state=state, reason=reason[:400])

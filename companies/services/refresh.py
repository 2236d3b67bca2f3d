"""Fetching the reports on order: by a pool of threads, each paid answer kept before it is read."""

import logging
import time
import uuid
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Semaphore
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from companies.choices import OrderState
from companies.creditsafe import Client
from companies.creditsafe.client import ReportAnswer
from companies.creditsafe.errors import (
    AccessDenied,
    BadCredentials,
    CreditsafeError,
    RateLimited,
    ReportUnavailable,
    Unavailable,
)
from companies.models import Connection, CountryPause, Report, ReportOrder
from companies.models.profile import OPEN, ReportOrderQuerySet
from companies.services import breaker, budget, provider, reports
from companies.services.jobs import SAVE_EVERY, Clock, Later, Tell
from companies.services.orders import order, pending
from companies.services.reports import Asked, Received

__all__ = ["LEASE", "fetch", "order", "store", "work"]

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=120)
BATCH = 50  # reports read in one transaction
SOON = timedelta(seconds=2)  # and no report waits longer than this to be read
HANDS = 2  # threads beside those that wait for an answer: they compress and read the one before
REASONS = {"DE": "de_reason_code::1"}  # German law wants a reason with each order (API reference 2.4)
COUNTRY_REST = timedelta(days=1)
LONGEST_REST = timedelta(hours=1)
SECOND_THOUGHTS = 5  # attempts, where one whose end nobody saw may have been billed: a refusal is not believed at once


class Stopped(Exception):
    """The run ended before this order was asked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An order that brought no report."""

    asked: Asked
    error: Exception


def work(progress: Tell, *, clock: Clock, attempts: int = 1) -> None:
    """Fetch every report on order. Raises Later when the provider is away; what was fetched stays."""
    finish_unread(clock)
    budget.hold_excess(clock())
    if not pending(clock()).exists():
        return
    with provider.as_later(attempts=attempts):
        connection = Connection.current()
        probing = breaker.check(clock())
        with provider.connect(connection, threads=connection.parallel_calls) as client:
            look_at_budget(client, clock())
            Fetching(client, connection, clock=clock, progress=progress, probing=probing).run()


def look_at_budget(client: Client, now: datetime) -> None:
    """Read the subscription when what we know of it is old; a refusal is no reason to stop the orders.

    Raises what says that the provider is away, or BadCredentials.
    """
    if not budget.is_stale(now):
        return
    try:
        budget.read_access(client=client, now=now)
    except CreditsafeError as error:
        provider.note(error, now)
        if provider.away(error) or isinstance(error, BadCredentials):
            raise
        log.warning("the subscription cannot be read: %s", error)
    else:
        provider.note(None, now)
        budget.hold_excess(now)


def fetch(order_id: int, *, client: Client, clock: Clock) -> bool:
    """Fetch one ordered report unless another worker holds it. Returns whether it came.

    Raises Later when the provider is away; the order then waits as it did before.
    """
    run = Fetching(client, Connection.current(), clock=clock, progress=lambda done, total: None)
    run.claim(ReportOrder.objects.filter(pk=order_id))
    run.run(more=False)
    return ReportOrder.objects.filter(pk=order_id, state=OrderState.DONE, token=run.token).exists()


def store(asked: ReportOrder, *, raw: bytes, data: Mapping[str, Any], ordered_at: datetime, now: datetime) -> Report:
    """Write one paid report and everything that follows from it."""
    token = uuid.uuid4().hex
    ReportOrder.objects.filter(pk=asked.pk, state__in=OPEN).update(state=OrderState.ORDERING, token=token)
    connect_id = asked.company.profile.connect_id
    found = Asked(asked.pk, asked.company_id, connect_id, asked.reason, asked.attempts, asked.denied, asked.lost)
    answer = reports.received(found, raw, data, ordered_at)
    kept = reports.keep([answer], token=token, now=now, until=now + LEASE)
    reports.read([answer], token=token, now=now)
    return kept[0]


def finish_unread(clock: Clock) -> int:
    """Read stored answers whose worker died before it read them: nothing is ordered again. Returns how many."""
    token, done = uuid.uuid4().hex, 0
    while pks := list(ReportOrder.objects.unread(clock()).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        now = clock()
        ReportOrder.objects.unread(now).filter(pk__in=pks).update(token=token, lease_until=now + LEASE)
        mine = ReportOrder.objects.held_by(token).filter(pk__in=pks).select_related("report__body")
        answers = [reports.reread(one, one.report) for one in mine if one.report]
        done += reports.read(answers, token=token, now=clock())
    return done


class Fetching:
    """One worker's run: the network in threads, every row read and written by the thread that called."""

    def __init__(
        self, client: Client, connection: Connection, *, clock: Clock, progress: Tell, probing: bool = False
    ) -> None:
        self.token = uuid.uuid4().hex
        self._client, self._clock, self._progress = client, clock, progress
        self._threads, self._per_minute = connection.parallel_calls, connection.calls_per_minute
        self._language, self._probing, self._troubled, self._more = connection.language, probing, False, True
        self._ready: deque[Asked] = deque()
        self._flying = self._failing = 0
        self._calls = Semaphore(self._threads)
        self._came: SimpleQueue[Received | Refused] = SimpleQueue()
        self._unread: list[Received] = []
        self._stop: Exception | None = None
        self._done = 0
        self._told_at = self._renewed_at = self._healthy_at = self._unread_at = clock()

    def run(self, *, more: bool = True) -> None:
        """Fetch what is claimed, and claim more while there is. What is on its way is always finished.

        Raises Later, Lost, or what went wrong; every answer that came is stored by then.
        """
        self._more = more
        with ThreadPoolExecutor(self._threads + HANDS, thread_name_prefix="creditsafe") as pool:
            while self._flying or self._unread or (self._stop is None and (self._ready or self._more)):
                try:
                    self._step(pool)
                except Exception as error:  # kept for the end: answers on their way are paid for
                    self._stop = self._stop or error
        self._release()
        if self._stop is not None:
            raise self._stop
        self._progress(self._done, self._done)

    def _step(self, pool: ThreadPoolExecutor) -> None:
        if self._stop is None:
            self._fill(pool)
        if self._flying:
            self._collect()
        late = bool(self._unread) and self._clock() - self._unread_at >= SOON
        if len(self._unread) >= BATCH or late or not self._flying:
            self._read()
        self._tell()

    def _fill(self, pool: ThreadPoolExecutor) -> None:
        """Keep the threads busy; a probe goes alone, and the others after its success."""
        if self._probing and self._flying:
            return
        if self._more and self._flying <= 3 * self._threads:
            self._probing = self._probing or breaker.check(self._clock())
            self._more = self.claim(pending(self._clock())) > 0
        while self._ready and not (self._probing and self._flying):
            pool.submit(self._fetch, self._ready.popleft())
            self._flying += 1

    def claim(self, orders: ReportOrderQuerySet) -> int:
        """Take some of these orders, the most urgent first, as far as the shared pace allows. Returns how many wait."""
        now = self._clock()
        pks = list(orders.free(now).order_by("priority", "pk").values_list("pk", flat=True)[: self._portion])
        granted = breaker.book(len(pks), per_minute=self._per_minute, now=now) if pks else 0
        if granted:
            self._take(pks[:granted], now)
        elif pks and not self._flying:
            time.sleep(min(60 / self._per_minute, 1.0))
        return len(pks)

    @property
    def _portion(self) -> int:
        """What is claimed counts as asked when its worker dies: not more than keeps the threads busy."""
        return 1 if self._probing else 4 * self._threads

    def _take(self, pks: list[int], now: datetime) -> None:
        orders = ReportOrder.objects.filter(pk__in=pks)
        orders.take(now=now, until=now + LEASE, token=self.token)
        columns = ("pk", "company", "company__profile__connect_id", "reason", "attempts", "denied", "lost")
        for row in orders.held_by(self.token).order_by("priority", "pk").values_list(*columns):
            if row[2]:
                self._ready.append(Asked(*row))
            else:
                self._finish(row[0], state=OrderState.FAILED, error=_("The company is not linked any more."))

    def _fetch(self, asked: Asked) -> None:
        """In a thread: no row is read or written here."""
        try:
            with self._calls:
                answer = self._call(asked)
            self._failing = 0
            self._came.put(reports.received(asked, answer.raw, answer.data, answer.ordered_at))
        except Exception as error:  # told to the thread that writes
            if isinstance(error, CreditsafeError) and (provider.away(error) or error.after_success):
                self._failing += 1  # some of them are charged: don't wait for the breaker to notice
            self._came.put(Refused(asked, error))

    def _call(self, asked: Asked) -> ReportAnswer:
        if self._stop is not None or self._failing >= breaker.TRIP_AFTER:
            raise Stopped
        custom = REASONS.get(asked.connect_id[:2])
        return self._client.report(asked.connect_id, language=self._language, custom_data=custom)

    def _collect(self) -> None:
        """Store what came, in one transaction for all that is there; wait a little when nothing is."""
        came = self._arrivals()
        self._flying -= len(came)
        now = self._clock()
        answers = [one for one in came if isinstance(one, Received)]
        if answers:
            reports.keep(answers, token=self.token, now=now, until=now + LEASE)
            self._unread_at = self._unread_at if self._unread else now
            self._unread += answers
            self._healthy(now)
        for one in came:
            if isinstance(one, Refused):
                self._refused(one.asked, one.error, now)
        if self._stop is None and all(isinstance(one, Refused) and isinstance(one.error, Stopped) for one in came):
            self._failing = 0  # another worker saw a success: try again
        self._renew(now)

    def _arrivals(self) -> list[Received | Refused]:
        came: list[Received | Refused] = []
        try:
            came.append(self._came.get(timeout=min(1.0, LEASE.total_seconds() / 8)))
            while True:
                came.append(self._came.get_nowait())
        except Empty:
            return came

    def _read(self) -> None:
        answers, self._unread = self._unread, []
        self._done += reports.read(answers, token=self.token, now=self._clock())

    def _healthy(self, now: datetime) -> None:
        if self._troubled or self._probing or now - self._healthy_at >= timedelta(seconds=1):
            provider.note(None, now)
            self._healthy_at, self._troubled, self._probing = now, False, False

    def _refused(self, asked: Asked, error: Exception, now: datetime) -> None:
        """Decide what becomes of an order without a report, and whether the others may go on."""
        if isinstance(error, Stopped):
            self._ready.append(asked)
        elif not isinstance(error, CreditsafeError):
            self._requeue(asked, error=f"{type(error).__name__}: {error}")
            self._stop = self._stop or error
        elif error.after_success:  # it was charged: never ordered again by machine
            self._finish(asked.pk, state=OrderState.FAILED, error=told(error), cost=F("cost") + 1)
            self._trouble(breaker.fail(now, told(error)), error)
        elif isinstance(error, AccessDenied) and not asked.denied:
            rest(asked.connect_id[:2].upper(), told(error), now)
            self._requeue(asked, error=told(error), denied=True)
            self._healthy(now)
        elif isinstance(error, BadCredentials | RateLimited | Unavailable):
            self._put_off(asked, error, now)
        elif isinstance(error, ReportUnavailable) and asked.lost and asked.attempts <= SECOND_THOUGHTS:
            self._requeue(asked, error=told(error), not_before=now + pause_after(asked.attempts))
            self._healthy(now)
        else:
            self._finish(asked.pk, state=OrderState.FAILED, error=told(error))
            self._healthy(now)

    def _put_off(self, asked: Asked, error: CreditsafeError, now: datetime) -> None:
        """Nothing is wrong with the order: it waits. Without any answer it may have been billed all the same."""
        values: dict[str, Any] = {}
        if isinstance(error, Unavailable):
            values["not_before"] = now + pause_after(asked.attempts)
            values["lost"] = F("lost") + int(error.status is None)
        self._requeue(asked, error=told(error), **values)
        self._trouble(provider.note(error, now), error)

    def _trouble(self, wait: timedelta | None, error: CreditsafeError) -> None:
        """Go on with the next order, unless nobody may call for a while."""
        self._troubled = True
        if wait is not None:
            self._stop = self._stop or Later(told(error), wait)

    def _finish(self, pk: int, **values: Any) -> None:
        ended = {"lease_until": None, "finished_at": self._clock()} | values
        self._done += ReportOrder.objects.held_by(self.token).filter(pk=pk).update(**ended)

    def _requeue(self, asked: Asked, *, error: str, **values: Any) -> None:
        ReportOrder.objects.held_by(self.token).filter(pk=asked.pk).update(
            state=OrderState.QUEUED, lease_until=None, token="", error=error[:255], **values
        )

    def _renew(self, now: datetime) -> None:
        """Hold what is on its way for longer: a call may take two minutes."""
        if now - self._renewed_at >= LEASE / 4:
            self._renewed_at = now
            ReportOrder.objects.held_by(self.token).update(lease_until=now + LEASE)

    def _release(self) -> None:
        """Give back what was claimed and never asked."""
        left = ReportOrder.objects.held_by(self.token).filter(pk__in=[asked.pk for asked in self._ready])
        left.update(state=OrderState.QUEUED, lease_until=None, token="", attempts=F("attempts") - 1)

    def _tell(self) -> None:
        now = self._clock()
        if now - self._told_at >= SAVE_EVERY:
            self._told_at = now
            self._progress(self._done, self._done + ReportOrder.objects.under_way().count())


def told(error: CreditsafeError) -> str:
    """The reason as kept with an order, with the number that the vendor's support asks for."""
    number = f" ({error.correlation_id})" if error.correlation_id else ""
    return f"{(str(error) or type(error).__name__)[:180]}{number}"[:255]


def pause_after(attempts: int) -> timedelta:
    """How long an order waits for its next attempt: twice as long each time."""
    doubled: timedelta = provider.backoff(1) * 2 ** min(attempts - 1, 10)
    return min(doubled, LONGEST_REST)


def rest(country: str, reason: str, now: datetime) -> None:
    """Let the orders of a country rest for a day; the others go on."""
    values = {"reason": reason[:400], "since": now, "until": now + COUNTRY_REST}
    CountryPause.objects.update_or_create(country=country, defaults=values)

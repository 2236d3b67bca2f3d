"""The one door to Creditsafe: who we are there, and what every caller does when it refuses or is away."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from requests import Session
from requests.adapters import HTTPAdapter

from companies.creditsafe import Client
from companies.creditsafe.client import Answer
from companies.creditsafe.client.deadline import bounded_session
from companies.creditsafe.client.transport import DEADLINE
from companies.creditsafe.errors import BadCredentials, CreditsafeError, RateLimited, Unavailable
from companies.models import Connection
from companies.services import breaker
from companies.services.breaker import CircuitOpen, OverPace
from companies.services.jobs import Clock, Later

WINDOW = timedelta(seconds=60)  # a rate window of the provider; it documents no Retry-After
HALTED = timedelta(seconds=20)
NEAR = 5.0  # seconds
CHUNK = 10  # calls booked at once by a job that calls one by one
MOMENTS = 10  # waits for the pace before the job goes back to the queue


class Halted(Exception):
    """Calls are stopped: no connection is set, or its password was refused."""


class NearCache:
    """The cache of all workers with what it said in the last seconds: a token is read once and not at each request."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Any]] = {}

    def get(self, key: str) -> Any:
        until, value = self._known.get(key, (0.0, None))
        if time.monotonic() < until:
            return value
        value = cache.get(key)
        self._known[key] = time.monotonic() + NEAR, value
        return value

    def set(self, key: str, value: Any, timeout: float | None = None) -> None:
        self._known[key] = time.monotonic() + NEAR, value
        cache.set(key, value, timeout)

    def forget(self) -> None:
        """Ask the shared cache next time."""
        self._known.clear()


class SharedClient(Client):
    """A client for many threads: one of them renews the token, and one refusal of the password is everybody's.

    `before` is called ahead of each request; it may raise to keep the request from going.
    """

    def __init__(self, *, before: Callable[[], None] | None = None, **options: Any) -> None:
        self._near = NearCache()
        super().__init__(cache=self._near, **options)
        self._before, self._renewing = before, Lock()
        self._refusal: BadCredentials | None = None

    def authenticate(self) -> str:
        seen = self._tokens.get()
        with self._renewing:
            if self._refusal is not None:
                raise self._refusal
            self._near.forget()
            kept = self._tokens.get()
            if kept and kept != seen:
                return kept
            try:
                return super().authenticate()
            except BadCredentials as refusal:
                self._refusal = refusal
                raise

    def _exchange(self, method: str, path: str, *, token: str, **options: Any) -> Answer:
        if self._before is not None:
            self._before()
        return super()._exchange(method, path, token=token, **options)


def connect(
    connection: Connection | None = None, *, before: Callable[[], None] | None = None, threads: int = 1
) -> SharedClient:
    """A client for the connection in force. Raises Halted rather than call with a password known to be wrong."""
    connection = connection or Connection.current()
    if connection.halted_at is not None:
        raise Halted(connection.halt_reason)
    if not connection.is_set:
        raise Halted(_("The Creditsafe user name and password are not set."))
    return SharedClient(
        base_url=connection.effective_url,
        username=connection.effective_username,
        password=connection.effective_password,
        session=_session(connection.effective_url, threads),
        before=before,
    )


def _session(url: str, threads: int) -> Session:
    """A connection per thread, none thrown away; the environment is read once here and not at each request."""
    session = bounded_session(DEADLINE)
    for adapter in session.adapters.values():
        if isinstance(adapter, HTTPAdapter):
            adapter.init_poolmanager(2, threads)
    found = session.merge_environment_settings(url, {}, False, None, None)
    session.proxies, session.verify, session.cert = found["proxies"], found["verify"], found["cert"]
    session.trust_env = False
    return session


@contextmanager
def watched(now: datetime, *, clock: Clock | None = None) -> Iterator[Client]:
    """A client whose outcome is noted: on the connection, and for the breaker. Raises CircuitOpen, RateLimited, Halted.

    A caller with a clock waits for the shared pace; the calls of one without, a person before the screen, are counted.
    """
    connection = Connection.current()
    breaker.check(now)
    per_minute = connection.calls_per_minute
    before = _patient(per_minute, clock) if clock else _counted(per_minute, now)
    with connect(connection, before=before) as client:
        try:
            yield client
        except CreditsafeError as error:
            note(error, now)
            raise
        else:
            note(None, now)


def _counted(per_minute: int, now: datetime) -> Callable[[], None]:
    return lambda: breaker.charge(1, per_minute=per_minute, now=now)


def _patient(per_minute: int, clock: Clock) -> Callable[[], None]:
    left = 0

    def before() -> None:
        nonlocal left
        for _attempt in range(MOMENTS):
            left = left or breaker.book(CHUNK, per_minute=per_minute, now=clock())
            if left:
                left -= 1
                return
            time.sleep(min(60 / per_minute, 1.0))
        raise OverPace(_("Our own pace of calls is reached."), retry_after=60 / per_minute)

    return before


def note(error: CreditsafeError | None, now: datetime) -> timedelta | None:
    """Remember how a call ended. Returns how long nobody calls, when this outcome stops the calls."""
    if error is None or not (away(error) or isinstance(error, BadCredentials)):
        Connection.note_success(now)  # a refusal is an answer
        breaker.succeed(now)
        return None
    if isinstance(error, OverPace):
        return timedelta(seconds=error.retry_after or 1)
    text = str(error) or type(error).__name__
    if isinstance(error, BadCredentials):
        Connection.halt(now, text)
        return HALTED
    Connection.note_error(now, text)
    if isinstance(error, RateLimited):
        wait = timedelta(seconds=error.retry_after) if error.retry_after else WINDOW
        breaker.hold(now, wait)
        return wait
    return breaker.fail(now, text)


@contextmanager
def or_later(clock: Clock, *, attempts: int = 1) -> Iterator[Client]:
    """For jobs: a client, and every reason to wait turned into Later."""
    with as_later(attempts=attempts), watched(clock(), clock=clock) as client:
        yield client


@contextmanager
def as_later(*, attempts: int = 1) -> Iterator[None]:
    """Every reason to wait as Later, with the time to wait."""
    try:
        yield
    except (Halted, BadCredentials) as error:
        raise Later(str(error), HALTED) from error
    except CircuitOpen as error:
        raise Later(str(error), error.wait) from error
    except RateLimited as error:
        wait = timedelta(seconds=error.retry_after) if error.retry_after else WINDOW
        raise Later(str(error), wait) from error
    except Unavailable as error:
        raise Later(str(error) or type(error).__name__, backoff(attempts)) from error


def away(error: CreditsafeError) -> bool:
    """Whether nothing is wrong with the request: the same one will work later."""
    return isinstance(error, RateLimited | Unavailable)


def backoff(attempts: int) -> timedelta:
    """5 s, then twice as long each time up to a minute, with jitter so that workers spread out."""
    seconds = min(60, 5 * 2 ** min(attempts - 1, 4))
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 (jitter, not a secret)

"""The one door to Creditsafe: who we are there, and what every caller does when it refuses or is away."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.translation import gettext as _

from companies.creditsafe import Client
from companies.creditsafe.errors import BadCredentials, CreditsafeError, RateLimited, Unavailable
from companies.models import Connection
from companies.services.jobs import Clock, Later

WINDOW = timedelta(seconds=60)  # a rate window of the provider; it documents no Retry-After
HALTED = timedelta(seconds=20)


class Halted(Exception):
    """Calls are stopped: no connection is set, or its password was refused."""


def connect(connection: Connection | None = None) -> Client:
    """A client for the connection in force. Raises Halted rather than call with a password known to be wrong."""
    connection = connection or Connection.current()
    if connection.halted_at is not None:
        raise Halted(connection.halt_reason)
    if not connection.is_set:
        raise Halted(_("The Creditsafe user name and password are not set."))
    return Client(
        base_url=connection.effective_url,
        username=connection.effective_username,
        password=connection.effective_password,
        cache=cache,
    )


@contextmanager
def watched(now: datetime) -> Iterator[Client]:
    """A client whose outcome is noted on the connection: the last answer, the last error, or a halt."""
    client = connect()
    try:
        yield client
    except BadCredentials as error:
        Connection.halt(now, str(error))
        raise
    except CreditsafeError as error:
        if away(error):
            Connection.note_error(now, str(error) or type(error).__name__)
        else:
            Connection.note_success(now)  # a refusal is an answer
        raise
    else:
        Connection.note_success(now)


@contextmanager
def or_later(clock: Clock, *, attempts: int = 1) -> Iterator[Client]:
    """For jobs: a client, and every reason to wait turned into Later."""
    try:
        with watched(clock()) as client:
            yield client
    except Halted as error:
        raise Later(str(error), HALTED) from error
    except BadCredentials as error:
        raise Later(str(error), HALTED) from error
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

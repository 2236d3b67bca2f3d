"""A session whose answers must begin in time, whatever the server drips.

The time-outs of requests bound each read of the socket, so that a server sending its headers a byte at a time is never
late. Here the socket is shut when the time is over, which ends the read in progress.
"""

import contextlib
import functools
import itertools
import os
import socket
import time
from collections.abc import Iterator
from threading import Condition, Thread
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager, ProxyManager
from urllib3.response import HTTPResponse


def bounded_session(seconds: float) -> requests.Session:
    """A session that gives up when the headers aren't there after `seconds`; bodies are for their reader to time."""
    session = requests.Session()
    session.mount("https://", _Adapter(seconds))
    session.mount("http://", _Adapter(seconds))
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, seconds: float) -> None:
        self._pools = _pools(seconds)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._bind(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        self._bind(manager)
        return manager

    def _bind(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = self._pools


@functools.lru_cache(maxsize=8)
def _pools(seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    """Pools of connections that know the time allowed; a class each, since urllib3 makes the connections itself."""

    class Plain(HTTPConnection):
        def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
            with _shut_after(seconds, self.sock):
                return super().getresponse()

    class Secure(HTTPSConnection):
        def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
            with _shut_after(seconds, self.sock):
                return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Watch:
    """One thread that shuts the sockets whose time is over: a timer for each call would cost more than the call's own
    bookkeeping, and eight of them at once fight for the interpreter.
    """

    def __init__(self) -> None:
        self._due: dict[int, tuple[float, Any]] = {}
        self._numbers = itertools.count()
        self._changed = Condition()
        self._wakes_at: float | None = None  # None: asleep until told
        self._runs = False

    def add(self, seconds: float, connected: Any) -> int:
        number, until = next(self._numbers), time.monotonic() + seconds
        with self._changed:
            self._due[number] = until, connected
            if not self._runs:
                self._runs = True
                Thread(target=self._run, name="creditsafe-deadlines", daemon=True).start()
            elif self._wakes_at is None or until < self._wakes_at:
                self._changed.notify()
        return number

    def remove(self, number: int) -> None:
        self._due.pop(number, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for number, (until, connected) in list(self._due.items()):
                    if until <= now:
                        self.remove(number)
                        _shut(connected)
                self._wakes_at = min((until for until, _connected in list(self._due.values())), default=None)
                self._changed.wait(None if self._wakes_at is None else self._wakes_at - now)


_watch = _Watch()


def _after_fork() -> None:
    """A child has none of its parent's threads."""
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_after_fork)


@contextlib.contextmanager
def _shut_after(seconds: float, connected: Any) -> Iterator[None]:
    watch = _watch
    number = watch.add(seconds, connected)
    try:
        yield
    finally:
        watch.remove(number)


def _shut(connected: Any) -> None:
    with contextlib.suppress(OSError, TypeError):  # gone already, or TLS inside TLS, which has no socket of its own
        socket.socket.shutdown(connected, socket.SHUT_RDWR)

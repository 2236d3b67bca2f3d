"""A session whose answers must begin in time, whatever the server drips.

The time-outs of requests bound each read of the socket, so that a server sending its headers a byte at a time is never
late. Here the socket is shut when the time is over, which ends the read in progress.
"""

import contextlib
import functools
import socket
from collections.abc import Iterator
from threading import Timer
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


@contextlib.contextmanager
def _shut_after(seconds: float, connected: Any) -> Iterator[None]:
    timer = Timer(seconds, _shut, [connected])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(connected: Any) -> None:
    with contextlib.suppress(OSError, TypeError):  # gone already, or TLS inside TLS, which has no socket of its own
        socket.socket.shutdown(connected, socket.SHUT_RDWR)

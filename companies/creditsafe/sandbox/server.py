"""The HTTP side: keep-alive connections on loopback, the gate every call goes through, faults."""

import json
import socket
import struct
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock
from typing import Any
from urllib.parse import urlsplit

from companies.creditsafe.sandbox import (
    access,
    control,
    decisions,
    events,
    extras,
    orders,
    portfolios,
    rules,
    search,
    watching,
    wire,
)
from companies.creditsafe.sandbox.faults import Faults
from companies.creditsafe.sandbox.wire import Call, RefusalError, Reply
from companies.creditsafe.sandbox.world import World

PREFIX = "/v1"
LOG_IN = "/authenticate"
PIECES = 20  # of an answer that drips
LONGEST_BODY = 5_000_000
LOG_LENGTH = 20_000
ROUTES = [
    *access.ROUTES, *search.ROUTES, *extras.ROUTES, *orders.ROUTES, *portfolios.ROUTES, *watching.ROUTES,
    *rules.ROUTES, *events.ROUTES, *decisions.ROUTES,
]  # fmt: skip
_BROKEN = Reply(
    500, b"<html><head><title>500 Internal Server Error</title></head><body><h1>Error</h1></body></html>", "text/html"
)


class Gate:
    """Decides what becomes of one call: fault, refusal, or the answer of its handler."""

    def __init__(self, world: World, *, token_life: float, rate: int | None) -> None:
        self.world = world
        self.tokens = access.Tokens(token_life)
        self.rate = rate
        self.log: deque[tuple[str, str, int]] = deque(maxlen=LOG_LENGTH)
        self.stopping = Event()
        self._window = (0.0, 0)
        self._lock = Lock()

    def answer(self, call: Call) -> Reply | None:
        """The reply, or None when the connection is to be dropped."""
        faults = self.world.faults
        if call.path != LOG_IN:
            faults.count_call()
        if "hang" in faults:
            self.stopping.wait(faults.measure("hang"))
            return None
        if "down" in faults or "reset" in faults:
            return None
        if "slow" in faults:
            self.stopping.wait(faults.measure("slow"))
        reply = self._guarded(self._answer, call)
        if reply.status == HTTPStatus.OK and call.path != LOG_IN and "json" in reply.kind:
            reply = spoilt(reply, faults)
        self.log.append((call.method, call.path, reply.status))
        return reply

    def control(self, call: Call) -> Reply:
        """The reply to a call that is no part of the provider's API: no token, no fault, no log."""
        return self._guarded(lambda one: control.answer(self.world, one), call)

    @staticmethod
    def _guarded(handle: Callable[[Call], Reply], call: Call) -> Reply:
        try:
            return handle(call)
        except RefusalError as refusal:
            return refusal.reply
        except Exception:  # a server answers 500 and shows its own fault
            traceback.print_exc(file=sys.stderr)
            return _BROKEN

    def _answer(self, call: Call) -> Reply:
        if not call.path:
            raise wire.not_found("Resource not found ")
        faults = self.world.faults
        if (call.method, call.path) == ("POST", LOG_IN):
            return access.authenticate(self.tokens, call, refuse="login-refused" in faults)
        if faults.spend("500"):
            return _BROKEN
        if faults.spend("429") or self._over_rate():
            raise RefusalError(429, {"message": "Too Many Requests"})
        token = access.check(self.tokens, call.headers.get("authorization", ""))
        if faults.spend("401-midrun"):
            self.tokens.revoke(token)
            raise wire.invalid_token()
        one, call = wire.dispatch(ROUTES, call)
        with self.world.lock:
            return one.handler(self.world, call)

    def _over_rate(self) -> bool:
        """Count the call in its one-minute window."""
        if self.rate is None:
            return False
        with self._lock:
            start, count = self._window
            if time.monotonic() - start >= 60:
                start, count = time.monotonic(), 0
            self._window = start, count + 1
            return count >= self.rate


def spoilt(reply: Reply, faults: Faults) -> Reply:
    """A successful JSON answer with the faults that leave its status alone."""
    body = reply.body
    if "wrong-types" in faults:
        body = json.dumps(muddled(json.loads(body))).encode()
    if "truncated" in faults:
        body = body[: len(body) // 2]
    if "bloat" in faults:
        body = b" " * int(faults.measure("bloat") * 1_000_000) + body
    return Reply(reply.status, body, reply.kind, drip=faults.measure("drip"))


def muddled(value: object) -> object:
    """The same keys over values of other types."""
    if isinstance(value, dict):
        return {name: muddled(item) for name, item in value.items()}
    if isinstance(value, list):
        return {"items": [muddled(item) for item in value]}
    return {"value": value} if isinstance(value, str) else [value]


class Server(ThreadingHTTPServer):
    """Knows its open connections, so that stopping does not leave clients waiting."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], gate: Gate) -> None:
        self.gate = gate
        self._open: set[socket.socket] = set()
        self.to_reset: set[socket.socket] = set()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        if request in self.to_reset:
            self.to_reset.discard(request)
            self.close_request(request)  # without the FIN that a shutdown sends first
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of ours; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def shutdown(self) -> None:
        """End the loop at once instead of at its next look around."""
        with suppress(OSError):  # elsewhere than on Linux
            self.socket.shutdown(socket.SHUT_RDWR)
        super().shutdown()

    def close_all(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    server_version = "ConnectSandbox"
    sys_version = ""
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the calls are in the log of the gate."""

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > LONGEST_BODY:
            return None
        return self.rfile.read(int(length))

    def _handle(self) -> None:
        raw = self._body()
        if raw is None:
            self.close_connection = True
            self._send(wire.ok({"message": "A body needs a Content-Length of 5 000 000 at most"}, 413))
            return
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(PREFIX) if parts.path.startswith(f"{PREFIX}/") else ""
        headers = {name.lower(): value for name, value in self.headers.items()}
        call, gate = Call(self.command, path, wire.parse_query(parts.query), headers, raw), self.server.gate
        if parts.path.startswith(control.PREFIX):
            self._send(gate.control(replace(call, path=parts.path)))
            return
        reply = gate.answer(call)
        if reply is None:
            self._drop(reset="reset" in gate.world.faults)
        else:
            self._send(reply)

    def _drop(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:  # closing with no time to linger sends RST instead of FIN
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.server.to_reset.add(self.connection)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - names that http.server looks for

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        self.end_headers()
        if reply.drip:
            self._trickle(reply)
        else:
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _trickle(self, reply: Reply) -> None:
        size = -(-len(reply.body) // PIECES) or 1
        for start in range(0, len(reply.body), size):
            self.wfile.flush()
            self.server.gate.stopping.wait(reply.drip / PIECES)
            self.wfile.write(reply.body[start : start + size])

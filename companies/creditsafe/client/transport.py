"""One request, from our side of the wire: it answers or raises; it never waits, never tries again."""

import ipaddress
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from companies.creditsafe.client.deadline import bounded_session
from companies.creditsafe.client.tokens import Cache, MemoryCache, Now, TokenStore
from companies.creditsafe.errors import (
    CreditsafeError,
    Unavailable,
    UnexpectedAnswer,
    clean,
    correlation_id,
    error_from,
    means_stale_token,
)
from companies.creditsafe.payloads.values import Json, dig, read_json

log = logging.getLogger("companies.creditsafe")

PRODUCTION = "https://connect.creditsafe.com/v1"
SANDBOX = "https://connect.sandbox.creditsafe.com/v1"
USER_AGENT = "riskportal"
JSON = "application/json"
TIMEOUT = (5.0, 60.0)  # a worldwide search takes 25 s (API reference 1.5)
DEADLINE = 120.0
MAX_BYTES = 32 * 1024 * 1024
CHUNK = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A success, as received: `body` is exact, `data` decoded on demand."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""

    @property
    def data(self) -> Any:
        """The decoded JSON, None for an empty body (204). Raises Unavailable when it isn't JSON, or cut short."""
        if not self.body.strip():
            return None
        try:
            return read_json(self.body)
        except ValueError as exc:
            said = clean(self.body[:200].decode("utf-8", "replace"))
            raise Unavailable(f"not JSON: {said}", status=self.status) from exc

    @property
    def object(self) -> Json:
        """The decoded JSON, which must be an object."""
        found = self.data
        if not isinstance(found, Mapping):
            raise UnexpectedAnswer("the answer is not a JSON object", status=self.status)
        return found

    @property
    def array(self) -> list[Any]:
        """The decoded JSON, which must be an array; 204 is an empty one."""
        found = self.data
        if found is not None and not isinstance(found, list):
            raise UnexpectedAnswer(
                "the answer is not a JSON array", status=self.status, correlation_id=correlation_id(found)
            )
        return found or []


class Transport:
    """Address, account, token and limits. The methods of the API are in the classes that build on it."""

    def __init__(
        self,
        *,
        base_url: str = PRODUCTION,
        username: str,
        password: str,
        session: requests.Session | None = None,
        cache: Cache | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        deadline: float = DEADLINE,
        max_bytes: int = MAX_BYTES,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        """`timeout` is (connect, read) and `deadline` the whole of one answer, in seconds; `max_bytes` caps its size.

        `cache` shares the token between workers; `now` gives an aware moment. Raises ValueError for an address that
        is neither https nor, on this machine only, http.
        """
        self.base_url = checked_url(base_url)
        self._account = {"username": username, "password": password}
        self._session = bounded_session(deadline) if session is None else session
        self._timeout, self._deadline, self._max_bytes = timeout, deadline, max_bytes
        store = MemoryCache() if cache is None else cache
        self._tokens = TokenStore(store, base_url=self.base_url, username=username, password=password, now=now)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._session.close()

    def authenticate(self) -> str:
        """Ask for a new token, keep it for all workers and return it (API reference 1.2).

        Raises BadCredentials when the account is refused: don't call again before somebody changed the password.
        """
        answer = self._exchange("POST", "/authenticate", token="", json=self._account)
        token = answer.object.get("token")
        if not isinstance(token, str) or not re.fullmatch("[!-~]+", token):
            raise UnexpectedAnswer("no token in the answer to /authenticate", status=answer.status)
        self._tokens.keep(token)
        return token

    def _request(self, method: str, path: str, **options: Any) -> Answer:
        """One call with the shared token, renewed at most once when the server finds it stale.

        Options: `params`, `json`, `files`, `data`, `accept`.
        """
        token = self._tokens.get() or self.authenticate()
        try:
            return self._exchange(method, path, token=token, **options)
        except CreditsafeError as exc:
            if not means_stale_token(exc):
                raise
        return self._exchange(method, path, token=self._renewed(token), **options)

    def _renewed(self, refused: str) -> str:
        """Another worker's newer token when there is one, else one of our own."""
        kept = self._tokens.get()
        return kept if kept and kept != refused else self.authenticate()

    def _exchange(self, method: str, path: str, *, token: str, **options: Any) -> Answer:
        started = time.monotonic()
        try:
            response = self._send(method, path, token=token, **options)
            with response:
                body = self._read(response, started + self._deadline)
        except (requests.RequestException, HTTPError, OSError) as exc:
            raise Unavailable(f"no answer: {type(exc).__name__}") from exc
        log.info("%s %s: %s, %.3f s", method, path, response.status_code, time.monotonic() - started)
        return self._judged(response, body, token)

    def _send(
        self, method: str, path: str, *, token: str, accept: str = JSON, params: Any = None, **content: Any
    ) -> requests.Response:
        return self._session.request(
            method,
            self.base_url + path,
            params=wire_params(params or {}),
            headers={"Accept": accept, "User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            auth=_signer(token),
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
            **content,
        )

    def _read(self, response: requests.Response, end: float) -> bytes:
        """The body, piece by piece as it comes: the time-out of requests alone would let a slow drip go on for ever."""
        pieces, size = [], 0
        while piece := response.raw.read1(CHUNK, decode_content=True):
            size += len(piece)
            pieces.append(piece)
            if size > self._max_bytes and response.status_code >= 300:
                break  # enough of an error page
            if size > self._max_bytes:
                raise UnexpectedAnswer(f"more than {self._max_bytes} bytes", status=response.status_code)
            if time.monotonic() > end:
                raise Unavailable(f"not complete after {self._deadline:g} s", status=response.status_code)
        return b"".join(pieces)

    def _judged(self, response: requests.Response, body: bytes, token: str) -> Answer:
        if response.status_code not in {200, 201, 204}:
            secrets = (token, self._account["password"])
            raise error_from(response.status_code, body, headers=response.headers, secrets=secrets)
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(status=response.status_code, body=body, content_type=content_type)

    def _pages(
        self, path: str, *, params: Mapping[str, Any], next_page: Callable[[object], int | None]
    ) -> Iterator[Json]:
        """The pages of a 0-based list. A server that would turn in circles is refused (API reference 1.6)."""
        page: int | None = 0
        before: Any = None
        while page is not None:
            body = self._request("GET", path, params={**params, "page": page}).data
            if body is None:
                return
            rows, following = dig(body, "data"), next_page(body)
            if (rows and rows == before) or (following is not None and following <= page):
                raise UnexpectedAnswer(
                    f"page {page} of {path} repeats", status=200, correlation_id=correlation_id(body)
                )
            yield body
            page, before = following, rows


def checked_url(url: str) -> str:
    """The base address without its last slash. Raises ValueError unless it is https, or http to this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("the address of Creditsafe must be a plain https://host/path")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("the address of Creditsafe must be https; http only to this machine")
    return url.rstrip("/")


def segment(value: object) -> str:
    """One part of a path, quoted. Raises ValueError for what would change the path: nothing, dots."""
    found = str(value).strip()
    if found in {"", ".", ".."}:
        raise ValueError("an identifier is missing")
    return quote(found, safe="")


def wire_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Query values as the server reads them: true and false in lower case, nothing for None."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in params.items()
        if value is not None and value != ""
    }


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _signer(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Signs the request here and not by a header, so that no netrc file of the machine can replace the token."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign

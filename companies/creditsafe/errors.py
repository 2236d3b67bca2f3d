"""What can go wrong with Creditsafe, as exceptions; nothing here does I/O.

No exception ever holds a password or a token: the text is cleaned before it is kept.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

TEXT_LIMIT = 500
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?|(?<=Bearer )\S+")
_STALE = re.compile(r"authori[sz]ation header|invalid token|token (?:has |is )?(?:expired|invalid)|jwt", re.IGNORECASE)
_NOT_WATCHED = re.compile(
    r"portfolio ?company not found|^company not found|not (?:in|part of) .*portfolio", re.IGNORECASE
)


class CreditsafeError(Exception):
    """Base of all: `str()` is safe to log and to show to an administrator.

    `status` is the HTTP status or None (no answer); `correlation_id` is what the vendor's support asks for;
    `codes` are the `messages[].code` of the answer (API reference 1.4).
    """

    def __init__(
        self, text: str = "", *, status: int | None = None, correlation_id: str = "", codes: Iterable[str] = ()
    ) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.correlation_id = correlation_id
        self.codes = tuple(codes)

    @property
    def after_success(self) -> bool:
        """Whether the server had already said 200: a report ordered that way is charged, so don't order it again."""
        return self.status == 200


class BadCredentials(CreditsafeError):
    """User name or password refused, or a fresh token refused. Never try again by machine: accounts lock (1.2)."""


class AccessDenied(CreditsafeError):
    """The subscription has no right to this country or service (403)."""


class NotFound(CreditsafeError):
    """No such company, portfolio, rule or event; or a company which isn't in the portfolio."""


class Conflict(CreditsafeError):
    """Already there: a portfolio's name, a company in a portfolio."""


class BadRequest(CreditsafeError):
    """The server refuses what we ask; the same request will be refused again. `details` holds its reason."""

    @property
    def details(self) -> str:
        return self.text

    def _says(self, *parts: str) -> bool:
        return all(part in self.text.casefold() for part in parts)

    @property
    def criteria_not_allowed(self) -> bool:
        """The search mixed parameters of two criteria sets, or misses a required one (2.2)."""
        return self._says("criteria", "not allowed")

    @property
    def country_not_supported(self) -> bool:
        return self._says("not a supported country")

    @property
    def too_short(self) -> bool:
        return self._says("shorter than the required minimum")

    @property
    def too_long(self) -> bool:
        return self._says("longer than the required maximum")

    @property
    def parameter_not_supported(self) -> bool:
        return self._says("param", "not supported")


class ReportUnavailable(CreditsafeError):
    """The company exists, but no report can be produced for it (400 with `messages`)."""


class RateLimited(CreditsafeError):
    """Too many calls (429). `retry_after` is in seconds; None when the server doesn't say: wait one window, 60 s."""

    def __init__(self, text: str = "", *, retry_after: float | None = None, **context: Any) -> None:
        super().__init__(text, **context)
        self.retry_after = retry_after


class Unavailable(CreditsafeError):
    """No usable answer: network, time-out, 5xx, truncated JSON, HTML. Worth another try, unless `after_success`."""


class UnexpectedAnswer(CreditsafeError):
    """An answer we can read but not use: no report in a 200, wrong types, too large, a redirect, a repeated page."""


BY_STATUS: Mapping[int, type[CreditsafeError]] = {
    401: BadCredentials,
    402: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
    429: RateLimited,
}
BY_CODE: Mapping[str, type[CreditsafeError]] = {
    "ReportUnavailable": ReportUnavailable,
    "ReportUnavailableDueToLegal": ReportUnavailable,
    "ReportUnavailableOnline": ReportUnavailable,
    "AccessRestricted": AccessDenied,
    "InvalidCredentials": BadCredentials,
    "TemporarySystemProblem": Unavailable,
    "DataServiceAccessProblems": Unavailable,
    "DataServiceInvalidResponse": Unavailable,
    "UnexpectedInternalError": Unavailable,
}


def error_from(
    status: int, body: bytes, *, headers: Mapping[str, str] | None = None, secrets: Iterable[str] = ()
) -> CreditsafeError:
    """The exception for an answer that isn't a success; `secrets` are blanked wherever the server echoes them."""
    payload = _decoded(body)
    codes = _codes(payload)
    text = clean(_said(payload) or body.decode("utf-8", "replace"), secrets)
    kind = _kind(status, text, codes)
    context: dict[str, Any] = {"status": status, "correlation_id": correlation_id(payload), "codes": codes}
    if issubclass(kind, RateLimited):
        context["retry_after"] = retry_after((headers or {}).get("Retry-After"))
    return kind(text or f"HTTP {status}", **context)


def means_stale_token(error: CreditsafeError) -> bool:
    """Whether a new token could help: any 401, or a 403 that speaks of the header and not of rights (1.4)."""
    return error.status == 401 or (error.status == 403 and bool(_STALE.search(error.text)))


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """One line of at most 500 characters, without the secrets and without anything shaped like a token."""
    for secret in (found for found in secrets if len(found) >= 4):
        text = text.replace(secret, "***")
    return " ".join(_JWT.sub("***", text).split())[:TEXT_LIMIT]


def correlation_id(payload: object) -> str:
    """The tracing number under any of the spellings met (1.7), or an empty text."""
    if not isinstance(payload, Mapping):
        return ""
    spellings = ("correlationId", "correlationID", "corellationId", "messageId")
    found = (payload[name] for name in spellings if isinstance(payload.get(name), str))
    return next(found, "")[:64]


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, from a number or an HTTP date; None when absent or senseless."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,6}(\.\d+)?", value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0)


def _kind(status: int, text: str, codes: tuple[str, ...]) -> type[CreditsafeError]:
    if status == 400:
        by_code = next((BY_CODE[code] for code in codes if code in BY_CODE), None)
        return by_code or (NotFound if _NOT_WATCHED.search(text) else BadRequest)
    if status in BY_STATUS:
        return BY_STATUS[status]
    if 400 <= status < 500:
        return BadRequest
    return Unavailable if status >= 500 else UnexpectedAnswer


def _decoded(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _messages(payload: object) -> list[Mapping[str, Any]]:
    found = payload.get("messages") if isinstance(payload, Mapping) else None
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _codes(payload: object) -> tuple[str, ...]:
    return tuple(str(item["code"]) for item in _messages(payload) if item.get("code"))


def _said(payload: object) -> str:
    """The reason, from the first present of the four places where the server may put it (1.4)."""
    if isinstance(payload, str):
        return payload
    if not isinstance(payload, Mapping):
        return ""
    places = [payload.get("details"), payload.get("message"), payload.get("error")]
    places += [item.get("text") for item in _messages(payload)[:1]]
    return next((place if isinstance(place, str) else json.dumps(place) for place in places if place), "")

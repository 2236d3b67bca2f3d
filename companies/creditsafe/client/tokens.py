"""The token: where it is kept, under which name, and until when. It is a bearer secret and is never logged."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from companies.creditsafe.payloads.values import dig, number, read_json

LIFETIME = timedelta(minutes=55)  # a token lives an hour (API reference 1.2); the margin is for slow reports
Now = Callable[[], datetime]


class Cache(Protocol):
    """What is needed of a cache: Django's fits."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: Any, timeout: float | None = None) -> Any: ...


class MemoryCache:
    """A cache for one process, for use without Django."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def set(self, key: str, value: Any, timeout: float | None = None) -> None:
        """Keep a value; the timeout may be ignored, since what we keep says itself until when it holds."""
        self._values[key] = value


class TokenStore:
    """One token for all workers that use the same address and account."""

    def __init__(self, cache: Cache, *, base_url: str, username: str, password: str, now: Now) -> None:
        self._cache = cache
        self._now = now
        account = "\n".join((base_url, username, password)).encode()
        self._key = "creditsafe-token-" + hashlib.sha256(account).hexdigest()

    def get(self) -> str | None:
        """The token, while it holds: at its very end it holds no more."""
        kept = self._cache.get(self._key)
        if not isinstance(kept, list | tuple) or len(kept) != 2:
            return None
        token, until = kept
        return token if isinstance(token, str) and self._now().timestamp() < until else None

    def keep(self, token: str) -> None:
        """Keep a new token for 55 minutes, and never beyond its own end when that can be read."""
        now = self._now()
        until = min(now + LIFETIME, expiry(token) or now + LIFETIME)
        if until > now:
            self._cache.set(self._key, [token, until.timestamp()], timeout=(until - now).total_seconds())


def expiry(token: str) -> datetime | None:
    """The `exp` of a JWT, None when the token is opaque. The signature is the server's business."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = read_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        seconds = number(dig(claims, "exp"))
        return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError, binascii.Error):
        return None

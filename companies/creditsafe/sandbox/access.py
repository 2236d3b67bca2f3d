"""Who may call: tokens, the lock after wrong passwords, and what the subscription holds (API reference 1.2, 2.1)."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections import deque
from threading import Lock
from typing import Any

from companies.creditsafe.sandbox import wire
from companies.creditsafe.sandbox.wire import Call, RefusalError, Reply, Route, ok, route, traced
from companies.creditsafe.sandbox.world import World

PASSWORD = "sandbox"  # noqa: S105 - the one that this local stand-in documents and accepts
BAD_CALLS = 5
BAD_WINDOW = 120.0
_KEY = b"creditsafe connect sandbox"  # fixed, so that tokens outlive a restart as the provider's do
_DENIED = "Access denied -  Please check that your username and password are correct. Contact support if need be."
COUNTRIES = {
    "FR": "France", "GB": "United Kingdom", "BE": "Belgium", "DE": "Germany", "IT": "Italy", "ES": "Spain",
    "SE": "Sweden", "US": "United States",
}  # fmt: skip


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(message: str) -> str:
    """As long as an RS256 signature, made without a key pair."""
    blocks = (hmac.new(_KEY, f"{place}{message}".encode(), hashlib.sha256).digest() for place in range(8))
    return _segment(b"".join(blocks))


class Tokens:
    """Issues and checks tokens, and counts identical bad calls."""

    def __init__(self, life: float) -> None:
        self.life = life
        self._lock = Lock()
        self._revoked: set[str] = set()
        self._bad: dict[str, deque[float]] = {}

    def issue(self, username: str) -> str:
        """A JWT with the provider's claims, valid for `life` seconds."""
        start = time.time()
        header = {"alg": "RS256", "kid": "5B1B9EC2", "x5t": "WxuewqX1Mgn6", "typ": "JWT"}
        claims = {
            "nbf": int(start), "exp": start + self.life if self.life < 60 else int(start + self.life),
            "iss": "https://mylogin.creditsafe.com", "aud": ["connect_api", "ubo_api_gateway"],
            "client_id": "connect.api.client", "sub": "101577", "auth_time": int(start), "idp": "local",
            "username": username, "email": f"{username}@example.com", "customerId": "577", "country": "FR",
            "userRole": "user", "sb_country": "FR", "scope": ["connect_api"], "amr": ["pwd"], "jti": uuid.uuid4().hex,
        }  # fmt: skip
        message = ".".join(_segment(json.dumps(part).encode()) for part in (header, claims))
        return f"{message}.{_signature(message)}"

    def valid(self, token: str) -> bool:
        message, _, signature = token.rpartition(".")
        if (
            message.count(".") != 1
            or not hmac.compare_digest(signature.encode(), _signature(message).encode())
            or token in self._revoked
        ):
            return False
        body = message.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return float(claims["exp"]) > time.time()

    def revoke(self, token: str) -> None:
        self._revoked.add(token)

    def too_many(self, body: bytes) -> bool:
        """Count one bad call; True when the same one came too often in the window (API reference 1.5)."""
        digest, moment = hashlib.sha256(body).hexdigest(), time.monotonic()
        with self._lock:
            calls = self._bad.setdefault(digest, deque())
            while calls and moment - calls[0] > BAD_WINDOW:
                calls.popleft()
            if len(calls) >= BAD_CALLS:
                return True
            calls.append(moment)
            return False


def _credentials(call: Call) -> dict[str, Any]:
    """What was sent, keys in lower case: capital keys and forms are let in, as some working clients send them."""
    if "x-www-form-urlencoded" in call.headers.get("content-type", ""):
        form = wire.parse_query(call.raw.decode("utf-8", "replace"))
        return {name.lower(): values[-1] for name, values in form.items()}
    try:
        given = json.loads(call.raw)
    except ValueError:
        return {}
    return {name.lower(): value for name, value in given.items()} if isinstance(given, dict) else {}


def authenticate(tokens: Tokens, call: Call, *, refuse: bool = False) -> Reply:
    """Answer `POST /authenticate`: a token, 401, or 429 after five identical bad calls. `refuse` lets nobody in."""
    credentials = _credentials(call)
    username, password = credentials.get("username"), credentials.get("password")
    if isinstance(username, str) and username and password == PASSWORD and not refuse:
        return Reply(200, json.dumps({"token": tokens.issue(username)}, indent=2).encode())
    if tokens.too_many(call.raw):
        raise RefusalError(429, {"message": "Too many requests"})
    raise RefusalError(401, {"message": _DENIED})


def check(tokens: Tokens, header: str) -> str:
    """Return the token of an Authorization header, with `Bearer` or bare; refuse what is no valid token."""
    kind, _, rest = header.strip().partition(" ")
    token = rest.strip() if rest else kind
    if header and (kind.lower() != "bearer" if rest else kind.count(".") != 2):
        raise RefusalError(403, {"error": "Policy 456183: The Authorization header has invalid format"})
    if not tokens.valid(token):
        raise wire.invalid_token()
    return token


def _span() -> dict[str, str]:
    year = wire.now().year
    return {"startDate": f"{year}-01-01T00:00:00", "expireDate": f"{year}-12-31T23:59:59"}


def subscription(world: World, call: Call) -> Reply:
    """`GET /access`: what was paid and used, report orders counted by country."""
    del call
    used = dict.fromkeys(COUNTRIES, 0)
    for any_id, count in world.orders.items():
        used[any_id[:2]] += count
    reports = [
        {"countryName": name, "templateName": "full", "countryIso2": country, "paid": 2500, "used": used[country]}
        | _span()
        for country, name in COUNTRIES.items()
    ]
    images = [
        {"name": f"{name} documents", "countryIso2": country, "paid": 100, "used": 0} | _span()
        for country, name in COUNTRIES.items()
    ]
    directors = [
        {"countryName": name, "countryIso2": country, "paid": 100, "used": world.people_orders[country]} | _span()
        for country, name in COUNTRIES.items()
    ]
    watched = sum(len(portfolio.watched) for portfolio in world.portfolios.values())
    services = {
        "creditsafeConnectOnlineReports": reports,
        "creditsafeConnectOfflineReports": [],
        "creditsafeConnectImageDocuments": images,
        "creditsafeConnectDirectorReports": directors,
        "creditsafeConnectMonitoring": [{"name": "Global Monitoring", "paid": 10_000, "used": watched} | _span()],
    }
    return traced(countryAccess=services)


def me(world: World, call: Call) -> Reply:
    del world, call
    return traced(
        username="sandbox", emailAddress="sandbox@example.com", owningEntity="Sandbox", defaultLanguage="FR",
        primaryContact={"title": "", "firstName": "Sandbox", "surname": "User"}, ietfLanguage="fr-FR",
        countryCode="FR", isActive="true",
    )  # fmt: skip


def active_users(world: World, call: Call) -> Reply:
    del world, call
    return ok({"items": [{"firstName": "Sandbox", "surname": "User", "userId": 101577}], "totalSize": 1})


ROUTES: list[Route] = [
    route("GET", "/access", subscription),
    route("GET", "/access/users/me", me),
    route("GET", "/access/users/active", active_users),
]

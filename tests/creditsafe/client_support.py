"""What the tests of the client share: fabricated answers, a clock that is set by hand, a client on a fake address."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from companies.creditsafe import Client
from companies.creditsafe.payloads import read_json

SAMPLES = Path(__file__).parent / "samples"
BASE = "https://creditsafe.example/v1"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "Sesame-ouvre-toi"


def sample(name: str) -> Any:
    return read_json((SAMPLES / f"{name}.json").read_bytes())


@dataclass
class Clock:
    """Time as an argument: `now` moves only when told."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class SharedCache:
    """Keeps what Django's cache would be asked to keep, timeouts included."""

    values: dict[str, Any] = field(default_factory=dict)
    timeouts: list[float | None] = field(default_factory=list)

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def set(self, key: str, value: Any, timeout: float | None = None) -> None:
        self.values[key] = value
        self.timeouts.append(timeout)


def client(**options: Any) -> Client:
    return Client(**{"base_url": BASE, "username": "verne", "password": PASSWORD, "now": Clock(), **options})


def jwt(expires: datetime, mark: str = "one") -> str:
    def part(claims: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    return ".".join((part({"alg": "RS256", "typ": "JWT"}), part({"exp": expires.timestamp()}), mark))

"""What the subscription allows (API reference 2.1)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from companies.creditsafe.payloads.values import Json, day, first, integer, mapping, rest, rows


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """The right to one service, in one country when it has one; counts are orders, None when not told."""

    service: str
    name: str = ""
    country: str = ""
    template: str = ""
    starts_on: dt.date | None = None
    expires_on: dt.date | None = None
    paid: int | None = None
    used: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def remaining(self) -> int | None:
        """What is left to order; None when either count isn't told."""
        return None if self.paid is None or self.used is None else self.paid - self.used


@dataclass(frozen=True, kw_only=True)
class Access:
    allowances: tuple[Allowance, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def of(self, service: str) -> tuple[Allowance, ...]:
        """The allowances of one service, such as "creditsafeConnectOnlineReports"."""
        return tuple(item for item in self.allowances if item.service == service)


def parse_access(body: object) -> Access:
    """Read `/access`, and the list of objects that the older server gave."""
    found = mapping(body)
    services = [pair for part in rows(found.get("countryAccess")) for pair in part.items()]
    allowances = tuple(_allowance(_service(name), row) for name, value in services for row in rows(value))
    return Access(allowances=allowances, extra=rest(found, "countryAccess"))


def _service(name: str) -> str:
    """ "Creditsafe Connect Online Reports" and "creditsafeConnectOnlineReports" are the same service."""
    joined = name.replace(" ", "")
    return joined[:1].lower() + joined[1:]


def _allowance(service: str, row: Json) -> Allowance:
    known = ("name", "countryName", "countryIso2", "templateName", "startDate", "expireDate", "paid", "used")
    return Allowance(
        service=service,
        name=first(row, "countryName", "name"),
        country=first(row, "countryIso2").upper(),
        template=first(row, "templateName"),
        starts_on=day(row.get("startDate")),
        expires_on=day(row.get("expireDate")),
        paid=integer(row.get("paid")),
        used=integer(row.get("used")),
        extra=rest(row, *known),
    )

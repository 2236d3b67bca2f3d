"""Portfolios, the companies in them, rules and events (API reference 2.8)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from companies.creditsafe.payloads.identity import parse_status
from companies.creditsafe.payloads.rating import letter
from companies.creditsafe.payloads.values import (
    NO_AMOUNT,
    Amount,
    Json,
    amount,
    dig,
    first,
    flag,
    integer,
    mapping,
    moment,
    number,
    rest,
    rows,
    text,
)


@dataclass(frozen=True, kw_only=True)
class MonitoringUser:
    """Our user. With `is_auto_tracker`, every ordered report adds its company to the default portfolio (quirk 14)."""

    user_id: str = ""
    customer_id: str = ""
    is_auto_tracker: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    portfolio_id: int | None = None
    name: str = ""
    is_default: bool = False
    is_shared: bool = False
    emails: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PortfolioCompany:
    """A watched company; `rating` is the letter, `local_rating` the local score or words as sent."""

    company_id: str = ""
    safe_number: str = ""
    name: str = ""
    country: str = ""
    address: str = ""
    portfolio_id: int | None = None
    reference: str = ""
    free_text: str = ""
    personal_limit: Amount = NO_AMOUNT
    credit_limit: Decimal | None = None
    rating: str | None = None
    local_rating: str = ""
    status: str = "unknown"
    last_event_at: dt.datetime | None = None
    added_at: dt.datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RiskSummary:
    """Counts by letter; `total` also counts the companies without a letter."""

    total: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    percents: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sharing:
    portfolio_id: int | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a copy or a move: counts of (portfolio, company) pairs."""

    total: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """A rule that makes events. Its key is (country, code): one code means other things in other countries."""

    code: int | None = None
    country: str = ""
    is_active: bool = False
    name: str = ""
    type_name: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_request(self) -> dict[str, Any]:
        """The form that the server wants back: `isActive` is the integer, never a boolean (quirk 10)."""
        return {
            "ruleCode": self.code,
            "ruleCountryCode": self.country,
            "isActive": int(self.is_active),
            **self.params,
        }


@dataclass(frozen=True, kw_only=True)
class NotificationEvent:
    """A change seen by the provider. `notification_event_id` is ours to dedupe on: one per event and portfolio.

    `event_id` is the same fact in all portfolios (quirk 15). Values are texts as sent; an unknown rule code is kept.
    """

    notification_event_id: int | None = None
    event_id: int | None = None
    rule_code: int | None = None
    rule_name: str = ""
    company_id: str = ""
    safe_number: str = ""
    company_name: str = ""
    country: str = ""
    portfolio_id: int | None = None
    portfolio_name: str = ""
    old_value: str = ""
    new_value: str = ""
    summary: str = ""
    local_event_code: str = ""
    occurred_at: dt.datetime | None = None
    created_at: dt.datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """One page of events, in the server's order; `total` is over all pages."""

    events: tuple[NotificationEvent, ...] = ()
    number: int = 0
    total: int | None = None


def next_page(body: object) -> int | None:
    """The number of the page after this one, None at the end; the key may be absent (1.6)."""
    return integer(dig(body, "paging", "next"))


def parse_user(body: object) -> MonitoringUser:
    """Read `/monitoring/user/details`, an array of one (quirk 9)."""
    found = next(iter(rows(body)), {})
    return MonitoringUser(
        user_id=first(found, "csUserId", "userId"),
        customer_id=first(found, "csCustomerId"),
        is_auto_tracker=bool(flag(found.get("isAutoTracker"))),
        extra=rest(found, "csUserId", "csCustomerId", "isAutoTracker"),
    )


def parse_portfolio(body: object, *, shared: bool = False) -> Portfolio:
    """Read a portfolio from a list, a creation or its own page."""
    found = mapping(body)
    emails = (first(row, "emailAddress", "email") for row in rows(found.get("emails")))
    return Portfolio(
        portfolio_id=integer(found.get("portfolioId")),
        name=first(found, "name"),
        is_default=bool(flag(found.get("isDefault"))),
        is_shared=shared or bool(flag(found.get("isSharedPortfolio"))),
        emails=tuple(filter(None, emails)),
        extra=rest(found, "portfolioId", "name", "isDefault", "isSharedPortfolio", "emails", "correlationId"),
    )


def parse_portfolios(body: object) -> tuple[Portfolio, ...]:
    """Read a page of portfolios, whose `data` is an object, then those shared with us (quirk 9)."""
    data = dig(body, "data")
    own = [*map(parse_portfolio, rows(dig(data, "portfolios") if isinstance(data, Mapping) else data))]
    return (*own, *(parse_portfolio(row, shared=True) for row in rows(dig(data, "sharedPortfolios"))))


_COMPANY = (
    *("id", "connectId", "safeNumber", "name", "countryCode", "address", "portfolioId", "personalReference"),
    *("freeText", "personalLimit", "creditLimit", "ratingCommon", "ratingLocal", "companyStatus", "dateLastEvent"),
    *("dateAdded", "correlationId"),
)


def parse_portfolio_company(body: object) -> PortfolioCompany:
    """Read a watched company; its id has two names (2.8)."""
    found = mapping(body)
    return PortfolioCompany(
        company_id=first(found, "id", "connectId"),
        safe_number=first(found, "safeNumber"),
        name=first(found, "name"),
        country=first(found, "countryCode").upper(),
        address=first(found, "address") or first(found.get("address"), "simpleValue"),
        portfolio_id=integer(found.get("portfolioId")),
        reference=first(found, "personalReference"),
        free_text=first(found, "freeText"),
        personal_limit=amount(found.get("personalLimit")),
        credit_limit=amount(found.get("creditLimit")).value,
        rating=letter(found.get("ratingCommon")),
        local_rating=text(found.get("ratingLocal")),
        status=parse_status(found.get("companyStatus"))["status"],
        last_event_at=moment(found.get("dateLastEvent")),
        added_at=moment(found.get("dateAdded")),
        extra=rest(found, *_COMPANY),
    )


def parse_risk_summary(body: object) -> RiskSummary:
    """Read the counts by band."""
    counts = {band: integer(dig(body, f"band{band}Count")) for band in "ABCDE"}
    percents = {band: number(dig(body, f"band{band}pc")) for band in "ABCDE"}
    return RiskSummary(
        total=integer(dig(body, "totalCompanies")),
        counts={band: count for band, count in counts.items() if count is not None},
        percents={band: percent for band, percent in percents.items() if percent is not None},
    )


def parse_sharing(body: object) -> Sharing:
    """Read who may do what; singular and plural keys have both been seen."""
    data = mapping(dig(body, "data"))
    users = rows(data.get("userPermission") or data.get("userPermissions"))
    given = {first(row, "csUserId"): first(row, "permission", "permissions") for row in users}
    return Sharing(portfolio_id=integer(data.get("portfolioId")), permissions=given)


def parse_outcome(body: object) -> Outcome:
    """Read the answer to a copy or a move, nested or flat."""
    data = mapping(dig(body, "data")) or mapping(body)
    return Outcome(
        total=integer(data.get("totalPortfoliosCompanies")),
        succeeded=integer(data.get("successfulPortfoliosCompanies")),
        failed=integer(data.get("failedPortfoliosCompanies")),
        reason=first(data, "reason"),
    )


def parse_rule(row: Json) -> EventRule:
    """Read one rule."""
    names = ("param0", "param1", "param2")
    return EventRule(
        code=integer(row.get("ruleCode")),
        country=first(row, "ruleCountryCode").upper(),
        is_active=bool(flag(row.get("isActive"))),
        name=first(row, "name"),
        type_name=first(row, "ruleTypeName"),
        params={name: text(row[name]) for name in names if row.get(name) is not None},
        extra=rest(row, "ruleCode", "ruleCountryCode", "isActive", "name", "ruleTypeName", *names),
    )


_EVENT = (
    *("notificationEventId", "eventId", "ruleCode", "globalEventCode", "ruleName", "company", "companyId"),
    *("portfolioId", "oldValue", "newValue", "summary", "localEventCode", "eventDate", "createdDate"),
)


def parse_event(row: Json) -> NotificationEvent:
    """Read an event in any of its three shapes; a minimal one has a company, ids, a date and a rule (2.8)."""
    company = mapping(row.get("company"))
    return NotificationEvent(
        notification_event_id=integer(row.get("notificationEventId")),
        event_id=integer(row.get("eventId")),
        rule_code=integer(row.get("ruleCode") or row.get("globalEventCode")),
        rule_name=first(row, "ruleName"),
        company_id=first(company, "id") or first(row, "companyId"),
        safe_number=first(company, "safeNumber"),
        company_name=first(company, "name"),
        country=first(company, "countryCode").upper(),
        portfolio_id=integer(company.get("portfolioId") or row.get("portfolioId")),
        portfolio_name=first(company, "portfolioName"),
        old_value=text(row.get("oldValue")),
        new_value=text(row.get("newValue")),
        summary=first(row, "summary"),
        local_event_code=first(row, "localEventCode"),
        occurred_at=moment(row.get("eventDate")),
        created_at=moment(row.get("createdDate")),
        extra=rest(row, *_EVENT),
    )

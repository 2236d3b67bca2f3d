"""Portfolios, watched companies, rules and events (API reference 2.8). Pages start at 0 here."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from companies.creditsafe.client.transport import Transport, segment
from companies.creditsafe.errors import Conflict
from companies.creditsafe.payloads.monitoring import (
    EventPage,
    EventRule,
    MonitoringUser,
    NotificationEvent,
    Outcome,
    Portfolio,
    PortfolioCompany,
    RiskSummary,
    Sharing,
    next_page,
    parse_event,
    parse_outcome,
    parse_portfolio,
    parse_portfolio_company,
    parse_portfolios,
    parse_risk_summary,
    parse_rule,
    parse_sharing,
    parse_user,
)
from companies.creditsafe.payloads.values import Json, first, integer, rows, texts

MAX_PAGE = 1000


class MonitoringCalls(Transport):
    """Everything under `/monitoring`."""

    def user_details(self) -> MonitoringUser:
        """Our monitoring user; see `is_auto_tracker`."""
        return parse_user(self._request("GET", "/monitoring/user/details").data)

    def portfolios(self, search: str | None = None, *, page_size: int = 100) -> list[Portfolio]:
        """All portfolios of ours, then those shared with us, each once."""
        params = {"searchQuery": search, "pageSize": page_size}
        pages = self._pages("/monitoring/portfolios", params=params, next_page=next_page)
        found = (portfolio for body in pages for portfolio in parse_portfolios(body))
        return list({(portfolio.portfolio_id, portfolio.name): portfolio for portfolio in found}.values())

    def create_portfolio(self, name: str, *, is_default: bool = False, **settings: Any) -> Portfolio:
        """Create one; it has no active rule, so it stays silent until rules are put (quirk 14).

        Settings: `emails`, `email_subject`, `email_language`, `frequency`. Raises Conflict when the name exists.
        """
        body = {"name": name, "isDefault": is_default, **_settings(settings)}
        return parse_portfolio(self._request("POST", "/monitoring/portfolios", json=body).object)

    def get_portfolio(self, portfolio_id: int) -> Portfolio:
        """One portfolio with its addressees."""
        return parse_portfolio(self._request("GET", _portfolio(portfolio_id)).object)

    def patch_portfolio(self, portfolio_id: int, *, name: str, is_default: bool | None = None, **settings: Any) -> None:
        """Change it; the server wants the name each time. `frequency` "1" switches its e-mails on."""
        body = {"name": name, **({} if is_default is None else {"isDefault": is_default}), **_settings(settings)}
        self._request("PATCH", _portfolio(portfolio_id), json=body)

    def delete_portfolio(self, portfolio_id: int) -> None:
        """Remove the portfolio and stop watching its companies."""
        self._request("DELETE", _portfolio(portfolio_id))

    def portfolio_countries(self, portfolio_id: int) -> tuple[str, ...]:
        """The countries of its companies."""
        return texts(self._request("GET", f"{_portfolio(portfolio_id)}/countries").array)

    def risk_summary(self, portfolio_id: int) -> RiskSummary:
        """How many companies have each letter."""
        return parse_risk_summary(self._request("GET", f"{_portfolio(portfolio_id)}/riskSummary").object)

    def sharing(self, portfolio_id: int) -> Sharing:
        """Who else may use the portfolio."""
        return parse_sharing(self._request("GET", f"{_portfolio(portfolio_id)}/sharingPermissions").object)

    def patch_sharing(self, portfolio_id: int, permissions: dict[int, str], *, revoke_all: bool = False) -> None:
        """Give users permissions such as "View,Add,Edit,Remove"."""
        users = [{"csUserId": user, "permissions": given} for user, given in permissions.items()]
        body = {"revokeAll": str(revoke_all).lower(), "userPermissions": users}
        self._request("PATCH", f"{_portfolio(portfolio_id)}/sharingPermissions", json=body)

    def portfolio_companies(
        self, portfolio_id: int, *, search: str | None = None, country: str | None = None, page_size: int = MAX_PAGE
    ) -> Iterator[PortfolioCompany]:
        """All companies of a portfolio, each once, page after page."""
        params = {"searchQuery": search, "countryCode": country, "pageSize": page_size}
        seen: set[str] = set()
        for body in self._pages(f"{_portfolio(portfolio_id)}/companies", params=params, next_page=next_page):
            for company in map(parse_portfolio_company, rows(body.get("data"))):
                if company.company_id not in seen:
                    seen.add(company.company_id)
                    yield company

    def add_company(
        self, portfolio_id: int, company_id: str, *, reference: str = "", free_text: str = "", personal_limit: str = ""
    ) -> bool:
        """Watch a company, by connectId or safe number: True when added, False when it was there (quirk 11)."""
        body = {"id": company_id, **_personal(reference, free_text, personal_limit)}
        try:
            self._request("POST", f"{_portfolio(portfolio_id)}/companies", json=body)
        except Conflict:
            return False
        return True

    def get_company(self, portfolio_id: int, company_id: str) -> PortfolioCompany:
        """One watched company. Raises NotFound when it isn't in the portfolio."""
        return parse_portfolio_company(self._request("GET", _watched(portfolio_id, company_id)).object)

    def patch_company(
        self, portfolio_id: int, company_id: str, *, reference: str = "", free_text: str = "", personal_limit: str = ""
    ) -> None:
        """Replace our three notes on a watched company. Raises NotFound when it isn't in the portfolio."""
        body = _personal(reference, free_text, personal_limit)
        self._request("PATCH", _watched(portfolio_id, company_id), json=body)

    def remove_company(self, portfolio_id: int, company_id: str) -> None:
        """Stop watching a company. Raises NotFound when it isn't in the portfolio."""
        self._request("DELETE", _watched(portfolio_id, company_id))

    def clear_companies(self, portfolio_id: int, company_ids: Iterable[str] = (), *, everything: bool = False) -> None:
        """Stop watching these companies, or all of them."""
        path = f"{_portfolio(portfolio_id)}/companies/clear"
        body = {"companies": [] if everything else list(company_ids)}
        self._request("PATCH", path, params={"clearAll": everything}, json=body)

    def copy_companies(
        self, portfolio_id: int, company_ids: Iterable[str], *, to: Iterable[int], everything: bool = False
    ) -> Outcome:
        """Also watch these companies in other portfolios."""
        path = f"{_portfolio(portfolio_id)}/companies/copy"
        answer = self._request("POST", path, params={"copyAll": everything}, json=_transfer(to, company_ids))
        return parse_outcome(answer.data)

    def move_companies(
        self, portfolio_id: int, company_ids: Iterable[str], *, to: Iterable[int], everything: bool = False
    ) -> Outcome:
        """Watch these companies in other portfolios and no more in this one; the path says "remove"."""
        path = f"{_portfolio(portfolio_id)}/companies/remove"
        answer = self._request("POST", path, params={"removeAll": everything}, json=_transfer(to, company_ids))
        return parse_outcome(answer.data)

    def import_csv(self, portfolio_id: int, csv: bytes, *, email: str | None = None) -> str:
        """Add the companies of a CSV file (under 50 KB). Done later by the server; returns what it says."""
        return self._upload(f"{_portfolio(portfolio_id)}/import", csv, email)

    def sync_csv(self, portfolio_id: int, csv: bytes, *, email: str | None = None) -> str:
        """Empty the portfolio, then add the companies of a CSV file. Done later; returns what the server says."""
        return self._upload(f"{_portfolio(portfolio_id)}/sync", csv, email)

    def event_rules(self, country: str | None = None, *, portfolio_id: int | None = None) -> list[EventRule]:
        """Rules of the account or of a portfolio, of all countries or one; "XX" holds those that are global."""
        path = f"{_base(portfolio_id)}/eventRules" + (f"/{segment(country)}" if country else "")
        return [parse_rule(row) for row in rows(self._request("GET", path).array)]

    def put_event_rules(self, portfolio_id: int, country: str, rules: Iterable[EventRule]) -> None:
        """Replace the rules of one country in a portfolio: send all of them, then read them again (2.8)."""
        path = f"{_portfolio(portfolio_id)}/eventRules/{segment(country)}"
        self._request("PUT", path, json=[rule.as_request() for rule in rules])

    def set_default_rules(self, portfolio_id: int) -> None:
        """Back to the default, which is all rules off."""
        self._request("PUT", f"{_portfolio(portfolio_id)}/eventRules/setDefault")

    def notification_events(
        self,
        start: date,
        end: date,
        *,
        portfolio_id: int | None = None,
        by_created: bool = True,
        page_size: int = MAX_PAGE,
    ) -> Iterator[NotificationEvent]:
        """Events of a window, each once; see `notification_event_pages`, which a cursor needs."""
        seen: set[int | None] = set()
        for page in self.notification_event_pages(
            start, end, portfolio_id=portfolio_id, by_created=by_created, page_size=page_size
        ):
            for event in page.events:
                number = event.notification_event_id
                if number not in seen:
                    yield event
                if number is not None:
                    seen.add(number)

    def notification_event_pages(
        self,
        start: date,
        end: date,
        *,
        portfolio_id: int | None = None,
        by_created: bool = True,
        page_size: int = MAX_PAGE,
    ) -> Iterator[EventPage]:
        """Events of all portfolios or one, page by page, oldest number first.

        `start` and `end` are days (from 00:00 UTC) or moments (UTC without a zone). `by_created` takes the day when the
        provider wrote the event, which is what polling needs, rather than when it happened. Raises UnexpectedAnswer
        when the server repeats a page.
        """
        window = {"startDate": wire_moment(start), "endDate": wire_moment(end), "filterByCreatedDate": by_created}
        # Numbers grow: an event that arrives while we turn pages lands on the last one, and shifts none.
        params = {**window, "sortBy": "eventId", "sortDir": "asc", "pageSize": page_size}
        return self._event_pages(f"{_base(portfolio_id)}/notificationEvents", params)

    def company_events(
        self,
        company_id: str,
        *,
        portfolio_id: int | None = None,
        start: date | None = None,
        end: date | None = None,
        page_size: int = MAX_PAGE,
    ) -> Iterator[NotificationEvent]:
        """Events of one watched company, in all portfolios or in one."""
        window = {"startDate": start and wire_moment(start), "endDate": end and wire_moment(end)}
        company = f"/monitoring/companies/{segment(company_id)}/events"
        path = company if portfolio_id is None else f"{_watched(portfolio_id, company_id)}/notificationEvents"
        for page in self._event_pages(path, {**window, "pageSize": page_size}):
            yield from page.events

    def events_by_day(self, start: date, end: date, *, portfolio_id: int | None = None) -> Any:
        """Counts of events by day, as sent (an older endpoint, whose answer isn't documented)."""
        params = {"startDate": wire_moment(start), "endDate": wire_moment(end)}
        return self._request("GET", f"{_base(portfolio_id)}/notificationEvents/dataByDay", params=params).data

    def _event_pages(self, path: str, params: dict[str, Any]) -> Iterator[EventPage]:
        for number, body in enumerate(self._pages(path, params=params, next_page=next_page)):
            events = tuple(map(parse_event, rows(body.get("data"))))
            yield EventPage(events=events, number=number, total=integer(body.get("totalCount")))

    def _upload(self, path: str, csv: bytes, email: str | None) -> str:
        files = {"importCsv": ("companies.csv", csv, "text/csv")}
        body = self._request("POST", path, files=files, data={"email": email} if email else None).data
        return first(body, "status", "message")


def wire_moment(value: date) -> str:
    """A day or a moment as the server reads it, in UTC with microseconds."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _portfolio(portfolio_id: int) -> str:
    return f"/monitoring/portfolios/{segment(portfolio_id)}"


def _base(portfolio_id: int | None) -> str:
    return "/monitoring" if portfolio_id is None else _portfolio(portfolio_id)


def _watched(portfolio_id: int, company_id: str) -> str:
    return f"{_portfolio(portfolio_id)}/companies/{segment(company_id)}"


def _personal(reference: str, free_text: str, personal_limit: str) -> dict[str, str]:
    """All three keys must be there, empty when unused (quirk 13)."""
    return {"personalReference": reference, "freeText": free_text, "personalLimit": personal_limit}


def _transfer(to: Iterable[int], company_ids: Iterable[str]) -> Json:
    return {"portfolios": list(to), "companies": [{"id": company_id} for company_id in company_ids]}


_SETTINGS = {
    "emails": "emails",
    "email_subject": "emailSubject",
    "email_language": "emailLanguage",
    "frequency": "frequency",
}


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {_SETTINGS[name]: value for name, value in settings.items() if value is not None}

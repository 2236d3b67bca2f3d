"""Access, companies, reports, people and images (API reference 2.1 to 2.6)."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from companies.creditsafe.client.transport import JSON, Answer, Transport, segment
from companies.creditsafe.errors import UnexpectedAnswer, correlation_id
from companies.creditsafe.payloads.access import Access, parse_access
from companies.creditsafe.payloads.search import (
    ImageHit,
    MatchHit,
    Page,
    PersonHit,
    SearchHit,
    SearchPage,
    parse_images,
    parse_match,
    parse_people,
    parse_search,
)
from companies.creditsafe.payloads.values import Json, first, moment, rows, texts

PDF = "application/pdf"
JSON_PDF = "application/json+pdf"
SEARCH = frozenset(
    (
        *("id", "safeNo", "regNo", "vatNo", "name", "tradeName", "acronym", "exact", "address", "street", "houseNo"),
        *("city", "postCode", "province", "officeType", "phoneNo", "status", "type", "website", "customData"),
        *("language", "callRef", "page", "pageSize"),
    )
)
MATCH = frozenset(
    (
        *("regNo", "vatNo", "name", "street", "houseNo", "city", "postCode", "province", "state", "phoneNo"),
        *("reference1", "reference2", "reference3", "callRef"),
    )
)
PEOPLE = frozenset(
    ("peopleId", "firstName", "lastName", "localDirectorNumber", "dateOfBirth", "callRef", "page", "pageSize")
)
REPORT = frozenset(("template", "includeIndicators", "customData", "callRef"))


@dataclass(frozen=True, kw_only=True)
class ReportAnswer:
    """An ordered report. `raw` is the body exactly as received, `data` its JSON: give it to `parse_report`."""

    raw: bytes = field(repr=False)
    data: Json = field(repr=False)
    ordered_at: datetime | None = None
    correlation_id: str = ""
    failed_sections: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PdfAnswer:
    """A printed report. `data` is the JSON report when the server sent both in one order, else None."""

    content: bytes = field(repr=False)
    data: Json | None = field(repr=False, default=None)


class CompanyCalls(Transport):
    """Everything about companies that isn't monitoring."""

    def access(self) -> Access:
        """What the subscription allows, with orders paid and used. Also a connection test (2.1)."""
        return parse_access(self._request("GET", "/access").object)

    def me(self) -> Json:
        """Our own user, as sent (2.1)."""
        return self._request("GET", "/access/users/me").object

    def active_users(self) -> Json:
        """The active users of the account, as sent: `items` and `totalSize` (2.1)."""
        return self._request("GET", "/access/users/active").object

    def search_criteria(self, countries: str | Iterable[str]) -> Json:
        """The criteria sets that a search in these countries may use, as sent (2.2)."""
        return self._request("GET", "/companies/searchcriteria", params={"countries": joined(countries)}).object

    def search(self, countries: str | Iterable[str], **criteria: Any) -> SearchPage:
        """One page of companies (2.3). `criteria` are the parameters of one criteria set, as `reg_no` or `regNo`.

        Pages start at 1; no hit is a page with `no_results`, not an error. Raises BadRequest, whose
        `criteria_not_allowed` tells a mix of sets; ValueError for `exact` with `reg_no`, which no country accepts.
        """
        params = wire_names(criteria, SEARCH)
        if params.get("exact") and params.get("regNo"):
            raise ValueError("exact cannot be combined with a registration number")
        answer = self._request("GET", "/companies", params={"countries": joined(countries), **params})
        return parse_search(answer.object)

    def search_named(self, country: str, criteria: Mapping[str, str], *, page: int, page_size: int) -> SearchPage:
        """One page of companies (2.3) with the criteria that `search_criteria` named for this country, as named.

        None is refused here: a country may have criteria that no list of ours knows.
        """
        params = {**criteria, "countries": country, "page": page, "pageSize": page_size}
        return parse_search(self._request("GET", "/companies", params=params).object)

    def iter_search(
        self, countries: str | Iterable[str], *, page_size: int = 100, **criteria: Any
    ) -> Iterator[SearchHit]:
        """All companies of a search, each once (quirk 16). Stops at the first page that brings nothing new."""
        seen: set[str] = set()
        page = 1
        while True:
            found = self.search(countries, page=page, page_size=page_size, **criteria)
            fresh = [hit for hit in found.items if hit.connect_id not in seen]
            yield from fresh
            seen.update(hit.connect_id for hit in fresh)
            if not fresh or len(seen) >= (found.total or 0):
                return
            page += 1

    def match(self, country: str, *, threshold: int = 898, **criteria: Any) -> Page[MatchHit]:
        """Companies that resemble the criteria; `threshold` 898 asks for the name, 899 for name and address (2.3)."""
        params = {"country": country, "matchThreshold": threshold, **wire_names(criteria, MATCH)}
        return parse_match(self._request("GET", "/companies/match", params=params).object)

    def report(self, connect_id: str, language: str = "fr", **options: Any) -> ReportAnswer:
        """Order a credit report: **each success is charged** (2.4). `connect_id` may be a safe number.

        Options: `template`, `include_indicators`, `custom_data` (`key::value`, required for Germany), `call_ref`.
        Raises ReportUnavailable, AccessDenied, NotFound; UnexpectedAnswer for a success without a report. An error
        whose `after_success` is true was charged too.
        """
        answer = self._request("GET", _company(connect_id), params=_report_params(language, options))
        return report_answer(answer)

    def report_pdf(self, connect_id: str, language: str = "fr", *, accept: str = PDF, **options: Any) -> PdfAnswer:
        """Order a report as PDF, charged like any (2.5). `accept` `application/json+pdf` asks for JSON and PDF in one.

        Whatever was asked, both forms of answer are understood (quirk 24).
        """
        answer = self._request("GET", _company(connect_id), params=_report_params(language, options), accept=accept)
        if answer.body.startswith(b"%PDF"):
            return PdfAnswer(content=answer.body)
        body = answer.object
        return PdfAnswer(content=binary(answer), data=body if body.get("report") else None)

    def report_custom_data(self, country: str) -> Json:
        """The `custom_data` that a country wants with an order, as sent (2.4)."""
        return self._request("GET", f"/reportcustomdata/{segment(country)}").object

    def schema(self, country: str, *, section: str = "CompanyReportResponse", template: str | None = None) -> Json:
        """The JSON schema of a country's report, as sent (2.4)."""
        params = {"section": section, "template": template}
        return self._request("GET", f"/companies/schema/{segment(country)}", params=params).object

    def people_criteria(self, countries: str | Iterable[str]) -> Json:
        """The criteria sets of a search of people, as sent (2.6)."""
        return self._request("GET", "/people/searchcriteria", params={"countries": joined(countries)}).object

    def people(self, countries: str | Iterable[str], **criteria: Any) -> Page[PersonHit]:
        """One page of directors, pages from 1 (2.6)."""
        params = {"countries": joined(countries), **wire_names(criteria, PEOPLE)}
        return parse_people(self._request("GET", "/people", params=params).object)

    def person_report(self, people_id: str, language: str = "fr", *, call_ref: str | None = None) -> ReportAnswer:
        """Order a director's report, charged (2.6). It holds personal data: keep no more than needed."""
        params = {"language": language, "callRef": call_ref}
        return report_answer(self._request("GET", f"/people/{segment(people_id)}", params=params))

    def image_types(self, countries: str | Iterable[str]) -> tuple[Json, ...]:
        """The kinds of filed documents, a country each, as sent (2.6)."""
        params = {"countries": joined(countries)}
        return tuple(rows(self._request("GET", "/images/companies/types", params=params).array))

    def images(self, connect_id: str, *, page: int = 1, page_size: int | None = None) -> Page[ImageHit]:
        """One page of a company's filed documents, pages from 1 (2.6)."""
        params = {"id": connect_id, "page": page, "pageSize": page_size}
        return parse_images(self._request("GET", "/images/companies", params=params).object)

    def image(self, image_id: str) -> bytes:
        """One filed document, charged; sent as bytes or as base64 in JSON (2.6)."""
        answer = self._request("GET", f"/images/{segment(image_id)}")
        return binary(answer) if answer.content_type.startswith(JSON) else answer.body


def report_answer(answer: Answer) -> ReportAnswer:
    """Check that a success holds a report; the order is charged either way."""
    body = answer.object
    report = body.get("report")
    if not isinstance(report, Mapping) or not report:
        raise UnexpectedAnswer("no report in the answer", status=answer.status, correlation_id=correlation_id(body))
    return ReportAnswer(
        raw=answer.body,
        data=body,
        ordered_at=moment(body.get("dateOfOrder")),
        correlation_id=correlation_id(body),
        failed_sections=texts(body.get("failedSections")),
    )


def binary(answer: Answer) -> bytes:
    """The base64 stream inside a JSON answer."""
    stream = first(answer.object, "pdfReportStream", "imageStream", "stream", "content")
    try:
        content = base64.b64decode(stream, validate=True)
    except binascii.Error as exc:
        raise UnexpectedAnswer("the document is not base64", status=answer.status) from exc
    if not content:
        raise UnexpectedAnswer("no document in the answer", status=answer.status)
    return content


def joined(countries: str | Iterable[str]) -> str:
    """Country codes as the server wants them, "FR,GB"."""
    return countries if isinstance(countries, str) else ",".join(countries)


def wire_names(criteria: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """`reg_no` and `regNo` as `regNo`. Raises TypeError for a parameter that the endpoint doesn't have."""
    named = {_camel(name): value for name, value in criteria.items()}
    if unknown := named.keys() - known:
        raise TypeError(f"unknown search parameter: {', '.join(sorted(unknown))}")
    return named


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _company(connect_id: str) -> str:
    return f"/companies/{segment(connect_id)}"


def _report_params(language: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return {"language": language, **wire_names(options, REPORT)}

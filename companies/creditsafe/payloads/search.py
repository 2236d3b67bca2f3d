"""Companies, people and images found by a search (API reference 2.2, 2.3 and 2.6)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from companies.creditsafe.payloads.address import Address, parse_address
from companies.creditsafe.payloads.identity import parse_status, siren_of, siret_of
from companies.creditsafe.payloads.values import Json, day, dig, first, integer, mapping, moment, rest, rows, texts

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    """One page of a search; `total` counts the hits of all pages, None when the server doesn't say."""

    items: tuple[Item, ...] = ()
    total: int | None = None
    codes: tuple[str, ...] = ()
    correlation_id: str = ""

    @property
    def no_results(self) -> bool:
        return "NoResults" in self.codes or (not self.items and not self.total)

    @property
    def too_many(self) -> bool:
        """The server found more than it shows: narrow the search."""
        return "TooManyResults" in self.codes


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """A company found. `registration_number` may be empty, and is a SIRET for a French establishment (quirk 17)."""

    connect_id: str = ""
    name: str = ""
    country: str = ""
    registration_number: str = ""
    safe_number: str = ""
    vat_numbers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    trading_names: tuple[str, ...] = ()
    address: Address = field(default_factory=Address)
    status: str = "unknown"
    status_description: str = ""
    type: str = ""
    office_type: str = ""
    activity_code: str = ""
    latest_accounts_on: dt.date | None = None
    changed_at: dt.datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def siren(self) -> str:
        """The SIREN of a French company, also of an establishment; empty elsewhere."""
        return siren_of(self.registration_number) if self.country == "FR" else ""

    @property
    def siret(self) -> str:
        return siret_of(self.registration_number) if self.country == "FR" else ""

    @property
    def is_head_office(self) -> bool:
        return self.office_type.casefold() == "headoffice"


SearchPage = Page[SearchHit]


@dataclass(frozen=True, kw_only=True)
class MatchHit:
    """A company proposed by the matching service; `confidence` is 898, 899 or a grade of 900 to 999."""

    confidence: int | None
    hit: SearchHit
    explanation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PersonHit:
    """A director found. Birth dates and tax codes are dropped on purpose."""

    people_id: str = ""
    name: str = ""
    country: str = ""
    status: str = ""
    company_name: str = ""
    company_id: str = ""
    safe_number: str = ""


@dataclass(frozen=True, kw_only=True)
class ImageHit:
    """A filed document that can be fetched."""

    image_id: str = ""
    company_id: str = ""
    type: str = ""
    description: str = ""
    format: str = ""
    filed_on: dt.date | None = None
    accounts_on: dt.date | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


_READ = (
    *("id", "name", "country", "regNo", "registrationNumber", "safeNo", "safeNumber", "vatNo", "phoneNumbers"),
    *("phoneNumber", "tradingNames", "address", "status", "statusDescription", "type", "officeType", "activityCode"),
    *("dateOfLatestAccounts", "dateOfLatestChange"),
)


def parse_hit(row: Json) -> SearchHit:
    """Read one company as search or match give it."""
    return SearchHit(
        connect_id=first(row, "id"),
        name=first(row, "name"),
        country=first(row, "country").upper() or first(row, "id")[:2].upper(),
        registration_number=first(row, "regNo", "registrationNumber"),
        safe_number=first(row, "safeNo", "safeNumber"),
        vat_numbers=texts(row.get("vatNo")),
        phones=texts(row.get("phoneNumbers") or row.get("phoneNumber")),
        trading_names=texts(row.get("tradingNames")),
        address=parse_address(row.get("address")),
        status=parse_status(row.get("status"))["status"],
        status_description=first(row, "statusDescription"),
        type=first(row, "type"),
        office_type=first(row, "officeType"),
        activity_code=first(row, "activityCode") or first(row.get("activity"), "code"),
        latest_accounts_on=day(row.get("dateOfLatestAccounts")),
        changed_at=moment(row.get("dateOfLatestChange")),
        extra=rest(row, *_READ),
    )


def parse_search(body: object) -> SearchPage:
    """Read `/companies`; a company met twice on the page is given once (quirk 16)."""
    hits: dict[str | int, SearchHit] = {}
    for place, hit in enumerate(map(parse_hit, rows(dig(body, "companies")))):
        hits.setdefault(hit.connect_id or place, hit)
    return Page(items=tuple(hits.values()), **page_facts(body, "totalSize"))


def parse_match(body: object) -> Page[MatchHit]:
    """Read `/companies/match`."""
    found = (
        MatchHit(
            confidence=integer(row.get("matchScoreConfidence")),
            hit=parse_hit(row),
            explanation=mapping(row.get("matchScoreExplainPlan")),
        )
        for row in rows(dig(body, "matchedCompanies"))
    )
    return Page(items=tuple(found), **page_facts(body, "totalMatches"))


def parse_people(body: object) -> Page[PersonHit]:
    """Read `/people`, in the shape of the contract and in the richer one seen for the US."""
    return Page(items=tuple(map(_person, rows(dig(body, "directors")))), **page_facts(body, "totalSize"))


def parse_images(body: object) -> Page[ImageHit]:
    """Read `/images/companies`."""
    return Page(items=tuple(map(_image, rows(dig(body, "data")))), **page_facts(body, "totalSize"))


def page_facts(body: object, total: str) -> dict[str, Any]:
    """Total, message codes and correlation id of a search answer."""
    return {
        "total": integer(dig(body, total)),
        "codes": tuple(first(row, "code") for row in rows(dig(body, "messages"))),
        "correlation_id": first(body, "correlationId"),
    }


def _person(row: Json) -> PersonHit:
    company = mapping(row.get("company"))
    return PersonHit(
        people_id=first(row, "peopleId"),
        name=" ".join(filter(None, (first(row, "firstName"), first(row, "lastName")))),
        country=first(row, "country").upper(),
        status=first(row, "status"),
        company_name=first(row, "companyName") or first(company, "companyName"),
        company_id=first(company, "id"),
        safe_number=first(company, "safeNumber"),
    )


def _image(row: Json) -> ImageHit:
    document = mapping(row.get("document"))
    return ImageHit(
        image_id=first(row, "imageId"),
        company_id=first(row.get("company"), "id"),
        type=first(document, "imageType", "imageCode"),
        description=first(document, "description"),
        format=first(row, "format"),
        filed_on=day(row.get("filingDate")),
        accounts_on=day(row.get("accountingDate")),
        extra=rest(row, "imageId", "company", "document", "format", "filingDate", "accountingDate"),
    )

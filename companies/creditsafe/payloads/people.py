"""Who directs, owns and surrounds the company. Birth dates and places are never kept: nobody here needs them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from companies.creditsafe.payloads.address import Address, parse_address
from companies.creditsafe.payloads.rating import iso_currency, letter
from companies.creditsafe.payloads.values import (
    Json,
    amount,
    day,
    dig,
    first,
    integer,
    mapping,
    number,
    rows,
    text,
    unique,
)


@dataclass(frozen=True, kw_only=True)
class Director:
    """A director; `position` joins all positions. `kind` is person, company or other as sent, lower case."""

    name: str = ""
    position: str = ""
    kind: str = ""
    director_id: str = ""
    appointed_on: dt.date | None = None
    resigned_on: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Shareholder:
    name: str = ""
    kind: str = ""
    connect_id: str = ""
    percent: Decimal | None = None
    shares: int | None = None


@dataclass(frozen=True, kw_only=True)
class ShareCapital:
    """Issued capital, else nominal; FR gives no currency."""

    value: Decimal | None = None
    currency: str = ""
    shares: int | None = None


@dataclass(frozen=True, kw_only=True)
class GroupMember:
    """A company of the group; `level` is its depth in the tree (0 on top), `percent` what is owned of it (0-100)."""

    name: str = ""
    country: str = ""
    connect_id: str = ""
    registration_number: str = ""
    safe_number: str = ""
    status: str = ""
    level: int | None = None
    percent: Decimal | None = None
    rating: str | None = None
    accounts_on: dt.date | None = None
    address: Address | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """The group around the company; `tree` lists it in pre-order, each with its level."""

    ultimate_parent: GroupMember | None = None
    immediate_parent: GroupMember | None = None
    subsidiaries: tuple[GroupMember, ...] = ()
    affiliates: tuple[GroupMember, ...] = ()
    tree: tuple[GroupMember, ...] = ()


def parse_directors(report: Json, which: str) -> tuple[Director, ...]:
    """Read `currentDirectors` or `previousDirectors`; FR repeats people, exact repetitions are dropped."""
    return unique(_director(row) for row in rows(dig(report, "directors", which)) if _person_name(row))


def parse_shareholders(report: Json) -> tuple[Shareholder, ...]:
    """Read `shareCapitalStructure.shareHolders`."""
    found = mapping(report.get("shareCapitalStructure"))
    return unique(_shareholder(row) for row in rows(found.get("shareHolders")) if _person_name(row))


def parse_share_capital(report: Json) -> ShareCapital:
    """Read the capital; the French report has only a nominal value, without its currency."""
    found = mapping(report.get("shareCapitalStructure"))
    sums = [mapping(found.get(name)) for name in ("issuedShareCapital", "nominalShareCapital")]
    told = next((item for item in sums if amount(item.get("value")).value is not None), {})
    return ShareCapital(
        value=amount(told.get("value")).value,
        currency=iso_currency(told.get("currency") or found.get("shareCapitalCurrency")),
        shares=integer(found.get("numberOfSharesIssued")),
    )


def parse_group(report: Json) -> Group:
    """Read `groupStructure` and `extendedGroupStructure`."""
    found = mapping(report.get("groupStructure"))
    return Group(
        ultimate_parent=next(iter(_members(found.get("ultimateParent"))), None),
        immediate_parent=next(iter(_members(found.get("immediateParent"))), None),
        subsidiaries=_members(found.get("subsidiaryCompanies")),
        affiliates=_members(found.get("affiliatedCompanies")),
        tree=_members(report.get("extendedGroupStructure")),
    )


def _person_name(row: Json) -> str:
    return first(row, "name") or " ".join(filter(None, (first(row, "firstName"), first(row, "surname", "lastName"))))


def _director(row: Json) -> Director:
    positions = rows(row.get("positions"))
    started = sorted(filter(None, (day(item.get("dateAppointed")) for item in positions)))
    return Director(
        name=_person_name(row),
        position=", ".join(unique(filter(None, (first(item, "positionName") for item in positions)))),
        kind=first(row, "directorType").lower(),
        director_id=text(row.get("id")),
        appointed_on=started[0] if started else None,
        resigned_on=day(row.get("resignationDate")),
    )


def _shareholder(row: Json) -> Shareholder:
    return Shareholder(
        name=_person_name(row),
        kind=first(row, "shareholderType").lower(),
        connect_id=text(row.get("id")),
        percent=number(row.get("percentSharesHeld")),
        shares=integer(row.get("totalNumberOfSharesOwned")),
    )


def _members(value: object) -> tuple[GroupMember, ...]:
    return tuple(_member(row) for row in rows(value) if first(row, "name", "companyName", "id"))


def _member(row: Json) -> GroupMember:
    return GroupMember(
        name=first(row, "name", "companyName"),
        country=first(row, "country").upper()[:2],
        connect_id=first(row, "id"),
        registration_number=first(row, "registrationNumber", "registeredNumber", "regNo", "companyRegistrationNumber"),
        safe_number=first(row, "safeNumber", "safeNo", "companyNumber"),
        status=first(row, "status"),
        level=integer(row.get("level")),
        percent=number(row.get("percentOfOwnership")),
        rating=letter(row.get("commonRatingBand")),
        accounts_on=day(row.get("latestAnnualAccounts")),
        address=parse_address(row["address"]) if row.get("address") else None,
    )

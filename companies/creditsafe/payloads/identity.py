"""Who the company is, according to its report (API reference 3.2 and 3.4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from companies.creditsafe.payloads.address import Address, parse_address
from companies.creditsafe.payloads.values import Json, day, dig, first, mapping, rows, text, texts

STATUSES = {
    "active": "active",
    "nonactive": "non_active",
    "non_active": "non_active",
    "pending": "pending",
    "other": "other",
    "1": "active",  # monitoring sends numbers; only this one has been seen
}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Name, numbers, legal form, address and life of the company. An unknown text is empty, an unknown date None.

    `name` is the registered name, `trade_name` the sign when it differs (FR). In France `registration_number` is the
    SIREN (9 digits) and `siret` the establishment (14); elsewhere it is the local number and `siret` is empty.
    """

    name: str = ""
    trade_name: str = ""
    country: str = ""
    registration_number: str = ""
    siret: str = ""
    vat_number: str = ""
    safe_number: str = ""
    connect_id: str = ""
    legal_form: str = ""
    legal_form_code: str = ""
    activity_code: str = ""
    activity_description: str = ""
    incorporated_on: date | None = None
    court: str = ""
    phone: str = ""
    website: str = ""
    employees: str = ""
    address: Address = field(default_factory=Address)
    previous_names: tuple[str, ...] = ()
    status: str = "unknown"
    status_description: str = ""


def parse_identity(report: Json, *, connect_id: str = "") -> Identity:
    """Read the identity from the bare `report`; `connect_id` is the one of the envelope."""
    basic = mapping(dig(report, "companyIdentification", "basicInformation"))
    summary = mapping(report.get("companySummary"))
    country = (first(basic, "country") or first(summary, "country")).upper()[:2]
    connect_id = connect_id or text(report.get("companyId"))
    return Identity(
        country=country or _country_of(connect_id),
        connect_id=connect_id,
        safe_number=first(summary, "companyNumber", "safeNumber", "safeNo"),
        vat_number=first(basic, "vatRegistrationNumber"),
        incorporated_on=_incorporated_on(report, basic),
        previous_names=texts(
            [item.get("name") for item in rows(dig(report, "companyIdentification", "previousNames"))]
        ),
        employees=_employees(report),
        **_names(basic, summary),
        **_numbers(report, basic, summary, country=country or _country_of(connect_id), connect_id=connect_id),
        **_forms(report, basic, summary),
        **_contact(report, basic),
        **parse_status(basic.get("companyStatus") or summary.get("companyStatus")),
    )


def parse_status(value: object) -> dict[str, Any]:
    """`status` in our words and `status_description` in theirs, from an object, a word or a number (1.8)."""
    word = first(value, "status") if isinstance(value, Mapping) else text(value)
    return {
        "status": STATUSES.get(word.casefold(), "unknown"),
        "status_description": first(value, "description", "providerStatus"),
    }


def siren_of(number: str) -> str:
    """The 9 digits of a SIREN or of the SIRET that holds it, else an empty text (quirk 17)."""
    digits = re.sub(r"[\s.]", "", number)
    return digits[:9] if re.fullmatch(r"\d{9}(\d{5})?", digits, re.ASCII) else ""


def siret_of(number: str) -> str:
    """The 14 digits of a SIRET, else an empty text."""
    digits = re.sub(r"[\s.]", "", number)
    return digits if re.fullmatch(r"\d{14}", digits, re.ASCII) else ""


def local_part(connect_id: str) -> str:
    """What follows the last dash of a connectId, "49481445200012" in "FR-X-49481445200012" (1.7)."""
    return connect_id.rpartition("-")[2]


def _country_of(connect_id: str) -> str:
    return connect_id[:2].upper() if re.match(r"[A-Za-z]{2}\d{0,3}-", connect_id) else ""


def _names(basic: Json, summary: Json) -> dict[str, Any]:
    sign = first(basic, "businessName") or first(summary, "businessName")
    name = first(basic, "registeredCompanyName") or sign
    return {"name": name, "trade_name": sign if sign.casefold() != name.casefold() else ""}


def _numbers(report: Json, basic: Json, summary: Json, *, country: str, connect_id: str) -> dict[str, Any]:
    local = first(basic, "companyRegistrationNumber", "registrationNumber", "regNo")
    local = local or first(summary, "companyRegistrationNumber")
    if country != "FR":
        return {"registration_number": local, "siret": ""}
    register = text(dig(report, "additionalInformation", "misc", "courtRegistryNumber"))
    places = [local, register, local_part(connect_id)]
    siren = next(filter(None, map(siren_of, places)), local)
    siret = next((found for found in map(siret_of, places) if found.startswith(siren)), "")
    return {"registration_number": siren, "siret": siret}


def _forms(report: Json, basic: Json, summary: Json) -> dict[str, Any]:
    activity = basic.get("principalActivity") or summary.get("mainActivity")
    misc = dig(report, "additionalInformation", "misc")
    return {
        "legal_form": first(basic.get("legalForm"), "description") or text(basic.get("legalForm")),
        "legal_form_code": first(basic.get("legalForm"), "providerCode", "commonCode"),
        "activity_code": first(activity, "code"),
        "activity_description": first(activity, "description", "industrySector"),
        "court": first(basic, "commercialCourt") or first(misc, "registrationCourt"),
    }


def _contact(report: Json, basic: Json) -> dict[str, Any]:
    contact = mapping(report.get("contactInformation"))
    main, other = mapping(contact.get("mainAddress")), mapping(basic.get("contactAddress"))
    return {
        "address": parse_address(main or other),
        "phone": first(main, "telephone") or first(other, "telephone"),
        "website": next(iter(texts(contact.get("websites"))), ""),
    }


def _incorporated_on(report: Json, basic: Json) -> date | None:
    formed = dig(report, "additionalInformation", "misc", "summaryFormationDate")
    dates = (day(basic.get("companyRegistrationDate")), day(basic.get("operationsStartDate")), day(formed))
    return next(filter(None, dates), None)


def _employees(report: Json) -> str:
    """The latest headcount as the text it is: "3", "1-5" or "1 or 2 employees" (quirk 19)."""
    counted = [row for row in rows(dig(report, "otherInformation", "employeesInformation")) if _headcount(row)]
    dated = [row for row in counted if text(row.get("year")).isdecimal()]
    if dated:
        return _headcount(max(dated, key=lambda row: int(text(row["year"]))))
    misc = dig(report, "additionalInformation", "misc")
    return next(map(_headcount, counted), "") or first(misc, "numberOfEmployeesAtCompany", "workforceAccount")


def _headcount(row: Json) -> str:
    return text(row.get("numberOfEmployees"))

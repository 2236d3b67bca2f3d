"""The credit report: the sections that all countries share (API reference 3.1 to 3.3)."""

from datetime import timedelta
from typing import Any

from companies.creditsafe.sandbox import accounts, bureau, ratings, report_abroad, report_fr, wire
from companies.creditsafe.sandbox.directory import Address, Company, Directory
from companies.creditsafe.sandbox.wire import Json, midnight

_STATUS_EN = {True: "Active", False: "Closed"}
_STATUS_FR = {True: "En activité", False: "Fermée"}


def _status(company: Company, language: str) -> Json:
    words = _STATUS_FR if language == "fr" else _STATUS_EN
    description = words[company.active]
    if company.country == "GB" and company.active:
        description = "Active - Accounts Filed"
    return {"status": "Active" if company.active else "NonActive", "description": description}


def _activity(company: Company, language: str) -> Json:
    code = company.trade.code if company.country == "FR" else company.trade.code[:4]
    text = company.trade.french if language == "fr" else company.trade.english
    row = {"code": code, "description": text, "classification": company.classification}
    if company.index % 4:
        row["industrySector"] = company.trade.sector
    return row


def postal(address: Address, *, number_twice: bool = False) -> Json:
    """A report address. In France `contactAddress.street` repeats the house number (API reference 3.2)."""
    street = f"{address.number} {address.street}" if number_twice else address.street
    row = {"simpleValue": address.line, "street": street, "city": address.city, "postalCode": address.postcode}
    if number_twice or "bis" not in address.number:
        row["houseNumber"] = address.number
    return row | {"province": address.province}


def _summary(company: Company, language: str, years: list[accounts.Year]) -> Json:
    row: Json = {
        "businessName": company.registered_name,
        "country": company.country,
        "companyNumber": company.safe_number,
        "companyRegistrationNumber": company.office,
        "mainActivity": _activity(company, language),
        "companyStatus": _status(company, language),
    }
    if years:
        worth = {} if company.country == "SE" else {"currency": company.currency}
        row["latestTurnoverFigure"] = worth | {"value": years[0].turnover}
        row["latestShareholdersEquityFigure"] = worth | {"value": years[0].balance["totalShareholdersEquity"]}
    if company.standing.oddity != "no-credit-score" or company.standing.changes:
        row["creditRating"] = ratings.rating(company, company.history()[-1], language)
    return row


def _identification(company: Company, language: str) -> Json:
    form = company.form.french if language == "fr" else company.form.english
    basic: Json = {
        "businessName": company.name.split(" ")[-1].upper() if company.index % 6 == 0 else company.registered_name,
        "registeredCompanyName": company.registered_name,
        "companyRegistrationNumber": company.office,
        "country": company.country,
        "companyRegistrationDate": midnight(company.created),
        "legalForm": {"description": form} | ({"providerCode": company.form.code} if company.form.code else {}),
        "companyStatus": _status(company, language),
        "principalActivity": _activity(company, language),
        "contactAddress": postal(company.address, number_twice=True) | {"telephone": company.phone},
    }
    if company.vat:
        basic["vatRegistrationNumber"] = company.vat
    if company.country == "FR":
        basic["commercialCourt"] = f"RCS {company.address.city}"
        basic["operationsStartDate"] = midnight(company.created + timedelta(days=company.index % 60))
    activity = _activity(company, language)
    listed = {"code": activity["code"], "description": activity["description"]}
    section: Json = {
        "basicInformation": basic,
        "activityClassifications": [{"classification": company.classification, "activities": [listed]}],
    }
    if company.former_names:
        section["previousNames"] = [{"dateChanged": midnight(day), "name": name} for day, name in company.former_names]
    return section


def _contact(company: Company) -> Json:
    section: Json = {"mainAddress": postal(company.address) | {"country": company.country, "telephone": company.phone}}
    if company.branches:
        section["otherAddresses"] = [postal(branch.address) for branch in company.branches]
    if company.former_addresses:
        section["previousAddresses"] = [postal(address) for address in company.former_addresses]
    if company.index % 3 == 0:
        site = "".join(letter for letter in company.name.lower() if letter.isascii() and letter.isalnum())
        section |= {"websites": [f"www.{site}.example"], "emailAddresses": []}
    return section


def _shares(company: Company, years: list[accounts.Year]) -> Json:
    capital: Json = {"value": years[0].balance["calledUpShareCapital"] if years else 10_000}
    if company.country == "FR":
        return {"nominalShareCapital": capital}
    money = {"currency": company.currency}
    return {
        "nominalShareCapital": money | capital,
        "issuedShareCapital": money | capital,
        "shareCapitalCurrency": company.currency,
    }


def _director(company: Company, place: int, name: str) -> Json:
    title, _, rest = name.partition(" ")
    gender = "Female" if title == "MME" else "Male"
    if company.country == "FR":
        position = "Président" if company.form.short in {"SAS", "SASU", "SA"} else "Gérant"
        named = position if place == 0 else "Directeur Général"
        return {"name": name, "gender": gender, "directorType": "Person", "positions": [{"positionName": named}]}
    post = {"dateAppointed": midnight(company.created), "positionName": "Director"}
    return {
        "id": str(900_000_000 + company.index * 10 + place),
        "name": rest.title(),
        "gender": "Unknown",
        "directorType": "Other",
        "positions": [post] if place < 3 else [],
    }


def _directors(company: Company) -> Json:
    section: Json = {
        "currentDirectors": [_director(company, place, name) for place, name in enumerate(company.directors)]
    }
    former = list(company.former_directors)
    if company.country == "FR" and company.index % 4 == 0:
        # The same person comes back under two spellings in French reports (API reference 3.2).
        former += [f"M {company.directors[0].split(' ')[1]} J", f"M {company.directors[0].split(' ')[1]} JEAN"]
    if former:
        section["previousDirectors"] = [_director(company, place, name) for place, name in enumerate(former)]
    return section


def _other(company: Company, years: list[accounts.Year]) -> Json:
    rows = [{"year": year.end.year, "numberOfEmployees": str(year.staff)} for year in years]
    return {"employeesInformation": rows or [{"numberOfEmployees": "1 or 2 employees"}]}


def _member(company: Company) -> Json:
    row = {"id": company.connect_id, "country": company.country, "name": company.registered_name}
    if company.index % 4 == 3:
        row.pop("id")
    return row | {
        "registrationNumber": company.office,
        "safeNumber": company.safe_number,
        "status": "Active" if company.active else "NonActive",
        "type": "NotSet",
    }


def _group(company: Company, group: list[Company]) -> Json:
    """Both pictures of a group: the relatives of this company, and the tree in pre-order with its levels."""
    parent = group[0]
    near: Json = {"ultimateParent": _member(parent)} if company is not parent else {}
    if company is not parent:
        near["immediateParent"] = _member(parent)
        near["affiliatedCompanies"] = [_member(other) for other in group[1:] if other is not company]
    else:
        near["subsidiaryCompanies"] = [_member(other) for other in group[1:]]
    tree = [
        {
            "id": member.connect_id,
            "country": member.country,
            "safeNumber": member.safe_number,
            "companyName": member.registered_name,
            "registeredNumber": member.office,
            "level": 0 if member is parent else 1 + (place > 3),
            "status": "Active" if member.active else "NonActive",
            "commonRatingBand": bureau.band(member.standing.score),
        }
        for place, member in enumerate(group)
    ]
    for row in tree[1:]:
        row["percentOfOwnership"] = 51 + parent.index % 50
    return {"groupStructure": near, "extendedGroupStructure": tree}


def _indicators(company: Company) -> list[Json]:
    average = {"sectorCode": company.trade.code[:2], "sectorAverage": "52", "sectorCount": 1840, "totalAverage": "50"}
    return [
        {
            "type": name,
            "value": str((company.index * 7 + place) % 9 + 1),
            "changeDate": midnight(company.history()[-1].day),
            "industryComparison": average | {"totalCount": 41_200},
        }
        for place, name in enumerate(("eti", "pei", "fsi", "pbi"))
    ]


def spoken(language: str) -> str:
    """The language of the texts: French when it is asked for, else English."""
    return "fr" if language.lower() == "fr" else "en"


def failed(company: Company) -> list[str]:
    """The sections that the provider could not produce this time."""
    return ["PaymentData", "NegativeInformation"] if company.standing.oddity == "failed-sections" else []


def sections(company: Company, directory: Directory, language: str, *, indicators: bool = False) -> Json:
    """The `report` object in French or English: what has no data, or failed, is left out."""
    years = accounts.years(company)
    report: Json = {
        "companyId": company.connect_id,
        "language": language.upper(),
        "companySummary": _summary(company, language, years),
        "companyIdentification": _identification(company, language),
    }
    score = ratings.credit_score(company, language)
    if score:
        report["creditScore"] = score
    report["contactInformation"] = _contact(company)
    if company.country != "US":  # American reports have a few sections only (API reference 3.1)
        report["shareCapitalStructure"] = _shares(company, years)
    report |= {"directors": _directors(company), "otherInformation": _other(company, years)}
    group = directory.group_of(company) if company.country != "US" else []
    if len(group) > 1:
        report |= _group(company, group)
    if years:
        report["financialStatements"] = [accounts.standardised(company, year) for year in years]
    local = report_fr if company.country == "FR" else report_abroad
    report |= local.sections(company, years, language)
    if indicators:
        report["indicators"] = _indicators(company)
    missing = {name[0].lower() + name[1:] for name in failed(company)}
    return {name: part for name, part in report.items() if name not in missing}


def envelope(company: Company, language: str) -> Json:
    """What an order of now has around its `report`."""
    head: Json = {
        "correlationId": wire.correlation(),
        "companyId": company.connect_id,
        "dateOfOrder": wire.ordered_at(wire.now()),
        "language": language,
        "userId": "101577",
    }
    return head | ({"failedSections": failed(company)} if failed(company) else {})


def answer(company: Company, directory: Directory, language: str, *, indicators: bool = False) -> dict[str, Any]:
    """The whole 200 body of a report order, as of now."""
    report = sections(company, directory, spoken(language), indicators=indicators)
    return envelope(company, language) | {"report": report}

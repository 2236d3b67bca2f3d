"""People and the documents that companies filed (API reference 2.6)."""

import base64
import hashlib
import re

from companies.creditsafe.sandbox import accounts, pdf, ratings, wire
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.search import check_access, countries
from companies.creditsafe.sandbox.wire import Call, Json, Reply, Route, bad_request, not_found, ok, route, traced
from companies.creditsafe.sandbox.world import World

_PEOPLE = "page pageSize countries peopleId firstName lastName localDirectorNumber dateOfBirth callRef"
_LIMIT = {"required": False, "minLength": 1, "maxLength": 100}
_FILINGS = (("Accounts", "Annual accounts"), ("Statutes", "Articles of association"))


def _people_id(company: Company, place: int) -> str:
    return f"{company.country}-P{company.index:06d}{place}"


def _names(company: Company, place: int) -> tuple[str, str]:
    """Surname and given names of a director."""
    _, surname, given = (company.directors[place] + "  ").split(" ", 2)
    return surname, given.strip()


def _person(company: Company, place: int) -> Json:
    surname, given = _names(company, place)
    row: Json = {"peopleId": _people_id(company, place), "firstName": given, "lastName": surname}
    if company.country == "US":  # richer there, and under other keys
        firm = {"companyName": company.registered_name, "safeNumber": company.safe_number, "type": "Corporation"}
        return row | {
            "title": "", "country": "US", "company": firm, "address": {"simpleValue": ""}, "source": "", "taxCode": "",
        }  # fmt: skip
    return row | {
        "company": {"id": company.connect_id},
        "companyName": company.registered_name,
        "companyRegistrationNumber": company.office,
        "status": "Active",
    }


def people_criteria(world: World, call: Call) -> Reply:
    """`GET /people/searchcriteria`: the sets of each country."""
    del world
    named = {name: dict(_LIMIT) for name in ("firstName", "lastName", "companyName", "companyRegistrationNumber")}
    sets = [{"id": {"required": True}}, named | {"address": {"city": dict(_LIMIT)}}]
    return ok({"countriesCriteria": [{"country": code, "schemas": sets} for code in countries(call)]})


def people(world: World, call: Call) -> Reply:
    """`GET /people`: by peopleId, or by last and first name; pages count from 1."""
    asked, wanted = countries(call), call.text("peopleId")
    last, first = call.text("lastName").upper(), call.text("firstName").upper()
    if not wanted and not last:
        raise bad_request("Specified criteria combination is not allowed")
    number, size = call.whole("page", 1, least=1), call.whole("pageSize", 10, least=1, most=200)
    everybody = (
        (company, place)
        for company in world.directory.companies
        if company.country in asked
        for place in range(len(company.directors))
    )
    hits = [pair for pair in everybody if _fits(*pair, wanted=wanted, last=last, first=first)]
    body: Json = {
        "totalSize": len(hits),
        "directors": [_person(*pair) for pair in hits[(number - 1) * size : number * size]],
    }
    if not hits:
        text = "No directors matching specified search criteria found."
        body["messages"] = [{"type": "Information", "code": "NoResults", "text": text}]
    return traced(**body)


def _fits(company: Company, place: int, *, wanted: str, last: str, first: str) -> bool:
    if wanted:
        return _people_id(company, place) == wanted
    surname, given = _names(company, place)
    return surname.upper() == last and first in given.upper()


def _found(world: World, people_id: str) -> tuple[Company, int]:
    """The company and the place in its board that an id names, or a 404."""
    index, known = people_id[4:10], world.directory.companies
    if index.isdecimal() and int(index) < len(known):
        company = known[int(index)]
        for place in range(len(company.directors)):
            if _people_id(company, place) == people_id:
                return company, place
    raise not_found("Resource not found")


def _directorship(company: Company) -> Json:
    """One company that a person directs, with how it stands."""
    years = accounts.years(company)
    row: Json = {
        "id": company.connect_id,
        "idType": "ExternalID",
        "companyName": company.registered_name,
        "companyNumber": company.safe_number,
        "companyRegistrationNumber": company.office,
        "status": "Active" if company.active else "NonActive",
        "legalForm": {"description": company.form.english},
        "position": {"positionName": "Director"},
        "creditScore": ratings.credit_score(company, "en") or {},
    }
    if years:
        worth = years[0].balance["totalShareholdersEquity"] - years[0].balance["totalIntangibleAssets"]
        row["latestTurnoverFigure"] = {"currency": company.currency, "value": years[0].turnover}
        row["netWorth"] = {"currency": company.currency, "value": worth}
    return row


def person(world: World, call: Call) -> Reply:
    """`GET /people/{id}`: the report on a director; each 200 is billed."""
    company, place = _found(world, call.names["person"])
    check_access(world, company.country)
    world.people_orders[company.country] += 1
    world.touch()
    surname, given = _names(company, place)
    details = {"name": f"{surname} {given}", "surname": surname, "firstName": given, "directorType": "Person"}
    summary = {"currentAppointments": 1, "inactiveAppointments": 0, "previousAppointments": 0}
    return ok(
        {
            "report": {
                "directorId": _people_id(company, place),
                "directorSummary": summary,
                "directorDetails": details,
                "otherAddresses": [],
                "directorships": {"current": [_directorship(company)], "previous": []},
            }
        }
    )


def _image_id(company: Company, place: int) -> str:
    digest = hashlib.sha256(f"{company.connect_id}:{place}".encode()).hexdigest()[:17]
    return f"{digest}{company.index:06x}{place}"


def _image(company: Company, place: int) -> Json:
    kind, text = _FILINGS[place]
    year = 2026 - company.index % 2
    row: Json = {
        "imageId": _image_id(company, place),
        "company": {
            "id": company.connect_id, "localId": company.number, "country": company.country,
            "name": company.registered_name, "type": "Ltd",
        },
        "document": {"imageType": kind, "imageCode": kind[:3].upper(), "description": text},
        "format": "pdf",
        "availableFormats": ["pdf"],
        "filingDate": f"{year}-07-10T00:00:00Z",
        "status": "Available",
    }  # fmt: skip
    return row | ({"accountingDate": f"{year - 1}-12-31T00:00:00Z"} if place == 0 else {})


def images(world: World, call: Call) -> Reply:
    """`GET /images/companies`: two filed documents for each company; pages count from 1."""
    company = world.company(call.required("id"))
    number, size = call.whole("page", 1, least=1), call.whole("pageSize", 10, least=1, most=200)
    rows = [_image(company, place) for place in range(len(_FILINGS))]
    return ok({"totalSize": len(rows), "data": rows[(number - 1) * size : number * size]})


def image_types(world: World, call: Call) -> Reply:
    """`GET /images/companies/types`: a bare array, a country each."""
    del world
    kinds = [{"type": kind, "description": text, "availableImageFormats": ["pdf"]} for kind, text in _FILINGS]
    spoken = [{"language": "EN", "default": True, "filingTypes": kinds}]
    asked = {"required": True, "minLength": 8, "maxLength": 64}
    return ok([{"country": code, "companyId": asked, "availableLanguages": spoken} for code in countries(call)])


def image(world: World, call: Call) -> Reply:
    """`GET /images/{id}`: JSON with the document in base64, or its bytes to who accepts only those."""
    wanted, known = call.names["image"], world.directory.companies
    index = int(wanted[17:23], 16) if re.fullmatch("[0-9a-f]{24}", wanted) else len(known)
    for company in known[index : index + 1]:
        for place, (_, text) in enumerate(_FILINGS):
            if _image_id(company, place) == wanted:
                return _document(call, pdf.write([f"{text} (sandbox)", company.registered_name]))
    raise not_found("Resource not found")


def _document(call: Call, content: bytes) -> Reply:
    if call.headers.get("accept", "").startswith("application/pdf"):
        return Reply(200, content, "application/pdf")
    return ok({"correlationID": wire.correlation(), "pdfReportStream": base64.b64encode(content).decode()})


ROUTES: list[Route] = [
    route("GET", "/people/searchcriteria", people_criteria, "countries"),
    route("GET", "/people", people, _PEOPLE),
    route("GET", "/people/{person}", person, "language callRef"),
    route("GET", "/images/companies", images, "id page pageSize"),
    route("GET", "/images/companies/types", image_types, "countries"),
    route("GET", "/images/{image}", image),
]

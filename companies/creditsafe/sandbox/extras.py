"""What an importer does not need and the contract has: people, images, the decision engine (API reference 2.6, 2.7)."""

import base64
import hashlib

from companies.creditsafe.sandbox import bureau, pdf, wire
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.search import countries
from companies.creditsafe.sandbox.wire import Call, Json, Reply, Route, bad_request, not_found, ok, route, traced
from companies.creditsafe.sandbox.world import World

GUID = "repoObj_1001"
_PEOPLE = "page pageSize countries peopleId firstName lastName localDirectorNumber dateOfBirth callRef"
_FIELDS = (("productType", "Text", True), ("isCustomer", "Text", False), ("salesValue", "Integer", False))


def _people_id(company: Company, place: int) -> str:
    return f"{company.country}-P{company.index:06d}{place}"


def _person(company: Company, place: int) -> Json:
    _, surname, given = (company.directors[place] + "  ").split(" ", 2)
    return {
        "peopleId": _people_id(company, place),
        "firstName": given.strip(),
        "lastName": surname,
        "company": {"id": company.connect_id},
        "companyName": company.registered_name,
        "companyRegistrationNumber": company.office,
        "status": "Active",
    }


def people_criteria(world: World, call: Call) -> Reply:
    del world
    names = {name: {"required": name == "lastName"} for name in ("firstName", "lastName", "dateOfBirth")}
    return traced(countries=countries(call), criteriaSets=[{"peopleId": {"required": True}}, names])


def people(world: World, call: Call) -> Reply:
    """`GET /people`: by peopleId, or by last and first name; pages count from 1."""
    asked, wanted = countries(call), call.text("peopleId")
    last, first = call.text("lastName").upper(), call.text("firstName").upper()
    if not wanted and not last:
        raise bad_request("Specified criteria combination is not allowed")
    number, size = call.whole("page", 1, least=1), call.whole("pageSize", 10, least=1, most=200)
    rows = [
        _person(company, place)
        for company in world.directory.companies
        if company.country in asked
        for place in range(len(company.directors))
    ]
    if wanted:
        hits = [row for row in rows if row["peopleId"] == wanted]
    else:
        hits = [row for row in rows if row["lastName"] == last and first in row["firstName"]]
    return traced(totalSize=len(hits), directors=hits[(number - 1) * size : number * size])


def person(world: World, call: Call) -> Reply:
    """`GET /people/{id}`: the report on a director."""
    for company in world.directory.companies:
        for place in range(len(company.directors)):
            if _people_id(company, place) == call.names["person"]:
                found = _person(company, place)
                post = {"companyName": company.registered_name, "id": company.connect_id, "status": "Active"}
                summary = {"currentAppointments": 1, "inactiveAppointments": 0, "previousAppointments": 0}
                name = f"{found['lastName']} {found['firstName']}"
                return traced(
                    report={
                        "directorId": found["peopleId"],
                        "directorSummary": summary,
                        "directorDetails": {"name": name, "directorType": "Person"},
                        "directorships": {"current": [post], "previous": []},
                    }
                )
    raise not_found("Resource not found")


def _image_id(company: Company) -> str:
    return hashlib.sha256(company.connect_id.encode()).hexdigest()[:24]


def images(world: World, call: Call) -> Reply:
    """`GET /images/companies`: one filed document for each company."""
    company = world.company(call.required("id"))
    data = [
        {
            "imageId": _image_id(company),
            "company": {"id": company.connect_id, "localId": company.number, "country": company.country},
            "document": {"imageType": "Accounts", "imageCode": "ACC", "description": "Annual accounts"},
            "format": "pdf",
            "filingDate": "2026-07-10T00:00:00Z",
        }
    ]
    return traced(totalSize=1, data=data)


def image_types(world: World, call: Call) -> Reply:
    del world
    return traced(data=[{"countryIso2": code, "types": ["Accounts", "Statutes"]} for code in countries(call)])


def image(world: World, call: Call) -> Reply:
    """`GET /images/{id}`: JSON with the document in base64."""
    for company in world.directory.companies:
        if _image_id(company) == call.names["image"]:
            document = pdf.write(["Annual accounts (sandbox)", company.registered_name])
            return traced(imageStream=base64.b64encode(document).decode())
    raise not_found("Resource not found")


def engines(world: World, call: Call) -> Reply:
    del world, call
    row = {"friendlyName": "Sandbox policy", "GUID": GUID, "type": "Credit Approval", "serviceLine": None}
    return traced(GUIDList=[row])


def _engine(call: Call) -> None:
    if call.names["engine"] != GUID:
        body = {"correlationId": wire.correlation(), "message": "Not found", "details": "Unknown decision engine"}
        raise wire.RefusalError(404, body)


def engine_fields(world: World, call: Call) -> Reply:
    del world
    _engine(call)
    rows = [
        {"orderIndex": place, "label": name, "paramName": name, "fieldType": kind, "mandatory": needed,
         "dropdownDetails": None, "validation": None}
        for place, (name, kind, needed) in enumerate(_FIELDS)
    ]  # fmt: skip
    return ok({"decisionEngineId": GUID, "fields": rows})


def decide(world: World, call: Call) -> Reply:
    """`POST /decisionEngine/{id}`: sound companies pass, moderate ones wait, the others are refused."""
    _engine(call)
    company, body = world.company(call.required("companyId")), call.mapping()
    if "productType" not in body:
        raise bad_request("productType is required.")
    letter = bureau.band(company.standing.score)
    decision, code = {"A": ("Approve", "1"), "B": ("Approve", "1"), "C": ("Refer", 2)}.get(letter, ("Reject", "3"))
    audits = [{"description": letter, "RuleName": "International Score"}]
    origin = call.text("originationId") or wire.correlation()
    return ok(
        {"Decision": decision, "DecisionText": decision, "Audits": audits, "originationId": origin, "statusCode": code}
    )


ROUTES: list[Route] = [
    route("GET", "/people/searchcriteria", people_criteria, "countries"),
    route("GET", "/people", people, _PEOPLE),
    route("GET", "/people/{person}", person, "language callRef"),
    route("GET", "/images/companies", images, "id page pageSize"),
    route("GET", "/images/companies/types", image_types, "countries"),
    route("GET", "/images/{image}", image),
    route("GET", "/decisionEngine/GUID", engines, "sortDir sortBy type decisionOutcome"),
    route("GET", "/decisionEngine/{engine}/userDataFields", engine_fields),
    route("POST", "/decisionEngine/{engine}", decide, "companyId originationId"),
]

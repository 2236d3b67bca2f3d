"""Ordering a report: JSON, PDF, or both in one. Each 200 is billed (API reference 2.4 and 2.5)."""

import base64
import json
import re

from companies.creditsafe.sandbox import mortgages, pdf, reports, wire
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.search import KNOWN_COUNTRIES, check_access
from companies.creditsafe.sandbox.wire import Call, Json, Reply, Route, bad_request, ok, route
from companies.creditsafe.sandbox.world import World

JSON_PDF = "application/json+pdf"
TEMPLATES = {"", "full", "financial", "default"}
_GERMAN_REASON = re.compile(r"de_reason_code::[1-8]")


def _check(call: Call, company: Company) -> str:
    """Return the language asked for, once every parameter is right."""
    language = call.text("language", "en")
    if not re.fullmatch(r"[a-zA-Z]{2}", language):
        raise bad_request(f"language '{language}' is not valid.")
    if call.text("template").lower() not in TEMPLATES:
        raise bad_request(f"template '{call.text('template')}' is not available.")
    if company.country == "DE" and not _GERMAN_REASON.fullmatch(call.text("customData")):
        raise bad_request("customData de_reason_code::1 to de_reason_code::8 is required for DE reports.")
    return language


def _printed(company: Company) -> bytes:
    limit, score = company.standing.limit, company.standing.score
    return pdf.write(
        [
            "Creditsafe sandbox - invented company",
            company.registered_name,
            f"{company.number} - {company.address.line}",
            f"Score: {'not rated' if score is None else score}   Credit limit: {limit}",
        ]
    )


def order(world: World, call: Call) -> Reply:
    """`GET /companies/{id}`: the report in the form that the Accept header asks for."""
    company = world.directory.find(call.names["company"])
    if company is None or world.faults.spend("report-unavailable"):
        raise wire.report_unavailable()
    check_access(world, company.country)
    language, indicators = _check(call, company), call.flag("includeIndicators")
    accept = call.headers.get("accept", "*/*")
    world.orders[company.connect_id] += 1
    world.touch()
    if "application/pdf" in accept:
        return Reply(200, _printed(company), "application/pdf")
    head = reports.envelope(company, language)
    report = world.shelf.report(company, language, indicators=indicators)
    if "huge-report" in world.faults:
        report = _enlarged(company, report)
    if "json+pdf" in accept:
        for name in ("correlationId", "companyId", "userId"):  # capitalised otherwise in this form
            head[name[:-2] + "ID"] = head.pop(name)
        head["pdfReportStream"] = base64.b64encode(_printed(company)).decode()
    text = json.dumps(head, ensure_ascii=False).encode()
    body = text if "no-report" in world.faults else text[:-1] + b', "report": ' + report + b"}"
    return Reply(200, body, JSON_PDF) if "json+pdf" in accept else Reply(200, body)


def _enlarged(company: Company, report: bytes) -> bytes:
    """The same report with as many charges as the largest British one."""
    body = json.loads(report)
    body["additionalInformation"] |= mortgages.section(company, mortgages.MANY)
    return json.dumps(body, ensure_ascii=False).encode()


def custom_data(world: World, call: Call) -> Reply:
    """`GET /reportcustomdata/{cc}`: what a report order of the country must carry besides."""
    del world
    rows: list[Json] = []
    if call.names["country"].upper() == "DE":
        reasons = [f"Reason {number}" for number in range(1, 9)]
        allowed = [str(number) for number in range(1, 9)]
        rows = [{"key": "de_reason_code", "optional": False, "allowedValues": allowed, "description": reasons}]
    return ok({"customData": rows})


def schema(world: World, call: Call) -> Reply:
    """`GET /companies/schema/{cc}`: a JSON schema, here only of the envelope."""
    del world
    country = call.names["country"].upper()
    if country not in KNOWN_COUNTRIES:
        raise bad_request(f"{country} is not a supported country")
    report = {"type": "object", "additionalProperties": True}
    return ok({"title": f"{country}CompanyReportResponse", "type": "object", "properties": {"report": report}})


ROUTES: list[Route] = [
    route("GET", "/reportcustomdata/{country}", custom_data),
    route("GET", "/companies/schema/{country}", schema, "section template"),
    route("GET", "/companies/{company}", order, "language template includeIndicators customData callRef"),
]

"""Calls that show every answer of the sandbox: found and not found, first and later pages, refusals, odd companies."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from companies.creditsafe.sandbox import GIANT, Sandbox
from companies.creditsafe.sandbox.directory import Company
from tests.creditsafe.contract_support import Contract
from tests.creditsafe.sandbox_support import ALL, Answer, Caller, activate, new_portfolio, one, watch

COUNTRIES = ("FR", "GB", "BE", "DE", "IT", "ES", "SE", "US")
NOBODY = "FR-X-00000000000000"
REASON = "de_reason_code::1"
ENGINE = "/decisionEngine/repoObj_1001"


@dataclass
class Walker(Caller):
    """A caller that has each answer judged."""

    contract: Contract = field(kw_only=True)
    found: set[str] = field(default_factory=set)
    seen: set[tuple[str, str, int]] = field(default_factory=set)

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        answer = super().__call__(method, path, body, **more)
        kind = answer.headers.get("Content-Type", "")
        self.found |= self.contract.deviations(method, path, status=answer.status, body=answer.raw, kind=kind)
        self.seen.add((method, self.contract.template(method, path), answer.status))
        return answer


def walk(box: Sandbox, contract: Contract) -> Walker:
    """Make all the calls; what they told is in `found`."""
    call = Walker(box, contract=contract)
    doors(box, call)
    for part in (account, searches, reports, orders_refused, people_and_documents, decisions, faults):
        part(box, call)
    monitoring(box, call)
    call.close()
    return call


def doors(box: Sandbox, call: Walker) -> None:
    call("POST", "/authenticate", {"username": "verne", "password": "wrong"})
    call("GET", "/access", headers={"Authorization": "nonsense"})
    for method, template in sorted(call.contract.operations - {("POST", "/authenticate")}):
        call(method, re.sub(r"\{\w+\}", "1", template))
    call.log_in()


def account(box: Sandbox, call: Walker) -> None:
    for path in ("/access", "/access/users/me", "/access/users/active", "/monitoring/user/details"):
        call.get(path)


def searches(box: Sandbox, call: Walker) -> None:
    for country in COUNTRIES:
        call.get("/companies/searchcriteria", countries=country)
        call.get("/companies/schema/" + country)
        call.get("/reportcustomdata/" + country)
        for company in of(box, country)[:9]:
            call.get("/companies", countries=country, id=company.connect_id)
            call.get("/companies/match", country=country, matchThreshold=898, name=company.registered_name)
    for page in (1, 2):
        call.get("/companies", countries="FR", city="Lyon", pageSize=3, page=page)
    call.get("/companies", countries="FR", address="00", type="Ltd")
    call.get("/companies", countries="FR", name="Zzyzx")
    call.get("/companies", countries="ZZ", name="Zzyzx")
    call.get("/companies", countries="FR", regNo="141047290", name="Forges")
    call.get("/companies/searchcriteria", countries="FR,GB")
    call.get("/companies/searchcriteria")
    call.get("/companies/match", country="FR", matchThreshold=898, name="Zzyzx")
    call.get("/companies/match", country="FR")
    call.get("/companies/schema/ZZ")


def shown(box: Sandbox) -> list[Company]:
    """The first companies of each country, one of each oddity, the largest report."""
    chosen = {company.index: company for country in COUNTRIES for company in of(box, country)[:4]}
    for company in box.directory:
        if company.standing.oddity not in {other.standing.oddity for other in chosen.values()}:
            chosen[company.index] = company
    return [*chosen.values(), box.directory[GIANT]]


def of(box: Sandbox, country: str) -> list[Company]:
    return [company for company in box.directory if company.country == country]


def reports(box: Sandbox, call: Walker) -> None:
    for company in shown(box):
        query = {"customData": REASON, "includeIndicators": "true", "language": "fr" if company.index % 2 else "en"}
        call.get(f"/companies/{company.connect_id}", **query)
    french = f"/companies/{one(box).connect_id}"
    for accept in ("application/pdf", "application/json+pdf"):
        call("GET", french, headers={"Accept": accept})


def orders_refused(box: Sandbox, call: Walker) -> None:
    call.get(f"/companies/{NOBODY}")
    call.get(f"/companies/{one(box).connect_id}", language="french")
    call.get(f"/companies/{one(box).connect_id}", color="blue")
    call.get(f"/companies/{of(box, 'DE')[0].connect_id}")


def people_and_documents(box: Sandbox, call: Walker) -> None:
    for country in COUNTRIES:
        call.get("/people/searchcriteria", countries=country)
        call.get("/images/companies/types", countries=country)
        company = of(box, country)[0]
        names = company.directors[0].split(" ")
        found = call.get("/people", countries=country, lastName=names[1], firstName=names[2], pageSize=2)
        call.get(f"/people/{found.json['directors'][0]['peopleId']}")
        listed = call.get("/images/companies", id=company.connect_id, pageSize=1, page=2).json["data"]
        call.get(f"/images/{listed[0]['imageId']}")
        call("GET", f"/images/{listed[0]['imageId']}", headers={"Accept": "application/pdf"})
    call.get("/people", countries="FR", lastName="Zzyzx")
    call.get("/people", countries="FR")
    for path in (
        "/people/FR-P1",
        "/images/1",
        "/images/companies",
        "/images/companies/types",
        "/people/searchcriteria",
    ):
        call.get(path)


def decisions(box: Sandbox, call: Walker) -> None:
    for company in (one(box, least=71), one(box, least=31, most=50), one(box, most=20), one(box, "GB")):
        call("POST", ENGINE, {"productType": "A"}, companyId=company.connect_id)
    call("POST", ENGINE, {}, companyId=one(box).connect_id)
    call("POST", ENGINE, {"productType": "A"}, companyId=NOBODY)
    for path in ("/decisionEngine/GUID", f"{ENGINE}/userDataFields", "/decisionEngine/instances"):
        call.get(path)
    for page in (1, 2):
        call.get("/decisionEngine/usageLog", page=page, pageSize=2)
    call.get("/decisionEngine/usageLog", status="many")
    for number in (1, 99):
        call.get(f"/decisionEngine/usageLog/{number}")
        call("PATCH", f"/decisionEngine/usageLog/{number}", {"statusCode": 5, "notes": "known since 1998"})
    call("PATCH", "/decisionEngine/usageLog/1", {"statusCode": "five"})
    for guid in ("repoObj_1001", "repoObj_0"):
        configuration = call.get(f"/decisionEngine/instance/{guid}").json
        configuration.pop("correlationId")
        call("PUT", f"/decisionEngine/instance/{guid}", configuration)
        call.get(f"/decisionEngine/decisionOutcome/{guid}")
        call("PATCH", f"/decisionEngine/decisionOutcome/{guid}", {"includeInManualReview": True})
        call.get(f"/decisionEngine/{guid}/userDataFields")
    call("PUT", "/decisionEngine/instance/repoObj_1001", {})
    call("PATCH", "/decisionEngine/decisionOutcome/repoObj_1001", {"decisionOutcomes": 5})


def faults(box: Sandbox, call: Walker) -> None:
    path = f"/companies/{one(box).connect_id}"
    for fault in ("429", "500", "report-unavailable", "403-country=FR", "no-report", "huge-report"):
        box.faults.add(fault)
        call.get(path)
        box.faults.clear()
    call.get("/nowhere")
    call("DELETE", "/companies")


def monitoring(box: Sandbox, call: Walker) -> None:
    portfolio, other = new_portfolio(call), new_portfolio(call, "Suppliers")
    for company in box.directory[:60]:
        watch(call, company, portfolio)
    for country in ("XX", *COUNTRIES):
        activate(call, portfolio, country)
        call.get(f"/monitoring/eventRules/{country}")
    box.emit(120)
    watched(box, call, portfolio, other)
    events(box, call, portfolio)
    portfolios(box, call, portfolio, other)


def watched(box: Sandbox, call: Walker, portfolio: int, other: int) -> None:
    here = f"{ALL}/{portfolio}/companies"
    for page in (0, 1):
        call.get(here, page=page, pageSize=40)
    call.get(here, searchQuery="zzyzx")
    call.get(here, pageSize=0)
    texts = {"personalReference": "411", "freeText": "", "personalLimit": "5"}
    for company in (*box.directory[:4], box.directory[61]):
        call.get(f"{here}/{company.connect_id}")
        call("PATCH", f"{here}/{company.connect_id}", texts)
    call("PATCH", f"{here}/{box.directory[0].connect_id}", {})
    watch(call, box.directory[0], portfolio)
    call("POST", here, {"id": NOBODY} | texts)
    call("POST", here, {"id": NOBODY})
    some = {"portfolios": [other], "companies": [{"id": company.connect_id} for company in box.directory[:5]]}
    for verb in ("copy", "copy", "remove"):
        call("POST", f"{here}/{verb}", some)
        call("POST", f"{here}/{verb}", {"portfolios": [1]})
        call("POST", f"{here}/{verb}", {"portfolios": [other], "companies": [1]})
    for _ in range(2):
        call("DELETE", f"{here}/{box.directory[7].connect_id}")
    call("PATCH", f"{here}/clear", {"companies": [box.directory[8].connect_id]})
    call("PATCH", f"{here}/clear", {})
    upload(call, portfolio, box.directory[8])


def upload(call: Walker, portfolio: int, company: Company) -> None:
    header = "Safe Number,Local Org No.,Country Code,Reference,Free Text,Personal Limit"
    text = f"{header}\r\n{company.safe_number},,,411,,\r\n"
    part = f'--b\r\nContent-Disposition: form-data; name="importCsv"; filename="a.csv"\r\n\r\n{text}\r\n--b--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    for verb, number in (("import", portfolio), ("sync", new_portfolio(call, "Synced")), ("import", 1), ("sync", 1)):
        call("POST", f"{ALL}/{number}/{verb}", part.encode(), headers=kind)
        call("POST", f"{ALL}/{number}/{verb}", b"")


def events(box: Sandbox, call: Walker, portfolio: int) -> None:
    week = timedelta(days=7)
    window = {"startDate": f"{datetime.now(UTC) - week:%Y-%m-%d}", "endDate": f"{datetime.now(UTC) + week:%Y-%m-%d}"}
    here = f"{ALL}/{portfolio}"
    for path in ("/monitoring/notificationEvents", f"{here}/notificationEvents"):
        for page in (0, 1):
            call.get(path, page=page, pageSize=80, filterByCreatedDate="true", **window)
        call.get(path, sortBy="colour")
        call.get(f"{path}/dataByDay", **window)
    told = call.get("/monitoring/notificationEvents", pageSize=1000).json["data"]
    for company in box.directory[:60]:
        call.get(f"/monitoring/companies/{company.connect_id}/events")
        call.get(f"{here}/companies/{company.connect_id}/notificationEvents")
    call.get(f"/monitoring/companies/{NOBODY}/events")
    call.get(f"/monitoring/companies/{box.directory[3].connect_id}/events", page="first")
    call.get(f"{ALL}/1/companies/{NOBODY}/notificationEvents")
    call("PATCH", f"{here}/notificationEvents/{told[0]['notificationEventId']}", {"isProcessed": True})
    call("PATCH", f"{here}/notificationEvents/1", {"isProcessed": True})


def portfolios(box: Sandbox, call: Walker, portfolio: int, other: int) -> None:
    person = {"firstName": "Jules", "lastName": "Inventé", "emailAddress": "jules@example.com"}
    for number in (portfolio, other, 1):
        here = f"{ALL}/{number}"
        call("PATCH", here, {"name": f"Number {number}", "emails": [person]})
        for path in ("", "/countries", "/riskSummary", "/sharingPermissions", "/eventRules", "/eventRules/FR"):
            call.get(f"{here}{path}")
        for path in ("/companies", "/notificationEvents"):
            call.get(f"{here}{path}")
        call("PATCH", f"{here}/companies/clear", {"companies": []})
        users = [{"csUserId": 5, "permissions": "View,Add"}]
        call("PATCH", f"{here}/sharingPermissions", {"revokeAll": "false", "userPermissions": users})
        call.get(f"{here}/sharingPermissions")
        call("PUT", f"{here}/eventRules/setDefault")
        call("PUT", f"{here}/eventRules/XX", [{"ruleCode": 101, "isActive": 1}])
        call("PUT", f"{here}/eventRules/XX", [{"ruleCode": 101, "isActive": True}])
    call("PATCH", f"{ALL}/{portfolio}/sharingPermissions", {"userPermissions": [1]})
    for page in (0, 1):
        call.get(ALL, page=page, pageSize=2)
    call.get(ALL, page="first")
    call("POST", ALL, {})
    call("POST", ALL, {"name": f"Number {other}"})
    call("PATCH", f"{ALL}/{other}", {})
    for path in ("/monitoring/eventRules", "/monitoring/eventRules/ZZ"):
        call.get(path)
    for number in (other, other, 100_001):
        call("DELETE", f"{ALL}/{number}")

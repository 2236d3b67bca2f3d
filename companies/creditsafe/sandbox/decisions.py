"""The decision engine, "Check & Decide": runs, their log, the instances and their outcomes (API reference 2.7)."""

from typing import Any

from companies.creditsafe.sandbox import bureau, wire
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.wire import Call, Json, RefusalError, Reply, Route, bad_request, ok, route, traced
from companies.creditsafe.sandbox.world import Engine, Run, World

GUID = "repoObj_1001"
TREE = "Sandbox policy"
STATUS = {"Approve": 1, "Refer": 2, "Reject": 3}
BY_HAND = {1, 2, 3, 5, 6}
_FIELDS = (("productType", "Text", True), ("isCustomer", "Text", False), ("salesValue", "Integer", False))
_CONFIGURATION = {
    "customerId": int, "configurationVariables": dict, "scalarVariables": dict, "inputParams": dict,
    "templateId": str, "guid": str, "decisionTreeName": str,
}  # fmt: skip
_NEEDED = ("templateId", "guid", "decisionTreeName")


def first_engine() -> Engine:
    """The engine that every account of the sandbox has."""
    outcomes = [
        {"label": label, "description": f"{label} the credit", "status": status} for label, status in STATUS.items()
    ]
    return Engine({"templateId": "tpl_1", "guid": GUID, "decisionTreeName": TREE, "customerId": 577}, outcomes)


def _missing(what: str) -> RefusalError:
    return RefusalError(404, {"correlationId": wire.correlation(), "message": "Not found", "details": what})


def _engine(world: World, call: Call) -> Engine:
    if call.names["engine"] != GUID:
        raise _missing("Unknown decision engine")
    return world.engine


def engines(world: World, call: Call) -> Reply:
    kind = call.text("type")
    row = {"friendlyName": _name(world), "GUID": GUID, "type": "Credit Approval", "serviceLine": None}
    return traced(GUIDList=[row] if kind in {"", row["type"]} else [])


def _name(world: World) -> str:
    return str(world.engine.configuration["decisionTreeName"])


def engine_fields(world: World, call: Call) -> Reply:
    _engine(world, call)
    rows = [
        {"orderIndex": place, "label": name, "paramName": name, "fieldType": kind, "mandatory": needed,
         "dropdownDetails": None, "validation": None}
        for place, (name, kind, needed) in enumerate(_FIELDS)
    ]  # fmt: skip
    return ok({"decisionEngineId": GUID, "fields": rows})


def decide(world: World, call: Call) -> Reply:
    """`POST /decisionEngine/{id}`: sound companies pass, moderate ones wait, the others are refused."""
    _engine(world, call)
    company, body = world.company(call.required("companyId")), call.mapping()
    for name, _, needed in _FIELDS:
        if needed and not body.get(name):
            raise bad_request(f"{name} is required.")
    run = _recorded(world, company, call.text("originationId") or wire.correlation())
    # A number now and then, where the contract promises a text.
    code: int | str = run.status if run.status == STATUS["Refer"] else str(run.status)
    return ok(_response(run) | {"originationId": run.origin, "statusCode": code})


def _recorded(world: World, company: Company, origin: str) -> Run:
    letter = bureau.band(company.standing.score)
    decision = {"A": "Approve", "B": "Approve", "C": "Refer"}.get(letter, "Reject")
    moment = wire.now().isoformat()
    run = Run(
        len(world.runs) + 1, company.connect_id, company.registered_name, decision, letter, origin, moment, moment,
        STATUS[decision],
    )  # fmt: skip
    world.runs.append(run)
    world.touch()
    return run


def _response(run: Run) -> Json:
    audits = [{"description": run.letter, "RuleName": "International Score"}]
    return {"Decision": run.decision, "DecisionText": run.decision, "Audits": audits, "statusCode": str(run.status)}


def _row(world: World, run: Run) -> Json:
    return {
        "decisionLogId": run.number,
        "provenirId": GUID,
        "friendlyName": _name(world),
        "userId": 101577,
        "companyId": run.company_id,
        "companyName": run.company_name if run.number % 4 else None,
        "response": _response(run),
        "decisionDate": wire.irregular(wire.parse_moment(run.decided), 2),
        "notes": run.notes or None,
        "status": run.status,
    }


def _matching(world: World, call: Call) -> list[Run]:
    start, end, status = call.moment("fromDate"), call.moment("toDate"), call.whole("status", 0)
    company, name = call.text("companyId"), call.text("companyName").upper()

    def fits(run: Run) -> bool:
        moment = wire.parse_moment(run.decided)
        return (
            (not start or moment >= start)
            and (not end or moment <= end)
            and status in {0, run.status}
            and company in {"", run.company_id}
            and name in run.company_name.upper()
        )

    return [run for run in world.runs if fits(run)] if call.text("provenirId") in {"", GUID} else []


def usage(world: World, call: Call) -> Reply:
    """`GET /decisionEngine/usageLog`: pages count from 1 and the total is `totalCount`; newest first."""
    found = _matching(world, call)[::-1]
    number, size = call.whole("page", 1, least=1), call.whole("pageSize", 50, least=1, most=1000)
    start = (number - 1) * size
    if start and "repeat-page" in world.faults:
        start -= 1
    rows = [_row(world, run) for run in found[start : start + size]]
    for row in rows:
        row["response"]["originationId"] = None
    return ok({"totalCount": len(found), "usageLog": rows})


def _run(world: World, call: Call) -> Run:
    for run in world.runs:
        if str(run.number) == call.names["run"]:
            return run
    raise _missing("Unknown decision log")


def _entry(world: World, run: Run) -> Reply:
    changed = wire.irregular(wire.parse_moment(run.modified), 2)
    body = _row(world, run) | {"originationId": run.origin, "modifiedDate": changed}
    return ok({"correlationId": wire.correlation()} | body)


def usage_entry(world: World, call: Call) -> Reply:
    return _entry(world, _run(world, call))


def overrule(world: World, call: Call) -> Reply:
    """`PATCH /decisionEngine/usageLog/{id}`: another status code by hand, with notes."""
    run, body = _run(world, call), call.mapping()
    code, notes = body.get("statusCode"), body.get("notes", "")
    if type(code) is not int or code not in BY_HAND or not isinstance(notes, str):
        raise bad_request("statusCode must be 1, 2, 3, 5 or 6, and notes a text.")
    run.status, run.notes, run.modified = code, notes, wire.now().isoformat()
    world.touch()
    return _entry(world, run)


def instances(world: World, call: Call) -> Reply:
    for name in ("customerId", "userId"):
        call.whole(name, 0)
    return traced(instances=[{"guid": GUID, "decisionTreeName": _name(world)}])


def instance(world: World, call: Call) -> Reply:
    """`GET /decisionEngine/instance/{guid}`: the configuration as it was put."""
    return traced(**_engine(world, call).configuration)


def configure(world: World, call: Call) -> Reply:
    """`PUT /decisionEngine/instance/{guid}`: replace the configuration."""
    engine, body = _engine(world, call), call.mapping()
    for name in _NEEDED:
        if not body.get(name):
            raise bad_request(f"{name} is required.")
    for name, value in body.items():
        if type(value) is not _CONFIGURATION.get(name):
            raise bad_request(f"{name} is not valid.")
    if body["guid"] != GUID:
        raise bad_request("guid does not match the path.")
    engine.configuration = body
    world.touch()
    return traced(**body)


def outcomes(world: World, call: Call) -> Reply:
    engine = _engine(world, call)
    return traced(decisionOutcomes={"items": engine.outcomes}, includeInManualReview=engine.manual_review)


def _outcome(row: object) -> bool:
    kinds: dict[str, Any] = {"label": str, "description": str, "status": int}
    return isinstance(row, dict) and set(row) <= set(kinds) and all(type(row[name]) is kinds[name] for name in row)


def set_outcomes(world: World, call: Call) -> Reply:
    """`PATCH /decisionEngine/decisionOutcome/{guid}`: the labels of the outcomes, and who goes to manual review."""
    engine, body = _engine(world, call), call.mapping()
    rows, review = body.get("decisionOutcomes", engine.outcomes), body.get("includeInManualReview")
    if not isinstance(rows, list) or not all(map(_outcome, rows)) or not isinstance(review, bool | None):
        raise bad_request("decisionOutcomes need label, description and status; includeInManualReview is true or false")
    engine.outcomes = rows
    engine.manual_review = engine.manual_review if review is None else review
    world.touch()
    return ok({"message": "Decision outcomes updated"})


ROUTES: list[Route] = [
    route("GET", "/decisionEngine/GUID", engines, "sortDir sortBy type decisionOutcome"),
    route(
        "GET", "/decisionEngine/usageLog", usage,
        "provenirId companyId companyName status fromDate toDate page pageSize",
    ),
    route("GET", "/decisionEngine/usageLog/{run}", usage_entry),
    route("PATCH", "/decisionEngine/usageLog/{run}", overrule),
    route("GET", "/decisionEngine/instances", instances, "customerId userId"),
    route("GET", "/decisionEngine/instance/{engine}", instance),
    route("PUT", "/decisionEngine/instance/{engine}", configure),
    route("GET", "/decisionEngine/decisionOutcome/{engine}", outcomes),
    route("PATCH", "/decisionEngine/decisionOutcome/{engine}", set_outcomes),
    route("GET", "/decisionEngine/{engine}/userDataFields", engine_fields),
    route("POST", "/decisionEngine/{engine}", decide, "companyId originationId"),
]  # fmt: skip

"""The companies of a portfolio: list, add, change, remove, clear, copy, move, import (API reference 2.8)."""

import csv
import io
import re

from companies.creditsafe.sandbox import bureau, wire
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.wire import (
    NO_CONTENT,
    Call,
    Json,
    Reply,
    Route,
    bad_request,
    conflict,
    ok,
    route,
    traced,
)  # fmt: skip
from companies.creditsafe.sandbox.world import Portfolio, Watched, World

_FREE = {"personalReference", "freeText", "personalLimit"}
_COLUMNS = ["Safe Number", "Local Org No.", "Country Code", "Reference", "Free Text", "Personal Limit"]


def _moment(text: str, turn: int) -> str:
    return wire.irregular(wire.parse_moment(text), turn) if text else ""


def _standing(company: Company) -> Json:
    """Rating, limit and status as lists of companies give them: types vary from row to row."""
    turn, standing = company.index, company.standing
    score = standing.score
    local: object = (str(score) if turn % 2 else score) if score is not None else (None if turn % 3 else "Not Rated")
    status: object = ("1", 1, "Active")[turn % 3] if company.active else ("0", 0, "NonActive")[turn % 3]
    return {
        "creditLimit": int(standing.limit) if standing.limit.isdigit() else None,
        "ratingCommon": bureau.band(score),
        "ratingLocal": local,
        "companyStatus": status,
    }


def _row(world: World, portfolio: Portfolio, entry: Watched) -> Json:
    company = world.directory.by_id[entry.company_id]
    return {
        "id": company.connect_id,
        "safeNumber": company.safe_number,
        "name": company.registered_name,
        "address": company.address.line,
        "countryCode": company.country,
        "portfolioId": portfolio.number,
        "dateLastEvent": _moment(entry.last_event, company.index),
        "freeText": entry.free_text,
        "personalLimit": entry.limit,
        "personalReference": entry.reference,
        "dateAdded": _moment(entry.added, 0),
        "dateModified": _moment(entry.modified, company.index),
    } | _standing(company)


def listing(world: World, call: Call) -> Reply:
    """`GET …/{pid}/companies`: pages count from 0."""
    portfolio, wanted, country = (
        world.portfolio(call),
        call.text("searchQuery").upper(),
        call.text("countryCode").upper(),
    )
    known = world.directory.by_id
    found = [
        entry
        for entry in portfolio.watched.values()
        if wanted in known[entry.company_id].registered_name.upper()
        and country in {"", known[entry.company_id].country}
    ]
    cut, paging = wire.page(call, found)
    number = call.whole("page", 0)
    if number and cut and "repeat-page" in world.faults:
        cut.insert(0, found[number * paging["size"] - 1])
    return traced(totalCount=len(found), paging=paging, data=[_row(world, portfolio, entry) for entry in cut])


def _texts(body: Json, keys: set[str]) -> None:
    """All keys must be there and be texts, empty when unused."""
    if set(body) != keys:
        raise bad_request(f"The request body must have exactly: {', '.join(sorted(keys))}.")
    if not all(isinstance(value, str) for value in body.values()):
        raise bad_request("All values must be strings.")


def enrol(portfolio: Portfolio, company: Company, **texts: str) -> bool:
    """Put a company into a portfolio; False when it is there already."""
    if company.connect_id in portfolio.watched:
        return False
    moment = wire.now().isoformat()
    portfolio.watched[company.connect_id] = Watched(
        company.connect_id,
        texts.get("reference", ""),
        texts.get("free_text", ""),
        texts.get("limit", ""),
        moment,
        moment,
    )
    return True


def add(world: World, call: Call) -> Reply:
    """`POST …/{pid}/companies`: 409 when the company is in the portfolio already."""
    portfolio, body = world.portfolio(call), call.mapping()
    _texts(body, _FREE | {"id"})
    company = world.company(body["id"])
    texts = {"reference": body["personalReference"], "free_text": body["freeText"], "limit": body["personalLimit"]}
    if not enrol(portfolio, company, **texts):
        raise conflict(f"Company  {body['id']} already in portfolio")
    world.touch()
    return traced(message="Company Added")


def show(world: World, call: Call) -> Reply:
    portfolio = world.portfolio(call)
    entry = world.watched(portfolio, call)
    row = _row(world, portfolio, entry)
    if world.directory.by_id[entry.company_id].index % 2:
        row["connectId"] = row.pop("id")  # the one key or the other, as the two specifications have it
    return traced(**row)


def change(world: World, call: Call) -> Reply:
    entry = world.watched(world.portfolio(call), call)
    body = call.mapping()
    _texts(body, _FREE)
    entry.reference, entry.free_text, entry.limit = (
        body[name] for name in ("personalReference", "freeText", "personalLimit")
    )
    entry.modified = wire.now().isoformat()
    world.touch()
    # The one success or the other, as different versions of the specification have it.
    odd = world.directory.by_id[entry.company_id].index % 2
    return NO_CONTENT if odd else traced(message="Company updated successfully")


def remove(world: World, call: Call) -> Reply:
    portfolio = world.portfolio(call)
    company = world.directory.find(call.names["company"])
    if company is None or portfolio.watched.pop(company.connect_id, None) is None:
        raise wire.not_found("Company not found ")
    world.touch()
    return traced(message="Company removed")


def clear(world: World, call: Call) -> Reply:
    """`PATCH …/companies/clear`: the companies named, or all of them with clearAll."""
    portfolio, body = world.portfolio(call), call.mapping()
    named = body.get("companies")
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise bad_request("companies must be an array of strings.")
    doomed = list(portfolio.watched) if call.flag("clearAll") else named
    for any_id in doomed:
        company = world.directory.find(any_id)
        portfolio.watched.pop(company.connect_id if company else "", None)
    world.touch()
    return traced(message="Companies deleted from portfolio")


def _transfer(world: World, call: Call, every: str) -> tuple[Portfolio, list[str], Json]:
    """Copy companies into the portfolios of the body; return the source, the ids and the counts."""
    source, body = world.portfolio(call), call.mapping()
    targets, named = body.get("portfolios"), body.get("companies") or []
    if not isinstance(targets, list) or not all(type(one) is int and one in world.portfolios for one in targets):
        raise wire.not_found("Portfolios not found")
    if not isinstance(named, list) or not all(isinstance(one, dict) and "id" in one for one in named):
        raise bad_request("companies must be an array of objects with id.")
    found = [company for one in named if (company := world.directory.find(str(one["id"])))]
    ids = list(source.watched) if call.flag(every) else [one.connect_id for one in found]
    done = sum(enrol(world.portfolios[number], world.directory.by_id[any_id]) for number in targets for any_id in ids)
    world.touch()
    counts = {"totalPortfoliosCompanies": len(targets) * len(ids), "successfulPortfoliosCompanies": done}
    failed = len(targets) * len(ids) - done
    reason = "Violation of UNIQUE KEY constraint 'UQ_PortfolioCompany'. Cannot insert duplicate key." if failed else ""
    return source, ids, counts | {"failedPortfoliosCompanies": failed, "reason": reason}


def copy(world: World, call: Call) -> Reply:
    return traced(data=_transfer(world, call, "copyAll")[2])


def move(world: World, call: Call) -> Reply:
    """`POST …/companies/remove`: what the provider calls remove is a move."""
    source, ids, counts = _transfer(world, call, "removeAll")
    for any_id in ids:
        source.watched.pop(any_id, None)
    return traced(data=counts)


def _part(call: Call) -> str:
    """The text of the `importCsv` part of a multipart body."""
    boundary = re.search(r'boundary="?([^";]+)', call.headers.get("content-type", ""))
    if not boundary:
        raise bad_request("A multipart/form-data body is required.")
    for part in call.raw.split(b"--" + boundary[1].encode()):
        head, _, content = part.partition(b"\r\n\r\n")
        if re.search(rb'name="importcsv"', head, re.IGNORECASE):
            return content.rsplit(b"\r\n", 1)[0].decode("utf-8-sig", "replace")
    raise bad_request("importCsv is required.")


def _imported(world: World, line: list[str]) -> Company | None:
    safe_number, number, country = (text.strip() for text in line[:3])
    if safe_number:
        return world.directory.find(safe_number)
    found = world.directory.by_number.get(number.replace(" ", ""), [])
    return next((one for one in found if one.country == country.upper()), None)


def bring(world: World, call: Call) -> Reply:
    """`POST …/import`, and `…/sync` which empties the portfolio first. Unknown and repeated rows are ignored."""
    portfolio = world.portfolio(call)
    lines = list(csv.reader(io.StringIO(_part(call))))
    if not lines or [text.strip() for text in lines[0]] != _COLUMNS:
        raise bad_request(f"The header must be: {','.join(_COLUMNS)}")
    if call.path.endswith("/sync"):
        portfolio.watched.clear()
    for line in lines[1:]:
        padded = [*line, *[""] * 6][:6]
        company = _imported(world, padded)
        if company:
            enrol(portfolio, company, reference=padded[3], free_text=padded[4], limit=padded[5])
    world.touch()
    return ok(
        {"correlationId": wire.correlation(), "status": f"Accepted for processing. Import Id {330_000 + world.version}"}
    )


_ALL = "/monitoring/portfolios/{portfolio}/companies"
ROUTES: list[Route] = [
    route("GET", _ALL, listing, "searchQuery pageSize page countryCode"),
    route("POST", _ALL, add),
    route("PATCH", f"{_ALL}/clear", clear, "clearAll"),
    route("POST", f"{_ALL}/copy", copy, "copyAll"),
    route("POST", f"{_ALL}/remove", move, "removeAll"),
    route("GET", f"{_ALL}/{{company}}", show),
    route("PATCH", f"{_ALL}/{{company}}", change),
    route("DELETE", f"{_ALL}/{{company}}", remove),
    route("POST", "/monitoring/portfolios/{portfolio}/import", bring),
    route("POST", "/monitoring/portfolios/{portfolio}/sync", bring),
]

"""Portfolios: the containers of watched companies (API reference 2.8)."""

from companies.creditsafe.sandbox import bureau, wire
from companies.creditsafe.sandbox.wire import (
    NO_CONTENT,
    Call,
    Json,
    RefusalError,
    Reply,
    Route,
    bad_request,
    conflict,
    ok,
    route,
    traced,
)  # fmt: skip
from companies.creditsafe.sandbox.world import Portfolio, World

_KEYS = {"name", "isDefault", "emails", "emailSubject", "emailLanguage", "frequency"}


def user_details(world: World, call: Call) -> Reply:
    """`GET /monitoring/user/details`: an array of one."""
    del world, call
    moment = wire.now()
    return ok(
        [
            {
                "countryCode": "FR",
                "createdDate": "2019-12-06 08:23:37",
                "csCustomerId": 577,
                "csUserId": 101577,
                "isAutoTracker": False,
                "languageCode": "FR",
                "lastAccessDate": wire.irregular(moment, 0),
                "modifiedDate": "",
                "contractEndDate": f"{moment.year + 1}-12-31T00:00:00",
                "userId": 577,
            }
        ]
    )


def _emails(portfolio: Portfolio, key: str) -> list[Json]:
    return [
        {"firstName": one["firstName"], "lastName": one["lastName"], key: one["emailAddress"]}
        for one in portfolio.emails
    ]


def listing(world: World, call: Call) -> Reply:
    """`GET /monitoring/portfolios`: here `data` is an object."""
    wanted = call.text("searchQuery").lower()
    found = [one for one in world.portfolios.values() if wanted in one.name.lower()]
    cut, paging = wire.page(call, found)
    rows = [
        {
            "portfolioId": one.number,
            "name": one.name,
            "isDefault": one.default,
            "emails": _emails(one, "email"),
            "isSharedPortfolio": int(bool(one.sharing)),
        }
        for one in cut
    ]
    return traced(totalCount=len(found), paging=paging, data={"portfolios": rows, "sharedPortfolios": None})


def _read(world: World, call: Call, own: int | None = None) -> Json:
    """The body of a POST or PATCH, checked; `own` is the number of the portfolio that may keep its name."""
    body = call.mapping()
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise bad_request("name is required.")
    if set(body) - _KEYS:
        raise bad_request(f"Parameters not supported: {', '.join(sorted(set(body) - _KEYS))}")
    if not isinstance(body.get("isDefault", False), bool):
        raise bad_request("isDefault must be true or false.")
    emails = body.get("emails") or []
    if not isinstance(emails, list) or not all(isinstance(one, dict) and one.get("emailAddress") for one in emails):
        raise bad_request("emailAddress is required.")
    if any(one.name.lower() == name.strip().lower() and one.number != own for one in world.portfolios.values()):
        raise conflict(f"Portfolio  {name} already exists")
    return body


def _write(world: World, portfolio: Portfolio, body: Json) -> None:
    portfolio.name = body["name"].strip()
    portfolio.subject = body.get("emailSubject") or portfolio.subject
    portfolio.language = body.get("emailLanguage") or portfolio.language
    portfolio.frequency = str(body.get("frequency") or portfolio.frequency)
    if "emails" in body:
        names = ("firstName", "lastName", "emailAddress")
        portfolio.emails = [{name: str(one.get(name) or "") for name in names} for one in body["emails"] or []]
    if body.get("isDefault"):
        for other in world.portfolios.values():
            other.default = other is portfolio
    world.touch()


def create(world: World, call: Call) -> Reply:
    """`POST /monitoring/portfolios`: 200; the new portfolio has no rule, so it stays silent."""
    body = _read(world, call)
    portfolio = Portfolio(world.next_portfolio, body["name"].strip())
    world.next_portfolio += 1
    world.portfolios[portfolio.number] = portfolio
    _write(world, portfolio, body)
    return traced(portfolioId=portfolio.number, name=portfolio.name, isDefault=portfolio.default)


def show(world: World, call: Call) -> Reply:
    one = world.portfolio(call)
    return traced(
        portfolioId=one.number, name=one.name, isDefault=one.default, emailSubject=one.subject,
        emails=_emails(one, "emailAddress"),
    )  # fmt: skip


def change(world: World, call: Call) -> Reply:
    portfolio = world.portfolio(call)
    _write(world, portfolio, _read(world, call, portfolio.number))
    return NO_CONTENT


def remove(world: World, call: Call) -> Reply:
    """`DELETE …/{id}`: the default portfolio cannot go."""
    portfolio = world.portfolio(call)
    if portfolio.default:
        raise RefusalError(403, {"message": "Access forbidden"})
    del world.portfolios[portfolio.number]
    world.notifications = [one for one in world.notifications if one.portfolio != portfolio.number]
    world.touch()
    return ok({"message": "Portfolio removed and service usage will be updated shortly"})


def countries(world: World, call: Call) -> Reply:
    """`GET …/{id}/countries`: a bare array."""
    portfolio = world.portfolio(call)
    return ok(sorted({world.directory.by_id[any_id].country for any_id in portfolio.watched}))


def risk_summary(world: World, call: Call) -> Reply:
    """`GET …/{id}/riskSummary`: companies without any band count in the total but not in the percentages."""
    portfolio = world.portfolio(call)
    companies = [world.directory.by_id[any_id] for any_id in portfolio.watched]
    banded = [bureau.band(one.standing.score) for one in companies if one.standing.oddity != "no-credit-score"]
    body: Json = {"totalCompanies": len(companies)}
    for letter in "ABCDE":
        count = banded.count(letter)
        body |= {f"band{letter}Count": count, f"band{letter}pc": 100 * count / len(banded) if banded else 0}
    return traced(**body)


def sharing(world: World, call: Call) -> Reply:
    """`GET …/sharingPermissions`: keys in the singular, as specified, or in the plural, as in older examples."""
    portfolio = world.portfolio(call)
    plural = "s" if portfolio.number % 2 else ""
    users = [
        {"csUserId": one["csUserId"], "userName": f"user{one['csUserId']}", f"permission{plural}": one["permissions"]}
        for one in portfolio.sharing
    ]
    data = {"portfolioId": str(portfolio.number), "customerId": 577, f"userPermission{plural}": users}
    return traced(data=data)


def _shares(one: object) -> bool:
    return isinstance(one, dict) and type(one.get("csUserId")) is int and isinstance(one.get("permissions"), str)


def share(world: World, call: Call) -> Reply:
    """`PATCH …/sharingPermissions`: set or revoke who else sees the portfolio."""
    portfolio, body = world.portfolio(call), call.mapping()
    given = body.get("userPermissions") or []
    if not isinstance(given, list) or not all(map(_shares, given)):
        raise bad_request("csUserId and permissions are required.")
    revoke = str(body.get("revokeAll", "false")).lower() == "true"
    portfolio.sharing = [] if revoke else [{name: one[name] for name in ("csUserId", "permissions")} for one in given]
    world.touch()
    return traced(data={"portfolioId": str(portfolio.number), "customerId": 577, "status": "Success"})


_ONE = "/monitoring/portfolios/{portfolio}"
ROUTES: list[Route] = [
    route("GET", "/monitoring/user/details", user_details),
    route("GET", "/monitoring/portfolios", listing, "searchQuery page pageSize"),
    route("POST", "/monitoring/portfolios", create),
    route("GET", _ONE, show),
    route("PATCH", _ONE, change),
    route("DELETE", _ONE, remove),
    route("GET", f"{_ONE}/countries", countries),
    route("GET", f"{_ONE}/riskSummary", risk_summary),
    route("GET", f"{_ONE}/sharingPermissions", sharing),
    route("PATCH", f"{_ONE}/sharingPermissions", share),
]

"""Notifications: made from facts, listed with the provider's filters (API reference 2.8)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from companies.creditsafe.sandbox import changes, rules, wire
from companies.creditsafe.sandbox.changes import Change, Fact
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.wire import (
    NO_CONTENT,
    Call,
    Json,
    Reply,
    Route,
    bad_request,
    not_found,
    ok,
    route,
    traced,
)
from companies.creditsafe.sandbox.world import Notification, World

MOST_KEPT = 20_000  # the oldest notifications go first, so that a long-lived state file stays small
LATE = timedelta(hours=36)
_LIST = "searchQuery sortBy sortDir startDate endDate page pageSize filterByCreatedDate language"


def notify(world: World, company: Company, told: Iterable[Fact]) -> int:
    """Record the facts in each portfolio whose rules let them through; return how many facts got anywhere."""
    moment, recorded = wire.now(), 0
    if "late-events" in world.faults:
        moment -= LATE
    for fact in told:
        portfolios = [one for one in world.watchers(company) if rules.lets_through(one, fact)]
        for portfolio in portfolios:
            old, new = rules.shown(portfolio, fact)
            rule = rules.BY_CODE[fact.country, fact.code]
            world.notifications.append(
                Notification(
                    world.next_notification, world.next_event, portfolio.number, company.connect_id, fact.country,
                    fact.code, rule.name, old, new, moment.isoformat(), moment.isoformat(), fact.summary,
                )
            )  # fmt: skip
            portfolio.watched[company.connect_id].last_event = moment.isoformat()
            world.next_notification += 1
        if portfolios:
            world.next_event += 1
            recorded += 1
    del world.notifications[:-MOST_KEPT]
    return recorded


def commit(world: World, change: Change) -> int:
    """Apply a change to its company and notify; return the number of events made."""
    company = world.directory.by_id[change["id"]]
    told = changes.facts(company, change)
    changes.apply(world.directory, change)
    world.mutations.append(change)
    world.touch()
    return notify(world, company, told)


def _events_of(world: World, company: Company, change: Change) -> int:
    told = changes.facts(company, change)
    return sum(any(rules.lets_through(one, fact) for one in world.watchers(company)) for fact in told)


def emit(world: World, count: int) -> int:
    """Make `count` events happen to watched companies under active rules; fewer when too little can happen."""
    rng = Random(f"{world.next_notification}:{world.next_event}")
    watched = sorted({any_id for one in world.portfolios.values() if one.rules for any_id in one.watched})
    made, tries = 0, 60 * count if watched else 0
    while made < count and tries:
        tries -= 1
        company = world.directory.by_id[rng.choice(watched)]
        kind = rng.choices(list(changes.KINDS), weights=list(changes.KINDS.values()))[0]
        change = changes.propose(company, kind, rng=rng, day=wire.now().date())
        if change and 0 < _events_of(world, company, change) <= count - made:
            made += commit(world, change)
    return made


def _date(text: str, number: int) -> str:
    """Irregular forms by number; now and then nothing at all."""
    return "" if number % 47 == 0 else wire.irregular(wire.parse_moment(text), number)


def row(world: World, one: Notification) -> Json:
    """One event as the provider writes it; one in nine has only the keys that never miss."""
    company, portfolio = world.directory.by_id[one.company_id], world.portfolios.get(one.portfolio)
    number = one.number
    event: Json = {
        "company": {
            "id": company.connect_id,
            "safeNumber": company.safe_number,
            "name": company.registered_name,
            "countryCode": company.country,
            "portfolioId": one.portfolio,
            "portfolioName": portfolio.name if portfolio else "",
        },
        "eventId": one.event,
        "eventDate": "" if number % 41 == 0 else f"{one.happened[:10]}T00:00:00",
        "notificationEventId": number,
        "ruleCode": one.code,
        "ruleName": one.rule,
    }
    if number % 9 == 0:
        return event
    return event | {
        "newValue": one.new or None,
        "oldValue": one.old or None,
        "createdDate": _date(one.created, number),
        "notificationId": None,
        "processedDate": None,
        "summary": one.summary if number % 3 else None,
        "ruleText": None,
        "localEventCode": None,
        "isProcessed": one.processed,
    }


def _matching(world: World, call: Call) -> list[Notification]:
    start, end = call.moment("startDate"), call.moment("endDate")
    created, wanted = call.flag("filterByCreatedDate"), call.text("searchQuery").upper()

    def fits(one: Notification) -> bool:
        moment = datetime.fromisoformat(one.created)
        if not created:
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        name = world.directory.by_id[one.company_id].registered_name.upper()
        return (not start or moment >= start) and (not end or moment <= end) and wanted in name

    return [one for one in world.notifications if fits(one)]


def _sorted(world: World, call: Call, found: list[Notification]) -> list[Notification]:
    by, direction = call.text("sortBy", "companyName"), call.text("sortDir", "asc")
    keys: dict[str, Any] = {
        "companyName": lambda one: world.directory.by_id[one.company_id].registered_name,
        "countryCode": lambda one: world.directory.by_id[one.company_id].country,
        "eventId": lambda one: one.event,
        "eventDate": lambda one: one.happened,
    }
    if by not in keys or direction not in {"asc", "desc"}:
        raise bad_request(f"sortBy '{by}' or sortDir '{direction}' is not valid.")
    return sorted(found, key=keys[by], reverse=direction == "desc")


def _listed(world: World, call: Call, found: list[Notification]) -> Reply:
    ordered = _sorted(world, call, found)
    cut, paging = wire.page(call, ordered)
    number = call.whole("page", 0)
    if number and cut and "repeat-page" in world.faults:
        cut.insert(0, ordered[number * paging["size"] - 1])
    data = [row(world, one) for one in cut for _ in range(2 if "duplicate-events" in world.faults else 1)]
    return traced(totalCount=len(ordered), data=data, paging=paging)


def everywhere(world: World, call: Call) -> Reply:
    """`GET /monitoring/notificationEvents`: all portfolios."""
    return _listed(world, call, _matching(world, call))


def in_portfolio(world: World, call: Call) -> Reply:
    number = world.portfolio(call).number
    return _listed(world, call, [one for one in _matching(world, call) if one.portfolio == number])


def of_watched(world: World, call: Call) -> Reply:
    """Events of one company in one portfolio; 204 when there are none."""
    portfolio = world.portfolio(call)
    any_id = world.watched(portfolio, call).company_id
    found = [one for one in _matching(world, call) if (one.portfolio, one.company_id) == (portfolio.number, any_id)]
    if "isProcessed" in call.query:
        found = [one for one in found if one.processed == call.flag("isProcessed")]
    return _listed(world, call, found) if found else NO_CONTENT


def of_company(world: World, call: Call) -> Reply:
    """`GET /monitoring/companies/{id}/events`: only for companies of our portfolios, under other keys."""
    company = world.company(call.names["company"])
    if not any(world.watchers(company)):
        raise not_found("Company not found")
    found = [one for one in _matching(world, call) if one.company_id == company.connect_id]
    cut, paging = wire.page(call, found)
    data = [_short_row(company, one) for one in cut]
    return traced(totalCount=len(found), data=data, paging=paging)


def _short_row(company: Company, one: Notification) -> Json:
    """An event without its portfolio's words; what is unknown has no key."""
    values = {"newValue": one.new, "oldValue": one.old}
    return {
        "eventId": one.event,
        "companyId": company.safe_number,
        "portfolioId": one.portfolio,
        "ruleName": one.rule,
        "globalEventCode": str(one.code),
        "eventDate": wire.irregular(wire.parse_moment(one.happened), one.number),
        "createdDate": _date(one.created, one.number),
    } | {name: text for name, text in values.items() if text}


def by_day(world: World, call: Call) -> Reply:
    """`…/notificationEvents/dataByDay`: how many events each day had."""
    call.required("startDate")
    call.required("endDate")
    number = world.portfolio(call).number if "portfolio" in call.names else None
    counts: dict[str, int] = {}
    for one in _matching(world, call):
        if number in {None, one.portfolio}:
            counts[one.happened[:10]] = counts.get(one.happened[:10], 0) + 1
    return ok(
        {"correlationId": wire.correlation(), "data": [{"date": day, "count": counts[day]} for day in sorted(counts)]}
    )


def mark(world: World, call: Call) -> Reply:
    """`PATCH …/notificationEvents/{id}` with isProcessed: deprecated by the provider, and still answered."""
    wanted = call.mapping().get("isProcessed")
    for one in world.notifications:
        if str(one.number) == call.names["notification"] and str(one.portfolio) == call.names["portfolio"]:
            one.processed = bool(wanted)
            world.touch()
            return NO_CONTENT
    raise not_found("NotificationEventId resource not found")


_PORTFOLIO = "/monitoring/portfolios/{portfolio}"
ROUTES: list[Route] = [
    route("GET", "/monitoring/notificationEvents", everywhere, _LIST),
    route("GET", "/monitoring/notificationEvents/dataByDay", by_day, "startDate endDate"),
    route("GET", f"{_PORTFOLIO}/notificationEvents", in_portfolio, _LIST),
    route("GET", f"{_PORTFOLIO}/notificationEvents/dataByDay", by_day, "startDate endDate"),
    route("PATCH", f"{_PORTFOLIO}/notificationEvents/{{notification}}", mark),
    route("GET", f"{_PORTFOLIO}/companies/{{company}}/notificationEvents", of_watched, f"{_LIST} isProcessed"),
    route("GET", "/monitoring/companies/{company}/events", of_company, "startDate endDate page pageSize"),
]

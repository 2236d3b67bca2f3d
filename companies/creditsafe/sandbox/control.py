"""What a test in another process asks of the sandbox, under `/sandbox/` and no part of the provider's API.

`GET|POST|DELETE /sandbox/faults`, `GET /sandbox/orders`, `GET /sandbox/companies`, `POST /sandbox/events`.
"""

from companies.creditsafe.sandbox import events, wire
from companies.creditsafe.sandbox.wire import Call, Json, Reply, Route, bad_request, ok, route
from companies.creditsafe.sandbox.world import World

PREFIX = "/sandbox/"


def faults(world: World, call: Call) -> Reply:
    """The faults in force, the plan, and how many calls were counted."""
    del call
    told = world.faults
    return ok({"active": told.active, "planned": [list(turn) for turn in told.planned], "calls": told.calls})


def misbehave(world: World, call: Call) -> Reply:
    """`{"add": ["NAME=ARG", …], "remove": ["NAME", …]}`: lifts first, then adds."""
    body = call.mapping()
    added, removed = (_names(body, name) for name in ("add", "remove"))
    for name in removed:
        world.faults.remove(name)
    for text in added:
        try:
            world.faults.add(text)
        except ValueError as error:
            raise bad_request(str(error)) from None
    return faults(world, call)


def _names(body: Json, name: str) -> list[str]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise bad_request(f"{name} must be an array of strings.")
    return found


def behave(world: World, call: Call) -> Reply:
    world.faults.clear()
    return faults(world, call)


def orders(world: World, call: Call) -> Reply:
    """How many reports were billed, by connectId."""
    del call
    return ok(dict(world.orders))


def companies(world: World, call: Call) -> Reply:
    """What each company's next report will say, for who compares."""
    del call
    return ok(
        [
            {
                "id": one.connect_id,
                "country": one.country,
                "score": one.standing.score,
                "limit": one.standing.limit,
                "failed": one.standing.failed,
                "version": one.version,
            }
            for one in world.directory.companies
        ]
    )


def happen(world: World, call: Call) -> Reply:
    """`{"count": N}`: let so many events happen now; the answer says how many could."""
    count = call.mapping().get("count", 1)
    if type(count) is not int or not 0 < count <= 100_000:
        raise bad_request("count must be from 1 to 100 000.")
    return ok({"made": events.emit(world, count)})


ROUTES: list[Route] = [
    route("GET", "/sandbox/faults", faults),
    route("POST", "/sandbox/faults", misbehave),
    route("DELETE", "/sandbox/faults", behave),
    route("GET", "/sandbox/orders", orders),
    route("GET", "/sandbox/companies", companies),
    route("POST", "/sandbox/events", happen),
]


def answer(world: World, call: Call) -> Reply:
    """Serve one call of this side; raises RefusalError."""
    if call.method == "POST" and "json" not in call.headers.get("content-type", ""):
        raise bad_request("The content type must be application/json.")  # which no foreign web page may send unasked
    one, call = wire.dispatch(ROUTES, call)
    with world.lock:
        return one.handler(world, call)

"""What goes over the wire: dates never written twice alike, bodies, refusals in the provider's shapes."""

import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

Json = dict[str, Any]


def now() -> datetime:
    return datetime.now(UTC)


def midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def month_year(day: date) -> str:
    return day.strftime("%m/%Y")


def ordered_at(moment: datetime) -> str:
    """Milliseconds without their trailing zeros, as in `dateOfOrder`."""
    fraction = f"{moment.microsecond // 1000:03d}".rstrip("0") or "0"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}Z"


_FORMS: tuple[Callable[[datetime], str], ...] = (
    lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}",
    lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}",
    lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
    lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}Z",
    lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
)


def irregular(moment: datetime, turn: int) -> str:
    """Write a moment in one of the provider's forms; `turn` decides which (API reference 1.8)."""
    return _FORMS[turn % len(_FORMS)](moment)


def parse_moment(text: str) -> datetime:
    """Read a date-time of a query; without a zone it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip().replace(" ", "T"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def correlation() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    kind: str = "application/json; charset=UTF-8"
    drip: float = 0  # seconds over which the body is sent


def ok(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode())


def traced(status: int = 200, **body: object) -> Reply:
    """A body with the correlationId that most answers carry."""
    return ok({"correlationId": correlation(), **body}, status)


NO_CONTENT = Reply(204)


class RefusalError(Exception):
    """A refusal on its way out: status and body, in one of the provider's shapes (API reference 1.4)."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"{status} {body}")
        self.reply = ok(body, status)


def bad_request(details: str) -> RefusalError:
    return RefusalError(400, {"correlationId": correlation(), "message": "Bad request", "details": details})


def forbidden(details: str) -> RefusalError:
    return RefusalError(403, {"correlationId": correlation(), "message": "Forbidden request", "details": details})


def not_found(message: str) -> RefusalError:
    return RefusalError(404, {"message": message})


def conflict(message: str) -> RefusalError:
    return RefusalError(409, {"correlationId": correlation(), "message": message})


def invalid_token() -> RefusalError:
    return RefusalError(401, {"error": "Invalid token."})


def report_unavailable() -> RefusalError:
    message = {"type": "Information", "code": "ReportUnavailable", "text": "Report unavailable."}
    return RefusalError(400, {"messages": [message], "correlationId": correlation()})


@dataclass(slots=True)
class Call:
    """One request as a handler sees it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw: bytes
    names: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        return self.query[name][-1].strip() if name in self.query else default

    def required(self, name: str) -> str:
        if not self.text(name):
            raise bad_request(f"{name} is required.")
        return self.text(name)

    def whole(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """Read an integer parameter within its bounds; anything else is a 400."""
        text = self.text(name, str(default))
        if not re.fullmatch(r"-?\d{1,9}", text) or int(text) < least or (most is not None and int(text) > most):
            raise bad_request(f"{name} '{text}' is not valid.")
        return int(text)

    def flag(self, name: str) -> bool:
        text = self.text(name, "false").lower()
        if text not in {"true", "false"}:
            raise bad_request(f"{name} must be true or false.")
        return text == "true"

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        try:
            return parse_moment(text) if text else None
        except ValueError:
            raise bad_request(f"{name} '{text}' is not a valid date-time.") from None

    def body(self) -> Any:
        try:
            return json.loads(self.raw)
        except ValueError:
            raise bad_request("The request body is not valid JSON.") from None

    def mapping(self) -> Json:
        body = self.body()
        if not isinstance(body, dict):
            raise bad_request("The request body must be an object.")
        return body


def page(call: Call, rows: Sequence[Any], default_size: int = 50) -> tuple[list[Any], Json]:
    """Cut one page the monitoring way: pages count from 0, `last` is -1 when empty (API reference 1.6).

    Returns the rows and the `paging` object, whose next and prev are null or simply absent.
    """
    number, size = call.whole("page", 0), call.whole("pageSize", default_size, least=1, most=1000)
    last = (len(rows) - 1) // size
    paging: Json = {"size": size, "last": last}
    if number > 0:
        paging["prev"] = number - 1
    elif number == last:
        paging["prev"] = None
    if number < last:
        paging["next"] = number + 1
    elif last % 2 == 0:
        paging["next"] = None
    return list(rows[number * size : (number + 1) * size]), paging


Handler = Callable[[Any, Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    query: frozenset[str]


def route(method: str, path: str, handler: Handler, query: str = "") -> Route:
    """Describe one endpoint: `{name}` stands for one path segment, `query` lists what it accepts."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(pattern), handler, frozenset(query.split()))


def dispatch(routes: Sequence[Route], call: Call) -> tuple[Route, Call]:
    """Find the endpoint of a call and fill in its names; refuse what is not in the contract."""
    known = [(one, match) for one in routes if (match := one.pattern.fullmatch(call.path))]
    if not known:
        raise not_found("Resource not found ")
    for one, match in known:
        if one.method == call.method:
            unknown = sorted(set(call.query) - one.query)
            if unknown:
                raise bad_request(f"Parameters not supported: {', '.join(unknown)}")
            call.names = {name: unquote(value) for name, value in match.groupdict().items()}
            return one, call
    raise RefusalError(405, {"message": "Method not allowed"})


def parse_query(text: str) -> dict[str, list[str]]:
    return parse_qs(text, keep_blank_values=True)

"""What the tests of the sandbox share: a plain HTTP caller that knows nothing of our client."""

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from companies.creditsafe.sandbox import Sandbox
from companies.creditsafe.sandbox.directory import Company

PASSWORD = "sandbox"
ALL = "/monitoring/portfolios"


@dataclass
class Answer:
    status: int
    raw: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Caller:
    """Calls a sandbox over one keep-alive connection. `token` is sent as Bearer unless headers say otherwise."""

    box: Sandbox
    token: str = ""
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(urlsplit(self.box.url).netloc, timeout=10)

    def __call__(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, Any] | None = None, **query: Any
    ) -> Answer:
        target = f"/v1{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self.connection.request(method, target, content, {**given, **(headers or {})})
        response = self.connection.getresponse()
        return Answer(response.status, response.read(), dict(response.getheaders()))

    def get(self, path: str, **query: Any) -> Answer:
        return self("GET", path, **query)

    def log_in(self, password: str = PASSWORD) -> Answer:
        answer = self("POST", "/authenticate", {"username": "verne", "password": password})
        self.token = answer.json.get("token", "")
        return answer

    def close(self) -> None:
        self.connection.close()


def watch(call: Caller, company: Company, portfolio: int) -> Answer:
    body = {"id": company.connect_id, "personalReference": "", "freeText": "", "personalLimit": ""}
    return call("POST", f"/monitoring/portfolios/{portfolio}/companies", body)


def activate(call: Caller, portfolio: int, country: str = "XX", **params: str) -> Answer:
    """Switch every rule of a country on, each with its default parameters unless others are given."""
    path = f"/monitoring/portfolios/{portfolio}/eventRules/{country}"
    rows = [
        {"ruleCode": rule["ruleCode"], "isActive": 1}
        | {name: value for name, value in rule.items() if name.startswith("param")}
        | {name: value for name, value in params.items() if name in rule}
        for rule in call.get(path).json
    ]
    return call("PUT", path, rows)


def new_portfolio(call: Caller, name: str = "Clients") -> int:
    number: int = call("POST", "/monitoring/portfolios", {"name": name}).json["portfolioId"]
    return number


def one(box: Sandbox, country: str = "FR", **standing: Any) -> Company:
    """The first company of the country whose standing is as wanted: `oddity`, or scores with `least` and `most`."""
    least, most = standing.get("least", 0), standing.get("most", 100)
    return next(
        company
        for company in box.directory
        if company.country == country
        and company.standing.oddity == standing.get("oddity", "")
        and (company.standing.score is None or least <= company.standing.score <= most)
    )

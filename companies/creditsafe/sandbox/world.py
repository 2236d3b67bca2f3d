"""Everything the sandbox remembers: companies, portfolios, rules, events, orders. One lock guards it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from companies.creditsafe.sandbox.directory import Company, Directory
from companies.creditsafe.sandbox.faults import Faults
from companies.creditsafe.sandbox.shelf import Shelf
from companies.creditsafe.sandbox.wire import Call, RefusalError, not_found

FIRST_PORTFOLIO = 100_001


@dataclass(slots=True)
class Watched:
    """A company in a portfolio. Moments are ISO texts in UTC."""

    company_id: str
    reference: str
    free_text: str
    limit: str
    added: str
    modified: str
    last_event: str = ""


@dataclass(slots=True)
class Setting:
    """What a portfolio says of one rule."""

    active: int
    params: list[str]


@dataclass(slots=True)
class Portfolio:
    """`rules` goes from country and rule code to the setting; a new portfolio has none, hence no events."""

    number: int
    name: str
    default: bool = False
    emails: list[dict[str, str]] = field(default_factory=list)
    subject: str = ""
    language: str = "en"
    frequency: str = ""
    watched: dict[str, Watched] = field(default_factory=dict)
    rules: dict[str, dict[int, Setting]] = field(default_factory=dict)
    sharing: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Notification:
    """One event in one portfolio. Moments are ISO texts in UTC."""

    number: int
    event: int
    portfolio: int
    company_id: str
    country: str
    code: int
    rule: str
    old: str
    new: str
    happened: str
    created: str
    summary: str
    processed: bool = False


@dataclass(slots=True)
class Run:
    """One run of the decision engine; `status` is 1 positive, 2 pending, 3 negative, 5 and 6 decided by hand."""

    number: int
    company_id: str
    company_name: str
    decision: str
    letter: str
    origin: str
    decided: str
    modified: str
    status: int
    notes: str = ""


@dataclass(slots=True)
class Engine:
    """The decision engine of the account, as it was configured."""

    configuration: dict[str, Any]
    outcomes: list[dict[str, Any]]
    manual_review: bool = False


class World:
    """The state behind the server. Handlers hold `lock` while they read or write it."""

    def __init__(self, directory: Directory, faults: Faults, *, seed: int, engine: Engine) -> None:
        self.directory = directory
        self.engine = engine
        self.shelf = Shelf(directory)
        self.seed = seed
        self.faults = faults
        self.lock = RLock()
        self.orders: Counter[str] = Counter()
        self.portfolios: dict[int, Portfolio] = {FIRST_PORTFOLIO: Portfolio(FIRST_PORTFOLIO, "Default", default=True)}
        self.notifications: list[Notification] = []
        self.mutations: list[dict[str, Any]] = []
        self.runs: list[Run] = []
        self.people_orders: Counter[str] = Counter()
        self.next_portfolio = FIRST_PORTFOLIO + 1
        self.next_event = 900_000_001
        self.next_notification = 5_200_003
        self.version = 0

    def touch(self) -> None:
        """Say that something worth keeping has changed."""
        self.version += 1

    def portfolio(self, call: Call) -> Portfolio:
        """The portfolio that the path names, or a 404."""
        number = call.names["portfolio"]
        found = self.portfolios.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise not_found("Portfolio not found ")
        return found

    def company(self, any_id: str) -> Company:
        """The company of a connectId or safe number, or a 404."""
        found = self.directory.find(any_id)
        if found is None:
            raise not_found("Company resource not found")
        return found

    def watched(self, portfolio: Portfolio, call: Call) -> Watched:
        """The entry that the path names; absence is a 400 and not a 404, as seen of the provider."""
        company = self.directory.find(call.names["company"])
        entry = portfolio.watched.get(company.connect_id) if company else None
        if entry is None:
            raise RefusalError(400, {"message": "PortfolioCompany not found"})
        return entry

    def watchers(self, company: Company) -> Iterator[Portfolio]:
        return (one for one in self.portfolios.values() if company.connect_id in one.watched)

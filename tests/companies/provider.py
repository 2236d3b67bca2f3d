"""A sandbox with linked companies of ours, for the tests of orders and their fetching."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from companies.choices import OrderReason
from companies.creditsafe.sandbox import Sandbox
from companies.models import Company, Connection, Profile, ReportOrder
from companies.services import orders
from tests import make
from tests.make import NOW


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        return self.now

    def turn(self, delta: Any) -> None:
        self.now += delta


@contextmanager
def connected(**values: Any) -> Iterator[Sandbox]:
    with Sandbox(companies=160, seed=5) as box:
        Connection(base_url=box.url, username="demo", password="sandbox", **values).save()
        yield box


def linked(box: Sandbox, count: int, country: str = "FR") -> list[Company]:
    """Companies of ours, each linked to one of the directory, without any report."""
    known = set(Profile.objects.values_list("connect_id", flat=True))
    theirs = [one for one in box.directory if one.country == country and one.connect_id not in known][:count]
    assert len(theirs) == count
    return [link(make.company(one.name, country=country), one.connect_id) for one in theirs]


def link(company: Company, connect_id: str) -> Company:
    make.profile(company, None, None, connect_id=connect_id, rating="", rating_state="unknown", reported_at=None)
    return company


def ask(companies: list[Company], reason: OrderReason = OrderReason.LINKED, **values: Any) -> list[ReportOrder]:
    values = {"now": NOW} | values
    orders.order([company.pk for company in companies], reason=reason, **values)
    return list(ReportOrder.objects.filter(company__in=companies).order_by("pk"))


def quiet(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def billed(box) -> int:
    return sum(box.orders.values())


def states() -> dict[str, int]:
    found = list(ReportOrder.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in set(found)}

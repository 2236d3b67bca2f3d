"""A running sandbox and a caller that is logged in."""

import gc
from collections.abc import Iterator

import pytest

from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.sandbox_support import Caller, new_portfolio


@pytest.fixture(autouse=True, scope="session")
def settled() -> None:
    """What was imported stays: the collector need not look at it again for each of some 300 directories."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(companies=400, seed=1) as running:
        yield running


@pytest.fixture
def call(box: Sandbox) -> Iterator[Caller]:
    caller = Caller(box)
    caller.log_in()
    yield caller
    caller.close()


@pytest.fixture
def portfolio(call: Caller) -> int:
    """The number of an empty portfolio without rules."""
    return new_portfolio(call)

"""Whatever the server forgets or muddles, a report can be read."""

import copy
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companies.creditsafe import Report, parse_report
from companies.creditsafe.payloads import decisions, monitoring, search
from companies.creditsafe.payloads.access import parse_access
from companies.creditsafe.payloads.values import dig, rows
from tests.creditsafe.client_support import sample

REPORTS = ["report_fr", "report_fr_failed", "report_gb", "report_se_unrated"]
READERS = {
    "access": parse_access,
    "search_fr": search.parse_search,
    "match": search.parse_match,
    "portfolios": monitoring.parse_portfolios,
    "portfolio_companies": lambda body: [*map(monitoring.parse_portfolio_company, rows(dig(body, "data")))],
    "notification_events": lambda body: [*map(monitoring.parse_event, rows(dig(body, "data")))],
    "event_rules": lambda body: [*map(monitoring.parse_rule, rows(body))],
}
JUNK: list[object] = [
    None,
    "",
    "x",
    "2026-13-45",
    0,
    -1,
    Decimal("1e30"),
    10**4000,
    True,
    [],
    {},
    [None],
    [{}],
    ["x"],
    {"value": {}},
    [[{}]],
]


def places(value, path=()):
    """Every path in a tree, leaves and branches."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def spoilt(body, wounds):
    """A copy where each wounded place is dropped, or replaced by junk."""
    for path, junk in wounds:
        body = wounded(body, path, junk)
    return body


def wounded(value, path, junk):
    """A copy that differs in one place. The rest is shared, since readers change nothing: the fixture sees to it."""
    if not isinstance(value, dict | list):
        return value  # an earlier wound took this place away
    key, *below = path
    copied = value.copy()
    try:
        if below:
            copied[key] = wounded(copied[key], below, junk)
        elif junk is DROPPED:
            del copied[key]
        else:
            copied[key] = copy.deepcopy(junk)
    except (KeyError, IndexError, TypeError):
        return value  # an earlier wound took this place away
    return copied


@pytest.fixture(autouse=True, scope="module")
def unchanged():
    """No reader may change what it reads."""
    before = copy.deepcopy(SAMPLES)
    yield
    assert before == SAMPLES


DROPPED = object()
SAMPLES = {name: sample(name) for name in (*REPORTS, *READERS)}
PLACES = {name: [path for path in places(body) if path] for name, body in SAMPLES.items()}


def wounds(name, most):
    return st.lists(st.tuples(st.sampled_from(PLACES[name]), st.sampled_from([DROPPED, *JUNK])), max_size=most)


@pytest.mark.parametrize("name", REPORTS)
@settings(max_examples=settings.default.max_examples * 3 // 2, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_mutilated_report_can_raise(name, data):
    body = spoilt(SAMPLES[name], data.draw(wounds(name, 40)))
    report = parse_report(body)
    assert isinstance(report, Report)
    assert report.rating in {*"ABCDE", None}
    assert report.score is None or 0 <= report.score <= 100
    assert report.rating_state in {"rated", "not_rated", "failed", "unknown"}
    assert report.credit_limit is None or isinstance(report.credit_limit, Decimal)


@pytest.mark.parametrize("name", REPORTS)
def test_no_single_wound_can_raise(name):
    for path in PLACES[name]:
        for junk in (DROPPED, "x", {}):
            assert isinstance(parse_report(spoilt(SAMPLES[name], [(path, junk)])), Report)


@pytest.mark.parametrize("name", READERS)
def test_no_wound_in_a_list_can_raise(name):
    for path in PLACES[name]:
        for junk in (DROPPED, *JUNK):
            READERS[name](spoilt(SAMPLES[name], [(path, junk)]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_no_json_at_all_can_raise(body):
    parse_report(body)
    parse_access(body)
    search.parse_search(body)
    search.parse_people(body)
    search.parse_images(body)
    monitoring.parse_user(body)
    monitoring.parse_sharing(body)
    monitoring.parse_outcome(body)
    monitoring.parse_risk_summary(body)
    decisions.parse_engines(body)
    decisions.parse_fields(body)
    decisions.parse_decision_log(body)
    decisions.parse_instances(body)
    decisions.parse_outcomes(body)

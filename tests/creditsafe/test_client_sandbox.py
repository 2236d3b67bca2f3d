"""The client and the sandbox share no code: what both understand, the contract says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from companies.creditsafe import errors, parse_report
from companies.creditsafe.client.companies import JSON_PDF
from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.client_support import SharedCache, client

YESTERDAY, TOMORROW = (datetime.now(UTC) + timedelta(days=days) for days in (-2, 1))


@pytest.fixture
def box():
    with Sandbox(companies=120) as running:
        yield running


@pytest.fixture
def connect(box):
    return client(base_url=box.url, username="tests", password="sandbox", now=lambda: datetime.now(UTC))


@pytest.fixture
def company(box):
    return next(row for row in box.directory if row.country == "FR" and (row.standing.score or 0) > 70)


def options(company):
    return {"custom_data": "de_reason_code::1"} if company.country == "DE" else {}


def paths(box):
    return [path for _, path, _ in box.requests]


@pytest.mark.parametrize(("language", "step"), [("fr", 1), ("en", 3)])
def test_every_report_says_what_the_directory_says(box, connect, language, step):
    for company in box.directory[::step]:
        report = parse_report(connect.report(company.connect_id, language, **options(company)).data)
        told = (report.connect_id, report.country, report.registration_number, report.score, report.vat_number)
        assert told[:4] == (company.connect_id, company.country, company.number, company.standing.score)
        assert report.open_proceeding <= (report.rating_state == "failed")
        assert (report.rating_state == "failed") == company.standing.failed
        assert report.credit_limit == (Decimal(company.standing.limit) if company.standing.limit.isdigit() else None)


def test_one_login_serves_all_orders(box, connect, company):
    for _ in range(3):
        connect.report(company.connect_id)
    assert paths(box).count("/authenticate") == 1
    assert box.orders[company.connect_id] == 3


def test_a_token_that_dies_in_the_middle_is_renewed_once(box, connect, company):
    connect.authenticate()
    box.faults.add("401-midrun")
    assert connect.report(company.connect_id).data["report"]
    assert paths(box).count("/authenticate") == 2
    assert box.orders[company.connect_id] == 1


def test_a_wrong_password_is_refused_after_one_attempt(box):
    with pytest.raises(errors.BadCredentials):
        client(base_url=box.url, password="wrong").access()
    assert len(box.requests) == 1


def test_a_short_token_is_not_used_beyond_its_end():
    now = [datetime.now(UTC)]
    with Sandbox(companies=40, token_life=30) as box:
        us = client(base_url=box.url, password="sandbox", now=lambda: now[0])
        us.access()
        now[0] += timedelta(seconds=31)
        us.access()
        assert [(path, status) for _, path, status in box.requests] == [("/authenticate", 200), ("/access", 200)] * 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("500", errors.Unavailable),
        ("429", errors.RateLimited),
        ("down", errors.Unavailable),
        ("hang=0.1", errors.Unavailable),
        ("truncated", errors.Unavailable),
        ("no-report", errors.UnexpectedAnswer),
        ("report-unavailable", errors.ReportUnavailable),
        ("403-country=FR", errors.AccessDenied),
    ],
)
def test_each_fault_has_its_exception_and_is_met_once(box, connect, company, fault, kind):
    connect.authenticate()
    box.faults.add(fault)
    with pytest.raises(kind) as caught:
        connect.report(company.connect_id)
    assert type(caught.value) is kind
    assert len(box.requests) <= 2
    assert caught.value.after_success is (fault in {"truncated", "no-report"})


def test_an_order_that_was_charged_can_be_told_from_one_that_was_not(box, connect, company):
    connect.authenticate()
    for fault in ("truncated", "no-report", "500", "report-unavailable"):
        before = box.orders[company.connect_id]
        box.faults.add(fault)
        with pytest.raises(errors.CreditsafeError) as caught:
            connect.report(company.connect_id)
        box.faults.clear()
        assert caught.value.after_success == (box.orders[company.connect_id] > before)


def test_a_company_is_found_by_its_number(connect, company):
    heads = [hit for hit in connect.search("FR", reg_no=company.number).items if hit.is_head_office]
    assert [(hit.connect_id, hit.siren) for hit in heads] == [(company.connect_id, company.number)]


def test_a_search_over_pages_gives_each_company_once(connect, company):
    everything = [hit.connect_id for hit in connect.iter_search("FR", name=company.name.split()[-1], page_size=2)]
    assert len(everything) == len(set(everything)) > 0


def test_mixed_criteria_are_refused(connect, company):
    with pytest.raises(errors.BadRequest) as caught:
        connect.search("FR", reg_no=company.number, name=company.name)
    assert caught.value.criteria_not_allowed


def test_nobody_is_an_empty_page(connect):
    assert connect.search("FR", name="qqqqzzzz").no_results


@pytest.mark.parametrize("accept", ["application/pdf", JSON_PDF])
def test_a_pdf_comes_in_both_forms(connect, company, accept):
    answer = connect.report_pdf(company.connect_id, accept=accept)
    assert answer.content.startswith(b"%PDF")
    assert (answer.data is not None) == (accept == JSON_PDF)


def test_access_counts_the_orders(connect, company):
    (before,) = [row for row in connect.access().of("creditsafeConnectOnlineReports") if row.country == "FR"]
    connect.report(company.connect_id)
    (after,) = [row for row in connect.access().of("creditsafeConnectOnlineReports") if row.country == "FR"]
    assert after.used == before.used + 1


def test_a_portfolio_lives_and_dies(connect, company):
    portfolio = connect.create_portfolio("Clients").portfolio_id
    assert connect.get_portfolio(portfolio).name == "Clients"
    connect.patch_portfolio(portfolio, name="Debtors")
    assert "Debtors" in [row.name for row in connect.portfolios()]
    connect.delete_portfolio(portfolio)
    with pytest.raises(errors.NotFound):
        connect.get_portfolio(portfolio)


def test_a_company_is_watched_once_and_then_no_more(connect, company):
    portfolio = connect.create_portfolio("Clients").portfolio_id
    assert connect.add_company(portfolio, company.connect_id, reference="411X") is True
    assert connect.add_company(portfolio, company.connect_id) is False
    connect.patch_company(portfolio, company.connect_id, reference="411Y")
    assert connect.get_company(portfolio, company.connect_id).reference == "411Y"
    connect.remove_company(portfolio, company.connect_id)
    with pytest.raises(errors.NotFound):
        connect.get_company(portfolio, company.connect_id)


@pytest.mark.parametrize("fault", [None, "repeat-page"])
def test_all_watched_companies_come_once_over_pages(box, connect, fault):
    portfolio = connect.create_portfolio("Clients").portfolio_id
    watched = [row.connect_id for row in box.directory if row.country == "FR"][:7]
    for connect_id in watched:
        connect.add_company(portfolio, connect_id)
    if fault:
        box.faults.add(fault)
    listed = [row.company_id for row in connect.portfolio_companies(portfolio, page_size=3)]
    assert sorted(listed) == sorted(watched)


def switch_on(connect, portfolio):
    rules = connect.event_rules("XX", portfolio_id=portfolio)
    connect.put_event_rules(portfolio, "XX", [with_params(rule) for rule in rules])
    return connect.event_rules("XX", portfolio_id=portfolio)


def with_params(rule):
    params = {101: {"param0": "1", "param1": "Any"}, 102: {"param0": "true"}}
    return type(rule)(code=rule.code, country=rule.country, is_active=True, params=params.get(rule.code, rule.params))


def test_rules_are_all_off_until_put(connect):
    portfolio = connect.create_portfolio("Clients").portfolio_id
    assert not any(rule.is_active for rule in connect.event_rules("XX", portfolio_id=portfolio))
    assert all(rule.is_active for rule in switch_on(connect, portfolio))
    connect.set_default_rules(portfolio)
    assert not any(rule.is_active for rule in connect.event_rules("XX", portfolio_id=portfolio))


def test_a_failure_is_notified_and_then_reported(box, connect, company):
    portfolio = connect.create_portfolio("Clients").portfolio_id
    connect.add_company(portfolio, company.connect_id)
    switch_on(connect, portfolio)
    assert box.change(company.connect_id, failed=True) > 0
    events = list(connect.notification_events(YESTERDAY, TOMORROW, portfolio_id=portfolio))
    assert {event.company_id for event in events} == {company.connect_id}
    report = parse_report(connect.report(company.connect_id).data)
    assert (report.score, report.rating_state, report.proceeding_kind) == (0, "failed", "receivership")


@pytest.mark.parametrize("fault", [None, "duplicate-events", "repeat-page"])
def test_events_come_once_over_pages(box, connect, fault):
    portfolio = connect.create_portfolio("Clients").portfolio_id
    for row in [row for row in box.directory if row.country == "FR"][:20]:
        connect.add_company(portfolio, row.connect_id)
    switch_on(connect, portfolio)
    made = box.emit(30)
    if fault:
        box.faults.add(fault)
    numbers = [event.notification_event_id for event in connect.notification_events(YESTERDAY, TOMORROW, page_size=4)]
    assert len(numbers) == len(set(numbers)) == made > 4


def test_two_workers_share_the_login(box):
    cache = SharedCache()
    for _ in range(2):
        client(base_url=box.url, password="sandbox", cache=cache, now=lambda: datetime.now(UTC)).me()
    assert paths(box).count("/authenticate") == 1

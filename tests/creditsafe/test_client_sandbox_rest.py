"""What an importer seldom needs, between client and sandbox: documents, people, decisions, the care of portfolios."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from companies.creditsafe import errors
from companies.creditsafe.payloads import OutcomeLabel
from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.client_support import client

YESTERDAY, TOMORROW = (datetime.now(UTC) + timedelta(days=days) for days in (-2, 1))
ENGINE = "repoObj_1001"
HEADER = b"Safe Number,Local Org No.,Country Code,Reference,Free Text,Personal Limit\r\n"


@pytest.fixture
def box():
    with Sandbox(companies=60) as running:
        yield running


@pytest.fixture
def connect(box):
    return client(base_url=box.url, username="tests", password="sandbox", now=lambda: datetime.now(UTC))


@pytest.fixture
def french(box):
    return [row for row in box.directory if row.country == "FR"]


@pytest.fixture
def portfolio(connect):
    return connect.create_portfolio("Clients").portfolio_id


def ids(connect, portfolio):
    return {row.company_id for row in connect.portfolio_companies(portfolio)}


def test_a_match_tells_its_confidence(connect, french):
    company = french[0]
    (best, *_) = connect.match("FR", name=company.registered_name, post_code=company.address.postcode).items
    assert (best.hit.connect_id, best.confidence >= 900) == (company.connect_id, True)
    assert connect.match("FR", name="Zzyzx").items == ()


def test_documents_are_listed_page_by_page_and_fetched(connect, french):
    first, second = (connect.images(french[0].connect_id, page=page, page_size=1).items for page in (1, 2))
    assert first[0].image_id != second[0].image_id
    assert connect.image(second[0].image_id).startswith(b"%PDF")
    assert [row["country"] for row in connect.image_types(["FR", "GB"])] == ["FR", "GB"]
    with pytest.raises(errors.NotFound):
        connect.image("0" * 24)


def test_a_director_is_found_and_reported_on(connect, french):
    surname = french[0].directors[0].split(" ")[1]
    person = connect.people("FR", last_name=surname).items[0]
    assert connect.person_report(person.people_id).data["report"]["directorId"] == person.people_id
    assert connect.people_criteria("FR")["countriesCriteria"][0]["country"] == "FR"
    assert connect.people("FR", last_name="Zzyzx").items == ()


def test_the_doors_to_the_rest_are_open(connect):
    assert connect.me()["username"] == "sandbox"
    assert connect.active_users()["totalSize"] == 1
    assert connect.search_criteria("FR")["countries"] == ["FR"]
    assert connect.schema("FR")["type"] == "object"
    assert connect.report_custom_data("DE")["customData"][0]["key"] == "de_reason_code"
    assert connect.user_details().is_auto_tracker is False


def test_decisions_are_logged_and_overruled(connect, french):
    questions = connect.decision_fields(ENGINE)
    assert [row.param for row in questions if row.mandatory] == ["productType"]
    for company in french[:5]:
        connect.run_decision(ENGINE, company.connect_id, {"productType": "A"})
    log = list(connect.decision_log(page_size=2))
    assert [row.log_id for row in log] == [5, 4, 3, 2, 1]
    assert [row.company_id for row in log][::-1] == [company.connect_id for company in french[:5]]
    connect.update_decision(3, status_code=5, notes="Known since 1998")
    entry = connect.decision_log_entry(3)
    assert (entry.decision.outcome, entry.notes) == ("approved_by_hand", "Known since 1998")


def test_the_log_comes_once_though_a_page_repeats(box, connect, french):
    for company in french[:5]:
        connect.run_decision(ENGINE, company.connect_id, {"productType": "A"})
    box.faults.add("repeat-page")
    assert [row.log_id for row in connect.decision_log(page_size=2)] == [5, 4, 3, 2, 1]


def test_an_engine_is_configured_without_losing_what_we_do_not_know(connect):
    assert [(one.guid, one.name) for one in connect.decision_instances()] == [(ENGINE, "Sandbox policy")]
    found = connect.decision_instance(ENGINE)
    variables = {"scalarVariables": {"least": 0.1, "steps": [1, 2.5]}}
    connect.put_decision_instance(replace(found, name="Stricter", extra={**found.extra, **variables}))
    again = connect.decision_instance(ENGINE)
    assert (again.name, again.template_id) == ("Stricter", found.template_id)
    assert again.extra["customerId"] == found.extra["customerId"]
    connect.put_decision_instance(again)  # with the Decimals that it was read with
    assert connect.decision_instance(ENGINE) == again


def test_outcomes_are_renamed(connect):
    connect.patch_decision_outcomes(ENGINE, [OutcomeLabel(status=1, label="Yes", description="Deliver")])
    outcomes = connect.decision_outcomes(ENGINE)
    assert ([(one.status, one.label) for one in outcomes.labels], outcomes.manual_review) == ([(1, "Yes")], False)
    connect.patch_decision_outcomes(ENGINE, outcomes.labels, manual_review=True)
    assert connect.decision_outcomes(ENGINE).manual_review is True


@pytest.mark.parametrize("call", ["decision_instance", "decision_outcomes", "decision_fields"])
def test_an_unknown_engine_is_not_found(connect, call):
    with pytest.raises(errors.NotFound) as caught:
        getattr(connect, call)("repoObj_0")
    assert caught.value.correlation_id


def test_companies_are_copied_moved_and_cleared(connect, french, portfolio):
    other = connect.create_portfolio("Suppliers").portfolio_id
    few = [company.connect_id for company in french[:3]]
    for connect_id in few:
        connect.add_company(portfolio, connect_id)
    assert connect.copy_companies(portfolio, few[:2], to=[other]).succeeded == 2
    assert connect.copy_companies(portfolio, few[:2], to=[other]).failed == 2
    assert connect.move_companies(portfolio, few[2:], to=[other]).succeeded == 1
    assert (ids(connect, portfolio), ids(connect, other)) == (set(few[:2]), set(few))
    connect.clear_companies(other, few[:1])
    assert ids(connect, other) == set(few[1:])
    connect.clear_companies(other, everything=True)
    assert ids(connect, other) == set()


def test_a_csv_adds_and_a_sync_replaces(connect, french, portfolio):
    one, two = french[:2]
    connect.import_csv(portfolio, HEADER + f"{one.safe_number},,,411A,,\r\n".encode())
    assert connect.get_company(portfolio, one.connect_id).reference == "411A"
    connect.sync_csv(portfolio, HEADER + f",{two.office},FR,411B,,\r\n".encode())
    assert ids(connect, portfolio) == {two.connect_id}


@pytest.mark.parametrize("extra", [0, 1])
def test_sharing_is_read_in_the_singular_and_in_the_plural(connect, extra):
    for number in range(1 + extra):
        portfolio = connect.create_portfolio(f"Number {number}").portfolio_id
    connect.patch_sharing(portfolio, {5: "View,Add"})
    assert connect.sharing(portfolio).permissions == {"5": "View,Add"}
    connect.patch_sharing(portfolio, {}, revoke_all=True)
    assert connect.sharing(portfolio).permissions == {}


def test_a_portfolio_is_summed_up(connect, box, portfolio):
    for company in box.directory[:20]:
        connect.add_company(portfolio, company.connect_id)
    assert connect.risk_summary(portfolio).total == 20
    assert set(connect.portfolio_countries(portfolio)) == {company.country for company in box.directory[:20]}


def test_the_events_of_a_company_come_by_both_addresses_and_by_day(box, connect, french, portfolio):
    company = next(row for row in french if (row.standing.score or 0) > 60)
    connect.add_company(portfolio, company.connect_id)
    assert list(connect.company_events(company.connect_id, portfolio_id=portfolio)) == []
    rules = connect.event_rules("XX", portfolio_id=portfolio)
    connect.put_event_rules(portfolio, "XX", [replace(rule, is_active=True) for rule in rules])
    box.change(company.connect_id, failed=True)
    everywhere = list(connect.company_events(company.connect_id))
    here = list(connect.company_events(company.connect_id, portfolio_id=portfolio))
    assert {row.event_id for row in everywhere} == {row.event_id for row in here} != set()
    assert {row.rule_code for row in everywhere} == {row.rule_code for row in here}
    days = connect.events_by_day(YESTERDAY, TOMORROW, portfolio_id=portfolio)["data"]
    assert sum(row["count"] for row in days) == len(here)

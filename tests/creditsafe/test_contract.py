"""Every answer of the sandbox fits the provider's published contract, but for a written list of deviations.

The contract is not ours to hand on: the variable CREDITSAFE_CONTRACT names the file (OpenAPI 3.0, JSON).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from companies.creditsafe import Client
from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.contract_deviations import DEVIATIONS

if TYPE_CHECKING:
    from tests.creditsafe.contract_support import Contract
    from tests.creditsafe.contract_walk import Walker

VARIABLE = "CREDITSAFE_CONTRACT"
# Another service line, no part of an importer of credit information.
OUT_OF_SCOPE = {("GET", "/localSolutions/FR/bankmatch"), ("GET", "/localSolutions/FR/bankmatch/audition")}
# Each operation of the contract and the client's method that asks for it.
METHODS = {
    "POST /authenticate": "authenticate",
    "GET /access": "access",
    "GET /access/users/active": "active_users",
    "GET /access/users/me": "me",
    "GET /companies": "search",
    "GET /companies/match": "match",
    "GET /companies/schema/{countryCode}": "schema",
    "GET /companies/searchcriteria": "search_criteria",
    "GET /companies/{connectId}": "report",
    "GET /decisionEngine/GUID": "decision_engines",
    "GET /decisionEngine/decisionOutcome/{guid}": "decision_outcomes",
    "PATCH /decisionEngine/decisionOutcome/{guid}": "patch_decision_outcomes",
    "GET /decisionEngine/instance/{guid}": "decision_instance",
    "PUT /decisionEngine/instance/{guid}": "put_decision_instance",
    "GET /decisionEngine/instances": "decision_instances",
    "GET /decisionEngine/usageLog": "decision_log",
    "GET /decisionEngine/usageLog/{decisionLogId}": "decision_log_entry",
    "PATCH /decisionEngine/usageLog/{decisionLogId}": "update_decision",
    "POST /decisionEngine/{provenirId}": "run_decision",
    "GET /decisionEngine/{provenirId}/userDataFields": "decision_fields",
    "GET /images/companies": "images",
    "GET /images/companies/types": "image_types",
    "GET /images/{imageId}": "image",
    "GET /monitoring/companies/{id}/events": "company_events",
    "GET /monitoring/eventRules": "event_rules",
    "GET /monitoring/eventRules/{countryCode}": "event_rules",
    "GET /monitoring/notificationEvents": "notification_events",
    "GET /monitoring/portfolios": "portfolios",
    "POST /monitoring/portfolios": "create_portfolio",
    "DELETE /monitoring/portfolios/{portfolioId}": "delete_portfolio",
    "GET /monitoring/portfolios/{portfolioId}": "get_portfolio",
    "PATCH /monitoring/portfolios/{portfolioId}": "patch_portfolio",
    "GET /monitoring/portfolios/{portfolioId}/companies": "portfolio_companies",
    "POST /monitoring/portfolios/{portfolioId}/companies": "add_company",
    "PATCH /monitoring/portfolios/{portfolioId}/companies/clear": "clear_companies",
    "POST /monitoring/portfolios/{portfolioId}/companies/copy": "copy_companies",
    "POST /monitoring/portfolios/{portfolioId}/companies/remove": "move_companies",
    "DELETE /monitoring/portfolios/{portfolioId}/companies/{companyId}": "remove_company",
    "GET /monitoring/portfolios/{portfolioId}/companies/{companyId}": "get_company",
    "PATCH /monitoring/portfolios/{portfolioId}/companies/{companyId}": "patch_company",
    "GET /monitoring/portfolios/{portfolioId}/companies/{companyId}/notificationEvents": "company_events",
    "GET /monitoring/portfolios/{portfolioId}/countries": "portfolio_countries",
    "GET /monitoring/portfolios/{portfolioId}/eventRules": "event_rules",
    "PUT /monitoring/portfolios/{portfolioId}/eventRules/setDefault": "set_default_rules",
    "GET /monitoring/portfolios/{portfolioId}/eventRules/{countryCode}": "event_rules",
    "PUT /monitoring/portfolios/{portfolioId}/eventRules/{countryCode}": "put_event_rules",
    "POST /monitoring/portfolios/{portfolioId}/import": "import_csv",
    "GET /monitoring/portfolios/{portfolioId}/notificationEvents": "notification_events",
    "GET /monitoring/portfolios/{portfolioId}/riskSummary": "risk_summary",
    "GET /monitoring/portfolios/{portfolioId}/sharingPermissions": "sharing",
    "PATCH /monitoring/portfolios/{portfolioId}/sharingPermissions": "patch_sharing",
    "POST /monitoring/portfolios/{portfolioId}/sync": "sync_csv",
    "GET /monitoring/user/details": "user_details",
    "GET /people": "people",
    "GET /people/searchcriteria": "people_criteria",
    "GET /people/{peopleId}": "person_report",
    "GET /reportcustomdata/{country}": "report_custom_data",
}


def contract() -> Contract:
    """The contract, or a skip that says what to set."""
    path = os.environ.get(VARIABLE)
    if not path:
        pytest.skip(f"set {VARIABLE} to the path of the provider's OpenAPI file (JSON) to check answers against it")
    from tests.creditsafe.contract_support import Contract  # which takes a second, in each worker

    return Contract(json.loads(Path(path).read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def published() -> Contract:
    return contract()


@pytest.fixture(scope="module")
def walked(published: Contract) -> Iterator[Walker]:
    from tests.creditsafe.contract_walk import walk  # which imports the judge

    with Sandbox(companies=400, seed=1) as box:
        yield walk(box, published)


def test_no_answer_deviates_but_as_written(walked: Walker) -> None:
    written = {found for found in walked.found if any(one.covers(found) for one in DEVIATIONS)}
    assert sorted(walked.found - written) == []


def test_every_written_deviation_is_still_needed(walked: Walker) -> None:
    assert [one for one in DEVIATIONS if not any(one.covers(found) for found in walked.found)] == []


def test_every_operation_in_scope_was_seen_to_succeed_and_to_refuse(walked: Walker, published: Contract) -> None:
    for wanted in (range(200, 300), range(400, 500)):
        seen = {(method, template) for method, template, status in walked.seen if status in wanted}
        assert published.operations - seen - OUT_OF_SCOPE == set()


def test_every_operation_in_scope_has_its_method(published: Contract) -> None:
    operations = {f"{method} {template}" for method, template in published.operations - OUT_OF_SCOPE}
    assert operations == set(METHODS)


@pytest.mark.parametrize("name", sorted(set(METHODS.values())))
def test_every_method_of_the_table_exists(name: str) -> None:
    assert callable(getattr(Client, name))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"countryAccess": {"creditsafeConnectMonitoring": [{"paid": 5}]}}', ""),
        (b'{"countryAccess": {"creditsafeConnectMonitoring": [{"paid": "5"}]}}', "paid: type integer"),
        (b'{"countryAccess": {"creditsafeConnectMonitoring": [{"payed": 5}]}}', "payed: unknown key"),
        (b'{"countryAccess": {"creditsafeConnectMonitoring": [{"paid": "5", "used": "0"}]}}', "used: type integer"),
        (b'{"countryAccess": []}', "countryAccess: type object"),
    ],
)
def test_the_judge_tells_right_from_wrong(published: Contract, body: bytes, told: str) -> None:
    found = published.deviations("GET", "/access", status=200, body=body, kind="application/json")
    assert any(one.endswith(told) for one in found) if told else found == set()


def test_without_the_file_the_reason_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(pytest.skip.Exception, match=VARIABLE):
        contract()

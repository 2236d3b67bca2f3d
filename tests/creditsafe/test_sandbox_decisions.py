"""The decision engine of the sandbox: runs are remembered, and can be overruled (API reference 2.7)."""

import json
from pathlib import Path
from typing import Any

import pytest

from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.sandbox_support import Caller, new_portfolio, one

ENGINE = "/decisionEngine/repoObj_1001"
LOG = "/decisionEngine/usageLog"
OUTCOMES = "/decisionEngine/decisionOutcome/repoObj_1001"
INSTANCE = "/decisionEngine/instance/repoObj_1001"


def run(call: Caller, company: Any, **values: Any) -> Any:
    return call("POST", ENGINE, {"productType": "A"} | values, companyId=company.connect_id)


@pytest.mark.parametrize(
    ("scores", "decision", "code"),
    [({"least": 71}, "Approve", "1"), ({"least": 30, "most": 50}, "Refer", 2), ({"most": 20}, "Reject", "3")],
)
def test_the_score_decides(box: Sandbox, call: Caller, scores: Any, decision: str, code: Any) -> None:
    body = run(call, one(box, **scores)).json
    assert (body["Decision"], body["statusCode"]) == (decision, code)


def test_a_mandatory_answer_and_a_known_company_are_needed(box: Sandbox, call: Caller) -> None:
    assert run(call, one(box), productType="").status == 400
    assert call("POST", ENGINE, {"productType": "A"}, companyId="FR-X-0").status == 404
    assert call.get(LOG).json["totalCount"] == 0


def test_runs_are_listed_newest_first_in_pages_from_one(box: Sandbox, call: Caller) -> None:
    for company in box.directory[:5]:
        run(call, company)
    pages = [call.get(LOG, page=page, pageSize=2).json for page in (1, 2, 3)]
    assert [page["totalCount"] for page in pages] == [5, 5, 5]
    assert [row["decisionLogId"] for page in pages for row in page["usageLog"]] == [5, 4, 3, 2, 1]


def test_a_page_of_runs_can_repeat_the_last_of_the_one_before(box: Sandbox, call: Caller) -> None:
    for company in box.directory[:3]:
        run(call, company)
    box.faults.add("repeat-page")
    rows = call.get(LOG, page=2, pageSize=2).json["usageLog"]
    assert [row["decisionLogId"] for row in rows] == [2, 1]


@pytest.mark.parametrize(
    ("criteria", "count"),
    [
        ({"status": 3}, 1),
        ({"provenirId": "repoObj_1001"}, 2),
        ({"provenirId": "repoObj_0"}, 0),
        ({"fromDate": "2000-01-01"}, 2),
        ({"toDate": "2000-01-01T00:00:00Z"}, 0),
        ({"companyName": "zzyzx"}, 0),
    ],
)
def test_runs_are_filtered(box: Sandbox, call: Caller, criteria: dict[str, Any], count: int) -> None:
    for company in (one(box, least=71), one(box, most=20)):
        run(call, company)
    assert call.get(LOG, **criteria).json["totalCount"] == count


def test_runs_of_one_company_are_found(box: Sandbox, call: Caller) -> None:
    for company in box.directory[:3]:
        run(call, company)
    (row,) = call.get(LOG, companyId=box.directory[1].connect_id).json["usageLog"]
    assert row["companyId"] == box.directory[1].connect_id
    assert call.get(LOG, companyName=box.directory[1].registered_name.lower()).json["totalCount"] == 1


def test_a_run_is_overruled_with_notes(box: Sandbox, call: Caller) -> None:
    run(call, one(box, most=20))
    answer = call("PATCH", f"{LOG}/1", {"statusCode": 5, "notes": "Paid in advance"})
    assert answer.status == 200
    body = call.get(f"{LOG}/1").json
    assert (body["status"], body["notes"], body["response"]["statusCode"]) == (5, "Paid in advance", "5")


@pytest.mark.parametrize("body", [{}, {"statusCode": "5"}, {"statusCode": 4}, {"statusCode": 5, "notes": 1}])
def test_a_wrong_overruling_is_refused(box: Sandbox, call: Caller, body: Any) -> None:
    run(call, one(box))
    before = call.get(f"{LOG}/1").json["status"]
    assert call("PATCH", f"{LOG}/1", body).status == 400
    assert call.get(f"{LOG}/1").json["status"] == before


def test_an_unknown_run_is_a_404_with_details(call: Caller) -> None:
    answer = call.get(f"{LOG}/9")
    assert (answer.status, answer.json["details"]) == (404, "Unknown decision log")


def test_a_configuration_is_put_back_whole(call: Caller) -> None:
    kept = call.get(INSTANCE).json
    del kept["correlationId"]
    changed = kept | {"decisionTreeName": "Stricter", "scalarVariables": {"least": 55.5}}
    assert call("PUT", INSTANCE, changed).status == 200
    after = call.get(INSTANCE).json
    del after["correlationId"]
    assert after == changed
    names = [
        call.get("/decisionEngine/instances").json["instances"][0]["decisionTreeName"],
        call.get("/decisionEngine/GUID").json["GUIDList"][0]["friendlyName"],
    ]
    assert names == ["Stricter", "Stricter"]


@pytest.mark.parametrize(
    "change", [{"templateId": ""}, {"guid": "repoObj_2"}, {"colour": "red"}, {"scalarVariables": []}]
)
def test_a_wrong_configuration_is_refused(call: Caller, change: Any) -> None:
    kept = call.get(INSTANCE).json
    del kept["correlationId"]
    assert call("PUT", INSTANCE, kept | change).status == 400


def test_outcomes_are_renamed(call: Caller) -> None:
    rows = [{"label": "Yes", "description": "Deliver", "status": 1}]
    body = {"decisionOutcomes": rows, "includeInManualReview": True}
    assert "message" in call("PATCH", OUTCOMES, body).json
    told = call.get(OUTCOMES).json
    assert (told["decisionOutcomes"], told["includeInManualReview"]) == ({"items": rows}, True)


@pytest.mark.parametrize("body", [{"decisionOutcomes": 5}, {"decisionOutcomes": [{"status": "1"}]},
                                  {"includeInManualReview": "yes"}])  # fmt: skip
def test_wrong_outcomes_are_refused(call: Caller, body: Any) -> None:
    before = call.get(OUTCOMES).json["decisionOutcomes"]
    assert call("PATCH", OUTCOMES, body).status == 400
    assert call.get(OUTCOMES).json["decisionOutcomes"] == before


def test_runs_and_configuration_outlive_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "state.json"
    for expected in (0, 1):
        with Sandbox(companies=20, seed=1, state=kept) as box:
            caller = Caller(box)
            caller.log_in()
            assert caller.get(LOG).json["totalCount"] == expected
            assert caller.get(OUTCOMES).json["includeInManualReview"] is bool(expected)
            run(caller, box.directory[0])
            caller("PATCH", OUTCOMES, {"includeInManualReview": True})
            caller.close()


def test_a_state_of_before_the_engine_had_a_memory_is_taken(tmp_path: Path) -> None:
    kept = tmp_path / "state.json"
    with Sandbox(companies=20, seed=1, state=kept) as box:
        caller = Caller(box)
        caller.log_in()
        new_portfolio(caller, "Kept")
        caller.close()
    old = json.loads(kept.read_text())
    for name in ("runs", "engine", "people orders"):
        del old[name]
    kept.write_text(json.dumps(old))
    with Sandbox(companies=20, seed=1, state=kept) as box:
        caller = Caller(box)
        caller.log_in()
        assert caller.get("/monitoring/portfolios", searchQuery="Kept").json["totalCount"] == 1
        assert caller.get(LOG).json["totalCount"] == 0
        caller.close()

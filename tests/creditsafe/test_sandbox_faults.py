"""The sandbox misbehaving on request, remembering over restarts, and as a program."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from companies.creditsafe.sandbox import Sandbox
from companies.creditsafe.sandbox.__main__ import main
from companies.creditsafe.sandbox.faults import Faults
from companies.creditsafe.sandbox.state import StateError
from tests.creditsafe.sandbox_support import Caller, activate, new_portfolio, one, watch


@pytest.mark.parametrize("text", ["503", "slow", "hang=", "403-country", "429=0", "429=many", "slow=fast"])
def test_a_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault|invalid literal|could not convert"):
        Faults([text])


def test_an_expired_token_midrun_stays_refused_and_a_new_one_works(box: Sandbox, call: Caller) -> None:
    box.faults.add("401-midrun")
    assert [call.get("/access").status for _ in range(2)] == [401, 401]
    call.log_in()
    assert call.get("/access").status == 200


def test_a_country_can_be_outside_the_subscription(box: Sandbox, call: Caller) -> None:
    box.faults.add("403-country=BE")
    company = one(box, "BE")
    for answer in (
        call.get(f"/companies/{company.connect_id}"),
        call.get("/companies", countries="BE", name="Textiel"),
    ):
        assert answer.status == 403
        assert answer.json["details"] == "No access to BE reports"
    assert call.get(f"/companies/{one(box).connect_id}").status == 200
    box.faults.remove("403-country")
    assert call.get(f"/companies/{company.connect_id}").status == 200


@pytest.mark.parametrize(("fault", "status"), [("429=2", 429), ("500=2", 500), ("report-unavailable=2", 400)])
def test_counted_faults_wear_off(box: Sandbox, call: Caller, fault: str, status: int) -> None:
    box.faults.add(fault)
    path = f"/companies/{one(box).connect_id}"
    assert [call.get(path).status for _ in range(3)] == [status, status, 200]
    assert sum(box.orders.values()) == 1


def test_a_500_is_a_page_and_a_429_has_no_retry_after(box: Sandbox, call: Caller) -> None:
    box.faults.add("500")
    assert call.get("/access").raw.startswith(b"<html>")
    box.faults.add("429")
    assert "Retry-After" not in call.get("/access").headers


def test_faults_of_calls_leave_the_log_in_alone(box: Sandbox, call: Caller) -> None:
    box.faults.add("429")
    box.faults.add("500")
    assert call.log_in().status == 200


def test_a_slow_answer_waits(box: Sandbox, call: Caller) -> None:
    box.faults.add("slow=0.2")
    start = time.monotonic()
    assert call.get("/access").status == 200
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize("fault", ["hang=0.1", "down"])
def test_a_lost_connection_brings_no_answer(box: Sandbox, call: Caller, fault: str) -> None:
    box.faults.add(fault)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        call.get("/access")
    box.faults.clear()
    call.close()
    assert call.get("/access").status == 200


def test_stopping_does_not_wait_for_a_hanging_call() -> None:
    with Sandbox(companies=5, seed=1, faults=["slow=60"]) as box:
        caller = Caller(box)
        caller.connection.request("GET", "/v1/access")
        time.sleep(0.05)
        start = time.monotonic()
    assert time.monotonic() - start < 3
    caller.close()


def test_a_truncated_answer_is_no_json(box: Sandbox, call: Caller) -> None:
    box.faults.add("truncated")
    answer = call.get(f"/companies/{one(box).connect_id}")
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


def test_a_report_can_be_missing_from_a_billed_200(box: Sandbox, call: Caller) -> None:
    box.faults.add("no-report")
    answer = call.get(f"/companies/{one(box).connect_id}")
    assert answer.status == 200
    assert "report" not in answer.json
    assert sum(box.orders.values()) == 1


def test_a_page_can_repeat_the_last_row_of_the_one_before(box: Sandbox, call: Caller) -> None:
    portfolio = new_portfolio(call)
    for company in box.directory[:4]:
        watch(call, company, portfolio)
    box.faults.add("repeat-page")
    path = f"/monitoring/portfolios/{portfolio}/companies"
    first, second = (call.get(path, page=page, pageSize=2).json["data"] for page in range(2))
    assert second[0] == first[-1]
    found = [call.get("/companies", countries="FR", city="Lyon", pageSize=2, page=page).json for page in (1, 2)]
    assert found[1]["companies"][0] == found[0]["companies"][-1]


def test_events_can_come_late_and_twice(box: Sandbox, call: Caller) -> None:
    portfolio, company = new_portfolio(call), one(box, least=60)
    watch(call, company, portfolio)
    activate(call, portfolio)
    box.faults.add("late-events")
    box.faults.add("duplicate-events")
    box.change(company.connect_id, score=20)
    body = call.get("/monitoring/notificationEvents").json
    assert body["totalCount"] == 1
    assert body["data"][0] == body["data"][1]
    recent = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86_400))
    window = {"startDate": recent, "filterByCreatedDate": "true"}
    assert call.get("/monitoring/notificationEvents", **window).json["totalCount"] == 0


def test_the_rate_is_limited_by_the_minute() -> None:
    with Sandbox(companies=5, seed=1, rate=3) as box:
        caller = Caller(box)
        caller.log_in()
        assert [caller.get("/access").status for _ in range(4)] == [200, 200, 200, 429]
        caller.close()


def test_events_happen_by_themselves_at_the_given_rate() -> None:
    with Sandbox(companies=60, seed=1, event_rate=6000) as box:
        caller = Caller(box)
        caller.log_in()
        portfolio = new_portfolio(caller)
        for company in box.directory[:20]:
            watch(caller, company, portfolio)
        activate(caller, portfolio)
        deadline = time.monotonic() + 5
        while not caller.get("/monitoring/notificationEvents").json["totalCount"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert caller.get("/monitoring/notificationEvents").json["totalCount"] > 0
        caller.close()


def test_nothing_is_forgotten_over_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "state.json"
    with Sandbox(companies=100, seed=1, state=kept) as box:
        caller = Caller(box)
        caller.log_in()
        company = one(box, least=60)
        portfolio = new_portfolio(caller)
        watch(caller, company, portfolio)
        activate(caller, portfolio)
        box.change(company.connect_id, score=20, credit_limit="0")
        caller.get(f"/companies/{company.connect_id}")
        before = caller.get("/monitoring/notificationEvents").json["data"]
        rules = caller.get(f"/monitoring/portfolios/{portfolio}/eventRules").json
        history = company.history()
        token = caller.token
        caller.close()
    with Sandbox(companies=100, seed=1, state=kept) as box:
        caller = Caller(box, token)
        assert caller.get("/monitoring/notificationEvents").json["data"] == before
        assert caller.get(f"/monitoring/portfolios/{portfolio}/eventRules").json == rules
        again = next(one for one in box.directory if one.connect_id == company.connect_id)
        assert (again.standing.score, again.standing.limit, again.history()) == (20, "0", history)
        assert box.orders == {company.connect_id: 1}
        assert new_portfolio(caller, "Another") == portfolio + 1
        caller.close()


def test_the_state_is_written_while_running(tmp_path: Path) -> None:
    kept = tmp_path / "state.json"
    with Sandbox(companies=5, seed=1, state=kept) as box:
        caller = Caller(box)
        caller.log_in()
        new_portfolio(caller, "Kept")
        deadline = time.monotonic() + 5
        while not kept.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "Kept" in kept.read_text()
        assert list(tmp_path.iterdir()) == [kept]
        caller.close()


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"format": 1, "seed": 1}', '{"format": 1, "seed": 2}'])
def test_a_damaged_or_foreign_state_is_refused(tmp_path: Path, content: str) -> None:
    kept = tmp_path / "state.json"
    kept.write_text(content)
    with pytest.raises(StateError, match=r"state\.json"):
        Sandbox(companies=5, seed=1, state=kept).__enter__()
    assert kept.read_text() == content


def test_the_program_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "companies.creditsafe.sandbox", "--port", "0", "--companies", "5"]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        line = program.stdout.readline()
        url = line.split(" on ")[1].split(" with ")[0]
        with pytest.raises(OSError, match="401"):
            urlopen(f"{url}/access")
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0


def test_the_help_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("401-midrun", "403-country", "duplicate-events", "--state", "--event-rate"))


def test_an_unknown_fault_ends_the_program_with_an_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "0", "--companies", "5", "--fault", "gremlins"])
    assert "unknown fault 'gremlins'" in capsys.readouterr().err

"""Faults by plan, the large ones, and what another process may ask for."""

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from companies.creditsafe.sandbox import GIANT, Sandbox
from companies.creditsafe.sandbox.__main__ import main
from companies.creditsafe.sandbox.faults import Faults, read_plan
from tests.creditsafe.sandbox_support import Answer, Caller, one


def statuses(call: Caller, count: int) -> list[int]:
    return [call.get("/access/users/me").status for _ in range(count)]


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (["500@2"], [200, 500, 200, 200, 200]),
        (["500=2@2"], [200, 500, 500, 200, 200]),
        (["429=9@2-4"], [200, 429, 429, 429, 200]),
        (["429@4", "500@2"], [200, 500, 200, 429, 200]),
        (["500=9@1-2", "429=9@3-3"], [500, 500, 429, 200, 200]),
    ],
)
def test_a_planned_fault_begins_and_ends_with_its_calls(planned: list[str], expected: list[int]) -> None:
    with Sandbox(companies=5, seed=1, faults=planned) as box:
        caller = Caller(box)
        caller.log_in()
        assert statuses(caller, 5) == expected
        caller.close()


def test_log_ins_do_not_move_the_plan(box: Sandbox, call: Caller) -> None:
    box.faults.add("500@2")
    for _ in range(3):
        call.log_in()
    assert statuses(call, 3) == [200, 500, 200]


def test_every_call_counts_once_under_many_threads() -> None:
    faults = Faults(["slow=1@64", "hang=1@65"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: faults.count_call(), range(64)))
    assert (faults.calls, list(faults)) == (64, ["slow"])


def test_clearing_drops_the_plan_too(box: Sandbox, call: Caller) -> None:
    box.faults.add("500@1")
    box.faults.clear()
    assert statuses(call, 2) == [200, 200]


def test_a_plan_is_read_line_by_line() -> None:
    text = "# the morning\n3 429=5   # five in a row\n\n10-20 slow=0.5\n30 hang=2\n"
    assert read_plan(text) == ["429=5@3", "slow=0.5@10-20", "hang=2@30"]


@pytest.mark.parametrize("text", ["slow=1", "soon slow=1", "3 slow=1 5", "3-x 429"])
def test_a_plan_that_cannot_be_read_names_its_line(text: str) -> None:
    with pytest.raises(ValueError, match="line 2 of the plan"):
        read_plan(f"1 429\n{text}\n")


@pytest.mark.parametrize("text", ["429@0", "429@", "429@5-2", "429@2-", "gremlins@3", "slow@3", "429=0@3", "slow=-1"])
def test_a_planned_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault"):
        Faults([text])


def test_the_program_refuses_a_plan_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan"
    plan.write_text("1 429\n2 gremlins\n")
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "0", "--companies", "5", "--plan", str(plan)])
    assert "unknown fault 'gremlins'" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "0", "--companies", "5", "--plan", str(tmp_path / "missing")])


def test_after_a_change_of_password_nobody_gets_in_but_tokens_hold(box: Sandbox, call: Caller) -> None:
    token = call.token
    box.faults.add("login-refused")
    assert call.log_in().status == 401
    call.token = token
    assert statuses(call, 1) == [200]
    box.faults.remove("login-refused")
    assert call.log_in().status == 200


def test_wrong_types_keep_the_keys(box: Sandbox, call: Caller) -> None:
    right = call.get("/access/users/me").json
    box.faults.add("wrong-types")
    wrong = call.get("/access/users/me").json
    assert wrong.keys() == right.keys()
    assert wrong["username"] == {"value": right["username"]}
    assert wrong["primaryContact"].keys() == right["primaryContact"].keys()


def test_a_bloated_answer_is_still_the_same_json(box: Sandbox, call: Caller) -> None:
    box.faults.add("bloat=2")
    answer = call.get("/access/users/me")
    assert len(answer.raw) > 2_000_000
    assert answer.json["username"] == "sandbox"


def test_a_dripping_answer_takes_its_time_but_begins_at_once(box: Sandbox, call: Caller) -> None:
    box.faults.add("drip=0.3")
    start = time.monotonic()
    call.connection.request("GET", "/v1/access", headers={"Authorization": f"Bearer {call.token}"})
    response = call.connection.getresponse()
    begun = time.monotonic() - start
    assert json.loads(response.read())["countryAccess"]
    assert time.monotonic() - start >= 0.3
    assert begun < 0.3


def test_a_reset_is_no_orderly_close(box: Sandbox, call: Caller) -> None:
    box.faults.add("reset")
    with socket.create_connection(("127.0.0.1", urlsplit(box.url).port or 0), timeout=5) as raw:
        raw.sendall(b"GET /v1/access HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(100)


def test_a_slow_answer_is_late_by_what_was_asked(box: Sandbox, call: Caller) -> None:
    box.faults.add("slow=0.05")
    call.get("/access/users/me")
    took = []
    for _ in range(10):
        start = time.perf_counter()
        call.get("/access/users/me")
        took.append(time.perf_counter() - start)
    assert min(took) >= 0.05
    assert sorted(took)[2] < 0.08


def test_sixty_four_connections_are_served_at_once() -> None:
    with Sandbox(companies=30, seed=1, faults=["slow=0.2"]) as box:
        caller = Caller(box)
        caller.log_in()

        def ask(_: int) -> int:
            own = Caller(box, caller.token)
            answer: Answer = own.get("/access/users/me")
            own.close()
            return answer.status

        start = time.monotonic()
        with ThreadPoolExecutor(64) as pool:
            assert set(pool.map(ask, range(128))) == {200}
        assert time.monotonic() - start < 64 * 0.2
        caller.close()


@pytest.mark.parametrize("fault", [None, "huge-report"])
def test_a_report_can_have_a_megabyte(box: Sandbox, call: Caller, fault: str | None) -> None:
    company = box.directory[GIANT] if fault is None else one(box)
    if fault:
        box.faults.add(fault)
    answer = call.get(f"/companies/{company.connect_id}")
    assert 900_000 < len(answer.raw) < 1_200_000
    assert len(answer.json["report"]["additionalInformation"]["mortgageDetails"]) == 706
    assert company.country == ("FR" if fault else "GB")


def test_the_largest_report_has_its_place_whatever_the_seed() -> None:
    for seed in (1, 7, 2026):
        with Sandbox(companies=GIANT + 1, seed=seed) as box:
            assert box.directory[GIANT].country == "GB"


def control(box: Sandbox, method: str, path: str, body: Any = None, kind: str = "application/json") -> Answer:
    connection = http.client.HTTPConnection(urlsplit(box.url).netloc, timeout=10)
    content = None if body is None else json.dumps(body).encode()
    connection.request(method, f"/sandbox/{path}", content, {"Content-Type": kind} if content else {})
    response = connection.getresponse()
    answer = Answer(response.status, response.read(), dict(response.getheaders()))
    connection.close()
    return answer


def test_another_process_puts_faults_in_force_and_lifts_them(box: Sandbox, call: Caller) -> None:
    assert control(box, "POST", "faults", {"add": ["down"]}).json["active"] == {"down": ""}
    told = control(box, "POST", "faults", {"add": ["429=3", "500@9-10"], "remove": ["down"]}).json
    assert told["active"] == {"429": "3"}
    assert told["planned"] == [[9, True, "500"], [11, False, "500"]]
    assert statuses(call, 1) == [429]
    assert control(box, "GET", "faults").json["active"] == {"429": "2"}
    assert control(box, "DELETE", "faults").json == {"active": {}, "planned": [], "calls": 1}
    assert statuses(call, 1) == [200]


def test_the_controls_work_under_every_fault_and_count_as_no_call(box: Sandbox) -> None:
    for fault in ("down", "500=5", "429=5", "truncated", "hang=9"):
        box.faults.add(fault)
    assert control(box, "GET", "faults").json["calls"] == 0
    assert box.requests == []


@pytest.mark.parametrize("body", [{"add": ["gremlins"]}, {"add": "429"}, {"remove": [1]}, [1]])
def test_a_wrong_control_is_refused(box: Sandbox, body: Any) -> None:
    assert control(box, "POST", "faults", body).status == 400
    assert list(box.faults) == []


def test_a_foreign_page_cannot_post_without_being_asked(box: Sandbox) -> None:
    assert control(box, "POST", "faults", {"add": ["down"]}, kind="text/plain").status == 400
    assert "down" not in box.faults


def test_another_process_sees_what_was_billed_and_what_is_true(box: Sandbox, call: Caller) -> None:
    company = one(box)
    call.get(f"/companies/{company.connect_id}")
    box.change(company.connect_id, score=12, credit_limit="0")
    assert control(box, "GET", "orders").json == {company.connect_id: 1}
    row = next(row for row in control(box, "GET", "companies").json if row["id"] == company.connect_id)
    assert (row["score"], row["limit"], row["failed"], row["version"]) == (12, "0", False, 1)


def test_another_process_lets_events_happen(box: Sandbox) -> None:
    assert control(box, "POST", "events", {"count": 5}).json == {"made": 0}
    assert control(box, "POST", "events", {"count": 0}).status == 400


def test_the_controls_are_no_part_of_the_api(box: Sandbox, call: Caller) -> None:
    assert call.get("/sandbox/faults").status == 404

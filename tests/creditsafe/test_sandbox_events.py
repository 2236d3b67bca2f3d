"""Rules and events of the sandbox (API reference 2.8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.sandbox_support import ALL, Caller, activate, new_portfolio, one, watch


def events(call: Caller, **query: Any) -> list[Any]:
    rows: list[Any] = call.get("/monitoring/notificationEvents", **{"pageSize": 1000, **query}).json["data"]
    return rows


def test_rules_are_a_bare_array_with_everything_off(call: Caller, portfolio: int) -> None:
    rows = call.get(f"{ALL}/{portfolio}/eventRules").json
    assert {(row["ruleCountryCode"], row["ruleCode"]) for row in rows} >= {
        ("XX", 101),
        ("XX", 102),
        ("FR", 302),
        ("FR", 802),
    }
    assert not any(row["isActive"] for row in rows)
    assert {type(row["isActive"]) for row in rows} == {bool, int}
    assert [row["ruleCode"] for row in call.get("/monitoring/eventRules/FR").json] == [302, 704, 802]


def test_put_switches_on_the_listed_rules_and_off_the_others(call: Caller, portfolio: int) -> None:
    path = f"{ALL}/{portfolio}/eventRules/XX"
    answer = activate(call, portfolio)
    assert (answer.status, answer.raw) == (204, b"")
    assert all(row["isActive"] for row in call.get(path).json)
    call("PUT", path, [{"ruleCode": 101, "isActive": 1, "param0": "2", "param1": "Any", "ruleCountryCode": "XX"}])
    rows = {row["ruleCode"]: row for row in call.get(path).json}
    assert [code for code, row in rows.items() if row["isActive"]] == [101]
    assert (rows[101]["param0"], rows[101]["param1"]) == ("2", "Any")


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([{"ruleCode": 101, "isActive": True}], 400),
        ([{"ruleCode": 101, "isActive": 2}], 400),
        ([{"ruleCode": 101, "isActive": "1"}], 400),
        ([{"ruleCode": "101", "isActive": 1}], 400),
        ([{"ruleCode": 101}], 400),
        ([{"ruleCode": 101, "isActive": 1, "name": "x"}], 400),
        ([{"ruleCode": 101, "isActive": 1, "param0": 1}], 400),
        ({"ruleCode": 101, "isActive": 1}, 400),
        ([], 400),
        ([{"ruleCode": 9001, "isActive": 1}], 404),
        ([{"ruleCode": 302, "isActive": 1}], 404),
    ],
    ids=[
        "boolean",
        "two",
        "text",
        "code as text",
        "no isActive",
        "more keys",
        "number",
        "object",
        "empty",
        "unknown",
        "other country",
    ],
)
def test_malformed_rules_are_refused(call: Caller, portfolio: int, rows: Any, status: int) -> None:
    assert call("PUT", f"{ALL}/{portfolio}/eventRules/XX", rows).status == status


def test_the_default_is_all_rules_off(call: Caller, portfolio: int) -> None:
    activate(call, portfolio)
    assert call("PUT", f"{ALL}/{portfolio}/eventRules/setDefault").status == 204
    assert not any(row["isActive"] for row in call.get(f"{ALL}/{portfolio}/eventRules/XX").json)


def test_a_portfolio_without_rules_stays_silent(box: Sandbox, call: Caller, portfolio: int) -> None:
    company = one(box, least=60)
    watch(call, company, portfolio)
    assert box.change(company.connect_id, score=20) == 0
    assert box.emit(3) == 0
    assert events(call) == []


def test_a_company_outside_every_portfolio_stays_silent(box: Sandbox, call: Caller, portfolio: int) -> None:
    activate(call, portfolio)
    assert box.change(one(box, least=60).connect_id, score=20) == 0


def test_a_change_of_band_makes_an_event_with_both_scores(box: Sandbox, call: Caller, portfolio: int) -> None:
    company = one(box, least=55, most=68)
    before = company.standing.score
    watch(call, company, portfolio)
    activate(call, portfolio)
    assert box.change(company.connect_id, score=40) == 1
    [event] = events(call)
    assert (event["ruleCode"], event["oldValue"], event["newValue"]) == (101, str(before), "40")
    assert event["company"] == {
        "id": company.connect_id, "safeNumber": company.safe_number, "name": company.registered_name,
        "countryCode": "FR", "portfolioId": portfolio, "portfolioName": "Clients",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("params", "score", "told"),
    [
        ({"param0": "1", "param1": ""}, 40, True),
        ({"param0": "2", "param1": ""}, 40, False),
        ({"param0": "2", "param1": ""}, 20, True),
        ({"param0": "", "param1": "C"}, 40, True),
        ({"param0": "", "param1": "D"}, 40, False),
        ({"param0": "1", "param1": ""}, 90, False),
        ({"param0": "", "param1": "Any"}, 90, True),
        ({"param0": "", "param1": "Any"}, 52, False),
    ],
)  # fmt: skip
def test_rule_101_follows_its_parameters(
    box: Sandbox, call: Caller, portfolio: int, *, params: dict[str, str], score: int, told: bool
) -> None:
    company = one(box, least=53, most=68)
    watch(call, company, portfolio)
    activate(call, portfolio, **params)
    assert box.change(company.connect_id, score=score) == int(told)


def test_rule_101_tells_bands_when_asked_to(box: Sandbox, call: Caller, portfolio: int) -> None:
    company = one(box, least=53, most=68)
    watch(call, company, portfolio)
    activate(call, portfolio, param2="true")
    box.change(company.connect_id, score=20)
    assert [(row["oldValue"], row["newValue"]) for row in events(call)] == [("B", "D")]


@pytest.mark.parametrize(
    ("params", "share", "told"),
    [
        (("true", "", ""), 0.99, True),
        (("", "20", ""), 0.9, False),
        (("", "20", ""), 0.5, True),
        (("", "", "1000"), 0.5, False),
        (("", "", "1000"), 0.001, True),
        (("", "", "99999999"), 0.5, False),
    ],
)
def test_rule_102_follows_its_parameters(
    box: Sandbox, call: Caller, portfolio: int, *, params: tuple[str, str, str], share: float, told: bool
) -> None:
    company = one(box, least=53, most=68)
    watch(call, company, portfolio)
    rule = {"ruleCode": 102, "isActive": 1} | {f"param{place}": text for place, text in enumerate(params)}
    call("PUT", f"{ALL}/{portfolio}/eventRules/XX", [rule])
    limit = int(int(company.standing.limit) * share)
    assert box.change(company.connect_id, credit_limit=limit) == int(told)


def test_a_report_ordered_after_the_event_shows_the_new_values(box: Sandbox, call: Caller, portfolio: int) -> None:
    company = one(box, least=60)
    path = f"/companies/{company.connect_id}"
    before = call.get(path).json["report"]
    box.change(company.connect_id, score=41, credit_limit=12_000)
    after = call.get(path).json["report"]
    current = after["creditScore"]["currentCreditRating"]
    assert (current["providerValue"]["value"], current["commonValue"], current["creditLimit"]["value"]) == (
        "41",
        "C",
        "12000",
    )
    assert after["creditScore"]["previousCreditRating"] == before["creditScore"]["currentCreditRating"]
    histories = [report["additionalInformation"]["ratingHistory"] for report in (before, after)]
    assert len(histories[1]) == len(histories[0]) + 1


def test_a_failure_tells_its_judgment_and_changes_the_report(box: Sandbox, call: Caller, portfolio: int) -> None:
    company = one(box, least=40, most=60)
    watch(call, company, portfolio)
    activate(call, portfolio)
    activate(call, portfolio, "FR")
    assert box.change(company.connect_id, failed=True) == 3
    told = {row["ruleCode"]: row["newValue"] for row in events(call)}
    assert told == {101: "0", 102: "0", 302: "Redressement judiciaire"}
    report = call.get(f"/companies/{company.connect_id}").json["report"]
    assert report["negativeInformation"]["judgements"][0]["typeOfJudgement"]["code"] == "RJ"
    assert "situation of failure" in report["creditScore"]["currentCreditRating"]["providerDescription"]


def test_one_fact_in_two_portfolios_shares_its_event_id(box: Sandbox, call: Caller, portfolio: int) -> None:
    other, company = new_portfolio(call, "Other"), one(box, least=60)
    for number in (portfolio, other):
        watch(call, company, number)
        activate(call, number)
    assert box.change(company.connect_id, score=20) == 1
    rows = events(call)
    assert len({row["eventId"] for row in rows}) == 1
    assert len({row["notificationEventId"] for row in rows}) == len(rows) == 2
    assert [row["company"]["portfolioId"] for row in events(call)] == [portfolio, other]
    only = call.get(f"{ALL}/{other}/notificationEvents").json
    assert [row["company"]["portfolioId"] for row in only["data"]] == [other]


@pytest.fixture
def busy(box: Sandbox, call: Caller, portfolio: int) -> int:
    """A portfolio of 40 companies under every rule, with 60 events."""
    for company in box.directory[:40]:
        watch(call, company, portfolio)
    for country in ("XX", "FR", "GB", "BE", "DE", "IT", "ES", "SE", "US"):
        assert activate(call, portfolio, country).status == 204
    assert box.emit(60) == 60
    return portfolio


def test_emitted_events_are_of_many_kinds(call: Caller, busy: int) -> None:
    codes = {row["ruleCode"] for row in events(call)}
    assert {101, 102, 105, 107, 802} <= codes


def test_events_come_page_by_page_without_loss(call: Caller, busy: int) -> None:
    pages = [call.get("/monitoring/notificationEvents", page=page, pageSize=25).json for page in range(3)]
    assert [len(page["data"]) for page in pages] == [25, 25, 10]
    for key in ("notificationEventId", "eventId"):
        assert len({row[key] for page in pages for row in page["data"]}) == 60


def test_events_are_sorted_as_asked(call: Caller, busy: int) -> None:
    numbers = [row["eventId"] for row in events(call, sortBy="eventId", sortDir="desc")]
    assert numbers == sorted(numbers, reverse=True)
    names = [row["company"]["name"] for row in events(call)]
    assert names == sorted(names)
    assert call.get("/monitoring/notificationEvents", sortBy="colour").status == 400


def test_created_dates_have_many_forms_and_some_events_few_keys(call: Caller, busy: int) -> None:
    rows = events(call)
    created = [row["createdDate"] for row in rows if "createdDate" in row]
    assert len({("T" in text, len(text)) for text in created}) >= 5
    assert "" in created
    assert {"company", "eventId", "eventDate", "notificationEventId", "ruleCode", "ruleName"} in [
        set(row) for row in rows
    ]


@pytest.mark.parametrize(("hours", "count"), [((-1, 1), 60), ((-3, -1), 0), ((1, 2), 0)])
def test_events_are_filtered_by_their_created_date(call: Caller, busy: int, hours: tuple[int, int], count: int) -> None:
    start, end = (datetime.now(UTC) + timedelta(hours=shift) for shift in hours)
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    window = {"startDate": start.strftime(form), "endDate": end.strftime(form), "filterByCreatedDate": "true"}
    assert len(events(call, **window)) == count


def test_the_event_date_is_midnight_and_its_filter_knows_it(call: Caller, busy: int) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert len(events(call, startDate=today)) == 60
    assert events(call, startDate=f"{today}T00:00:01Z") == []
    assert call.get("/monitoring/notificationEvents", startDate="yesterday").status == 400


def test_a_company_without_events_answers_204(box: Sandbox, call: Caller, busy: int) -> None:
    told = {row["company"]["id"] for row in events(call)}
    silent = next(company for company in box.directory[:40] if company.connect_id not in told)
    answer = call.get(f"{ALL}/{busy}/companies/{silent.connect_id}/notificationEvents")
    assert (answer.status, answer.raw) == (204, b"")
    loud = next(iter(told))
    assert call.get(f"{ALL}/{busy}/companies/{loud}/notificationEvents").json["totalCount"] >= 1
    assert call.get(f"/monitoring/companies/{loud}/events").json["data"][0]["globalEventCode"]


def test_the_processed_flag_can_still_be_set(call: Caller, busy: int) -> None:
    number = events(call)[0]["notificationEventId"]
    assert call("PATCH", f"{ALL}/{busy}/notificationEvents/{number}", {"isProcessed": True}).status == 204
    assert call("PATCH", f"{ALL}/{busy}/notificationEvents/1", {"isProcessed": True}).status == 404


def test_events_by_day_add_up(call: Caller, busy: int) -> None:
    window = {"startDate": "2020-01-01", "endDate": "2099-01-01"}
    body = call.get("/monitoring/notificationEvents/dataByDay", **window).json
    assert sum(row["count"] for row in body["data"]) == 60


def test_a_renamed_company_is_found_under_its_new_name(box: Sandbox, call: Caller, busy: int) -> None:
    company = next((company for company in box.directory[:40] if company.former_names), None)
    assert company is not None
    report = call.get(f"/companies/{company.connect_id}", customData="de_reason_code::1").json["report"]
    assert report["companyIdentification"]["previousNames"]
    found = call.get("/companies", countries=company.country, name=company.name, pageSize=200).json["companies"]
    assert company.connect_id in {row["id"] for row in found}

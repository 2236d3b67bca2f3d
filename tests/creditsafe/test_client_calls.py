"""Each method asks what the contract says (API reference 2) and gives what was answered."""

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import responses
from responses import matchers

from companies.creditsafe import errors, parse_report
from companies.creditsafe.payloads import Portfolio
from tests.creditsafe.client_support import BASE, SAMPLES, client, sample

P7 = "/monitoring/portfolios/7"
EVENTS = f"{BASE}/monitoring/notificationEvents"


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def connect(web):
    web.post(f"{BASE}/authenticate", json={"token": "t1"})
    us = client()
    us.authenticate()
    return us


def sent(web):
    request = web.calls[-1].request
    return request.method, request.url.removeprefix(BASE), json.loads(request.body) if request.body else None


SIMPLE: list[tuple[object, ...]] = [
    (lambda us: us.me(), "GET", "/access/users/me", None, {}),
    (lambda us: us.active_users(), "GET", "/access/users/active", None, {}),
    (lambda us: us.search_criteria(["FR", "GB"]), "GET", "/companies/searchcriteria?countries=FR%2CGB", None, {}),
    (lambda us: us.report_custom_data("DE"), "GET", "/reportcustomdata/DE", None, {}),
    (lambda us: us.schema("FR"), "GET", "/companies/schema/FR?section=CompanyReportResponse", None, {}),
    (lambda us: us.people_criteria("FR"), "GET", "/people/searchcriteria?countries=FR", None, {}),
    (lambda us: us.image_types("FR"), "GET", "/images/companies/types?countries=FR", None, []),
    (lambda us: us.get_portfolio(7), "GET", P7, None, {}),
    (lambda us: us.delete_portfolio(7), "DELETE", P7, None, {"message": "Portfolio removed"}),
    (
        lambda us: us.patch_portfolio(7, name="New", is_default=True, frequency="1"),
        *("PATCH", P7, {"name": "New", "isDefault": True, "frequency": "1"}, None),
    ),
    (lambda us: us.patch_portfolio(7, name="New"), "PATCH", P7, {"name": "New"}, None),
    (lambda us: us.risk_summary(7), "GET", f"{P7}/riskSummary", None, {}),
    (lambda us: us.sharing(7), "GET", f"{P7}/sharingPermissions", None, {}),
    (
        lambda us: us.patch_sharing(7, {5: "View,Add"}),
        *("PATCH", f"{P7}/sharingPermissions"),
        *({"revokeAll": "false", "userPermissions": [{"csUserId": 5, "permissions": "View,Add"}]}, {}),
    ),
    (
        lambda us: us.patch_company(7, "FR-X-1", reference="411", personal_limit="5"),
        *("PATCH", f"{P7}/companies/FR-X-1"),
        *({"personalReference": "411", "freeText": "", "personalLimit": "5"}, None),
    ),
    (lambda us: us.remove_company(7, "FR-X-1"), "DELETE", f"{P7}/companies/FR-X-1", None, "Company removed"),
    (
        lambda us: us.clear_companies(7, ["a", "b"]),
        *("PATCH", f"{P7}/companies/clear?clearAll=false", {"companies": ["a", "b"]}, {}),
    ),
    (
        lambda us: us.clear_companies(7, everything=True),
        *("PATCH", f"{P7}/companies/clear?clearAll=true", {"companies": []}, {}),
    ),
    (
        lambda us: us.copy_companies(7, ["a"], to=[8]),
        *("POST", f"{P7}/companies/copy?copyAll=false", {"portfolios": [8], "companies": [{"id": "a"}]}, {}),
    ),
    (
        lambda us: us.move_companies(7, ["a"], to=[8]),
        *("POST", f"{P7}/companies/remove?removeAll=false", {"portfolios": [8], "companies": [{"id": "a"}]}, {}),
    ),
    (lambda us: us.event_rules(), "GET", "/monitoring/eventRules", None, []),
    (lambda us: us.event_rules("FR"), "GET", "/monitoring/eventRules/FR", None, []),
    (lambda us: us.event_rules(portfolio_id=7), "GET", f"{P7}/eventRules", None, []),
    (lambda us: us.event_rules("FR", portfolio_id=7), "GET", f"{P7}/eventRules/FR", None, []),
    (lambda us: us.set_default_rules(7), "PUT", f"{P7}/eventRules/setDefault", None, None),
    (lambda us: us.decision_fields("repo_1"), "GET", "/decisionEngine/repo_1/userDataFields", None, {}),
    (lambda us: us.decision_log_entry(5), "GET", "/decisionEngine/usageLog/5", None, {}),
    (
        lambda us: us.update_decision(5, status_code=5, notes="ok"),
        *("PATCH", "/decisionEngine/usageLog/5", {"statusCode": 5, "notes": "ok"}, {}),
    ),
]


@pytest.mark.parametrize(
    ("call", "method", "path", "body", "answer"), SIMPLE, ids=[f"{row[1]} {row[2]}" for row in SIMPLE]
)
def test_each_call_has_its_method_path_and_body(web, connect, call, method, path, body, answer):
    said = {"status": 204} if answer is None else {"json": answer}
    web.add(method, f"{BASE}{path.partition('?')[0]}", **said)
    call(connect)
    assert sent(web) == (method, path, body)


def test_access_tells_what_is_left(web, connect):
    web.get(f"{BASE}/access", json=sample("access"))
    access = connect.access()
    (reports,) = access.of("creditsafeConnectOnlineReports")
    assert (reports.country, reports.remaining, reports.expires_on) == ("FR", 377, date(2026, 12, 31))
    (monitoring,) = access.of("creditsafeConnectMonitoring")
    assert monitoring.remaining is None


def test_access_of_the_older_server_reads_alike(web, connect):
    old = {"countryAccess": [{"Creditsafe Connect Online Reports": [{"countryIso2": "FR", "paid": 5, "used": 5}]}]}
    web.get(f"{BASE}/access", json=old)
    assert connect.access().of("creditsafeConnectOnlineReports")[0].remaining == 0


@pytest.mark.parametrize(
    "criteria",
    [{"reg_no": "999000110", "office_type": "headOffice"}, {"regNo": "999000110", "officeType": "headOffice"}],
)
def test_criteria_are_named_in_either_style(web, connect, criteria):
    web.get(f"{BASE}/companies", json={"totalSize": 0, "companies": []})
    connect.search(["FR", "GB"], **criteria)
    assert sent(web)[1] == "/companies?countries=FR%2CGB&regNo=999000110&officeType=headOffice"


def test_empty_criteria_are_not_sent_and_booleans_are_lower_case(web, connect):
    web.get(f"{BASE}/companies", json={"totalSize": 0, "companies": []})
    connect.search("FR", name="verne", exact=True, city="", status=None)
    assert sent(web)[1] == "/companies?countries=FR&name=verne&exact=true"


def test_a_misspelt_criterion_is_told_before_the_network(connect):
    with pytest.raises(TypeError, match="regNumber"):
        connect.search("FR", reg_number="1")


def test_no_hit_is_an_empty_page(web, connect):
    web.get(f"{BASE}/companies", json=sample("search_none"))
    page = connect.search("FR", name="nobody")
    assert (page.items, page.total, page.no_results, page.too_many) == ((), 0, True, False)


def test_too_many_hits_are_told(web, connect):
    web.get(f"{BASE}/companies", json={"totalSize": 900, "companies": [], "messages": [{"code": "TooManyResults"}]})
    page = connect.search("FR", name="sa")
    assert (page.too_many, page.no_results) == (True, False)


@pytest.mark.parametrize(
    ("details", "name"),
    [
        ("Specified criteria combination is not allowed", "criteria_not_allowed"),
        ("ZZ is not a supported country", "country_not_supported"),
        ("name is shorter than the required minimum lenght of 2", "too_short"),
        ("name is longer than the required maximum length", "too_long"),
        ("Parameters not supported: exact", "parameter_not_supported"),
    ],
)
def test_a_refused_search_says_why(web, connect, details, name):
    web.get(f"{BASE}/companies", status=400, json={"correlationId": "c", "message": "Bad request", "details": details})
    with pytest.raises(errors.BadRequest) as caught:
        connect.search("FR", name="x")
    reasons = ["criteria_not_allowed", "country_not_supported", "too_short", "too_long", "parameter_not_supported"]
    assert [reason for reason in reasons if getattr(caught.value, reason)] == [name]
    assert caught.value.details == details


def test_match_sends_its_threshold(web, connect):
    web.get(f"{BASE}/companies/match", json=sample("match"))
    assert connect.match("FR", threshold=899, name="verne", post_code="45000").items[0].hit.siren == "999000110"
    assert sent(web)[1] == "/companies/match?country=FR&matchThreshold=899&name=verne&postCode=45000"


def test_a_report_is_kept_raw_and_parsed(web, connect):
    raw = (SAMPLES / "report_fr.json").read_bytes()
    web.get(f"{BASE}/companies/FR-X-99900011000018", body=raw)
    answer = connect.report("FR-X-99900011000018")
    assert sent(web)[1] == "/companies/FR-X-99900011000018?language=fr"
    assert answer.raw == raw
    assert answer.ordered_at == datetime(2026, 3, 2, 9, 15, 27, 580000, UTC)
    assert (answer.correlation_id[:4], answer.failed_sections) == ("3f0a", ("PaymentDataExtra",))
    assert parse_report(answer.data).score == 62


def test_a_report_takes_its_options(web, connect):
    web.get(f"{BASE}/companies/X", json={"report": {"a": 1}})
    connect.report("X", "en", template="full", include_indicators=True, call_ref="r")
    assert sent(web)[1] == "/companies/X?language=en&template=full&includeIndicators=true&callRef=r"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ReportUnavailable", errors.ReportUnavailable),
        ("ReportUnavailableDueToLegal", errors.ReportUnavailable),
        ("AccessRestricted", errors.AccessDenied),
        ("TemporarySystemProblem", errors.Unavailable),
        ("InvalidRequestXml", errors.BadRequest),
    ],
)
def test_a_refused_order_tells_its_kind_by_code(web, connect, code, kind):
    messages = [{"type": "Information", "code": code, "text": "Some text."}]
    web.get(f"{BASE}/companies/X", status=400, json={"messages": messages, "correlationId": "c"})
    with pytest.raises(errors.CreditsafeError, match="Some text") as caught:
        connect.report("X")
    assert type(caught.value) is kind
    assert (caught.value.codes, caught.value.after_success) == ((code,), False)


def test_people_are_found_without_their_birth(web, connect):
    row = {
        "peopleId": "FR-P1",
        "firstName": "Alphonse",
        "lastName": "Inventé",
        "dateOfBirth": "1901-02-03",
        "taxCode": "Z",
    }
    web.get(f"{BASE}/people", json={"totalSize": 1, "directors": [{**row, "company": {"id": "FR-X-1"}}]})
    (person,) = connect.people("FR", last_name="Inventé").items
    assert (person.name, person.company_id) == ("Alphonse Inventé", "FR-X-1")
    assert "1901" not in repr(person)


def test_a_persons_report_must_be_there(web, connect):
    web.get(f"{BASE}/people/FR-P1", json={"report": {"directorId": "FR-P1"}})
    assert connect.person_report("FR-P1").data["report"]["directorId"] == "FR-P1"


def test_images_are_listed_and_fetched_in_both_forms(web, connect):
    listed = {
        "totalSize": 1,
        "data": [{"imageId": "i1", "document": {"imageType": "Accounts"}, "filingDate": "2025-07-02"}],
    }
    web.get(f"{BASE}/images/companies", json=listed)
    assert connect.images("FR-X-1").items[0].filed_on == date(2025, 7, 2)
    web.get(f"{BASE}/images/i1", json={"pdfReportStream": base64.b64encode(b"%PDF").decode()})
    web.get(f"{BASE}/images/i2", body=b"%PDF", content_type="application/pdf")
    assert connect.image("i1") == connect.image("i2") == b"%PDF"


def test_a_portfolio_is_created_and_its_name_may_be_taken(web, connect):
    web.post(f"{BASE}/monitoring/portfolios", json={"portfolioId": 7, "name": "A", "isDefault": "true"})
    assert connect.create_portfolio("A", is_default=True) == Portfolio(portfolio_id=7, name="A", is_default=True)
    web.replace("POST", f"{BASE}/monitoring/portfolios", status=409, json={"message": "exists"})
    with pytest.raises(errors.Conflict):
        connect.create_portfolio("A")


def test_a_risk_summary_counts_letters(web, connect):
    body = {"totalCompanies": 66, "bandACount": 26, "bandApc": 40.625, "bandECount": 2}
    web.get(f"{BASE}{P7}/riskSummary", json=body)
    summary = connect.risk_summary(7)
    assert (summary.total, summary.counts) == (66, {"A": 26, "E": 2})
    assert summary.percents == {"A": Decimal("40.625")}


@pytest.mark.parametrize("names", [("userPermission", "permission"), ("userPermissions", "permissions")])
def test_sharing_is_read_in_both_numbers(web, connect, names):
    users, given = names
    web.get(
        f"{BASE}{P7}/sharingPermissions", json={"data": {"portfolioId": "7", users: [{"csUserId": 5, given: "View"}]}}
    )
    assert (connect.sharing(7).portfolio_id, connect.sharing(7).permissions) == (7, {"5": "View"})


@pytest.mark.parametrize("wrap", [lambda body: body, lambda body: {"data": body}], ids=["flat", "nested"])
def test_a_copy_tells_what_became_of_it(web, connect, wrap):
    body = {"totalPortfoliosCompanies": 2, "successfulPortfoliosCompanies": 1, "failedPortfoliosCompanies": 1}
    web.post(f"{BASE}{P7}/companies/copy", json=wrap({**body, "reason": "duplicate"}))
    outcome = connect.copy_companies(7, ["a"], to=[8])
    assert (outcome.total, outcome.succeeded, outcome.failed, outcome.reason) == (2, 1, 1, "duplicate")


@pytest.mark.parametrize(("method", "path"), [("import_csv", "import"), ("sync_csv", "sync")])
@pytest.mark.parametrize("key", ["status", "message"])
def test_a_csv_is_uploaded_as_a_file(web, connect, method, path, key):
    web.post(f"{BASE}{P7}/{path}", json={key: "Accepted for processing. Import Id 1"})
    assert getattr(connect, method)(7, b"Safe Number\nFR99900011\n", email="a@b.invalid").endswith("Id 1")
    request = web.calls[-1].request
    assert b'name="importCsv"; filename="companies.csv"' in request.body
    assert b"FR99900011" in request.body
    assert b'name="email"' in request.body
    assert request.headers["Content-Type"].startswith("multipart/form-data")


@pytest.mark.parametrize(
    ("start", "wire"),
    [
        (date(2026, 2, 1), "2026-02-01T00:00:00.000000Z"),
        (datetime(2026, 2, 1, 8, 30), "2026-02-01T08:30:00.000000Z"),  # noqa: DTZ001 - naive on purpose
        (datetime(2026, 2, 1, 8, 30, tzinfo=timezone(timedelta(hours=1))), "2026-02-01T07:30:00.000000Z"),
    ],
    ids=["a day", "naive", "Paris"],
)
def test_a_window_is_sent_in_utc(web, connect, start, wire):
    query = {"startDate": wire, "endDate": "2026-03-01T00:00:00.000000Z", "filterByCreatedDate": "true"}
    more = {"sortBy": "eventId", "sortDir": "asc", "page": 0, "pageSize": 1000}
    web.get(EVENTS, json={"data": []}, match=[matchers.query_param_matcher({**query, **more})])
    assert list(connect.notification_events(start, date(2026, 3, 1))) == []


def test_events_come_page_by_page_for_a_cursor(web, connect):
    for page, paging in ((0, {"next": 1}), (1, {})):
        body = {"totalCount": 2, "data": [{"notificationEventId": page + 1}], "paging": paging}
        web.get(
            f"{BASE}{P7}/notificationEvents",
            json=body,
            match=[matchers.query_param_matcher({"page": page}, strict_match=False)],
        )
    pages = connect.notification_event_pages(date(2026, 2, 1), date(2026, 3, 1), portfolio_id=7, page_size=1)
    assert [(page.number, page.total, page.events[0].notification_event_id) for page in pages] == [(0, 2, 1), (1, 2, 2)]


def test_events_without_a_number_are_all_kept(web, connect):
    web.get(EVENTS, json={"data": [{"eventId": 1}, {"eventId": 2}]})
    assert len([*connect.notification_events(date(2026, 2, 1), date(2026, 3, 1))]) == 2


def test_the_events_of_a_company_have_two_addresses(web, connect):
    row = {"eventId": 1, "companyId": "FR99900011", "globalEventCode": 101, "portfolioId": 7}
    web.get(f"{BASE}/monitoring/companies/FR-X-1/events", json={"data": [row]})
    (event,) = connect.company_events("FR-X-1", start=date(2026, 2, 1))
    assert (event.company_id, event.rule_code, event.portfolio_id) == ("FR99900011", 101, 7)
    web.get(f"{BASE}{P7}/companies/FR-X-1/notificationEvents", status=204)
    assert list(connect.company_events("FR-X-1", portfolio_id=7)) == []


def test_events_by_day_are_given_as_sent(web, connect):
    web.get(f"{EVENTS}/dataByDay", json=[{"day": "2026-02-01", "count": 3}])
    assert connect.events_by_day(date(2026, 2, 1), date(2026, 3, 1))[0]["count"] == 3


def test_a_decision_is_run_and_read(web, connect):
    body = {
        "Decision": "Reject",
        "DecisionText": "No",
        "statusCode": 3,
        "Audits": [{"RuleName": "Score", "description": "D"}],
    }
    web.post(f"{BASE}/decisionEngine/repo_1", json=body)
    decision = connect.run_decision("repo_1", "FR-X-1", {"isCustomer": True})
    assert (decision.decision, decision.outcome, decision.audits) == ("Reject", "negative", (("Score", "D"),))
    assert sent(web) == ("POST", "/decisionEngine/repo_1?companyId=FR-X-1", {"isCustomer": True})


def test_engines_and_fields_are_listed(web, connect):
    web.get(f"{BASE}/decisionEngine/GUID", json={"GUIDList": [{"friendlyName": "A", "GUID": "repo_1", "type": "Demo"}]})
    assert connect.decision_engines(kind="Demo")[0].engine_id == "repo_1"
    fields = [
        {"orderIndex": 2, "paramName": "b"},
        {"orderIndex": 1, "paramName": "a", "dropdownDetails": [{"label": "x"}]},
    ]
    web.get(f"{BASE}/decisionEngine/repo_1/userDataFields", json={"fields": fields})
    assert [(row.param, row.choices) for row in connect.decision_fields("repo_1")] == [("a", ("x",)), ("b", ())]


def test_the_decision_log_is_read_over_pages_from_1(web, connect):
    for page, numbers in ((1, [1, 2]), (2, [2, 3])):
        body = {"totalCount": 3, "usageLog": [{"decisionLogId": number} for number in numbers]}
        query = {"page": page, "pageSize": 2, "companyId": "FR-X-1"}
        web.get(f"{BASE}/decisionEngine/usageLog", json=body, match=[matchers.query_param_matcher(query)])
    assert [row.log_id for row in connect.decision_log(page_size=2, company_id="FR-X-1")] == [1, 2, 3]

"""The quirks of API reference 5 that show on the wire; those of the payloads are in test_payloads_quirks."""

import base64
import json
from datetime import date

import pytest
import responses
from responses import matchers

from companies.creditsafe import errors, parse_report
from companies.creditsafe.client.companies import JSON_PDF
from companies.creditsafe.payloads import EventRule
from tests.creditsafe.client_support import BASE, client, sample

ME = f"{BASE}/access/users/me"
WATCHED = f"{BASE}/monitoring/portfolios/7/companies"
PDF = b"%PDF-1.4 invented"


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def connect(web):
    """A client that has its token; `web` starts with that call."""
    web.post(f"{BASE}/authenticate", json={"token": "t1"})
    us = client()
    us.authenticate()
    return us


STALE = [
    (401, {"error": "Invalid token."}),
    (401, {}),
    (403, {"error": "Policy 456183: The Authorization header has invalid format"}),
]


@pytest.mark.parametrize(("status", "body"), STALE)
def test_quirk_01_a_stale_token_is_renewed_once(web, connect, status, body):
    web.post(f"{BASE}/authenticate", json={"token": "t2"})
    web.get(ME, status=status, json=body, match=[matchers.header_matcher({"Authorization": "Bearer t1"})])
    web.get(ME, json={"ok": True}, match=[matchers.header_matcher({"Authorization": "Bearer t2"})])
    assert connect.me() == {"ok": True}


@pytest.mark.parametrize(("status", "body"), STALE)
def test_quirk_01_a_fresh_token_that_is_refused_ends_it(web, connect, status, body):
    web.post(f"{BASE}/authenticate", json={"token": "t2"})
    web.get(ME, status=status, json=body)
    web.get(ME, status=status, json=body)
    with pytest.raises((errors.BadCredentials, errors.AccessDenied)):
        connect.me()
    assert len(web.calls) == 4


def test_quirk_02_a_refused_password_is_never_tried_again(web):
    web.post(f"{BASE}/authenticate", status=401, json={"message": "Access denied -  Please check"})
    with pytest.raises(errors.BadCredentials):
        client().access()
    assert len(web.calls) == 1


def test_quirk_02_a_password_refused_at_renewal_is_never_tried_again(web, connect):
    web.get(ME, status=401, json={"error": "Invalid token."})
    web.post(f"{BASE}/authenticate", status=401, json={"message": "Access denied"})
    with pytest.raises(errors.BadCredentials):
        connect.me()
    assert len(web.calls) == 3


@pytest.mark.parametrize(
    "body", [{"companyId": "X"}, {"report": None}, {"report": {}}, {"report": []}, {"report": "x"}]
)
def test_quirk_03_a_success_without_a_report_is_a_failure_that_was_charged(web, connect, body):
    web.get(f"{BASE}/companies/FR-X-1", json={"correlationId": "cid", **body})
    with pytest.raises(errors.UnexpectedAnswer) as caught:
        connect.report("FR-X-1")
    assert caught.value.after_success
    assert caught.value.correlation_id == "cid"


def test_quirk_08_searches_start_at_page_1_and_stop_at_the_total(web, connect):
    hit = {"country": "FR", "name": "X"}
    for page, ids in ((1, ["a", "b"]), (2, ["b", "c"])):
        web.get(
            f"{BASE}/companies",
            json={"totalSize": 3, "companies": [{"id": item, **hit} for item in ids]},
            match=[matchers.query_param_matcher({"countries": "FR", "name": "x", "page": page, "pageSize": 2})],
        )
    assert [hit.connect_id for hit in connect.iter_search("FR", name="x", page_size=2)] == ["a", "b", "c"]


def watched_page(web, page, paging, *ids):
    data = [{"id": item} for item in ids]
    query = {"page": page, "pageSize": 2}
    web.get(WATCHED, json={"data": data, "paging": paging}, match=[matchers.query_param_matcher(query)])


def test_quirk_08_lists_start_at_page_0_and_stop_without_a_next(web, connect):
    watched_page(web, 0, {"size": 2, "next": 1, "last": 9}, "a", "b")
    watched_page(web, 1, {"size": 2, "prev": 0, "last": -1}, "c")
    assert [row.company_id for row in connect.portfolio_companies(7, page_size=2)] == ["a", "b", "c"]


def test_quirk_08_an_empty_list_has_last_minus_one(web, connect):
    watched_page(web, 0, {"size": 2, "next": None, "last": -1})
    assert list(connect.portfolio_companies(7, page_size=2)) == []


def test_quirk_08_a_server_that_turns_in_circles_is_refused(web, connect):
    watched_page(web, 0, {"next": 1}, "a", "b")
    watched_page(web, 1, {"next": 2}, "a", "b")
    with pytest.raises(errors.UnexpectedAnswer, match="repeats"):
        list(connect.portfolio_companies(7, page_size=2))


@pytest.mark.parametrize("following", [0, 1])
def test_quirk_08_a_next_page_that_is_not_further_is_refused(web, connect, following):
    watched_page(web, 0, {"next": 1}, "a", "b")
    watched_page(web, 1, {"next": following}, "c", "d")
    with pytest.raises(errors.UnexpectedAnswer, match="repeats"):
        list(connect.portfolio_companies(7, page_size=2))


def test_quirk_08_an_empty_page_that_leads_to_itself_is_refused(web, connect):
    watched_page(web, 0, {"next": 0})
    with pytest.raises(errors.UnexpectedAnswer, match="repeats"):
        list(connect.portfolio_companies(7, page_size=2))


def test_quirk_08_a_row_told_on_two_pages_comes_once(web, connect):
    watched_page(web, 0, {"next": 1}, "a", "b")
    watched_page(web, 1, {}, "b", "c")
    assert [row.company_id for row in connect.portfolio_companies(7, page_size=2)] == ["a", "b", "c"]


def test_quirk_09_the_shape_of_a_list_depends_on_the_endpoint(web, connect):
    web.get(f"{BASE}/monitoring/portfolios", json=json.loads(json.dumps(sample("portfolios"))))
    web.get(f"{BASE}/monitoring/eventRules/XX", json=sample("event_rules"))
    web.get(f"{BASE}/monitoring/portfolios/7/countries", json=["FR", "LU"])
    web.get(f"{BASE}/monitoring/user/details", json=[{"csUserId": 5, "isAutoTracker": True}])
    assert [row.portfolio_id for row in connect.portfolios()] == [1001, 1002, 2001]
    assert len(connect.event_rules("XX")) == 4
    assert connect.portfolio_countries(7) == ("FR", "LU")
    assert connect.user_details().user_id == "5"


def test_quirk_10_rules_are_written_with_integers_and_204_has_no_body(web, connect):
    web.put(f"{BASE}/monitoring/portfolios/7/eventRules/XX", status=204)
    rules = [
        EventRule(code=101, country="XX", is_active=True, params={"param0": "1", "param1": "A"}),
        EventRule(code=102, country="XX"),
    ]
    assert connect.put_event_rules(7, "XX", rules) is None
    assert (
        web.calls[-1].request.body
        == json.dumps(
            [
                {"ruleCode": 101, "ruleCountryCode": "XX", "isActive": 1, "param0": "1", "param1": "A"},
                {"ruleCode": 102, "ruleCountryCode": "XX", "isActive": 0},
            ]
        ).encode()
    )


def test_quirk_10_an_empty_204_is_an_empty_list(web, connect):
    web.get(f"{WATCHED}/FR-X-1/notificationEvents", status=204)
    web.get(f"{BASE}/monitoring/eventRules", status=204)
    assert list(connect.company_events("FR-X-1", portfolio_id=7)) == []
    assert connect.event_rules() == []


@pytest.mark.parametrize("status", [200, 201, 204])
def test_quirk_11_a_company_is_added_whatever_the_success(web, connect, status):
    web.post(WATCHED, status=status, body=b"" if status == 204 else b'{"message": "Company added"}')
    assert connect.add_company(7, "FR-X-1") is True


def test_quirk_11_a_company_already_there_is_no_error(web, connect):
    web.post(WATCHED, status=409, json={"message": "Company  FR-X-1 already in portfolio"})
    assert connect.add_company(7, "FR-X-1") is False


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("method", ["get_company", "patch_company", "remove_company"])
def test_quirk_12_not_in_the_portfolio_is_not_found_whatever_the_status(web, connect, method, status):
    verb = {"get_company": "GET", "patch_company": "PATCH", "remove_company": "DELETE"}[method]
    web.add(verb, f"{WATCHED}/FR-X-1", status=status, json={"message": "PortfolioCompany not found "})
    with pytest.raises(errors.NotFound):
        getattr(connect, method)(7, "FR-X-1")


def test_quirk_13_the_three_notes_are_always_sent(web, connect):
    whole = {"id": "FR-X-1", "personalReference": "", "freeText": "", "personalLimit": ""}
    web.post(WATCHED, json={}, match=[matchers.json_params_matcher(whole)])
    assert connect.add_company(7, "FR-X-1")


def test_quirk_14_a_new_portfolio_has_no_rule_unless_put(web, connect):
    web.post(f"{BASE}/monitoring/portfolios", json={"portfolioId": 7, "name": "Clients", "isDefault": False})
    assert connect.create_portfolio("Clients").portfolio_id == 7
    assert [call.request.url for call in web.calls][1:] == [f"{BASE}/monitoring/portfolios"]


def test_quirk_15_events_come_once_over_many_pages(web, connect):
    event = {"ruleCode": 9001, "eventDate": ""}
    for page, numbers, paging in ((0, range(1000), {"next": 1}), (1, range(999, 1500), {})):
        web.get(
            f"{BASE}/monitoring/notificationEvents",
            json={"data": [{"notificationEventId": number, **event} for number in numbers], "paging": paging},
            match=[matchers.query_param_matcher({"page": page, "pageSize": 1000}, strict_match=False)],
        )
    events = connect.notification_events(date(2026, 2, 1), date(2026, 3, 1))
    found = [row.notification_event_id for row in events]
    assert found == list(range(1500))


def test_quirk_16_a_company_found_twice_is_given_once(web, connect):
    web.get(f"{BASE}/companies", json=json.loads(json.dumps(sample("search_fr"))))
    assert len(connect.search("FR", name="verne").items) == 3


def test_quirk_21_exact_with_a_number_is_refused_before_the_network(web, connect):
    with pytest.raises(ValueError, match="exact"):
        connect.search("FR", reg_no="999000110", exact=True)


def test_quirk_21_germany_gets_its_reason_and_brazil_its_language(web, connect):
    query = {"language": "de", "customData": "de_reason_code::1"}
    web.get(f"{BASE}/companies/DE-0-1", json={"report": {"a": 1}}, match=[matchers.query_param_matcher(query)])
    connect.report("DE-0-1", "de", custom_data="de_reason_code::1")
    query = {"countries": "BR", "name": "x", "language": "PT"}
    web.get(f"{BASE}/companies", json={"totalSize": 0}, match=[matchers.query_param_matcher(query)])
    assert connect.search("BR", name="x", language="PT").no_results


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Access forbidden"},
        {"message": "Forbidden request", "details": "No access to RO reports"},
        {"message": "Forbidden", "details": "No access to monitoring"},
    ],
)
def test_quirk_22_a_missing_right_is_denied_without_a_new_token(web, connect, body):
    web.get(ME, status=403, json=body)
    with pytest.raises(errors.AccessDenied, match=body.get("details", body["message"])):
        connect.me()
    assert len(web.calls) == 2


def test_quirk_23_a_megabyte_is_taken_and_there_is_an_end(web, connect):
    body = {"report": {"additionalInformation": {"mortgageDetails": [{"details": "x" * 1400}] * 706}}}
    web.get(f"{BASE}/companies/GB-0-1", json=body)
    assert len(connect.report("GB-0-1").raw) > 980_000
    web.post(f"{BASE}/authenticate", json={"token": "t1"})
    with pytest.raises(errors.UnexpectedAnswer, match="more than 500000 bytes"):
        client(max_bytes=500_000).report("GB-0-1")


@pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream", ""])
def test_quirk_24_a_pdf_may_come_as_bytes(web, connect, kind):
    accept = matchers.header_matcher({"Accept": "application/pdf"})
    web.get(f"{BASE}/companies/FR-X-1", body=PDF, content_type=kind, match=[accept])
    assert connect.report_pdf("FR-X-1").content == PDF


def test_quirk_24_a_pdf_may_come_inside_json_with_the_report(web, connect):
    body = {"correlationID": "cid", "companyID": "FR-X-1", "pdfReportStream": base64.b64encode(PDF).decode()}
    body["report"] = {"companySummary": {"businessName": "X"}}
    web.get(f"{BASE}/companies/FR-X-1", json=body, match=[matchers.header_matcher({"Accept": JSON_PDF})])
    answer = connect.report_pdf("FR-X-1", accept=JSON_PDF)
    assert answer.content == PDF
    assert (parse_report(answer.data).name, parse_report(answer.data).connect_id) == ("X", "FR-X-1")


@pytest.mark.parametrize("stream", ["", "not base64!", None])
def test_quirk_24_a_pdf_that_is_neither_is_unexpected(web, connect, stream):
    web.get(f"{BASE}/companies/FR-X-1", json={"pdfReportStream": stream})
    with pytest.raises(errors.UnexpectedAnswer):
        connect.report_pdf("FR-X-1")


@pytest.mark.parametrize("spelling", ["correlationId", "correlationID", "corellationId", "messageId"])
def test_quirk_26_the_tracing_number_has_several_spellings(web, connect, spelling):
    web.get(ME, status=404, json={spelling: "cid-9", "message": "Resource not found "})
    with pytest.raises(errors.NotFound) as caught:
        connect.me()
    assert caught.value.correlation_id == "cid-9"

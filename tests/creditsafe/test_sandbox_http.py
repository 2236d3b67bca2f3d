"""The sandbox over HTTP: tokens, refusals in the provider's shapes, search, orders."""

import base64
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from companies.creditsafe.sandbox import Sandbox
from companies.creditsafe.sandbox.directory import plain
from companies.creditsafe.sandbox.server import ROUTES
from tests.creditsafe.sandbox_support import PASSWORD, Caller


def claims(token: str, part: int) -> Any:
    segment = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


@pytest.fixture
def guest(box: Sandbox) -> Iterator[Caller]:
    """A caller without a token."""
    caller = Caller(box)
    yield caller
    caller.close()


def test_the_token_is_a_jwt_with_the_claims_of_the_reference(guest: Caller) -> None:
    answer = guest.log_in()
    assert set(answer.json) == {"token"}
    token = answer.json["token"]
    assert claims(token, 0)["alg"] == "RS256"
    body = claims(token, 1)
    assert body["exp"] == body["nbf"] + 3600
    assert {"iss", "aud", "client_id", "sub", "username", "amr"} <= set(body)


@pytest.mark.parametrize(
    "body",
    [
        {"username": "verne", "password": "wrong"},
        {"username": "verne"},
        ["verne", PASSWORD],
        b"not json",
    ],
    ids=["wrong password", "no password", "a list", "no JSON"],
)
def test_wrong_credentials_are_a_401_with_a_message(guest: Caller, body: Any) -> None:
    answer = guest("POST", "/authenticate", body)
    assert answer.status == 401
    assert answer.json["message"].startswith("Access denied -  Please check")


def test_the_sixth_identical_bad_call_is_a_429_and_others_are_not(guest: Caller) -> None:
    assert [guest.log_in("wrong").status for _ in range(7)] == [401] * 5 + [429] * 2
    assert guest.log_in("other").status == 401
    assert guest.log_in().status == 200


@pytest.mark.parametrize(
    ("header", "status", "body"),
    [
        ("", 401, {"error": "Invalid token."}),
        ("Bearer a.b.c", 401, {"error": "Invalid token."}),
        ("a.b.c", 401, {"error": "Invalid token."}),
        ("Basic dmVybmU6c2Vz", 403, {"error": "Policy 456183: The Authorization header has invalid format"}),
        ("nonsense", 403, {"error": "Policy 456183: The Authorization header has invalid format"}),
    ],
)
def test_bad_authorization_is_refused_as_the_gateway_does(guest: Caller, header: str, status: int, body: Any) -> None:
    answer = guest("GET", "/access", headers={"Authorization": header} if header else {})
    assert (answer.status, answer.json) == (status, body)


def test_a_forged_token_is_refused(call: Caller) -> None:
    head, body, signature = call.token.split(".")
    call.token = f"{head}.{body}.{'A' * len(signature)}"
    assert call.get("/access").status == 401


def test_the_bare_token_is_accepted_too(call: Caller) -> None:
    assert call("GET", "/access", headers={"Authorization": call.token}).status == 200


def test_a_token_ends_with_its_life() -> None:
    with Sandbox(companies=5, seed=1, token_life=0.3) as box:
        caller = Caller(box)
        caller.log_in()
        assert caller.get("/access/users/me").status == 200
        time.sleep(0.35)
        assert caller.get("/access/users/me").status == 401
        caller.close()


def test_several_tokens_are_valid_at_once(call: Caller) -> None:
    first = call.token
    call.log_in()
    assert first != call.token
    assert call("GET", "/access", headers={"Authorization": f"Bearer {first}"}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nowhere", 404, "Resource not found "),
        ("DELETE", "/companies", 405, "Method not allowed"),
        ("GET", "/companies?countries=FR&regNo=123456789&sort=name", 400, "Parameters not supported: sort"),
        ("GET", "/companies?regNo=123456789", 400, "countries is required."),
        ("GET", "/companies?countries=ZZ&name=Forges", 400, "ZZ is not a supported country"),
    ],
)
def test_what_is_not_in_the_contract_is_refused(call: Caller, method: str, path: str, status: int, text: str) -> None:
    answer = call(method, path)
    assert answer.status == status
    assert text in answer.json.get("details", answer.json["message"])


def test_paths_outside_the_version_do_not_exist(box: Sandbox, call: Caller) -> None:
    call.connection.request("GET", "/access", headers={"Authorization": f"Bearer {call.token}"})
    response = call.connection.getresponse()
    assert (response.status, json.loads(response.read())) == (404, {"message": "Resource not found "})


JUNK = (
    b"",
    b"\xff\xfe",
    b"null",
    b"[1]",
    b'{"name": "A", "emails": 5}',
    b'{"name": "B", "emails": [{"emailAddress": {}}], "frequency": []}',
    b'{"portfolios": [[]], "companies": 3}',
    b'{"portfolios": [100001], "companies": [7]}',
    b'{"companies": [null]}',
    b'{"userPermissions": [1]}',
    b'[{"ruleCode": [], "isActive": 1}]',
    b'{"id": 5, "personalReference": "", "freeText": "", "personalLimit": ""}',
)


@pytest.mark.parametrize("junk", JUNK)
def test_no_junk_breaks_an_endpoint(call: Caller, junk: bytes) -> None:
    for route in ROUTES:
        path = re.sub(
            r"\(\?P<(\w+)>[^)]+\)", lambda name: {"portfolio": "100001"}.get(name[1], "FR"), route.pattern.pattern
        )
        assert call(route.method, path, junk).status < 500, route
        assert call(route.method, f"{path}?{urlencode(dict.fromkeys(route.query, '²é%'))}", junk).status < 500, route


@pytest.mark.parametrize("header", ["Bearer é.b.c", "Bearer ..", "Bearer", "..", "é"])
def test_no_header_breaks_the_gate(guest: Caller, header: str) -> None:
    assert guest("GET", "/access", headers={"Authorization": header.encode("latin-1")}).status in {401, 403}


def test_a_connection_serves_many_calls(call: Caller) -> None:
    call.get("/access")
    socket = call.connection.sock
    assert socket is not None
    for _ in range(20):
        call.get("/access")
    assert call.connection.sock is socket


def test_search_by_siren_brings_the_branches_unless_the_head_office_is_asked_for(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.branches)
    everything = call.get("/companies", countries="FR", regNo=company.number).json
    assert everything["totalSize"] == 1 + len(company.branches)
    head = call.get("/companies", countries="FR", regNo=company.number, officeType="HeadOffice").json
    assert [row["id"] for row in head["companies"]] == [company.connect_id]


def test_search_by_siret_brings_that_establishment(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.branches)
    found = call.get("/companies", countries="FR", regNo=company.branches[0].number).json
    assert [row["regNo"] for row in found["companies"]] == [company.branches[0].number]
    assert found["companies"][0]["officeType"] == "Branch"


@pytest.mark.parametrize("field", ["id", "safeNo", "vatNo", "phoneNo"])
def test_each_identifier_finds_its_company(box: Sandbox, call: Caller, field: str) -> None:
    company = box.directory[0]
    values = {"id": company.connect_id, "safeNo": company.safe_number, "vatNo": company.vat, "phoneNo": company.phone}
    found = call.get("/companies", countries=company.country, officeType="headOffice", **{field: values[field]}).json
    assert [row["id"] for row in found["companies"]] == [company.connect_id]


@pytest.mark.parametrize("country", ["GB", "BE", "DE", "IT", "ES", "SE", "US"])
def test_foreign_registration_numbers_find_their_company(box: Sandbox, call: Caller, country: str) -> None:
    company = next(one for one in box.directory if one.country == country)
    found = call.get("/companies", countries=country, regNo=company.number).json
    assert company.connect_id in {row["id"] for row in found["companies"]}


def test_search_by_name_ignores_accents_and_legal_forms(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.country == "FR" and "é" in one.name)
    found = call.get(
        "/companies", countries="FR", name=f"S.A.S. {company.name}", postCode=company.address.postcode
    ).json
    assert found["companies"][0]["id"] == company.connect_id


def test_search_keys_differ_from_report_keys(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.country == "FR" and one.index % 5)
    row = call.get("/companies", countries="FR", id=company.connect_id).json["companies"][0]
    assert row["address"]["postCode"] == company.address.postcode
    assert "houseNo" in row["address"]
    report = call.get(f"/companies/{company.connect_id}").json["report"]
    assert report["contactInformation"]["mainAddress"]["postalCode"] == company.address.postcode


def test_vat_numbers_come_as_text_as_list_or_not_at_all(box: Sandbox, call: Caller) -> None:
    rows = [call.get("/companies", countries="FR", id=one.connect_id).json["companies"][0]
            for one in box.directory[:40] if one.country == "FR"]  # fmt: skip
    assert {type(row.get("vatNo")) for row in rows} == {str, list, type(None)}


def test_some_foreign_results_lack_their_number(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.country != "FR" and one.index % 43 == 0)
    row = call.get("/companies", countries=company.country, id=company.connect_id).json["companies"][0]
    assert "regNo" not in row


def test_no_hit_is_a_200_with_a_message(call: Caller) -> None:
    answer = call.get("/companies", countries="FR", name="Zzyzx")
    assert answer.status == 200
    assert (answer.json["totalSize"], answer.json["companies"]) == (0, [])
    assert answer.json["messages"][0]["code"] == "NoResults"


def test_too_many_hits_bring_a_message_instead_of_rows() -> None:
    with Sandbox(companies=1000, seed=1) as box:
        caller = Caller(box)
        caller.log_in()
        found = caller.get("/companies", countries="FR", type="Ltd", address="00").json
        caller.close()
    assert found["totalSize"] > 500
    assert found["companies"] == []
    assert found["messages"][0]["code"] == "TooManyResults"


@pytest.mark.parametrize(
    "criteria",
    [
        {"regNo": "141047290", "name": "Forges"},
        {"id": "FR-X-1", "safeNo": "FR10104729"},
        {"vatNo": "FR00141047290", "postCode": "59000"},
        {"status": "Active"},
        {},
    ],
    ids=["number and name", "two ids", "number and place", "status alone", "nothing"],
)
def test_criteria_of_two_sets_or_of_none_are_refused(call: Caller, criteria: dict[str, str]) -> None:
    answer = call.get("/companies", countries="FR", **criteria)
    assert answer.status == 400
    assert answer.json["details"] == "Specified criteria combination is not allowed"


@pytest.mark.parametrize(
    ("criteria", "text"),
    [
        ({"regNo": "12345678"}, "shorter than the required minimum lenght of 9"),
        ({"regNo": "123456789012345"}, "longer than the required maximum"),
        ({"safeNo": "F1"}, "validation expression"),
        ({"regNo": "123456789", "exact": "true"}, " exact"),
        ({"name": "Forges", "page": "0"}, "page '0' is not valid"),
        ({"name": "Forges", "officeType": "castle"}, "officeType"),
    ],
)
def test_malformed_criteria_are_refused(call: Caller, criteria: dict[str, str], text: str) -> None:
    answer = call.get("/companies", countries="FR", **criteria)
    assert (answer.status, answer.json["message"]) == (400, "Bad request")
    assert text in answer.json["details"]


def test_search_pages_count_from_one_and_do_not_overlap(call: Caller) -> None:
    query = {"countries": "FR", "city": "Lyon", "pageSize": 2}
    total = call.get("/companies", **query).json["totalSize"]
    assert total > 4
    seen = [
        row["id"] for page in range(1, total) for row in call.get("/companies", page=page, **query).json["companies"]
    ]
    assert len(seen) == len(set(seen)) == total


def test_postcodes_take_a_wildcard(box: Sandbox, call: Caller) -> None:
    found = call.get("/companies", countries="FR", postCode="59*", pageSize=200).json["companies"]
    assert found
    assert all(row["address"]["postCode"].startswith("59") for row in found)


def test_search_criteria_list_the_sets(call: Caller) -> None:
    body = call.get("/companies/searchcriteria", countries="FR").json
    assert body["countries"] == ["FR"]
    assert {"regNo": {"required": True, "minLength": 9, "maxLength": 14}} in body["criteriaSets"]


def test_match_grades_by_name_and_address(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.country == "FR")
    query = {"country": "FR", "matchThreshold": 899, "name": company.registered_name}
    best = call.get("/companies/match", postCode=company.address.postcode, **query).json["matchedCompanies"][0]
    assert best["id"] == company.connect_id
    assert best["matchScoreConfidence"] == 998
    assert best["address"]["postcode"] == company.address.postcode
    assert call.get("/companies/match", postCode="99999", **query).json["totalMatches"] == 0


def test_the_log_has_method_path_and_status(box: Sandbox, call: Caller) -> None:
    call.get("/companies", countries="ZZ", name="x")
    assert box.requests == [("POST", "/authenticate", 200), ("GET", "/companies", 400)]


def test_a_body_that_is_too_long_is_refused_unread(call: Caller) -> None:
    headers = {"Content-Length": "5000001", "Connection": "close"}
    assert call("POST", "/authenticate", headers=headers).status == 413


def test_numbers_are_found_with_or_without_their_blanks(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.country == "DE")
    found = call.get("/companies", countries="DE", regNo=plain(company.number)).json
    assert found["companies"][0]["id"] == company.connect_id

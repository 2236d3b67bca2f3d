"""Clients that others wrote for the real service, in their ways (API reference 1 to 5), find nothing to change here.

Each test does what the reference says of such a client: headers, spellings, shortcuts and what it takes for granted.
"""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pytest

from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.sandbox_support import one

JSON = {"Content-Type": "application/json"}


def send(box: Sandbox, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """One call with the standard library; a refusal is an answer too."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(box.url + path, content, {**JSON, **named}, method=method), timeout=10) as answer:
            raw, status = answer.read(), answer.status
    except HTTPError as refused:
        raw, status = refused.read(), refused.code
    return status, json.loads(raw) if raw[:1] in {b"{", b"["} else raw


@pytest.fixture
def token(box: Sandbox) -> str:
    answer = send(box, "POST", "/authenticate", {"username": "verne", "password": "sandbox"})[1]
    return str(answer["token"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"username": "verne", "password": "sandbox"}', "application/json"),
        (b'{"username": "verne", "password": "sandbox"}', "text/plain"),
        (b'{"Username": "verne", "Password": "sandbox"}', "application/json"),
        (urlencode({"username": "verne", "password": "sandbox"}).encode(), "application/x-www-form-urlencoded"),
    ],
    ids=["as specified", "no content type to speak of", "capital keys", "a form"],
)
def test_they_log_in_each_in_its_way(box: Sandbox, body: bytes, kind: str) -> None:
    status, answer = send(box, "POST", "/authenticate", body, Content_Type=kind)
    assert (status, set(answer)) == (200, {"token"})


@pytest.mark.parametrize("body", [b"username=verne&password=wrong", b"username=verne", b"password=sandbox", b"\xff=1"])
def test_a_form_is_no_way_around_the_password(box: Sandbox, body: bytes) -> None:
    kind = "application/x-www-form-urlencoded"
    assert send(box, "POST", "/authenticate", body, Content_Type=kind)[0] == 401


def test_one_parses_the_token_to_know_when_it_ends(token: str) -> None:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"] == "RS256"
    assert len(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))) == 256
    assert type(claims["exp"]) is int
    assert 3590 < claims["exp"] - time.time() <= 3600
    assert "connect_api" in claims["aud"]


def test_one_sends_the_bare_token_and_a_content_type_on_get(box: Sandbox, token: str) -> None:
    assert send(box, "GET", "/access", Authorization=token, Content_Type="application/json")[0] == 200


def test_one_logs_in_again_on_401_and_on_403(box: Sandbox, token: str) -> None:
    used = ["", "Token of yesterday", f"Bearer {token[:-4]}AAAA"]
    refused = [send(box, "GET", "/access", Authorization=text)[0] for text in used]
    assert set(refused) == {401, 403}
    box.faults.add("401-midrun")
    assert send(box, "GET", "/access", Authorization=token)[0] == 401
    fresh = send(box, "POST", "/authenticate", {"username": "verne", "password": "sandbox"})[1]["token"]
    assert send(box, "GET", "/access", Authorization=fresh)[0] == 200


def test_one_asks_for_head_offices_with_a_capital_letter(box: Sandbox, token: str) -> None:
    company = next(one for one in box.directory if one.branches)
    for spelling in ("HeadOffice", "headOffice", "HEADOFFICE"):
        query = urlencode({"countries": "FR", "regNo": company.number, "officeType": spelling})
        found = send(box, "GET", f"/companies?{query}", Authorization=token)[1]["companies"]
        assert [row["id"] for row in found] == [company.connect_id]


def test_one_orders_by_the_siret_of_the_head_office_without_searching(box: Sandbox, token: str) -> None:
    company = one(box)
    body = send(box, "GET", f"/companies/FR-X-{company.office}?language=fr", Authorization=token)[1]
    assert body["report"]["companySummary"]["companyRegistrationNumber"] == company.office


def test_one_uses_safe_numbers_everywhere(box: Sandbox, token: str) -> None:
    british = one(box, "GB")
    spellings = (british.safe_number, british.safe_number.replace("UK", "GB"))
    number = send(box, "POST", "/monitoring/portfolios", {"name": "Safe"}, Authorization=token)[1]["portfolioId"]
    here = f"/monitoring/portfolios/{number}/companies"
    texts = {"personalReference": "", "freeText": "", "personalLimit": ""}
    for spelling in spellings:
        assert send(box, "GET", f"/companies/{spelling}", Authorization=token)[0] == 200
        assert send(box, "POST", here, {"id": spelling} | texts, Authorization=token)[0] in {200, 201, 409}
        assert send(box, "GET", f"{here}/{spelling}", Authorization=token)[1]["safeNumber"] == british.safe_number
    assert send(box, "DELETE", f"{here}/{spellings[1]}", Authorization=token)[0] == 200


def test_one_takes_raw_pdf_for_granted(box: Sandbox, token: str) -> None:
    headers = {"Authorization": token, "Accept": "application/pdf", "Content_Type": "application/pdf"}
    status, content = send(box, "GET", f"/companies/{one(box).connect_id}", **headers)
    assert (status, content[:5]) == (200, b"%PDF-")


def test_one_takes_the_pdf_out_of_the_json(box: Sandbox, token: str) -> None:
    body = send(box, "GET", f"/companies/{one(box).connect_id}", Authorization=token, Accept="application/json+pdf")[1]
    assert base64.b64decode(body["pdfReportStream"]).startswith(b"%PDF-")
    assert body["report"]["companyId"] == body["companyID"]


@pytest.mark.parametrize("template", ["full", "financial", "default"])
def test_one_asks_for_a_template(box: Sandbox, token: str, template: str) -> None:
    path = f"/companies/{one(box, 'IT').connect_id}?template={template}&language=it"
    assert send(box, "GET", path, Authorization=token)[1]["report"]["companyId"].startswith("IT")


def test_one_reads_the_rating_date_in_one_form_only(box: Sandbox, token: str) -> None:
    body = send(box, "GET", f"/companies/{one(box).connect_id}", Authorization=token)[1]
    told = body["report"]["creditScore"]["latestRatingChangeDate"]
    assert datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - as that client does
    assert datetime.strptime(body["dateOfOrder"], "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 - as that client does


def test_one_quotes_its_ids(box: Sandbox, token: str) -> None:
    path = f"/companies/{quote(one(box).connect_id, safe='').replace('-', '%2D')}"
    assert send(box, "GET", path, Authorization=token)[0] == 200


@pytest.fixture
def watched(box: Sandbox, token: str) -> int:
    """A portfolio made as an onboarding product makes it: 201 or 200, rules with their country, then 60 events."""
    bearer = f"Bearer {token}"
    status, made = send(box, "POST", "/monitoring/portfolios", {"name": "Onboarded"}, Authorization=bearer)
    assert status in {200, 201}
    here = f"/monitoring/portfolios/{made['portfolioId']}"
    for company in box.directory[:20]:
        body = {"id": company.connect_id, "personalReference": "", "freeText": "", "personalLimit": ""}
        status, told = send(box, "POST", f"{here}/companies", body, Authorization=bearer)
        assert status in {200, 201}
        assert told["message"].lower() == "company added"
    for country in ("XX", "FR", "GB"):
        rules = send(box, "GET", f"{here}/eventRules/{country}", Authorization=bearer)[1]
        names = ("ruleCode", "ruleCountryCode", "param0", "param1", "param2")
        on = [{name: rule[name] for name in names if name in rule} | {"isActive": 1} for rule in rules]
        assert send(box, "PUT", f"{here}/eventRules/{country}", on, Authorization=bearer) == (204, b"")
    assert box.emit(60) == 60
    return int(made["portfolioId"])


def pages(box: Sandbox, token: str, path: str, **query: Any) -> Iterator[Any]:
    """Page after page while `next` is true, as that product does: 0, null and absence all end it."""
    page: Any = 0
    while page is not None:
        body = send(box, "GET", f"{path}?{urlencode({**query, 'page': page})}", Authorization=f"Bearer {token}")[1]
        yield from body["data"]
        page = body["paging"].get("next") or None


def test_one_turns_pages_by_truthiness_with_dates_in_microseconds(box: Sandbox, token: str, watched: int) -> None:
    start, end = (datetime.now(UTC) + timedelta(days=days) for days in (-2, 1))
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    window = {"startDate": start.strftime(form), "endDate": end.strftime(form)}
    path = f"/monitoring/portfolios/{watched}/notificationEvents"
    for size in (7, 20, 1000):
        found = [row["notificationEventId"] for row in pages(box, token, path, pageSize=size, **window)]
        assert len(found) == len(set(found)) == 60


def test_one_counts_on_the_six_keys_that_every_event_has(box: Sandbox, token: str, watched: int) -> None:
    for row in pages(box, token, "/monitoring/notificationEvents", pageSize=1000):
        assert {"company", "eventId", "eventDate", "notificationEventId", "ruleCode", "ruleName"} <= row.keys()
        assert {"id", "safeNumber", "name", "countryCode", "portfolioId"} <= row["company"].keys()


def test_one_marks_events_as_processed_and_sees_it(box: Sandbox, token: str, watched: int) -> None:
    path = f"/monitoring/portfolios/{watched}"
    rows = list(pages(box, token, f"{path}/notificationEvents", pageSize=1000))
    row = next(row for row in rows if row.get("isProcessed") is False)
    event, company = row["notificationEventId"], row["company"]["id"]
    marked = send(box, "PATCH", f"{path}/notificationEvents/{event}", {"isProcessed": True}, Authorization=token)
    assert marked == (204, b"")
    left = send(box, "GET", f"{path}/companies/{company}/notificationEvents?isProcessed=false", Authorization=token)
    assert event not in {row["notificationEventId"] for row in (left[1] or {"data": []})["data"]}


def test_one_marks_events_at_an_address_that_is_gone_and_goes_on(box: Sandbox, token: str, watched: int) -> None:
    status, _ = send(box, "PATCH", "/monitoring/notificationEvents/1", {"isProcessed": True}, Authorization=token)
    assert 400 <= status < 500


def test_one_takes_a_400_for_not_watched(box: Sandbox, token: str, watched: int) -> None:
    path = f"/monitoring/portfolios/{watched}/companies/{box.directory[30].connect_id}"
    assert send(box, "GET", path, Authorization=token) == (400, {"message": "PortfolioCompany not found"})


def test_one_creates_its_portfolio_each_time_and_takes_409_for_done(box: Sandbox, token: str, watched: int) -> None:
    status, body = send(box, "POST", "/monitoring/portfolios", {"name": "onboarded"}, Authorization=token)
    assert (status, "correlationId" in body) == (409, True)


def test_one_searches_america_and_britain_at_once(box: Sandbox, token: str) -> None:
    criteria = send(box, "GET", "/companies/searchcriteria?countries=US,GB", Authorization=token)[1]
    assert (criteria["countries"], criteria["languages"]) == (["US", "GB"], ["EN"])
    assert [next(iter(one)) for one in criteria["criteriaSets"]][:4] == ["id", "safeNo", "regNo", "vatNo"]
    american = one(box, "US")
    row = send(box, "GET", f"/companies?countries=US&safeNo={american.safe_number}", Authorization=token)[1]
    assert row["companies"][0]["id2"].startswith("US001-X-")

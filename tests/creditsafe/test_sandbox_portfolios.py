"""Portfolios and watched companies of the sandbox (API reference 2.8)."""

from typing import Any

import pytest

from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.sandbox_support import ALL, Answer, Caller, new_portfolio, one, watch


def entry(call: Caller, portfolio: int, **body: str) -> Answer:
    return call("POST", f"{ALL}/{portfolio}/companies", body)


def test_user_details_is_an_array_of_one(call: Caller) -> None:
    body = call.get("/monitoring/user/details").json
    assert [row["isAutoTracker"] for row in body] == [False]


def test_a_name_can_be_used_once(call: Caller) -> None:
    assert call("POST", ALL, {"name": "Clients"}).status == 200
    assert call("POST", ALL, {"name": "clients "}).status == 409


@pytest.mark.parametrize(
    "body", [{}, {"name": " "}, {"name": "A", "colour": "red"}, {"name": "A", "isDefault": "yes"}, []]
)
def test_a_portfolio_with_a_wrong_body_is_refused(call: Caller, body: Any) -> None:
    assert call("POST", ALL, body).status == 400


def test_the_list_of_portfolios_is_an_object_in_data(call: Caller, portfolio: int) -> None:
    body = call.get(ALL).json
    assert [row["portfolioId"] for row in body["data"]["portfolios"]] == [100001, portfolio]
    assert body["data"]["sharedPortfolios"] is None


def test_emails_change_their_key_between_list_and_detail(call: Caller, portfolio: int) -> None:
    emails = [{"firstName": "A", "lastName": "B", "emailAddress": "a@b.example"}]
    assert call("PATCH", f"{ALL}/{portfolio}", {"name": "Clients", "emails": emails}).raw == b""
    assert call.get(ALL, searchQuery="cli").json["data"]["portfolios"][0]["emails"][0]["email"] == "a@b.example"
    assert call.get(f"{ALL}/{portfolio}").json["emails"][0]["emailAddress"] == "a@b.example"


def test_only_one_portfolio_is_the_default(call: Caller, portfolio: int) -> None:
    assert call("PATCH", f"{ALL}/{portfolio}", {"name": "Clients", "isDefault": True}).status == 204
    rows = call.get(ALL).json["data"]["portfolios"]
    assert [row["isDefault"] for row in rows] == [False, True]


def test_a_deleted_portfolio_is_gone_and_the_default_stays(call: Caller, portfolio: int) -> None:
    assert call("DELETE", f"{ALL}/{portfolio}").status == 200
    assert call.get(f"{ALL}/{portfolio}").json == {"message": "Portfolio not found "}
    assert call("DELETE", f"{ALL}/100001").status == 403


def test_a_company_is_added_once(box: Sandbox, call: Caller, portfolio: int) -> None:
    assert watch(call, box.directory[0], portfolio).json["message"] == "Company Added"
    again = watch(call, box.directory[0], portfolio)
    assert again.status == 409
    assert again.json["message"] == f"Company  {box.directory[0].connect_id} already in portfolio"


@pytest.mark.parametrize("missing", ["id", "personalReference", "freeText", "personalLimit"])
def test_all_four_keys_must_be_there(box: Sandbox, call: Caller, portfolio: int, missing: str) -> None:
    body = {"id": box.directory[0].connect_id, "personalReference": "", "freeText": "", "personalLimit": ""}
    del body[missing]
    assert entry(call, portfolio, **body).status == 400


def test_an_unknown_company_cannot_be_added(call: Caller, portfolio: int) -> None:
    answer = entry(call, portfolio, id="FR-X-0", personalReference="", freeText="", personalLimit="")
    assert (answer.status, answer.json) == (404, {"message": "Company resource not found"})


def test_a_company_is_added_by_safe_number(box: Sandbox, call: Caller, portfolio: int) -> None:
    entry(call, portfolio, id=box.directory[0].safe_number, personalReference="R1", freeText="", personalLimit="")
    row = call.get(f"{ALL}/{portfolio}/companies").json["data"][0]
    assert (row["id"], row["personalReference"]) == (box.directory[0].connect_id, "R1")


def test_absence_from_the_portfolio_is_a_400_on_get_and_a_404_on_delete(
    box: Sandbox, call: Caller, portfolio: int
) -> None:
    path = f"{ALL}/{portfolio}/companies/{box.directory[0].connect_id}"
    assert (call.get(path).status, call.get(path).json) == (400, {"message": "PortfolioCompany not found"})
    assert (call("DELETE", path).status, call("DELETE", path).json) == (404, {"message": "Company not found "})


def test_notes_on_a_company_are_replaced(box: Sandbox, call: Caller, portfolio: int) -> None:
    watch(call, box.directory[0], portfolio)
    path = f"{ALL}/{portfolio}/companies/{box.directory[0].connect_id}"
    body = {"personalReference": "411X", "freeText": "note", "personalLimit": "5000"}
    assert call("PATCH", path, body).status == 200
    assert call.get(path).json["freeText"] == "note"
    assert call("PATCH", path, {"freeText": "note"}).status == 400


def test_pages_count_from_zero_and_the_last_has_no_next(box: Sandbox, call: Caller, portfolio: int) -> None:
    for company in box.directory[:5]:
        watch(call, company, portfolio)
    pages = [call.get(f"{ALL}/{portfolio}/companies", page=page, pageSize=2).json for page in range(3)]
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert [page["paging"].get("next") for page in pages] == [1, 2, None]
    assert [page["paging"]["last"] for page in pages] == [2, 2, 2]
    assert len({row["id"] for page in pages for row in page["data"]}) == 5


def test_the_last_page_of_an_empty_list_is_minus_one(call: Caller, portfolio: int) -> None:
    body = call.get(f"{ALL}/{portfolio}/companies").json
    assert (body["totalCount"], body["data"], body["paging"]["last"]) == (0, [], -1)


@pytest.mark.parametrize("query", [{"pageSize": 1001}, {"pageSize": 0}, {"page": -1}, {"page": "one"}])
def test_pages_out_of_bounds_are_refused(call: Caller, portfolio: int, query: dict[str, Any]) -> None:
    assert call.get(f"{ALL}/{portfolio}/companies", **query).status == 400


def test_types_of_rating_and_status_vary_from_row_to_row(box: Sandbox, call: Caller, portfolio: int) -> None:
    for company in box.directory[:40]:
        watch(call, company, portfolio)
    rows = call.get(f"{ALL}/{portfolio}/companies").json["data"]
    assert {type(row["ratingLocal"]) for row in rows} >= {str, int}
    assert {"1", 1, "Active"} <= {row["companyStatus"] for row in rows}


def test_companies_are_filtered_by_country(box: Sandbox, call: Caller, portfolio: int) -> None:
    for company in box.directory[:20]:
        watch(call, company, portfolio)
    rows = call.get(f"{ALL}/{portfolio}/companies", countryCode="FR").json["data"]
    assert len(rows) == sum(company.country == "FR" for company in box.directory[:20])
    assert "FR" in call.get(f"{ALL}/{portfolio}/countries").json


def test_the_risk_summary_counts_bands(box: Sandbox, call: Caller, portfolio: int) -> None:
    for company in box.directory[:60]:
        watch(call, company, portfolio)
    body = call.get(f"{ALL}/{portfolio}/riskSummary").json
    counts = [body[f"band{letter}Count"] for letter in "ABCDE"]
    assert body["totalCompanies"] == 60
    assert 55 < sum(counts) <= 60
    assert abs(sum(body[f"band{letter}pc"] for letter in "ABCDE") - 100) < 0.001


def test_clear_removes_the_named_companies_or_all(box: Sandbox, call: Caller, portfolio: int) -> None:
    for company in box.directory[:4]:
        watch(call, company, portfolio)
    path = f"{ALL}/{portfolio}/companies"
    assert call("PATCH", f"{path}/clear", {"companies": [box.directory[0].connect_id]}).status == 200
    assert call.get(path).json["totalCount"] == 3
    assert call("PATCH", f"{path}/clear", {"companies": []}, clearAll="true").status == 200
    assert call.get(path).json["totalCount"] == 0


def test_copy_leaves_and_remove_moves(box: Sandbox, call: Caller, portfolio: int) -> None:
    other, company = new_portfolio(call, "Other"), box.directory[0]
    watch(call, company, portfolio)
    body = {"portfolios": [other], "companies": [{"id": company.connect_id}]}
    first = call("POST", f"{ALL}/{portfolio}/companies/copy", body).json["data"]
    assert (first["successfulPortfoliosCompanies"], first["failedPortfoliosCompanies"]) == (1, 0)
    second = call("POST", f"{ALL}/{portfolio}/companies/remove", body).json["data"]
    assert second["failedPortfoliosCompanies"] == 1
    assert "duplicate key" in second["reason"]
    assert [call.get(f"{ALL}/{number}/companies").json["totalCount"] for number in (portfolio, other)] == [0, 1]


def upload(call: Caller, path: str, csv: str) -> Answer:
    part = f'--B\r\nContent-Disposition: form-data; name="importCsv"; filename="a.csv"\r\n\r\n{csv}\r\n--B--\r\n'
    return call("POST", path, part.encode(), headers={"Content-Type": "multipart/form-data; boundary=B"})


def test_import_adds_and_sync_replaces(box: Sandbox, call: Caller, portfolio: int) -> None:
    header = "Safe Number,Local Org No.,Country Code,Reference,Free Text,Personal Limit"
    french = one(box)
    watch(call, box.directory[9], portfolio)
    csv = f"{header}\n{box.directory[5].safe_number},,,R,,\n,{french.number},FR,,,\nFR00000000,,,,,"
    assert "Accepted" in upload(call, f"{ALL}/{portfolio}/import", csv).json["status"]
    assert call.get(f"{ALL}/{portfolio}/companies").json["totalCount"] == 3
    upload(call, f"{ALL}/{portfolio}/sync", f"{header}\n,{french.number},FR,,,")
    assert [row["id"] for row in call.get(f"{ALL}/{portfolio}/companies").json["data"]] == [french.connect_id]
    assert upload(call, f"{ALL}/{portfolio}/import", "a,b").status == 400


def test_sharing_is_told_in_the_singular_or_in_the_plural(call: Caller) -> None:
    told = set()
    for name in ("One", "Two"):
        path = f"{ALL}/{new_portfolio(call, name)}/sharingPermissions"
        body = {"revokeAll": "false", "userPermissions": [{"csUserId": 5, "permissions": "View"}]}
        assert call("PATCH", path, body).json["data"]["status"] == "Success"
        data = call.get(path).json["data"]
        (users,) = (value for value in data.values() if isinstance(value, list))
        told.add((*sorted(data), *sorted(users[0])))
    assert told == {
        ("customerId", "portfolioId", f"userPermission{plural}", "csUserId", f"permission{plural}", "userName")
        for plural in ("", "s")
    }

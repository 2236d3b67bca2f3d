"""Reports over HTTP: what is billed, refused, printed."""

import base64

import pytest

from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.sandbox_support import Caller


def test_an_ordered_report_is_billed_once_for_each_200(box: Sandbox, call: Caller) -> None:
    company = box.directory[0]
    for _ in range(2):
        assert call.get(f"/companies/{company.connect_id}").status == 200
    assert call.get("/companies/FR-X-00000000000000").status == 400
    assert box.orders == {company.connect_id: 2}
    reports = call.get("/access").json["countryAccess"]["creditsafeConnectOnlineReports"]
    assert {row["countryIso2"]: row["used"] for row in reports}[company.country] == 2


def test_a_report_comes_by_safe_number_and_by_branch_too(box: Sandbox, call: Caller) -> None:
    company = next(one for one in box.directory if one.branches)
    for any_id in (company.safe_number, f"FR-X-{company.branches[0].number}"):
        assert call.get(f"/companies/{any_id}").json["report"]["companyId"] == company.connect_id


def test_an_unknown_report_is_unavailable(call: Caller) -> None:
    answer = call.get("/companies/FR-X-00000000000000")
    assert answer.status == 400
    assert answer.json["messages"][0]["code"] == "ReportUnavailable"


@pytest.mark.parametrize(("reason", "status"), [("", 400), ("de_reason_code::9", 400), ("de_reason_code::1", 200)])
def test_german_reports_need_a_reason(box: Sandbox, call: Caller, reason: str, status: int) -> None:
    company = next(one for one in box.directory if one.country == "DE")
    assert call.get(f"/companies/{company.connect_id}", **({"customData": reason} if reason else {})).status == status


def test_custom_data_is_asked_for_in_germany_only(call: Caller) -> None:
    assert call.get("/reportcustomdata/FR").json == {"customData": []}
    assert call.get("/reportcustomdata/DE").json["customData"][0]["key"] == "de_reason_code"


def test_a_wrong_language_is_refused_and_not_billed(box: Sandbox, call: Caller) -> None:
    answer = call.get(f"/companies/{box.directory[0].connect_id}", language="français")
    assert answer.status == 400
    assert not box.orders


def test_indicators_come_only_when_asked_for(box: Sandbox, call: Caller) -> None:
    path = f"/companies/{box.directory[0].connect_id}"
    assert "indicators" not in call.get(path).json["report"]
    assert call.get(path, includeIndicators="true").json["report"]["indicators"]


def test_a_pdf_comes_as_bytes(box: Sandbox, call: Caller) -> None:
    answer = call("GET", f"/companies/{box.directory[0].connect_id}", headers={"Accept": "application/pdf"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.raw.startswith(b"%PDF-1.4")
    place = int(answer.raw.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert answer.raw[place:].startswith(b"xref")


def test_a_pdf_comes_inside_json_under_other_capitals(box: Sandbox, call: Caller) -> None:
    answer = call("GET", f"/companies/{box.directory[0].connect_id}", headers={"Accept": "application/json+pdf"})
    assert {"correlationID", "companyID", "userID", "report"} <= set(answer.json)
    assert base64.b64decode(answer.json["pdfReportStream"]).startswith(b"%PDF")

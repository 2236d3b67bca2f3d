"""People and filed documents of the sandbox (API reference 2.6)."""

import base64

from companies.creditsafe.sandbox import Sandbox
from tests.creditsafe.sandbox_support import Caller, one


def test_people_and_images_answer_too(box: Sandbox, call: Caller) -> None:
    company = one(box, least=71)
    person = company.directors[0].split(" ")
    found = call.get("/people", countries="FR", lastName=person[1], firstName=person[2]).json["directors"]
    assert company.connect_id in {row["company"]["id"] for row in found}
    assert call.get(f"/people/{found[0]['peopleId']}").json["report"]["directorId"] == found[0]["peopleId"]
    image = call.get("/images/companies", id=company.connect_id).json["data"][0]["imageId"]
    assert base64.b64decode(call.get(f"/images/{image}").json["pdfReportStream"]).startswith(b"%PDF")
    assert call("GET", f"/images/{image}", headers={"Accept": "application/pdf"}).raw.startswith(b"%PDF")


def test_the_report_on_a_person_is_billed(box: Sandbox, call: Caller) -> None:
    def used() -> int:
        rows = call.get("/access").json["countryAccess"]["creditsafeConnectDirectorReports"]
        return int(next(row["used"] for row in rows if row["countryIso2"] == "FR"))

    before = used()
    found = call.get("/people", countries="FR", lastName=one(box).directors[0].split(" ")[1]).json["directors"]
    assert call.get(f"/people/{found[0]['peopleId']}").status == 200
    assert call.get("/people/FR-P9999990").status == 404
    assert used() == before + 1


def test_nobody_is_a_200_with_a_message(call: Caller) -> None:
    body = call.get("/people", countries="FR", lastName="Zzyzx").json
    assert (body["totalSize"], body["directors"], body["messages"][0]["code"]) == (0, [], "NoResults")

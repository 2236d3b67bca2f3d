"""Late payers, what was said to them, and their statement of account."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.models import Company
from monitoring.models import Contact
from tests import make
from tests.monitoring.pages import growth, placed

pytestmark = pytest.mark.django_db
GOOD = {"on": "2026-11-01", "kind": "call", "text": "Paye vendredi", "next_step": "Rappeler", "next_on": "2026-11-06"}
PILLOW = pytest.mark.filterwarnings("ignore:Pillow could not be imported")  # it is for pictures, and we draw none


@pytest.fixture
def late_company(db):
    return placed("Forges du Nord", owes="5000", limit="2000", erp_limit=1000)


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_row_says_which_limit_which_part_and_by_how_much(client_as, analyst, late_company):
    page = client_as(analyst).get("/late/").content.decode()
    assert "above the credit limit (Creditsafe)" in page
    assert "3\u202f000" in page
    assert "4\u202f000" in page


@pytest.mark.parametrize(("erp_limit", "shown"), [(None, "—"), (10_000, "0")])
def test_an_excess_over_no_known_limit_is_unknown_and_not_zero(client_as, analyst, erp_limit, shown):
    placed("Sans plafond", owes="5000", limit=None, erp_limit=erp_limit)
    page = client_as(analyst).get("/late/").content.decode()
    assert f'excess"><span class="text-secondary">{shown}</span>' in page.replace("\n", "")


def test_the_payer_is_named(client_as, analyst, late_company):
    payer = make.account(make.company("Centrale de paiement"))
    late_company.accounts.update(payer=payer)
    assert "Centrale de paiement" in client_as(analyst).get("/late/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=forges", True),
        ("?q=zzzz", False),
        ("?role=client", True),
        ("?role=supplier", False),
        ("?over=1", True),
        ("?step=never", True),
        ("?step=due", False),
        ("?country=FR", True),
        ("?sort=-excess", True),
        ("?sort=nonsense&page=-3", True),
    ],
)
def test_filters_and_sorts(client_as, analyst, late_company, query, found):
    page = client_as(analyst).get(f"/late/{query}").content.decode()
    assert (f"/late/{late_company.pk}/" in page) is found


@pytest.mark.parametrize("column", ["name", "overdue", "oldest", "exposure", "excess", "last_on", "next_on"])
def test_every_column_sorts_both_ways(client_as, analyst, late_company, column):
    client = client_as(analyst)
    assert [client.get(f"/late/?sort={sign}{column}").status_code for sign in ("", "-")] == [200, 200]


def test_the_export_holds_what_is_filtered(client_as, analyst, late_company):
    placed("Autre", owes="10")
    text = body(client_as(analyst).get("/late/export.csv?q=forges")).decode("utf-8-sig")
    assert [line.split(";")[0] for line in text.splitlines()] == ["Company", "Forges du Nord"]


def test_the_workbook_is_one(client_as, analyst, late_company):
    assert body(client_as(analyst).get("/late/export.xlsx"))[:2] == b"PK"


def test_no_other_format(client_as, analyst, late_company):
    client = client_as(analyst)
    assert client.get("/late/export.pdf").status_code == 404
    assert client.get(f"/companies/{late_company.pk}/statement.csv").status_code == 404


def test_a_contact_is_kept_with_its_author(client_as, analyst, late_company):
    response = client_as(analyst).post(f"/late/{late_company.pk}/contact/", GOOD)
    note = Contact.objects.get()
    assert (response.status_code, note.by, note.company_id, note.next_step) == (
        302,
        analyst,
        late_company.pk,
        "Rappeler",
    )


@pytest.mark.parametrize(
    "wrong",
    [{"on": ""}, {"on": "31/31"}, {"kind": "fax"}, {"text": ""}, {"text": "x" * 2001}, {"next_on": "2026-10-01"}],
)
def test_a_contact_that_makes_no_sense_is_refused(client_as, analyst, late_company, wrong):
    response = client_as(analyst).post(f"/late/{late_company.pk}/contact/", GOOD | wrong)
    assert (response.status_code, Contact.objects.count()) == (422, 0)


def test_a_contact_does_not_lie_ahead(client_as, analyst, late_company):
    ahead = timezone.localdate() + timedelta(days=1)
    values = GOOD | {"on": ahead.isoformat(), "next_on": ""}
    assert client_as(analyst).post(f"/late/{late_company.pk}/contact/", values).status_code == 422


def test_an_auditor_notes_nothing(client_as, auditor, late_company):
    client = client_as(auditor)
    assert client.post(f"/late/{late_company.pk}/contact/", GOOD).status_code == 403
    assert "Note a contact" not in client.get(f"/late/{late_company.pk}/").content.decode()


def test_queries_do_not_grow_with_the_rows(client_as, analyst):
    client = client_as(analyst)
    assert growth(client, "/late/", lambda index: placed(f"C{index}", owes="100", limit="50")) <= 0


def test_a_company_that_owes_nothing_has_a_page(client_as, analyst):
    company = placed("Calme")
    assert client_as(analyst).get(f"/late/{company.pk}/").status_code == 200
    assert client_as(analyst).get("/late/999999/").status_code == 404


@PILLOW
@pytest.mark.parametrize("language", ["fr", "en", "xx"])
def test_a_statement_comes_as_page_pdf_and_workbook(client_as, analyst, late_company, language):
    client = client_as(analyst)
    address = f"/companies/{late_company.pk}/statement"
    assert "5\u202f000.00" in client.get(f"{address}/?language=en").content.decode()
    assert body(client.get(f"{address}.pdf?language={language}"))[:5] == b"%PDF-"
    assert body(client.get(f"{address}.xlsx?language={language}"))[:2] == b"PK"


@PILLOW
def test_a_name_in_other_letters_does_not_break_the_pdf(client_as, analyst):
    company = Company.objects.create(name="Łódź Škoda Ελλάς “Œuvre” – 日本")
    assert client_as(analyst).get(f"/companies/{company.pk}/statement.pdf").status_code == 200

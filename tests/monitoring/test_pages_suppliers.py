"""Suppliers: money at risk, dependency, continuity and netting; by file and by hand, on any day (domain 5.15)."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from companies.choices import BatchState, FileKind, Role
from companies.models import Company, Supply
from companies.services import undo
from monitoring.services import suppliers as service
from tests import make
from tests.companies.erp import applied, upload
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db
As = Callable[[User], Client]
HEADER = (
    "Code fournisseur;Nom;Acomptes versés;Avoirs à recevoir;Outillage déposé;Achats 12 mois;Stock;"
    "Consommation jour;Délai de remplacement;Source unique;Compensation possible"
)
LINE = "401ACIER;Acier;20 000,00;3 000,00;15 000,00;300 000,00;900;30;75;O;O"


@pytest.fixture
def acier() -> Company:
    company = make.company("Acier")
    make.item(make.account(company, Role.SUPPLIER, code="401ACIER"), "10000", due=TODAY + timedelta(days=5))
    return company


def content(*lines: str, day: date = date(2026, 10, 31)) -> bytes:
    return "\r\n".join([f"Fournisseurs au {day:%d/%m/%Y}", HEADER, *lines, ""]).encode("cp1252")


def bring(*lines: str, **values: Any) -> Any:
    return applied(content(*lines, **values), FileKind.SUPPLIES, "fournisseurs.csv")


def one(company: Company, **values: Any) -> service.Supplier:
    return service.suppliers(as_of=TODAY, today=TODAY, company=company.pk, **values)[0]


def test_a_file_gives_the_vectors_of_the_domain(acier: Company) -> None:
    bring(LINE)
    found = one(acier, turnover=Decimal(1_200_000))
    assert (found.at_risk.gross, found.at_risk.net) == (Decimal(38_000), Decimal(28_000))
    assert (found.depends.theirs_on_us.share, found.depends.theirs_on_us.band) == (Decimal("0.25"), "amber")
    assert (found.continuity.gap, found.depends.sole_source) == (Decimal(45), True)


def test_undoing_a_file_brings_the_figures_before_it_back(acier: Company) -> None:
    bring(LINE)
    before = Supply.objects.values().get()
    second = bring(LINE.replace("20 000,00", "1,00"), day=date(2026, 11, 15))
    assert one(acier).at_risk.gross == Decimal(18_001)
    undo.undo(second.pk, user_id=None, now=NOW)
    assert Supply.objects.values().get() == before


def test_a_supplier_that_a_complete_file_no_longer_names_has_no_figures(acier: Company) -> None:
    make.account(make.company("Bois"), Role.SUPPLIER, code="401BOIS")
    bring(LINE)
    bring(LINE.replace("401ACIER", "401BOIS"), day=date(2026, 11, 15))
    assert one(acier).at_risk.gross is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (LINE.replace("401ACIER", "401NONE"), "unknown_account"),
        (LINE.replace("20 000,00", "-1,00"), "negative"),
        (LINE.replace(";75;", ";soon;"), "days"),
        (LINE.replace(";O;O", ";perhaps;O"), "yes_or_no"),
    ],
)
def test_a_bad_line_is_refused_with_its_reason(line: str, code: str, acier: Company) -> None:
    batch = upload(content(line), FileKind.SUPPLIES, "fournisseurs.csv")
    assert (batch.state, batch.problems.get(is_error=True).code) == (BatchState.REFUSED, code)


def test_a_client_that_is_a_supplier_shows_what_could_be_set_off(acier: Company) -> None:
    client = make.account(acier)
    make.item(client, "4000", due=TODAY - timedelta(days=1))
    make.item(client, "500", due=TODAY, disputed=True)
    found = one(acier).offset
    assert found is not None
    assert (found.volume, found.now, found.net) == (Decimal(4000), Decimal(0), Decimal(-5500))


def test_what_the_ledger_calls_contested_is_not_set_off_on_a_past_day_either(acier: Company) -> None:
    batch = make.batch(as_of=TODAY - timedelta(days=9))
    due = TODAY - timedelta(days=20)
    make.item(make.account(acier), "3000", due=due, batch=batch)
    make.item(make.account(acier, code="C2"), "2000", due=due, batch=batch, disputed=True)
    make.item(acier.accounts.get(code="401ACIER"), "4000", due=due, batch=batch)
    for day in (TODAY, TODAY - timedelta(days=1)):
        found = service.suppliers(as_of=day, today=TODAY, company=acier.pk)[0].offset
        assert found is not None
        assert found.now == Decimal(3000)


def test_figures_by_hand_are_kept_with_who_and_shown_as_of_before(
    acier: Company, analyst: User, client_as: As, time_machine: Any
) -> None:
    account = acier.accounts.get()
    time_machine.move_to(NOW, tick=False)
    client = client_as(analyst)
    given = {f"{account.pk}-advances": "700", f"{account.pk}-currency": "EUR"}
    assert client.post(f"/suppliers/{acier.pk}/accounts/{account.pk}/", given).status_code == 302
    assert Supply.history.get().history_user == analyst
    assert client.get("/suppliers/").context["page"][0].at_risk.gross == Decimal(700)
    assert client.get("/suppliers/?as_of=2026-11-19").context["page"][0].at_risk.gross is None


def test_a_negative_figure_is_told_at_its_field_and_not_stored(acier: Company, analyst: User, client_as: As) -> None:
    account = acier.accounts.get()
    given = {f"{account.pk}-advances": "-7", f"{account.pk}-currency": "EUR"}
    page = client_as(analyst).post(f"/suppliers/{acier.pk}/accounts/{account.pk}/", given)
    assert (page.status_code, Supply.objects.exists()) == (422, False)


def test_an_auditor_reads_and_may_not_change(acier: Company, auditor: User, client_as: As) -> None:
    client, account = client_as(auditor), acier.accounts.get()
    assert client.get(f"/suppliers/{acier.pk}/").status_code == 200
    assert client.post(f"/suppliers/{acier.pk}/accounts/{account.pk}/", {}).status_code == 403


def test_the_list_sorts_with_the_unknown_last_and_survives_nonsense(
    acier: Company, analyst: User, client_as: As
) -> None:
    make.account(make.company("Bois"), Role.SUPPLIER, code="401BOIS")
    bring(LINE)
    client = client_as(analyst)
    for sort in ("gross", "-gross", "x"):
        page = client.get("/suppliers/", {"sort": sort, "as_of": "32/13/x", "page": "99"})
        assert [found.name for found in page.context["page"]] == ["Acier", "Bois"]
    assert client.get("/suppliers/?q=zzz").status_code == 200


def test_the_list_is_exported_in_its_order(acier: Company, analyst: User, client_as: As) -> None:
    bring(LINE)
    client = client_as(analyst)
    text = b"".join(client.get("/suppliers/export.csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("Acier;FR;38000.00;28000.00;20000.00;")
    book = client.get("/suppliers/export.xlsx")
    assert book.getvalue().startswith(b"PK")
    assert client.get("/suppliers/export.pdf").status_code == 404


def test_the_list_asks_as_much_for_fifty_suppliers_as_for_one(
    acier: Company, analyst: User, client_as: As, django_assert_max_num_queries: Any
) -> None:
    for n in range(50):
        make.account(make.company(f"S{n}"), Role.SUPPLIER)
    client = client_as(analyst)
    with django_assert_max_num_queries(22):
        client.get("/suppliers/")

"""Orders and deliveries from a file: applied, closed, kept over time, undone (domain 5.1, 6.6)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from companies.choices import BatchState, FileKind, ImportMode, Role
from companies.models import Account, Change, Commitment, OpenItem
from companies.services import undo
from tests import make
from tests.companies.erp import applied, counts, upload
from tests.make import NOW

pytestmark = pytest.mark.django_db

HEADER = "Code client;Raison sociale;Type;N° commande;Date commande;Livraison prévue;Montant HT"
ORDER = "411DUPONT;Dupont;CDE;C100;15/09/2026;15/12/2026;1 200,00"
DELIVERY = "411DUPONT;Dupont;BL;BL7;10/10/2026;12/10/2026;800,00"
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 15)


@pytest.fixture(autouse=True)
def client_account() -> Account:
    return make.account(make.company("Dupont"), code="411DUPONT")


def content(*lines: str, day: date = OCTOBER, header: str = HEADER) -> bytes:
    return "\r\n".join([f"Commandes au {day:%d/%m/%Y}", header, *lines, ""]).encode("cp1252")


def send(*lines: str, **values: Any) -> Any:
    return upload(content(*lines, **values), FileKind.COMMITMENTS, "commandes.csv")


def bring(*lines: str, mode: ImportMode = ImportMode.STOCK, **values: Any) -> Any:
    return applied(content(*lines, **values), FileKind.COMMITMENTS, "commandes.csv", mode=mode)


def at(day: date) -> set[tuple[str, str, Decimal]]:
    return set(Commitment.objects.at(day).values_list("kind", "document", "amount"))


def codes(batch: Any) -> list[str]:
    return list(batch.problems.filter(is_error=True).values_list("code", flat=True))


BOTH = {("order", "C100", Decimal(1200)), ("delivered", "BL7", Decimal(800))}


def test_a_file_brings_orders_and_deliveries_and_marks_the_company(client_account: Account) -> None:
    batch = bring(ORDER, DELIVERY)
    assert (batch.state, counts(batch), at(OCTOBER)) == (BatchState.APPLIED, (2, 0, 0, 0), BOTH)
    assert Commitment.objects.get(document="C100").deliver_on == date(2026, 12, 15)
    assert Change.objects.filter(company=client_account.company).exists()


def test_what_a_complete_file_no_longer_has_is_closed_at_its_date_and_stays_known_before() -> None:
    bring(ORDER, DELIVERY)
    batch = bring(ORDER.replace("1 200,00", "900,00"), day=NOVEMBER)
    assert counts(batch) == (0, 1, 0, 1)
    assert at(NOVEMBER) == {("order", "C100", Decimal(900))}
    assert at(OCTOBER) == BOTH


def test_changes_only_close_nothing() -> None:
    bring(ORDER, DELIVERY)
    bring(ORDER.replace("1 200,00", "900,00"), day=NOVEMBER, mode=ImportMode.DELTA)
    assert at(NOVEMBER) == {("order", "C100", Decimal(900)), ("delivered", "BL7", Decimal(800))}


def test_undoing_brings_back_exactly_what_was() -> None:
    bring(ORDER, DELIVERY)
    before = list(Commitment.objects.order_by("pk").values())
    second = bring(ORDER.replace("1 200,00", "900,00"), day=NOVEMBER)
    undo.undo(second.pk, user_id=None, now=NOW)
    assert list(Commitment.objects.order_by("pk").values()) == before


def test_lines_of_one_order_are_told_apart_whatever_their_order() -> None:
    lines = (ORDER, ORDER.replace("15/12/2026", "15/01/2027"))
    bring(*lines)
    assert counts(bring(*reversed(lines), day=NOVEMBER)) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (ORDER.replace("411DUPONT", "411NOBODY"), "unknown_account"),
        (ORDER.replace("1 200,00", "-5,00"), "negative"),
        (ORDER.replace("1 200,00", ""), "no_amount"),
        (ORDER.replace("C100", ""), "empty_document"),
        (ORDER.replace("CDE", "ZZ"), "unknown_kind"),
        (ORDER.replace("15/12/2026", "31/02/2027"), "date_no_such_day"),
    ],
)
def test_a_bad_line_refuses_the_file_and_names_its_row(line: str, code: str) -> None:
    batch = send(line)
    assert (batch.state, codes(batch)) == (BatchState.REFUSED, [code])
    assert batch.problems.filter(is_error=True).first().line == 3


def test_an_order_of_a_supplier_is_no_exposure_and_refused() -> None:
    make.account(make.company("Acier"), Role.SUPPLIER, code="401ACIER")
    assert codes(send(ORDER.replace("411DUPONT", "401ACIER"))) == ["supplier_account"]


def test_open_items_sent_as_orders_are_recognised() -> None:
    header = "Compte;Pièce;Type;Date;Échéance;Montant"
    assert codes(send("411DUPONT;FA1;FA;15/09/2026;15/10/2026;5,00", header=header)) == ["other_kind"]


def test_a_total_line_that_differs_refuses_the_file() -> None:
    assert codes(send(ORDER, "TOTAL GÉNÉRAL;;;;;;1 300,00")) == ["control_total"]


def test_an_older_file_than_the_last_is_refused() -> None:
    bring(ORDER, day=NOVEMBER)
    assert codes(send(DELIVERY)) == ["older_than_last"]


def test_the_open_items_file_tells_disputes_and_the_invoice_of_a_credit() -> None:
    header = "Compte;N° pièce;Type;Date pièce;Échéance;Montant;Litige;Facture d'origine"
    lines = ("411DUPONT;FA1;FA;15/01/2026;31/03/2026;100,00;O;", "411DUPONT;AV1;AV;15/02/2026;;-20,00;;FA1")
    rows = "\r\n".join([header, *lines, ""]).encode("cp1252")
    batch = applied(rows, FileKind.OPEN_ITEMS)
    items = {item.document: (item.disputed, item.settles) for item in OpenItem.objects.all()}
    assert items == {"FA1": (True, ""), "AV1": (False, "FA1")}
    again = rows.replace(b";O;", b";N;")
    second = applied(again, FileKind.OPEN_ITEMS, "postes_20261115.csv")
    assert (counts(second), OpenItem.objects.get(document="FA1").disputed) == ((0, 1, 1, 0), False)
    undo.undo(second.pk, user_id=None, now=NOW)
    assert OpenItem.objects.get(document="FA1").disputed
    assert batch.state == BatchState.APPLIED

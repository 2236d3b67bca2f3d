"""What a ledger file may not hold, through a whole upload: refused, and nothing applied (domain 6.4)."""

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from companies.choices import BatchState, FileKind
from companies.imports import files
from companies.models import ImportBatch, OpenItem
from tests import make
from tests.companies.erp import applied, items, line, upload

pytestmark = pytest.mark.django_db

OPEN = FileKind.OPEN_ITEMS
HEADER = ["Compte", "N° pièce", "Type", "Date pièce", "Échéance", "Montant"]
GOOD = ["411DUPONT", "FA9", "FA", "15/01/2026", "31/03/2026", 100]


@pytest.fixture(autouse=True)
def stored() -> None:
    make.account(make.company("Dupont"), code="411DUPONT")
    applied(items(line("FA1")), OPEN, "postes_20260930.csv")


def codes(batch: ImportBatch) -> list[tuple[int, str, str]]:
    return list(batch.problems.filter(is_error=True).values_list("line", "column", "code"))


def nothing_moved() -> bool:
    return OpenItem.objects.open().get().document == "FA1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#N/A", "amount_excel_error"),
        ("#REF!", "amount_excel_error"),
        ("#####", "amount_excel_error"),
        ("1,2E+05", "amount_scientific"),
        ("NaN", "amount_not_a_number"),
        ("Infinity", "amount_not_a_number"),
        ("1 2 3", "amount_separators"),
        ("12,34,56", "amount_separators"),
        ("", "no_amount"),
        ("-", "no_amount"),
        (" ", "no_amount"),
        ("=1+1", "amount_not_a_number"),
        ("=SUM(A1:A9)", "amount_not_a_number"),
        ("100000000000000,00", "amount_too_large"),
    ],
)
def test_a_rejected_number_refuses_the_file(text: str, code: str) -> None:
    batch = upload(items(line("FA2"), line("FA3", text)), OPEN)
    assert batch.state == BatchState.REFUSED
    assert codes(batch) == [(3, "Montant", code)]
    assert nothing_moved()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("01/31/2026", "date_month_first"),
        ("30/02/2026", "date_no_such_day"),
        ("29/02/2026", "date_no_such_day"),
        ("32/01/2026", "date_no_such_day"),
        ("31/01-2026", "date_not_a_date"),
        ("bientôt", "date_not_a_date"),
        ("15/01/2206", "date_bad_year"),
        ("=TODAY()", "date_not_a_date"),
    ],
)
@pytest.mark.parametrize("column", ["Date pièce", "Échéance"])
def test_a_rejected_date_refuses_the_file(column: str, text: str, code: str) -> None:
    cells = dict(zip(HEADER, line("FA3").split(";"), strict=True)) | {column: text}
    batch = upload(items(line("FA2"), ";".join(cells.values())), OPEN)
    assert batch.state == BatchState.REFUSED
    assert codes(batch) == [(3, column, code)]
    assert nothing_moved()


@pytest.mark.parametrize("text", ["0", "9999999", "00/00/0000", "0001-01-01", "99/99/9999", "31/12/9999"])
def test_a_null_of_an_erp_is_a_missing_date_and_not_an_error_of_its_own(text: str) -> None:
    due = upload(items(line("FA2", due=text)), OPEN)
    assert due.state == BatchState.PREVIEWED
    cells = dict(zip(HEADER, line("FA3").split(";"), strict=True)) | {"Date pièce": text}
    assert codes(upload(items(";".join(cells.values())), OPEN)) == [(2, "Date pièce", "empty_date")]


def workbook(*rows: list[Any], formulas: bool = False) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEADER, *rows]):
            sheet.write_row(number, 0, row)
        if formulas:
            sheet.write_formula(1, 5, "=1/0", None, "#DIV/0!")
    return out.getvalue()


def test_a_formula_in_a_workbook_counts_by_its_stored_result() -> None:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, GOOD)
        sheet.write_formula(1, 5, "=40+2", None, 42)
    batch = upload(out.getvalue(), OPEN, "postes_20261031.xlsx")
    assert (batch.state, batch.total) == (BatchState.PREVIEWED, 42)


def test_a_formula_in_error_refuses_the_workbook() -> None:
    batch = upload(workbook(GOOD, formulas=True), OPEN, "postes_20261031.xlsx")
    assert codes(batch) == [(2, "Montant", "amount_excel_error")]
    assert nothing_moved()


def bomb(size: int) -> bytes:
    """A workbook whose sheet unpacks to many times its size."""
    out = BytesIO()
    with ZipFile(BytesIO(workbook(GOOD))) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for part in source.namelist():
            body = source.read(part)
            target.writestr(part, body + b" " * size if part.endswith("sheet1.xml") else body)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    content = bomb(60_000_000)
    assert len(content) < 200_000
    batch = upload(content, OPEN, "postes_20261031.xlsx")
    assert batch.state == BatchState.REFUSED
    assert codes(batch) == [(0, "", "too_large")]
    assert nothing_moved()


def test_more_rows_than_the_limit_are_refused_while_they_are_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 50)
    batch = upload(items(*[line(f"FA{n}") for n in range(51)]), OPEN)
    assert batch.state == BatchState.REFUSED
    assert "too_many_rows" in {code for _line, _column, code in codes(batch)}
    assert nothing_moved()


def test_a_total_that_does_not_match_refuses_the_file() -> None:
    batch = upload(items(line("FA2"), "Total;;;;;200,00"), OPEN)
    assert codes(batch) == [(3, "Montant", "control_total")]
    assert nothing_moved()


def test_the_same_file_twice_is_refused() -> None:
    batch = upload(items(line("FA1")), OPEN, "postes_20260930.csv")
    assert codes(batch) == [(0, "", "applied_already")]


FEC = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|"
    "PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
SALE = "VE|Ventes|1|20260115|{}|x|{}|Dupont|FA7|20260115|Facture|{}|{}|||20260131||"


def fec(name: str) -> ImportBatch:
    sold = [SALE.format("411000", "411DUPONT", "100,00", "0,00"), SALE.format("707000", "", "0,00", "100,00")]
    return upload("\r\n".join([FEC, *sold, ""]).encode(), OPEN, name)


def test_the_fec_of_another_siren_is_refused() -> None:
    ImportBatch.objects.filter(state=BatchState.APPLIED).update(filename="732829320FEC20260930.txt")
    same, other = fec("732829320FEC20261031.txt"), fec("489724245FEC20261031.txt")
    assert (same.state, codes(other)) == (BatchState.PREVIEWED, [(0, "", "another_siren")])
    assert other.state == BatchState.REFUSED

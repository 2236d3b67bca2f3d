"""Open items as a whole file: closing date, totals, columns, sources."""

import io
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from companies.imports.files import read_table
from companies.imports.plain import Plain
from tests.companies.items import AS_OF, HEADER, LINE, TITLE, TODAY, amounts, codes, debit_credit, parse, read

D = Decimal


@pytest.mark.parametrize(
    ("title", "filename", "as_of", "expected"),
    [
        pytest.param(TITLE, "po.csv", None, AS_OF, id="title"),
        pytest.param("Balance arrêtée au 31 mars 2026", "po.csv", None, date(2026, 3, 31), id="title in words"),
        pytest.param("Période du 01/01/2026 au 31/03/2026", "po.csv", None, date(2026, 3, 31), id="end of a period"),
        pytest.param("Situation 31/03/2026", "po.csv", None, date(2026, 3, 31), id="bare date"),
        pytest.param("Date d'arrêté;31/03/2026", "po.csv", None, date(2026, 3, 31), id="date in the next cell"),
        pytest.param("Édité le 21/11/2026", "BA_20260331.csv", None, date(2026, 3, 31), id="date of printing is none"),
        pytest.param("", "BA_20260331.csv", None, date(2026, 3, 31), id="file name"),
        pytest.param("", "postes 2026-03-31 v2.csv", None, date(2026, 3, 31), id="file name with dashes"),
        pytest.param("", "postes_31.03.2026.csv", None, date(2026, 3, 31), id="file name, day first"),
        pytest.param("", "postes_31032026.csv", None, date(2026, 3, 31), id="file name, day first, digits"),
        pytest.param("", "po.csv", date(2026, 3, 31), date(2026, 3, 31), id="the user"),
        pytest.param("", "facture_1234567890.csv", date(2026, 3, 31), date(2026, 3, 31), id="digits that are no date"),
        pytest.param("", "po_20261399.csv", date(2026, 3, 31), date(2026, 3, 31), id="digits that are no day"),
    ],
)
def test_the_closing_date(title, filename, as_of, expected):
    parsed = parse(LINE, title=title, filename=filename, as_of=as_of)
    assert parsed.as_of == expected
    assert parsed.errors == []


def test_dates_that_disagree_are_a_warning():
    parsed = parse(LINE, filename="BA_20260331.csv", as_of=date(2026, 10, 31))
    assert parsed.as_of == AS_OF
    assert codes(parsed.warnings) == ["closing_dates", "closing_dates"]


def test_without_closing_date_the_file_is_refused_with_three_ways_out():
    parsed = parse(LINE, title="")
    assert codes(parsed.errors) == ["no_closing_date"]
    assert "BA_20260331.csv" in parsed.errors[0].fix


@pytest.mark.parametrize(("day", "refused"), [("21/11/2026", False), ("22/11/2026", True)], ids=["today", "tomorrow"])
def test_a_closing_date_in_the_future_is_refused(day, refused):
    assert ("future_closing" in codes(parse(LINE, title=f"Postes ouverts au {day}").errors)) is refused


@pytest.mark.parametrize(
    ("total", "ok"),
    [("11 900,00", True), ("11 900,01", True), ("11 900,02", False), ("12 100,00", True), ("9 000,00", False)],
    ids=["net of credits", "a cent off", "two cents off", "as the file signs", "cut short"],
)
def test_the_total_line_is_compared(total, ok):
    lines = [LINE, "411DUPONT;Dupont;AV1;AV;15/01/2026;;100,00", f"TOTAL GÉNÉRAL;;;;;;{total}"]
    parsed = parse(*lines)
    assert codes(parsed.errors) == ([] if ok else ["control_total"])
    assert parsed.control_total is not None
    assert parsed.skipped == {"grand_total": 1}


def test_the_totals_of_debit_and_credit_are_compared():
    lines = ["411A;A;P1;;15/01/2026;;100;", "401A;A;P2;;15/01/2026;;;30"]
    assert debit_credit(*lines, "Total;;;;;;100;30").errors == []
    assert codes(debit_credit(*lines, "Total;;;;;;100;31,5").errors) == ["control_total"]


def test_several_plain_totals_are_subtotals():
    parsed = parse(LINE, "Total;;;;;;12 000,00", LINE.replace("FA1", "FA2"), "Total;;;;;;12 000,00")
    assert parsed.errors == []
    assert parsed.control_total is None


def test_errors_go_before_the_total_which_cannot_fit():
    parsed = parse(LINE, LINE.replace("15/01/2026", "x"), "Total;;;;;;24 000,00")
    assert codes(parsed.errors) == ["date_not_a_date"]


@pytest.mark.parametrize(("letter", "kept"), [("", True), ("a", True), ("A", False), ("AB", False)])
def test_a_line_wholly_matched_is_paid_and_left_out(letter, kept):
    parsed = parse(f"{LINE};{letter}", header=f"{HEADER};Lettrage")
    assert len(parsed.rows) == int(kept)
    assert parsed.skipped == ({} if kept else {"matched": 1})


@pytest.mark.parametrize(
    ("header", "code"),
    [
        pytest.param(
            "Code client;Raison sociale;Total;Non échu;1-30;31-60;61-90;+90", "aged_balance", id="aged balance"
        ),
        pytest.param("Compte;Raison sociale;SIREN;CP;Ville", "other_kind", id="partners"),
    ],
)
def test_another_kind_of_file_is_refused_once(header, code):
    assert codes(parse("x;y", header=header).errors) == [code]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Compte;Pièce;Date;Échéance", "Solde"),
        ("Compte;Pièce;Date;Débit", "Solde"),
        ("Compte;Pièce;Montant", "Date facture"),
        ("Compte;Date;Montant", "N° pièce"),
        ("Pièce;Date;Montant", "Compte"),
    ],
)
def test_a_missing_column_is_named(header, column):
    errors = parse("x;y;z", header=header).errors
    assert [(error.code, error.column) for error in errors] == [("missing_column", column)]


def test_six_digit_dates_are_read_when_only_one_order_fits_the_column():
    parsed = parse("411A;A;F1;FA;310126;280226;100", "411A;A;F2;FA;150126;280226;100")
    assert parsed.rows[0].document_date == date(2026, 1, 31)
    assert "date_six" in codes(parsed.warnings)


def test_as400_lines_with_century_dates_and_trailing_signs():
    parsed = parse(
        '"000123    ";"FORGES DU NORD     ";"FA 260042";"FA";1260115;1260316;    12000,00 ;',
        '"000123    ";"FORGES DU NORD     ";"AV 000017";"AV";1260220;      0;      700,00-;',
    )
    assert [(row.account, row.document_date, row.due_date, row.amount) for row in parsed.rows] == [
        ("000123", date(2026, 1, 15), date(2026, 3, 16), D(12000)),
        ("000123", date(2026, 2, 20), None, D(-700)),
    ]


def test_a_sage_file_in_windows_text():
    text = (
        "Compte tiers;Intitulé;Date;Pièce;Échéance;Débit;Crédit;Lettrage\r\n"
        "411DUPONT;Établissements Dupont;15/01/2026;FA260115;31/03/2026;12 000,00;;\r\n"
        "411DUPONT;Établissements Dupont;20/02/2026;RG0220;;;1 500,00;a\r\n"
    )
    parsed = read(read_table(text.encode("cp1252"), "BA_20260331.csv"), today=TODAY)
    assert amounts(parsed) == [D(12000), D(-1500)]
    assert parsed.rows[0].name == "Établissements Dupont"
    assert parsed.errors == []


@pytest.mark.parametrize("in_1904", [False, True])
def test_a_workbook_gives_the_same_items_as_its_csv(in_1904):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"default_date_format": "dd/mm/yyyy", "date_1904": in_1904})
    sheet = book.add_worksheet()
    sheet.write(0, 0, TITLE)
    sheet.write_row(1, 0, HEADER.split(";"))
    sheet.write_row(2, 0, ["411DUPONT", "Dupont", "FA1", "FA", date(2026, 1, 15), date(2026, 3, 31), 12000.0])
    book.close()
    assert read(read_table(target.getvalue(), "po.xlsx"), today=TODAY).rows == parse(LINE).rows


def test_dates_without_format_follow_the_calendar_of_the_workbook():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"date_1904": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.split(";"))
    sheet.write_row(1, 0, ["411A", "A", "FA1", "FA", 44591, 44591, 1])
    book.close()
    parsed = read(read_table(target.getvalue(), "po.xlsx"), today=TODAY, as_of=AS_OF)
    assert parsed.rows[0].document_date == date(2026, 1, 31)


cents = st.integers(-(10**9), 10**9).filter(bool)


@given(st.lists(cents, min_size=1, max_size=30))
def test_the_sum_of_the_rows_is_that_of_the_file(values):
    lines = [f"411A;A;D{n};;15/01/2026;31/01/2026;{D(cent) / 100}" for n, cent in enumerate(values)]
    total = D(sum(values)) / 100
    parsed = parse(*lines, f"Total général;;;;;;{total}")
    assert parsed.errors == []
    assert sum(amounts(parsed)) == parsed.total == parsed.control_total == total


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=';"'), max_size=20)


@given(st.lists(st.lists(texts, min_size=7, max_size=7), max_size=4))
def test_every_line_is_a_row_an_issue_or_counted(lines):
    parsed = parse(*(";".join(line) for line in lines))
    issues = {issue.line for issue in [*parsed.errors, *parsed.warnings]}
    assert len(issues | {row.line for row in parsed.rows}) + sum(parsed.skipped.values()) >= len(lines)


most = st.tuples(
    st.sampled_from(["411A", "401A", "#N/A", ""]),
    st.sampled_from(["FA1", "FA2", "1,2E+05", "#REF!", ""]),
    st.sampled_from(["FA", "AV", "RG", "EF", "XX", ""]),
    st.sampled_from(["15/01/2026", "31/12/2026", "31/02/2026", ""]),
    st.sampled_from(["31/03/2026", "01/01/2020", "01/01/2040", ""]),
    st.sampled_from(["1 234,56", "-12", "0,00", "12.345", "x", ""]),
    st.sampled_from(["EUR", "USD", "eur", "??", ""]),
    st.sampled_from(["", "AA", "aa"]),
)


@given(st.lists(most, min_size=1, max_size=12))
def test_a_line_read_at_once_says_what_it_says_the_long_way(lines):
    text = [";".join((a, "N", *rest)) for a, *rest in lines]
    header = "Compte;Raison sociale;Pièce;Type;Date;Échéance;Montant;Devise;Lettrage"
    at_once = parse(*text, header=header)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plain, "__call__", lambda self: None)
        long_way = parse(*text, header=header)
    assert (at_once.rows, at_once.errors, at_once.warnings) == (long_way.rows, long_way.errors, long_way.warnings)
    assert (at_once.total, at_once.skipped) == (long_way.total, long_way.skipped)

import io
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import DocumentType, Role
from companies.imports.files import read_table
from companies.imports.rows import OpenItemRow, parse_open_items

TODAY = date(2026, 11, 21)
AS_OF = date(2026, 11, 20)
D = Decimal
HEADER = "Compte;Raison sociale;Pièce;Type;Date;Échéance;Montant"
TITLE = "Postes ouverts au 20/11/2026"
LINE = "411DUPONT;Dupont;FA1;FA;15/01/2026;31/03/2026;12 000,00"


def parse(*lines, header=HEADER, title=TITLE, filename="po.csv", **options):
    text = "\n".join([*([title] if title else []), header, *lines])
    return parse_open_items(read_table(text.encode(), filename), today=TODAY, **options)


def parse_cells(**changed):
    cells = dict(zip(HEADER.split(";"), LINE.split(";"), strict=True)) | changed
    return parse(";".join(cells.values()), header=";".join(cells))


def debit_credit(*lines, **options):
    return parse(*lines, header="Compte;Nom;Pièce;Type;Date;Échéance;Débit;Crédit", **options)


def codes(issues):
    return [issue.code for issue in issues]


def amounts(parsed):
    return [row.amount for row in parsed.rows]


def test_a_good_line_gives_an_open_item_without_complaint():
    parsed = parse(LINE)
    assert parsed.rows == [
        OpenItemRow(
            line=3,
            account="411DUPONT",
            name="Dupont",
            document="FA1",
            type=DocumentType.INVOICE,
            document_date=date(2026, 1, 15),
            due_date=date(2026, 3, 31),
            amount=D(12000),
            currency="EUR",
            installment=1,
        )
    ]
    assert (parsed.errors, parsed.warnings, parsed.as_of, parsed.total) == ([], [], AS_OF, D(12000))


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        pytest.param("Compte", "", "empty_code", id="no account"),
        pytest.param("Pièce", "", "empty_document", id="no document number"),
        pytest.param("Pièce", "2,6E+10", "excel_number", id="document number damaged by Excel"),
        pytest.param("Pièce", "F" * 61, "too_long", id="document number too long"),
        pytest.param("Date", "", "empty_date", id="no date"),
        pytest.param("Date", "31/02/2026", "date_no_such_day", id="31 February"),
        pytest.param("Date", "01/31/2026", "date_month_first", id="month first"),
        pytest.param("Échéance", "30/02/2026", "date_no_such_day", id="due on 30 February"),
        pytest.param("Montant", "", "no_amount", id="no amount"),
        pytest.param("Montant", "12,34,56", "amount_separators", id="two decimal marks"),
        pytest.param("Montant", "#REF!", "amount_excel_error", id="Excel error"),
    ],
)
def test_an_error_names_its_column_and_value_and_what_to_do(column, value, code):
    parsed = parse_cells(**{column: value})
    assert parsed.rows == []
    error = parsed.errors[0]
    assert (error.line, error.column, error.value, error.code) == (3, column, value, code)
    assert error.reason
    assert error.fix


def test_all_errors_of_a_line_come_at_once():
    parsed = parse(";Dupont;;FA;31/02/2026;32/01/2026;douze")
    assert codes(parsed.errors) == [
        "empty_code",
        "empty_document",
        "amount_not_a_number",
        "date_no_such_day",
        "date_no_such_day",
    ]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        pytest.param({"Échéance": ""}, "no_due_date", id="no due date"),
        pytest.param({"Échéance": "00/00/0000"}, "no_due_date", id="the ERP's null"),
        pytest.param({"Échéance": "14/01/2026"}, "due_before", id="due before its date"),
        pytest.param({"Échéance": "01/12/2028"}, "due_far", id="due in more than two years"),
        pytest.param({"Date": "21/11/2026", "Échéance": "31/12/2026"}, "after_closing", id="after the closing date"),
        pytest.param({"Type": "ZZ"}, "unknown_type", id="unknown type"),
        pytest.param({"Montant": "1.234"}, "amount_ambiguous", id="ambiguous amount"),
        pytest.param({"Montant": "0001234E"}, "amount_zoned", id="zoned amount"),
        pytest.param({"Montant": "12,345678"}, "amount_rounded", id="too many decimals"),
        pytest.param({"Montant": "-5"}, "invoice_negative", id="negative invoice"),
    ],
)
def test_a_doubtful_line_is_kept_with_a_warning(cells, code):
    parsed = parse_cells(**cells)
    assert len(parsed.rows) == 1
    assert codes(parsed.warnings) == [code]


def test_an_amount_is_rounded_to_the_cent_half_up():
    assert amounts(parse_cells(Montant="12,345")) == [D("12.35")]


def test_a_missing_due_date_is_unknown_and_not_an_error():
    parsed = parse_cells(Échéance="")
    assert parsed.rows[0].due_date is None
    assert parsed.errors == []


def test_a_credit_needs_no_due_date():
    assert parse_cells(Type="AV", Montant="-5", Échéance="").warnings == []


@pytest.mark.parametrize(
    ("code", "kind", "amount"),
    [
        *(("FA", DocumentType.INVOICE, 100), ("FC", DocumentType.INVOICE, 100), ("Facture", DocumentType.INVOICE, 100)),
        *(("AV", DocumentType.CREDIT_NOTE, -100), ("Avoir", DocumentType.CREDIT_NOTE, -100)),
        *(
            ("RG", DocumentType.PAYMENT, -100),
            ("Règlement", DocumentType.PAYMENT, -100),
            ("AC", DocumentType.PAYMENT, -100),
        ),
        *(("EF", DocumentType.BILL, 100), ("OD", DocumentType.OTHER, 100), ("", DocumentType.INVOICE, 100)),
    ],
)
def test_types_and_their_sign(code, kind, amount):
    row = parse_cells(Type=code, Montant="100").rows[0]
    assert (row.type, row.amount) == (kind, amount)


@pytest.mark.parametrize("text", ["-100", "100-", "(100)", "100 CR"])
def test_a_credit_that_is_negative_in_the_file_stays_so(text):
    parsed = parse_cells(Type="AV", Montant=text)
    assert amounts(parsed) == [D(-100)]
    assert parsed.warnings == []


def test_a_credit_that_is_positive_in_the_file_is_turned_with_a_warning():
    parsed = parse_cells(Type="AV", Montant="100")
    assert amounts(parsed) == [D(-100)]
    assert codes(parsed.warnings) == ["credit_positive"]


def test_without_type_a_negative_amount_is_a_payment():
    row = parse_cells(Type="", Montant="-100").rows[0]
    assert (row.type, row.amount) == (DocumentType.PAYMENT, D(-100))


def test_an_amount_of_0_is_left_out_with_a_warning():
    parsed = parse_cells(Montant="0,00")
    assert parsed.rows == []
    assert codes(parsed.warnings) == ["zero"]


@pytest.mark.parametrize(
    ("account", "debit", "credit", "kind", "amount"),
    [
        pytest.param("411A", "100", "", DocumentType.INVOICE, 100, id="client debit"),
        pytest.param("411A", "", "100", DocumentType.PAYMENT, -100, id="client credit"),
        pytest.param("411A", "100,00", "0,00", DocumentType.INVOICE, 100, id="zero for empty"),
        pytest.param("401A", "", "100", DocumentType.INVOICE, 100, id="supplier credit: our debt"),
        pytest.param("401A", "100", "", DocumentType.PAYMENT, -100, id="supplier debit"),
        pytest.param("411A", "-100", "", DocumentType.PAYMENT, -100, id="negative debit"),
    ],
)
def test_debit_and_credit_give_the_sign_in_the_direction_of_the_account(account, debit, credit, kind, amount):
    parsed = debit_credit(f"{account};A;P1;;15/01/2026;31/01/2026;{debit};{credit}")
    assert (parsed.rows[0].type, parsed.rows[0].amount) == (kind, amount)


def test_the_role_of_a_known_account_goes_before_its_code():
    line = "DURAND;A;P1;;15/01/2026;31/01/2026;;100"
    assert amounts(debit_credit(line)) == [D(-100)]
    assert amounts(debit_credit(line, roles={"DURAND": Role.SUPPLIER})) == [D(100)]


def test_debit_and_credit_against_the_type_follow_the_side_with_a_warning():
    parsed = debit_credit("411A;A;P1;AV;15/01/2026;31/01/2026;100;")
    assert (parsed.rows[0].type, parsed.rows[0].amount) == (DocumentType.CREDIT_NOTE, D(100))
    assert codes(parsed.warnings) == ["type_and_side"]


def test_neither_debit_nor_credit_is_an_error():
    assert codes(debit_credit("411A;A;P1;;15/01/2026;31/01/2026;;").errors) == ["no_amount"]


def test_a_running_balance_beside_debit_and_credit_is_not_read():
    parsed = parse("411A;P1;15/01/2026;100;;900", header="Compte;Pièce;Date;Débit;Crédit;Solde")
    assert amounts(parsed) == [D(100)]
    assert "doubled_column" in codes(parsed.warnings)


def test_what_is_left_of_an_invoice_goes_before_its_debit():
    parsed = parse("411A;P1;FA;15/01/2026;100;;40", header="Compte;Pièce;Type;Date;Débit;Crédit;Reste dû")
    assert amounts(parsed) == [D(40)]


@pytest.mark.parametrize(
    ("account", "side", "amount"),
    [("411A", "D", 100), ("411A", "C", -100), ("411A", "Crédit", -100), ("401A", "C", 100), ("401A", "D", -100)],
)
def test_an_amount_with_its_side(account, side, amount):
    parsed = parse(f"{account};P1;15/01/2026;100;{side}", header="Compte;Pièce;Date;Montant;Sens")
    assert amounts(parsed) == [D(amount)]


def test_an_unknown_side_is_an_error():
    parsed = parse("411A;P1;15/01/2026;100;X", header="Compte;Pièce;Date;Montant;Sens")
    assert codes(parsed.errors) == ["unknown_side"]


def test_suppliers_in_the_accounting_sign_are_turned_together():
    parsed = parse(
        "401A;A;F1;FA;15/01/2026;31/01/2026;-100",
        "401A;A;R1;RG;15/01/2026;;30",
        "411B;B;F2;FA;15/01/2026;31/01/2026;50",
    )
    assert amounts(parsed) == [D(100), D(-30), D(50)]
    assert codes(parsed.warnings) == ["supplier_signs"]


def test_suppliers_with_one_positive_invoice_are_taken_as_written():
    parsed = parse("401A;A;F1;FA;15/01/2026;31/01/2026;-100", "401A;A;F2;FA;15/01/2026;31/01/2026;50")
    assert amounts(parsed) == [D(-100), D(50)]
    assert codes(parsed.warnings) == ["invoice_negative"]


def test_instalments_are_numbered_by_due_date_whatever_their_order():
    lines = [f"411A;A;F1;FA;15/01/2026;{due};100" for due in ("31/03/2026", "", "28/02/2026")]
    numbered = [{row.due_date: row.installment for row in parse(*order).rows} for order in (lines, lines[::-1])]
    assert numbered[0] == numbered[1] == {date(2026, 2, 28): 1, date(2026, 3, 31): 2, None: 3}


def test_one_document_number_in_two_accounts_is_two_documents():
    parsed = parse(LINE, LINE.replace("411DUPONT", "411MARTIN"))
    assert [row.installment for row in parsed.rows] == [1, 1]


def test_a_line_that_says_the_same_as_another_is_a_warning_naming_it():
    parsed = parse(LINE, LINE)
    assert codes(parsed.warnings) == ["repeated_line"]
    assert "line 3" in parsed.warnings[0].reason
    assert [row.installment for row in parsed.rows] == [1, 2]


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
        pytest.param("JournalCode;EcritureNum;CompAuxNum;PieceRef;PieceDate;Debit;Credit", "fec", id="FEC"),
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
    parsed = parse_open_items(read_table(text.encode("cp1252"), "BA_20260331.csv"), today=TODAY)
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
    assert parse_open_items(read_table(target.getvalue(), "po.xlsx"), today=TODAY).rows == parse(LINE).rows


def test_dates_without_format_follow_the_calendar_of_the_workbook():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"date_1904": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.split(";"))
    sheet.write_row(1, 0, ["411A", "A", "FA1", "FA", 44591, 44591, 1])
    book.close()
    parsed = parse_open_items(read_table(target.getvalue(), "po.xlsx"), today=TODAY, as_of=AS_OF)
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

"""Open items row by row: amounts, signs, types, instalments."""

from datetime import date
from decimal import Decimal

import pytest

from companies.choices import DocumentType, Role
from companies.imports.rows import Holder, OpenItemRow
from tests.companies.items import AS_OF, LINE, amounts, codes, debit_credit, parse, parse_cells

D = Decimal


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
    assert amounts(debit_credit(line, accounts={"DURAND": Holder(Role.SUPPLIER)})) == [D(100)]


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

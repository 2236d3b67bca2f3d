"""A FEC: the open items among all entries of a year (domain 6.3)."""

from datetime import date
from decimal import Decimal

import pytest

from companies.choices import DocumentType
from companies.imports.files import read_table
from companies.imports.rows import Holder, parse_partners
from tests.companies.items import codes, read

TODAY = date(2027, 1, 10)
NAME = "732829320FEC20261231.txt"
COLUMNS = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
SAMPLE = (
    "VE|Ventes|1042|20260115|411000|Clients|411DUPONT|Ets Dupont|FA260115|20260115|"
    "Facture FA260115|12000,00|0,00|||20260131||"
)
SOLD = "VE|Ventes|1042|20260115|707000|Ventes|||FA260115|20260115|Facture|0,00|12000,00|||20260131||"
TERMS = {"411DUPONT": Holder("client", "60 jours")}


def fec(*lines, columns=COLUMNS, mark="|", name=NAME, **known):
    text = "\r\n".join([columns, *lines, ""]).replace("|", mark)
    return read(read_table(text.encode("cp1252"), name), today=TODAY, **known)


def entry(general="411000", aux="411DUPONT", amount="100,00", **changed):
    """A balanced entry: a line of a third party, and its counterpart."""
    cells = {
        "JournalCode": "VE", "EcritureNum": "1", "EcritureDate": "20260115", "PieceRef": "FA1", "PieceDate": "20260114",
        "EcritureLet": "", "DateLet": "", "ValidDate": "20260131",
    } | changed  # fmt: skip
    credit = amount.startswith("-")
    sides = {"Debit": "0,00" if credit else amount, "Credit": amount.lstrip("-") if credit else "0,00"}
    other = {
        "CompteNum": "707000",
        "Debit": sides["Credit"],
        "Credit": sides["Debit"],
        "EcritureLet": "",
        "DateLet": "",
    }
    one = cells | {"CompteNum": general, "CompAuxNum": aux} | sides
    return ["|".join(line.get(name, "") for name in COLUMNS.split("|")) for line in (one, cells | other)]


@pytest.mark.parametrize("mark", ["\t", "|"], ids=["tab", "pipe"])
def test_sample_c_gives_its_open_item(mark):
    parsed = fec(SAMPLE, SOLD, mark=mark, accounts=TERMS)
    row = parsed.rows[0]
    assert parsed.errors == []
    assert (row.account, row.name, row.document, row.type) == (
        "411DUPONT",
        "Ets Dupont",
        "FA260115",
        DocumentType.INVOICE,
    )
    assert (row.document_date, row.amount, row.currency) == (date(2026, 1, 15), Decimal(12000), "EUR")
    assert parsed.as_of == date(2026, 12, 31)
    assert parsed.skipped == {"other_account": 1}


def test_the_due_date_comes_from_the_terms_and_is_marked_estimated():
    parsed = fec(SAMPLE, SOLD, accounts=TERMS)
    assert (parsed.rows[0].due_date, parsed.rows[0].due_estimated) == (date(2026, 3, 16), True)
    assert codes(parsed.warnings) == ["due_estimated"]


@pytest.mark.parametrize("terms", ["", "voir contrat"], ids=["none", "unreadable"])
def test_without_readable_terms_the_due_date_is_unknown(terms):
    parsed = fec(SAMPLE, SOLD, accounts={"411DUPONT": Holder("client", terms)})
    assert (parsed.rows[0].due_date, parsed.rows[0].due_estimated) == (None, False)
    assert codes(parsed.warnings) == ["no_due_date"]


@pytest.mark.parametrize(
    ("general", "amount", "expected"),
    [
        pytest.param("411000", "100,00", (DocumentType.INVOICE, "100"), id="client's invoice"),
        pytest.param("411000", "-30,00", (DocumentType.PAYMENT, "-30"), id="client's payment"),
        pytest.param("413000", "100,00", (DocumentType.BILL, "100"), id="bill receivable"),
        pytest.param("416000", "100,00", (DocumentType.INVOICE, "100"), id="doubtful client"),
        pytest.param("401000", "-100,00", (DocumentType.INVOICE, "100"), id="supplier's invoice"),
        pytest.param("401000", "30,00", (DocumentType.PAYMENT, "-30"), id="payment to a supplier"),
        pytest.param("403000", "-100,00", (DocumentType.BILL, "100"), id="bill payable"),
    ],
)
def test_an_account_tells_side_and_type(general, amount, expected):
    row = fec(*entry(general, "AUX", amount, JournalCode="BQ")).rows[0]
    assert (row.type, row.amount) == (expected[0], Decimal(expected[1]))


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"JournalCode": "VE"}, DocumentType.CREDIT_NOTE),
        ({"JournalCode": "J1", "JournalLib": "Ventes France"}, DocumentType.CREDIT_NOTE),
        ({"JournalCode": "OD", "EcritureLib": "Avoir sur FA12"}, DocumentType.CREDIT_NOTE),
        ({"JournalCode": "OD", "PieceRef": "AV-0012"}, DocumentType.CREDIT_NOTE),
        ({"JournalCode": "BQ", "EcritureLib": "Virement Favoir"}, DocumentType.PAYMENT),
        ({"JournalCode": "J2", "JournalLib": "Banque"}, DocumentType.PAYMENT),
    ],
)
def test_journal_and_words_tell_a_credit_note_from_a_payment(changed, kind):
    assert fec(*entry(amount="-30,00", **changed)).rows[0].type == kind


@pytest.mark.parametrize("general", ["409100", "419100", "418100", "408100", "512000", "445710", "491000"])
def test_other_accounts_are_no_open_items(general):
    parsed = fec(*entry(), *entry(general, EcritureNum="2"))
    assert [row.account for row in parsed.rows] == ["411DUPONT"]


@pytest.mark.parametrize(
    ("letter", "day", "is_open"),
    [
        pytest.param("", "", True, id="no lettering"),
        pytest.param("AA", "", False, id="lettered, no date"),
        pytest.param("AA", "20261231", False, id="lettered at the closing date"),
        pytest.param("AA", "20270105", True, id="lettered after it"),
        pytest.param("", "20261130", False, id="a date alone"),
    ],
)
def test_what_is_lettered_after_the_closing_date_was_open_then(letter, day, is_open):
    parsed = fec(*entry(aux="OTHER", EcritureNum="2"), *entry(EcritureLet=letter, DateLet=day))
    assert ("411DUPONT" in {row.account for row in parsed.rows}) is is_open
    assert parsed.errors == []


def test_entries_after_the_closing_date_are_not_open_yet():
    lines = [*entry(), *entry(EcritureNum="2", PieceRef="FA2", EcritureDate="20261101")]
    assert [row.document for row in fec(*lines, name="732829320FEC20260930.txt").rows] == ["FA1"]


def test_books_without_auxiliary_accounts_use_the_general_one():
    assert fec(*entry("411DURAND", "")).rows[0].account == "411DURAND"


def test_a_line_without_reference_is_told_by_its_entry():
    row = fec(*entry(PieceRef="", PieceDate="", EcritureNum="77")).rows[0]
    assert (row.document, row.document_date) == ("77", date(2026, 1, 15))


def test_the_currency_of_the_books_is_not_that_of_the_foreign_amount():
    line = SAMPLE.removesuffix("||") + "|13000,00|USD"
    row = fec(line, SOLD).rows[0]
    assert (row.amount, row.currency) == (Decimal(12000), "EUR")


def test_an_amount_with_its_side_is_read_too():
    columns = COLUMNS.replace("Debit|Credit", "Montant|Sens")
    lines = [SAMPLE.replace("12000,00|0,00", "12000,00|D"), SOLD.replace("0,00|12000,00", "12000,00|C")]
    parsed = fec(*lines, columns=columns)
    assert parsed.errors == []
    assert parsed.rows[0].amount == Decimal(12000)


def test_debits_that_do_not_make_credits_refuse_the_file():
    parsed = fec(SAMPLE, SOLD.replace("12000,00", "11999,98"))
    assert codes(parsed.errors) == ["unbalanced"]
    assert "0.02" in parsed.errors[0].reason


def test_a_number_used_again_at_another_date_is_named():
    parsed = fec(*entry(), *entry(EcritureDate="20260301", PieceRef="FA9"))
    found = [warning for warning in parsed.warnings if warning.code == "entry_twice"]
    assert [(warning.line, warning.column) for warning in found] == [(4, "EcritureNum"), (5, "EcritureNum")]
    assert "line 2" in found[0].reason


def test_the_same_number_in_another_journal_is_another_entry():
    parsed = fec(*entry(), *entry(EcritureDate="20260301", JournalCode="BQ", PieceRef="FA9"))
    assert "entry_twice" not in codes(parsed.warnings)


@pytest.mark.parametrize("journal", ["AN", "RAN"])
def test_an_item_of_the_opening_journal_is_flagged(journal):
    parsed = fec(*entry(JournalCode=journal, EcritureDate="20260101", PieceDate="20260101"))
    assert [w.code for w in parsed.warnings if w.code == "opening"] == ["opening"]


@pytest.mark.parametrize("column", ["EcritureDate", "CompteNum", "EcritureLet", "Debit", "CompAuxNum"])
def test_a_missing_column_is_named(column):
    assert column in [error.column for error in fec("x", columns=COLUMNS.replace(column, "Autre")).errors]


@pytest.mark.parametrize(
    ("cell", "code"), [("12,34,56", "amount_separators"), ("NaN", "amount_not_a_number")], ids=["separators", "NaN"]
)
def test_a_bad_amount_is_told_once(cell, code):
    assert codes(fec(SAMPLE.replace("12000,00|0", f"{cell}|0"), SOLD).errors) == [code]


def test_it_holds_no_partners():
    table = read_table("\n".join([COLUMNS, SAMPLE]).encode(), NAME)
    assert codes(parse_partners(table, TODAY).errors) == ["fec"]

"""Rows of an open items file: what each account's documents still leave unpaid (domain 6.5)."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, TypedDict, Unpack

from companies.choices import DocumentType, FileKind, Role
from companies.imports.cells import Reader
from companies.imports.closing import closing_date
from companies.imports.columns import OPEN_ITEMS
from companies.imports.files import Skip, Table
from companies.imports.item_rows import ItemRows, OpenItemRow
from companies.imports.outcome import Parsed
from companies.imports.partners import read_currency, role_of_account
from companies.imports.plain import Plain
from companies.imports.signs import Signed, check_total, in_accounting_sign, is_sided, read_signed
from companies.imports.sources import DETECTED, Source
from companies.rules.identifiers import is_excel_number
from companies.rules.ledger import Terms, due_date, parse_terms
from companies.texts import text as _

FARTHEST_DUE = timedelta(days=731)
UNDISPUTED = frozenset({"", "0", "N", "NON", "NO", "FAUX", "FALSE", "-"})
_AMOUNT = next(column for column in OPEN_ITEMS if column.field == "amount")


class Holder(NamedTuple):
    """What is known of an account beforehand: its role, and its payment terms in words."""

    role: str = ""
    terms: str = ""


class Known(TypedDict, total=False):
    """What is known of a file besides its content.

    `as_of` is the closing date given by the user, which the file's title and then its name go before; `accounts` are
    those known by their code, others go by their code (411, 401…) and by default are clients.
    """

    as_of: date | None
    filename: str
    accounts: Mapping[str, Holder]


def parse_listed(
    table: Table, *, today: date, source: Source = DETECTED, **known: Unpack[Known]
) -> Parsed[OpenItemRow]:
    """Turn a list of open items into rows, with all errors and warnings at once; never raises for what it may hold."""
    reader = Reader(table, FileKind.OPEN_ITEMS, today, source)
    _check_amounts(reader)
    return read_items(reader, Items, **known)


def read_items(reader: Reader, kind: "type[Items]", **known: Unpack[Known]) -> Parsed[OpenItemRow]:
    """Read all lines, as this kind of file says them."""
    readable = reader.usable
    filename = known.get("filename") or reader.table.filename
    closed_on = closing_date(reader, today=reader.today, as_of=known.get("as_of"), filename=filename)
    parsed = Parsed[OpenItemRow](as_of=closed_on)
    if readable:
        items = kind(reader, known.get("accounts") or {}, closed_on)
        parsed.rows, parsed.left_out = items.rows(), items.left_out
        parsed.total, parsed.control_total = items.stated, check_total(reader, items.stated, items.net)
    parsed.errors, parsed.warnings, parsed.skipped = reader.issues.errors, reader.warnings(), reader.skipped
    return parsed


def _check_amounts(reader: Reader) -> None:
    """Require an amount, or a debit and a credit; say so when a running balance beside these is not read."""
    if reader.usable and not reader.has("amount") and not is_sided(reader):
        reader.missing(_AMOUNT.synonyms)
    elif reader.has("amount") and is_sided(reader):
        reason = _("This column was not read: debit and credit tell the amounts.")
        cell = (reader.layout.header("amount"), "")
        reader.issues.warn(reader.table.header_line, cell, "doubled_column", reason, _("Nothing to do."))


class Items:
    """The rows of one file while they are read.

    `stated` is the sum of amounts as the file signs them, `net` that of the rows.
    """

    def __init__(self, reader: Reader, accounts: Mapping[str, Holder], closed_on: date | None) -> None:
        self.reader = reader
        self.accounts = accounts
        self.latest_due = reader.today + FARTHEST_DUE
        self.closed_on = closed_on
        self.stated = self.net = Decimal(0)
        self.left_out: set[tuple[str, ...]] = set()
        self._suppliers: dict[str, bool] = {}
        self._accounting_sign = in_accounting_sign(reader, self.is_supplier)
        self._disputes, self._settles = reader.has("disputed"), reader.has("settles")
        self._terms: dict[str, Terms | None] = {}
        self._estimated = 0

    def rows(self) -> ItemRows:
        """Read every line that is not wholly matched, and number the instalments."""
        found, errors, plain = ItemRows(), self.reader.issues.errors, self.plain()
        for _line in self.reader.lines():
            row = plain()
            if row is not None:
                self.stated += row.amount
            else:
                before = len(errors)
                row = self._row() if self.is_open() else None
                if len(errors) > before:
                    self.left_out.add((self.account(), self.reader.text("document")))
                    continue
            if row is not None:
                self.net += row.amount
                found.append(row)
        self._warn_of_repeats(found)
        self.check()
        return found

    def plain(self) -> Plain:
        """Return what reads the lines of which nothing is to be said."""
        return Plain(
            self.reader, closed_on=self.closed_on, latest_due=self.latest_due, usable=not self._accounting_sign
        )

    def is_open(self) -> bool:
        """Whether the current line is still open; one that isn't is counted."""
        letter = self.reader.text("matching")
        if letter and not letter.islower():
            self.reader.skip(Skip.MATCHED)  # lower case is a partial matching: what is left is still open
            return False
        return True

    def check(self) -> None:
        """Say what concerns the file as a whole, once all lines are read."""
        if self._estimated:
            reason = _("%(count)d due dates are missing; they were worked out from the payment terms of the account.")
            fix = _("Nothing to do; to have the real dates, add them to the export.")
            self.reader.issues.warn(0, ("", ""), "due_estimated", reason % {"count": self._estimated}, fix)

    def account(self) -> str:
        """The account code of the current line."""
        return self.reader.text("account")

    def is_supplier(self, account: str) -> bool:
        """Whether what the account owes is what we owe: as it is known, else by its code."""
        found = self._suppliers.get(account)
        if found is None:
            known = self.accounts[account].role if account in self.accounts else ""
            found = (known or self.reader.source.role or role_of_account(account)) == Role.SUPPLIER
            self._suppliers[account] = found
        return found

    def type_of(self, signed: Signed) -> DocumentType:
        """The type of the current line."""
        return signed.type

    def _row(self) -> OpenItemRow | None:
        reader = self.reader
        account, document = self._account(), self._document()
        supplier = self.is_supplier(account)
        signed = read_signed(reader, credit_is_debt=supplier, accounting_sign=self._accounting_sign)
        dated = self._document_date()
        is_debt = signed is not None and signed.amount > 0
        due, estimated = self._due_date(dated, account=account, is_debt=is_debt)
        currency = read_currency(reader, signed.currency if signed else None)
        if signed is None or dated is None:
            return None
        self.stated += signed.stated
        if signed.amount == 0:
            reader.warn("amount", "zero", _("The open amount is 0: the line was left out."), _("Nothing to do."))
            return None
        name = reader.text("name")
        kind = self.type_of(signed)
        named = (reader.line, account, name, document, kind, dated, due)
        return self._marked(OpenItemRow(*named, signed.amount, currency, due_estimated=estimated))

    def _marked(self, row: OpenItemRow) -> OpenItemRow:
        """With what the file says of disputes, and of the invoice that a credit belongs to."""
        if row.amount < 0:
            return row._replace(settles=self.reader.short("settles", 60)) if self._settles else row
        disputed = self._disputes and self.reader.text("disputed").upper().strip(" .") not in UNDISPUTED
        return row._replace(disputed=True) if disputed else row

    def _account(self) -> str:
        code = self.reader.short("account", 30) or self.account()
        if not code:
            self.reader.error(
                "account", "empty_code", _("The account code is empty."), _("Fill it in, or remove the line.")
            )
        return code

    def _document(self) -> str:
        number = self.reader.short("document", 60) or self.other_document()
        if not number:
            reason = _("The document number is empty.")
            self.reader.error("document", "empty_document", reason, _("Fill it in: it tells one item from another."))
        elif "," in number and is_excel_number(number):
            reason = _("Excel turned this document number into a power of ten.")
            self.reader.error("document", "excel_number", reason, _("Format the column as text, and export again."))
        return number

    def other_document(self) -> str:
        """What tells the document when its own column is empty."""
        return ""

    def other_date(self) -> date | None:
        """What tells the date of the document when its own column is empty."""
        return None

    def _document_date(self) -> date | None:
        reader = self.reader
        errors = len(reader.issues.errors)
        dated = reader.date("document_date") or self.other_date()
        if dated is None:
            if len(reader.issues.errors) == errors:
                reader.error("document_date", "empty_date", _("The document has no date."), _("Fill it in."))
        elif self.closed_on and dated > self.closed_on:
            shown = {"closed": self.closed_on.strftime("%d/%m/%Y")}
            reason = _("This document is dated after the closing date, %(closed)s.") % shown
            reader.warn("document_date", "after_closing", reason, _("Check the closing date of the file."))
        return dated

    def _due_date(self, dated: date | None, *, account: str, is_debt: bool) -> tuple[date | None, bool]:
        """Return when the line falls due, and whether that was worked out from the terms of its account."""
        reader = self.reader
        errors = len(reader.issues.errors)
        due = reader.date("due_date") if reader.has("due_date") else None
        if due is None:
            if not is_debt or dated is None or len(reader.issues.errors) > errors:
                return None, False
            return self._estimate(dated, account)
        if dated and due < dated:
            reader.warn("due_date", "due_before", _("It is due before its own date."), _("Check both dates."))
        elif due > self.latest_due:
            reader.warn("due_date", "due_far", _("It is due in more than two years."), _("Check the year."))
        return due, False

    def _estimate(self, dated: date, account: str) -> tuple[date | None, bool]:
        words = self.accounts[account].terms if account in self.accounts else ""
        if words not in self._terms:
            self._terms[words] = parse_terms(words) if words else None
        terms = self._terms[words]
        if terms is None:
            reason = _("There is no due date: this debt cannot be aged.")
            fix = _("Fill it in in the ERP, or give the account payment terms.")
            self.reader.warn("due_date", "no_due_date", reason, fix)
            return None, False
        self._estimated += 1
        return due_date(dated, terms), True

    def _warn_of_repeats(self, found: ItemRows) -> None:
        """Warn of a line that says exactly what another one says: an instalment has its own due date or amount."""
        header, fix = self.reader.layout.header("document"), _("Remove one if it was exported twice.")
        for line, document, first in found.number():
            reason = _("This line says the same as line %(first)d; both are counted.") % {"first": first}
            self.reader.issues.warn(line, (header, document), "repeated_line", reason, fix)

"""The open items of a FEC, the legal file of all entries of a year (domain 6.3).

Open are the lines on client and supplier accounts without a lettering, or lettered after the closing date.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Unpack

from companies.choices import DocumentType, FileKind
from companies.imports.cells import CENT, Reader
from companies.imports.columns import key
from companies.imports.files import Skip, Table
from companies.imports.item_rows import OpenItemRow
from companies.imports.open_items import Holder, Items, Known, read_items
from companies.imports.outcome import Parsed
from companies.imports.plain import Plain
from companies.imports.signs import Signed
from companies.imports.sources import DETECTED, Place, Source
from companies.texts import text as _

CLIENTS = ("411", "413", "416")
SUPPLIERS = ("401", "403")
BILLS = ("413", "403")
_BILLED = re.compile(
    r"(?:VE|VT|VTE|VEN|VENTES?|FAC?|FC|FV|AC|HA|ACH|ACHATS?|FF)\d*|.*(?:VENTE|FACTUR|ACHAT|SALES|PURCHASE).*"
)
"""Journals of invoices, by their code or name: a credit in them is a credit note, elsewhere it is a payment."""
_CREDIT_NOTE = re.compile(r"\b(?:avoirs?|credit notes?)\b|^AV[-_ /]?\d", re.IGNORECASE)
OPENING = re.compile(r"R?AN|A\.?NOUV.*|REPORT.*")
_PLACES = {
    "journal": "JournalCode",
    "entry": "EcritureNum",
    "entry_date": "EcritureDate",
    "general": "CompteNum",
    "account": "CompAuxNum",
    "name": "CompAuxLib",
    "document": "PieceRef",
    "document_date": "PieceDate",
    "matching": "EcritureLet",
    "matched_on": "DateLet",
}
_TWO_AMOUNTS = {"debit": "Debit", "credit": "Credit"}
_ONE_AMOUNT = {"amount": "Montant", "side": "Sens"}
_HELPFUL = {"journal_name": "JournalLib", "label": "EcritureLib"}
_NEEDED = ("JournalCode", "EcritureNum", "EcritureDate", "CompteNum", "EcritureLet")


def fec_source(headers: Sequence[str], source: Source) -> Source:
    """Return where the fields are in a FEC, with debit and credit or with an amount and its side.

    Amounts are in the currency of the books: `Idevise` is that of `Montantdevise` alone, so it is not read.
    """
    found = {key(header) for header in headers}
    amounts = _ONE_AMOUNT if {"montant", "sens"} <= found else _TWO_AMOUNTS
    helpful = {field: header for field, header in _HELPFUL.items() if key(header) in found}
    places = tuple(Place(field, header) for field, header in (_PLACES | amounts | helpful).items())
    return replace(source, places=places)


def fec_reader(table: Table, today: date, source: Source) -> Reader:
    """Return a reader of a FEC's columns, with an error for each that is needed and missing."""
    reader = Reader(table, FileKind.OPEN_ITEMS, today, fec_source(table.headers, source))
    found = {key(header) for header in table.headers}
    for header in (*_NEEDED, *(() if reader.has("amount") else _TWO_AMOUNTS.values())):
        if key(header) not in found:
            reader.missing((header,))
    return reader


def parse_fec(table: Table, *, today: date, source: Source = DETECTED, **known: Unpack[Known]) -> Parsed[OpenItemRow]:
    """Return the open items of a FEC at its closing date, and what is wrong with the books."""
    return read_items(fec_reader(table, today, source), FecItems, **known)


class FecItems(Items):
    """The open items among all entries; the books are checked on the way."""

    def __init__(self, reader: Reader, accounts: Mapping[str, Holder], closed_on: date | None) -> None:
        super().__init__(reader, accounts, closed_on)
        self._others = Decimal(0)
        self._entries: dict[tuple[str, str], tuple[str, int]] = {}

    def plain(self) -> Plain:
        """Nothing at once: every entry is looked at."""
        return Plain(self.reader, closed_on=None, latest_due=self.latest_due, usable=False)

    def is_open(self) -> bool:
        """Take a line into account: whether it is a client's or a supplier's, and open at the closing date."""
        self._number()
        ours = self.reader.text("general").startswith((*CLIENTS, *SUPPLIERS))
        if ours and not self._is_matched() and not self._is_later():
            self._flag_opening()
            return True
        self.reader.skip(Skip.MATCHED if ours else Skip.OTHER_ACCOUNT)
        self._others += self._stated()
        return False

    def check(self) -> None:
        """Debits make credits, over all entries; a line that could not be read would make them differ."""
        super().check()
        gap = self.stated + self._others
        if abs(gap) > CENT and not self.reader.issues.errors:
            reason = _("Debits and credits of all entries differ by %(gap)s.") % {"gap": gap}
            fix = _("The file is cut short or was edited: export it again.")
            self.reader.issues.error(0, ("", str(gap)), "unbalanced", reason, fix)

    def account(self) -> str:
        """The auxiliary account, or the general one in books without auxiliaries."""
        return self.reader.text("account") or self.reader.text("general")

    def is_supplier(self, account: str) -> bool:
        """The general account says it, whatever the code of the auxiliary one."""
        return self.reader.text("general").startswith(SUPPLIERS)

    def type_of(self, signed: Signed) -> DocumentType:
        """Bills by their account; credits by their journal and their words; else what the sign says."""
        reader = self.reader
        if reader.text("general").startswith(BILLS):
            return DocumentType.BILL
        if signed.amount >= 0:
            return signed.type
        billed = any(_BILLED.fullmatch(reader.text(field).upper()) for field in ("journal", "journal_name"))
        named = any(_CREDIT_NOTE.search(reader.text(field)) for field in ("label", "document"))
        return DocumentType.CREDIT_NOTE if billed or named else signed.type

    def other_document(self) -> str:
        """The number of the entry, where it has no reference."""
        return self.reader.text("entry")

    def other_date(self) -> date | None:
        """The date of the entry, where the document has none."""
        return self.reader.date("entry_date")

    def _number(self) -> None:
        """A number is of one entry in its journal: the same number at another date is another entry."""
        reader = self.reader
        entry, day = (reader.text("journal"), reader.text("entry")), reader.text("entry_date")
        first_day, line = self._entries.setdefault(entry, (day, reader.line))
        if first_day != day:
            shown = {"number": entry[1], "journal": entry[0], "line": line}
            reason = _("Entry %(number)s of journal %(journal)s was already used on line %(line)d, at another date.")
            reader.warn("entry", "entry_twice", reason % shown, _("Check the numbering of the journal in the ERP."))

    def _stated(self) -> Decimal:
        """Debit less credit of the current line."""
        reader = self.reader
        if reader.has("amount"):
            amount = reader.amount("amount").value or Decimal(0)
            return amount if reader.text("side").upper().startswith("D") else -amount
        return (reader.amount("debit").value or Decimal(0)) - (reader.amount("credit").value or Decimal(0))

    def _is_matched(self) -> bool:
        """Wholly matched at the closing date: what is matched later was open then."""
        day = self.reader.date("matched_on")
        if day is not None and self.closed_on is not None and day > self.closed_on:
            return False
        return bool(self.reader.text("matching")) or day is not None

    def _is_later(self) -> bool:
        day = self.reader.date("entry_date")
        return day is not None and self.closed_on is not None and day > self.closed_on

    def _flag_opening(self) -> None:
        if OPENING.fullmatch(self.reader.text("journal").upper()):
            reason = _("This item comes from the opening journal: the date of its invoice is lost.")
            fix = _("Import the ERP's open items instead, or the FEC of the year of the invoice.")
            self.reader.warn("document_date", "opening", reason, fix)

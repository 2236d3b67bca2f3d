"""Rows of a file of orders accepted and goods delivered that are not invoiced yet (domain 5.1, 6.5)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Unpack

from companies.choices import CommitmentKind, FileKind
from companies.imports.cells import CENT, Reader
from companies.imports.closing import closing_date
from companies.imports.files import Table
from companies.imports.open_items import Known
from companies.imports.outcome import Parsed
from companies.imports.partners import read_currency
from companies.imports.signs import figure, grand_total
from companies.imports.sources import DETECTED, Source
from companies.texts import text as _

_WORDS = {
    CommitmentKind.ORDER: "C CC CD CDE CMD COM COMMANDE COMMANDES ORDER ORDERS OR SO CONFIRMEE ACCEPTEE RELIQUAT",
    CommitmentKind.DELIVERED: "L BL LIV LIVRE LIVREE LIVRES LIVRAISON LIVRAISONS DELIVERED DELIVERY DN EXPEDIE",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """One order or delivery, or one line of it: `position` numbers from 1 the lines of one account and document by
    their delivery date. The amount is positive, what is still to be invoiced.
    """

    line: int
    account: str
    name: str
    kind: CommitmentKind
    document: str
    document_date: date | None
    deliver_on: date | None
    amount: Decimal
    currency: str
    position: int = 1


def parse_commitments(
    table: Table, *, today: date, source: Source = DETECTED, **known: Unpack[Known]
) -> Parsed[CommitmentRow]:
    """Turn a table into orders and deliveries, with all errors and warnings at once."""
    reader = Reader(table, FileKind.COMMITMENTS, today, source)
    readable, filename = reader.usable, known.get("filename") or table.filename
    closed_on = closing_date(reader, today=today, as_of=known.get("as_of"), filename=filename)
    parsed = Parsed[CommitmentRow](as_of=closed_on)
    if readable:
        listed = _Listed(reader)
        parsed.rows, parsed.left_out = listed.rows(), listed.left_out
        parsed.total, parsed.control_total = listed.total, listed.check()
    parsed.errors, parsed.warnings, parsed.skipped = reader.issues.errors, reader.warnings(), reader.skipped
    return parsed


class _Listed:
    """The rows of one file while they are read, with their sum."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.total = Decimal(0)
        self.left_out: set[tuple[str, ...]] = set()

    def rows(self) -> list[CommitmentRow]:
        """Read every line and number those of one document."""
        found: list[CommitmentRow] = []
        if not self.reader.has("type"):
            reason = _(
                "No column says what is ordered and what is delivered: documents beginning with BL are deliveries."
            )
            fix = _("Add a column “Type” with CDE (order) or BL (delivered).")
            self.reader.issues.warn(0, ("", ""), "no_type", reason, fix)
        for _line in self.reader.lines():
            before = len(self.reader.issues.errors)
            row = self._row()
            if len(self.reader.issues.errors) > before:
                self.left_out.add((self.reader.text("account"), self.reader.text("document")))
            elif row.amount:
                found.append(row)
        return _numbered(found)

    def check(self) -> Decimal | None:
        """Compare the sum with the file's own total line, and return that total."""
        entry = grand_total(self.reader.totals)
        control = figure(self.reader, entry, "amount") if entry else None
        if entry and control is not None and abs(control - self.total) > CENT and not self.reader.issues.errors:
            shown = {"control": control, "total": self.total, "gap": control - self.total}
            reason = _("The total line says %(control)s, the lines above make %(total)s: the difference is %(gap)s.")
            cell = (self.reader.layout.header("amount"), str(control))
            fix = _("The file is cut short or was edited: export it again.")
            self.reader.issues.error(entry.line, cell, "control_total", reason % shown, fix)
        return control

    def _row(self) -> CommitmentRow:
        reader = self.reader
        account, document = self._filled("account", 30), self._filled("document", 60)
        kind, amount = self._kind(document), self._amount()
        dated, deliver = reader.date("document_date"), reader.date("deliver_on")
        if dated and deliver and deliver < dated:
            reason = _("It is to be delivered before it was ordered.")
            reader.warn("deliver_on", "deliver_before", reason, _("Check both dates."))
        name, currency = reader.text("name"), read_currency(reader, None)
        return CommitmentRow(reader.line, account, name, kind, document, dated, deliver, amount, currency)

    def _filled(self, field: str, longest: int) -> str:
        text = self.reader.short(field, longest)
        if not text:
            said = {
                "account": _("The account code is empty."),
                "document": _("The number of the order or delivery is empty."),
            }
            self.reader.error(field, f"empty_{field}", said[field], _("Fill it in, or remove the line."))
        return text

    def _kind(self, document: str) -> CommitmentKind:
        text = self.reader.text("type")
        if not text:
            return CommitmentKind.DELIVERED if document.upper().startswith("BL") else CommitmentKind.ORDER
        flat = text.upper().replace("É", "E").replace("È", "E")
        kind = _KINDS.get("".join(c for c in flat.split(" ")[0] if c.isalnum()))
        if kind is None:
            reason = _("Nothing says whether this is an order or a delivery.")
            self.reader.error("type", "unknown_kind", reason, _("Write CDE (order) or BL (delivered)."))
        return kind or CommitmentKind.ORDER

    def _amount(self) -> Decimal:
        errors = len(self.reader.issues.errors)
        value = self.reader.amount("amount").value
        if value is None and len(self.reader.issues.errors) == errors:
            reason = _("The amount is empty.")
            self.reader.error("amount", "no_amount", reason, _("Fill it in, or remove the line."))
        elif value is not None and value < 0:
            reason = _("An order or a delivery cannot be negative.")
            fix = _("Correct it, or remove the line: a return is a credit note of the open items.")
            self.reader.error("amount", "negative", reason, fix)
        elif value == 0:
            reason = _("Nothing of it is left to be invoiced: the line was left out.")
            self.reader.warn("amount", "zero", reason, _("Nothing to do."))
        self.total += value or Decimal(0)
        return value or Decimal(0)


def _numbered(rows: list[CommitmentRow]) -> list[CommitmentRow]:
    """Number the lines of one document by their delivery date, so that their order in the file is no matter."""
    groups: dict[tuple[str, CommitmentKind, str], list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault((row.account, row.kind, row.document), []).append(place)
    for places in groups.values():
        if len(places) > 1:
            ordered = sorted(places, key=lambda at: (rows[at].deliver_on or date.max, rows[at].amount, rows[at].line))
            for number, place in enumerate(ordered, 1):
                rows[place] = replace(rows[place], position=number)
    return rows

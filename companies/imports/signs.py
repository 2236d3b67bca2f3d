"""Type and sign of an open item: derived from debit and credit, then checked against the type (domain 6.5)."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from companies.choices import DocumentType
from companies.imports.amounts import BadAmount, parse_amount
from companies.imports.cells import CENT, Reader
from companies.imports.columns import key
from companies.imports.files import Entry, Skip
from companies.texts import text as _

_CODES = {
    DocumentType.INVOICE: "FA FC FF FAC FACT FACTURE INVOICE INV F FV FACTURES",
    DocumentType.CREDIT_NOTE: "AV AVO AVOIR CREDITNOTE CN A AVC AVF NC",
    DocumentType.PAYMENT: "RG REG REGL REGLEMENT RGT PAIEMENT PAYMENT AC ACOMPTE VIR VIREMENT CHQ CHEQUE BQ R AVANCE",
    DocumentType.BILL: "EF EFFET LCR BOR BAO TRAITE BILL LC",
    DocumentType.OTHER: "OD AN RAN ANOUVEAU DIVERS OTHER JOURNAL NDD FRAIS ESC",
}
_TYPES = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
CREDITS = frozenset({DocumentType.CREDIT_NOTE, DocumentType.PAYMENT})
_SAMPLE = 5_000
_SIDES = {"D": 1, "DB": 1, "DEBIT": 1, "C": -1, "CR": -1, "CREDIT": -1}


class Signed(NamedTuple):
    """A type with an amount in the direction of the account; `stated` is the amount as the file signs it."""

    type: DocumentType
    amount: Decimal
    stated: Decimal
    currency: str | None


def read_signed(reader: Reader, *, credit_is_debt: bool, accounting_sign: bool) -> Signed | None:
    """Return the type and the signed amount of a line; None, with an error recorded, when it has no amount.

    Debit and credit columns, or an amount with its side, tell the sign; a client's debit and a supplier's credit
    are debts. In a file with one amount a credit note or a payment is a credit, whatever its sign; in the
    `accounting_sign` a supplier's amount is read as debit less credit.
    """
    kind = _type(reader)
    found = _debit_credit(reader) if is_sided(reader) else _single(reader)
    if found is None:
        return None
    stated, currency, known_side = found
    if not known_side and not (credit_is_debt and accounting_sign):
        return _unsided(reader, kind, stated, currency)
    amount = -stated if credit_is_debt else stated
    return Signed(_checked(reader, kind, amount), amount, stated, currency)


def is_sided(reader: Reader) -> bool:
    """Say whether debit and credit columns sign the lines; a running balance beside them is no open amount."""
    if not (reader.has("debit") and reader.has("credit")):
        return False
    return not key(reader.layout.header("amount")).startswith(("rest", "montantrest", "montantouvert", "openamount"))


def in_accounting_sign(reader: Reader, is_supplier: Callable[[str], bool]) -> bool:
    """Say whether a file with one amount writes what we owe as negative: then all supplier invoices are."""
    if is_sided(reader) or reader.has("side") or not (reader.has("account") and reader.has("amount")):
        return False
    account, amount = reader.layout.index["account"], reader.layout.index["amount"]
    sample = islice((e.cells for e in reader.table.entries() if e.skip is None), _SAMPLE)
    found = [
        (cells[amount], _kind(cells, reader))
        for cells in sample
        if len(cells) > max(account, amount) and is_supplier(cells[account])
    ]
    signs = {_sign(reader, text) for text, kind in found if kind in {None, DocumentType.INVOICE}}
    if signs != {-1}:
        return False
    reason = _("All invoices of suppliers are negative: the file signs credits so; what we owe was read as positive.")
    fix = _("Check the balance of one supplier.")
    reader.issues.warn(0, (reader.layout.header("amount"), ""), "supplier_signs", reason, fix)
    return True


def check_total(reader: Reader, stated: Decimal, net: Decimal) -> Decimal | None:
    """Return the file's own total, with an error when its lines make another one by more than a cent.

    The lines may add up as the file signs them (`stated`) or once credits are negative (`net`).
    """
    entry = grand_total(reader.totals)
    control = _control(reader, entry) if entry else None
    if control is None or entry is None or reader.issues.errors or Skip.MATCHED.value in reader.skipped:
        return control
    if min(abs(control - stated), abs(control - net)) > CENT:
        field = "debit" if is_sided(reader) else "amount"
        shown = {"control": control, "total": stated, "gap": control - stated}
        reader.issues.error(
            entry.line,
            (reader.layout.header(field), str(control)),
            "control_total",
            _("The total line says %(control)s, the lines above make %(total)s: the difference is %(gap)s.") % shown,
            _("The file is cut short or was edited: export it again."),
        )
    return control


def _sign(reader: Reader, text: str) -> int:
    try:
        value = parse_amount(text, reader.source.numbers).value
    except BadAmount:
        return 0
    return 0 if not value else 1 if value > 0 else -1


def _kind(cells: Sequence[str], reader: Reader) -> DocumentType | None:
    position = reader.layout.index.get("type")
    return None if position is None or position >= len(cells) else type_of(cells[position])


@lru_cache(maxsize=1000)
def type_of(text: str) -> DocumentType | None:
    """Return what a word or code of an ERP means; None when it is not known."""
    flat = text.upper().replace("É", "E").replace("È", "E").replace("À", "A")
    code = "".join(c for c in flat if c.isalnum())
    return _TYPES.get(code) or (_TYPES.get(code[:2]) if code[2:].isdigit() else None)


def _type(reader: Reader) -> DocumentType | None:
    text = reader.text("type")
    if not text:
        return None
    kind = type_of(text)
    if kind is None:
        reason = _("This type of document is not known; it was read as another entry.")
        reader.warn(
            "type", "unknown_type", reason, _("Known: FA invoice, AV credit note, RG payment, EF bill, OD other.")
        )
    return kind or DocumentType.OTHER


def _debit_credit(reader: Reader) -> tuple[Decimal, str | None, bool] | None:
    errors = len(reader.issues.errors)
    debit, credit = reader.amount("debit"), reader.amount("credit")
    if len(reader.issues.errors) > errors:
        return None
    if debit.value is None and credit.value is None:
        reader.error("debit", "no_amount", _("Neither debit nor credit is filled in."), _("Fill in one of them."))
        return None
    return (debit.value or Decimal(0)) - (credit.value or Decimal(0)), debit.currency or credit.currency, True


def _single(reader: Reader) -> tuple[Decimal, str | None, bool] | None:
    errors = len(reader.issues.errors)
    amount = reader.amount("amount")
    if amount.value is None:
        if len(reader.issues.errors) == errors:
            reader.error("amount", "no_amount", _("The amount is empty."), _("Fill it in, or remove the line."))
        return None
    side = reader.text("side")
    side = side and side.upper().replace("É", "E").strip(" .")
    if not side:
        return amount.value, amount.currency, False
    sign = _SIDES.get(side)
    if sign is None:
        reader.error("side", "unknown_side", _("This side is not known."), _("Write D for debit or C for credit."))
        return None
    return sign * amount.value, amount.currency, True


def _checked(reader: Reader, kind: DocumentType | None, amount: Decimal) -> DocumentType:
    """Return the type, told by the sign when the file has none; a warning when the two contradict each other."""
    if kind is None:
        return DocumentType.INVOICE if amount >= 0 else DocumentType.PAYMENT
    if (kind in CREDITS and amount > 0) or (kind is DocumentType.INVOICE and amount < 0):
        reason = _("The type and the side contradict each other; the side was followed.")
        reader.warn("type", "type_and_side", reason, _("Check the document in the ERP."))
    return kind


def _unsided(reader: Reader, kind: DocumentType | None, stated: Decimal, currency: str | None) -> Signed:
    """Sign an amount that has no side: its own sign, unless the type says that it is a credit."""
    if kind in CREDITS and stated > 0:
        reason = _("A credit note or a payment is a credit; %(amount)s was read as negative.") % {"amount": stated}
        reader.warn("amount", "credit_positive", reason, _("Nothing to do if it reduces what is owed."))
        return Signed(kind, -stated, stated, currency)
    if kind is None:
        kind = DocumentType.INVOICE if stated >= 0 else DocumentType.PAYMENT
    elif kind is DocumentType.INVOICE and stated < 0:
        reason = _("This invoice is negative; it was kept as a credit.")
        reader.warn("amount", "invoice_negative", reason, _("If it is a credit note, give it the type AV."))
    return Signed(kind, stated, stated, currency)


def grand_total(totals: Sequence[Entry]) -> Entry | None:
    """Return the total of the whole file; several plain totals are subtotals."""
    general = [entry for entry in totals if any("RAL" in cell.upper() for cell in entry.cells if cell)]
    if general:
        return general[-1]
    return totals[0] if len(totals) == 1 else None


def _control(reader: Reader, entry: Entry) -> Decimal | None:
    """Return the amount of a total line in the file's own signs; None when it has no figure in that column."""
    figures = {field: figure(reader, entry, field) for field in ("amount", "debit", "credit")}
    if not is_sided(reader):
        return figures["amount"]
    if figures["debit"] is None and figures["credit"] is None:
        return None
    return (figures["debit"] or Decimal(0)) - (figures["credit"] or Decimal(0))


def figure(reader: Reader, entry: Entry, field: str) -> Decimal | None:
    position = reader.layout.index.get(field)
    if position is None or position >= len(entry.cells):
        return None
    try:
        return parse_amount(entry.cells[position], reader.source.numbers).value
    except BadAmount:
        return None

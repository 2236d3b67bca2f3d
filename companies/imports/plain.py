"""Lines of open items written as most are, of which nothing is to be said: read at once, cell by cell otherwise."""

from datetime import date
from decimal import Decimal
from operator import itemgetter

from companies.choices import DocumentType
from companies.imports.amounts import plain_amount
from companies.imports.cells import Reader
from companies.imports.item_rows import OpenItemRow
from companies.imports.signs import CREDITS, type_of

_NEEDED = frozenset({"account", "document", "document_date", "due_date", "amount"})
_SPECIAL = frozenset({"side", "debit", "credit", "disputed", "settles"})
_FIELDS = ("account", "document", "type", "document_date", "due_date", "amount", "currency", "name", "matching")


class Plain:
    """Gives the row of a line that needs no closer look; it decides nothing that the long way would decide otherwise.

    A date counts once the long way has read it and had nothing to say.
    """

    def __init__(self, reader: Reader, *, closed_on: date | None, latest_due: date, usable: bool = True) -> None:
        index, self._width = reader.layout.index, len(reader.table.headers)
        self._usable = usable and index.keys() >= _NEEDED and not _SPECIAL & index.keys()
        self._cells = itemgetter(*(index.get(field, self._width) for field in _FIELDS))
        self._reader, self._days = reader, reader.days
        self._closed_on, self._latest_due = closed_on or date.max, latest_due
        self._currency = reader.source.currency or "EUR"

    def __call__(self) -> OpenItemRow | None:
        """Return the current line as a row; None when it is to be read the long way."""
        cells = self._reader.cells
        if not self._usable or len(cells) != self._width:
            return None
        code, document, word, written, falls, text, currency, name, letter = self._cells((*cells, ""))
        dated, due = self._days.get(written), self._days.get(falls)
        if letter or dated is None or due is None or not dated <= due <= self._latest_due or dated > self._closed_on:
            return None
        amount = plain_amount(text, self._reader.source.numbers)
        kind = _kind(word, amount.value) if amount is not None and amount.value else None
        if kind is None or amount is None or not amount.value or currency not in {"", "EUR"}:
            return None
        if not (0 < len(code) <= 30 and 0 < len(document) <= 60) or code[0] == "#" or _is_odd(document):
            return None
        return OpenItemRow(
            self._reader.line, code, name, document, kind, dated, due, amount.value, currency or self._currency
        )


def _is_odd(document: str) -> bool:
    return document[0] == "#" or "," in document


def _kind(word: str, amount: Decimal) -> DocumentType | None:
    """Return the type; None when it is not known or its sign is unusual."""
    if not word:
        return DocumentType.INVOICE if amount > 0 else DocumentType.PAYMENT
    kind = type_of(word)
    is_odd = kind in CREDITS if amount > 0 else kind is DocumentType.INVOICE
    return None if is_odd else kind

"""Open items of one file on disk while they are compared and written: a million of them never stand in memory at once.

The store is a database of SQLite without a name, which SQLite keeps in a temporary file of its own and removes; or the
file where an upload kept it for the worker, which nobody writes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from companies.choices import DocumentType

_BUFFER = 1000
_CENTS = 100
_KINDS = {kind: kind.value for kind in DocumentType}


class OpenItemRow(NamedTuple):
    """One unpaid document, or one instalment of it.

    `amount` is in the direction of the account: positive is the debt itself (the client's to us, ours to the
    supplier), negative a credit against it. In a file with debit and credit, a client's debit is positive and a
    supplier's credit is. `installment` numbers from 1 the lines of one account, document and date by their due date;
    `due_estimated` says that the due date comes from the account's terms;
    `settles` is the invoice that a credit belongs to.
    """

    line: int
    account: str
    name: str
    document: str
    type: DocumentType
    document_date: date
    due_date: date | None
    amount: Decimal
    currency: str
    installment: int = 1
    due_estimated: bool = False
    disputed: bool = False
    settles: str = ""


class Repeat(NamedTuple):
    """A line that says exactly what an earlier one says."""

    line: int
    document: str
    first: int


_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE item (
    line INTEGER PRIMARY KEY, account, name, document, type, document_date, due_date, cents INTEGER, currency,
    installment INTEGER, due_estimated INTEGER, disputed INTEGER, settles
);
"""
_BOUNDED = "PRAGMA temp_store = FILE; PRAGMA cache_size = -4000; PRAGMA temp.cache_size = -4000;"
_COLUMNS = (
    "line, account, name, document, type, document_date, due_date, cents, currency, installment, due_estimated,"
    " disputed, settles"
)
_PUT = "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SAME = """
CREATE INDEX IF NOT EXISTS item_named ON item (account, document, document_date);
CREATE TEMP TABLE same AS
SELECT account, document, document_date FROM item GROUP BY account, document, document_date HAVING count(*) > 1;
CREATE TEMP TABLE numbered AS
SELECT line, item.document, row_number() OVER (
    PARTITION BY account, document, document_date ORDER BY coalesce(due_date, '9999-12-31'), line
) AS number, min(line) OVER (PARTITION BY account, document, document_date, due_date, cents) AS first
FROM same CROSS JOIN item USING (account, document, document_date);
UPDATE item SET installment = numbered.number FROM numbered WHERE numbered.line = item.line;
"""


class ItemRows:
    """Takes rows in the order of the file, and gives them in that order; amounts are kept as whole cents."""

    def __init__(self, path: Path | None = None) -> None:
        """Make an empty store, or open the one that was kept at `path`. Raises sqlite3.Error for a damaged one."""
        self.store = sqlite3.connect(f"{path.as_uri()}?mode=ro" if path else "", uri=bool(path), isolation_level=None)
        self.store.executescript(_BOUNDED if path else _BOUNDED + _SCHEMA)
        self._buffer: list[tuple[Any, ...]] = []
        self._count: int = self.store.execute("SELECT count(*) FROM item").fetchone()[0] if path else 0

    def append(self, row: OpenItemRow, /) -> None:
        """Take one more row."""
        line, account, name, document, kind, dated, due, amount, *others = row
        cents, falls = int(amount * _CENTS), due and due.isoformat()
        self._buffer.append((line, account, name, document, _KINDS[kind], dated.isoformat(), falls, cents, *others))
        self._count += 1
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[OpenItemRow]:
        self._flush()
        return map(item_row, self.store.execute(f"SELECT {_COLUMNS} FROM item ORDER BY line"))  # noqa: S608  # our own names

    def number(self) -> Iterator[Repeat]:
        """Number the rows of one account, document and date by due date, so that their order in the file is no matter.

        Yields the lines that say the same as an earlier one, once all rows are taken.
        """
        self._flush()
        self.store.executescript(_SAME)
        found = "SELECT line, document, first FROM numbered WHERE line <> first ORDER BY line"
        return map(Repeat._make, self.store.execute(found))

    def save(self, path: Path, fingerprint: str) -> None:
        """Keep the rows beside the upload, so that the worker need not read the file again."""
        self._flush()
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        half.unlink(missing_ok=True)
        with closing(sqlite3.connect(half)) as kept:
            self.store.backup(kept)
            kept.execute("CREATE TABLE source (fingerprint TEXT)")
            kept.execute("INSERT INTO source VALUES (?)", [fingerprint])
            kept.commit()
        half.replace(path)

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> "ItemRows | None":
        """Return kept rows; None when there are none of this very file, read in this way, or they are damaged."""
        with suppress(sqlite3.Error):
            kept = cls(path.absolute())
            if kept.store.execute("SELECT fingerprint FROM source").fetchone() == (fingerprint,):
                return kept
        return None

    def _flush(self) -> None:
        if self._buffer:
            self.store.execute("BEGIN")
            self.store.executemany(_PUT, self._buffer)
            self.store.execute("COMMIT")
            self._buffer.clear()


def item_row(found: tuple[Any, ...]) -> OpenItemRow:
    """Return a row as it was taken, from the columns of the store."""
    line, account, name, document, kind, dated, due, cents, currency, installment, estimated, disputed, settles = found
    first = (line, account, name, document, DocumentType(kind), _day(dated), _day(due) if due else None)
    return OpenItemRow(*first, money(cents), currency, installment, bool(estimated), bool(disputed), settles)


def money(cents: int) -> Decimal:
    """Return whole cents as an amount."""
    return Decimal(cents).scaleb(-2)


@lru_cache(maxsize=20_000)
def _day(text: str) -> date:
    """Many rows share a day: one object for all of them."""
    return date.fromisoformat(text)

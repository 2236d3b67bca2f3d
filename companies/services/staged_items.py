"""The open items of one file beside those that are stored, joined on disk: neither side ever stands in memory."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from sqlite3 import Connection
from typing import Any, NamedTuple

from companies.imports.item_rows import ItemRows, OpenItemRow, item_row, money
from companies.models import Account, OpenItem
from companies.services.planning import chunks

_SCHEMA = """
DROP TABLE IF EXISTS temp.holder; DROP TABLE IF EXISTS temp.stored; DROP TABLE IF EXISTS temp.named;
DROP TABLE IF EXISTS temp.pair; DROP TABLE IF EXISTS temp.gone;
CREATE TEMP TABLE holder (code TEXT PRIMARY KEY, account INTEGER, company INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE stored (
    pk INTEGER PRIMARY KEY, account INTEGER, batch INTEGER, document, document_date, installment INTEGER, type,
    due_date, due_estimated INTEGER, cents INTEGER, currency, disputed INTEGER, settles
);
CREATE TEMP TABLE named (account TEXT, document TEXT);
"""
_PAIRS = """
CREATE INDEX temp.stored_key ON stored (account, document, document_date, installment);
CREATE TEMP TABLE pair (line INTEGER PRIMARY KEY, account INTEGER, company INTEGER, stored INTEGER, differs INTEGER);
INSERT INTO pair SELECT
    item.line, holder.account, holder.company, stored.pk, stored.pk IS NOT NULL AND (
        item.cents <> stored.cents OR item.type <> stored.type OR item.due_date IS NOT stored.due_date
        OR item.currency <> stored.currency OR item.due_estimated <> stored.due_estimated
        OR item.disputed <> stored.disputed OR item.settles <> stored.settles
    )
FROM item CROSS JOIN holder ON holder.code = item.account LEFT JOIN stored ON stored.account = holder.account
    AND stored.document = item.document AND stored.document_date = item.document_date
    AND stored.installment = item.installment
ORDER BY item.line;
CREATE TEMP TABLE gone (pk INTEGER PRIMARY KEY, account INTEGER, company INTEGER);
"""
_GONE = """
INSERT INTO gone SELECT stored.pk, stored.account, holder.company
FROM stored JOIN (SELECT account, company FROM holder) AS holder ON holder.account = stored.account
WHERE stored.pk NOT IN (SELECT stored FROM pair WHERE stored IS NOT NULL) AND NOT EXISTS (
    SELECT 1 FROM named JOIN holder AS mine ON mine.code = named.account
    WHERE mine.account = stored.account AND named.document = stored.document
);
"""
_NEW = """
SELECT
    pair.account, document, document_date, installment, type, due_date, cents || 'e-2', currency, due_estimated,
    disputed, settles
FROM pair CROSS JOIN item ON item.line = pair.line WHERE stored IS NULL ORDER BY pair.line
"""
_CHANGED = """
SELECT item.*, stored.* FROM pair CROSS JOIN item ON item.line = pair.line CROSS JOIN stored ON stored.pk = pair.stored
WHERE differs ORDER BY pair.line
"""
_SUMS = "SELECT count(*), total(cents / 1000000000), total(cents % 1000000000), min(document_date)"
_ALL = "item"
_KNOWN = "item WHERE line IN (SELECT line FROM pair)"
_BEFORE = """
stored WHERE pk IN (SELECT stored FROM pair WHERE stored IS NOT NULL) OR pk IN (SELECT pk FROM gone)
"""
_NAMED = "SELECT count(*) FROM holder WHERE EXISTS (SELECT 1 FROM item WHERE item.account = holder.code)"
_TOUCHED = "SELECT company FROM pair WHERE stored IS NULL OR differs UNION SELECT company FROM gone ORDER BY company"

New = tuple[int, str, str, int, str, str | None, str, str, int, int, str]
"""Account, document, its date, installment, type, due date, amount, currency, whether the due date is estimated,
whether the debt is contested, and the invoice that a credit settles."""


class Facts(NamedTuple):
    """A stored open item, as much of it as a file can change."""

    pk: int
    account_id: int
    batch_id: int
    document: str
    document_date: date
    installment: int
    type: str
    due_date: date | None
    due_estimated: bool
    amount: Decimal
    currency: str
    disputed: bool
    settles: str


class Sums(NamedTuple):
    """What a side of the comparison holds: items, accounts, their balance and the oldest date of a document."""

    items: int
    accounts: int
    balance: Decimal
    oldest: date | None


class Numbers(NamedTuple):
    """Rows of the file by what is stored of them, and stored items that the file no longer has."""

    new: int
    changed: int
    same: int
    gone: int


class Beside:
    """Compares once, when it is made; two queries whatever the number of rows.

    `left_out` are account and document of rows in error, which a complete file still names: they are not gone.
    """

    def __init__(
        self, rows: ItemRows, *, ledger: str, is_stock: bool, left_out: Iterable[tuple[str, ...]] = ()
    ) -> None:
        self._store: Connection = rows.store
        self._store.executescript(_SCHEMA)
        self._put("holder", 3, Account.objects.filter(ledger=ledger).values_list("code", "pk", "company_id").iterator())
        self._put("stored", 13, _stored(ledger))
        self._put("named", 2, left_out)
        self._store.executescript(_PAIRS + (_GONE if is_stock else ""))

    def numbers(self) -> Numbers:
        """Count what applying the file does."""
        sql = "SELECT count(*), count(stored), total(differs), (SELECT count(*) FROM gone) FROM pair"
        rows, known, changed, gone = map(int, self._one(sql))
        return Numbers(rows - known, changed, known - changed, gone)

    def unknown(self) -> Iterator[tuple[int, str]]:
        """Yield line and code of the rows whose account is not known."""
        sql = "SELECT line, account FROM item WHERE line NOT IN (SELECT line FROM pair) ORDER BY line"
        return self._store.execute(sql) if self._has_unknown() else iter(())

    def now(self) -> Sums:
        """Sum the rows of the file whose account is known."""
        return self._sums(_KNOWN if self._has_unknown() else _ALL, _NAMED)

    def before(self) -> Sums:
        """Sum the stored items that the file has or closes."""
        return self._sums(_BEFORE, f"SELECT count(DISTINCT account) FROM {_BEFORE}")  # noqa: S608  # our own names

    def new(self) -> Iterator[list[New]]:
        """Yield the rows that nothing is stored of, many at a time, as columns are written."""
        return chunks(self._store.execute(_NEW))

    def changed(self) -> Iterator[list[tuple[OpenItemRow, Facts]]]:
        """Yield the rows that say something else than what is stored, many at a time."""
        return chunks((item_row(found[:13]), _facts(found[13:])) for found in self._store.execute(_CHANGED))

    def gone(self) -> Iterator[list[int]]:
        """Yield the keys of the stored items that the file no longer has, many at a time."""
        return chunks(pk for (pk,) in self._store.execute("SELECT pk FROM gone ORDER BY pk"))

    def companies(self) -> list[int]:
        """Return the companies of which anything is new, changed or gone."""
        return [company for (company,) in self._store.execute(_TOUCHED)]

    def _has_unknown(self) -> bool:
        return bool(self._one("SELECT (SELECT count(*) FROM item) > (SELECT count(*) FROM pair)")[0])

    def _put(self, table: str, width: int, rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * width)
        self._store.execute("BEGIN")
        self._store.executemany(f"INSERT INTO temp.{table} VALUES ({marks})", rows)  # noqa: S608  # our own names
        self._store.execute("COMMIT")

    def _one(self, sql: str) -> Any:
        return self._store.execute(sql).fetchone()

    def _sums(self, rows: str, accounts: str) -> Sums:
        """Add whole billions of cents and what is left of them apart: neither can be too large to be exact."""
        items, billions, rest, oldest = self._one(f"{_SUMS} FROM {rows}")
        balance = money(int(billions) * 10**9 + int(rest))
        return Sums(items, self._one(accounts)[0], balance, date.fromisoformat(oldest) if oldest else None)


def _stored(ledger: str) -> Iterator[tuple[Any, ...]]:
    found = OpenItem.objects.open().filter(account__ledger=ledger).order_by().values_list(*Facts._fields)
    for *first, dated, installment, kind, due, estimated, amount, currency, disputed, settles in found.iterator():
        marks = (currency, disputed, settles)
        shown = due and due.isoformat()
        yield (*first, dated.isoformat(), installment, kind, shown, estimated, int(amount * 100), *marks)


def _facts(found: tuple[Any, ...]) -> Facts:
    stored = Facts._make(found)
    dated, due = str(found[4]), found[7]
    return stored._replace(
        document_date=date.fromisoformat(dated),
        due_date=date.fromisoformat(due) if due else None,
        due_estimated=bool(stored.due_estimated),
        disputed=bool(stored.disputed),
        amount=money(found[9]),
    )

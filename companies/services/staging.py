"""Partners of one file on disk while they are compared and written: 100 000 rows never stand in memory at once.

The store is a database of SQLite without a name, which SQLite keeps in a temporary file of its own and removes.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from companies.choices import Role
from companies.imports.rows import PartnerRow

_BUFFER = 1000
_ENTITIES = 4000
_COLUMNS = ", ".join(PartnerRow._fields)
_SCHEMA = f"""
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; PRAGMA cache_size = -4000;
CREATE TABLE partner (
    {_COLUMNS.replace("line", "line INTEGER PRIMARY KEY", 1)}
);
CREATE TABLE place (entity INTEGER, line INTEGER, PRIMARY KEY (entity, line)) WITHOUT ROWID;
CREATE TABLE entity (first INTEGER PRIMARY KEY, company INTEGER NOT NULL);
CREATE TABLE moving (entity INTEGER PRIMARY KEY);
"""
_INDEXES = """
DELETE FROM place; DELETE FROM entity; DELETE FROM moving;
CREATE INDEX IF NOT EXISTS partner_code ON partner (code);
CREATE INDEX IF NOT EXISTS partner_vat ON partner (vat_number) WHERE vat_number <> '';
"""
_NUMBERED = """
INSERT INTO place SELECT min(line) OVER (PARTITION BY country, registration_number) AS entity, line
FROM partner WHERE registration_number <> '' ORDER BY entity, line
"""
_BY_ENTITY = """
SELECT place.entity, place.line, code, country, registration_number, vat_number
FROM place CROSS JOIN partner ON partner.line = place.line ORDER BY place.entity, place.line
"""
_FULL = f"""
SELECT place.entity, entity.company, {", ".join(f"partner.{name}" for name in PartnerRow._fields)}
FROM place CROSS JOIN partner ON partner.line = place.line LEFT JOIN entity ON entity.first = place.entity
{{where}} ORDER BY place.entity, place.line
"""  # noqa: S608  # our own names
_STORED = "WHERE entity.company IS NOT NULL OR place.entity IN (SELECT entity FROM moving)"
_OF_VAT = """
SELECT partner.vat_number, place.entity, min(partner.line)
FROM partner CROSS JOIN place ON place.line = partner.line
WHERE partner.vat_number <> '' AND partner.vat_number IN (SELECT value FROM json_each(?)) GROUP BY partner.vat_number
"""  # beside min(), SQLite gives the other columns of the row that has it


class Key(NamedTuple):
    """What tells which company a row is."""

    line: int
    code: str
    country: str
    registration_number: str
    vat_number: str


Group = tuple[int, int | None, list[PartnerRow]]
"""An entity (the line of its first row), the company that it is, and its rows."""


class Staging:
    """Takes rows in the order of the file, gives them in that order, or by the entity that they were put into."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.executescript(_SCHEMA)
        self._buffer: list[tuple[Any, ...]] = []
        self._count = 0

    def append(self, row: PartnerRow, /) -> None:
        """Take one more row."""
        limit = row.erp_limit
        self._buffer.append((*row[:3], row.role.value, *row[4:12], None if limit is None else str(limit), *row[13:]))
        self._count += 1
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[PartnerRow]:
        return map(_row, self._rows(f"SELECT {_COLUMNS} FROM partner ORDER BY line"))  # noqa: S608  # our own names

    def save(self, path: Path, fingerprint: str) -> None:
        """Keep the rows beside the upload, so that the worker need not read the file again."""
        self._flush()
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        half.unlink(missing_ok=True)
        with closing(sqlite3.connect(half)) as kept:
            self._store.backup(kept)
            kept.execute("CREATE TABLE source (fingerprint TEXT)")
            kept.execute("INSERT INTO source VALUES (?)", [fingerprint])
            kept.commit()
        half.replace(path)

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> "Staging | None":
        """Return kept rows, in a store of their own; None when there are none of this very file, read in this way."""
        if not path.exists():
            return None
        staging = cls()
        try:
            with closing(sqlite3.connect(path)) as kept:
                kept.backup(staging._store)
            found = staging._store.execute("SELECT fingerprint FROM source").fetchone()
            staging._count = staging._store.execute("SELECT count(*) FROM partner").fetchone()[0]
        except sqlite3.DatabaseError:
            return None  # cut short or damaged: the file itself is there to be read again
        return staging if found == (fingerprint,) else None

    def head(self, count: int) -> list[PartnerRow]:
        """Return the first rows."""
        return list(islice(self, count))

    def place_numbered(self) -> None:
        """Put the rows that share country and registration number into one entity each; forgets earlier places."""
        self._flush()
        self._store.executescript(_INDEXES)
        self._store.execute(_NUMBERED)

    def placed(self) -> Iterator[tuple[int, list[Key]]]:
        """Yield every entity so far with the keys of its rows."""
        for entity, rows in groupby(self._rows(_BY_ENTITY), itemgetter(0)):
            yield entity, [Key(*row[1:]) for row in rows]

    def unnumbered(self) -> Iterator[Key]:
        """Yield the rows without a registration number."""
        names = ", ".join(Key._fields)
        sql = f"SELECT {names} FROM partner WHERE registration_number = '' ORDER BY line"  # noqa: S608  # our own names
        return map(Key._make, self._rows(sql))

    def place(self, places: Iterable[tuple[int, int]]) -> None:
        """Put rows into entities: pairs of an entity and a line."""
        self._run_many("INSERT INTO place VALUES (?, ?)", places)

    def settle(self, companies: Iterable[tuple[int, int]]) -> None:
        """Say which stored company an entity is: pairs of an entity and a key."""
        self._run_many("INSERT INTO entity VALUES (?, ?)", companies)

    def entities_of(self, companies: Iterable[int]) -> dict[int, int]:
        """Return the entity that each of these companies is, where there is one."""
        sql = "SELECT company, first FROM entity WHERE company IN (SELECT value FROM json_each(?))"
        self._store.execute("CREATE INDEX IF NOT EXISTS entity_company ON entity (company)")
        return dict(self._rows(sql, json.dumps(list(companies))))

    def entities_with(self, vats: Iterable[str]) -> dict[str, int]:
        """Return the entity of the first placed row with each of these VAT numbers."""
        self._store.execute("CREATE INDEX IF NOT EXISTS place_line ON place (line)")
        found = self._rows(_OF_VAT, json.dumps(list(vats)))
        return {vat: entity for vat, entity, _line in found}

    def remember(self, entities: Iterable[int]) -> None:
        """Note entities of which something is stored though they are no stored company: an account that moves."""
        self._run_many("INSERT OR IGNORE INTO moving VALUES (?)", ((entity,) for entity in entities))

    def groups(self, *, only_stored: bool = False) -> Iterator[list[Group]]:
        """Yield the entities with their rows, many at a time: all, or those of which something is stored."""
        sql = _FULL.format(where=_STORED if only_stored else "")
        found = ((entity, list(rows)) for entity, rows in groupby(self._rows(sql), itemgetter(0)))
        while chunk := list(islice(found, _ENTITIES)):
            yield [(entity, rows[0][1], [_row(row[2:]) for row in rows]) for entity, rows in chunk]

    def payers(self) -> Iterator[tuple[int, str]]:
        """Yield the line and the payer of the rows that name one."""
        return self._rows("SELECT line, payer FROM partner WHERE payer <> '' ORDER BY line")

    def roles(self) -> set[Role]:
        """Return the roles that occur."""
        return {Role(role) for (role,) in self._rows("SELECT DISTINCT role FROM partner")}

    def with_codes(self, codes: Iterable[str]) -> set[str]:
        """Return those of these account codes that the file has."""
        sql = "SELECT code FROM partner WHERE code IN (SELECT value FROM json_each(?))"
        return {code for (code,) in self._rows(sql, json.dumps(list(codes)))}

    def _rows(self, sql: str, *parameters: str) -> Iterator[Any]:
        self._flush()
        return self._store.execute(sql, parameters)

    def _run_many(self, sql: str, rows: Iterable[tuple[int, ...]]) -> None:
        self._store.execute("BEGIN")
        self._store.executemany(sql, rows)
        self._store.execute("COMMIT")

    def _flush(self) -> None:
        if self._buffer:
            marks = ", ".join("?" * len(PartnerRow._fields))
            self._store.execute("BEGIN")
            self._store.executemany(f"INSERT INTO partner VALUES ({marks})", self._buffer)  # noqa: S608  # question marks
            self._store.execute("COMMIT")
            self._buffer.clear()


def _row(found: tuple[Any, ...]) -> PartnerRow:
    limit = None if found[12] is None else Decimal(found[12])
    return PartnerRow._make((*found[:3], Role(found[3]), *found[4:12], limit, *found[13:]))

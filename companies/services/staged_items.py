"""Open items of an uploaded file, kept beside it for the worker: lines of JSON, a thousand rows each."""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import Any

from companies.choices import DocumentType
from companies.imports.rows import OpenItemRow
from companies.services.planning import chunks


def save(path: Path, rows: Iterable[OpenItemRow], fingerprint: str) -> None:
    """Write the rows whole, or nothing that would be found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    with half.open("w", encoding="utf-8") as kept:
        kept.write(json.dumps(fingerprint) + "\n")
        for chunk in chunks(rows):
            kept.write(json.dumps([_values(row) for row in chunk], separators=(",", ":")) + "\n")
        kept.write("null\n")
    half.replace(path)


def load(path: Path, fingerprint: str) -> list[OpenItemRow] | None:
    """Return kept rows; None when there are none of this very file, read in this way, or they are damaged."""
    found: list[OpenItemRow] = []
    with suppress(OSError, ValueError, TypeError), path.open(encoding="utf-8") as kept:
        if json.loads(next(kept, "null")) != fingerprint:
            return None
        for line in kept:
            chunk = json.loads(line)
            if chunk is None:
                return found
            found.extend(map(_row, chunk))
    return None


def _values(row: OpenItemRow) -> list[Any]:
    due = row.due_date.isoformat() if row.due_date else None
    first = [row.line, row.account, row.name, row.document, row.type.value, row.document_date.isoformat(), due]
    marks = [row.due_estimated, row.disputed, row.settles]
    return [*first, str(row.amount), row.currency, row.installment, *marks]


@lru_cache(maxsize=20_000)
def _day(text: str) -> date:
    """Many rows share a day: one object for all of them."""
    return date.fromisoformat(text)


def _row(values: list[Any]) -> OpenItemRow:
    line, account, name, document, kind, dated, due, amount, currency, installment, *marks = values
    return OpenItemRow(
        line,
        intern(account),
        name,
        document,
        DocumentType(kind),
        _day(dated),
        _day(due) if due else None,
        Decimal(amount),
        intern(currency),
        installment,
        *marks,
    )

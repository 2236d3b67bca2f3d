"""Many rows at once: keys made beforehand, inserts and updates without a model for each row.

Only names of our own tables and columns are put into statements.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, Model

from companies.choices import ChangeCause
from companies.models import Change

Row = tuple[Any, ...]


def new_keys(model: type[Model], count: int) -> list[int]:
    """Return keys that no other row will get. On SQLite the transaction must hold the only right to write."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
        return list(range(last + 1, last + count + 1))


def insert(model: type[Model], names: Sequence[str], rows: Iterable[Row], *, now: datetime) -> None:
    """Insert rows given in the order of `names` (columns); the other columns get the defaults of their fields."""
    others = [field for field in model._meta.concrete_fields if field.column not in names and not field.primary_key]
    given = {field.column: _default(field, now) for field in others}
    constants = tuple(value for value in given.values() if value is not None)
    columns: list[str] = [*names, *(str(column) for column, value in given.items() if value is not None)]
    quote = connection.ops.quote_name
    table, listed = quote(model._meta.db_table), ", ".join(map(quote, columns))
    marks = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {table} ({listed}) VALUES ({marks})"  # noqa: S608  # our own names
    filled = [row + constants for row in rows] if constants else list(rows)
    if filled:
        with connection.cursor() as cursor:
            cursor.executemany(sql, filled)


def update(model: type[Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Set columns of rows by their key, which is the last value of each row."""
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(name)} = %s" for name in names)
    sql = f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE id = %s"  # noqa: S608  # our own names
    given = list(rows)
    if given:
        with connection.cursor() as cursor:
            cursor.executemany(sql, given)


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Look for cycles of objects rarely: a file's rows have none, and looking at them again and again takes as long
    as writing them.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def mark(companies: Iterable[int], note: str, *, now: datetime) -> None:
    """Say that an import changed facts of these companies, in one statement."""
    keys, table = list(companies), connection.ops.quote_name(Change._meta.db_table)
    if not keys:
        return
    one = connection.vendor == "postgresql"
    source = "SELECT unnest(%s::bigint[])" if one else "SELECT value FROM json_each(%s)"
    into = f"INSERT INTO {table} (company_id, cause, note, at)"
    sql = f"{into} SELECT keys.*, %s, %s, %s FROM ({source}) AS keys"  # noqa: S608  # our own names
    with connection.cursor() as cursor:
        given = [ChangeCause.IMPORT.value, note[:255], moment(now), keys if one else json.dumps(keys)]
        cursor.execute(sql, given)


def moment(value: datetime) -> Any:
    """Return a moment as a parameter of a statement that does not go through a model."""
    return connection.ops.adapt_datetimefield_value(value)


def _default(field: "Field[Any, Any]", now: datetime) -> Any:
    if isinstance(field, DateTimeField) and (field.auto_now or field.auto_now_add):
        return moment(now)
    return field.get_db_prep_save(field.get_default(), connection)

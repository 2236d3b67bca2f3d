"""The history of rows that were written in bulk, which sends no signal."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.db import connection

from companies.models import Account, Company, ImportBatch, Supply

CREATED: Literal["+"] = "+"
CHANGED: Literal["~"] = "~"
DELETED: Literal["-"] = "-"


def remember(
    model: type[Company] | type[Account] | type[Supply],
    pks: Sequence[int],
    kind: Literal["+", "~", "-"],
    *,
    batch: ImportBatch,
    at: datetime,
    user_id: int | None = None,
) -> None:
    """Copy rows as they now are into their history, in one statement: a version each, with the file, who and when.

    `user_id` is who undoes the file, where it is not who imported it.
    """
    if not pks:
        return
    past, quote = model.history.model, connection.ops.quote_name
    kept = ", ".join(quote(field.column) for field in past.tracked_fields)
    table, source = quote(past._meta.db_table), quote(model._meta.db_table)
    one = connection.vendor == "postgresql"
    wanted = "id = ANY(%s)" if one else "id IN (SELECT value FROM json_each(%s))"
    # the only parts that aren't parameters are names of our own tables and columns
    sql = (
        f"INSERT INTO {table} ({kept}, history_type, history_change_reason, history_user_id, history_date) "  # noqa: S608  # our own names
        f"SELECT {kept}, %s, %s, %s, %s FROM {source} WHERE {wanted}"
    )
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at)
        keys = list(pks) if one else json.dumps(list(pks))
        cursor.execute(sql, [kind, batch.filename[:100], user_id or batch.created_by_id, moment, keys])

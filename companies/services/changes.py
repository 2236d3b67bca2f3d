"""When everything must be worked out again."""

from datetime import datetime

from django.db import connection

from companies.choices import ChangeCause
from companies.models import Change, Company


def mark_all(cause: ChangeCause, note: str, *, now: datetime) -> None:
    """Mark every company as changed, in one statement whatever their number."""
    marks, companies = map(connection.ops.quote_name, (Change._meta.db_table, Company._meta.db_table))
    # the only parts that aren't parameters are names of our own tables
    sql = f"INSERT INTO {marks} (company_id, cause, note, at) SELECT id, %s, %s, %s FROM {companies}"  # noqa: S608  # our own names
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(sql, [cause.value, note[:255], at])

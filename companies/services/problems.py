"""The problems of a file, as a file that opens beside it."""

import csv
from collections.abc import Iterator
from io import StringIO

from django.utils.translation import gettext as _

from companies.models import ImportBatch

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet would run a cell that starts so


def as_csv(batch: ImportBatch) -> Iterator[str]:
    """UTF-8 with its mark, in the delimiter of the file itself: a line for each stored error and warning."""
    out = StringIO()
    writer = csv.writer(out, delimiter=batch.delimiter or ";", lineterminator="\r\n")
    yield "\ufeff"
    for row in _rows(batch):
        writer.writerow(map(_inert, row))
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _rows(batch: ImportBatch) -> Iterator[list[str]]:
    kinds = {True: _("Error"), False: _("Warning")}
    yield [_("Kind"), _("Line"), _("Column"), _("Value"), _("Problem"), _("What to do")]
    for problem in batch.problems.iterator():
        line = str(problem.line) if problem.line else ""
        yield [kinds[problem.is_error], line, problem.column, problem.value, problem.reason, problem.fix]


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(RISKY) else text

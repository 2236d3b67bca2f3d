"""The problems of a file, as files that open beside it: a list, or the lines themselves to correct and send again."""

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

import xlsxwriter
from django.utils.translation import gettext as _

from companies.choices import FileFormat
from companies.imports.files import Table
from companies.models import ImportBatch, ImportProblem
from companies.services import reading

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet would run a cell that starts so


@dataclass(frozen=True, slots=True)
class Download:
    """A file to hand out: the end of its name, its type, its content."""

    suffix: str
    content_type: str
    content: bytes


def runs(lines: Iterable[int]) -> str:
    """Return increasing numbers as `2-5,9`, whose length depends on the gaps and not on the numbers."""
    found: list[list[int]] = []
    for line in lines:
        if found and found[-1][1] == line - 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def numbers(text: str) -> set[int]:
    """Return the numbers that `runs` wrote."""
    pairs = (part.partition("-") for part in text.split(",") if part)
    return {n for first, _dash, last in pairs for n in range(int(first), int(last or first) + 1)}


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


def in_error(batch: ImportBatch) -> Download:
    """The lines in error in the format of their file, with what is wrong and what to do beside each.

    A fixed-width file has no room beside: its lines come as they are. Raises FileProblem and OSError when the stored
    file can no longer be read.
    """
    storage, name = batch.file.storage, batch.file.name or ""
    table = reading.table_of(batch, lambda: storage.open(name, "rb"))
    wanted, told = numbers(batch.error_lines), _told(batch)
    if table.format == FileFormat.XLSX:
        return _workbook(table, wanted, told)
    lines = _fixed(table, wanted) if table.format == FileFormat.FIXED else _delimited(table, wanted, told)
    suffix = "." + batch.filename.rpartition(".")[2].lower() if "." in batch.filename else ".txt"
    return Download(suffix, "application/octet-stream", _encoded(lines, table.encoding, _line_end(batch)))


Told = dict[int, tuple[str, str]]


def _told(batch: ImportBatch) -> Told:
    """Return what is wrong with each line and what to do, as far as it was kept."""
    found: defaultdict[int, list[ImportProblem]] = defaultdict(list)
    for problem in batch.problems.filter(is_error=True, line__gt=0):
        found[problem.line].append(problem)
    return {
        line: (" / ".join(map(_named, some)), " / ".join({p.advice: None for p in some}))
        for line, some in found.items()
    }


def _named(problem: ImportProblem) -> str:
    return f"{problem.column_name}: {problem.problem}" if problem.column else problem.problem


def _delimited(table: Table, wanted: set[int], told: Told) -> Iterator[str]:
    raw = table.raw() if table.raw else iter(())
    for line, _cells, text in raw:
        if line == table.header_line:
            yield text + _appended(table.delimiter, _("Problem"), _("What to do"))
        elif line in wanted:
            yield text + _appended(table.delimiter, *told.get(line, ("", "")))


def _appended(mark: str, *values: str) -> str:
    out = StringIO()
    csv.writer(out, delimiter=mark, lineterminator="").writerow(["", *values])
    return out.getvalue()


def _fixed(table: Table, wanted: set[int]) -> Iterator[str]:
    raw = table.raw() if table.raw else iter(())
    return (text for line, _cells, text in raw if line in wanted or line <= table.header_line)


def _workbook(table: Table, wanted: set[int], told: Told) -> Download:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(table.sheet[:31] or None)
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, [*table.headers, _("Problem"), _("What to do")], bold)
    width, row = len(table.headers), 0
    for line, cells in table.lines():
        if line in wanted:
            row += 1
            padded = (cells + [""] * width)[:width]
            for column, cell in enumerate([*padded, *told.get(line, ("", ""))]):
                sheet.write_string(row, column, cell)
    book.close()
    return Download(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", out.getvalue())


def _encoded(lines: Iterable[str], encoding: str, end: str) -> bytes:
    """Return lines in the encoding of their file; what it cannot say in our own words becomes a question mark."""
    encoder = codecs.getincrementalencoder(encoding or "utf-8")(errors="replace")
    return b"".join(encoder.encode(line.replace("\n", end) + end) for line in lines)


def _line_end(batch: ImportBatch) -> str:
    with batch.file.storage.open(batch.file.name or "", "rb") as stored:
        head: bytes = stored.read(1 << 16)
    wide = head.replace(b"\x00", b"")
    if b"\r\n" in wide:
        return "\r\n"
    return "\n" if b"\n" in wide or b"\r" not in wide else "\r"


def _rows(batch: ImportBatch) -> Iterator[list[str]]:
    kinds = {True: _("Error"), False: _("Warning")}
    yield [_("Kind"), _("Line"), _("Column"), _("Value"), _("Problem"), _("What to do")]
    for problem in batch.problems.iterator():
        line = str(problem.line) if problem.line else ""
        yield [kinds[problem.is_error], line, problem.column_name, problem.value, problem.problem, problem.advice]


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(RISKY) else text

"""XLSX workbooks: refused before they are opened when they could hurt, then read sheet by sheet."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from html import unescape
from typing import Any

from django.utils.translation import gettext_lazy
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from companies.imports.outcome import FileProblem
from companies.texts import text as _

LARGEST_UNPACKED = 200 * 1024 * 1024
HIGHEST_RATIO = 100
MOST_PARTS = 500
MOST_CELLS = 30_000_000
"""Cells of the rectangle around all filled cells, which the reader keeps in memory."""

_CHUNK = 1 << 20
_OVERLAP = 256
_FAR_COLUMN = re.compile(rb'r="(?:G[S-Z]|[H-Z][A-Z]|[A-Z]{3,})\d+"')  # beyond GR, the 200th column
_TWO_LETTERS = re.compile(rb'r="[A-Z]{2}')
_FAR_ROW = re.compile(rb'r="[A-Z]{0,3}(\d{6,7})"')
_WIDE = ((52, re.compile(rb'r="(?:B[A-Z]|[C-Z][A-Z])\d')), (26, re.compile(rb'r="[A-Z]{2}\d')))


_ERROR_CELL = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,3})(\d{1,7})"[^>]*\bt="e"')
_SHEET = re.compile(r'<(?:\w+:)?sheet\b(?=[^>]*\bname="([^"]*)")(?=[^>]*\b\w+:id="([^"]*)")')
_TARGET = re.compile(r'<(?:\w+:)?Relationship\b(?=[^>]*\bId="([^"]*)")(?=[^>]*\bTarget="([^"]*)")')

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet: `lines()` gives its rows with their number in the sheet, cells as text.

    `errors` are the (line, column), from 1 and 0, of the cells that hold an error of Excel such as #N/A; the reader
    gives them as empty, and an empty amount means something else.
    """

    name: str
    source: CalamineSheet
    errors: frozenset[Place] = frozenset()

    @property
    def height(self) -> int:
        """How many lines there are, empty ones included."""
        return self.source.total_height

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells), empty lines included."""
        rows = enumerate(self.source.iter_rows(), 1)
        lines = ((line, [_AS_TEXT.get(type(cell), str)(cell) for cell in cells]) for line, cells in rows)
        return map(self._marked, lines) if self.errors else lines

    def _marked(self, found: tuple[int, list[str]]) -> tuple[int, list[str]]:
        line, cells = found
        left = self.source.start[1] if self.source.start else 0
        return line, ["#ERROR" if (line, left + n) in self.errors else cell for n, cell in enumerate(cells)]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The visible sheets of a workbook, and whether its dates count from 1904."""

    sheets: tuple[Sheet, ...]
    epoch_1904: bool


def is_zip(data: bytes) -> bool:
    """Say whether a file is a zip archive, as XLSX workbooks are."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def open_workbook(data: bytes) -> Workbook:
    """Return the visible sheets of an XLSX workbook. Raises FileProblem for any other archive, and for bombs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive)
            epoch_1904, errors = _check_parts(archive)
            parts = _parts(archive)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [meta.name for meta in book.sheets_metadata if meta.visible is SheetVisibleEnum.Visible]
        sheets = (Sheet(n, book.get_sheet_by_name(n), errors.get(parts.get(n, ""), frozenset())) for n in visible)
        return Workbook(tuple(sheets), epoch_1904)
    except (zipfile.BadZipFile, CalamineError, NotImplementedError, EOFError, OSError, KeyError) as exc:
        raise FileProblem(
            "damaged",
            _("The workbook is damaged: it cannot be opened."),
            _("Open it in Excel, save it under another name, and send that file."),
        ) from exc


def _check_directory(archive: zipfile.ZipFile) -> None:
    """Refuse by the archive's table of contents: kind of file, number of parts, announced size."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    _check_kind(names)
    unpacked, packed = sum(p.file_size for p in parts), sum(p.compress_size for p in parts)
    if len(parts) > MOST_PARTS or unpacked > LARGEST_UNPACKED or unpacked > HIGHEST_RATIO * max(packed, 10_000):
        raise _bomb()


def _check_kind(names: set[str]) -> None:
    if "xl/workbook.xml" not in names:
        other = next((kind for part, kind in _OTHER_KINDS if part in names), _("a zip archive"))
        raise FileProblem(
            "wrong_type",
            _("This is %(kind)s, not an Excel workbook (.xlsx).") % {"kind": other},
            _("Save the table as an Excel workbook (.xlsx) or as CSV, and send that file by itself."),
        )
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileProblem(
            "macros",
            _("The workbook holds macros, which are not accepted."),
            _("Save it as an Excel workbook without macros (.xlsx)."),
        )


_OTHER_KINDS = (
    ("word/document.xml", gettext_lazy("a Word document")),
    ("ppt/presentation.xml", gettext_lazy("a PowerPoint presentation")),
    ("xl/workbook.bin", gettext_lazy("a binary Excel workbook (.xlsb)")),
    ("mimetype", gettext_lazy("an OpenDocument file")),
)


def _bomb() -> FileProblem:
    return FileProblem(
        "too_large",
        _("The workbook is too large once unpacked, or unusually compressed."),
        _("Export the table alone as CSV, or in several files."),
    )


def _check_parts(archive: zipfile.ZipFile) -> tuple[bool, dict[str, frozenset[Place]]]:
    """Unpack each part once without keeping it, to verify what the directory announced.

    Returns whether dates count from 1904, and the error cells by part.
    """
    left = LARGEST_UNPACKED
    epoch_1904, errors = False, {}
    for part in archive.infolist():
        extent = _Extent()
        for chunk in _chunks(archive, part):
            left -= len(chunk)
            if left < 0:
                raise _bomb()
            if b"<!DOCTYPE" in chunk:
                raise FileProblem("damaged", _("The workbook holds a forbidden declaration."), _("Export it as CSV."))
            if part.filename.startswith("xl/worksheets/"):
                extent.see(chunk)
            epoch_1904 |= part.filename == "xl/workbook.xml" and bool(re.search(rb'date1904="(?:1|true)"', chunk))
        extent.check()
        errors[part.filename] = frozenset(extent.errors)
    return epoch_1904, errors


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Map the name of each sheet to the part that holds it."""
    names = _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace"))
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {link: target.removeprefix("/xl/") for link, target in _TARGET.findall(links)}
    return {unescape(name): f"xl/{targets.get(link, '')}" for name, link in names}


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part piece by piece, each beginning with the end of the one before, so that no pattern is cut."""
    with archive.open(part) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            yield tail + chunk
            tail = chunk[-_OVERLAP:]


class _Extent:
    """The rectangle of a sheet's cells, watched without parsing: one far cell would fill the memory with empty ones."""

    def __init__(self) -> None:
        self.columns, self.rows = 26, 100_000
        self.errors: set[Place] = set()

    def see(self, chunk: bytes) -> None:
        if _TWO_LETTERS.search(chunk):
            self._widen(chunk)
        if b't="e"' in chunk:
            self.errors |= {(int(line), _column(letters)) for letters, line in _ERROR_CELL.findall(chunk)}
        self.rows = max([self.rows, *(int(row) for row in _FAR_ROW.findall(chunk))])

    def _widen(self, chunk: bytes) -> None:
        if _FAR_COLUMN.search(chunk):
            raise FileProblem(
                "too_wide",
                _("The sheet has a cell beyond its 200th column."),
                _("Delete the columns to the right of the table, or copy the table to a new workbook."),
            )
        for limit, pattern in _WIDE:
            if self.columns < limit * 2 and pattern.search(chunk):
                self.columns = 200 if limit == 52 else 52
                break

    def check(self) -> None:
        if self.rows * self.columns > MOST_CELLS:
            raise FileProblem(
                "too_large",
                _("The sheet reaches down to line %(row)d: that is too large to be read.") % {"row": self.rows},
                _("Delete the empty lines below the table, or export it as CSV."),
            )


def _column(letters: bytes) -> int:
    """Return the number of a column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _number(value: float) -> str:
    """Return a number with the 15 digits that Excel keeps, and never in the ambiguous form 1.234."""
    text = repr(value)
    if len(text) > 15 or "e" in text or "n" in text:
        return _exact(value)
    if text.endswith(".0"):
        return text[:-2]
    return text + "0" if len(text.partition(".")[2]) == 3 else text


def _exact(value: float) -> str:
    exact = Decimal(format(value, ".15g"))
    whole = exact.to_integral_value()
    if exact == whole:
        return format(whole, "f")
    text = format(exact.normalize(), "f")
    return text + "0" if len(text.partition(".")[2]) == 3 else text


def _moment(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time() else value.isoformat(" ")


_AS_TEXT: dict[type, Callable[[Any], str]] = {
    str: str.strip,
    float: _number,
    int: _number,
    date: date.isoformat,
    datetime: _moment,
    time: time.isoformat,
    bool: lambda value: str(value).upper(),
}
"""How a cell becomes the text that a CSV export would hold, so that both formats are read by the same rules."""

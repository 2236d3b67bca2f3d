"""From an uploaded file to a table: its header, and its lines with their number in the file (domain 6.2, 6.5)."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from django.utils.translation import gettext as _

from companies.imports.columns import COLUMNS, recognised
from companies.imports.encodings import decode, is_mojibake, refuse_other_types, repaired
from companies.imports.outcome import FileProblem, RowError
from companies.imports.workbooks import is_zip, open_workbook

LARGEST_FILE = 100 * 1024 * 1024
MOST_ROWS = 2_000_000
MOST_COLUMNS = 200
HEADER_WITHIN = 30
DELIMITERS = ";\t|,"
_TALLEST_RECORD = 10

_TOTAL = re.compile(r"(?:sous[ -]?)?tota(?:l|ux)\b|(?:a )?report(?:er)?\b|cumul\b")
_TOTAL_LABEL = re.compile(
    r"(?P<grand>(?:total|totaux)(?: general| generaux| du portefeuille)?)"
    r"|sous[ -]?total.*|(?:total|cumul) (?:compte|client|fournisseur|tiers|page|du|de la)\b.*"
    r"|cumul|(?:a )?report(?:er)?"
)
_FIGURE = re.compile(r"[-+(]?\s*[\d\s.,'€]+\s*[-+)]?(?:\s*(?:EUR|CR|DB|C|D))?", re.IGNORECASE)

Line = tuple[int, list[str]]


class Skip(StrEnum):
    """Why a line is left out of the rows."""

    BLANK = "blank"
    RULE = "rule"
    TOTAL = "total"
    GRAND_TOTAL = "grand_total"
    REPEATED_HEADER = "repeated_header"
    MATCHED = "matched"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line under the header; `skip` says why it is no row of data."""

    line: int
    cells: list[str]
    skip: Skip | None


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header was found. Lines are read anew at each pass, so a large file is not kept twice.

    `titles` are the lines above the header, `notices` what the user should know about the file as a whole.
    """

    filename: str
    header_line: int
    headers: tuple[str, ...]
    titles: tuple[tuple[int, str], ...]
    lines: Callable[[], Iterator[Line]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    epoch_1904: bool = False
    notices: tuple[RowError, ...] = ()

    def entries(self) -> Iterator[Entry]:
        """Yield every line under the header. Raises FileProblem beyond the limits."""
        names = [header.casefold() for header in self.headers]
        count = 0
        for line, cells in self.lines():
            if line <= self.header_line:
                continue
            count += 1
            if count > MOST_ROWS:
                raise FileProblem(
                    "too_many_rows",
                    _("The file has more than %(limit)d lines.") % {"limit": MOST_ROWS},
                    _("Split it into several files."),
                )
            yield Entry(line, cells, _skip(cells, names))


def read_table(data: bytes, filename: str, *, encoding: str = "", sheet: str = "") -> Table:
    """Find the table in a CSV file or an XLSX workbook. Raises FileProblem, in words for the user.

    `encoding` and `sheet` override what would be guessed.
    """
    if len(data) > LARGEST_FILE:
        raise FileProblem(
            "too_large",
            _("The file is larger than %(limit)d MB.") % {"limit": LARGEST_FILE // 1024 // 1024},
            _("Split it into several files."),
        )
    if is_zip(data):
        return _from_workbook(data, filename, sheet)
    refuse_other_types(data)
    return _from_text(data, filename, encoding)


def _from_workbook(data: bytes, filename: str, wanted: str) -> Table:
    book = open_workbook(data)
    sheets = [sheet for sheet in book.sheets if wanted in {"", sheet.name}]
    found = [(sheet, _find_header(sheet.lines())) for sheet in sheets]
    usable = [(sheet, header) for sheet, header in found if header is not None]
    if not usable:
        raise _no_header(next((cells for sheet in sheets for _line, cells in sheet.lines() if any(cells)), []))
    sheet, (line, headers, titles) = usable[0]
    notices = _other_sheets(sheet.name, [other.name for other, _header in usable[1:]])
    return Table(
        filename, line, headers, titles, sheet.lines, sheet=sheet.name, epoch_1904=book.epoch_1904, notices=notices
    )


def _other_sheets(read: str, others: list[str]) -> tuple[RowError, ...]:
    if not others:
        return ()
    reason = _("Only the sheet “%(read)s” is read; these look like tables too: %(others)s.")
    shown = {"read": read, "others": ", ".join(others)}
    return (RowError(0, "", read, reason % shown, _("Send them as files of their own."), "other_sheets"),)


def _from_text(data: bytes, filename: str, encoding: str) -> Table:
    text = decode(data, encoding)
    found = [(mark, _find_header(_records(text.content, mark))) for mark in DELIMITERS]
    usable = [(mark, header) for mark, header in found if header is not None]
    if not usable:
        raise _no_header([line for line in text.content.splitlines()[:HEADER_WITHIN] if line.strip()][:1])
    mark, (line, headers, titles) = max(usable, key=lambda pair: recognised(pair[1][1]))
    return Table(
        filename,
        line,
        headers,
        titles,
        lambda: _records(text.content, mark),
        encoding=text.encoding,
        delimiter=mark,
        notices=tuple(_text_notices(text.content, text.notes)),
    )


def _records(content: str, mark: str) -> Iterator[Line]:
    """Yield (first line, cells) of a delimited text with any line ends. Raises FileProblem on an endless quote."""
    dialect = _dialect(mark)
    reader = csv.reader(io.StringIO(content.replace("\f", "\n") if "\f" in content else content, newline=None), dialect)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            raise _endless_quote(line) from exc
        if cells is None:
            return
        if reader.line_num - line >= _TALLEST_RECORD:
            raise _endless_quote(line)
        yield line, [cell.strip() for cell in cells]
        line = reader.line_num + 1


def _dialect(mark: str) -> type[csv.Dialect]:
    class Private(csv.Dialect):
        delimiter = mark
        quotechar = '"'
        doublequote = True
        skipinitialspace = False
        lineterminator = "\n"
        quoting = csv.QUOTE_MINIMAL

    return Private


def _endless_quote(line: int) -> FileProblem:
    return FileProblem(
        "endless_quote",
        _("Line %(line)d opens a quotation mark that is not closed: what follows cannot be read.") % {"line": line},
        _("Correct that line: a quotation mark inside a name is written twice, or remove it."),
    )


def _find_header(lines: Iterator[Line]) -> tuple[int, tuple[str, ...], tuple[tuple[int, str], ...]] | None:
    """Return the line, the headers and the titles above of the line that names most fields; None below two."""
    head: list[Line] = []
    with suppress(FileProblem):  # with another delimiter, quotation marks may close where they should
        head.extend(islice(lines, HEADER_WITHIN))
    best = max(range(len(head)), key=lambda n: recognised(head[n][1]), default=None)
    if best is None or recognised(head[best][1]) < 2:
        return None
    line, cells = head[best]
    titles = tuple((n, " ".join(c for c in above if c)) for n, above in head[:best] if any(above))
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > MOST_COLUMNS:
        raise FileProblem(
            "too_wide",
            _("The table has %(count)d columns.") % {"count": len(cells)},
            _("Keep the columns that matter, at most %(limit)d.") % {"limit": MOST_COLUMNS},
        )
    return line, tuple(cells), titles


def _no_header(seen: Sequence[str]) -> FileProblem:
    shown = " | ".join(cell for cell in seen if cell)[:200]
    expected = {str(kind.label): "; ".join(c.synonyms[0] for c in columns) for kind, columns in COLUMNS.items()}
    return FileProblem(
        "no_header",
        _("No header line was recognised in the first %(count)d lines; the first one is: %(seen)s")
        % {"count": HEADER_WITHIN, "seen": shown or _("(empty)")},
        _("Name the columns on one line, separated by semicolons, tabs, commas or bars. Expected: %(expected)s.")
        % {"expected": " / ".join(f"{kind}: {names}" for kind, names in expected.items())},
    )


def _text_notices(content: str, notes: tuple[str, ...]) -> Iterator[RowError]:
    if "mojibake" in notes:
        yield _mojibake(content)
    if "nul" in notes:
        reason = _("The file holds NUL characters; they were read as blanks.")
        yield RowError(0, "", "", reason, _("Nothing to do if the names below look right."), "nul")
    if "ctrl_z" in notes:
        reason = _("The file holds an end-of-file mark (Ctrl-Z) in its middle; what follows was read too.")
        yield RowError(0, "", "", reason, _("Check that two exports were not joined by mistake."), "ctrl_z")


def _mojibake(content: str) -> RowError:
    for number, line in enumerate(content.splitlines(), 1):
        word = next((word for word in re.split(r"[;\t|,\s]+", line) if is_mojibake(word)), None)
        if word is not None:
            reason = _("Accents look damaged: “%(seen)s” was probably “%(meant)s”.")
            shown = {"seen": word, "meant": repaired(word)}
            fix = _("Export the file again as UTF-8; it was saved once too often as Windows text.")
            return RowError(number, "", word, reason % shown, fix, "mojibake")
    return RowError(0, "", "", _("Accents look damaged."), _("Export the file again as UTF-8."), "mojibake")


def _skip(cells: list[str], names: list[str]) -> Skip | None:
    """Return why a line is no data: blank, dashes, a total, or the header again."""
    filled = [cell for cell in cells if cell]
    if not filled:
        return Skip.BLANK
    first = filled[0]
    if first[0] in "-=_*~+.|" and all(not cell.strip("-=_*~+.| ") for cell in filled) and len("".join(filled)) > 2:
        return Skip.RULE
    total = _total(cells, filled) if first[0] in "tTsScCrRaAàÀ*" else None
    return total or _repeated(cells, names)


def _repeated(cells: list[str], names: list[str]) -> Skip | None:
    """Tell the header printed again at the top of a page."""
    if cells[0].casefold() != names[0] or [cell.casefold() for cell in cells[: len(names)]] != names:
        return None
    return Skip.REPEATED_HEADER


def _total(cells: list[str], filled: list[str]) -> Skip | None:
    """Tell a total line from a company whose name begins so: nothing but a label and figures may stand on it."""
    label = _plain(filled[0])
    if not _TOTAL.match(label) or not all(_FIGURE.fullmatch(cell) for cell in filled[1:]):
        return None
    worded = _TOTAL_LABEL.fullmatch(label)
    if worded is None and not (cells[0] and re.fullmatch(r"(?:sous[ -]?)?total \S*\d\S*", label)):
        return None
    return Skip.GRAND_TOTAL if worded is not None and worded["grand"] else Skip.TOTAL


def _plain(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(c for c in flat if c.isalnum() or c in " -").split()).strip("- ")

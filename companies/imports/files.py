"""From an uploaded file to a table: its header, and its lines with their number in the file (domain 6.2, 6.5)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from companies.choices import FileFormat
from companies.imports.columns import COLUMNS, key, recognised
from companies.imports.delimited import DELIMITERS, Line, Raw, by_count, raw_records, records
from companies.imports.encodings import Opener, Text, decode, is_mojibake, opener, refuse_other_types, repaired
from companies.imports.outcome import FileProblem, RowError
from companies.imports.skips import Entry, Sieve, Skip
from companies.imports.sources import DETECTED, Source
from companies.imports.workbooks import Sheet, is_zip, open_workbook
from companies.texts import text as _

__all__ = ["Entry", "Skip", "Table", "read_table"]

LARGEST_FILE = 100 * 1024 * 1024
MOST_ROWS = 2_000_000
MOST_COLUMNS = 200
HEADER_WITHIN = 30
_HEAD = 1 << 20

Title = tuple[int, str]
Header = tuple[int, tuple[str, ...], tuple[Line, ...]]
"""The line of the header, the headers, and the filled lines above."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header was found. Lines are read anew at each pass, so a large file is never kept.

    `above` are the lines above the header, `notices` what the user should know about the file as a whole; `raw` gives
    the lines of a text with their own words. `header_line` is 0 where there is none, `height` (the lines of a sheet)
    where only reading to the end would tell.
    """

    filename: str
    header_line: int
    headers: tuple[str, ...]
    above: tuple[Line, ...]
    lines: Callable[[], Iterator[Line]]
    raw: Callable[[], Iterator[Raw]] | None = None
    format: FileFormat = FileFormat.CSV
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    epoch_1904: bool = False
    notices: tuple[RowError, ...] = ()
    height: int = 0

    @property
    def titles(self) -> tuple[Title, ...]:
        """The lines above the header, each as one text."""
        return tuple((line, " ".join(cell for cell in cells if cell)) for line, cells in self.above)

    def entries(self) -> Iterator[Entry]:
        """Yield every line under the header. Raises FileProblem beyond the limits."""
        sieve = Sieve(self.headers, [cells for _line, cells in self.above])
        last, header_line = self.header_line + MOST_ROWS, self.header_line
        for line, cells in self.lines():
            if line <= header_line:
                continue
            if line > last:
                raise FileProblem(
                    "too_many_rows",
                    _("“%(file)s” has more than %(limit)d lines, the most that one file may have.")
                    % {"file": self.filename, "limit": MOST_ROWS},
                    _("Export only what is still open, or one ledger at a time, each with its import profile."),
                )
            yield Entry(line, cells, sieve(cells))


def read_table(
    data: bytes | Opener, filename: str, *, encoding: str = "", sheet: str = "", source: Source = DETECTED
) -> Table:
    """Find the table in a text file or an XLSX workbook. Raises FileProblem, in words for the user.

    `data` is the content, or opens it anew at each call. `source` says what is known of it; `encoding` and `sheet`
    override what would be guessed.
    """
    source = replace(source, encoding=encoding or source.encoding, sheet=sheet or source.sheet)
    data = opener(data)
    head = _head(data)
    if is_zip(head):
        return _from_workbook(data, filename, source)
    refuse_other_types(head)
    if source.format == FileFormat.XLSX:
        raise FileProblem(
            "wrong_type",
            _("This is no Excel workbook, as the import profile says."),
            _("Choose another file, or another import profile."),
        )
    text = decode(data, source.encoding)
    return (
        _from_fixed(text, filename, source) if source.format == FileFormat.FIXED else _from_text(text, filename, source)
    )


def _head(data: Opener) -> bytes:
    """Return what tells the type of a file: its beginning, and all of an old Office file."""
    with data() as raw:
        if raw.seek(0, 2) > LARGEST_FILE:
            raise FileProblem(
                "too_large",
                _("The file is larger than %(limit)d MB.") % {"limit": LARGEST_FILE // 1024 // 1024},
                _("Split it into several files."),
            )
        raw.seek(0)
        head = raw.read(_HEAD)
        return head + raw.read() if head.startswith(b"\xd0\xcf\x11\xe0") else head


def _from_workbook(data: Opener, filename: str, source: Source) -> Table:
    with data() as raw:
        book = open_workbook(raw.read())
    sheets = [sheet for sheet in book.sheets if source.sheet in {"", sheet.name}]
    found = [(sheet, _find_header(sheet.lines(), source)) for sheet in sheets]
    usable = [(sheet, header) for sheet, header in found if header is not None]
    if not usable:
        raise (
            _no_sheet(source.sheet, [sheet.name for sheet in book.sheets]) if not sheets else _no_header(_seen(sheets))
        )
    sheet, (line, headers, above) = usable[0]
    notices = _other_sheets(sheet.name, [other.name for other, _header in usable[1:]])
    return Table(
        filename,
        line,
        headers,
        above,
        sheet.lines,
        format=FileFormat.XLSX,
        sheet=sheet.name,
        epoch_1904=book.epoch_1904,
        notices=notices,
        height=sheet.height,
    )


def _seen(sheets: Iterable[Sheet]) -> list[str]:
    return next((cells for sheet in sheets for _line, cells in sheet.lines() if any(cells)), [])


def _no_sheet(wanted: str, names: list[str]) -> FileProblem:
    return FileProblem(
        "no_sheet",
        _("The workbook has no sheet “%(sheet)s”, only: %(names)s.") % {"sheet": wanted, "names": ", ".join(names)},
        _("Name the sheet so, or correct the import profile."),
    )


def _other_sheets(read: str, others: list[str]) -> tuple[RowError, ...]:
    if not others:
        return ()
    reason = _("Only the sheet “%(read)s” is read; these look like tables too: %(others)s.")
    shown = {"read": read, "others": ", ".join(others)}
    return (RowError(0, "", read, reason % shown, _("Send them as files of their own."), "other_sheets"),)


def _from_text(text: Text, filename: str, source: Source) -> Table:
    marks = source.delimiter or (DELIMITERS if source.has_header else by_count(text.lines()))
    found = [(mark, _find_header(records(text.lines(), mark), source)) for mark in marks]
    usable = [(mark, header) for mark, header in found if header is not None]
    if not usable:
        raise _no_header([line.rstrip() for line in islice(text.lines(), HEADER_WITHIN) if line.strip()][:1])
    mark, (line, headers, above) = max(usable, key=lambda pair: _named(pair[1][1], source))
    return Table(
        filename,
        line,
        headers,
        above,
        lambda: records(text.lines(), mark),
        raw=lambda: raw_records(text.lines(), mark),
        encoding=text.encoding,
        delimiter=mark,
        notices=tuple(_text_notices(text)),
    )


def _from_fixed(text: Text, filename: str, source: Source) -> Table:
    """Cut every line at the positions of the profile; what stands above its first line is a title of each page."""
    spans = [(place.position - 1, place.position - 1 + place.width) for place in source.places]

    def raw() -> Iterator[Raw]:
        texts = text.records(source.record_length) if source.record_length else text.lines()
        for number, line in enumerate(texts, 1):
            yield number, [line[start:end].strip() for start, end in spans], line.rstrip("\n")

    above = tuple((line, cells) for line, cells, _text in islice(raw(), source.header_line) if any(cells))
    return Table(
        filename,
        source.header_line,
        tuple(place.header for place in source.places),
        above,
        lambda: ((line, cells) for line, cells, _text in raw()),
        raw=raw,
        format=FileFormat.FIXED,
        encoding=text.encoding,
        notices=tuple(_text_notices(text)),
    )


def _find_header(lines: Iterator[Line], source: Source) -> Header | None:
    """Return the header that the source says, else the line that names most fields; None below two."""
    head: list[Line] = []
    within = max(HEADER_WITHIN, source.header_line)
    with suppress(FileProblem):  # with another delimiter, quotation marks may close where they should
        head.extend(islice(lines, within))
    if not source.has_header:
        width = max((len(cells) for _line, cells in head), default=0)
        return (0, _bounded([str(n) for n in range(1, width + 1)]), ()) if head else None
    best = _best(head, source)
    if best is None:
        return None
    line, cells = head[best]
    while cells and not cells[-1]:
        cells = cells[:-1]
    return line, _bounded(cells), tuple((n, above) for n, above in head[:best] if any(above))


def _best(head: list[Line], source: Source) -> int | None:
    """Return which of the first lines is the header."""
    if source.header_line:
        return next((n for n, (line, _cells) in enumerate(head) if line == source.header_line), None)
    best = max(range(len(head)), key=lambda n: _named(head[n][1], source), default=None)
    return best if best is not None and _named(head[best][1], source) >= 2 else None


def _named(cells: Sequence[str], source: Source) -> int:
    """Count the fields that these cells name by their synonyms; what the source names counts twice."""
    known = recognised(cells)
    if not source.places:
        return known
    return 2 * len({key(place.header) for place in source.places} & {key(c) for c in cells if len(c) <= 120}) + known


def _bounded(cells: Sequence[str]) -> tuple[str, ...]:
    if len(cells) > MOST_COLUMNS:
        raise FileProblem(
            "too_wide",
            _("The table has %(count)d columns.") % {"count": len(cells)},
            _("Keep the columns that matter, at most %(limit)d.") % {"limit": MOST_COLUMNS},
        )
    return tuple(cells)


def _no_header(seen: Sequence[str]) -> FileProblem:
    shown = " | ".join(cell for cell in seen if cell)[:200]
    expected = {kind.label: "; ".join(c.synonyms[0] for c in columns) for kind, columns in COLUMNS.items()}
    return FileProblem(
        "no_header",
        _("No header line was recognised in the first %(count)d lines; the first one is: %(seen)s")
        % {"count": HEADER_WITHIN, "seen": shown or _("(empty)")},
        _("Name the columns on one line, separated by semicolons, tabs, commas or bars. Expected: %(expected)s.")
        % {"expected": " / ".join(f"{kind}: {names}" for kind, names in expected.items())},
    )


def _text_notices(text: Text) -> Iterator[RowError]:
    notes = text.notes
    if "mojibake" in notes:
        yield _mojibake(text.lines())
    if "nul" in notes:
        reason = _("The file holds NUL characters; they were read as blanks.")
        yield RowError(0, "", "", reason, _("Nothing to do if the names below look right."), "nul")
    if "ctrl_z" in notes:
        reason = _("The file holds an end-of-file mark (Ctrl-Z) in its middle; what follows was read too.")
        yield RowError(0, "", "", reason, _("Check that two exports were not joined by mistake."), "ctrl_z")


def _mojibake(lines: Iterable[str]) -> RowError:
    for number, line in enumerate(lines, 1):
        word = next((word for word in re.split(r"[;\t|,\s]+", line) if is_mojibake(word)), None)
        if word is not None:
            reason = _("Accents look damaged: “%(seen)s” was probably “%(meant)s”.")
            shown = {"seen": word, "meant": repaired(word)}
            fix = _("Export the file again as UTF-8; it was saved once too often as Windows text.")
            return RowError(number, "", word, reason % shown, fix, "mojibake")
    return RowError(0, "", "", _("Accents look damaged."), _("Export the file again as UTF-8."), "mojibake")

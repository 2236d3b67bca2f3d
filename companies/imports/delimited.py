"""Records of a delimited text, with the line where each begins and, when it is asked for, their text as it stands."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from companies.imports.outcome import FileProblem
from companies.texts import text as _

DELIMITERS = ";\t|,"
_TALLEST_RECORD = 10
_SAMPLE = 20

Line = tuple[int, list[str]]
Raw = tuple[int, list[str], str]


def records(lines: Iterable[str], mark: str) -> Iterator[Line]:
    """Yield (first line, cells). Raises FileProblem on a quotation mark that is never closed."""
    reader = csv.reader(lines, _dialect(mark))
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            raise _endless_quote(line) from exc
        if cells is None:
            return
        after = reader.line_num
        if after - line >= _TALLEST_RECORD:
            raise _endless_quote(line)
        yield line, [cell.strip() for cell in cells]
        line = after + 1


def raw_records(lines: Iterable[str], mark: str) -> Iterator[Raw]:
    """Yield (first line, cells, text as it stands in the file, without its line end)."""
    read: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            read.append(line)
            yield line

    for line, cells in records(noted(), mark):
        yield line, cells, "".join(read).rstrip("\n")
        read.clear()


def by_count(lines: Iterable[str]) -> str:
    """Return the delimiter that occurs equally often on the first lines; the semicolon where none does (domain 6.2)."""
    sample = [line for line in islice(lines, _SAMPLE) if line.strip()]
    counts = {mark: Counter(line.count(mark) for line in sample) for mark in DELIMITERS}
    often = {mark: count.most_common(1)[0] for mark, count in counts.items() if count}
    usable = [mark for mark in DELIMITERS if often.get(mark, (0, 0))[0] > 0]
    return max(usable, key=lambda mark: often[mark][1], default=";")


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

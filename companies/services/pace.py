"""How far the reading of one file is, told in bytes while its lines are gone through."""

from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from companies.imports.delimited import Line
from companies.imports.encodings import Opener
from companies.imports.files import Table
from companies.services.planning import Progress

EVERY = 500
"""Lines from one telling to the next."""


class Pace:
    """Opens a file and follows its lines. A text tells by where it is read, a workbook by its line of so many.

    A file is read in several passes: only the farthest place counts, so that the bar never goes back.
    """

    def __init__(self, source: Opener, size: int, progress: Progress) -> None:
        self._source, self._size, self._progress = source, size, progress
        self._raw: IO[bytes] | None = None
        self._done = 0

    def open(self) -> IO[bytes]:
        """Open the file anew, as an opener does."""
        self._raw = self._source()
        return self._raw

    def over(self, table: Table) -> Table:
        """Return the table with lines that are told."""
        return replace(table, lines=lambda: self._lines(table))

    def _lines(self, table: Table) -> Iterator[Line]:
        raw = None
        for number, found in enumerate(table.lines(), 1):
            raw = raw or self._raw  # that of this pass, which its first line opened; others begin while it lasts
            if number % EVERY == 0 and raw is not None:
                self._tell(self._size * number // table.height if table.height else _place(raw))
            yield found

    def _tell(self, place: int) -> None:
        self._done = max(self._done, min(place, self._size - 1))
        self._progress(self._done, self._size)


def _place(raw: IO[bytes]) -> int:
    return 0 if raw.closed else raw.tell()

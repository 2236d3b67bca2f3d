"""What reading a file gives: rows, and everything that is wrong with it, in words that say what to do."""

from collections import Counter
from collections.abc import Iterator, Sized
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from companies.texts import text as _

Row = TypeVar("Row")

MANY = 100
"""Warnings of one kind that are listed one by one; the others are counted."""
LONGEST_VALUE = 80


class FileProblem(Exception):
    """The file cannot be read at all. `reason` says why, `fix` what to do; both are texts for the user."""

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(f"{reason} {fix}")
        self.code = code
        self.reason = reason
        self.fix = fix


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing wrong in a file, or worth a look. Line 0 is the whole file; `column` is named as in the file."""

    line: int
    column: str
    value: str
    reason: str
    fix: str
    code: str = ""


class Rows(Sized, Protocol[Row]):
    """What takes the rows of a file and gives them again in their order: a list, or a store on disk."""

    def append(self, row: Row, /) -> None:
        """Take one more row."""

    def __iter__(self) -> Iterator[Row]:
        """Give all rows."""


@dataclass(slots=True)
class Parsed(Generic[Row]):
    """A file turned into rows. A row in `errors` is not in `rows`; warnings keep their row.

    `skipped` counts the lines left out by reason (files.Skip). `total` is the sum of the file's amounts and
    `control_total` that of its own total line, both in the file's own signs; None where there is none. `left_out` names
    what the rows in error are about, as far as they say: the account and, for an open item, the document.
    """

    rows: Rows[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    as_of: date | None = None
    control_total: Decimal | None = None
    total: Decimal | None = None
    left_out: set[tuple[str, ...]] = field(default_factory=set)


class Issues:
    """Collects the errors, all of them, and the warnings, the first of each kind and then their number."""

    def __init__(self) -> None:
        self.errors: list[RowError] = []
        self._warnings: list[RowError] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def error(self, line: int, cell: tuple[str, str], code: str, reason: str, fix: str) -> None:
        """Record an error; `cell` is the column's header and the value."""
        self.errors.append(_issue(line, cell, code, reason, fix))

    def warn(self, line: int, cell: tuple[str, str], code: str, reason: str, fix: str) -> None:
        """Record a warning; beyond MANY of one code and column only their number is kept."""
        kind = (code, cell[0])
        self._counts[kind] += 1
        if self._counts[kind] <= MANY:
            self._warnings.append(_issue(line, cell, code, reason, fix))

    def warnings(self) -> list[RowError]:
        """Return the warnings in the order of the lines, then one line for each kind that was cut short."""
        return sorted(self._warnings, key=lambda warning: warning.line) + list(self._cut_short())

    def _cut_short(self) -> Iterator[RowError]:
        for (code, column), count in self._counts.items():
            if count > MANY:
                sample = next(w for w in self._warnings if (w.code, w.column) == (code, column))
                yield RowError(
                    0,
                    column,
                    "",
                    _("%(count)d more lines have the same warning as line %(line)d.")
                    % {"count": count - MANY, "line": sample.line},
                    sample.fix,
                    code,
                )


def _issue(line: int, cell: tuple[str, str], code: str, reason: str, fix: str) -> RowError:
    column, value = cell
    shown = value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
    return RowError(line, column, shown, reason, fix, code)

"""What the two kinds of ERP file share: counts, progress, chunks and the refusal."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from companies.imports.outcome import RowError

MUCH = 0.5  # closing more than this share of what is open looks like half a file (domain 6.6)
FEW = 20  # below this many stored rows a share says nothing
CHUNK = 1000  # rows a statement: far under the limits on parameters of both databases

Progress = Callable[[int, int], None]
T = TypeVar("T")


class ImportRefused(Exception):
    """The file may not be applied; `said` says why and what to do, for people."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Counts:
    """What applying a file does, in rows of the file; `closed` counts stored items that the file no longer has."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was understood against the database, without writing: counts, then what people must be told."""

    counts: Counts
    errors: tuple[RowError, ...] = ()
    warnings: tuple[RowError, ...] = ()


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of at most `size` items, in order."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def much(gone: int, before: int) -> bool:
    """Say whether a file closes so much that it is probably only a part."""
    return before >= FEW and gone > before * MUCH


def quiet(done: int, total: int) -> None:
    """A progress that nobody follows."""

"""Lines under the header that are no data: blank ones, rules, totals, and what a printer repeats on each page."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

_TOTAL = re.compile(r"(?:sous[ -]?)?tota(?:l|ux)\b|(?:a )?report(?:er)?\b|cumul\b")
_TOTAL_LABEL = re.compile(
    r"(?P<grand>(?:total|totaux)(?: general| generaux| du portefeuille)?)"
    r"|sous[ -]?total.*|(?:total|cumul) (?:compte|client|fournisseur|tiers|page|du|de la)\b.*"
    r"|cumul|(?:a )?report(?:er)?"
)
_FIGURE = re.compile(r"[-+(]?\s*[\d\s.,'€]+\s*[-+)]?(?:\s*(?:EUR|CR|DB|C|D))?", re.IGNORECASE)
_RULES = "-=_*~+.| "
_DIGITS = re.compile(r"\d+")


class Skip(StrEnum):
    """Why a line is left out of the rows."""

    BLANK = "blank"
    RULE = "rule"
    TOTAL = "total"
    GRAND_TOTAL = "grand_total"
    REPEATED_HEADER = "repeated_header"
    MATCHED = "matched"
    OTHER_ACCOUNT = "other_account"


class Entry(NamedTuple):
    """One line under the header; `skip` says why it is no row of data."""

    line: int
    cells: list[str]
    skip: Skip | None


class Sieve:
    """Tells lines of data from the others, knowing the header and the titles above it."""

    def __init__(self, headers: Sequence[str], titles: Iterable[Sequence[str]]) -> None:
        self._names = [header.casefold() for header in headers]
        self._titles = {_undated(cells) for cells in titles}

    def __call__(self, cells: list[str]) -> Skip | None:
        """Return why a line is no data."""
        first = cells[0] if cells and cells[0] else next(filter(None, cells), "")
        if not first:
            return Skip.BLANK
        if first[0] in _RULES and _is_rule(cells):
            return Skip.RULE
        if first[0] in "tTsScCrRaAàÀ*":
            total = _total(cells)
            if total:
                return total
        return self._repeated(cells)

    def _repeated(self, cells: list[str]) -> Skip | None:
        """Tell the header and the titles printed again at the top of a page, whatever the number of the page."""
        names = self._names
        if names and cells[0].casefold() == names[0] and [c.casefold() for c in cells[: len(names)]] == names:
            return Skip.REPEATED_HEADER
        if self._titles and _undated(cells) in self._titles:
            return Skip.REPEATED_HEADER
        return None


def _is_rule(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return all(not cell.strip(_RULES) for cell in filled) and len("".join(filled)) > 2


def _undated(cells: Sequence[str]) -> str:
    return _DIGITS.sub("#", " ".join(filter(None, cells)).casefold())


def _total(cells: list[str]) -> Skip | None:
    """Tell a total line from a company whose name begins so: nothing but a label and figures may stand on it."""
    filled = [cell for cell in cells if cell]
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

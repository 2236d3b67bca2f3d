"""The closing date of a file (date d'arrêté): from its title, its name, or the user (domain 6.5)."""

import re
import unicodedata
from datetime import date

from companies.imports.cells import Reader
from companies.imports.dates import BadDate, parse_date
from companies.texts import text as _

_DATE = r"(\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|\d{1,2}(?:er)? [a-z]{3,9}\.? \d{4})"
_CLOSED = re.compile(rf"\b(?:au|arrete(?:e|es|s)?(?: au| le)?|as (?:of|at)|date d'arrete)\s*:?\s*{_DATE}")
_ANY = re.compile(_DATE)
_PRINTED = re.compile(r"\b(?:edite|imprime|tirage|edition|extrait|printed|exported|page|du)\b")
_IN_NAME = re.compile(r"(?<!\d)(20\d{6}|\d{4}20\d{2}|20\d{2}[-_.]\d{2}[-_.]\d{2}|\d{2}[-_.]\d{2}[-_.]20\d{2})(?!\d)")


def closing_date(reader: Reader, *, today: date, as_of: date | None, filename: str) -> date | None:
    """Return the date at which the ledger was read; an error when nothing says it or when it is in the future."""
    line, titled = _titled(reader.table.titles)
    named = _named(filename)
    found = titled or named or as_of
    if found is None:
        reason = _("Nothing says at which date the ledger was read.")
        fix = _(
            "Give the date, name the file like BA_20260331.csv, or begin it with a line “Postes ouverts au 31/03/2026”."
        )
        reader.issues.error(0, ("", ""), "no_closing_date", reason, fix)
    elif found > today:
        reason = _("The closing date %(date)s is in the future.") % {"date": _shown(found)}
        reader.issues.error(
            line if titled else 0, ("", _shown(found)), "future_closing", reason, _("Correct the date.")
        )
    else:
        _warn_of_others(reader, line, found, {_("its name"): named, _("the form"): as_of})
    return found


def _warn_of_others(reader: Reader, line: int, found: date, others: dict[str, date | None]) -> None:
    for source, other in others.items():
        if other is not None and other != found:
            shown = {"date": _shown(found), "source": source, "other": _shown(other)}
            reason = _("The file says %(date)s, %(source)s says %(other)s: %(date)s was used.") % shown
            reader.issues.warn(line, ("", _shown(found)), "closing_dates", reason, _("Check which one is right."))


def _titled(titles: tuple[tuple[int, str], ...]) -> tuple[int, date | None]:
    """Return the line and the date of a title; a date of printing is none."""
    plain = [(line, _plain(text)) for line, text in titles]
    found = [(line, _parsed(match[1])) for line, text in plain for match in _CLOSED.finditer(text)]
    found += [(line, _parsed(m[1])) for line, text in plain if not _PRINTED.search(text) for m in _ANY.finditer(text)]
    return next(((line, day) for line, day in found if day is not None), (0, None))


def _named(filename: str) -> date | None:
    found = (_parsed(re.sub(r"[_.]", "-", match[1])) for match in _IN_NAME.finditer(filename))
    return next((day for day in found if day is not None), None)


def _parsed(text: str) -> date | None:
    try:
        return parse_date(text).value
    except BadDate:
        return None


def _plain(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return " ".join("".join(c for c in flat if not unicodedata.combining(c)).split())


def _shown(day: date) -> str:
    return day.strftime("%d/%m/%Y")

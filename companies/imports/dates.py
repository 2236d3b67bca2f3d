"""Dates as French ERPs write them (domain 6.4): day first, never swapped, or a reason to refuse."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

PIVOT = 70
"""Two-digit years from this one on are of the 1900s."""
PLAUSIBLE = range(1970, 2101)

_MONTHS = (
    ("janvier", "january"),
    ("fevrier", "february"),
    ("mars", "march"),
    ("avril", "april"),
    ("mai", "may"),
    ("juin", "june"),
    ("juillet", "july"),
    ("aout", "august"),
    ("septembre", "september"),
    ("octobre", "october"),
    ("novembre", "november"),
    ("decembre", "december"),
)
_TIME = re.compile(r"[T ]+\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_DAY_FIRST = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})([/.\-])(\d{1,2})\2(\d{1,2})")
_WORDS = re.compile(r"(\d{1,2})(?:er)?[ .\-/]*([a-z]{3,9})[ .\-/]*(\d{4}|\d{2})")
_NULLS = re.compile(
    r"0+|9{6,8}|-+|0+[/.-]0+[/.-]0+|99[/.-]99[/.-]9+|0001-01-01|01/01/0001|31[/.-]12[/.-]9999|9999-12-31"
)
_SERIALS = range(20_000, 80_000)
_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)


class Compact(StrEnum):
    """How six digits make a date; only the source can tell."""

    DDMMYY = "ddmmyy"
    YYMMDD = "yymmdd"
    CYYMMDD = "cyymmdd"


class DateFlaw(StrEnum):
    """Why a text is no date."""

    NO_SUCH_DAY = "no_such_day"
    MONTH_FIRST = "month_first"
    SIX_DIGITS = "six_digits"
    BAD_YEAR = "bad_year"
    NOT_A_DATE = "not_a_date"


class BadDate(ValueError):
    """The text is not a date; `flaw` says why."""

    def __init__(self, flaw: DateFlaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class DateProfile:
    """How a source writes dates: its six-digit form, if any, and the workbook's 1904 calendar."""

    compact: Compact | None = None
    epoch_1904: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A date; None is an empty cell or an ERP's null. `plausible` is False for a year that is probably misread."""

    value: date | None
    plausible: bool = True


DAY_FIRST = DateProfile()


@lru_cache(maxsize=20_000)
def parse_date(text: str, profile: DateProfile = DAY_FIRST) -> Day:
    """Read a date, day first (domain 6.4). Raises BadDate for what is neither a date nor an ERP's null."""
    cleaned = " ".join(text.split())
    cleaned = _TIME.sub("", cleaned)
    if not cleaned or _NULLS.fullmatch(cleaned):
        return Day(None)
    if cleaned.isascii() and cleaned.isdigit():
        return _digits(cleaned, profile)
    for pattern, order in ((_DAY_FIRST, (4, 3, 1)), (_YEAR_FIRST, (1, 3, 4))):
        found = pattern.fullmatch(cleaned)
        if found:
            year, month, day = (found[group] for group in order)
            return _checked(_full_year(year), int(month), int(day))
    return _in_words(cleaned)


def guess_compact(values: Iterable[str], today: date) -> Compact | None:
    """Return the only six-digit form that reads all these values as dates of our time; None when several or none do."""
    ours = range(today.year - 15, today.year + 4)
    remaining = [Compact.DDMMYY, Compact.YYMMDD]
    for value in values:
        remaining = [form for form in remaining if _reads(value, form, ours)]
    return remaining[0] if len(remaining) == 1 else None


def _reads(value: str, form: Compact, years: range) -> bool:
    try:
        day = parse_date(value, DateProfile(form))
    except BadDate:
        return False
    return day.value is None or day.value.year in years


def _full_year(year: str) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (1900 if int(year) >= PIVOT else 2000)


def _checked(year: int, month: int, day: int) -> Day:
    if month > 12 and 1 <= day <= 12:
        raise BadDate(DateFlaw.MONTH_FIRST)
    try:
        value = date(year, month, day)
    except ValueError as exc:
        raise BadDate(DateFlaw.NO_SUCH_DAY) from exc
    if not 1900 <= year <= PLAUSIBLE[-1]:
        raise BadDate(DateFlaw.BAD_YEAR)
    return Day(value, plausible=year in PLAUSIBLE)


def _digits(text: str, profile: DateProfile) -> Day:
    """Read 20260131, 31012026, 1260131 (century, year, month, day), 310126 by profile, or an Excel serial."""
    if len(text) == 8:
        year, month, day = (
            (text[:4], text[4:6], text[6:]) if text[:2] in {"19", "20"} and text[4:6] <= "12" else _dmy(text)
        )
        return _checked(int(year), int(month), int(day))
    if len(text) == 7 and text[0] in "01":
        return _checked(1900 + int(text[:3]), int(text[3:5]), int(text[5:]))
    if len(text) == 6:
        return _six(text, profile.compact)
    if len(text) == 5 and int(text) in _SERIALS:
        epoch = _EPOCH_1904 if profile.epoch_1904 else _EPOCH_1900
        return Day(epoch + timedelta(days=int(text)))
    raise BadDate(DateFlaw.NOT_A_DATE)


def _dmy(text: str) -> tuple[str, str, str]:
    return text[4:], text[2:4], text[:2]


def _six(text: str, form: Compact | None) -> Day:
    if form is None:
        raise BadDate(DateFlaw.SIX_DIGITS)
    if form is Compact.CYYMMDD:
        return _checked(1900 + int(text[:2]), int(text[2:4]), int(text[4:]))
    year, month, day = _dmy(text) if form is Compact.DDMMYY else (text[:2], text[2:4], text[4:])
    return _checked(_full_year(year), int(month), int(day))


def _in_words(text: str) -> Day:
    flat = unicodedata.normalize("NFKD", text.lower())
    found = _WORDS.fullmatch("".join(c for c in flat if not unicodedata.combining(c)))
    if found is None:
        raise BadDate(DateFlaw.NOT_A_DATE)
    months = {n for n, names in enumerate(_MONTHS, 1) if any(name.startswith(found[2]) for name in names)}
    if len(months) != 1:
        raise BadDate(DateFlaw.NOT_A_DATE)
    return _checked(_full_year(found[3]), months.pop(), int(found[1]))

"""How amounts, ratios and dates read in French and in English. Plain functions: no Django, no clock."""

from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import get_currency_symbol, get_decimal_symbol

THIN = "\u202f"  # narrow no-break space: an amount never breaks over two lines
NOTHING = "—"
NOT_APPLICABLE = "n/a"
_SHORTEST = Decimal("0.005")
_UNITS = {
    "fr": ((Decimal(1_000_000_000), "Md"), (Decimal(1_000_000), "M"), (Decimal(1000), "k")),
    "en": ((Decimal(1_000_000_000), "bn"), (Decimal(1_000_000), "M"), (Decimal(1000), "k")),
}


@cache
def _point(language: str) -> str:
    return get_decimal_symbol(Locale.parse(language, sep="-"))


def _family(language: str) -> str:
    return "fr" if language.startswith("fr") else "en"


def _rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def number(amount: Decimal, language: str, places: int = 0) -> str:
    """Digits in threes parted by a thin space, halves rounded up: 1234567.5 → "1 234 568"."""
    rounded = _rounded(amount, places)
    text = f"{rounded if rounded else abs(rounded):,.{places}f}"
    return text.replace(",", THIN).replace(".", _point(language))


def money(amount: Decimal | None, language: str, places: int = 0) -> str:
    """An amount without its currency, which the column's header says; a dash when it is unknown."""
    return NOTHING if amount is None else number(amount, language, places)


def short_money(amount: Decimal | None, language: str, currency: str) -> str:
    """Two or three figures and a unit for cards and charts: 1234567 → "1,2 M€"; a dash when it is unknown."""
    if amount is None:
        return NOTHING
    symbol = get_currency_symbol(currency, locale=Locale.parse(language, sep="-"))
    for unit, letter in _UNITS[_family(language)]:
        # 999 500 reads 1 M and not 1000 k, hence the margin
        if abs(amount) >= unit * Decimal("0.9995"):
            return f"{_short(amount / unit, language)}{THIN}{letter}{symbol}"
    return f"{number(amount, language)}{THIN}{symbol}"


def _short(scaled: Decimal, language: str) -> str:
    places = 1 if abs(_rounded(scaled, 1)) < 100 else 0
    if _rounded(scaled, places) == _rounded(scaled, 0):
        places = 0
    return number(scaled, language, places)


def percent(ratio: Decimal | None, language: str, places: int = 0) -> str:
    """A ratio as a percentage: 1.23 → "123 %". None is "n/a"; a small share of something never reads as nothing."""
    if ratio is None:
        return NOT_APPLICABLE
    sign = f"{THIN}%" if _family(language) == "fr" else "%"
    if places == 0 and 0 < ratio < _SHORTEST:
        return f"<{THIN}1{sign}"
    return number(ratio * 100, language, places) + sign


def relative(then: date | datetime, now: datetime, language: str) -> str:
    """How long ago, or in how long, in the largest unit: "il y a 3 jours". `now` is aware when `then` is a moment."""
    locale = Locale.parse(language, sep="-")
    if isinstance(then, datetime):
        return format_timedelta(then - now, add_direction=True, threshold=1, locale=locale)
    return format_timedelta(then - now.date(), add_direction=True, granularity="day", threshold=1, locale=locale)


def exact(then: date | datetime, language: str, zone: tzinfo | None = None) -> str:
    """The full date, with the time in `zone` when it is a moment."""
    locale = Locale.parse(language, sep="-")
    if isinstance(then, datetime):
        return format_datetime(then, "long", tzinfo=zone, locale=locale)
    return format_date(then, "long", locale=locale)

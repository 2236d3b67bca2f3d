"""Single values as they come over the wire, and as we want them. No I/O; nothing here raises on odd data.

Absent is None (or an empty text), never 0; money is Decimal; dates are dates. Source: API reference 1.8 and 5.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar

import msgspec

Json = Mapping[str, Any]
Row = TypeVar("Row")

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
LARGEST = Decimal(10) ** 18  # beyond it a figure is a mistake, and would overflow any money column
_CURRENCY = r"(?:[A-Z]{3}|[€£$¥])"
_MONEY = re.compile(rf"(?P<before>{_CURRENCY})?\s*(?P<figure>[-+]?\d[\d\s.,'’]*)\s*(?P<after>{_CURRENCY})?")
_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?")
_GROUPED = re.compile(r"(?P<whole>[-+]?\d{1,3}(?:(?P<mark>[,. '’])\d{3})(?:(?P=mark)\d{3})*)(?:[.,](?P<part>\d+))?")
_COMMA = re.compile(r"[-+]?\d+,\d{1,2}")
_MONTH = re.compile(r"(?:(?P<m1>\d{1,2})/(?P<y1>\d{4})|(?P<y2>\d{4})-(?P<m2>\d{1,2}))")


class Amount(NamedTuple):
    """A sum in units of currency, and the text it came as ("No Limit" has a text and no value)."""

    value: Decimal | None
    text: str


NO_AMOUNT = Amount(None, "")


def read_json(body: bytes | str) -> Any:
    """Decode JSON without ever making a float. Raises ValueError when the text isn't JSON."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError):  # half a surrogate pair, say: odd, but it was paid for
        return _lenient(body)


def _lenient(body: bytes | str) -> Any:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc


def mapping(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> list[Json]:
    """The objects of a list; an object alone counts as a list of one, anything else as none."""
    if isinstance(value, Mapping):
        return [value] if value else []
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def dig(value: object, *path: str) -> Any:
    """What lies at the end of a path of keys, or None as soon as a step is missing."""
    for key in path:
        value = mapping(value).get(key)
    return value


def text(value: object) -> str:
    """A stripped text; numbers become text, anything else an empty one. Safe to store and to encode."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return ""
    if isinstance(value, int) and abs(value) >= LARGEST:
        return ""  # Python refuses to write out integers of thousands of digits
    safe = str(value).replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return safe.strip()


def first(value: object, *names: str) -> str:
    """The first non-empty text among several spellings of one key (API reference 5, quirk 5)."""
    found = mapping(value)
    return next((text(found.get(name)) for name in names if text(found.get(name))), "")


def texts(value: object) -> tuple[str, ...]:
    """The non-empty texts of a list; a text alone counts as a list of one (quirk 6)."""
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(text(item) for item in items if text(item))


def number(value: object) -> Decimal | None:
    """A finite Decimal from a number or a text of digits; None for anything else, booleans included."""
    if type(value) is int:  # most figures of a report: the shortest way
        return Decimal(value) if abs(value) < LARGEST else None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value).strip()) if not isinstance(value, str) else _figure(value.strip())
    except (InvalidOperation, ValueError):
        return None
    return found if found is not None and found.is_finite() and abs(found) < LARGEST else None


def integer(value: object) -> int | None:
    """A whole number, None when there is none or when it has decimals that count."""
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def amount(value: object) -> Amount:
    """A sum and its raw text: "33000", 49500.0, "CNY 20,000,000", "No Limit" (quirk 4)."""
    raw = text(value)
    match = _MONEY.fullmatch(raw.replace("\u00a0", " ").replace("\u202f", " "))
    return Amount(number(match["figure"].strip()) if match else number(value), raw)


def flag(value: object) -> bool | None:
    """A yes or no from true, 1, "1", "true" and their opposites (quirk 10); None when it says neither."""
    word = str(value).strip().casefold()
    return True if word in {"true", "1", "yes"} else False if word in {"false", "0", "no"} else None


def moment(value: object) -> datetime | None:
    """An aware moment in UTC from any form of API reference 1.8; without a zone it counts as UTC."""
    raw = text(value)
    try:
        found = datetime.fromisoformat(raw)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        start = _month(raw)
        found = datetime(start.year, start.month, 1, tzinfo=UTC) if start else datetime.min.replace(tzinfo=UTC)
    return found if found.year > 1 else None  # 0001-01-01 is the vendor's platform saying "no date"


def day(value: object) -> date | None:
    """The calendar day as written, whatever its hour and zone; "04/2007" is the first of the month."""
    raw = text(value)
    try:
        found = date.fromisoformat(raw[:10]) if len(raw) >= 10 else _month(raw)
    except ValueError:
        return None
    return found if found and found.year > 1 else None


def rest(value: Json, *known: str) -> dict[str, Any]:
    """The fields that nobody here reads: kept, since the vendor adds some over time (quirk 26)."""
    return {key: item for key, item in value.items() if key not in known}


def unique(found: Iterable[Row]) -> tuple[Row, ...]:
    """The rows without exact repetitions, in their order (quirk 20)."""
    return tuple(dict.fromkeys(found))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _figure(raw: str) -> Decimal | None:
    if _PLAIN.fullmatch(raw):
        return Decimal(raw)
    if _COMMA.fullmatch(raw):
        return Decimal(raw.replace(",", "."))
    match = _GROUPED.fullmatch(raw)
    if match is None:
        return None
    return Decimal(re.sub(r"[,. '’]", "", match["whole"]) + "." + (match["part"] or "0"))


def _month(raw: str) -> date | None:
    match = _MONTH.fullmatch(raw)
    if match is None:
        return None
    try:
        return date(int(match["y1"] or match["y2"]), int(match["m1"] or match["m2"]), 1)
    except ValueError:
        return None

"""Amounts as French ERPs write them (domain 6.4): text to exact Decimal, or a reason to refuse."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

LARGEST = Decimal(10) ** 14
"""An amount of fifteen integer digits is a document number in the wrong column."""

_SPACES = {ord(c): " " for c in "\t\u00a0\u202f\u2009\u2007\u2002\u2003"}
_SAME = str.maketrans({**{chr(c): s for c, s in _SPACES.items()}, "’": "'", "\u2212": "-", "\u2013": "-"})
_PLAIN = re.compile(r"-?(?:\d{1,14}|\d{1,3}(?: \d{3}){1,3})(?:[.,]\d{1,2})?")
_CURRENCIES = {"€": "EUR", "EUROS": "EUR", "EURO": "EUR", "$": "USD", "£": "GBP"}
_CODES = "EUR|USD|GBP|CHF|CAD|JPY|SEK|NOK|DKK|PLN|CZK|HUF|RON|MAD|TND|XOF|XAF|XPF|CNY|AUD"
_CURRENCY = re.compile(rf"^({_CODES}|[€$£])\s*|\s*(EUROS?|{_CODES}|[€$£])$", re.IGNORECASE)
_SIGNED = re.compile(r"(?P<lead>[-+]?)\s*(?P<body>[\d., ']*\d|\d[\d., ']*)\s*(?P<trail>[-+]|CR|C|DB|D)?", re.IGNORECASE)
_ZONED = re.compile(r"0\d+[{}A-R]")
_GROUPED = re.compile(r"\d{1,3}([ '])\d{3}(?:\1\d{3})*(?:[.,]\d+)?")
_BOTH = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:,\d{3})+\.\d+")
_NULLS = frozenset({"", "-", "--"})


class AmountFlaw(StrEnum):
    """Why a text is no amount."""

    EXCEL_ERROR = "excel_error"
    SCIENTIFIC = "scientific"
    SEPARATORS = "separators"
    TOO_LARGE = "too_large"
    NOT_A_NUMBER = "not_a_number"


class AmountNote(StrEnum):
    """What was assumed to read an amount."""

    AMBIGUOUS = "ambiguous"
    ZONED = "zoned"


class BadAmount(ValueError):
    """The text is not an amount; `flaw` says why."""

    def __init__(self, flaw: AmountFlaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """How a source writes numbers: its decimal mark, and decimals that are implied (00012345 is 123.45 with 2)."""

    decimal: Literal[",", "."] = ","
    implied_decimals: int = 0


class Amount(NamedTuple):
    """An amount; `value` None is an empty cell, never 0. `currency` is an ISO code when the text shows one."""

    value: Decimal | None
    currency: str | None = None
    note: AmountNote | None = None


FRENCH = NumberProfile()
_NOTHING = Amount(None)


def plain_amount(text: str, profile: NumberProfile = FRENCH) -> Amount | None:
    """Read what most files hold, digits and at most two decimals; None for anything that takes a closer look."""
    if profile.implied_decimals or not _PLAIN.fullmatch(text):
        return None
    value = Decimal(text.replace(" ", "").replace(",", "."))
    return Amount(value or abs(value))


@lru_cache(maxsize=10_000)
def parse_amount(text: str, profile: NumberProfile = FRENCH) -> Amount:
    """Read an amount exactly (domain 6.4). Raises BadAmount for what is neither an amount nor empty."""
    cleaned = text.translate(_SAME).strip()
    if cleaned in _NULLS:
        return _NOTHING
    plain = plain_amount(cleaned, profile)
    if plain is not None:
        return plain
    if _ZONED.fullmatch(cleaned):
        return Amount(_zoned(cleaned, profile.implied_decimals or 2), note=AmountNote.ZONED)
    currency, bare = _split_currency(cleaned)
    negative, body = _split_sign(bare)
    magnitude, note = _magnitude(body, profile)
    if magnitude >= LARGEST:
        raise BadAmount(AmountFlaw.TOO_LARGE)
    return Amount(_unsigned_zero(-magnitude if negative else magnitude), currency, note)


def _unsigned_zero(value: Decimal) -> Decimal:
    return value or abs(value)


def _zoned(text: str, decimals: int) -> Decimal:
    """Read an IBM zoned number of so many decimals: its last character holds a digit and the sign, E +5, N -5."""
    positive, negative = "{ABCDEFGHI", "}JKLMNOPQR"
    sign = 1 if text[-1] in positive else -1
    digit = (positive if sign == 1 else negative).index(text[-1])
    return _unsigned_zero(sign * Decimal(f"{text[:-1]}{digit}").scaleb(-decimals))


def _split_currency(text: str) -> tuple[str | None, str]:
    found = _CURRENCY.search(text)
    if found is None:
        return None, text
    shown = (found[1] or found[2]).upper()
    return _CURRENCIES.get(shown, shown), (text[: found.start()] + text[found.end() :]).strip()


def _split_sign(text: str) -> tuple[bool, str]:
    """Return whether an amount is negative, and its digits and separators."""
    bracketed = text.startswith("(") and text.endswith(")")
    found = _SIGNED.fullmatch(text[1:-1].strip() if bracketed else text)
    if found is None:
        raise BadAmount(_why(text))
    marks = [mark for mark in (found["lead"], (found["trail"] or "").upper(), "(" * bracketed) if mark]
    if len(marks) > 1:
        raise BadAmount(AmountFlaw.NOT_A_NUMBER)
    return bool(marks) and marks[0] in {"-", "CR", "C", "("}, found["body"].strip()


def _why(text: str) -> AmountFlaw:
    if text.startswith("#"):
        return AmountFlaw.EXCEL_ERROR
    if re.fullmatch(r"[-+]?\d+(?:[.,]\d+)?E[-+]?\d+", text, re.IGNORECASE):
        return AmountFlaw.SCIENTIFIC
    return AmountFlaw.NOT_A_NUMBER


def _magnitude(body: str, profile: NumberProfile) -> tuple[Decimal, AmountNote | None]:
    """Read digits and separators; whichever separator comes last is the decimal mark when both occur."""
    if body.isdigit():
        return Decimal(body).scaleb(-profile.implied_decimals), None
    if " " in body or "'" in body:
        return _decimal(body, _GROUPED.fullmatch(body) is not None), None
    if "," in body and "." in body:
        return _decimal(body, _BOTH.fullmatch(body) is not None), None
    return _one_separator(body, profile)


def _decimal(body: str, well_formed: bool) -> Decimal:
    if not well_formed:
        raise BadAmount(AmountFlaw.SEPARATORS)
    whole, mark, fraction = body.rpartition(max(",.", key=body.rfind)) if re.search("[,.]", body) else (body, "", "")
    return Decimal(re.sub(r"[ '.,]", "", whole) + ("." if mark else "") + fraction)


def _one_separator(body: str, profile: NumberProfile) -> tuple[Decimal, AmountNote | None]:
    """Read a body with commas only or points only: 1,234 alone says neither thousands nor decimals."""
    mark = "," if "," in body else "."
    head, *tails = body.split(mark)
    if len(tails) > 1:
        if not (1 <= len(head) <= 3 and head[0] != "0" and all(len(tail) == 3 for tail in tails)):
            raise BadAmount(AmountFlaw.SEPARATORS)
        return Decimal(head + "".join(tails)), None
    tail = tails[0]
    if not tail:
        raise BadAmount(AmountFlaw.SEPARATORS)
    unclear = len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0"
    if unclear and mark != profile.decimal:
        return Decimal(head + tail), AmountNote.AMBIGUOUS
    return Decimal(f"{head or 0}.{tail}"), AmountNote.AMBIGUOUS if unclear else None

"""Company identifiers: normalise, verify, and say what is wrong (domain 5.10)."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from stdnum import get_cc_module, lei, luhn
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError
from stdnum.fr import siren, siret, tva

FRENCH_TERRITORIES = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "MC"})
"""ISO codes of the places whose companies have a SIREN."""

_EXCEL_NUMBER = re.compile(r"\d(?:[.,]\d+)?E\+?\d+")
_DROPPED = str.maketrans("", "", ".'")
_RCS = re.compile(r"\bRCS\b.*?((?:\d[ .]?){9})$")
_CHECKED_VAT = re.compile(r"AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK")


class Flaw(StrEnum):
    """Why an identifier is refused."""

    EMPTY = "empty"
    EXCEL_NUMBER = "excel_number"
    ALL_ZEROS = "all_zeros"
    LEADING_ZERO_LOST = "leading_zero_lost"
    WRONG_LENGTH = "wrong_length"
    BAD_CHARACTERS = "bad_characters"
    BAD_CHECKSUM = "bad_checksum"


@dataclass(frozen=True, slots=True)
class Check:
    """A verified identifier. `value` is normalised even when refused; `suggestion` is what was probably meant.

    `computed` is False when no check digit could be verified: the value is accepted as it stands.
    """

    value: str
    flaw: Flaw | None = None
    suggestion: str = ""
    computed: bool = True

    @property
    def ok(self) -> bool:
        """Whether the identifier may be used."""
        return self.flaw is None


def normalise(text: str) -> str:
    """Return an identifier in capitals without blanks (of any width), dots, or Excel's leading apostrophe."""
    if text.isascii():
        return "".join(text.upper().split()).translate(_DROPPED)
    plain = unicodedata.normalize("NFKC", text).upper()
    kept = (c for c in plain if not c.isspace() and c not in ".'’" and unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", "".join(kept))


def normalise_registration(text: str) -> str:
    """Return a registration number as letters and digits only, so that spellings of one number compare equal."""
    return "".join(c for c in normalise(text) if c.isalnum())


def is_excel_number(text: str) -> bool:
    """Say whether Excel turned an identifier into a number, as in 4,89724E+13: its digits are lost."""
    return bool(_EXCEL_NUMBER.fullmatch("".join(text.split()).upper()))


def check_siren(text: str) -> Check:
    """Verify a SIREN: 9 digits, Luhn, never all zeros although Luhn accepts them (domain 5.10)."""
    return _check_digits(text, length=9)


def check_siret(text: str) -> Check:
    """Verify a SIRET: 14 digits, Luhn, or the digit sum of La Poste's establishments (domain 5.10)."""
    return _check_digits(text, length=14)


def check_vat(text: str, country: str = "FR") -> Check:
    """Verify a VAT number; one written without its prefix is read as one of `country` (ISO, two letters).

    A French key with letters and a prefix without a known rule are accepted with `computed` False.
    """
    if is_excel_number(text):
        return Check(normalise(text), Flaw.EXCEL_NUMBER)
    value = normalise_registration(text)
    if not value:
        return Check("", Flaw.EMPTY)
    if not value[:2].isalpha() and (_CHECKED_VAT.fullmatch(country) or country in FRENCH_TERRITORIES):
        value = ("FR" if country in FRENCH_TERRITORIES else country) + value
    return _check_french_vat(value) if value.startswith("FR") else _check_foreign_vat(value)


def check_lei(text: str) -> Check:
    """Verify a legal entity identifier: 18 letters or digits and two check digits (ISO 17442)."""
    if is_excel_number(text):
        return Check(normalise(text), Flaw.EXCEL_NUMBER)
    value = normalise_registration(text)
    if not value:
        return Check("", Flaw.EMPTY)
    if set(value) == {"0"}:
        return Check(value, Flaw.ALL_ZEROS)
    if len(value) != 20:
        return Check(value, Flaw.WRONG_LENGTH)
    if not (value.isascii() and value[18:].isdigit()):
        return Check(value, Flaw.BAD_CHARACTERS)
    return Check(value, None if lei.is_valid(value) else Flaw.BAD_CHECKSUM)


def vat_of_siren(number: str) -> str:
    """Return the French VAT number of a valid SIREN; the key is (12 + 3 × (SIREN mod 97)) mod 97 (domain 5.10)."""
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}"


def siren_of(text: str) -> str | None:
    """Return the SIREN inside a valid SIREN, SIRET, French VAT number or RCS line; None when there is none."""
    value = normalise_registration(text)
    rcs = _RCS.search(" ".join(text.upper().replace("R.C.S.", "RCS").split()))
    if rcs:
        value = normalise_registration(rcs[1])
    if value.startswith("FR") and check_vat(value).ok:
        value = "" if value[4:7] == "000" else value[4:]  # Monaco: a VAT number without a SIREN
    if len(value) == 14 and check_siret(value).ok:
        value = value[:9]
    return value if check_siren(value).ok else None


def _check_digits(text: str, *, length: int) -> Check:
    """Verify a SIREN or a SIRET, told apart by their length."""
    if is_excel_number(text):
        return Check(normalise(text), Flaw.EXCEL_NUMBER)
    value = normalise(text).replace("-", "")
    if not value:
        return Check("", Flaw.EMPTY)
    if not (value.isascii() and value.isdigit()):
        return Check(value, Flaw.BAD_CHARACTERS)
    if set(value) == {"0"}:
        return Check(value, Flaw.ALL_ZEROS)
    if len(value) != length:
        return _wrong_length(value, length)
    return Check(value, None if _digits_agree(value) else Flaw.BAD_CHECKSUM)


def _digits_agree(value: str) -> bool:
    if value.startswith("000000000"):
        return False
    return bool(siren.is_valid(value) if len(value) == 9 else siret.is_valid(value))


def _wrong_length(value: str, length: int) -> Check:
    padded = value.zfill(length)
    if len(value) == length - 1 and _digits_agree(padded):
        return Check(value, Flaw.LEADING_ZERO_LOST, padded)
    holds_siren = length == 9 and len(value) == 14 and _digits_agree(value)
    return Check(value, Flaw.WRONG_LENGTH, value[:9] if holds_siren else "")


def _check_french_vat(value: str) -> Check:
    key, number = value[2:4], value[4:]
    if len(value) == 12 and value[2:].isdigit() and tva.is_valid(f"0{value[2:]}"):
        return Check(value, Flaw.LEADING_ZERO_LOST, f"FR0{value[2:]}")
    if len(value) != 13:
        return Check(value, Flaw.WRONG_LENGTH, _suggested_vat(value[-9:]))
    if not number.isdigit() or not key.isascii():
        return Check(value, Flaw.BAD_CHARACTERS)
    if number == "0" * 9:
        return Check(value, Flaw.ALL_ZEROS)
    if not key.isdigit():
        return Check(value, None if luhn.is_valid(number) else Flaw.BAD_CHECKSUM, computed=False)
    return Check(value) if tva.is_valid(value) else Check(value, Flaw.BAD_CHECKSUM, _suggested_vat(number))


def _suggested_vat(number: str) -> str:
    return vat_of_siren(number) if check_siren(number).ok else ""


def _check_foreign_vat(value: str) -> Check:
    module = get_cc_module(value[:2].lower(), "vat") if _CHECKED_VAT.match(value) else None
    if module is None:
        return Check(value, computed=False)
    try:
        module.validate(value)
    except InvalidLength:
        return Check(value, Flaw.WRONG_LENGTH)
    except InvalidChecksum:
        return Check(value, Flaw.BAD_CHECKSUM)
    except ValidationError:
        return Check(value, Flaw.BAD_CHARACTERS)
    return Check(value)

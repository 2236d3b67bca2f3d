"""The identifiers on one line of a partners file, verified together."""

from typing import NamedTuple

from companies.imports.cells import Reader
from companies.rules.identifiers import (
    FRENCH_TERRITORIES,
    Check,
    Flaw,
    check_lei,
    check_siren,
    check_siret,
    check_vat,
    is_excel_number,
    normalise,
    siren_of,
)
from companies.texts import text as _


class Identity(NamedTuple):
    """Who a line is about; an empty text is unknown. `country` is ISO, two letters."""

    country: str
    registration_number: str = ""
    siret: str = ""
    vat_number: str = ""


def read_identity(reader: Reader, country: str) -> Identity:
    """Return the verified identifiers of a line, recording what is wrong; an empty `country` is read as France."""
    plain = _plain(reader.text("siren"), reader.text("vat"), reader, country)
    if plain:
        return plain
    vat = _vat(reader, country)
    home = country or _country_of_vat(reader, vat)
    if home not in FRENCH_TERRITORIES:
        return Identity(home, _foreign_number(reader), vat_number=vat)
    siret = _siret(reader)
    siren = _siren(reader, siret)
    _compare_with_vat(reader, siren, vat)
    return Identity(home, siren, siret, vat)


def read_lei(reader: Reader) -> str:
    """Return the verified LEI of a line, empty when it has none, recording what is wrong."""
    text = reader.text("lei")
    if not text:
        return ""
    check = check_lei(text)
    if not check.ok:
        _refuse(reader, "lei", check, "LEI")
        return ""
    return check.value


def _plain(siren: str, vat: str, reader: Reader, country: str) -> Identity | None:
    """Return what nearly every French line says, told at once: a SIREN that is right with the VAT number made of it."""
    if country not in {"", "FR"} or len(siren) != 9 or not (siren.isascii() and siren.isdigit()):
        return None
    if reader.text("siret") or reader.text("registration") or siren.startswith("000") or not _luhn(siren):
        return None
    if vat and vat != f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}":
        return None
    return Identity("FR", siren, vat_number=vat)


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")  # twice a digit, its own digits added


def _luhn(number: str) -> bool:
    """Say whether the nine digits of a SIREN agree: every second one is doubled."""
    digits = number.encode()
    return (sum(digits[::2]) + sum(digits[1::2].translate(_DOUBLED)) - 9 * ord("0")) % 10 == 0


def _country_of_vat(reader: Reader, vat: str) -> str:
    """Return the country of a line that names none: that of its VAT number when it is foreign, else France."""
    if not vat or vat.startswith("FR") or not vat[:2].isalpha() or reader.text("siren") or reader.text("siret"):
        return "FR"
    country = "GR" if vat.startswith("EL") else vat[:2]
    reason = _("No country is given; %(country)s was read from the VAT number.") % {"country": country}
    reader.warn("vat", "country_of_vat", reason, _("Fill in the country."))
    return country


def _vat(reader: Reader, country: str) -> str:
    text = reader.text("vat")
    if not text:
        return ""
    check = check_vat(text, country or "FR")
    if not check.ok:
        _refuse(reader, "vat", check, _("VAT number"))
        return ""
    if not check.computed and check.value.startswith("FR"):
        reason = _("The key of this French VAT number has letters: it cannot be verified.")
        reader.warn("vat", "vat_not_computed", reason, _("Compare it with an invoice."))
    return check.value[:20]


def _siret(reader: Reader) -> str:
    text = reader.text("siret")
    if not text:
        return ""
    check = check_siret(text)
    if check.flaw is Flaw.WRONG_LENGTH and check_siren(text).ok:
        reason = _("This is a SIREN, not a SIRET: it was read as the SIREN.")
        reader.warn("siret", "siren_in_siret", reason, _("Put it in a column “SIREN”, or complete it."))
        return ""
    if not check.ok:
        _refuse(reader, "siret", check, "SIRET")
        return ""
    return check.value


def _siren(reader: Reader, siret: str) -> str:
    """Return the SIREN of a line, from its own column, else its registration number, else its SIRET."""
    siren = _own_siren(reader) or _registered_siren(reader)
    inside = siret[:9] or siren_of(reader.text("siret")) or ""
    if siren and inside and siren != inside:
        reason = _("The SIRET belongs to the SIREN %(inside)s, not to %(siren)s.") % {"inside": inside, "siren": siren}
        reader.error("siret", "siret_of_another", reason, _("Correct the one that is wrong, or empty it."))
    return siren or inside


def _own_siren(reader: Reader) -> str:
    text = reader.text("siren")
    if not text:
        return ""
    check = check_siren(text)
    found = siren_of(text) if check.flaw in {Flaw.WRONG_LENGTH, Flaw.BAD_CHARACTERS} else None
    if found:
        reason = _("This is more than a SIREN; %(siren)s was read from it.") % {"siren": found}
        reader.warn("siren", "siren_inside", reason, _("Nothing to do if that is the SIREN."))
        return found
    if not check.ok:
        _refuse(reader, "siren", check, "SIREN")
        return ""
    return check.value


def _registered_siren(reader: Reader) -> str:
    text = reader.text("registration")
    if not text:
        return ""
    found = siren_of(text)
    if found is None:
        _refuse(reader, "registration", check_siren(text), "SIREN")
    return found or ""


def _foreign_number(reader: Reader) -> str:
    """Return the registration number of a foreign company, as it is written but for blanks and dots."""
    field = next((name for name in ("registration", "siren", "siret") if reader.text(name)), "registration")
    text = reader.text(field)
    if is_excel_number(text):
        _refuse(reader, field, Check(text, Flaw.EXCEL_NUMBER), _("registration number"))
        return ""
    number = normalise(text)
    if number and not number.strip("0"):
        _refuse(reader, field, Check(text, Flaw.ALL_ZEROS), _("registration number"))
        return ""
    if len(number) > 40:
        reader.error(field, "too_long", _("This registration number is too long."), _("Correct it, or empty the cell."))
    return number[:40]


def _compare_with_vat(reader: Reader, siren: str, vat: str) -> None:
    if vat and not vat.startswith("FR"):
        reason = _("The VAT number is of another country than the company.")
        reader.warn("vat", "vat_country", reason, _("Correct the country or the VAT number."))
    elif siren and vat and vat[4:] != siren and siren_of(vat) not in {None, siren}:
        shown = {"vat_siren": vat[4:], "siren": siren}
        reason = _("The VAT number belongs to the SIREN %(vat_siren)s, but the line says %(siren)s.") % shown
        reader.warn("vat", "vat_of_another", reason, _("Correct the one that is wrong; the SIREN was used."))


def _refuse(reader: Reader, field: str, check: Check, kind: str) -> None:
    reader.error(field, f"identifier_{check.flaw}", _reason(check, kind), _fix(check))


def _reason(check: Check, kind: str) -> str:
    shown = {"kind": kind, "length": len(check.value), "suggestion": check.suggestion}
    reasons = {
        Flaw.EMPTY: _("This %(kind)s is empty."),
        Flaw.EXCEL_NUMBER: _("Excel turned this identifier into a number: its last digits are lost."),
        Flaw.ALL_ZEROS: _("Zeros alone are not a %(kind)s."),
        Flaw.LEADING_ZERO_LOST: _("This %(kind)s has lost its leading zero."),
        Flaw.WRONG_LENGTH: _("This %(kind)s has the wrong length: %(length)d characters."),
        Flaw.BAD_CHARACTERS: _("This %(kind)s holds characters that it cannot have."),
        Flaw.BAD_CHECKSUM: _("This %(kind)s is wrong: its check digit does not fit, a digit is mistyped."),
    }
    return reasons[check.flaw or Flaw.EMPTY] % shown


def _fix(check: Check) -> str:
    if check.flaw is Flaw.EXCEL_NUMBER:
        return _("Format the column as text in Excel and fill it again from the ERP, or export CSV without Excel.")
    if check.suggestion:
        return _("It is probably %(value)s: correct it in the ERP, and export the column as text.") % {
            "value": check.suggestion
        }
    if check.flaw is Flaw.WRONG_LENGTH:
        return _(
            "A SIREN has 9 digits, a SIRET 14, a French VAT number FR and 11, a LEI 20 characters: correct it, or empty"
            " the cell."
        )
    return _("Correct it, or empty the cell if it is unknown.")

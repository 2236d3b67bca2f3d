"""Rows of a partners file: companies with their account (domain 6.5)."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from companies.choices import FileKind, Role
from companies.imports.cells import Reader
from companies.imports.files import Table
from companies.imports.identities import Identity, read_identity, read_lei
from companies.imports.outcome import Parsed, Rows
from companies.imports.places import country_code, postcode
from companies.imports.sources import DETECTED, Source
from companies.rules.ledger import parse_terms
from companies.texts import text as _

_ROLES = {
    Role.CLIENT: "C CL CLI CLIENT CLIENTS CUSTOMER DEBTOR ACHETEUR 411",
    Role.SUPPLIER: "F FO FOU FRN FOURNISSEUR FOURNISSEURS SUPPLIER VENDOR CREDITOR 401",
    Role.PROSPECT: "P PR PROSPECT PROSPECTS LEAD",
}
_ROLE_WORDS = {word: role for role, words in _ROLES.items() for word in words.split()}
_ROLE_PREFIXES = (
    (re.compile(r"41[13689]"), Role.CLIENT),
    (re.compile(r"40[13489]"), Role.SUPPLIER),
    (re.compile(r"(?:C|CL|CLI)[-_ .]?\d"), Role.CLIENT),
    (re.compile(r"(?:F|FO|FOU|FRN)[-_ .]?\d"), Role.SUPPLIER),
    (re.compile(r"(?:P|PR|PROSP)[-_ .]?\d"), Role.PROSPECT),
)
_CURRENCY = re.compile(r"[A-Z]{3}")


class PartnerRow(NamedTuple):
    """One account of the file with its company. An empty text is unknown; `erp_limit` None is no limit, not 0.

    `payer` is the code of the account that pays instead, empty where it pays itself.
    """

    line: int
    code: str
    name: str
    role: Role
    country: str
    registration_number: str
    siret: str
    vat_number: str
    street: str
    postal_code: str
    city: str
    phone: str
    erp_limit: Decimal | None
    currency: str
    terms: str
    payer: str = ""
    lei: str = ""
    business_unit: str = ""
    analyst: str = ""


def parse_partners(
    table: Table, today: date, *, source: Source = DETECTED, rows: Rows[PartnerRow] | None = None
) -> Parsed[PartnerRow]:
    """Turn a table into partners, with all errors and warnings at once; never raises for what a file may hold.

    `rows` takes the good ones, in place of a list, where a large file must not be kept in memory.
    """
    reader = Reader(table, FileKind.PARTNERS, today, source)
    parsed = Parsed[PartnerRow]() if rows is None else Parsed(rows)
    if reader.usable:
        _read(reader, parsed)
    parsed.errors, parsed.warnings, parsed.skipped = reader.issues.errors, reader.warnings(), reader.skipped
    return parsed


def role_of_account(code: str) -> Role | None:
    """Return the role that an account code says: 411 and C123 a client, 401 and F123 a supplier, P123 a prospect."""
    upper = code.upper()
    return next((role for pattern, role in _ROLE_PREFIXES if pattern.match(upper)), None)


def _read(reader: Reader, parsed: Parsed[PartnerRow]) -> None:
    first_lines: dict[str, int] = {}
    errors, take = reader.issues.errors, parsed.rows.append
    for _line in reader.lines():
        before = len(errors)
        row = _row(reader, first_lines)
        if len(errors) == before:
            take(row)
        else:
            parsed.left_out.add((row.code,))


def _row(reader: Reader, first_lines: dict[str, int]) -> PartnerRow:
    code, name = _code(reader, first_lines), _name(reader)
    identity = read_identity(reader, _country(reader))
    limit, currency = _limit(reader)
    payer = reader.short("payer", 30)
    return PartnerRow(
        reader.line,
        code,
        name,
        _role(reader, code),
        identity.country,
        identity.registration_number,
        identity.siret,
        identity.vat_number,
        _street(reader),
        _postal_code(reader, identity),
        reader.short("city", 120),
        reader.short("phone", 40),
        limit,
        currency,
        _terms(reader),
        payer if payer != code else "",
        read_lei(reader),
        reader.short("business_unit", 40),
        reader.short("analyst", 40),
    )


def _code(reader: Reader, first_lines: dict[str, int]) -> str:
    code = reader.short("code", 30)
    if not code:
        reader.error("code", "empty_code", _("The account code is empty."), _("Fill it in, or remove the line."))
        return code
    first = first_lines.setdefault(code, reader.line)
    if first != reader.line:
        reason = _("Account %(code)s is already on line %(first)d.") % {"code": code, "first": first}
        reader.error("code", "duplicate_code", reason, _("Keep one of the two lines."))
    return code


def _name(reader: Reader) -> str:
    name = " ".join(reader.short("name", 255).split())
    if not name:
        reader.error("name", "empty_name", _("The company name is empty."), _("Fill it in, or remove the line."))
    return name


def _country(reader: Reader) -> str:
    """Return the ISO code of the line's country; empty when the file does not say."""
    text = reader.text("country")
    code = country_code(text) if text else reader.source.country
    if code is None:
        reason = _("This country is not known.")
        reader.error("country", "unknown_country", reason, _("Write its name or its ISO code, such as DE."))
    return code or ""


def _role(reader: Reader, code: str) -> Role:
    text = reader.text("role").upper().strip(" .")
    if text:
        role = _ROLE_WORDS.get(text)
        if role is None:
            reason = _("This role is not known.")
            reader.error("role", "unknown_role", reason, _("Write C (client), F (supplier) or P (prospect)."))
        return role or Role.CLIENT
    if reader.source.role:
        return Role(reader.source.role)
    implied = role_of_account(code)
    if implied is None and code:
        reason = _("Nothing says whether this is a client or a supplier; it was read as a client.")
        fix = _("Add a column “Rôle” with C, F or P.")
        reader.issues.warn(reader.line, (reader.layout.header("role"), code), "no_role", reason, fix)
    return implied or Role.CLIENT


def _street(reader: Reader) -> str:
    parts = (reader.text("street"), reader.text("street2"))
    return ", ".join(" ".join(part.split()) for part in parts if part)[:255]


def _postal_code(reader: Reader, identity: Identity) -> str:
    text = reader.short("postal_code", 20)
    code = postcode(text, identity.country)
    if code != text and len(text) == 4 and text.isdigit():
        reason = _("This postcode has lost its leading zero; it was read as %(code)s.") % {"code": code}
        reader.warn("postal_code", "postcode_zero", reason, _("Export postcodes as text."))
    elif code and identity.country == "FR" and not re.fullmatch(r"\d{5}", code):
        reason = _("A French postcode has five digits.")
        reader.warn("postal_code", "postcode", reason, _("Correct it in the ERP, or fill in the country."))
    return code


def _limit(reader: Reader) -> tuple[Decimal | None, str]:
    """Return the ERP's limit and the currency of the account."""
    amount = reader.amount("limit")
    if amount.value is not None and amount.value < 0:
        reason = _("A limit cannot be negative.")
        reader.error("limit", "negative_limit", reason, _("Correct it, or leave the cell empty if there is no limit."))
    return amount.value, read_currency(reader, amount.currency)


def read_currency(reader: Reader, shown: str | None) -> str:
    """Return the currency of a line: its own column, else the one shown beside the amount, else the euro."""
    text = reader.text("currency").upper()
    if text == "EUR":
        return text
    code = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "£": "GBP"}.get(text, text)
    if code and not _CURRENCY.fullmatch(code):
        reason = _("This is not the code of a currency.")
        reader.error("currency", "currency", reason, _("Write its ISO code, such as EUR or USD."))
        return "EUR"
    return code or shown or reader.source.currency or "EUR"


@lru_cache(maxsize=1000)
def _understood(terms: str) -> bool:
    return parse_terms(terms) is not None


def _terms(reader: Reader) -> str:
    text = reader.short("terms", 80)
    if text and not _understood(text):
        reason = _("These payment terms are kept, but not understood: no due date can be estimated from them.")
        fix = _("Write them like “45 jours fin de mois” or “30 jours net”.")
        reader.warn("terms", "terms", reason, fix)
    return text

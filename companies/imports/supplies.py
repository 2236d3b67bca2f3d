"""Rows of a file of supplier figures: our money with them, what we buy, and what their failure would stop (5.15)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Unpack

from companies.choices import FileKind
from companies.imports.cells import Reader
from companies.imports.closing import closing_date
from companies.imports.files import Table
from companies.imports.open_items import Known
from companies.imports.outcome import Parsed
from companies.imports.partners import read_currency
from companies.imports.sources import DETECTED, Source
from companies.texts import text as _

MOST_DAYS = 3650
_YES = frozenset({"O", "OUI", "Y", "YES", "X", "1", "VRAI", "TRUE"})
_NO = frozenset({"N", "NON", "NO", "0", "FAUX", "FALSE", "-"})


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """The figures of one supplier's account; None is unknown, never 0."""

    line: int
    account: str
    name: str
    advances: Decimal | None
    credit_notes: Decimal | None
    tooling: Decimal | None
    prepaid_orders: Decimal | None
    purchases: Decimal | None
    stock: Decimal | None
    daily_use: Decimal | None
    lead_time_days: int | None
    sole_source: bool | None
    set_off: bool | None
    currency: str


def parse_supplies(
    table: Table, *, today: date, source: Source = DETECTED, **known: Unpack[Known]
) -> Parsed[SupplyRow]:
    """Turn a table into supplier figures, one line an account, with all errors and warnings at once."""
    reader = Reader(table, FileKind.SUPPLIES, today, source)
    readable, filename = reader.usable, known.get("filename") or table.filename
    closed_on = closing_date(reader, today=today, as_of=known.get("as_of"), filename=filename)
    parsed = Parsed[SupplyRow](as_of=closed_on)
    if readable:
        lines: dict[str, int] = {}
        for _line in reader.lines():
            before = len(reader.issues.errors)
            row = _row(reader, lines)
            if len(reader.issues.errors) > before:
                parsed.left_out.add((row.account,))
            else:
                parsed.rows.append(row)
    parsed.errors, parsed.warnings, parsed.skipped = reader.issues.errors, reader.warnings(), reader.skipped
    return parsed


def _row(reader: Reader, lines: dict[str, int]) -> SupplyRow:
    account = _account(reader, lines)
    return SupplyRow(
        line=reader.line,
        account=account,
        name=reader.text("name"),
        advances=_amount(reader, "advances"),
        credit_notes=_amount(reader, "credit_notes"),
        tooling=_amount(reader, "tooling"),
        prepaid_orders=_amount(reader, "prepaid_orders"),
        purchases=_amount(reader, "purchases"),
        stock=_amount(reader, "stock"),
        daily_use=_amount(reader, "daily_use"),
        lead_time_days=_days(reader),
        sole_source=_yes(reader, "sole_source"),
        set_off=_yes(reader, "set_off"),
        currency=read_currency(reader, None),
    )


def _account(reader: Reader, lines: dict[str, int]) -> str:
    code = reader.short("account", 30)
    if not code:
        reason = _("The account code is empty.")
        reader.error("account", "empty_code", reason, _("Fill it in, or remove the line."))
    first = lines.setdefault(code, reader.line)
    if code and first != reader.line:
        reason = _("This account is already on line %(line)d.") % {"line": first}
        reader.error("account", "repeated_code", reason, _("Keep one line an account."))
    return code


def _amount(reader: Reader, field: str) -> Decimal | None:
    value = reader.amount(field).value if reader.has(field) else None
    if value is not None and value < 0:
        reason, fix = (
            _("This figure cannot be negative."),
            _("Write what we have with the supplier as a positive figure."),
        )
        reader.error(field, "negative", reason, fix)
    return value


def _days(reader: Reader) -> int | None:
    text = reader.text("lead_time_days").lower().removesuffix("jours").removesuffix("days").removesuffix("j").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > MOST_DAYS:
        reason = _("This is not a number of days.")
        reader.error("lead_time_days", "days", reason, _("Write whole days, such as 75."))
        return None
    return int(text)


def _yes(reader: Reader, field: str) -> bool | None:
    text = reader.text(field).upper().strip(" .")
    if not text or text in _YES | _NO:
        return text in _YES if text else None
    reader.error(field, "yes_or_no", _("This is neither yes nor no."), _("Write O (yes) or N (no)."))
    return None

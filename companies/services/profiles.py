"""Import profiles as the parsers need them, and what a file suggests for a new one."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from companies.choices import DateStyle, DecimalStyle, FileFormat, FileKind
from companies.imports.amounts import FRENCH, NumberProfile
from companies.imports.columns import COLUMNS, suggested
from companies.imports.dates import Compact
from companies.imports.delimited import by_count
from companies.imports.encodings import decode, opener
from companies.imports.files import Table, read_table
from companies.imports.outcome import FileProblem
from companies.imports.sources import DETECTED, Place, Source
from companies.models import ImportColumn, ImportProfile

_COMPACT = {style.value: Compact(style.value) for style in DateStyle if style != DateStyle.DAY_FIRST}
_SHOWN = 5
WORDS = {
    "code": _("Account code"),
    "account": _("Account code"),
    "name": _("Name"),
    "role": _("Role (client, supplier, prospect)"),
    "country": _("Country"),
    "siren": _("SIREN"),
    "siret": _("SIRET"),
    "registration": _("Registration number"),
    "vat": _("VAT number"),
    "lei": _("LEI"),
    "street": _("Street"),
    "street2": _("Street, second line"),
    "postal_code": _("Postcode"),
    "city": _("City"),
    "phone": _("Phone"),
    "limit": _("ERP limit"),
    "currency": _("Currency"),
    "payer": _("Payer, if another account pays"),
    "terms": _("Payment terms"),
    "business_unit": _("Business unit"),
    "analyst": _("Analyst"),
    "document": _("Document number"),
    "type": _("Type of document"),
    "side": _("Side (debit or credit)"),
    "document_date": _("Document date"),
    "due_date": _("Due date"),
    "debit": _("Debit"),
    "credit": _("Credit"),
    "amount": _("Open amount"),
    "matching": _("Matching letter"),
    "disputed": _("Contested"),
    "settles": _("Invoice that a credit belongs to"),
    "total": _("Total of the account"),
    "not_due": _("Not due"),
    "days_30": _("1–30 days"),
    "days_60": _("31–60 days"),
    "days_90": _("61–90 days"),
    "over_90": _("Over 90 days"),
    "days_120": _("91–120 days"),
    "over_120": _("Over 120 days"),
    "credits": _("Credits"),
    "deliver_on": _("Expected delivery"),
    "advances": _("Advances paid (4091)"),
    "credit_notes": _("Credit notes to receive (4098)"),
    "tooling": _("Tooling deposited"),
    "prepaid_orders": _("Orders paid in advance"),
    "purchases": _("Purchases of twelve months"),
    "stock": _("Stock"),
    "daily_use": _("Daily use"),
    "lead_time_days": _("Replacement lead time (days)"),
    "sole_source": _("Only source"),
    "set_off": _("Set-off possible"),
}


def source_of(profile: ImportProfile | None) -> Source:
    """Return how files of a profile are read; without one everything is found in the file."""
    if profile is None:
        return DETECTED
    mark = "." if profile.decimal_style == DecimalStyle.ENGLISH else FRENCH.decimal
    return Source(
        format=FileFormat(profile.format),
        encoding=profile.encoding,
        delimiter=profile.delimiter,
        sheet=profile.sheet,
        header_line=profile.header_line or 0,
        has_header=profile.has_header,
        record_length=profile.record_length or 0,
        numbers=NumberProfile(mark, profile.implied_decimals),
        dates=_COMPACT.get(profile.date_style),
        role=profile.default_role,
        country=profile.default_country,
        currency=profile.default_currency,
        places=tuple(_place(column, FileKind(profile.kind)) for column in profile.columns.all()),
    )


def fields_of(kind: FileKind) -> dict[str, str]:
    """Return our fields for a kind of file, in words."""
    return {column.field: str(WORDS[column.field]) for column in COLUMNS[kind]}


def required_of(kind: FileKind) -> frozenset[str]:
    """Return the fields without which a file cannot be read."""
    return frozenset(column.field for column in COLUMNS[kind] if column.required)


def save_columns(profile: ImportProfile, columns: Iterable[ImportColumn]) -> None:
    """Replace the columns of a profile, in the caller's transaction."""
    profile.columns.all().delete()
    given = list(columns)
    for column in given:
        column.profile = profile
    ImportColumn.objects.bulk_create(given)


def examine(content: bytes, filename: str) -> tuple[Table, list[list[str]]]:
    """Return a table whose columns may be unknown to us, with its first lines. Raises FileProblem."""
    try:
        table = read_table(content, filename)
    except FileProblem as problem:
        if problem.code != "no_header":
            raise
        table = _unnamed(content, filename)
    entries = (entry.cells for entry in table.entries() if entry.skip is None)
    return table, [cells for cells, _number in zip(entries, range(_SHOWN), strict=False)]


def suggestion(headers: Iterable[str], kind: FileKind) -> dict[str, str]:
    """Return the header for each of our fields that its synonyms recognise."""
    return suggested(list(headers), kind)


def _unnamed(content: bytes, filename: str) -> Table:
    """Read a table by its first filled line, whatever its headers are called."""
    text = decode(opener(content)) if not content.startswith(b"PK") else None
    mark = by_count(text.lines()) if text else ""
    probe = read_table(content, filename, source=Source(has_header=False, delimiter=mark))
    widest = max((len(list(filter(None, cells))) for _line, cells in _first(probe)), default=0)
    line = next((line for line, cells in _first(probe) if len(list(filter(None, cells))) == widest), 1)
    return read_table(content, filename, source=Source(header_line=line, delimiter=mark))


def _first(table: Table) -> list[tuple[int, list[str]]]:
    return [found for found, _number in zip(table.lines(), range(30), strict=False)]


def _place(column: ImportColumn, kind: FileKind) -> Place:
    synonyms = {known.field: known.synonyms[0] for known in COLUMNS[kind]}
    header = column.header or synonyms.get(column.field, column.field)
    return Place(column.field, header, column.position or 0, column.width or 0)

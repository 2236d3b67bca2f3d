"""Lists as files for a spreadsheet: what is filtered and sorted, streamed, with nothing in it that could run."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import chain, islice
from typing import IO, Any

import xlsxwriter
from django.conf import settings
from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from companies.choices import LinkState, RatingState, Role
from companies.models import Account
from monitoring.choices import Cell
from monitoring.models import MatrixCell, Standing

Value = str | int | Decimal | date | None

CHUNK = 1000  # rows read at once
SHEET_ROWS = 1_000_000  # a worksheet holds 1 048 576
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Sheet:
    """A heading and its rows. Identifiers are texts, amounts Decimals, days dates; None is an empty cell."""

    head: list[str]
    rows: Iterator[list[Value]]


def portfolio(standings: QuerySet[Standing]) -> Sheet:
    """These standings, in order. Words are looked up now: rows may be read when the request's language is gone."""
    currency = settings.PORTFOLIO_CURRENCY
    head = [
        _("Company"), _("Registration number"), _("VAT number"), _("Accounts"), _("Country"), _("Roles"),
        _("Rating"), _("Rating state"), _("Score"), *(f"{label} ({currency})" for label in _amounts()),
        _("Use of limit"), _("Cell"), _("Open alerts"), _("Last report"), _("Link"),
    ]  # fmt: skip
    return Sheet(head=head, rows=_lines(standings.select_related("company"), _words()))


def as_csv(sheet: Sheet, *, comma: bool) -> Iterator[str]:
    """UTF-8 text with its mark, `;` between cells; decimals after a comma where the reader's language has it so."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    out.write("\ufeff")
    head: list[Value] = [*sheet.head]
    for row in chain([head], sheet.rows):
        writer.writerow([_written(value, comma=comma) for value in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def as_xlsx(sheet: Sheet, out: IO[bytes]) -> None:
    """A workbook written row by row; numbers as numbers, texts never as formulas or links."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        rows = iter(sheet.rows)
        first = list(islice(rows, 1))
        while first:
            _worksheet(book, sheet.head, chain(first, islice(rows, SHEET_ROWS - 1)))
            first = list(islice(rows, 1))
        if not book.worksheets():
            _worksheet(book, sheet.head, iter(()))


def inert(text: str) -> str:
    """A text that a spreadsheet can't take for a formula."""
    return f"'{text}" if text.startswith(RISKY) else text


def _amounts() -> list[str]:
    return [
        _("Credit limit"), _("Contract limit"), _("ERP limit"), _("Exposure"), _("Overdue"),
        _("Above the credit limit"), _("Above the ERP limit"),
    ]  # fmt: skip


def _words() -> dict[str, str]:
    cells = MatrixCell.objects.in_force()
    words = dict([*Role.choices, *RatingState.choices, *Cell.choices, *LinkState.choices])
    return {key: str(word) for key, word in words.items()} | {cell.code: cell.label for cell in cells}


def _lines(standings: QuerySet[Standing], words: dict[str, str]) -> Iterator[list[Value]]:
    rows = standings.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        codes: dict[int, list[str]] = defaultdict(list)
        for company, code in Account.objects.filter(company__in=[row.pk for row in chunk]).values_list(
            "company", "code"
        ):
            codes[company].append(code)
        yield from (_line(row, codes[row.pk], words) for row in chunk)


def _line(row: Standing, codes: list[str], words: dict[str, str]) -> list[Value]:
    company = row.company
    return [
        row.name, company.registration_number, company.vat_number, " ".join(codes), row.country,
        ", ".join(words[role.value] for role in row.roles), row.rating, words[row.rating_state], row.score,
        row.credit_limit, row.contract_limit, row.erp_limit, row.exposure, row.overdue,
        row.over_credit_limit, row.over_erp_limit, row.use_of_limit, words[row.cell], row.open_alerts,
        localdate(row.reported_at) if row.reported_at else None, words[row.link_state],
    ]  # fmt: skip


def _written(value: Value, *, comma: bool) -> str:
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",") if comma else f"{value:f}"
    return "" if value is None else str(value)


def _worksheet(book: Any, head: list[str], rows: Iterator[list[Value]]) -> None:
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    amount, day = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, len(head) - 1, 15)
    sheet.write_row(0, 0, head, bold)
    number = 0
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            _cell(sheet, (number, place), value, amount=amount, day=day)
    sheet.autofilter(0, 0, number, len(head) - 1)


def _cell(sheet: Any, at: tuple[int, int], value: Value, *, amount: Any, day: Any) -> None:  # xlsxwriter ships no types
    if isinstance(value, str):
        sheet.write_string(*at, value)
    elif isinstance(value, Decimal):
        sheet.write_number(*at, float(value), amount)
    elif isinstance(value, date):
        sheet.write_datetime(*at, value, day)
    elif value is not None:
        sheet.write_number(*at, value)

"""Lists as files for a spreadsheet: what is filtered and sorted, streamed, with nothing in it that could run."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
from monitoring.models import MatrixCell

Value = str | int | Decimal | date | None

MARKS = ("hatched", "overridden", "inherited", "no_limit")
CHUNK = 1000  # rows read at once
SHEET_ROWS = 1_000_000  # a worksheet holds 1 048 576
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Sheet:
    """A heading and its rows. Identifiers are texts, amounts Decimals, days dates; None is an empty cell."""

    head: list[str]
    rows: Iterator[list[Value]]


def portfolio(rows: QuerySet[Any], *, past: tuple[date, str] | None = None) -> Sheet:
    """These standings, or positions of a `past` day with how it was known in words, in order; each has its cell as
    `place`. Words are looked up now: rows may be read when the request's language is gone."""
    currency = settings.PORTFOLIO_CURRENCY
    head = [
        _("Company"), _("Registration number"), _("VAT number"), _("Accounts"), _("Country"), _("Roles"),
        _("Rating"), _("Rating state"), _("Score"), *(f"{label} ({currency})" for label in _amounts()),
        _("Use of limit"), _("Cell"), *_ends(past), _("Link"), _("Business unit"), _("Analyst"), _("Sector"),
        _("Marks"),
    ]  # fmt: skip
    return Sheet(head=head, rows=_lines(rows.select_related("company"), _words(), past))


def marks() -> dict[str, str]:
    """What must be known of a place before it is believed: field and words."""
    return {
        "hatched": _("Score out of date"),
        "overridden": _("Placed by hand"),
        "inherited": _("Column of the parent"),
        "no_limit": _("No limit known"),
    }


def _ends(past: tuple[date, str] | None) -> list[str]:
    """What only today has, and what only the past needs."""
    return [_("On the day"), _("Known when")] if past else [_("Open alerts"), _("Last report")]


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
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        rows = iter(sheet.rows)
        first = list(islice(rows, 1))
        while first:
            fill(book, "", Sheet(sheet.head, chain(first, islice(rows, SHEET_ROWS - 1))))
            first = list(islice(rows, 1))
        if not book.worksheets():
            fill(book, "", Sheet(sheet.head, iter(())))


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
    said = {key: str(word) for key, word in words.items()} | {cell.code: cell.label for cell in cells}
    return said | marks()


def _lines(standings: QuerySet[Any], words: dict[str, str], past: tuple[date, str] | None) -> Iterator[list[Value]]:
    rows = standings.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        codes: dict[int, list[str]] = defaultdict(list)
        accounts = Account.objects.filter(company__in=[row.company_id for row in chunk])
        for company, code in accounts.values_list("company", "code"):
            codes[company].append(code)
        yield from (_line(row, codes[row.company_id], words, past) for row in chunk)


def _line(row: Any, codes: list[str], words: dict[str, str], past: tuple[date, str] | None) -> list[Value]:
    company = row.company
    reported = None if past or not row.reported_at else localdate(row.reported_at)
    return [
        row.name, company.registration_number, company.vat_number, " ".join(codes), row.country,
        ", ".join(words[role.value] for role in row.roles), row.rating, words[row.rating_state], row.score,
        row.credit_limit, row.contract_limit, row.erp_limit, row.exposure, row.overdue,
        row.over_credit_limit, row.over_erp_limit, row.use_of_limit, words[row.place],
        *(past or (row.open_alerts, reported)), words[row.link_state], row.business_unit, row.analyst, row.sector,
        ", ".join(words[name] for name in marks_of(row)),
    ]  # fmt: skip


def marks_of(row: Any) -> list[str]:
    """The fields of `marks` that hold for a standing or a position."""
    return [name for name in MARKS if getattr(row, name)]


def _written(value: Value, *, comma: bool) -> str:
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",") if comma else f"{value:f}"
    return "" if value is None else str(value)


def fill(book: Any, name: str, sheet: Sheet, *, above: Sequence[tuple[str, str]] = ()) -> None:
    """Add a worksheet to an xlsxwriter workbook, with lines `above` the heading that say what it is of."""
    page, bold = book.add_worksheet(name or None), book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    amount, day = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    page.set_column(0, 0, 38)
    page.set_column(1, len(sheet.head) - 1, 15)
    for number, (label, words) in enumerate(above):
        page.write_string(number, 0, label)
        page.write_string(number, 1, words)
    top = len(above) + 1 if above else 0
    page.freeze_panes(top + 1, 1)
    for place, word in enumerate(sheet.head):
        page.write_string(top, place, word, bold)
    number = top
    for number, row in enumerate(sheet.rows, start=top + 1):
        for place, value in enumerate(row):
            _cell(page, (number, place), value, amount=amount, day=day)
    page.autofilter(top, 0, number, len(sheet.head) - 1)


def _cell(sheet: Any, at: tuple[int, int], value: Value, *, amount: Any, day: Any) -> None:  # xlsxwriter ships no types
    if isinstance(value, str):
        sheet.write_string(*at, value)
    elif isinstance(value, Decimal):
        sheet.write_number(*at, float(value), amount)
    elif isinstance(value, date):
        sheet.write_datetime(*at, value, day)
    elif value is not None:
        sheet.write_number(*at, value)

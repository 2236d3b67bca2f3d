"""Reading the cells of one line by field, recording every complaint with the column's own name."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import islice

from companies.choices import FileKind
from companies.imports.amounts import Amount, AmountFlaw, AmountNote, BadAmount, parse_amount, plain_amount
from companies.imports.columns import Layout, is_aged_balance, is_fec, layout, looks_like
from companies.imports.dates import BadDate, DateFlaw, DateProfile, guess_compact, parse_date
from companies.imports.files import Entry, Skip, Table
from companies.imports.outcome import FileProblem, Issues, RowError
from companies.imports.sources import DETECTED, Source
from companies.texts import text as _

CENT = Decimal("0.01")
_SAMPLE = 2000
_MOST_DAYS = 20_000
_EXCEL_ERROR = re.compile(r"#(?:ERROR|N/A|REF!|DIV/0!|NULL!|NUM!|NOMBRE!|NAME\?|NOM\?|VALUE!|VALEUR!|#+)")
_DATES = ("document_date", "due_date", "deliver_on")


class Reader:
    """The table of a file with what was found in it; `line` and `cells` are those of the line being read.

    `days` are the dates by their text that were read and of which nothing was to be said.
    """

    def __init__(self, table: Table, kind: FileKind, today: date, source: Source = DETECTED) -> None:
        self.table = table
        self.today = today
        self.source = source
        self.layout: Layout = layout(table.headers, kind, source)
        self.issues = Issues()
        self.skipped: dict[str, int] = {}
        self.totals: list[Entry] = []
        self.line = 0
        self.cells: list[str] = []
        self._width = len(table.headers)
        self._index = self.layout.index
        self.days: dict[str, date] = {}
        self._check_columns(kind)

    @property
    def usable(self) -> bool:
        """Whether the columns are there, so that rows can be read."""
        return not self.issues.errors

    def lines(self) -> Iterator[None]:
        """Go from one line of data to the next, counting those left out; a file that breaks off is an error."""
        width, mark = self._width, self.table.delimiter
        try:
            for entry in self.table.entries():
                self.line, self.cells, skip = entry
                if skip is not None:
                    self._leave(entry, skip)
                elif (len(self.cells) == width and not mark) or self._fits():
                    yield
        except FileProblem as problem:
            self.issues.error(0, ("", ""), problem.code, problem.reason, problem.fix)

    def warnings(self) -> list[RowError]:
        """Return the notices on the file, then the warnings on its columns and lines."""
        return [*self.table.notices, *self.issues.warnings()]

    def has(self, field: str) -> bool:
        """Whether the file has a column for this field."""
        return field in self._index

    def text(self, field: str) -> str:
        """Return the cell of a field; empty when the cell or the column is missing."""
        position = self._index.get(field)
        return "" if position is None else self.cells[position]

    def cell(self, field: str) -> tuple[str, str]:
        """Return the column's name in the file and the value, as an error shows them."""
        return self.layout.header(field), self.text(field)

    def skip(self, reason: Skip) -> None:
        """Count a line that is left out."""
        self.skipped[reason.value] = self.skipped.get(reason.value, 0) + 1

    def error(self, field: str, code: str, reason: str, fix: str) -> None:
        """Record an error in a cell of this line."""
        self.issues.error(self.line, self.cell(field), code, reason, fix)

    def warn(self, field: str, code: str, reason: str, fix: str) -> None:
        """Record a warning on a cell of this line."""
        self.issues.warn(self.line, self.cell(field), code, reason, fix)

    def short(self, field: str, longest: int) -> str:
        """Return a text, with an error when it is longer than can be stored or an error of Excel."""
        position = self._index.get(field)
        if position is None:
            return ""
        value = self.cells[position]
        if len(value) > longest:
            reason = _("This text has %(length)d characters; %(longest)d are possible.")
            shown = {"length": len(value), "longest": longest}
            self.error(field, "too_long", reason % shown, _("Shorten it, or check that the columns did not shift."))
        elif value[:1] == "#" and _EXCEL_ERROR.fullmatch(value):
            reason = _("This is an error of Excel, not a text.")
            self.error(field, "excel_error", reason, _("Correct the formula in Excel, and export again."))
        return value

    def amount(self, field: str) -> Amount:
        """Return the amount of a cell to the cent; an error and no value when it cannot be read."""
        text = self.text(field)
        plain = plain_amount(text, self.source.numbers)
        if plain is not None:
            return plain
        try:
            amount = parse_amount(text, self.source.numbers)
        except BadAmount as bad:
            self.error(field, f"amount_{bad.flaw}", _amount_reason(bad.flaw), _amount_fix(bad.flaw))
            return Amount(None)
        if amount.note:
            self._assumed(field, amount)
        value = amount.value
        if value is None or value == value.quantize(CENT):
            return amount
        return self._rounded(field, amount)

    def date(self, field: str) -> date | None:
        """Return the date of a cell, None for an empty one; an error and None when it cannot be read."""
        text = self.text(field)
        if not text:
            return None
        known = self.days.get(text)
        if known is not None:
            return known
        try:
            day = parse_date(text, self._profile)
        except BadDate as bad:
            self.error(field, f"date_{bad.flaw}", _date_reason(bad.flaw), _date_fix(bad.flaw))
            return None
        if not day.plausible and day.value:
            reason = _("This reads as %(date)s, which is hardly meant.") % {"date": day.value.isoformat()}
            self.warn(field, "date_implausible", reason, _("Write the date as 31/01/2026."))
        elif day.value and len(self.days) < _MOST_DAYS:
            self.days[text] = day.value
        return day.value

    def _leave(self, entry: Entry, skip: Skip) -> None:
        self.skip(skip)
        if skip is Skip.GRAND_TOTAL:
            self.totals.append(entry)

    def _fits(self) -> bool:
        """Refuse a line with more values than the header, or one that swallowed the next: a stray separator."""
        cells, width = self.cells, self._width
        surplus = len(cells) > width and any(cells[width:])
        if not surplus and not (self.table.delimiter and "\n" in "".join(cells) and self._swallowed()):
            cells.extend([""] * (width - len(cells)))
            return True
        self.issues.error(
            self.line,
            ("", " | ".join(self.cells)),
            "shifted",
            _("This line has %(found)d values for %(expected)d columns.")
            % {"found": len(self.cells), "expected": self._width}
            if surplus
            else _("A quotation mark opened on this line swallows the next one."),
            _("A value holds the separator or a quotation mark: put the whole value between quotation marks."),
        )
        return False

    def _swallowed(self) -> bool:
        mark = self.table.delimiter
        return any("\n" in cell and cell.count(mark) > 1 for cell in self.cells)

    def _assumed(self, field: str, amount: Amount) -> None:
        if amount.note is AmountNote.AMBIGUOUS:
            reason = _("This could be thousands or decimals; it was read as %(value)s.") % {"value": amount.value}
            self.warn(field, "amount_ambiguous", reason, _("Export amounts with two decimals."))
        else:
            reason = _("This looks like an IBM zoned number; it was read as %(value)s.") % {"value": amount.value}
            self.warn(field, "amount_zoned", reason, _("Check the amount and its sign, or export edited numbers."))

    def _rounded(self, field: str, amount: Amount) -> Amount:
        value = (amount.value or Decimal(0)).quantize(CENT, ROUND_HALF_UP)
        reason = _("This amount has more than two decimals; it was rounded to %(value)s.") % {"value": value}
        self.warn(field, "amount_rounded", reason, _("Export amounts with two decimals."))
        return amount._replace(value=value)

    @cached_property
    def _profile(self) -> DateProfile:
        """How this file writes dates: as its source says, else judged once on the first values of its date columns."""
        if self.source.dates:
            return DateProfile(self.source.dates, self.table.epoch_1904)
        columns = [self.layout.index[field] for field in _DATES if field in self.layout.index]
        entries = islice((e.cells for e in self.table.entries() if e.skip is None), _SAMPLE)
        values = {cells[n] for cells in entries for n in columns if n < len(cells)}
        six = sorted(value for value in values if len(value) == 6 and value.isdigit())
        form = guess_compact(six, self.today) if six else None
        if form:
            reason = _("Six-digit dates such as %(sample)s were read as %(form)s: only that order gives real dates.")
            fix = _("Check a few dates, or export them as 31/01/2026.")
            self.issues.warn(0, ("", six[0]), "date_six", reason % {"sample": six[0], "form": form.upper()}, fix)
        return DateProfile(form, self.table.epoch_1904)

    def _check_columns(self, kind: FileKind) -> None:
        problem = None if self.source.places else _other_kind(self.table.headers, kind)
        if problem:
            self.issues.error(self.table.header_line, ("", ""), *problem)
            return
        for column in self.layout.missing:
            self.missing(column.synonyms, required=column.required)
        for header in self.layout.extra:
            reason = _("The column “%(column)s” is not known and was not read.") % {"column": header}
            fix = _("Nothing to do if it does not matter; otherwise rename it as the documentation says.")
            self.issues.warn(self.table.header_line, (header, ""), "unknown_column", reason, fix)
        for header, used in self.layout.doubled:
            reason = _("The column “%(column)s” was not read: “%(used)s” says the same more precisely.")
            fix = _("Nothing to do, unless the other column is the right one: then remove “%(used)s”.")
            shown = {"column": header, "used": used}
            self.issues.warn(self.table.header_line, (header, ""), "doubled_column", reason % shown, fix % shown)

    def missing(self, synonyms: tuple[str, ...], *, required: bool = True) -> None:
        """Record that a column is missing, with the names it may have."""
        reason = _("The column “%(column)s” is missing. Columns found: %(found)s.")
        shown = {"column": synonyms[0], "found": ", ".join(h for h in self.table.headers if h)}
        fix = _("Add it to the export, under one of these names: %(names)s.") % {"names": ", ".join(synonyms[:8])}
        tell = self.issues.error if required else self.issues.warn
        tell(self.table.header_line, (synonyms[0], ""), "missing_column", reason % shown, fix)


def _other_kind(headers: tuple[str, ...], kind: FileKind) -> tuple[str, str, str] | None:
    """Return code, reason and fix for a table of another kind, before it gives a thousand errors."""
    other = FileKind.OPEN_ITEMS if kind == FileKind.PARTNERS else FileKind.PARTNERS
    if is_fec(headers):
        reason = _("This is a FEC: all the entries of a year, paid ones included.")
        return "fec", reason, _("Import it as open items.")
    if is_aged_balance(headers) and kind != FileKind.AGED_BALANCE:
        reason = _("This is an aged balance: one line an account, without its documents.")
        fix = _("Export the open items instead, one line a document; or import it as an aged balance.")
        return "aged_balance", reason, fix
    if kind == FileKind.COMMITMENTS and {"due_date", "debit"} & layout(headers, FileKind.OPEN_ITEMS).index.keys():
        other, mistaken = FileKind.OPEN_ITEMS, "deliver_on" not in layout(headers, kind).index
    else:
        mistaken = looks_like(headers, other) and not looks_like(headers, kind)
    if mistaken:
        reason = _("This file looks like another kind: %(kind)s.") % {"kind": other.label}
        return "other_kind", reason, _("Choose that kind when importing it, or choose another file.")
    return None


def _amount_reason(flaw: AmountFlaw) -> str:
    reasons = {
        AmountFlaw.EXCEL_ERROR: _("This is an error of Excel, not an amount."),
        AmountFlaw.SCIENTIFIC: _("Excel wrote this amount as a power of ten: digits are lost."),
        AmountFlaw.SEPARATORS: _("The separators of this amount contradict each other."),
        AmountFlaw.TOO_LARGE: _("This amount has more than fourteen digits."),
        AmountFlaw.NOT_A_NUMBER: _("This is not an amount."),
    }
    return reasons[flaw]


def _amount_fix(flaw: AmountFlaw) -> str:
    if flaw in {AmountFlaw.EXCEL_ERROR, AmountFlaw.SCIENTIFIC}:
        return _("Widen the column or correct the formula in Excel, and export again.")
    if flaw is AmountFlaw.TOO_LARGE:
        return _("Check that it is not a document number in the wrong column.")
    return _("Write it as 1 234,56 or -1234.56.")


def _date_reason(flaw: DateFlaw) -> str:
    reasons = {
        DateFlaw.NO_SUCH_DAY: _("This day does not exist."),
        DateFlaw.MONTH_FIRST: _("This date has its month first; days come first here."),
        DateFlaw.SIX_DIGITS: _("Six digits can be read as a date in several ways."),
        DateFlaw.BAD_YEAR: _("The year of this date is not possible."),
        DateFlaw.NOT_A_DATE: _("This is not a date."),
    }
    return reasons[flaw]


def _date_fix(flaw: DateFlaw) -> str:
    if flaw is DateFlaw.NO_SUCH_DAY:
        return _("Correct it in the ERP: the month has fewer days, or the year has no 29 February.")
    return _("Export dates as 31/01/2026 or 2026-01-31.")

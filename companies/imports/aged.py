"""Rows of an aged balance: what each account owes by bucket, without its documents (domain 6.1)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Unpack

from companies.choices import AgeingBucket, FileKind
from companies.imports.cells import CENT, Reader
from companies.imports.closing import closing_date
from companies.imports.columns import AGED_BALANCE
from companies.imports.files import Table
from companies.imports.open_items import Known
from companies.imports.outcome import Parsed
from companies.imports.partners import read_currency
from companies.imports.signs import figure, grand_total
from companies.imports.sources import DETECTED, Source
from companies.texts import text as _

BUCKETS = {
    "not_due": AgeingBucket.NOT_DUE,
    "days_30": AgeingBucket.DAYS_1_30,
    "days_60": AgeingBucket.DAYS_31_60,
    "days_90": AgeingBucket.DAYS_61_90,
    "over_90": AgeingBucket.DAYS_OVER_90,
    "days_120": AgeingBucket.DAYS_OVER_90,
    "over_120": AgeingBucket.DAYS_OVER_90,
    "credits": AgeingBucket.CREDITS,
}
_FEWEST = 2
_NOT_DUE = next(column for column in AGED_BALANCE if column.field == "not_due")


@dataclass(frozen=True, slots=True)
class AgedRow:
    """What one account owes; `buckets` are those that are not 0, credits negative, and together they make `total`."""

    line: int
    account: str
    name: str
    buckets: tuple[tuple[AgeingBucket, Decimal], ...]
    currency: str

    @property
    def total(self) -> Decimal:
        """The balance of the account."""
        return sum((amount for _bucket, amount in self.buckets), Decimal(0))


def parse_aged_balance(
    table: Table, *, today: date, source: Source = DETECTED, **known: Unpack[Known]
) -> Parsed[AgedRow]:
    """Turn a table into balances; a row, and the total line, must make their total to the cent (domain 5.9)."""
    reader = Reader(table, FileKind.AGED_BALANCE, today, source)
    if reader.usable and sum(reader.has(field) for field in BUCKETS) < _FEWEST:
        reader.missing(_NOT_DUE.synonyms)
    readable, filename = reader.usable, known.get("filename") or table.filename
    parsed = Parsed[AgedRow](as_of=closing_date(reader, today=today, as_of=known.get("as_of"), filename=filename))
    if readable:
        balance = _Balance(reader)
        parsed.rows, parsed.left_out = balance.rows(), balance.left_out
        parsed.total, parsed.control_total = balance.sums["total"], balance.check()
    parsed.errors, parsed.warnings, parsed.skipped = reader.issues.errors, reader.warnings(), reader.skipped
    return parsed


class _Balance:
    """The rows of one file while they are read, with the sum of each column."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.fields = [field for field in BUCKETS if reader.has(field)]
        self.sums = dict.fromkeys(["total", *self.fields], Decimal(0))
        self.left_out: set[tuple[str, ...]] = set()
        self._lines: dict[str, int] = {}

    def rows(self) -> list[AgedRow]:
        """Read every line; an account that owes nothing gives no row."""
        found: list[AgedRow] = []
        for _line in self.reader.lines():
            before = len(self.reader.issues.errors)
            row = self._row()
            if len(self.reader.issues.errors) > before:
                self.left_out.add((self.reader.text("account"),))
            elif row.buckets:
                found.append(row)
        return found

    def check(self) -> Decimal | None:
        """Compare the sum of each column with the file's own total line; return its total."""
        entry = grand_total(self.reader.totals)
        if entry is None:
            return None
        for field, total in self.sums.items():
            control = figure(self.reader, entry, field)
            if control is not None and abs(control - total) > CENT and not self.reader.issues.errors:
                shown = {"control": control, "total": total, "gap": control - total}
                reason = _(
                    "The total line says %(control)s, the lines above make %(total)s: the difference is %(gap)s."
                )
                cell = (self.reader.layout.header(field), str(control))
                fix = _("The file is cut short or was edited: export it again.")
                self.reader.issues.error(entry.line, cell, "control_total", reason % shown, fix)
        return figure(self.reader, entry, "total")

    def _row(self) -> AgedRow:
        reader, code = self.reader, self._account()
        amounts: dict[AgeingBucket, Decimal] = {}
        for field in self.fields:
            value = reader.amount(field).value or Decimal(0)
            self.sums[field] += value
            amounts[BUCKETS[field]] = amounts.get(BUCKETS[field], Decimal(0)) + value
        filled = tuple((bucket, amount) for bucket, amount in amounts.items() if amount)
        row = AgedRow(reader.line, code, reader.text("name"), filled, read_currency(reader, None))
        self.sums["total"] += row.total
        self._check_row(row)
        return row

    def _check_row(self, row: AgedRow) -> None:
        stated = self.reader.amount("total").value if self.reader.has("total") else None
        if stated is not None and abs(stated - row.total) > CENT:
            reason = _("The buckets of this line make %(sum)s, its total says %(total)s.")
            fix = _("Correct it in the file, or export it again: a bucket is missing or was edited.")
            self.reader.error("total", "row_total", reason % {"sum": row.total, "total": stated}, fix)

    def _account(self) -> str:
        code = self.reader.short("account", 30)
        if not code:
            reason = _("The account code is empty.")
            self.reader.error("account", "empty_code", reason, _("Fill it in, or remove the line."))
        first = self._lines.setdefault(code, self.reader.line)
        if code and first != self.reader.line:
            reason = _("This account is already on line %(line)d.") % {"line": first}
            self.reader.error("account", "repeated_code", reason, _("Keep one line an account."))
        return code

"""The financial tab: years side by side, as rows of texts that the template only has to place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from companies import formats
from companies.creditsafe.payloads import Report
from companies.creditsafe.payloads.values import mapping, number
from companies.services.statements import Year, years
from monitoring import charts
from monitoring.services.labels import key_label

YEARS = 5
DEEPEST = 5
WIDEST = 400  # rows of one statement; the report itself keeps them all
NET, GROSS, WRITTEN_OFF = "total", "gross", "amortisation"


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it reads; `down` for one below zero."""

    text: str
    down: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line over the years, newest first. `code` is the provider's key; without cells it heads what follows."""

    label: str
    code: str
    level: int
    cells: tuple[Cell, ...]
    spark: charts.Sparkline | None = None
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    title: str | Promise
    anchor: str
    rows: list[Row]
    is_open: bool = False

    @property
    def has_spark(self) -> bool:
        return any(row.spark for row in self.rows)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The columns, newest first, then the statements that fold."""

    years: list[Year]
    key_rows: list[Row]
    statements: list[Statement]

    @property
    def columns(self) -> int:
        """Label, trend and years."""
        return len(self.years) + 2

    @property
    def has_odd_year(self) -> bool:
        """A year of another length than twelve months: its figures do not compare with the others."""
        return any(year.months not in {None, 12} for year in self.years)


Read = Callable[[Year], Decimal | None]


def _profit(key: str) -> Read:
    return lambda year: year.statement.profit_and_loss.get(key)


def _balance(key: str) -> Read:
    return lambda year: year.statement.balance_sheet.get(key)


def _other(key: str) -> Read:
    return lambda year: number(year.statement.other.get(key))


KEY_FIGURES: tuple[tuple[str, Promise, Read], ...] = (
    ("turnover", _("Turnover"), Year.turnover),
    ("operatingProfit", _("Operating profit"), _profit("operatingProfit")),
    ("profitBeforeTax", _("Profit before tax"), _profit("profitBeforeTax")),
    ("netResult", _("Net result"), Year.net_result),
    ("equity", _("Equity"), Year.equity),
    ("netWorth", _("Net worth"), _other("netWorth")),
    ("workingCapital", _("Working capital"), _other("workingCapital")),
    ("cash", _("Cash"), _balance("cash")),
    ("totalAssets", _("Total assets"), _balance("totalAssets")),
    ("totalLiabilities", _("Total debts"), _balance("totalLiabilities")),
)
Part = Callable[[Year], Mapping[str, Any]]
# title, anchor, where it is, decimals, whether each line gets its trend, open at first
PARTS: tuple[tuple[Promise, str, Part, int, bool, bool], ...] = (
    (_("Balance sheet"), "balance", lambda year: year.statement.balance_sheet, 0, False, True),
    (_("Profit and loss"), "result", lambda year: year.statement.profit_and_loss, 0, False, True),
    (_("Ratios"), "ratios", lambda year: year.statement.ratios, 2, True, True),
    (_("Intermediate balances (SIG)"), "sig", lambda year: mapping(year.full.sections.get("sig")), 0, True, True),
    (_("French accounts, synthesised"), "local", lambda year: year.local.sections, 0, False, False),
    (
        _("French accounts, detailed"),
        "full",
        lambda year: {key: value for key, value in year.full.sections.items() if key != "sig"},
        0,
        False,
        False,
    ),
)


def accounts(report: Report) -> Accounts | None:
    """The latest years of the report, None when it has none."""
    found = years(report, most=YEARS)
    if not found:
        return None
    language = get_language() or "fr"
    rows = [row for key, label, read in KEY_FIGURES for row in _key_row(key, str(label), found, read, language)]
    statements = [
        Statement(title, anchor, lines, is_open)
        for title, anchor, part, places, trend, is_open in PARTS
        if (lines := tree([part(year) for year in found], language=language, places=places, trend=trend))
    ]
    return Accounts(found, rows, _named(statements, report))


def _named(statements: list[Statement], report: Report) -> list[Statement]:
    """Outside France the local layouts are the country's own."""
    if report.country in {"", "FR"}:
        return statements
    return [
        Statement(_("Accounts in the country's own layout"), one.anchor, one.rows, one.is_open)
        if one.anchor in {"local", "full"}
        else one
        for one in statements
    ]


def _key_row(key: str, label: str, found: list[Year], read: Read, language: str) -> Iterator[Row]:
    values = [read(year) for year in found]
    if any(value is not None for value in values):
        drawn = charts.sparkline(values[::-1]) if len(values) - values.count(None) > 1 else None
        yield Row(label, key, 0, cells(values, language, 0), drawn)


def cells(values: Iterable[Decimal | None], language: str, places: int) -> tuple[Cell, ...]:
    return tuple(Cell(formats.money(value, language, places), value is not None and value < 0) for value in values)


def tree(parts: Sequence[Mapping[str, Any]], *, language: str, places: int = 0, trend: bool = False) -> list[Row]:
    """Rows of a statement whose years have the same keys, more or less; lines that no year knows are left out.

    The provider repeats balances under several keys: one of the top level that reads like another is shown once.
    """
    once: dict[tuple[object, ...], Row] = {}
    for place, row in enumerate(_tree(parts, 0, language, places, trend)):
        once.setdefault((place,) if row.level or not row.cells else (row.label, row.cells), row)
    return list(once.values())[:WIDEST]


def _tree(parts: Sequence[Mapping[str, Any]], level: int, language: str, places: int, trend: bool) -> Iterator[Row]:
    for key in _keys(parts):
        values = [part.get(key) for part in parts]
        if any(isinstance(value, Mapping) for value in values):
            yield from _branch(key, [mapping(value) for value in values], level, language, places, trend)
        else:
            yield from _leaf(key, values, level, language, places, trend)


def _keys(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of all years, in the order in which they first come."""
    return list(dict.fromkeys(str(key) for part in parts for key in part))


def _branch(
    key: str, parts: list[Mapping[str, Any]], level: int, language: str, places: int, trend: bool
) -> Iterator[Row]:
    if set(_keys(parts)) <= {NET, GROSS, WRITTEN_OFF}:
        yield from _leaf(key, [part.get(NET, part.get(GROSS)) for part in parts], level, language, places, trend)
        return
    below = list(_tree(parts, level + 1, language, _places(key, places), trend)) if level < DEEPEST else []
    if below:
        yield Row(key_label(key), key, level, ())
        yield from below


def _leaf(key: str, values: list[Any], level: int, language: str, places: int, trend: bool) -> Iterator[Row]:
    figures = [value if isinstance(value, Decimal) else number(value) for value in values]
    if all(value is None for value in figures):
        return
    fraction = places or (2 if _is_fraction(key, figures) else 0)
    spark = charts.sparkline(figures[::-1]) if trend and len(figures) - figures.count(None) > 1 else None
    yield Row(key_label(key), key, level, cells(figures, language, fraction), spark, _is_total(key))


def _places(key: str, places: int) -> int:
    return 2 if key == "ratios" else places


def _is_fraction(key: str, figures: Iterable[Decimal | None]) -> bool:
    named = "percentage" in key.lower() or key.endswith("Difference")
    return named and any(value is not None and value != value.to_integral_value() for value in figures)


def _is_total(key: str) -> bool:
    return key.lower().startswith(("total", "subtotal", "grandtotal")) and key != NET

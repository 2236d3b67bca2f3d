"""The sections of a stored credit report, laid out as the company page shows them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from companies.creditsafe.payloads import (
    GlobalStatement,
    Group,
    GroupMember,
    Judgment,
    KeyFigures,
    LocalStatement,
    Proceeding,
    Report,
)
from companies.creditsafe.payloads.values import number
from monitoring import charts
from monitoring.services import dossier

YEARS = 5
DEEPEST = 6  # levels that the page indents
LONGEST = 100  # lines of one list; the report itself keeps them all


@dataclass(frozen=True)
class Year:
    """All that the report says of one financial year."""

    end: date
    country: str
    statement: GlobalStatement
    key: KeyFigures
    local: LocalStatement

    def turnover(self) -> Decimal | None:
        """In France the standardised revenue holds other income too (API reference 3.3)."""
        revenue = None if self.country == "FR" else self.statement.profit_and_loss.get("revenue")
        return _first(self.key.turnover, self.local.figure("profitAndLoss", "netTurnover"), revenue)

    def net_result(self) -> Decimal | None:
        return _first(self.statement.profit_and_loss.get("profitAfterTax"), self.key.net_result)

    def equity(self) -> Decimal | None:
        return _first(self.statement.balance_sheet.get("totalShareholdersEquity"), self.key.equity)


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _profit(key: str) -> Callable[[Year], Decimal | None]:
    return lambda year: year.statement.profit_and_loss.get(key)


def _balance(key: str) -> Callable[[Year], Decimal | None]:
    return lambda year: year.statement.balance_sheet.get(key)


def _other(key: str) -> Callable[[Year], Decimal | None]:
    return lambda year: number(year.statement.other.get(key))


def _ratio(key: str) -> Callable[[Year], Decimal | None]:
    return lambda year: year.statement.ratios.get(key)


AMOUNTS: tuple[tuple[Promise, Callable[[Year], Decimal | None]], ...] = (
    (_("Turnover"), Year.turnover),
    (_("Operating profit"), _profit("operatingProfit")),
    (_("Profit before tax"), _profit("profitBeforeTax")),
    (_("Net result"), Year.net_result),
    (_("Equity"), Year.equity),
    (_("Net worth"), _other("netWorth")),
    (_("Working capital"), _other("workingCapital")),
    (_("Cash"), _balance("cash")),
    (_("Total assets"), _balance("totalAssets")),
    (_("Total debts"), _balance("totalLiabilities")),
)
RATIOS: tuple[tuple[Promise, Callable[[Year], Decimal | None]], ...] = (
    (_("Profit before tax on turnover (%)"), _ratio("preTaxProfitMargin")),
    (_("Return on capital employed (%)"), _ratio("returnOnCapitalEmployed")),
    (_("Current ratio"), _ratio("currentRatio")),
    (_("Acid test"), _ratio("liquidityRatioOrAcidTest")),
    (_("Gearing (%)"), _ratio("gearing")),
    (_("Equity on total assets (%)"), _ratio("equityInPercentage")),
    (_("Days customers take to pay"), _ratio("debtorDays")),
    (_("Days to pay suppliers"), _ratio("creditorDays")),
)


@dataclass(frozen=True)
class Line:
    """One figure over the years, newest first; `spark` runs the other way."""

    label: Promise
    values: list[Decimal | None]
    spark: charts.Sparkline


@dataclass(frozen=True)
class Accounts:
    """The financial table: a column a year, newest first."""

    years: list[GlobalStatement]
    amounts: list[Line]
    ratios: list[Line]


def accounts(report: Report) -> Accounts | None:
    """The latest years of the report, None when it has none. A company's own accounts go before consolidated ones."""
    years = list(_years(report))
    if not years:
        return None
    return Accounts(
        years=[year.statement for year in years],
        amounts=[line for label, read in AMOUNTS for line in _line(label, years, read)],
        ratios=[line for label, read in RATIOS for line in _line(label, years, read)],
    )


def _years(report: Report) -> Iterator[Year]:
    own = sorted(report.financials, key=lambda one: bool(one.consolidated), reverse=True)
    statements = {one.year_end: one for one in own if one.year_end}
    keys = {one.year_end: one for one in report.key_figures if one.year_end}
    local = {one.year_end: one for one in report.local_financials if one.year_end and "profitAndLoss" in one.sections}
    for end in sorted({*statements, *keys}, reverse=True)[:YEARS]:
        statement = statements.get(end) or GlobalStatement(year_end=end, currency=report.currency)
        yield Year(end, report.country, statement, keys.get(end, KeyFigures()), local.get(end, LocalStatement()))


def _line(label: Promise, years: list[Year], read: Callable[[Year], Decimal | None]) -> Iterator[Line]:
    values = [read(year) for year in years]
    if any(value is not None for value in values):
        yield Line(label, values, charts.sparkline(values[::-1]))


@dataclass(frozen=True)
class Trouble:
    """A judgment or a notice about a proceeding; `note` joins court, people and source."""

    on: date | None
    label: str
    note: str
    is_proceeding: bool


def troubles(report: Report) -> list[Trouble]:
    """Judgments and notices together, newest first, undated last; the report repeats them by source."""
    found = [_notice(one) for one in report.proceedings] + [_judgment(one) for one in report.judgments]
    return sorted(dict.fromkeys(found), key=lambda one: one.on or date.min, reverse=True)[:LONGEST]


def _notice(one: Proceeding) -> Trouble:
    label = one.label or one.details
    return Trouble(one.date or one.published_on, label, _joined(one.court, one.representative, one.source), True)


def _judgment(one: Judgment) -> Trouble:
    label = one.label or one.details or one.code
    return Trouble(one.date, label, _joined(one.court, *one.liquidators), False)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class Relative:
    """A company of the group; `pk` is ours when it is in the portfolio, `level` how deep it stands."""

    member: GroupMember
    role: str | Promise
    pk: int | None
    level: int


def relatives(report: Report) -> list[Relative]:
    """The tree where there is one, then those it lacks, each once. One query finds those that are ours."""
    found: dict[str, tuple[GroupMember, str | Promise]] = {}
    for member, role in _members(report.group):
        found.setdefault(member.connect_id or member.name, (member, role))
    shown = list(found.values())[:LONGEST]
    known = dossier.ours(member.connect_id for member, _role in shown)
    return [Relative(one, role, known.get(one.connect_id), min(one.level or 0, DEEPEST)) for one, role in shown]


def _members(group: Group) -> Iterator[tuple[GroupMember, str | Promise]]:
    top, parent = group.ultimate_parent, group.immediate_parent
    yield from ((member, "" if member.level else _("Ultimate parent")) for member in group.tree)
    yield from ((member, _("Ultimate parent")) for member in (top,) if member)
    yield from ((member, _("Parent")) for member in (parent,) if member)
    yield from ((member, _("Subsidiary")) for member in group.subsidiaries)
    yield from ((member, _("Same group")) for member in group.affiliates)

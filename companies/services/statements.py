"""The financial years of a report, each read from the three places that tell of it (API reference 3.3 and 3.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from companies.creditsafe.payloads import GlobalStatement, KeyFigures, LocalStatement, Report

FULL = "Full"  # in the type of the detailed French statements, LocalFinancialsFullCSFR


@dataclass(frozen=True)
class Year:
    """All that the report says of one financial year."""

    end: date
    country: str
    statement: GlobalStatement
    key: KeyFigures
    local: LocalStatement
    full: LocalStatement

    def turnover(self) -> Decimal | None:
        """In France the standardised revenue holds other income too (API reference 3.3)."""
        revenue = None if self.country == "FR" else self.statement.profit_and_loss.get("revenue")
        return _first(
            self.key.turnover,
            self.local.figure("profitAndLoss", "netTurnover"),
            self.full.figure("sig", "turnover"),
            revenue,
        )

    def net_result(self) -> Decimal | None:
        return _first(self.statement.profit_and_loss.get("profitAfterTax"), self.key.net_result)

    def equity(self) -> Decimal | None:
        return _first(self.statement.balance_sheet.get("totalShareholdersEquity"), self.key.equity)

    @property
    def months(self) -> int | None:
        return self.statement.months or self.local.months or self.full.months

    @property
    def currency(self) -> str:
        return self.statement.currency or self.local.currency or self.full.currency


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def years(report: Report, *, most: int) -> list[Year]:
    """The latest years, newest first. A company's own accounts go before consolidated ones."""
    return list(_years(report, most))


def _years(report: Report, most: int) -> Iterator[Year]:
    own = sorted(report.financials, key=lambda one: bool(one.consolidated), reverse=True)
    statements = {one.year_end: one for one in own if one.year_end}
    keys = {one.year_end: one for one in report.key_figures if one.year_end}
    rows = report.local_financials
    full = {one.year_end: one for one in rows if one.year_end and FULL in one.type}
    local = {one.year_end: one for one in rows if one.year_end and FULL not in one.type}
    for end in sorted({*statements, *keys, *local, *full}, reverse=True)[:most]:
        statement = statements.get(end) or GlobalStatement(year_end=end, currency=report.currency)
        yield Year(
            end,
            report.country,
            statement,
            keys.get(end, KeyFigures()),
            local.get(end, LocalStatement()),
            full.get(end, LocalStatement()),
        )

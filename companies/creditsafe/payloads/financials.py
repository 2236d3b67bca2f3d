"""Annual accounts: the standardised form, the same for all countries, and the French local ones (3.3 and 3.4)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from companies.creditsafe.payloads.rating import iso_currency
from companies.creditsafe.payloads.values import (
    Json,
    amount,
    day,
    dig,
    first,
    flag,
    integer,
    mapping,
    number,
    rest,
    rows,
    text,
)

Figures = Mapping[str, Decimal]
_HEADER = (
    "type",
    "yearEndDate",
    "currency",
    "consolidatedAccounts",
    "month",
    "numberOfWeeks",
    "financialReportDescription",
    "dateOfCapture",
    "numberOfEmployees",
    "activityCode",
)
_DEPTH = 6  # the deepest real statement has four levels


@dataclass(frozen=True, kw_only=True)
class GlobalStatement:
    """One standardised year. Figures are in units of `currency`; a figure that isn't there has no key.

    Ratios follow the formulas of API reference 3.3. `months` is the length of the year: the local statement of the same
    day decides, since the standardised one says 52 weeks even for 18 months.
    """

    type: str = ""
    year_end: dt.date | None = None
    months: int | None = None
    currency: str = ""
    consolidated: bool | None = None
    profit_and_loss: Figures = field(default_factory=dict)
    balance_sheet: Figures = field(default_factory=dict)
    ratios: Figures = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LocalStatement:
    """One year in the country's own layout; `sections` keeps its tree and its misspellings, with Decimals."""

    type: str = ""
    year_end: dt.date | None = None
    months: int | None = None
    currency: str = ""
    consolidated: bool | None = None
    description: str = ""
    captured_on: dt.date | None = None
    employees: str = ""
    activity_code: str = ""
    sections: Mapping[str, Any] = field(default_factory=dict)

    def figure(self, *path: str) -> Decimal | None:
        """One figure by its path, such as ("profitAndLoss", "netTurnover"); None when it isn't there."""
        return number(dig(self.sections, *path))


@dataclass(frozen=True, kw_only=True)
class KeyFigures:
    """One year of `keyFinancials` (FR); `operating_surplus_percent` is a percentage of turnover, not a sum."""

    year_end: dt.date | None = None
    turnover: Decimal | None = None
    equity: Decimal | None = None
    net_result: Decimal | None = None
    operating_surplus_percent: Decimal | None = None
    employees: str = ""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The latest turnover and equity, in the report's currency; equity may be negative, unknown is None."""

    turnover: Decimal | None = None
    equity: Decimal | None = None


def parse_statements(report: Json) -> tuple[GlobalStatement, ...]:
    """Read `financialStatements`, newest first as sent."""
    local = _local_months(report)
    return tuple(_global(row, local) for row in rows(report.get("financialStatements")))


def parse_local_statements(report: Json) -> tuple[LocalStatement, ...]:
    """Read `localFinancialStatements`, of whatever country."""
    return tuple(map(_local, _locals(report)))


def parse_key_figures(report: Json) -> tuple[KeyFigures, ...]:
    """Read the French `additionalInformation.keyFinancials`."""
    return tuple(
        KeyFigures(
            year_end=day(row.get("yearToDate")),
            turnover=number(row.get("turnover")),
            equity=number(row.get("shareholdersEquity")),
            net_result=number(row.get("netResult")),
            operating_surplus_percent=number(row.get("grossOperatingSurplus")),
            employees=first(row, "employees"),
        )
        for row in rows(dig(report, "additionalInformation", "keyFinancials"))
    )


def parse_totals(report: Json, *, country: str) -> Totals:
    """Turnover and equity from the summary, else the key figures, else the accounts.

    The standardised `revenue` isn't the turnover in France: it holds grants and other income (3.3).
    """
    latest = next(iter(parse_key_figures(report)), KeyFigures())
    local = next(map(_local, _locals(report)), LocalStatement())
    year = next((_global(row, {}) for row in rows(report.get("financialStatements"))), GlobalStatement())
    turnovers = [
        amount(dig(report, "companySummary", "latestTurnoverFigure", "value")).value,
        latest.turnover,
        local.figure("profitAndLoss", "netTurnover"),
        year.profit_and_loss.get("revenue") if country != "FR" else None,
    ]
    equities = [
        amount(dig(report, "companySummary", "latestShareholdersEquityFigure", "value")).value,
        latest.equity,
        local.figure("liabilities", "shareholdersEquity"),
        year.balance_sheet.get("totalShareholdersEquity"),
    ]
    return Totals(turnover=_known(turnovers), equity=_known(equities))


def figures(value: object) -> dict[str, Decimal]:
    """The keys of an object that hold numbers, "33000" included."""
    found = ((key, number(item)) for key, item in mapping(value).items())
    return {key: item for key, item in found if item is not None}


def _known(values: list[Decimal | None]) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _local_months(report: Json) -> dict[dt.date, int]:
    """The length of each year that a local statement tells, the last one to tell it deciding."""
    told = ((day(row.get("yearEndDate")), integer(row.get("month"))) for row in _locals(report))
    return {end: months for end, months in told if end and months}


def _locals(report: Json) -> list[Json]:
    return rows(report.get("localFinancialStatements"))


def _global(row: Json, local: Mapping[dt.date, int]) -> GlobalStatement:
    year_end, weeks = day(row.get("yearEndDate")), integer(row.get("numberOfWeeks"))
    return GlobalStatement(
        type=first(row, "type"),
        year_end=year_end,
        months=(local.get(year_end) if year_end else None) or (round(weeks * 12 / 52) if weeks else None),
        currency=iso_currency(row.get("currency")),
        consolidated=flag(row.get("consolidatedAccounts")),
        profit_and_loss=figures(row.get("profitAndLoss")),
        balance_sheet=figures(row.get("balanceSheet")),
        ratios=figures(row.get("ratios")),
        other=dict(mapping(row.get("otherFinancials"))),
    )


def _local(row: Json) -> LocalStatement:
    return LocalStatement(
        type=first(row, "type"),
        year_end=day(row.get("yearEndDate")),
        months=integer(row.get("month")),
        currency=iso_currency(row.get("currency")),
        consolidated=flag(row.get("consolidatedAccounts")),
        description=first(row, "financialReportDescription"),
        captured_on=day(row.get("dateOfCapture")),
        employees=text(row.get("numberOfEmployees")),
        activity_code=first(row, "activityCode"),
        sections={key: _tree(value, _DEPTH) for key, value in rest(row, *_HEADER).items()},
    )


def _tree(value: object, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {key: _tree(item, depth - 1) for key, item in value.items()} if depth else {}
    found = number(value)
    return text(value) if found is None else found

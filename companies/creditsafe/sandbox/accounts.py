"""Annual accounts that add up, from the size of a company (API reference 3.3 and 3.4)."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

from companies.creditsafe.sandbox.directory import Company

Json = dict[str, Any]
Lines = dict[str, int]

# Total -> its parts, in the order of the reference.
ASSET_PARTS = {
    "totalTangibleAssets": ("landAndBuildings", "plantAndMachinery", "otherTangibleAssets"),
    "totalIntangibleAssets": ("goodwill", "otherIntangibleAssets"),
    "totalOtherFixedAssets": ("investments", "loansToGroup", "otherLoans", "miscellaneousFixedAssets"),
    "totalInventories": ("rawMaterials", "workInProgress", "finishedGoods", "otherInventories"),
    "totalReceivables": (
        "tradeReceivables",
        "groupReceivables",
        "receivablesDueAfter1Year",
        "miscellaneousReceivables",
    ),
}
LIABILITY_PARTS = {
    "totalCurrentLiabilities": (
        "tradePayables", "bankLiabilities", "otherLoansOrFinance", "groupPayables", "miscellaneousLiabilities",
    ),
    "totalLongTermLiabilities": (
        "tradePayablesDueAfter1Year", "bankLiabilitiesDueAfter1Year", "otherLoansOrFinanceDueAfter1Year",
        "groupPayablesDueAfter1Year", "miscellaneousLiabilitiesDueAfter1Year",
    ),
}  # fmt: skip
_WEIGHTS = {
    "landAndBuildings": 3, "plantAndMachinery": 5, "otherTangibleAssets": 1, "goodwill": 3, "otherIntangibleAssets": 1,
    "investments": 2, "loansToGroup": 0.5, "otherLoans": 0.3, "miscellaneousFixedAssets": 1, "rawMaterials": 3,
    "workInProgress": 2, "finishedGoods": 4, "otherInventories": 0.4, "tradeReceivables": 8, "groupReceivables": 0.6,
    "receivablesDueAfter1Year": 0.3, "miscellaneousReceivables": 1, "tradePayables": 6, "bankLiabilities": 1.6,
    "otherLoansOrFinance": 0.5, "groupPayables": 0.6, "miscellaneousLiabilities": 3, "tradePayablesDueAfter1Year": 0,
    "bankLiabilitiesDueAfter1Year": 5, "otherLoansOrFinanceDueAfter1Year": 1, "groupPayablesDueAfter1Year": 1,
    "miscellaneousLiabilitiesDueAfter1Year": 0.8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Year:
    """One closed year: amounts in units of the company's currency, `months` long."""

    end: date
    months: int
    profit_and_loss: Lines
    balance: Lines
    turnover: int
    staff: int


def month_end(day: date, months: int) -> date:
    """The last day of the month `months` before that of day."""
    place = day.year * 12 + day.month - 1 - months
    year, month = place // 12, place % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def split(total: int, names: tuple[str, ...], rng: Random) -> Lines:
    """Share a total among names in whole units; the largest takes what rounding leaves."""
    shares = {name: _WEIGHTS[name] * rng.uniform(0.6, 1.4) for name in names}
    whole = sum(shares.values())
    lines = {name: round(total * share / whole) for name, share in shares.items()}
    lines[max(lines, key=lines.__getitem__)] += total - sum(lines.values())
    return lines


def _result(revenue: int, margin: float, rng: Random) -> Lines:
    operating = round(revenue * margin)
    income, expenses = round(revenue * rng.uniform(0, 0.004)), round(revenue * rng.uniform(0.001, 0.012))
    gain, loss = round(revenue * rng.uniform(0, 0.004)), round(revenue * rng.uniform(0, 0.005))
    before = operating + income - expenses + gain - loss
    tax = -round(before * 0.25) if before > 0 else 0
    after = before + tax
    dividends = round(after * rng.choice((0, 0, 0.2, 0.4))) if after > 0 else 0
    return {
        "revenue": revenue, "operatingCosts": revenue - operating, "operatingProfit": operating,
        "wagesAndSalaries": round(revenue * rng.uniform(0.16, 0.34)), "depreciation": round(revenue * 0.03),
        "financialIncome": income, "financialExpenses": expenses, "extraordinaryIncome": gain,
        "extraordinaryCosts": loss, "profitBeforeTax": before, "tax": tax, "profitAfterTax": after,
        "dividends": dividends, "retainedProfit": after - dividends,
    }  # fmt: skip


def _assets(total: int, rng: Random) -> Lines:
    lines: Lines = {}
    fixed = round(total * rng.uniform(0.22, 0.45))
    intangible, other = round(fixed * rng.uniform(0.02, 0.18)), round(fixed * rng.uniform(0.03, 0.12))
    current = total - fixed
    stock, cash = round(current * rng.uniform(0.15, 0.34)), round(current * rng.uniform(0.04, 0.2))
    prepaid = round(current * 0.02)
    totals = {
        "totalTangibleAssets": fixed - intangible - other,
        "totalIntangibleAssets": intangible,
        "totalOtherFixedAssets": other,
        "totalInventories": stock,
        "totalReceivables": current - stock - cash - prepaid,
    }
    for name, parts in ASSET_PARTS.items():
        lines |= split(totals[name], parts, rng) | {name: totals[name]}
    return lines | {
        "totalFixedAssets": fixed,
        "cash": cash,
        "otherCurrentAssets": prepaid,
        "totalCurrentAssets": current,
        "totalAssets": total,
    }


def _liabilities(total: int, equity: int, rng: Random) -> Lines:
    lines: Lines = {}
    owed = total - equity
    long_term = round(owed * rng.uniform(0.14, 0.4))
    totals = {"totalCurrentLiabilities": owed - long_term, "totalLongTermLiabilities": long_term}
    for name, parts in LIABILITY_PARTS.items():
        lines |= split(totals[name], parts, rng) | {name: totals[name]}
    return lines | {"totalLiabilities": owed}


def _capital(company: Company) -> int:
    """The share capital: a round figure that does not move over the years."""
    return max(1_000, min(40_000_000, company.assets // 20 // 1_000 * 1_000))


def _equity(company: Company, equity: int, result: int) -> Lines:
    capital = _capital(company)
    premium = capital // 10 if company.index % 4 == 0 else 0
    return {
        "calledUpShareCapital": capital,
        "sharePremium": premium,
        "revenueReserves": result,
        "otherReserves": equity - capital - premium - result,
        "totalShareholdersEquity": equity,
    }


def years(company: Company) -> list[Year]:
    """The last 3 to 5 years of the company, newest first; none for a company that files no accounts, as in America.

    Equity of a year is that of the year before plus the retained profit, back from the figures of the directory.
    """
    if company.country == "US" or company.first.oddity in {"no-accounts", "no-credit-score"}:
        return []
    rng, made = company.random("accounts"), []
    end = month_end(date(2025, 12, 31), rng.choice((0, 0, 0, 0, 3, -3, 6)))
    revenue, assets, equity = company.revenue, company.assets, company.equity
    score = company.first.score if company.first.score is not None else 40
    for place in range(rng.randint(3, 5)):
        months = 18 if company.first.oddity == "long-year" and place == 1 else 12
        margin = max(-0.12, min(0.14, rng.gauss((score - 35) / 900, 0.018)))
        result = _result(revenue, margin, rng)
        balance = _assets(assets, rng) | _liabilities(assets, equity, rng)
        balance |= _equity(company, equity, result["profitAfterTax"])
        staff = max(1, round(company.staff * (0.97**place)))
        made.append(Year(end, months, result, balance, round(revenue * rng.uniform(0.95, 0.995)), staff))
        end = month_end(end, months)
        equity -= result["retainedProfit"]
        revenue = round(revenue / rng.uniform(0.93, 1.12))
        assets = max(round(assets / rng.uniform(0.94, 1.08)), equity + abs(equity) // 4, 10_000)
    return _with_filings(company, made)


def _with_filings(company: Company, made: list[Year]) -> list[Year]:
    """Add a year for each filing that an event told of: the figures of the year before, carried on."""
    for _ in range(company.filings):
        made.insert(0, replace(made[0], end=month_end(made[0].end, -12), months=12))
    return made


def next_filing(company: Company) -> date | None:
    """The end of the first year that the company has not filed yet; None for one that files nothing."""
    made = years(company)
    return month_end(made[0].end, -12) if made else None


def _over(number: float, base: float) -> float:
    return round(number / base, 2) if base else 0


def ratios(pnl: Lines, sheet: Lines) -> Json:
    """The ratios of one year (formulas of API reference 3.3): two decimals, 0 when the denominator is 0."""
    equity, total, revenue = sheet["totalShareholdersEquity"], sheet["totalAssets"], pnl["revenue"]
    before, current, debts = pnl["profitBeforeTax"], sheet["totalCurrentAssets"], sheet["totalCurrentLiabilities"]
    geared = ("bankLiabilities", "bankLiabilitiesDueAfter1Year", "miscellaneousLiabilitiesDueAfter1Year")
    return {
        "preTaxProfitMargin": _over(100 * before, revenue),
        "returnOnCapitalEmployed": _over(100 * before, equity + sheet["totalLongTermLiabilities"]),
        "returnOnTotalAssetsEmployed": _over(100 * before, total),
        "returnOnNetAssetsEmployed": _over(100 * before, equity),
        "salesOrNetWorkingCapital": _over(revenue, current - debts),
        "stockTurnoverRatio": _over(100 * sheet["totalInventories"], revenue),
        "debtorDays": _over(365 * sheet["tradeReceivables"], revenue),
        "creditorDays": _over(365 * sheet["tradePayables"], revenue),
        "currentRatio": _over(current, debts),
        "liquidityRatioOrAcidTest": _over(current - sheet["totalInventories"], debts),
        "currentDebtRatio": _over(debts, equity),
        "gearing": _over(100 * sum(sheet[name] for name in geared), equity),
        "equityInPercentage": _over(100 * equity, total - sheet["totalIntangibleAssets"]),
        "totalDebtRatio": _over(sheet["totalLiabilities"], equity),
    }


def standardised(company: Company, year: Year) -> Json:
    """One `financialStatements` row; Swedish figures come without a currency (API reference 3.5)."""
    sheet = year.balance
    row: Json = {"type": "GlobalFinancialsGGS", "yearEndDate": f"{year.end}T00:00:00Z", "numberOfWeeks": 52}
    if company.country != "SE":
        row["currency"] = company.currency
    if company.country != "FR":
        row["consolidatedAccounts"] = False
    return row | {
        "profitAndLoss": year.profit_and_loss,
        "balanceSheet": sheet,
        "otherFinancials": {
            "contingentLiabilities": "NO",
            "workingCapital": sheet["totalCurrentAssets"] - sheet["totalCurrentLiabilities"],
            "netWorth": sheet["totalShareholdersEquity"] - sheet["totalIntangibleAssets"],
        },
        "ratios": ratios(year.profit_and_loss, sheet),
    }

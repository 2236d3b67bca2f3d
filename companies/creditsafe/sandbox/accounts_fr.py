"""The French accounts of a report: the same figures as the standardised ones, under local names (API reference 3.4)."""

from companies.creditsafe.sandbox.accounts import Json, Lines, Year
from companies.creditsafe.sandbox.directory import Company


def _assets(sheet: Lines) -> Json:
    return {
        "capitalNotCalled": 0,
        "totalFixedAssets": sheet["totalFixedAssets"],
        "intangibleAssets": sheet["totalIntangibleAssets"],
        "tangibleAssets": sheet["totalTangibleAssets"],
        "financialAssets": sheet["totalOtherFixedAssets"],
        "netCurrentAssets": sheet["totalCurrentAssets"],
        "stocks": sheet["totalInventories"],
        "advancedPayments": 0,
        "receivables": sheet["totalReceivables"],
        "tradeReceivables": sheet["tradeReceivables"],
        "miscellaneousReceivables": sheet["totalReceivables"] - sheet["tradeReceivables"],
        "securitiesAndCash": sheet["cash"],
        "accountsOfRegularization": sheet["otherCurrentAssets"],
        "totalAssets": sheet["totalAssets"],
        "miscellaneousTotalAssets": sheet["otherCurrentAssets"],
        "netWorth": sheet["totalShareholdersEquity"] - sheet["totalIntangibleAssets"],
    }


def _liabilities(sheet: Lines) -> Json:
    provisions = sheet["miscellaneousLiabilitiesDueAfter1Year"]
    bank = sheet["bankLiabilities"] + sheet["bankLiabilitiesDueAfter1Year"]
    sundry = sum(value for name, value in sheet.items() if name.startswith(("otherLoansOrFinance", "groupPayables")))
    trade = sheet["tradePayables"] + sheet["tradePayablesDueAfter1Year"]
    equity = sheet["totalShareholdersEquity"]
    return {
        "shareholdersEquity": equity,
        "shareCapital": sheet["calledUpShareCapital"],
        "revaluationReserve": 0,
        "otherReserves": equity - sheet["calledUpShareCapital"],
        "otherCapitalResources": 0,
        "provisionsForRisksAndCharges": provisions,
        "liabilities": sheet["totalLiabilities"] - provisions,
        "financialLiabilities": bank + sundry,
        "advancedPaymentsReceived": 0,
        "tradeAccountPayables": trade,
        "taxAndSocialLiabilities": sheet["miscellaneousLiabilities"],
        "otherDebtsAndFixedAssetsLiabilities": 0,
        "accountRegularization": 0,
        "totalLiabilitiesAndEquity": sheet["totalAssets"],
        "bankLoansAndLiabilities": bank,
        "sundryLoansAndLiabilities": sundry,
        "miscellaneousLiabilities": 0,
    }


def _profit_and_loss(year: Year) -> Json:
    pnl = year.profit_and_loss
    financial = pnl["financialIncome"] - pnl["financialExpenses"]
    return {
        "salesOfGoods": year.turnover // 5,
        "netTurnover": year.turnover,
        "netExportTurnover": year.turnover // 8,
        "operatingCharges": pnl["operatingCosts"],
        "operatingProfit": pnl["operatingProfit"],
        "financialIncome": pnl["financialIncome"],
        "financialCharges": pnl["financialExpenses"],
        "financialProfitOrLoss": financial,
        "pretaxNetOperatingIncome": pnl["operatingProfit"] + financial,
        "extraordinaryIncome": pnl["extraordinaryIncome"],
        "extraordinaryCharges": pnl["extraordinaryCosts"],
        "extraordinaryProfitOrLoss": pnl["extraordinaryIncome"] - pnl["extraordinaryCosts"],
        "netResult": pnl["profitAfterTax"],
    }


def synthesised(company: Company, year: Year) -> Json:
    """One `LocalFinancialsSynthesizedCSFR` row."""
    return {
        "type": "LocalFinancialsSynthesizedCSFR",
        "yearEndDate": f"{year.end}T00:00:00Z",
        "currency": "EUR",
        "consolidatedAccounts": False,
        "month": year.months,
        "financialReportDescription": "Normal Account",
        "dateOfCapture": f"{year.end.replace(year=year.end.year + 1, day=15)}T00:00:00Z",
        "numberOfEmployees": year.staff,
        "activityCode": company.trade.code,
        "assets": _assets(year.balance),
        "liabilities": _liabilities(year.balance),
        "profitAndLoss": _profit_and_loss(year),
    }

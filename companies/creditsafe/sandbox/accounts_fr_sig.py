"""The intermediate balances (SIG) and the ratios of the detailed French accounts, from the figures of the result."""

from companies.creditsafe.sandbox.accounts import Year

Figures = dict[str, float]
_CHARGE = "profitAndLoss.totalOperatingCharge."
_INCOME = "profitAndLoss.operatingIncome."


def operating_surplus(year: Year) -> int:
    """EBE: operating profit before depreciation."""
    return year.profit_and_loss["operatingProfit"] + year.profit_and_loss["depreciation"]


def margins(year: Year, figures: Figures) -> None:
    """From sales to the net result; each balance is the one before plus and minus what follows it."""
    lines = _to_added_value(year, figures) | _to_operating_result(year, figures) | _to_net_result(year)
    figures |= {f"sig.{name}": value for name, value in lines.items()}


def _to_added_value(year: Year, figures: Figures) -> Figures:
    sales = figures[f"{_INCOME}goodsForResaleTotal"]
    bought = figures[f"{_CHARGE}purchaseOfGoodsForResale"]
    produced = year.turnover - sales
    stored = figures[f"{_INCOME}stockedProduction"]
    materials = figures[f"{_CHARGE}purchaseOfRawMaterials"]
    external = figures[f"{_CHARGE}otherExternalPurchasesAndCharges"]
    added = sales - bought + produced + stored - materials - external
    return {
        "turnover": year.turnover,
        "saleOfGoods": sales,
        "purchaseOfGoods": bought,
        "tradingMarginOfSalesOfGoods": sales - bought,
        "saleOfGoodsPercentage": share(sales - bought, sales),
        "saleOfGoodsProduce": produced,
        "valueOfStockedProduction": stored,
        "periodProductionOfSaleOfGoodsProduce": produced + stored,
        "saleOfGoodsProducedPercentage": share(produced + stored, year.turnover),
        "tradingMargin": sales - bought,
        "periodProductionOfTradingMargin": produced + stored,
        "purchaseOfawMaterials": materials,
        "variousExternalPurchasesAndCharges": external,
        "addedValueOfTradingMargin": added,
        "tradingMarginPercentage": share(added, year.turnover),
        "addedValue": added,
    }


def _to_operating_result(year: Year, figures: Figures) -> Figures:
    pnl, surplus, operating = year.profit_and_loss, operating_surplus(year), year.profit_and_loss["operatingProfit"]
    return {
        "opertingGrants": figures[f"{_INCOME}operatingGrants"],
        "taxAndDutyAndSimilarPayments": figures[f"{_CHARGE}taxDutyAndSimilarPayments"],
        "personalCharges": pnl["wagesAndSalaries"],
        "grossOperatingSurplusOfAddedValue": surplus,
        "grossOperatingSurplusDifference": share(surplus, year.turnover),
        "grossOperatingSurplus": surplus,
        "depreciationOrAmmortisation": pnl["depreciation"],
        "operatingResultOfGrossOperatingSurplus": operating,
        "operatingSurplusPercentage": share(operating, year.turnover),
        "operatingResult": operating,
    }


def _to_net_result(year: Year) -> Figures:
    pnl = year.profit_and_loss
    before_tax = pnl["operatingProfit"] + pnl["financialIncome"] - pnl["financialExpenses"]
    return {
        "financialIncomeOfOperatingResult": pnl["financialIncome"],
        "financialChargesOfOperatingResult": pnl["financialExpenses"],
        "preTaxResultOfOperatingResult": before_tax,
        "operatingResultsPercentage": share(before_tax, year.turnover),
        "extraodinaryIncome": pnl["extraordinaryIncome"],
        "extaordinaryCharges": pnl["extraordinaryCosts"],
        "extraordinaryResultOfExtraordinaryIncome": pnl["extraordinaryIncome"] - pnl["extraordinaryCosts"],
        "extraordinaryIncomePercentage": share(pnl["extraordinaryIncome"] - pnl["extraordinaryCosts"], year.turnover),
        "preTaxResult": before_tax,
        "exceptionalIncomeResult": pnl["extraordinaryIncome"] - pnl["extraordinaryCosts"],
        "taxOnProfit": -pnl["tax"],
        "netResultOfPreTaxResult": pnl["profitAfterTax"],
        "preTaxResultPercentage": share(pnl["profitAfterTax"], year.turnover),
    }


def ratios(year: Year, figures: Figures) -> None:
    """The five families of ratios; the score is the one of Conan and Holder, in its usual weights."""
    sheet = year.balance
    equity, total, debts = sheet["totalShareholdersEquity"], sheet["totalAssets"], sheet["totalLiabilities"]
    current, soon = sheet["totalCurrentAssets"], sheet["totalCurrentLiabilities"]
    lasting = equity + sheet["totalLongTermLiabilities"]
    families = {
        "structureAndLiquidity": {
            "fixedAssetFinancing": share(lasting, sheet["totalFixedAssets"]),
            "globalDebt": share(debts, total),
            "workingCapitalFundOverallNet": _days(lasting - sheet["totalFixedAssets"], year.turnover),
            "financialIndependence": share(equity, total),
            "solvability": share(equity, debts),
            "capacityDebtFutures": share(sheet["totalLongTermLiabilities"], lasting),
            "coverageOfCurrentAssets": share(lasting - sheet["totalFixedAssets"], current),
            "generalLiquidity": round(current / soon, 2) if soon else 0,
            "restrictedLiquidity": round((current - sheet["totalInventories"]) / soon, 2) if soon else 0,
        },
        "managementOrRotation": _rotation(year),
        "profitabilityOfTheBusiness": _profitability(year, figures),
        "returnOnCapital": {
            "cashFlowFromTheOverallProfitability": share(
                year.profit_and_loss["profitAfterTax"] + year.profit_and_loss["depreciation"], total
            ),
            "ratesOfEconomicProfitability": share(operating_surplus(year), total),
            "financialProfitability": share(year.profit_and_loss["profitAfterTax"], equity),
            "returnOnInvestment": share(year.profit_and_loss["operatingProfit"], lasting),
        },
        "syntheticFinancialPerformanceIndicators": _conan_holder(year),
    }
    figures |= {f"ratios.{family}.{name}": value for family, lines in families.items() for name, value in lines.items()}


def _rotation(year: Year) -> Figures:
    """In days of turnover or of costs."""
    sheet, pnl = year.balance, year.profit_and_loss
    need = sheet["totalInventories"] + sheet["totalReceivables"] - sheet["tradePayables"]
    return {
        "needBackgroundInOperatingWorkingCapital": _days(need, year.turnover),
        "treasury": _days(sheet["cash"] - sheet["bankLiabilities"], year.turnover),
        "averageLengthOfCreditGrantedCoCustomers": round(360 * sheet["tradeReceivables"] / pnl["revenue"]),
        "averageLengthOfCreditObtainedSuppliers": round(360 * sheet["tradePayables"] / pnl["operatingCosts"]),
        "inventoryTurnoverOfRawMaterials": _days(sheet["rawMaterials"], pnl["operatingCosts"]),
        "inventoryTurnoverOfGoods": _days(sheet["otherInventories"], year.turnover),
    }


def _profitability(year: Year, figures: Figures) -> Figures:
    pnl = year.profit_and_loss
    return {
        "marginTrading": share(operating_surplus(year), year.turnover),
        "profitabilityOfTheBusiness": share(pnl["operatingProfit"], year.turnover),
        "netprofit": share(pnl["profitAfterTax"], year.turnover),
        "ratesIntegration": share(figures["sig.addedValue"], year.turnover),
        "workFactor": share(pnl["wagesAndSalaries"], figures["sig.addedValue"]),
        "weightInterests": share(pnl["financialExpenses"], year.turnover),
    }


def _conan_holder(year: Year) -> Figures:
    """The score, about -0.2 to 0.4, and the risk of failure in percent that goes with it."""
    sheet, pnl = year.balance, year.profit_and_loss
    total, lasting = sheet["totalAssets"], sheet["totalShareholdersEquity"] + sheet["totalLongTermLiabilities"]
    score = (
        0.24 * operating_surplus(year) / max(1, sheet["totalLiabilities"])
        + 0.22 * lasting / total
        + 0.16 * (sheet["totalCurrentAssets"] - sheet["totalInventories"]) / total
        - 0.87 * pnl["financialExpenses"] / year.turnover
        - 0.10 * pnl["wagesAndSalaries"] / max(1, sheet["totalFixedAssets"] + pnl["wagesAndSalaries"])
    )
    risk = next((percent for least, percent in ((0.16, 10), (0.1, 30), (0.04, 65), (-0.05, 80)) if score >= least), 90)
    return {"conanHolderScore": round(score, 3), "conanHolderSituation": risk}


def share(number: float, base: float) -> float:
    """In percent, two decimals; 0 without a base."""
    return round(100 * number / base, 2) if base else 0


def _days(number: float, base: float) -> float:
    return round(360 * number / base) if base else 0

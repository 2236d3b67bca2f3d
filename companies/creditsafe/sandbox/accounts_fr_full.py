"""The detailed French accounts, `LocalFinancialsFullCSFR`: every figure follows from the balance sheet and the result.

A path such as `assets.activeStocks` leads to its place in the tree of keys (API reference A); `sum.` holds sums that
are no part of it.
"""

from typing import Any

from companies.creditsafe.sandbox import accounts_fr_sig, csfr_keys
from companies.creditsafe.sandbox.accounts import Json, Lines, Year
from companies.creditsafe.sandbox.accounts_fr_sig import Figures

_KEYS = csfr_keys.parse(csfr_keys.TREE)
# Share of the cost price that is written off, by the head of the path.
_WRITTEN_OFF = {"activeIntangibleFixedAssets": 0.35, "tangilbleFixedAssets": 0.52, "activeDebtors": 0.02}


def statement(year: Year, *, complete: bool) -> Json:
    """One statement: with all keys, or with those only that hold a figure, as in years long gone."""
    figures: Figures = {}
    for part in (_assets, _equity, _debts, _result):
        part(year, figures)
    for part in (_movements, _claims, _debts_by_age, accounts_fr_sig.margins, accounts_fr_sig.ratios):
        part(year, figures)
    tree = _zeros(_KEYS) if complete else {}
    for path, value in figures.items():
        if value and not path.startswith("sum."):
            _put(tree, path, value)
    head = {"type": "LocalFinancialsFullCSFR", "yearEndDate": f"{year.end}T00:00:00Z", "currency": "EUR"}
    return head | {"consolidatedAccounts": False, "month": year.months} | tree


def _zeros(keys: dict[str, Any]) -> Json:
    return {name: _zeros(below) if below else 0 for name, below in keys.items()}


def _put(tree: Json, path: str, value: float) -> None:
    *heads, name = path.split(".")
    for head in heads:
        tree = tree.setdefault(head, {})
    tree[name] = value


def _net(figures: Figures, path: str, total: int) -> None:
    """Net value, cost price and what is written off, under one path of the assets, and added to the sum of its head."""
    head = path.partition(".")[0]
    gross = round(total / (1 - _WRITTEN_OFF.get(head, 0)))
    for name, value in (("total", total), ("gross", gross), ("amortisation", gross - total)):
        figures[f"assets.{path}.{name}"] = value
        figures[f"sum.{head}.{name}"] = figures.get(f"sum.{head}.{name}", 0) + value


def _summed(figures: Figures, path: str, heads: tuple[str, ...]) -> None:
    """A total of the assets over all that lies below the heads."""
    for name in ("total", "gross", "amortisation"):
        figures[f"assets.{path}.{name}"] = sum(figures[f"sum.{head}.{name}"] for head in heads)


def _fixed_assets(sheet: Lines) -> Lines:
    land = sheet["landAndBuildings"] // 4
    return {
        "activeIntangibleFixedAssets.goodwill": sheet["goodwill"],
        "activeIntangibleFixedAssets.distributorshipsPatents": sheet["otherIntangibleAssets"],
        "tangilbleFixedAssets.land": land,
        "tangilbleFixedAssets.buildings": sheet["landAndBuildings"] - land,
        "tangilbleFixedAssets.plant": sheet["plantAndMachinery"],
        "tangilbleFixedAssets.otherTangibleFixedAssets": sheet["otherTangibleAssets"],
        "financialAssets.otherParticipations": sheet["investments"],
        "financialAssets.intercompanyReceivables": sheet["loansToGroup"],
        "financialAssets.loans": sheet["otherLoans"],
        "financialAssets.otherFinancialAssets": sheet["miscellaneousFixedAssets"],
    }


def _current_assets(sheet: Lines) -> Lines:
    return {
        "activeStocks.rawMaterials": sheet["rawMaterials"],
        "activeStocks.workInProgressGoods": sheet["workInProgress"],
        "activeStocks.semiFinishedAndFinishedProducts": sheet["finishedGoods"],
        "activeStocks.goodsForResale": sheet["otherInventories"],
        "activeDebtors.tradeAccountsReceivable": sheet["tradeReceivables"],
        "activeDebtors.otherDebtors": sheet["totalReceivables"] - sheet["tradeReceivables"],
        "activeDivers.cashAndCashEquivalents": sheet["cash"],
        "accountPrepaidExpenses": sheet["otherCurrentAssets"],
    }


def _assets(year: Year, figures: Figures) -> None:
    sheet = year.balance
    for path, value in (_fixed_assets(sheet) | _current_assets(sheet)).items():
        _net(figures, path, value)
    _summed(figures, "activeFixedAsset", ("activeIntangibleFixedAssets", "tangilbleFixedAssets", "financialAssets"))
    _summed(figures, "activeAssets", ("activeStocks", "activeDebtors", "activeDivers", "accountPrepaidExpenses"))
    for name, ours in (("Net", "total"), ("Gross", "gross"), ("Amortisation", "amortisation")):
        both = (figures[f"assets.{part}.{ours}"] for part in ("activeFixedAsset", "activeAssets"))
        figures[f"assets.grandTotalAssets.grandTotal{name}"] = sum(both)
    figures |= {
        "assets.activeIntangibleFixedAssets.subTotalIntangibleAsset": sheet["totalIntangibleAssets"],
        "assets.tangilbleFixedAssets.subTotalTangibleAsset": sheet["totalTangibleAssets"],
        "assets.financialAssets.subTotalFinancialAssets": sheet["totalOtherFixedAssets"],
        "assets.activeStocks.subTotalStocks": sheet["totalInventories"],
        "assets.activeDebtors.subTotalDebtors": sheet["totalReceivables"],
        "assets.activeDivers.subTotalDivers": sheet["cash"],
        "assets.assetsReferences.dueWithinOneYear": sheet["totalReceivables"] - sheet["receivablesDueAfter1Year"],
        "assets.assetsReferences.dueAfterOneYear": sheet["receivablesDueAfter1Year"],
    }


def _equity(year: Year, figures: Figures) -> None:
    """Capital, premium, legal reserve of a tenth of the capital, the result, and what is left over."""
    sheet, result = year.balance, year.profit_and_loss["profitAfterTax"]
    left = sheet["otherReserves"]
    legal = max(0, min(sheet["calledUpShareCapital"] // 10, left))
    free = left - legal
    head = "liabilities.shareholderEquity."
    figures |= {
        f"{head}totalShareholdersEquity": sheet["totalShareholdersEquity"],
        f"{head}equityAndShareholdersEquity": sheet["calledUpShareCapital"],
        f"{head}issueAndMergerPremiums": sheet["sharePremium"],
        f"{head}legalReserve": legal,
        f"{head}otherReservesOfLiabilities": max(free, 0),
        f"{head}profitsOrLossesBroughtForward": min(free, 0),
        f"{head}profitOrLossForThePeriod": result,
    }


def _debts(year: Year, figures: Figures) -> None:
    sheet, head = year.balance, "liabilities.liabilities."
    provisions = sheet["miscellaneousLiabilitiesDueAfter1Year"]
    sundry = ("otherLoansOrFinance", "otherLoansOrFinanceDueAfter1Year", "groupPayables", "groupPayablesDueAfter1Year")
    figures |= {
        "liabilities.provisionsForRisksAndCharge.totalProvisionsForRisksAndCharges": provisions,
        "liabilities.provisionsForRisksAndCharge.riskProvisions": provisions // 3,
        "liabilities.provisionsForRisksAndCharge.reservesForCharges": provisions - provisions // 3,
        f"{head}totalLiabilities": sheet["totalLiabilities"] - provisions,
        f"{head}bankLoansAndLiabilities": sheet["bankLiabilities"] + sheet["bankLiabilitiesDueAfter1Year"],
        f"{head}sundryLoansAndFinancialLiabilities": sum(sheet[name] for name in sundry),
        f"{head}tradeAccountsPayables": sheet["tradePayables"] + sheet["tradePayablesDueAfter1Year"],
        f"{head}taxAndSocialSecurityLiabilities": sheet["miscellaneousLiabilities"],
        "liabilities.passiveAccountReferences.deferredIncomeAndLiabilities": sheet["totalCurrentLiabilities"],
        "liabilities.passiveAccountReferences.ofWhichCurrentBankFacilities": sheet["bankLiabilities"],
        "liabilities.grandTotal": sheet["totalAssets"],
    }


def _sales(year: Year, figures: Figures) -> None:
    """Turnover by kind, at home and abroad; what the revenue holds besides is stored production and grants."""
    head, export = "profitAndLoss.operatingIncome.", year.turnover // 8
    goods, services = year.turnover // 5, year.turnover // 10
    sold = {"goodsForResale": goods, "saleOfServices": services, "goodsProduced": year.turnover - goods - services}
    for name, total in sold.items():
        abroad = export if name == "goodsProduced" else 0
        figures |= {f"{head}{name}Total": total, f"{head}{name}France": total - abroad, f"{head}{name}Export": abroad}
    besides = year.profit_and_loss["revenue"] - year.turnover
    figures |= {
        f"{head}netTurnoverTotal": year.turnover,
        f"{head}netTurnoverFrance": year.turnover - export,
        f"{head}netTurnoverExport": export,
        f"{head}stockedProduction": besides // 2,
        f"{head}operatingGrants": besides - besides // 2,
        f"{head}totalOperatingIncome": year.profit_and_loss["revenue"],
    }


def _costs(year: Year, figures: Figures) -> None:
    """Operating costs by kind: goods are bought at 70 % of their price, the rest is shared out."""
    pnl, head = year.profit_and_loss, "profitAndLoss.totalOperatingCharge."
    wages, depreciation = pnl["wagesAndSalaries"], pnl["depreciation"]
    bought = pnl["operatingCosts"] - wages - depreciation
    goods, taxes = min(bought // 3, year.turnover * 7 // 50), bought // 40
    materials = (bought - goods - taxes) * 2 // 5
    external = bought - goods - taxes - materials
    payroll = wages * 7 // 10
    figures |= {
        f"{head}totalOperatingCharges": pnl["operatingCosts"],
        f"{head}purchaseOfGoodsForResale": goods,
        f"{head}purchaseOfRawMaterials": materials,
        f"{head}otherExternalPurchasesAndCharges": external,
        f"{head}taxDutyAndSimilarPayments": taxes,
        f"{head}payroll": payroll,
        f"{head}socialSecurityCosts": wages - payroll,
        "profitAndLoss.depreciation.depreciationOfFixedAssets": depreciation,
        "otherIncomes.otherChargesExternal.subContracting": external // 4,
        "otherIncomes.otherChargesExternal.rentalsRentalChargesAndCondominiums": external // 5,
        "otherIncomes.otherChargesExternal.otherAccounts": external - external // 4 - external // 5,
        "otherIncomes.otherChargesExternal.totalOtherPurchasesAndExternal": external,
        "otherIncomes.taxesAndFees.businessTax": taxes // 3,
        "otherIncomes.taxesAndFees.otherTaxesAndPaymentsAssimilated": taxes - taxes // 3,
        "otherIncomes.taxesAndFees.totalTaxesAndFees": taxes,
    }


def _result(year: Year, figures: Figures) -> None:
    """The steps from operating to net result; income less charges is the net result."""
    _sales(year, figures)
    _costs(year, figures)
    pnl, head = year.profit_and_loss, "profitAndLoss."
    financial = pnl["financialIncome"] - pnl["financialExpenses"]
    extraordinary = pnl["extraordinaryIncome"] - pnl["extraordinaryCosts"]
    figures |= {
        f"{head}operatingResult": pnl["operatingProfit"],
        f"{head}financialResult": financial,
        f"{head}resultsOfPreTaxNetOperatingIncome": pnl["operatingProfit"] + financial,
        f"{head}extraordinaryResult": extraordinary,
        f"{head}taxOnProfits": -pnl["tax"],
        f"{head}profitOrLoss": pnl["profitAfterTax"],
        f"{head}totalIncome": pnl["revenue"] + pnl["financialIncome"] + pnl["extraordinaryIncome"],
        f"{head}totalCharges": (
            pnl["operatingCosts"] + pnl["financialExpenses"] + pnl["extraordinaryCosts"] - pnl["tax"]
        ),
        f"{head}resultsFinancialIncome.totalFinancialIncome": pnl["financialIncome"],
        f"{head}resultsFinancialIncome.otherInterestAndSimilarIncome": pnl["financialIncome"],
        f"{head}financialCharge.totalFinancialChargeTotal": pnl["financialExpenses"],
        f"{head}financialCharge.interestAndSimilarCharges": pnl["financialExpenses"],
        f"{head}additionalFinancialCharge.totalExtraordinaryIncome": pnl["extraordinaryIncome"],
        f"{head}additionalFinancialCharge.extraordinaryOperatingIncome": pnl["extraordinaryIncome"],
        f"{head}extraordinaryCharge.totalExtraordinaryCharges": pnl["extraordinaryCosts"],
        f"{head}extraordinaryCharge.extraordinaryOperatingCharges": pnl["extraordinaryCosts"],
    }


def _movements(year: Year, figures: Figures) -> None:
    """How cost price and depreciation moved: begin + increases - decreases = end."""
    gross = {
        "grossGrandTotalFixedAssets": figures["assets.activeFixedAsset.gross"],
        "grossOtherBudgetItemFromIntangibleFixedAssets": figures["sum.activeIntangibleFixedAssets.gross"],
        "grossOtherTangilbleFixedAssets": figures["sum.tangilbleFixedAssets.gross"],
        "grossOtherFinancialAsset": figures["sum.financialAssets.gross"],
    }
    for name, end in gross.items():
        bought, sold = round(end * 0.09), round(end * 0.03)
        figures |= {
            f"otherIncomes.{name}.valueAtBeginOfPeriod": end - bought + sold,
            f"otherIncomes.{name}.increasesOfAcquisitionsCreationsContributions": bought,
            f"otherIncomes.{name}.decreasesByTransfers": sold,
            f"otherIncomes.{name}.valueAtEndOfPeriod": end,
        }
    written = {
        "situationAndMovementOfReserveForDepreciationGrandTotal": figures["assets.activeFixedAsset.amortisation"],
        "otherIntangibleAssetsReserveForDepreciation": figures["sum.activeIntangibleFixedAssets.amortisation"],
        "totalFixedAssedAmotisationReserveForDepreciation": figures["sum.tangilbleFixedAssets.amortisation"],
        "totalRiskAndChargeProvisions": year.balance["miscellaneousLiabilitiesDueAfter1Year"],
        "grandTotals": year.balance["miscellaneousLiabilitiesDueAfter1Year"],
    }
    for name, end in written.items():
        added, taken = round(end * 0.12), round(end * 0.04)
        figures |= {
            f"otherIncomes.{name}.valueAtBeginOfPeriod": end - added + taken,
            f"otherIncomes.{name}.increases": added,
            f"otherIncomes.{name}.decreases": taken,
            f"otherIncomes.{name}.valueAtEndOfPeriod": end,
        }


def _claims(year: Year, figures: Figures) -> None:
    """What others owe the company, by nature and by age."""
    sheet, head = year.balance, "otherIncomes."
    gross, late = sheet["totalReceivables"] + sheet["otherCurrentAssets"], sheet["receivablesDueAfter1Year"]
    figures |= {
        f"{head}stateClaims.stateClaimsGrossValue": gross,
        f"{head}stateClaims.stateClaimsWhenOneYearAtMost": gross - late,
        f"{head}stateClaims.stateClaimsWhenmoreThanOneYear": late,
        f"{head}stateOfLoans.grossOfLoans": sheet["otherLoans"],
        f"{head}stateOfLoans.loansOneYearAtMost": sheet["otherLoans"] // 5,
        f"{head}stateOfLoans.otherFinancialAssetsGross": sheet["miscellaneousFixedAssets"],
        f"{head}receivablesStatementOfAssets.otherClaimsCustomer": sheet["tradeReceivables"],
        f"{head}receivablesStatementOfAssets.groupAndAssociates": sheet["groupReceivables"],
        f"{head}receivablesStatementOfAssets.valueAddedTax": sheet["miscellaneousReceivables"],
        f"{head}receivablesStatementOfAssets.accountsReceivableIncOtherClaims": late,
        f"{head}extraInformation.averageNumberOfEmployees": year.staff,
        f"{head}extraInformation.dividends": year.profit_and_loss["dividends"],
        f"{head}extraInformation.prepaid": sheet["otherCurrentAssets"],
        f"{head}extraInformation.groupsAndShareholders": sheet["groupPayables"] + sheet["groupPayablesDueAfter1Year"],
        f"{head}vat.amountVatCollected": (year.turnover - year.turnover // 8) // 5,
        f"{head}vat.totalVatOnGoodsAndServices": (year.turnover - year.turnover // 8) // 8,
    }


def _debts_by_age(year: Year, figures: Figures) -> None:
    """What the company owes, by creditor and by age; the parts add up to the debts of the balance sheet."""
    sheet, head = year.balance, "otherIncomes.details."
    taxes = sheet["miscellaneousLiabilities"]
    parts = {
        "borrowingDebtsToOneYearMaximumAtTheOrigin": (sheet["bankLiabilities"], 0),
        "borrowingDebtsToMoreThanOneYearAtTheOrigin": (0, sheet["bankLiabilitiesDueAfter1Year"]),
        "financialLiabilities": (sheet["otherLoansOrFinance"], sheet["otherLoansOrFinanceDueAfter1Year"]),
        "suppliersAssociatedAccounts": (sheet["tradePayables"], sheet["tradePayablesDueAfter1Year"]),
        "groupsAndAssociates": (sheet["groupPayables"], sheet["groupPayablesDueAfter1Year"]),
        "personnelAssociatedAccounts": (taxes * 3 // 10, 0),
        "otherSocialOrganizations": (taxes * 3 // 10, 0),
        "vat": (taxes - 2 * (taxes * 3 // 10), 0),
    }
    old = sheet["bankLiabilitiesDueAfter1Year"] // 6
    for name, (soon, later) in parts.items():
        beyond = old if name == "borrowingDebtsToMoreThanOneYearAtTheOrigin" else 0  # has no key of its own
        figures |= {
            f"{head}{name}.gross": soon + later,
            f"{head}{name}.oneYearAtMost": soon,
            f"{head}{name}.moreThanOneYearAndFiveYearsAtMost": later - beyond,
        }
    soon, later = (sum(pair[place] for pair in parts.values()) for place in (0, 1))
    figures |= {
        "otherIncomes.stateDebt.totalDebtGross": soon + later,
        "otherIncomes.stateDebt.debtOneYearAtMost": soon,
        "otherIncomes.stateDebt.debtMoreThanOneYearAndFiveYearsAtMost": later - old,
        "otherIncomes.stateDebt.debtMoreThanFiveYears": old,
    }

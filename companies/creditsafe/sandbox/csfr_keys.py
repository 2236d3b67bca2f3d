"""The keys of `LocalFinancialsFullCSFR`, 476 of them; the spelling mistakes are the provider's (API reference A)."""

from typing import Any

# What follows `~` names a group of keys that comes back in many places.
GROUPS = {
    "net": ("total", "gross", "amortisation"),
    "moves": (
        "valueAtBeginOfPeriod",
        "increasesDueToRevaluation",
        "increasesOfAcquisitionsCreationsContributions",
        "decreasesByBudgetItemTransfer",
        "decreasesByTransfers",
        "valueAtEndOfPeriod",
    ),
    "reserve": ("valueAtBeginOfPeriod", "increases", "decreases", "valueAtEndOfPeriod"),
    "debt": ("gross", "oneYearAtMost", "moreThanOneYearAndFiveYearsAtMost"),
    "longDebt": ("gross", "oneYearAtMost", "moreThanOneYearAndFiveYearsAtMost", "moreThanFiveYears"),
    "kinds": ("operating", "financial", "exceptional"),
}
TREE = """
assets{ grandTotalAssets{ grandTotalNet grandTotalGross grandTotalAmortisation } capitalSubscribedNotCalled{
    capitalSubscribed grossCapitalSubscribed } activeFixedAsset~net activeIntangibleFixedAssets{ startupCost~net
    researchAndDevelopmentExpenses~net distributorshipsPatents~net goodwill~net otherIntangibleFixedAssets~net
    prepaymentsAndDownpayments~net subTotalIntangibleAsset } tangilbleFixedAssets{ land~net buildings~net
    plant~net otherTangibleFixedAssets~net fixedAssetsInConstruction~net advancesAndPaymentsOnAccount~net
    subTotalTangibleAsset } financialAssets{ associatesAtEquity~net otherParticipations~net
    intercompanyReceivables~net otherInvestmentSecurities~net loans~net otherFinancialAssets~net
    subTotalFinancialAssets } activeAssets~net activeStocks{ rawMaterials~net workInProgressGoods~net
    workInProgressServices~net semiFinishedAndFinishedProducts~net goodsForResale~net subTotalStocks }
    advancePaymentsToSupplier~net activeDebtors{ tradeAccountsReceivable~net otherDebtors~net
    capitalSubscribedAndCalledUp~net subTotalDebtors } activeDivers{ investmentSecurities~net
    cashAndCashEquivalents~net subTotalDivers } accountPrepaidExpenses~net equalizationAccounts{
    multiPeriodCharges multiPeriodChargesGross premiumsOnRedemptionOfBonds premiumsOnRedemptionOfBondsGross
    currencyDifferentialGain currencyDifferentialGainGross } assetsReferences{ dueWithinOneYear dueAfterOneYear
    } }
liabilities{ grandTotal shareholderEquity{ totalShareholdersEquity equityAndShareholdersEquity
    issueAndMergerPremiums revaluationDifferentials ofWhichEquityDiffeential legalReserve
    statutoryOrContractualReserve specialRegulatedReserves ofWhichSpecialReserveOfProvisions
    otherReservesOfLiabilities ofWhichReserveForBuyingOriginalsWorks profitsOrLossesBroughtForward
    profitOrLossForThePeriod investmentGrants specialTaxAllowableReserves } otherCapitalResource{
    totalOtherCapitalResources incomeFromParticipatingSecurities conditionalLoans } provisionsForRisksAndCharge{
    totalProvisionsForRisksAndCharges riskProvisions reservesForCharges } liabilities{ totalLiabilities
    convertibleDebentures otherDebentures bankLoansAndLiabilities sundryLoansAndFinancialLiabilities
    ofWhichParticipatingLoans advancePaymentsReceivedForCurrentOrders tradeAccountsPayables
    taxAndSocialSecurityLiabilities fixedAssetLiabilities otherDebts } passiveAccountReferences{
    ofWhichTaxAllowableReserve deferredIncomeAndLiabilities ofWhichCurrentBankFacilities } extraInformation{
    taxAllowableReserve deferredIncomeLiabilities deferredBankIncome deferredIncome passiveTranslationLoss } }
profitAndLoss{ operatingResult financialResult resultsOfPreTaxNetOperatingIncome extraordinaryResult
    profitOrLoss totalIncome totalCharges employeeProfitSharing taxOnProfits operatingIncome{
    totalOperatingIncome goodsForResaleTotal goodsForResaleFrance goodsForResaleExport goodsProducedTotal
    goodsProducedFrance goodsProducedExport saleOfServicesTotal saleOfServicesFrance saleOfServicesExport
    netTurnoverTotal netTurnoverFrance netTurnoverExport stockedProduction selfConstructedAssets operatingGrants
    releaseOfReservesAndProvisions otherIncome } totalOperatingCharge{ totalOperatingCharges
    purchaseOfGoodsForResale changeInStocksOfGoodsForResale purchaseOfRawMaterials changeInStocksOfRawMaterials
    otherExternalPurchasesAndCharges taxDutyAndSimilarPayments payroll socialSecurityCosts } depreciation{
    depreciationOfFixedAssets amortisationOfFixedAssets depreciationAmortisationOfCurrentAssets
    provisionsForRisksAndChargesOfResults } otherCharge{ otherCharges
    shareOfJointVentureTransferredToOtherPartner shareOfJointVentureTransferredFromOtherPartner }
    resultsFinancialIncome{ totalFinancialIncome shareFinancialIncome
    otherInvestmentIncomeAndCapitalisedReceivables otherInterestAndSimilarIncome releasedProvisions
    exchangeGains netIncomeFromDisposalOfInvestmentSecurities } financialCharge{ totalFinancialChargeTotal
    financialReservesAndProvisions interestAndSimilarCharges exchangeLosses
    netLossFromDisposalOfInvestmentSecurities } additionalFinancialCharge{ totalExtraordinaryIncome
    extraordinaryOperatingIncome extraordinaryIncomeFromCapitalTransactions releasedProvisionsCharges }
    extraordinaryCharge{ totalExtraordinaryCharges extraordinaryOperatingCharges
    extraordinaryChargesFromCapitalTransactions extraordinaryReservesAndProvisions } references{
    ofWhichEquipmentLeases ofWhichPropertyLeases ofWhichTransferredCharges ofWhichTradersOwnContributions
    ofWhichRoyaltiesOnLicencesAndPatentsIncome ofWhichRoyaltiesOnLicencesAndPatentsCharges } }
otherIncomes{ grossGrandTotalFixedAssets~moves grossResearchAndDevelopmentChargeFixed~moves
    grossOtherBudgetItemFromIntangibleFixedAssets~moves grossOtherTangilbleFixedAssets~moves
    grossOtherFinancialAsset~moves situationAndMovementOfReserveForDepreciationGrandTotal~reserve
    researchAndDevelopmentChargeReserveForDepreciation~reserve
    otherIntangibleAssetsReserveForDepreciation~reserve totalFixedAssedAmotisationReserveForDepreciation~reserve
    netMovementsDuringPeriodAffectingChargeAllocatedOverSeveralPeriod~reserve
    netPremiumRefundOfObligations~reserve grandTotals~reserve includesTotalAllocations~kinds
    includesTotalWithdrawal~kinds totalRegulatedProvisions~reserve totalRiskAndChargeProvisions~reserve
    totalProvisionForDepreciation~reserve stateClaims{ stateClaimsGrossValue stateClaimsWhenOneYearAtMost
    stateClaimsWhenmoreThanOneYear } stateOfLoans{ claimsRelatedToHoldingsGross
    claimsRelatedToShareholdingsOneYearAtMost grossOfLoans loansOneYearAtMost otherFinancialAssetsGross
    otherFinancialAssetsOneYearAtMost } receivablesStatementOfAssets{ customersDoubtfulOrDisputed
    otherClaimsCustomer receivablesRepresentLoanedSecurities provisionForDepreciationPreviouslyEstablished
    personnelAndAssociatedAccounts socialSecurityAndOtherSocialOrganizations incomeTaxes valueAddedTax
    otherTaxesAndPaymentsAssimilatedOfReceivables stateAndOtherPublicMiscellaneous groupAndAssociates
    accountsReceivableIncOtherClaims } stateDebt{ totalDebtGross debtOneYearAtMost
    debtMoreThanOneYearAndFiveYearsAtMost debtMoreThanFiveYears } details{ convertibleBonds~debt otherBonds~debt
    borrowingDebtsToOneYearMaximumAtTheOrigin~debt borrowingDebtsToMoreThanOneYearAtTheOrigin~debt
    financialLiabilities~debt suppliersAssociatedAccounts~debt personnelAssociatedAccounts~debt
    otherSocialOrganizations~debt taxesOnProfits~debt vat~debt backedObligations~debt otherTaxesAssimilated~debt
    assetsAndLiabilitiesAssociatedAccounts~longDebt groupsAndAssociates~longDebt otherLiabilities~debt
    debtOfBorrowedSecurities~debt productsInAdvance~debt } referencesOthers{ loansMadeDuringThePeriod
    debtRepaidDuringThePeriod } commitments{ commitmentsLeasingFurniture commitmentsRealEstateLeasing
    effectsBroughtToTheDiscountAndUnmatured } otherChargesExternal{ subContracting
    rentalsRentalChargesAndCondominiums staffOutsideTheCompany remunerationIntermediariesAndFeesExcludingFees
    feesCommissionsAndBrokerage otherAccounts totalOtherPurchasesAndExternal } taxesAndFees{ businessTax
    otherTaxesAndPaymentsAssimilated totalTaxesAndFees } vat{ amountVatCollected totalVatOnGoodsAndServices }
    extraInformation{ averageNumberOfEmployees dividends prepaid groupsAndShareholders } }
ratios{ structureAndLiquidity{ fixedAssetFinancing globalDebt workingCapitalFundOverallNet financialIndependence
    solvability capacityDebtFutures coverageOfCurrentAssets generalLiquidity restrictedLiquidity }
    managementOrRotation{ needBackgroundInOperatingWorkingCapital treasury
    averageLengthOfCreditGrantedCoCustomers averageLengthOfCreditObtainedSuppliers
    inventoryTurnoverOfRawMaterials inventoryTurnoverOfGoods } profitabilityOfTheBusiness{ marginTrading
    profitabilityOfTheBusiness netprofit growthRateOfTurnover ratesIntegration rateLeasingFurniture workFactor
    weightInterests } returnOnCapital{ cashFlowFromTheOverallProfitability ratesOfEconomicProfitability
    financialProfitability returnOnInvestment } syntheticFinancialPerformanceIndicators{ conanHolderScore
    conanHolderSituation } }
sig{ turnover saleOfGoods purchaseOfGoods stockOfGoodsVariation tradingMarginOfSalesOfGoods
    saleOfGoodsPercentage saleOfGoodsProduce valueOfStockedProduction valueOfSelfConstructedAssets
    periodProductionOfSaleOfGoodsProduce saleOfGoodsProducedPercentage tradingMargin
    periodProductionOfTradingMargin purchaseOfawMaterials differenceInStocksOfRawMaterials
    variousExternalPurchasesAndCharges addedValueOfTradingMargin tradingMarginPercentage addedValue
    opertingGrants taxAndDutyAndSimilarPayments personalCharges grossOperatingSurplusOfAddedValue
    grossOperatingSurplusDifference grossOperatingSurplus changeInReleaseOfReservesAndProvisions
    otherOperatingIncome depreciationOrAmmortisation changesInOtherCharges
    operatingResultOfGrossOperatingSurplus operatingSurplusPercentage operatingResult
    resultOfJointVentureTransferredFromOrToOtherPartners financialIncomeOfOperatingResult
    financialChargesOfOperatingResult preTaxResultOfOperatingResult operatingResultsPercentage
    extraodinaryIncome extaordinaryCharges extraordinaryResultOfExtraordinaryIncome
    extraordinaryIncomePercentage preTaxResult exceptionalIncomeResult employeeProfitSharing taxOnProfit
    netResultOfPreTaxResult preTaxResultPercentage }
"""


def parse(text: str) -> dict[str, Any]:
    """The tree as nested dicts; a leaf is 0."""
    top: dict[str, Any] = {}
    open_nodes = [top]
    for word in text.split():
        if word == "}":
            open_nodes.pop()
        elif word.endswith("{"):
            open_nodes.append(open_nodes[-1].setdefault(word[:-1], {}))
        else:
            name, _, group = word.partition("~")
            open_nodes[-1][name] = dict.fromkeys(GROUPS[group], 0) if group else 0
    return top

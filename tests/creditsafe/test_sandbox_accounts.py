"""The detailed French accounts of the sandbox add up, and follow the standardised ones (API reference 3.4, A)."""

from collections.abc import Iterator
from typing import Any

import pytest

from companies.creditsafe.sandbox import csfr_keys, reports
from companies.creditsafe.sandbox.directory import Directory

Json = dict[str, Any]
FULL = "LocalFinancialsFullCSFR"


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Json, Json]]:
    """The detailed and the standardised statement of each year of 80 French companies."""
    directory = Directory(110, 2026)
    found = []
    for company in directory.companies:
        report = reports.answer(company, directory, "fr")["report"]
        full = [row for row in report.get("localFinancialStatements", []) if row["type"] == FULL]
        found += list(zip(full, report.get("financialStatements", []), strict=False))
    return found


@pytest.fixture(scope="module")
def newest(pairs: list[tuple[Json, Json]]) -> list[tuple[Json, Json]]:
    """Those statements that have all their keys."""
    return [pair for pair in pairs if leaves(pair[0]["assets"]) == leaves(KEYS["assets"])]


KEYS = csfr_keys.parse(csfr_keys.TREE)


def leaves(tree: Json) -> int:
    return sum(leaves(item) if isinstance(item, dict) else 1 for item in tree.values())


def shape(tree: Json, path: str = "") -> Iterator[str]:
    for name, item in tree.items():
        if isinstance(item, dict):
            yield from shape(item, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def parts(tree: Json) -> Json:
    return {name: tree[name] for name in KEYS}


def test_the_tree_has_every_key_and_its_spelling_mistakes() -> None:
    assert leaves(KEYS) == 476
    found = {name for path in shape(KEYS) for name in path.split(".")}
    assert {
        *("tangilbleFixedAssets", "purchaseOfawMaterials", "opertingGrants", "extraodinaryIncome"),
        *("extaordinaryCharges", "depreciationOrAmmortisation", "grossOtherTangilbleFixedAssets"),
        *("totalFixedAssedAmotisationReserveForDepreciation", "ofWhichEquityDiffeential", "conanHolderScore"),
    } <= found


def test_the_newest_year_has_all_keys_and_older_ones_only_those_with_a_figure(pairs: list[tuple[Json, Json]]) -> None:
    everything = set(shape(KEYS))
    kinds = set()
    for full, _ in pairs:
        found = set(shape(parts(full)))
        kinds.add(found == everything)
        assert found <= everything
    assert kinds == {True, False}


def test_every_leaf_is_a_number(pairs: list[tuple[Json, Json]]) -> None:
    def values(tree: Json) -> Iterator[Any]:
        for item in tree.values():
            yield from values(item) if isinstance(item, dict) else [item]

    assert {type(value) for full, _ in pairs for value in values(parts(full))} == {int, float}


def test_net_is_gross_less_what_is_written_off(newest: list[tuple[Json, Json]]) -> None:
    def triples(tree: Json) -> Iterator[Json]:
        for item in tree.values():
            if isinstance(item, dict):
                yield from [item] if "amortisation" in item else triples(item)

    assert newest
    for full, _ in newest:
        for row in triples(full["assets"]):
            assert row["total"] == row["gross"] - row["amortisation"]
        grand = full["assets"]["grandTotalAssets"]
        assert grand["grandTotalNet"] == grand["grandTotalGross"] - grand["grandTotalAmortisation"]


def test_the_balance_sheet_is_the_standardised_one(newest: list[tuple[Json, Json]]) -> None:
    for full, standard in newest:
        assets, debts, sheet = full["assets"], full["liabilities"], standard["balanceSheet"]
        assert assets["grandTotalAssets"]["grandTotalNet"] == debts["grandTotal"] == sheet["totalAssets"]
        assert assets["activeFixedAsset"]["total"] == sheet["totalFixedAssets"]
        assert assets["activeStocks"]["subTotalStocks"] == sheet["totalInventories"]
        equity = debts["shareholderEquity"]
        assert equity["totalShareholdersEquity"] == sheet["totalShareholdersEquity"]
        assert equity["totalShareholdersEquity"] == sum(equity.values()) - equity["totalShareholdersEquity"]
        owed = debts["liabilities"]
        assert owed["totalLiabilities"] == sum(owed.values()) - owed["totalLiabilities"]
        provisions = debts["provisionsForRisksAndCharge"]["totalProvisionsForRisksAndCharges"]
        assert debts["grandTotal"] == equity["totalShareholdersEquity"] + owed["totalLiabilities"] + provisions


def test_the_result_is_income_less_charges(newest: list[tuple[Json, Json]]) -> None:
    for full, standard in newest:
        result, pnl = full["profitAndLoss"], standard["profitAndLoss"]
        income, charge = result["operatingIncome"], result["totalOperatingCharge"]
        assert result["profitOrLoss"] == result["totalIncome"] - result["totalCharges"] == pnl["profitAfterTax"]
        assert income["totalOperatingIncome"] - charge["totalOperatingCharges"] == result["operatingResult"]
        assert income["netTurnoverTotal"] == income["netTurnoverFrance"] + income["netTurnoverExport"]
        sold = ("goodsForResale", "goodsProduced", "saleOfServices")
        assert income["netTurnoverTotal"] == sum(income[f"{name}Total"] for name in sold)
        spent = sum(charge.values()) - charge["totalOperatingCharges"]
        assert spent + result["depreciation"]["depreciationOfFixedAssets"] == charge["totalOperatingCharges"]
        assert min(charge.values()) >= 0


def test_each_balance_follows_from_the_one_before(newest: list[tuple[Json, Json]]) -> None:
    for full, _ in newest:
        sig = full["sig"]
        assert sig["tradingMargin"] == sig["saleOfGoods"] - sig["purchaseOfGoods"]
        bought = sig["purchaseOfawMaterials"] + sig["variousExternalPurchasesAndCharges"]
        assert sig["addedValue"] == sig["tradingMargin"] + sig["periodProductionOfTradingMargin"] - bought
        spent = sig["taxAndDutyAndSimilarPayments"] + sig["personalCharges"]
        assert sig["grossOperatingSurplus"] == sig["addedValue"] + sig["opertingGrants"] - spent
        assert sig["operatingResult"] == sig["grossOperatingSurplus"] - sig["depreciationOrAmmortisation"]
        extraordinary = sig["extraodinaryIncome"] - sig["extaordinaryCharges"]
        assert sig["netResultOfPreTaxResult"] == sig["preTaxResult"] + extraordinary - sig["taxOnProfit"]


def test_movements_end_where_the_balance_sheet_says(newest: list[tuple[Json, Json]]) -> None:
    for full, _ in newest:
        moves = full["otherIncomes"]["grossGrandTotalFixedAssets"]
        added, taken = moves["increasesOfAcquisitionsCreationsContributions"], moves["decreasesByTransfers"]
        assert moves["valueAtBeginOfPeriod"] + added - taken == moves["valueAtEndOfPeriod"]
        assert moves["valueAtEndOfPeriod"] == full["assets"]["activeFixedAsset"]["gross"]


def test_debts_by_age_are_the_debts(newest: list[tuple[Json, Json]]) -> None:
    for full, _ in newest:
        other = full["otherIncomes"]
        ages = [value for name, value in other["stateDebt"].items() if name != "totalDebtGross"]
        creditors = [one["gross"] for one in other["details"].values()]
        beyond = [2 * one["gross"] - sum(one.values()) for one in other["details"].values()]
        assert sum(beyond) == other["stateDebt"]["debtMoreThanFiveYears"]
        assert other["stateDebt"]["totalDebtGross"] == sum(ages) == sum(creditors)
        assert other["stateDebt"]["totalDebtGross"] == full["liabilities"]["liabilities"]["totalLiabilities"]


def test_ratios_are_those_of_the_figures(newest: list[tuple[Json, Json]]) -> None:
    for full, standard in newest:
        sheet, ratios = standard["balanceSheet"], full["ratios"]
        independence = round(100 * sheet["totalShareholdersEquity"] / sheet["totalAssets"], 2)
        assert ratios["structureAndLiquidity"]["financialIndependence"] == independence
        assert ratios["structureAndLiquidity"]["generalLiquidity"] == standard["ratios"]["currentRatio"]
        score = ratios["syntheticFinancialPerformanceIndicators"]
        assert (score["conanHolderScore"] >= 0.16) == (score["conanHolderSituation"] == 10)


def test_the_conan_holder_score_tells_the_weak_from_the_sound() -> None:
    directory = Directory(300, 2026)
    found: dict[bool, list[float]] = {True: [], False: []}
    for company in directory.companies:
        rows = reports.answer(company, directory, "fr")["report"].get("localFinancialStatements", [])
        full = next((row for row in rows if row["type"] == FULL), None)
        if full and company.standing.score is not None:
            score = full["ratios"]["syntheticFinancialPerformanceIndicators"]["conanHolderScore"]
            found[company.standing.score > 50].append(score)
    assert sum(found[True]) / len(found[True]) > sum(found[False]) / len(found[False]) + 0.05

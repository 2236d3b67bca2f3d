"""The reports of the sandbox: figures that add up, shapes of the API reference, section 3."""

import itertools
import json
from typing import Any

import pytest

from companies.creditsafe.sandbox import accounts, changes, reports
from companies.creditsafe.sandbox.directory import Company, Directory
from companies.creditsafe.sandbox.shelf import Shelf

Json = dict[str, Any]


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory(600, 2026)


@pytest.fixture(scope="module")
def every(directory: Directory) -> list[tuple[Company, Json]]:
    return [(company, reports.answer(company, directory, "en")["report"]) for company in directory.companies]


def statements(every: list[tuple[Company, Json]]) -> list[Json]:
    return [row for _, report in every for row in report.get("financialStatements", [])]


def nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return any(nulls(part) for part in value.values())
    if isinstance(value, list):
        return any(nulls(part) for part in value)
    return value is None


def test_totals_are_the_sums_of_their_parts(every: list[tuple[Company, Json]]) -> None:
    for row in statements(every):
        sheet = row["balanceSheet"]
        for total, parts in (accounts.ASSET_PARTS | accounts.LIABILITY_PARTS).items():
            assert sheet[total] == sum(sheet[part] for part in parts)
        assert sheet["totalFixedAssets"] + sheet["totalCurrentAssets"] == sheet["totalAssets"]
        assert sheet["totalAssets"] - sheet["totalLiabilities"] == sheet["totalShareholdersEquity"]


def test_profit_follows_from_revenue_and_costs(every: list[tuple[Company, Json]]) -> None:
    for row in statements(every):
        pnl = row["profitAndLoss"]
        assert pnl["operatingProfit"] == pnl["revenue"] - pnl["operatingCosts"]
        assert pnl["profitAfterTax"] == pnl["profitBeforeTax"] + pnl["tax"]
        assert pnl["retainedProfit"] == pnl["profitAfterTax"] - pnl["dividends"]


def test_ratios_follow_the_formulas_of_the_reference(every: list[tuple[Company, Json]]) -> None:
    for row in statements(every):
        pnl, sheet, ratio, other = (
            row[part] for part in ("profitAndLoss", "balanceSheet", "ratios", "otherFinancials")
        )
        equity, revenue = sheet["totalShareholdersEquity"], pnl["revenue"]
        assert other["workingCapital"] == sheet["totalCurrentAssets"] - sheet["totalCurrentLiabilities"]
        assert other["netWorth"] == equity - sheet["totalIntangibleAssets"]
        assert ratio["debtorDays"] == round(365 * sheet["tradeReceivables"] / revenue, 2)
        assert ratio["stockTurnoverRatio"] == round(100 * sheet["totalInventories"] / revenue, 2)
        assert ratio["equityInPercentage"] == round(
            100 * equity / (sheet["totalAssets"] - sheet["totalIntangibleAssets"]), 2
        )
        assert ratio["salesOrNetWorkingCapital"] == round(revenue / other["workingCapital"], 2)


def test_equity_rolls_from_one_year_to_the_next(every: list[tuple[Company, Json]]) -> None:
    for _, report in every:
        rows = report.get("financialStatements", [])
        for newer, older in itertools.pairwise(rows):
            opening = older["balanceSheet"]["totalShareholdersEquity"]
            closing = newer["balanceSheet"]["totalShareholdersEquity"]
            assert closing == opening + newer["profitAndLoss"]["retainedProfit"]


def test_french_accounts_agree_with_the_standardised_ones(every: list[tuple[Company, Json]]) -> None:
    for company, report in every:
        if company.country != "FR" or "financialStatements" not in report:
            continue
        local, standard = report["localFinancialStatements"][0], report["financialStatements"][0]
        assert local["type"] == "LocalFinancialsSynthesizedCSFR"
        assert local["assets"]["totalAssets"] == standard["balanceSheet"]["totalAssets"]
        assert local["liabilities"]["totalLiabilitiesAndEquity"] == local["assets"]["totalAssets"]
        assert local["profitAndLoss"]["netResult"] == standard["profitAndLoss"]["profitAfterTax"]
        assert local["profitAndLoss"]["netTurnover"] == report["companySummary"]["latestTurnoverFigure"]["value"]


def test_keys_without_data_are_left_out(every: list[tuple[Company, Json]]) -> None:
    assert [company.connect_id for company, report in every if nulls(report)] == []


def test_the_french_history_ends_with_the_current_score(every: list[tuple[Company, Json]]) -> None:
    for company, report in every:
        if company.country == "FR" and "creditScore" in report:
            rows = [row for row in report["additionalInformation"]["ratingHistory"] if "localRating" in row]
            score = company.standing.score
            assert rows[0]["localRating"] == ("-1" if score is None else str(score))
            assert len(rows) >= 5


def test_foreign_histories_have_whole_numbers_and_limits_apart(every: list[tuple[Company, Json]]) -> None:
    report = next(report for company, report in every if company.country == "GB")
    extra = report["additionalInformation"]
    assert isinstance(extra["ratingHistory"][0]["companyValue"], int)
    assert extra["creditLimitHistory"][0]["companyValue"]["currency"] == "GBP"


def test_limits_are_texts_and_contract_limits_numbers(every: list[tuple[Company, Json]]) -> None:
    scores = [report["creditScore"] for _, report in every if "creditScore" in report]
    limits = {score["currentCreditRating"]["creditLimit"]["value"] for score in scores}
    assert {"0", "No Limit", "Credit Limit not applicable"} <= limits
    assert all(isinstance(limit, str) for limit in limits)
    contracts = [score["currentContractLimit"]["value"] for score in scores if "currentContractLimit" in score]
    assert len(contracts) < len(scores)
    assert not any(isinstance(value, str) for value in contracts)


def test_not_rated_is_written_in_four_ways(every: list[tuple[Company, Json]]) -> None:
    found: set[str] = set()
    for company, report in every:
        if company.standing.oddity == "unrated":
            rating = report["creditScore"]["currentCreditRating"]
            assert rating["commonValue"] == "E"
            found.add(str(rating.get("providerValue", "absent")))
    assert found == {"{'value': 'Not Rated'}", "{'value': '-'}", "{}", "absent"}


def test_failed_companies_tell_their_failure(every: list[tuple[Company, Json]]) -> None:
    failed = [(company, report) for company, report in every if company.standing.failed]
    assert {report["companySummary"]["companyStatus"]["status"] for _, report in failed} == {"Active", "NonActive"}
    assert {report["creditScore"]["currentCreditRating"]["commonValue"] for _, report in failed} == {"D", "E"}
    for company, report in failed:
        assert "situation of failure" in report["creditScore"]["currentCreditRating"]["providerDescription"]
        if company.country == "FR":
            assert report["negativeInformation"]["judgements"]


def test_a_ruling_comes_twice_as_from_two_sources(every: list[tuple[Company, Json]]) -> None:
    report = next(report for company, report in every if company.standing.failed and company.country == "FR")
    rows = report["negativeInformation"]["judgements"]
    assert rows[0]["effectiveDate"] == rows[1]["effectiveDate"]
    assert ("court" in rows[0], "court" in rows[1]) == (True, False)


def test_company_history_has_an_exact_duplicate(every: list[tuple[Company, Json]]) -> None:
    rows = every[0][1]["additionalInformation"]["companyHistory"]
    assert len(rows) > len({str(row) for row in rows})


def test_an_eighteen_month_year_occurs(every: list[tuple[Company, Json]]) -> None:
    months = {
        row["month"] for _, report in every for row in report.get("localFinancialStatements", []) if "month" in row
    }
    assert months == {12, 18}


def test_negative_equity_occurs(every: list[tuple[Company, Json]]) -> None:
    assert any(row["balanceSheet"]["totalShareholdersEquity"] < 0 for row in statements(every))


def test_some_reports_lack_their_score_or_its_date(every: list[tuple[Company, Json]]) -> None:
    assert any("creditScore" not in report for _, report in every)
    assert any(
        "latestRatingChangeDate" not in report.get("creditScore", {"latestRatingChangeDate": 0}) for _, report in every
    )


def test_group_members_are_companies_of_the_directory(directory: Directory, every: list[tuple[Company, Json]]) -> None:
    groups = [report["extendedGroupStructure"] for _, report in every if "extendedGroupStructure" in report]
    assert {len(group) for group in groups} <= set(range(3, 9))
    for group in groups:
        assert all(directory.find(member["id"]) for member in group)
        assert next(member["level"] for member in group) == 0


def test_a_company_is_found_in_the_group_picture_of_its_parent(every: list[tuple[Company, Json]]) -> None:
    parent, child = every[0][1], every[1][1]
    assert every[1][0].safe_number in {one["safeNumber"] for one in parent["groupStructure"]["subsidiaryCompanies"]}
    assert child["groupStructure"]["ultimateParent"]["name"] == every[0][0].registered_name


def test_american_reports_have_neither_accounts_nor_payments(every: list[tuple[Company, Json]]) -> None:
    report = next(report for company, report in every if company.country == "US")
    assert not {"financialStatements", "paymentData"} & set(report)


def test_swedish_figures_have_no_currency(every: list[tuple[Company, Json]]) -> None:
    report = next(report for company, report in every if company.country == "SE" and "financialStatements" in report)
    assert "currency" not in report["financialStatements"][0]


def test_the_register_number_of_a_french_report_is_the_siret(every: list[tuple[Company, Json]]) -> None:
    company, report = next(pair for pair in every if pair[0].country == "FR")
    assert report["companySummary"]["companyRegistrationNumber"] == company.office
    assert report["additionalInformation"]["misc"]["courtRegistryNumber"] == company.number


def test_french_words_come_when_french_is_asked_for(directory: Directory) -> None:
    company = next(one for one in directory.companies if one.country == "FR" and (one.standing.score or 0) > 70)
    body = reports.answer(company, directory, "fr")
    assert (body["language"], body["report"]["language"]) == ("fr", "FR")
    assert body["report"]["creditScore"]["currentCreditRating"]["commonDescription"] == "Risque très faible"


def test_failed_sections_are_named_and_missing(directory: Directory) -> None:
    company = next(one for one in directory.companies if one.standing.oddity == "failed-sections")
    body = reports.answer(company, directory, "en")
    assert body["failedSections"] == ["PaymentData", "NegativeInformation"]
    assert not {"paymentData", "negativeInformation"} & set(body["report"])


def of(every: list[tuple[Company, Json]], country: str) -> list[tuple[Company, Json]]:
    return [pair for pair in every if pair[0].country == country]


def test_american_reports_have_a_few_sections_only(every: list[tuple[Company, Json]]) -> None:
    most = {"companyId", "language", "companySummary", "companyIdentification", "creditScore", "contactInformation"}
    most |= {"directors", "otherInformation", "negativeInformation", "additionalInformation"}
    assert set().union(*(report for _, report in of(every, "US"))) == most


def test_unrated_swedish_companies_look_odd() -> None:
    directory = Directory(1200, 1)
    unrated = [one for one in directory.companies if (one.country, one.standing.oddity) == ("SE", "unrated")]
    assert unrated
    for company in unrated:
        report = reports.answer(company, directory, "en")["report"]
        score = report["creditScore"]
        assert score["currentContractLimit"] == {"value": 46962500000}
        assert "currency" not in score["currentCreditRating"]["creditLimit"]
        assert score["previousCreditRating"]["providerValue"] == {}
        assert report["additionalInformation"]["misc"] == {"negativeRating": "-2", "registeredForVat": "false"}


def test_weak_italian_companies_have_protests_and_sound_ones_none(every: list[tuple[Company, Json]]) -> None:
    for company, report in of(every, "IT"):
        if "negativeInformation" in report and not company.standing.failed:
            weak = company.standing.score is not None and company.standing.score < 30
            assert bool(report["negativeInformation"]["protesti"]) == weak
    types = {row["type"] for _, report in of(every, "IT") for row in report.get("localFinancialStatements", [])}
    assert types == {"LocalFinancialsCSIT"}


@pytest.mark.parametrize("country", ["GB", "BE", "DE", "IT", "ES", "SE", "US"])
def test_every_country_abroad_has_both_histories(every: list[tuple[Company, Json]], country: str) -> None:
    for company, report in of(every, country):
        extra = report["additionalInformation"]
        assert len(extra["ratingHistory"]) >= 5
        score = company.standing.score
        assert extra["ratingHistory"][0]["companyValue"] == (-18 if score is None else score)
        assert all(set(row["companyValue"]) == {"currency", "value"} for row in extra["creditLimitHistory"])


def test_british_mortgages_are_counted(every: list[tuple[Company, Json]]) -> None:
    for _, report in of(every, "GB"):
        extra = report["additionalInformation"]
        rows = extra.get("mortgageDetails", [])
        outstanding = sum(row["status"] == "OUTSTANDING" for row in rows)
        assert extra["mortgageSummary"] == {"outstanding": outstanding, "satisfied": len(rows) - outstanding}


def test_a_kept_report_is_made_anew_when_its_company_or_a_relative_changes() -> None:
    own = Directory(40, 2026)
    shelf = Shelf(own)
    parent, child = own.companies[0], own.companies[1]
    before = shelf.report(child, "en", indicators=False)
    assert shelf.report(child, "en", indicators=False) == before
    assert shelf.report(child, "fr", indicators=False) != before
    assert "indicators" in json.loads(shelf.report(child, "en", indicators=True))
    changes.apply(own, {"id": parent.connect_id, "day": "2026-11-21", "kind": "name", "name": "AUTRE NOM"})
    told = json.loads(shelf.report(child, "en", indicators=False))
    assert told["groupStructure"]["ultimateParent"]["name"].startswith("AUTRE NOM")
    changes.apply(own, {"id": child.connect_id, "day": "2026-11-21", "kind": "opinion", "score": 11, "limit": "0"})
    told = json.loads(shelf.report(child, "en", indicators=False))
    assert told["creditScore"]["currentCreditRating"]["providerValue"]["value"] == "11"
    alone = next(one for one in own.companies if not own.group_of(one))
    before = shelf.report(alone, "en", indicators=False)
    changes.apply(own, {"id": alone.connect_id, "day": "2026-11-21", "kind": "name", "name": "SEUL"})
    assert shelf.report(alone, "en", indicators=False) != before


def test_a_shelf_keeps_within_its_size() -> None:
    own = Directory(30, 2026)
    shelf = Shelf(own, most_bytes=1)
    first = [shelf.report(company, "en", indicators=False) for company in own.companies]
    assert len(shelf) == 1
    assert [shelf.report(company, "en", indicators=False) for company in own.companies] == first
    roomy = Shelf(own)
    for company in own.companies:
        roomy.report(company, "en", indicators=False)
    assert len(roomy) == 30

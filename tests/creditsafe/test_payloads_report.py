from dataclasses import FrozenInstanceError, fields
from datetime import date
from decimal import Decimal

import pytest

from companies.creditsafe import Report, parse_report
from companies.creditsafe.payloads import HistoryPoint
from tests.creditsafe.client_support import sample


@pytest.fixture(scope="module")
def french():
    return parse_report(sample("report_fr"))


@pytest.fixture(scope="module")
def british():
    return parse_report(sample("report_gb"))


def test_nothing_gives_an_empty_report():
    report = parse_report({})
    assert report == Report()
    assert (report.name, report.status, report.rating_state, report.score) == ("", "unknown", "unknown", None)


@pytest.mark.parametrize("body", [{"report": None}, {"report": {}}, {"report": []}, {"report": "x"}, [], None, "x", 5])
def test_a_body_without_a_report_gives_an_empty_one(body):
    assert parse_report(body) == Report()


def test_the_bare_report_reads_like_the_whole_body():
    body = sample("report_fr")
    whole, bare = parse_report(body), parse_report(body["report"])
    differing = [item.name for item in fields(Report) if getattr(whole, item.name) != getattr(bare, item.name)]
    assert differing == ["failed_sections"]


def test_a_report_cannot_be_changed(french):
    with pytest.raises(FrozenInstanceError):
        french.score = 100


def test_the_legal_name_comes_first_and_the_sign_apart(french):
    assert (french.name, french.trade_name) == ("MENUISERIE VERNE IMAGINAIRE", "VERNE BOIS")
    assert french.previous_names == ("ATELIER VERNE FICTIF",)


def test_the_sign_serves_when_there_is_no_legal_name():
    report = parse_report({"companySummary": {"businessName": "X"}})
    assert (report.name, report.trade_name) == ("X", "")


def test_the_same_name_in_other_letters_is_no_sign(british):
    assert (british.name, british.trade_name) == ("IMAGINARY WIDGETS LIMITED", "")


def test_the_numbers_of_a_french_company(french):
    assert (french.registration_number, french.siret) == ("999000110", "99900011000018")
    assert (french.vat_number, french.safe_number) == ("FR72999000110", "FR99900011")
    assert (french.connect_id, french.country) == ("FR-X-99900011000018", "FR")


def test_the_numbers_of_a_foreign_company(british):
    assert (british.registration_number, british.siret) == ("00000099", "")
    assert (british.connect_id, british.safe_number) == ("GB-0-00000099", "UK00000099")


@pytest.mark.parametrize("number", ["999000110", "99900011000018", "HRB 5"])
def test_a_foreign_number_is_never_taken_for_a_french_one(number):
    report = parse_report({"companySummary": {"country": "BE", "companyRegistrationNumber": number}})
    assert (report.registration_number, report.siret) == (number, "")


def test_form_activity_life_and_contact(french):
    assert (french.legal_form_code, french.legal_form[:3]) == ("5710", "SAS")
    assert (french.activity_code, french.court) == ("4332A", "RCS Orleans")
    assert (french.incorporated_on, french.employees) == (date(2009, 4, 14), "34")
    assert (french.phone, french.website) == ("0200000012", "www.verne-bois.example")


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        ("Active", "active"),
        ("NonActive", "non_active"),
        ("Pending", "pending"),
        ("Other", "other"),
        ("Sleeping", "unknown"),
        (None, "unknown"),
    ],
)
def test_each_status_has_our_word(wire, status):
    assert parse_report({"companySummary": {"companyStatus": {"status": wire}}}).status == status


def test_the_current_and_the_previous_opinion(french):
    assert (french.rating, french.score, french.rating_state) == ("B", 62, "rated")
    assert (french.previous_rating, french.previous_score, french.previous_credit_limit) == ("C", 48, Decimal(41000))
    assert (french.rating_changed_on, french.pod) == (date(2026, 2, 11), Decimal("0.92"))


def test_limits_are_decimals_in_their_currency(french):
    assert (french.credit_limit, french.contract_limit, french.currency) == (Decimal(64000), Decimal(225000), "EUR")
    assert all(isinstance(limit, Decimal) for limit in (french.credit_limit, french.contract_limit))


def test_turnover_and_equity_come_from_the_summary(french, british):
    assert (french.turnover, french.equity) == (Decimal(3240500), Decimal("418000.5"))
    assert british.equity == Decimal(-41000)


def test_the_french_turnover_is_never_the_operating_income():
    report = sample("report_fr")["report"]
    del report["companySummary"]["latestTurnoverFigure"]
    assert parse_report(report).turnover == Decimal(3240500)
    del report["additionalInformation"]["keyFinancials"]
    assert parse_report(report).turnover == Decimal(3240500)
    del report["localFinancialStatements"]
    assert parse_report(report).turnover is None


def test_abroad_the_standardised_revenue_will_do():
    report = sample("report_gb")["report"]
    del report["companySummary"]["latestTurnoverFigure"]
    assert parse_report(report).turnover == Decimal("12800000.5")


def test_the_standardised_accounts(french):
    latest = french.financials[0]
    assert (latest.year_end, latest.currency, latest.consolidated) == (date(2024, 12, 31), "EUR", None)
    assert latest.profit_and_loss["revenue"] == Decimal(3310000)
    assert latest.balance_sheet["totalShareholdersEquity"] == Decimal(418000)
    assert latest.ratios["currentRatio"] == Decimal("1.62")
    assert latest.other == {"contingentLiabilities": "NO", "workingCapital": 320000, "netWorth": 406000}


def test_a_long_year_is_known_from_the_local_accounts(french):
    assert [row.months for row in french.financials] == [12, 12, 18]


def test_a_figure_that_is_absent_has_no_key(french):
    assert "dividends" not in french.financials[0].profit_and_loss


def test_the_local_accounts_keep_their_tree(french):
    synthesized, full = french.local_financials[0], french.local_financials[-1]
    assert synthesized.figure("profitAndLoss", "netResult") == Decimal(72000)
    assert (synthesized.months, synthesized.description) == (12, "Normal Account")
    assert full.figure("assets", "tangilbleFixedAssets", "plant", "gross") == Decimal(300000)
    assert full.figure("ratios", "syntheticFinancialPerformanceIndicators", "conanHolderScore") == Decimal("-0.022")
    assert full.figure("assets", "nowhere", "plant") is None


def test_key_figures(french):
    (year,) = french.key_figures
    assert (year.turnover, year.operating_surplus_percent) == (Decimal(3240500), Decimal("7.41"))


def test_payment_behaviour_in_both_spellings(french, british):
    assert (french.payment.dbt, french.payment.industry_dbt, french.payment.trend) == (9, 6, "Improving")
    assert (british.payment.dbt, british.payment.industry_dbt) == (Decimal("34.19"), Decimal("22.5"))
    assert french.payment.figures["totalTradeLines"] == "4"


def test_directors_have_positions_and_dates_but_no_birth(french):
    (director,) = french.directors
    assert (director.name, director.position) == ("M INVENTE ALPHONSE", "Président, Directeur général")
    assert director.appointed_on == date(2015, 6, 30)
    assert "1901" not in repr(french)
    assert "NULLEPART" not in repr(french)


def test_a_director_without_a_position_stays(british):
    assert [(row.name, row.position) for row in british.directors] == [
        ("Ms Fictitia Example", ""),
        ("Made Upman", "Director"),
    ]


def test_previous_directors_are_told_once(french):
    assert [(row.name, row.resigned_on) for row in french.previous_directors] == [
        ("M INVENTE HONORE", date(2015, 6, 30))
    ]


def test_the_group_has_parents_and_a_tree(french):
    assert french.group.ultimate_parent.registration_number == "999000334"
    assert french.group.immediate_parent is None
    assert [(row.level, row.rating, row.percent) for row in french.group.tree] == [
        (0, "A", None),
        (1, "B", Decimal("75.5")),
    ]


def test_owners_and_capital(french):
    assert next((row.name, row.kind, row.percent) for row in french.shareholders) == (
        "HOLDING VERNE IMAGINAIRE",
        "company",
        Decimal("75.5"),
    )
    assert (french.share_capital.value, french.share_capital.currency) == (Decimal(150000), "")


def test_the_french_history_is_one_point_a_day(french):
    first, *_, last = french.history
    assert (first.date, first.score, first.rating, first.limit) == (date(2026, 2, 11), 62, "B", Decimal(64000))
    assert (last.date, last.score) == (None, 55)
    assert len(french.history) == 4


def test_an_unrated_day_has_no_score(french):
    assert next(point for point in french.history if point.rating == "E").score is None


def test_the_british_history_joins_scores_and_limits(british):
    assert british.history == (
        HistoryPoint(
            date=date(2025, 11, 1), score=94, limit=Decimal(150000), currency="GBP", description="Very Low Risk"
        ),
        HistoryPoint(date=date(2024, 1, 1), limit=Decimal(75000), currency="GBP"),
        HistoryPoint(date=date(2020, 1, 1), description="Not Rated"),
    )


def test_comments_have_a_tone_in_both_spellings(french, british):
    assert [row.tone for row in french.commentaries] == ["positive", "negative"]
    assert [row.tone for row in british.commentaries] == ["negative"]


def test_gazettes_and_averages(french):
    assert french.gazettes[0].published_on == date(2025, 7, 2)
    assert french.industry_averages == {"creditLimit": Decimal(5649), "creditRating": Decimal(35)}


def test_failed_sections_are_told(french):
    assert french.failed_sections == ("PaymentDataExtra",)


def test_the_currency_comes_from_wherever_it_is_said(british):
    report = {"financialStatements": [{"currency": "SEK"}], "creditScore": {"currentContractLimit": {"value": 5}}}
    assert parse_report(report).currency == "SEK"
    assert parse_report({"creditScore": {"currentContractLimit": {"value": 5}}}).currency == ""
    assert british.currency == "GBP"


def test_an_absurdly_large_limit_is_kept_as_sent():
    assert parse_report(sample("report_se_unrated")).contract_limit == Decimal(46962500000)

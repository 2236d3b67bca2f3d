"""Whether the score may be read, and what the courts say: domain 4.4 and 5.11."""

import copy
from datetime import date

import pytest

from companies.creditsafe import parse_report
from companies.creditsafe.payloads.proceedings import kind_of
from tests.creditsafe.client_support import sample


def rated(value=None, *, letter=None, words="", **sections):
    current = {"providerDescription": words}
    if value is not None:
        current["providerValue"] = {"value": value}
    if letter:
        current["commonValue"] = letter
    return parse_report({"creditScore": {"currentCreditRating": current}, **sections})


def ruled(*judgments, **report):
    return parse_report({"negativeInformation": {"judgements": list(judgments)}, **report})


def judgment(day, code="", label=""):
    return {"effectiveDate": day and f"{day}T00:00:00Z", "typeOfJudgement": {"code": code, "value": label}}


@pytest.mark.parametrize(
    ("value", "letter", "words", "score", "state"),
    [
        ("62", "B", "Low risk", 62, "rated"),
        ("100", "A", "", 100, "rated"),
        ("1", "D", "Very high risk of winding up", 1, "rated"),
        ("0", "D", "", 0, "failed"),
        ("0", "E", "", 0, "failed"),
        (0, None, "", 0, "failed"),
        ("Not Rated", "E", "", None, "not_rated"),
        ("-", "E", "", None, "not_rated"),
        ("NC", "E", "", None, "not_rated"),
        ("-1", "E", "", None, "not_rated"),
        ("-18", "E", "", None, "not_rated"),
        ("-1", "E", "Company in situation of failure and with a very high risk of winding up", None, "failed"),
        ("Not Rated", "E", "Entreprise en situation de défaillance", None, "failed"),
        ("Not Rated", "E", "Société en redressement judiciaire", None, "failed"),
        ("Not Rated", "E", "Low risk of failure", None, "not_rated"),
        ("Not Rated", "E", "Risque de défaillance très faible", None, "not_rated"),
        ("62", "B", "Company in situation of failure", 62, "rated"),
        (None, "B", "", None, "rated"),
        ("140", "A", "", None, "rated"),
        ("Not Rated", "B", "", None, "not_rated"),
        (None, "E", "", None, "not_rated"),
        (None, None, "", None, "not_rated"),
        ("55", "E", "", 55, "not_rated"),
    ],
)
def test_values_decide_before_words(value, letter, words, score, state):
    report = rated(value, letter=letter, words=words)
    assert (report.score, report.rating, report.rating_state) == (score, letter, state)


def test_a_good_score_with_an_open_receivership_is_failed():
    report = rated("88", letter="A", negativeInformation={"judgements": [judgment("2026-01-05", "RJ")]})
    assert (report.rating_state, report.open_proceeding, report.proceeding_kind) == ("failed", True, "receivership")


def test_a_report_without_a_score_is_not_rated():
    assert parse_report({"companySummary": {"businessName": "X"}}).rating_state == "not_rated"


def test_a_score_that_could_not_be_produced_is_unknown():
    body = {"report": {"companySummary": {"businessName": "X"}}, "failedSections": ["CreditScore"]}
    assert parse_report(body).rating_state == "unknown"


def test_a_receivership_is_a_failure_even_when_the_score_could_not_be_produced():
    negative = {"judgements": [judgment("2026-01-05", "RJ")]}
    body = {"report": {"negativeInformation": negative}, "failedSections": ["CreditScore"]}
    assert parse_report(body).rating_state == "failed"


def test_the_summary_gives_the_rating_when_the_section_is_missing():
    summary = {"companySummary": {"creditRating": {"commonValue": "C", "providerValue": {"value": "44"}}}}
    assert (parse_report(summary).rating, parse_report(summary).score) == ("C", 44)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Involuntary Liquidation", "liquidation"),
        ("Jugement d'ouverture de liquidation judiciaire", "liquidation"),
        ("Jugement de conversion en liquidation judiciaire de la procédure de redressement judiciaire", "liquidation"),
        ("Jugement prononçant la résolution du plan de redressement et la liquidation judiciaire", "liquidation"),
        ("Jugement prononçant la résolution du plan de sauvegarde", "receivership"),
        ("Jugement d'ouverture d'une procédure de redressement judiciaire", "receivership"),
        ("Jugement arrêtant le plan de cession", "receivership"),
        ("Court-ordered reorganisation", "receivership"),
        ("Jugement d'ouverture d'une procédure de sauvegarde", "safeguard"),
        ("Safeguard proceedings", "safeguard"),
        ("Jugement arrêtant le plan de redressement", "plan"),
        ("Jugement arrêtant le plan de sauvegarde", "plan"),
        ("Continuation plan", "plan"),
        ("Jugement de clôture pour insuffisance d'actif", "insufficient_assets"),
        ("Closure for Insufficient Assets", "insufficient_assets"),
        ("Jugement de clôture de la liquidation pour extinction du passif", "closed"),
        ("Clôture de la procédure de redressement judiciaire", "closed"),
        ("New collective procedure", "opened"),
        ("Dissolution, liquidation amiable", ""),
        ("Rulings linked to debts", ""),
        ("Dépôt de l'état des créances", ""),
        ("", ""),
    ],
)
def test_a_ruling_is_understood_in_both_languages(label, kind):
    assert kind_of(label) == kind


@pytest.mark.parametrize(
    ("rulings", "kind", "running"),
    [
        ([("2013-02-06", "LJ"), ("2012-06-01", "RJ")], "liquidation", True),
        ([("2012-06-01", "RJ"), ("2013-02-06", "LJ")], "liquidation", True),
        ([("2014-09-24", "CI"), ("2013-02-06", "LJ")], "insufficient_assets", False),
        ([("2013-02-06", "RJ"), ("2014-09-24", "CRE")], "receivership", True),
        ([("2013-02-06", "CRE")], "", False),
        ([], "", False),
        ([("2013-02-06", "RJ"), ("2013-02-06", "LJ")], "liquidation", True),
        ([("2013-02-06", "LJ"), ("2013-02-06", "RJ")], "liquidation", True),
        ([("", "LJ"), ("", "RJ")], "liquidation", True),
        ([("", "RJ"), ("", "LJ")], "receivership", True),
        ([("", "LJ"), ("2013-02-06", "CI")], "insufficient_assets", False),
    ],
    ids=[
        "newest first",
        "oldest first",
        "ended",
        "debts",
        "debts only",
        "none",
        "one day",
        "one day too",
        "undated",
        "undated too",
        "mixed",
    ],
)
def test_the_last_ruling_says_whether_a_proceeding_runs(rulings, kind, running):
    report = ruled(*(judgment(day, code) for day, code in rulings))
    assert (report.proceeding_kind, report.open_proceeding) == (kind, running)


def test_a_plan_ends_the_proceeding_and_lets_the_score_speak():
    report = ruled(
        judgment("2025-01-01", "", "Jugement arrêtant le plan de redressement"),
        judgment("2024-01-01", "RJ"),
        creditScore={"currentCreditRating": {"commonValue": "C", "providerValue": {"value": "40"}}},
    )
    assert (report.proceeding_kind, report.open_proceeding, report.rating_state) == ("plan", False, "rated")


def test_collective_procedures_alone_open_a_proceeding():
    rows = [{"judgment": "Jugement d'ouverture", "details": "redressement judiciaire", "effectiveDate": "2026-01-05"}]
    report = parse_report({"negativeInformation": {"collectiveProcedures": {"bodacc": rows}}})
    assert (report.open_proceeding, report.proceeding_kind) == (True, "receivership")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("In Liquidation", "liquidation"),
        ("En redressement judiciaire", "receivership"),
        ("Active - Accounts Filed", ""),
    ],
)
def test_the_status_speaks_when_no_ruling_does(words, kind):
    report = parse_report({"companySummary": {"companyStatus": {"status": "Active", "description": words}}})
    assert report.proceeding_kind == kind


def test_the_closed_company_of_the_sample_is_failed_and_its_proceeding_over():
    report = parse_report(sample("report_fr_failed"))
    assert (report.rating, report.score, report.rating_state) == ("E", None, "failed")
    assert (report.proceeding_kind, report.open_proceeding) == ("insufficient_assets", False)


def test_judgments_keep_court_details_and_liquidators():
    report = parse_report(sample("report_fr_failed"))
    found = next(row for row in report.judgments if row.code == "LJ")
    assert (found.date, found.label, found.court) == (date(2013, 2, 6), "Involuntary Liquidation", "ORLEANS")
    assert found.liquidators == ("MAîTRE FICTIF",)


def test_two_courts_are_two_judgments():
    body = sample("report_fr_failed")
    rows = body["report"]["negativeInformation"]["judgements"]
    rows.append({**copy.deepcopy(rows[1]), "court": "BLOIS"})
    assert [row.court for row in parse_report(body).judgments if row.code == "LJ"] == ["ORLEANS", "BLOIS"]


def test_the_ruling_with_its_court_completes_the_one_without_whatever_the_order():
    body = sample("report_fr_failed")
    body["report"]["negativeInformation"]["judgements"].reverse()
    assert [row.court for row in parse_report(body).judgments if row.code == "LJ"] == ["ORLEANS"]


def test_proceedings_tell_their_source_and_their_publication():
    report = parse_report(sample("report_fr_failed"))
    assert [(row.source, row.kind, row.published_on) for row in report.proceedings] == [
        ("courts", "liquidation", None),
        ("bodacc", "insufficient_assets", date(2014, 10, 9)),
    ]


def test_privileges_are_counted_and_an_unknown_count_is_none():
    known = parse_report(sample("report_fr")).privileges
    assert (known.active, known.social, known.tax) == (1, 1, 0)
    unknown = parse_report(sample("report_fr_failed")).privileges
    assert (unknown.active, unknown.social, unknown.tax) == (None, None, None)


def test_twenty_thousand_judgments_are_read_in_time():
    report = ruled(*(judgment("2020-01-01", "", f"Ruling {number}") for number in range(20_000)))
    assert len(report.judgments) == 20_000

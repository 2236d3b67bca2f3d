"""Parsed reports as facts: the samples against themselves and against changed copies."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.creditsafe import parse_report
from companies.rules.comparison import Kind
from companies.services.comparison import changes
from companies.services.statements import years
from tests.monitoring.reports import NAMES, changed, sample

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
SECTIONS = sorted({key for name in NAMES for key in sample(name)["report"]})


def found(before, after):
    return changes(parse_report(before), parse_report(after), older_data=before, newer_data=after)


def codes(before, after):
    return {change.code: change for change in found(before, after).changes}


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_against_itself_has_no_change(name):
    result = found(sample(name), sample(name))
    assert result.changes == ()
    assert result.unchanged > 5


@given(st.sampled_from(NAMES), st.sampled_from(SECTIONS), JSON)
def test_a_mutilated_report_can_be_compared_both_ways(name, section, junk):
    whole, broken = sample(name), sample(name)
    broken["report"][section] = junk
    there, back = found(whole, broken), found(broken, whole)
    assert {change.mirrored().kind for change in there.changes} == {change.kind for change in back.changes}
    assert len(there.changes) == len(back.changes)


def lower_score(report):
    current = report["creditScore"]["currentCreditRating"]
    current["providerValue"]["value"], current["creditLimit"]["value"] = "44", "45000"


def test_score_and_limit_changes_are_told():
    changed_codes = codes(sample(), changed(lower_score))
    assert set(changed_codes) == {"score", "credit_limit"}
    assert (changed_codes["score"].before.value, changed_codes["score"].after.value) == (62, 44)
    assert changed_codes["credit_limit"].after.unit == "EUR"


def test_a_new_judgment_opens_a_proceeding():
    ruling = {"effectiveDate": "2026-11-02T00:00:00Z", "typeOfJudgement": {"code": "RJ", "value": "Recovery"}}
    told = codes(sample(), changed(lambda report: report["negativeInformation"].update(judgements=[ruling])))
    assert told["judgment"].kind is Kind.NEW
    assert told["proceeding"].after.value == "receivership"


def test_a_director_who_is_new_is_told_and_the_other_stays():
    def add(report):
        report["directors"]["currentDirectors"].append({"name": "MME NEUVE", "positions": []})

    (change,) = found(sample(), changed(add)).changes
    assert (change.code, change.fact.about, change.kind) == ("director", "MME NEUVE", Kind.NEW)


def test_new_accounts_come_with_their_turnover_and_the_one_before():
    def file_accounts(report):
        year = {"yearToDate": "2025-12-31T00:00:00Z", "turnover": 3110000}
        report["additionalInformation"]["keyFinancials"].insert(0, year)

    (change,) = found(sample(), changed(file_accounts)).changes
    assert change.code == "accounts"
    assert (change.fact.parts["turnover"], change.fact.parts["before"]) == (3_110_000, 3_240_500)


def test_a_section_that_failed_is_left_out_and_one_that_is_missing_is_not():
    without = changed(lambda report: report.pop("shareCapitalStructure"))
    failed = deepcopy(without) | {"failedSections": ["ShareCapitalStructure"]}
    assert "shareholder" in codes(sample(), without)
    result = found(sample(), failed)
    assert result.changes == ()
    assert result.left_out == {"group"}


def test_the_order_of_keys_and_rows_does_not_matter():
    def turn(report):
        report["shareCapitalStructure"]["shareHolders"].reverse()

    assert found(sample(), changed(turn)).changes == ()


def test_eighteen_months_are_known_and_own_accounts_go_before_consolidated_ones():
    report = parse_report(sample())
    assert [year.months for year in years(report, most=5)] == [12, 12, 18]
    rows = [
        {"yearEndDate": "2025-12-31", "consolidatedAccounts": flag, "profitAndLoss": {"revenue": revenue}}
        for flag, revenue in ((False, 5), (True, 50))
    ]
    own = parse_report({"report": {"financialStatements": rows}})
    assert [year.turnover() for year in years(own, most=5)] == [5]


def test_in_france_the_standardised_revenue_is_not_the_turnover():
    statement = {"yearEndDate": "2025-12-31", "profitAndLoss": {"revenue": 5}}
    report = parse_report({"report": {"companySummary": {"country": "FR"}, "financialStatements": [statement]}})
    assert [year.turnover() for year in years(report, most=5)] == [None]

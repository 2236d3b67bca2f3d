"""The quirks of API reference 5 that show in the payloads; those of the wire are in test_client_quirks."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from companies.creditsafe import Report, parse_report
from companies.creditsafe.payloads import Amount
from companies.creditsafe.payloads.address import parse_address
from companies.creditsafe.payloads.monitoring import (
    next_page,
    parse_event,
    parse_portfolio_company,
    parse_portfolios,
    parse_rule,
    parse_user,
)
from companies.creditsafe.payloads.people import parse_group
from companies.creditsafe.payloads.search import parse_hit, parse_match, parse_search
from tests.creditsafe.client_support import sample


def limits(value):
    return parse_report({"creditScore": {"currentCreditRating": {"creditLimit": {"value": value}}}})


@pytest.mark.parametrize("section", sorted(sample("report_fr")["report"]))
def test_quirk_03_any_section_may_be_absent(section):
    body = sample("report_fr")
    del body["report"][section]
    assert parse_report(body).connect_id == "FR-X-99900011000018"


@pytest.mark.parametrize("nothing", ["", "not known yet", "2026-13-45T00:00:00Z"])
def test_quirk_03_missing_dates_are_none(nothing):
    report = sample("report_fr")["report"]
    report["creditScore"]["latestRatingChangeDate"] = nothing
    basic = report["companyIdentification"]["basicInformation"]
    del basic["companyRegistrationDate"], basic["operationsStartDate"]
    report["additionalInformation"]["misc"]["summaryFormationDate"] = ""
    assert (parse_report(report).rating_changed_on, parse_report(report).incorporated_on) == (None, None)


@pytest.mark.parametrize("words", ["No Limit", "Credit Limit not applicable", "-"])
def test_quirk_04_text_limits_have_words_and_no_sum(words):
    assert (limits(words).credit_limit, limits(words).credit_limit_text) == (None, words)


def test_quirk_04_a_limit_of_zero_is_not_an_absent_one():
    assert (limits("0").credit_limit, parse_report({}).credit_limit) == (Decimal(0), None)


def test_quirk_04_a_limit_may_hold_its_currency_and_its_commas():
    assert limits("CNY 20,000,000").credit_limit == Decimal(20_000_000)


@pytest.mark.parametrize("value", [{"value": "Not Rated"}, {"value": "-"}, {"value": None}, {}, None, "-", "Not Rated"])
def test_quirk_04_a_score_in_words_is_no_score(value):
    report = parse_report({"creditScore": {"currentCreditRating": {"providerValue": value, "commonValue": "E"}}})
    assert (report.score, report.rating_state) == (None, "not_rated")


def test_quirk_04_an_absent_currency_is_unknown():
    assert (limits("5").credit_limit, limits("5").currency) == (Decimal(5), "")


@pytest.mark.parametrize("spelling", ["postCode", "postalCode", "postcode"])
def test_quirk_05_the_postal_code_has_three_names(spelling):
    assert parse_address({spelling: "45000"}).postal_code == "45000"


@pytest.mark.parametrize("spelling", ["houseNo", "houseNumber"])
def test_quirk_05_the_house_number_has_two_names(spelling):
    assert parse_address({spelling: "12"}).house_number == "12"


def test_quirk_05_the_street_does_not_repeat_the_house_number():
    for street in ("12 RUE DES COPEAUX", "RUE DES COPEAUX"):
        assert parse_address({"street": street, "houseNumber": "12"}).street == "RUE DES COPEAUX"


@pytest.mark.parametrize("number", ["regNo", "registrationNumber", "registeredNumber"])
@pytest.mark.parametrize("safe", ["safeNo", "safeNumber"])
def test_quirk_05_company_numbers_have_several_names(number, safe):
    member = parse_group(
        {"groupStructure": {"ultimateParent": {"name": "X", number: "123", safe: "FR1"}}}
    ).ultimate_parent
    assert (member.registration_number, member.safe_number) == ("123", "FR1")


def test_quirk_05_match_and_search_spell_differently_and_read_alike():
    found, matched = parse_search(sample("search_fr")).items[0], parse_match(sample("match")).items[0]
    assert found.address.postal_code == matched.hit.address.postal_code == "45000"
    assert matched.hit.address.street == "12 RUE DES COPEAUX"
    assert matched.confidence == 950


def test_quirk_06_a_vat_number_is_a_text_or_a_list():
    head, branch, *_ = parse_search(sample("search_fr")).items
    assert head.vat_numbers == branch.vat_numbers == ("FR72999000110",)


def test_quirk_06_phone_numbers_may_be_none():
    head, branch, *_ = parse_search(sample("search_fr")).items
    assert (head.phones, branch.phones) == (("0200000012",), ())


def test_quirk_07_each_endpoint_has_its_dates():
    hit = parse_search(sample("search_fr")).items[0]
    assert hit.latest_accounts_on == date(2024, 12, 31)
    assert hit.changed_at == datetime(2026, 2, 11, 1, 27, 52, tzinfo=UTC)
    first, second, _ = map(parse_portfolio_company, sample("portfolio_companies")["data"])
    assert first.last_event_at == datetime(2017, 4, 18, 15, 0, 0, 50000, UTC)
    assert first.added_at == datetime(2019, 12, 6, 8, 23, 37, tzinfo=UTC)
    assert second.last_event_at is None
    assert parse_report(sample("report_fr_failed")).incorporated_on == date(2007, 4, 1)


@pytest.mark.parametrize(
    ("paging", "following"), [({"next": 1}, 1), ({"next": None}, None), ({"last": 4}, None), ({}, None), (None, None)]
)
def test_quirk_08_the_end_is_a_missing_next_and_never_the_last(paging, following):
    assert next_page({"paging": paging}) == following


def test_quirk_09_portfolios_lie_in_an_object():
    first, second, shared = parse_portfolios(sample("portfolios"))
    assert (first.portfolio_id, first.is_default, first.emails) == (1001, True, ("credit@example.invalid",))
    assert (second.is_default, second.is_shared) == (False, True)
    assert (shared.name, shared.is_shared) == ("Groupe", True)


def test_quirk_10_a_rule_is_active_by_number_or_by_boolean():
    assert [parse_rule(row).is_active for row in sample("event_rules")] == [True, False, True, False]


def test_quirk_10_a_rule_goes_back_with_an_integer():
    sent = [parse_rule(row).as_request()["isActive"] for row in sample("event_rules")]
    assert [(value, type(value)) for value in sent] == [(1, int), (0, int), (1, int), (0, int)]


def test_quirk_13_the_notes_may_be_empty():
    first, second, _ = map(parse_portfolio_company, sample("portfolio_companies")["data"])
    assert (first.reference, first.personal_limit) == ("411VERNE", Amount(Decimal(25000), "25 000"))
    assert (second.reference, second.personal_limit) == ("", Amount(None, ""))


def test_quirk_14_the_automatic_tracker_is_told():
    assert parse_user([{"csUserId": 1, "isAutoTracker": True}]).is_auto_tracker is True
    assert parse_user([{"csUserId": 1}]).is_auto_tracker is False


def test_quirk_15_one_fact_in_two_portfolios_has_one_event_id():
    first, second, *_ = map(parse_event, sample("notification_events")["data"])
    assert first.event_id == second.event_id == 5001
    assert (first.notification_event_id, second.notification_event_id) == (9001, 9002)
    assert (first.portfolio_id, second.portfolio_id) == (1001, 1002)


def test_quirk_15_an_unknown_rule_is_kept():
    event = parse_event(sample("notification_events")["data"][2])
    assert (event.rule_code, event.rule_name) == (9001, "A rule from the future")
    assert (event.occurred_at, event.old_value) == (None, "")
    assert event.extra["somethingNew"] == {"a": 1}


def test_quirk_15_created_and_occurred_are_two_dates():
    event = parse_event(sample("notification_events")["data"][0])
    assert event.occurred_at == datetime(2026, 2, 11, tzinfo=UTC)
    assert event.created_at == datetime(2026, 2, 12, 2, 10, tzinfo=UTC)


def test_quirk_16_branches_are_told_from_the_head_office():
    hits = parse_search(sample("search_fr")).items
    assert [hit.is_head_office for hit in hits] == [True, False, False]


@pytest.mark.parametrize("word", ["HeadOffice", "headOffice", "headoffice"])
def test_quirk_16_the_kind_of_office_is_read_in_any_case(word):
    assert parse_hit({"officeType": word}).is_head_office


def test_quirk_16_a_hit_may_have_no_number():
    assert parse_search(sample("search_fr")).items[-1].registration_number == ""


def test_quirk_17_establishments_share_their_siren():
    head, branch, _ = parse_search(sample("search_fr")).items
    assert head.siren == branch.siren == "999000110"
    assert head.siret != branch.siret


def test_quirk_17_the_siren_comes_from_wherever_it_can():
    misc = {"additionalInformation": {"misc": {"courtRegistryNumber": "999000110"}}}
    by_register = parse_report({"report": misc, "companyId": "FR-X-?"})
    by_id = parse_report({"companyId": "FR-X-99900011000018"})
    for report in (by_register, by_id):
        assert (report.country, report.registration_number) == ("FR", "999000110")
    assert (by_register.siret, by_id.siret) == ("", "99900011000018")


def test_quirk_17_a_siret_of_another_company_is_not_taken():
    body = {"companyId": "FR-X-99900022700010", "companySummary": {"companyRegistrationNumber": "999000110"}}
    assert (parse_report(body).registration_number, parse_report(body).siret) == ("999000110", "")


def test_quirk_18_legal_texts_stay_as_they_are():
    judgment = parse_report(sample("report_fr_failed")).judgments[1]
    assert "LIQUIDATION JUDICIAIREMAîTRE FICTIF" in judgment.details


def test_quirk_19_counts_of_people_are_words():
    assert parse_report(sample("report_gb")).employees == "1-5"
    assert parse_report(sample("report_fr_failed")).employees == "1 or 2 employees"
    assert parse_report(sample("report_fr")).employees == "34"


def test_quirk_19_french_payment_figures_are_texts_read_as_numbers():
    assert parse_report(sample("report_fr")).payment.dbt == Decimal(9)


def test_quirk_20_repeated_rows_are_dropped():
    report = parse_report(sample("report_fr"))
    assert [line.text for line in report.company_history] == ["Mise à jour de la note", "Changement de dirigeant"]
    failed = parse_report(sample("report_fr_failed"))
    assert [row.code for row in failed.judgments] == ["CI", "LJ", "RJ", "CRE"]
    assert len(failed.proceedings) == 2


def test_quirk_23_a_megabyte_of_mortgages_is_read():
    body = sample("report_gb")
    row = {"mortgageDetails": "x" * 1400, "status": "Outstanding"}
    body["report"]["additionalInformation"]["mortgageDetails"] = [row] * 706
    assert parse_report(body).score == 94


def test_quirk_25_codes_decide_whatever_the_language_of_the_labels():
    body = sample("report_fr_failed")
    for row in body["report"]["negativeInformation"]["judgements"]:
        row["typeOfJudgement"]["value"] = "Intitulé jamais vu"
    assert parse_report(body).proceeding_kind == "insufficient_assets"
    kinds = [row.kind for row in parse_report(body).judgments]
    assert kinds == ["insufficient_assets", "liquidation", "receivership", ""]
    body["report"]["companySummary"]["companyStatus"]["description"] = "Radiée"
    assert parse_report(body).status == "non_active"


def test_quirk_26_unknown_fields_are_kept_or_ignored_and_never_fatal():
    assert isinstance(parse_report(sample("report_fr")), Report)
    assert parse_search(sample("search_fr")).items[0].extra == {"novelty": 1}
    assert parse_event({"eventId": 1, "novelty": 1}).extra == {"novelty": 1}


def test_a_watched_company_is_read_with_its_numbers_and_words():
    first, second, third = map(parse_portfolio_company, sample("portfolio_companies")["data"])
    assert [row.status for row in (first, second, third)] == ["active"] * 3
    assert [row.rating for row in (first, second, third)] == ["A", "E", "C"]
    assert [row.local_rating for row in (first, second, third)] == ["77", "", "35"]
    assert [row.credit_limit for row in (first, second, third)] == [Decimal(33000), None, Decimal("10.5")]

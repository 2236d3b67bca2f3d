"""What a report or a file may change of our fields, where each value comes from, and what becomes a difference."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.choices import FieldChoice, LinkState, Origin, Role
from companies.creditsafe.payloads import SearchHit
from companies.creditsafe.payloads.address import Address
from companies.models import Company, FieldAct, FieldRule, FieldSource
from companies.services import completion
from companies.services import link as link_service
from companies.services import partners as service
from tests import make
from tests.companies.erp import DUPONT, applied, partners
from tests.companies.provenance import LATER, linked, reported, says, source, told, typed
from tests.make import NOW

pytestmark = pytest.mark.django_db


def rule(
    choice: FieldChoice, field: str = "phone", by: Origin = Origin.CREDITSAFE, company: Company | None = None
) -> None:
    act = FieldAct.objects.create(kind="always_take", at=NOW)
    FieldRule.objects.create(company=company, field=field, source=by, choice=choice, made=act)


def test_a_report_fills_a_gap_and_says_where_from() -> None:
    company = says(linked(), phone="0320111111")
    assert (company.phone, source(company, "phone"), told()) == ("0320111111", "creditsafe", [])


def test_a_value_of_a_file_is_not_replaced_but_told() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    assert (company.phone, source(company, "phone")) == ("0320000000", "")
    assert told() == [("phone", "creditsafe", "0320000000", "0320111111")]


def test_a_value_that_a_user_typed_is_never_replaced_by_a_report() -> None:
    company = says(typed(linked(), "phone", "0320000000"), phone="0320111111")
    assert (company.phone, source(company, "phone")) == ("0320000000", "user")
    assert told() == [("phone", "creditsafe", "0320000000", "0320111111")]


def test_a_field_that_a_user_emptied_stays_empty() -> None:
    company = says(typed(linked(phone="0320000000"), "phone", ""), phone="0320111111")
    assert company.phone == ""
    assert told() == [("phone", "creditsafe", "", "0320111111")]


def test_a_value_of_creditsafe_follows_creditsafe() -> None:
    company = says(linked(), phone="0320111111")
    company = says(company, LATER, phone="0320222222")
    assert (company.phone, told()) == ("0320222222", [])
    assert company.history.first().history_change_reason == "report"


def test_a_section_that_a_report_lacks_erases_nothing() -> None:
    company = says(says(linked(), phone="0320111111"), LATER)
    assert company.phone == "0320111111"


def test_the_name_is_compared_and_its_search_key_follows() -> None:
    company = linked("Forges du Nord")
    rule(FieldChoice.TAKE, "name")
    company = says(company, name="Aciéries du Sud SAS")
    assert (company.name, company.name_key) == ("Aciéries du Sud SAS", "ACIERIES DU SUD")


@pytest.mark.parametrize("by", ["", "user"], ids=["of a file", "typed"])
def test_a_rule_for_all_takes_what_a_file_gave_and_never_what_a_user_typed(by: str) -> None:
    company = linked(phone="0320000000")
    company = typed(company, "phone", "0320000000") if by else company
    rule(FieldChoice.TAKE)
    assert says(company, phone="0320111111").phone == ("0320000000" if by else "0320111111")


def test_a_choice_pinned_for_the_company_takes_even_what_a_user_typed() -> None:
    company = typed(linked(), "phone", "0320000000")
    rule(FieldChoice.TAKE, company=company)
    assert says(company, phone="0320111111").phone == "0320111111"


def test_a_choice_pinned_for_the_company_is_above_the_rule_for_all() -> None:
    company = linked(phone="0320000000")
    rule(FieldChoice.TAKE)
    rule(FieldChoice.KEEP, company=company)
    assert says(company, phone="0320111111").phone == "0320000000"
    assert told() == []


def test_what_an_always_taken_value_replaced_is_not_told_again_by_its_file() -> None:
    applied(partners(DUPONT))
    company = Company.objects.get()
    make.profile(company, None, None)
    rule(FieldChoice.TAKE, "city")
    assert says(company, city="Roubaix").city == "Roubaix"
    applied(partners(DUPONT, "411B;Autre;;;;;;FR;;"))
    assert Company.objects.get(pk=company.pk).city == "Roubaix"
    assert told() == []
    assert ("city", "erp", "Roubaix", "Lille") in told(state="kept")


def test_a_difference_is_one_row_however_often_it_is_reported() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    says(company, LATER, phone="0320111111")
    assert len(told()) == 1


def test_a_difference_follows_their_value_and_ends_when_they_agree() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    company = says(company, LATER, phone="0320222222")
    assert told() == [("phone", "creditsafe", "0320000000", "0320222222")]
    says(company, LATER, phone="03 20 00 00 00")
    assert told() == []


def test_keep_silences_until_their_value_changes() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    company.differences.update(state="kept")
    says(company, LATER, phone="03.20.11.11.11")
    assert told() == []
    says(company, LATER, phone="0320222222")
    assert told() == [("phone", "creditsafe", "0320000000", "0320222222")]


def test_a_number_that_another_company_has_gets_no_source() -> None:
    make.company("Autre", registration_number="552100554")
    company = says(linked(), registration_number="552100554")
    assert (company.registration_number, source(company, "registration_number")) == ("", "")
    assert "552100554" in company.link_note


def hit(phone: str = "", street: str = "") -> SearchHit:
    phones = (phone,) if phone else ()
    return SearchHit(
        connect_id="FR-X-1", name="Forges du Nord", country="FR", phones=phones, address=Address(street=street)
    )


def about_fields(count: int) -> int:
    """How many statements about fields a batch of so many reports takes."""
    said = {"phone": "0320111111", "city": "Lille"}
    pairs = [(linked(f"Forges {count} {number}", phone="0320000000"), said) for number in range(count)]
    with CaptureQueriesContext(connection) as taken:
        reported(*pairs)
    return len([query for query in taken if '"companies_field' in query["sql"]])


def test_a_batch_of_reports_asks_as_much_as_one() -> None:
    assert about_fields(50) == about_fields(1) == 5


def test_a_link_says_that_what_it_brought_is_creditsafes() -> None:
    company = make.company("Forges du Nord", street="1 rue Basse")
    link_service.link(company, hit=hit(street="2 rue Haute", phone="0320111111"), now=NOW)
    assert (source(company, "phone"), source(company, "street")) == ("creditsafe", "")
    assert company.history.first().history_change_reason == "link"


def test_a_link_leaves_what_a_user_emptied() -> None:
    company = typed(make.company("Forges du Nord"), "phone", "")
    link_service.link(company, hit=hit(phone="0320111111"), now=NOW)
    assert Company.objects.get().phone == ""


def test_a_company_created_from_creditsafe_has_all_from_creditsafe() -> None:
    company = link_service.create_from(hit(phone="0320111111"), code="411X", role=Role.CLIENT, now=NOW)
    assert {source(company, "name"), source(company, "phone")} == {"creditsafe"}


def test_another_profile_ends_what_the_former_one_said() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    link_service.link(company, hit=hit(), now=NOW)
    assert told() == []


class TestImports:
    """What a file of the ERP may replace."""

    def of_dupont(self, **values: Any) -> Company:
        values = {"registration_number": "732829320", "city": "Lille"} | values
        company = make.company("Établissements Dupont", **values)
        make.account(company, code="411DUPONT")
        return company

    def file(self, city: str = "Roubaix") -> None:
        applied(partners(DUPONT.replace("Lille", city)))

    def test_a_value_that_a_user_typed_is_never_replaced_by_a_file(self) -> None:
        company = typed(self.of_dupont(), "city", "Tourcoing")
        self.file()
        company.refresh_from_db()
        assert (company.city, source(company, "city")) == ("Tourcoing", "user")
        assert told() == [("city", "erp", "Tourcoing", "Roubaix")]

    def test_a_gap_that_a_user_left_is_not_filled_by_a_file(self) -> None:
        company = typed(self.of_dupont(), "city", "")
        self.file()
        company.refresh_from_db()
        assert company.city == ""
        assert told() == [("city", "erp", "", "Roubaix")]

    def test_a_value_of_creditsafe_is_not_replaced_by_a_file(self) -> None:
        company = self.of_dupont(city="")
        make.profile(company, None, None)
        company = says(company, city="Lille")
        self.file()
        company.refresh_from_db()
        assert (company.city, told()) == ("Lille", [("city", "erp", "Lille", "Roubaix")])

    def test_a_value_of_creditsafe_stays_after_its_link_ended(self) -> None:
        company = self.of_dupont()
        FieldSource.objects.create(company=company, field="city", source=Origin.CREDITSAFE, since=NOW)
        self.file()
        company.refresh_from_db()
        assert (company.city, told()) == ("Lille", [("city", "erp", "Lille", "Roubaix")])

    def test_a_linked_company_keeps_what_it_has_and_the_difference_is_told(self) -> None:
        company = self.of_dupont(link_state=LinkState.LINKED)
        self.file()
        company.refresh_from_db()
        assert (company.city, told()) == ("Lille", [("city", "erp", "Lille", "Roubaix")])

    def test_an_unlinked_company_follows_its_file(self) -> None:
        company = self.of_dupont()
        self.file()
        company.refresh_from_db()
        assert (company.city, source(company, "city"), told()) == ("Roubaix", "", [])

    def test_the_same_file_again_tells_nothing_new(self) -> None:
        self.of_dupont(link_state=LinkState.LINKED)
        self.file()
        applied(partners(DUPONT.replace("Lille", "Roubaix"), "411B;Autre;;;;;;FR;;"))
        assert len(told()) == 1

    def test_a_difference_ends_when_the_file_agrees(self) -> None:
        self.of_dupont(link_state=LinkState.LINKED)
        self.file()
        self.file("LILLE CEDEX 9")
        assert told() == []

    @pytest.mark.parametrize(("choice", "city"), [(FieldChoice.TAKE, "Roubaix"), (FieldChoice.KEEP, "Lille")])
    def test_a_rule_for_files_is_obeyed(self, choice: FieldChoice, city: str) -> None:
        company = self.of_dupont(link_state=LinkState.LINKED)
        rule(choice, "city", Origin.ERP)
        self.file()
        company.refresh_from_db()
        assert (company.city, told()) == (city, [])

    def test_a_rule_for_files_takes_over_from_creditsafe_and_says_so(self) -> None:
        company = self.of_dupont(city="")
        make.profile(company, None, None)
        says(company, city="Lille")
        rule(FieldChoice.TAKE, "city", Origin.ERP)
        self.file()
        assert (source(company, "city"), told()) == ("erp", [])
        assert ("city", "creditsafe", "Roubaix", "Lille") in told(state="kept")

    def test_what_is_typed_between_the_plan_and_the_write_stays(self, monkeypatch: Any) -> None:
        company, write = self.of_dupont(), service.write

        def typed_meanwhile(plan: Any, **rest: Any) -> Any:
            typed(Company.objects.get(pk=company.pk), "city", "Tourcoing")
            return write(plan, **rest)

        monkeypatch.setattr(service, "write", typed_meanwhile)
        self.file()
        company.refresh_from_db()
        assert (company.city, told()) == ("Tourcoing", [("city", "erp", "Tourcoing", "Roubaix")])

    def test_the_guard_asks_two_questions_for_any_number_of_rows(self, django_assert_num_queries: Any) -> None:
        held = [typed(make.company(f"Forges {number}"), "city", "Lille").pk for number in range(30)]
        with django_assert_num_queries(2):
            guard = completion.Guard()
            assert not any(guard.lets(pk, "city", ours="Lille", linked=False) for pk in held)

"""Partners of a file: which company is each row, and what of it may be overwritten."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import translation

from companies.choices import BatchState, ChangeCause, LinkState, Role
from companies.models import Account, Change, Company
from companies.services import undo
from tests import make
from tests.companies.erp import DUPONT, applied, counts, partners
from tests.make import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def company_of(code: str) -> Company:
    return Account.objects.select_related("company").get(code=code).company


def test_a_partner_becomes_a_company_with_its_account() -> None:
    batch = applied(partners(DUPONT))
    company, account = Company.objects.get(), Account.objects.get()
    assert (company.name, company.name_key, company.registration_number) == (
        "Établissements Dupont",
        "DUPONT",
        "732829320",
    )
    assert (company.link_state, company.city) == (LinkState.QUEUED, "Lille")
    assert (account.company, account.role, account.erp_limit) == (company, Role.CLIENT, Decimal(12_000))
    assert (batch.state, batch.applied_at, counts(batch)) == (BatchState.APPLIED, NOW, (1, 0, 0, 0))
    assert list(Change.objects.values_list("company", "cause", "note")) == [
        (company.pk, ChangeCause.IMPORT, "clients.csv")
    ]


def test_a_client_and_a_supplier_with_one_siren_are_one_company() -> None:
    applied(partners(DUPONT, "401DUPONT;DUPONT ETS;732 829 320;;;;;FR;;"))
    assert company_of("401DUPONT") == company_of("411DUPONT") == Company.objects.get()
    assert Company.objects.get().name == "Établissements Dupont"
    assert set(Account.objects.values_list("role", "name")) == {
        ("client", "Établissements Dupont"),
        ("supplier", "DUPONT ETS"),
    }


def test_rows_without_a_number_meet_by_their_vat_number() -> None:
    applied(partners("411A;Alpha;;DE136695976;;;;DE;;", "401A;Alpha GmbH;;DE136695976;;;;DE;;"))
    assert company_of("411A") == company_of("401A")


def test_a_row_without_a_number_joins_the_company_that_has_its_vat_number() -> None:
    known = make.company("Known", country="DE", vat_number="DE136695976")
    applied(partners("411A;Alpha;;DE136695976;;;;DE;;"))
    assert company_of("411A") == known


def test_rows_with_neither_number_are_companies_of_their_own() -> None:
    applied(partners("411A;Alpha;;;;;;FR;;", "411B;Alpha;;;;;;FR;;"))
    assert Company.objects.count() == 2


def test_a_row_joins_the_company_that_has_its_number() -> None:
    known = make.company("Known", registration_number="732829320")
    applied(partners(DUPONT))
    assert company_of("411DUPONT") == known


def test_the_same_number_in_another_country_is_another_company() -> None:
    make.company("Known", registration_number="732829320", country="DE")
    applied(partners(DUPONT))
    assert Company.objects.count() == 2


def test_a_number_that_arrives_later_goes_to_the_company_of_the_account() -> None:
    known = make.company("Dupont", link_state=LinkState.ABSENT)
    make.account(known, code="411DUPONT")
    applied(partners(DUPONT))
    known.refresh_from_db()
    assert (Company.objects.count(), known.registration_number) == (1, "732829320")
    assert known.link_state == LinkState.QUEUED


def test_a_number_that_arrives_later_goes_to_the_company_of_the_vat_number() -> None:
    known = make.company("Dupont", vat_number="FR44732829320")
    applied(partners("411DUPONT;Dupont;732829320;FR44732829320;;;;FR;;"))
    assert company_of("411DUPONT") == known


def test_one_company_takes_one_of_two_new_numbers() -> None:
    known = make.company("Dupont")
    make.account(known, code="411A")
    make.account(known, code="411B", role=Role.CLIENT)
    applied(partners("411A;Dupont;732829320;;;;;FR;;", "411B;Durand;552100554;;;;;FR;;"))
    assert company_of("411A") == known
    assert company_of("411A").registration_number == "732829320"
    assert company_of("411B").registration_number == "552100554"


def test_an_account_given_to_another_company_moves_with_a_warning() -> None:
    old = make.company("Old", registration_number="552100554")
    make.account(old, code="411DUPONT")
    batch = applied(partners(DUPONT))
    assert company_of("411DUPONT") != old
    assert "it will move" in batch.problems.get(is_error=False).problem
    assert set(Change.objects.values_list("company", flat=True)) == {old.pk, company_of("411DUPONT").pk}


def test_two_ledgers_may_use_one_code() -> None:
    applied(partners(DUPONT))
    applied(partners("411DUPONT;Autre;552100554;;;;;FR;;"), ledger="SECOND")
    assert Account.objects.filter(code="411DUPONT").count() == 2
    assert Company.objects.count() == 2


def test_an_empty_value_never_erases_a_stored_one() -> None:
    applied(partners(DUPONT))
    batch = applied(partners("411DUPONT;Établissements Dupont;732829320;;;;;FR;;"))
    company, account = Company.objects.get(), Account.objects.get()
    assert (company.street, company.city) == ("1 rue Basse", "Lille")
    assert (account.erp_limit, account.terms) == (Decimal(12_000), "30 jours")
    assert counts(batch) == (0, 0, 1, 0)


def test_a_new_value_replaces_the_old_one_and_is_remembered() -> None:
    applied(partners(DUPONT))
    batch = applied(partners(DUPONT.replace("Lille", "Roubaix").replace("12 000", "15 000")), name="later.csv")
    company, account = Company.objects.get(), Account.objects.get()
    assert (company.city, account.erp_limit) == ("Roubaix", Decimal(15_000))
    assert counts(batch) == (0, 1, 0, 0)
    assert [(h.city, h.history_type, h.history_change_reason) for h in company.history.all()] == [
        ("Roubaix", "~", "later.csv"),
        ("Lille", "+", "clients.csv"),
    ]
    assert [h.erp_limit for h in account.history.all()] == [Decimal(15_000), Decimal(12_000)]


def test_a_linked_company_keeps_its_name_and_address_and_gains_what_it_lacks() -> None:
    linked = make.company("DUPONT (Creditsafe)", registration_number="732829320", city="Paris")
    make.profile(linked)
    applied(partners(DUPONT))
    linked.refresh_from_db()
    assert (linked.name, linked.city, linked.street) == ("DUPONT (Creditsafe)", "Paris", "1 rue Basse")
    assert Account.objects.get().name == "Établissements Dupont"
    assert linked.link_state == LinkState.LINKED


def test_a_company_left_unlinked_is_not_searched_again() -> None:
    left = make.company("Dupont", link_state=LinkState.UNLINKED)
    make.account(left, code="411DUPONT")
    applied(partners(DUPONT))
    left.refresh_from_db()
    assert (left.link_state, left.registration_number) == (LinkState.UNLINKED, "732829320")


def test_an_unchanged_file_touches_nothing() -> None:
    applied(partners(DUPONT))
    Change.objects.all().delete()
    before = Company.objects.get().updated_at
    applied(partners(DUPONT) + b"\r\n")
    assert not Change.objects.exists()
    assert Company.objects.get().updated_at == before


def test_a_lei_is_kept_with_the_company_and_finds_it() -> None:
    lei = "969500T7CS4RVQ3AGU78"
    applied(f"Compte;Raison sociale;SIREN;LEI\n411A;Alpha;732829320;{lei}\n".encode())
    assert Company.objects.get().lei == lei
    assert Company.objects.search(lei).get() == Company.objects.get()


def test_business_unit_and_analyst_are_read_changed_and_undone() -> None:
    header = "Compte;Raison sociale;Agence;Chargé de recouvrement"
    first = applied(f"{header}\r\n411X;Xénon;Nord;C. Vasseur\r\n".encode("cp1252"))
    second = applied(f"{header}\r\n411X;Xénon;Sud;\r\n".encode("cp1252"))
    account = Account.objects.get(code="411X")
    assert (account.business_unit, account.analyst) == ("Sud", "C. Vasseur")
    undo.undo(second.pk, user_id=None, now=NOW)
    account.refresh_from_db()
    assert (account.business_unit, account.analyst, first.created_count) == ("Nord", "C. Vasseur", 1)

"""Our own name and bank accounts, entered by a manager without the administration."""

import pytest

from monitoring.models import BankAccount, OurCompany

pytestmark = pytest.mark.django_db
URL = "/our-company/"
BANKS = {"banks-TOTAL_FORMS": "1", "banks-INITIAL_FORMS": "0", "banks-MIN_NUM_FORMS": "0", "banks-MAX_NUM_FORMS": "9"}
BANK = {"banks-0-currency": "eur", "banks-0-iban": "FR14 2004 1010 0505 0001 3M02 606", "banks-0-bic": "PSSTFRPPLIL"}
US = {"name": "Nous & Cie", "city": "Lille", "country": "FR"}


def test_a_manager_enters_our_company_with_its_bank(client_as, manager):
    client = client_as(manager)
    assert client.get(URL).status_code == 200
    assert client.post(URL, US | BANKS | BANK).status_code == 302
    assert OurCompany.objects.get().city == "Lille"
    assert BankAccount.objects.get().currency == "EUR"
    assert client.post(URL, US | BANKS | {"city": "Lyon", "banks-0-currency": "EUR"}).status_code == 302
    assert (OurCompany.objects.get().city, BankAccount.objects.count()) == ("Lyon", 1)


@pytest.mark.parametrize("wrong", [{"name": ""}, {"banks-0-iban": "FR00 1234"}, {"banks-0-currency": "E1"}])
def test_what_is_wrong_is_said_and_nothing_is_saved(client_as, manager, wrong):
    response = client_as(manager).post(URL, US | BANKS | BANK | wrong)
    assert response.status_code == 422
    assert b"invalid-feedback" in response.content
    assert (OurCompany.objects.count(), BankAccount.objects.count()) == (0, 0)


def test_an_analyst_cannot(client_as, analyst):
    assert client_as(analyst).get(URL).status_code == 403

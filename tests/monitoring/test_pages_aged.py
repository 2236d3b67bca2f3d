"""Balances without their items on the exposure tab: with their day and ledger, apart from the exposure."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from companies.choices import FileKind
from companies.models import AgedBalance
from tests import make
from tests.monitoring.reports import ENGLISH

pytestmark = pytest.mark.django_db
SUMS = (("not_due", "100.00"), ("1_30", "23.45"), ("credits", "-3.45"))


@pytest.mark.parametrize("ledgers", [1, 3])
def test_a_balance_is_shown_with_its_day_and_apart_from_the_exposure(
    client_as, analyst, ledgers, django_assert_max_num_queries
):
    company = make.company()
    for number in range(ledgers):
        account = make.account(company, code="411AGED", ledger=f"SAGE{number}")
        batch = make.batch(kind=FileKind.AGED_BALANCE, ledger=account.ledger, as_of=date(2026, 10, 31))
        for bucket, amount in SUMS:
            AgedBalance.objects.create(account=account, batch=batch, bucket=bucket, amount=Decimal(amount))
    client = client_as(analyst)
    url = reverse("company_exposure", args=[company.pk])
    client.get(url, headers=ENGLISH)
    with django_assert_max_num_queries(40):
        answer = client.get(url, headers=ENGLISH)
    text = answer.content.decode()
    for words in ("from an aged balance", "not in the exposure", "on 31 October 2026, ledger SAGE0", "120.00"):
        assert words in text
    assert text.count("from an aged balance") == ledgers
    assert answer.context["depth"].found.risk == 0


def test_a_company_without_balances_has_no_such_card(client_as, analyst):
    account = make.account(make.company())
    answer = client_as(analyst).get(reverse("company_exposure", args=[account.company_id]), headers=ENGLISH)
    assert "aged balance" not in answer.content.decode()

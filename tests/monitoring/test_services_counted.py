"""What counts as exposure: orders, deliveries, disputes and matched credits, by policy (domain 5.1)."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db.models import Q

from companies.choices import CommitmentKind, DocumentType, Role
from companies.models import Account, Commitment, Company, Dispute, ExchangeRate
from companies.rules.exposure import contributions
from monitoring.models import ExposureSettings, Standing
from monitoring.services import counted, standing
from monitoring.services.money import Rates, sums_by
from monitoring.services.scope import Scope
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db


def promise(of: Account, amount: str, kind: CommitmentKind = CommitmentKind.ORDER, **values: Any) -> Commitment:
    values = {"document": f"C{Commitment.objects.count()}", "valid_from": TODAY, "batch": make.batch()} | values
    return Commitment.objects.create(account=of, kind=kind, amount=Decimal(amount), **values)


def exposure(company: Company, **policy: Any) -> Decimal:
    ExposureSettings(**policy).save()
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    return Standing.objects.get(pk=company.pk).exposure


@pytest.fixture
def vector() -> Company:
    """The first table of domain 5.1."""
    company = make.company()
    account = make.account(company)
    make.item(account, "6000", due=TODAY + timedelta(days=9))
    make.item(account, "4000", due=TODAY - timedelta(days=9))
    make.item(account, "1500", due=TODAY + timedelta(days=9), type=DocumentType.BILL)
    make.item(account, "-700", type=DocumentType.CREDIT_NOTE)
    make.item(account, "-500", type=DocumentType.PAYMENT)
    promise(account, "800", CommitmentKind.DELIVERED)
    promise(account, "1200", deliver_on=TODAY + timedelta(days=60))
    return company


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, "12300"),
        ({"netting": "none"}, "13500"),
        ({"orders_share": Decimal(50)}, "11700"),
        ({"orders_within_days": 30}, "11100"),
        ({"orders_within_days": 60}, "12300"),
        ({"count_delivered": False}, "11500"),
        ({"count_bills": False}, "10800"),
    ],
)
def test_the_vectors_of_the_domain_hold(vector: Company, policy: dict[str, Any], expected: str) -> None:
    assert exposure(vector, **policy) == Decimal(expected)


def test_a_prospect_with_orders_is_an_exposure() -> None:
    company = make.company()
    promise(make.account(company, Role.PROSPECT), "900")
    assert exposure(company) == Decimal(900)


def test_an_order_without_a_day_counts_as_due_soon() -> None:
    company = make.company()
    promise(make.account(company), "900")
    assert exposure(company, orders_within_days=1) == Decimal(900)


def test_a_closed_order_no_longer_counts() -> None:
    company = make.company()
    promise(make.account(company), "900", closed_on=TODAY)
    assert exposure(company) == 0


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_disputed_invoice_is_left_out_where_the_policy_says_so(by_hand: bool) -> None:
    company = make.company()
    item = make.item(make.account(company), "1000", due=TODAY, disputed=not by_hand)
    if by_hand:
        Dispute.objects.create(item=item, reason="Broken", since=TODAY, noted_at=NOW)
    make.item(item.account, "70", due=TODAY)
    assert (exposure(company), exposure(company, count_disputed=False)) == (Decimal(1070), Decimal(70))


def test_a_disputed_bill_stays_owed_until_it_is_late() -> None:
    company = make.company()
    make.item(make.account(company), "1000", due=TODAY, disputed=True, type=DocumentType.BILL)
    assert exposure(company, count_disputed=False) == Decimal(1000)


def test_only_credits_that_name_their_invoice_are_deducted_when_the_policy_says_matched() -> None:
    company = make.company()
    account = make.account(company)
    make.item(account, "1000", due=TODAY)
    make.item(account, "-300", settles="FA1")
    make.item(account, "-50")
    assert exposure(company, netting="matched") == Decimal(700)


def test_an_order_in_a_currency_without_a_rate_is_said_and_not_added() -> None:
    company = make.company()
    promise(make.account(company), "900", currency="JPY")
    assert exposure(company) == 0
    assert Standing.objects.get(pk=company.pk).rate_missing


def test_the_parts_of_any_ledger_make_the_exposure_that_was_stored() -> None:
    ExchangeRate.objects.create(currency="USD", valid_on=date(2026, 1, 1), rate=Decimal("1.25"))
    draw, accounts = Random(5), [make.account(make.company(f"C{n}")) for n in range(30)]
    for account in accounts:
        for _n in range(draw.randint(1, 8)):
            amount, due = f"{draw.randint(-9000, 20000) * 5}", draw.choice([None, TODAY, TODAY - timedelta(days=4)])
            extra = {"disputed": draw.random() < 0.3, "settles": draw.choice(["", "FA9"])}
            make.item(
                account,
                amount,
                due,
                type=draw.choice(DocumentType.values),
                currency=draw.choice(["EUR", "USD"]),
                **extra,
            )
        soon = draw.choice([None, TODAY + timedelta(days=10), TODAY + timedelta(days=90)])
        promise(account, f"{draw.randint(1, 9000)}", draw.choice(list(CommitmentKind)), deliver_on=soon)
    policy = {"count_disputed": False, "netting": "matched", "orders_share": Decimal(50), "orders_within_days": 30}
    ExposureSettings(**policy).save()
    standing.restate([account.company_id for account in accounts], now=NOW, as_of=TODAY)
    rules = ExposureSettings.current().rules()
    now = Scope()
    parts, missing = counted.parts_by(now.items(), now.promises(), as_of=TODAY, rates=Rates(TODAY), within_days=30)
    made = {pk: sum(one.amount for one in contributions(found, rules)) for pk, found in parts.items()}
    assert (made, missing) == (dict(Standing.objects.values_list("pk", "exposure")), {})


def test_half_a_cent_is_rounded_as_the_database_rounds_it():
    ExchangeRate.objects.create(currency="USD", valid_on=TODAY, rate=Decimal(2))
    of = make.account(make.company())
    make.item(of, "0.25", due=TODAY, currency="USD")
    rates = Rates(TODAY)
    sums = sums_by(Scope().items(), "account__company", {"all": Q()}, rates=rates)[of.company_id]
    assert rates.convert(Decimal("0.25"), "USD") == sums.amount("all") == Decimal("0.13")

"""What counts on a company: parts, limits, orders; disputes noted and ended by hand (domain 5.1)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from companies.choices import ChangeCause, CommitmentKind, Role
from companies.models import Change, Commitment, Company, Dispute
from monitoring.services import counting, standing
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db
As = Callable[[User], Client]


@pytest.fixture(autouse=True)
def today(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def company() -> Company:
    made = make.company()
    make.profile(made, limit="1000")
    make.item(make.account(made), "900", due=TODAY)
    return made


def note(client: Client, company: Company, **values: Any) -> Any:
    item = company.accounts.get().open_items.get()
    given = {"reason": "Broken on arrival", "since": str(TODAY)} | values
    return client.post(f"/companies/{company.pk}/items/{item.pk}/dispute/", given, follow=True)


def test_an_excess_says_that_the_orders_cross_the_limit(company: Company) -> None:
    account = company.accounts.get()
    Commitment.objects.create(
        account=account, batch=make.batch(), kind=CommitmentKind.ORDER, document="C1", amount=300, valid_from=TODAY
    )
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    excess = counting.counted(company.pk).own.excesses[0]
    assert (excess.kind, excess.amount) == ("provider", Decimal(200))
    assert [(part.part, part.over) for part in excess.crossing] == [("orders", Decimal(200))]


def test_a_dispute_is_noted_with_its_author_shown_and_ended(company: Company, analyst: User, client_as: As) -> None:
    client = client_as(analyst)
    assert b"Broken on arrival" in note(client, company).content
    found = Dispute.objects.get()
    assert (found.noted_by, found.since) == (analyst, TODAY)
    assert Change.objects.filter(company=company, cause=ChangeCause.EDIT).count() == 1
    client.post(f"/companies/{company.pk}/disputes/{found.pk}/end/")
    found.refresh_from_db()
    assert (found.ended_on, found.ended_by) == (TODAY, analyst)
    assert not Dispute.objects.at(TODAY).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"reason": " "},
        {"since": "yesterday"},
        {"since": str(TODAY + timedelta(days=1))},
        {"since": "2020-01-01"},
    ],
)
def test_a_dispute_that_makes_no_sense_is_refused_in_words(
    values: dict[str, str], company: Company, analyst: User, client_as: As
) -> None:
    page = note(client_as(analyst), company, **values)
    assert (page.status_code, Dispute.objects.exists()) == (200, False)
    assert b"alert-danger" in page.content


def test_an_item_is_contested_only_once(company: Company, analyst: User, client_as: As) -> None:
    note(client_as(analyst), company)
    note(client_as(analyst), company)
    assert Dispute.objects.count() == 1


def test_an_auditor_sees_disputes_and_may_not_note_one(company: Company, auditor: User, client_as: As) -> None:
    client = client_as(auditor)
    assert b"Contested?" not in client.get(f"/companies/{company.pk}/counted/").content
    assert note(client, company).status_code == 403


def test_another_companys_item_is_not_found(company: Company, analyst: User, client_as: As) -> None:
    other = make.item(make.account(make.company("Other"), Role.CLIENT), "5")
    url = f"/companies/{company.pk}/items/{other.pk}/dispute/"
    assert client_as(analyst).post(url, {"reason": "x", "since": str(TODAY)}).status_code == 404


def test_the_page_asks_as_much_for_fifty_items_as_for_one(
    company: Company, analyst: User, client_as: As, django_assert_max_num_queries: Any
) -> None:
    account = company.accounts.get()
    for _n in range(50):
        item = make.item(account, "10", due=TODAY)
        Dispute.objects.create(item=item, reason="x", since=TODAY, noted_at=NOW, noted_by=analyst)
    client = client_as(analyst)
    with django_assert_max_num_queries(25):
        client.get(f"/companies/{company.pk}/counted/")

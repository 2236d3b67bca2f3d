"""One position per ultimate parent, both sides."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from companies.models import Company
from monitoring.models import Position, Standing
from monitoring.services import groups as service
from monitoring.services import standing
from monitoring.views.figures import policy_in_force
from tests import make
from tests.monitoring.pages import growth, placed
from tests.monitoring.test_pages_late import body

pytestmark = pytest.mark.django_db


def under(parent, *children):
    """Put companies under a parent, as the report or a user says it."""
    Company.objects.filter(pk__in=[child.pk for child in children]).update(parent=parent)
    pks = [parent.pk, *(child.pk for child in children)]
    standing.restate(pks, now=make.NOW, as_of=make.TODAY)


def owed(company, amount):
    """What we owe a company."""
    make.item(make.account(company, "supplier"), amount)
    standing.restate([company.pk], now=make.NOW, as_of=make.TODAY)


def positions(rows=None):
    _policy, cells = policy_in_force()
    rows = Standing.objects.all() if rows is None else rows
    return {row["group"]: row for row in service.positions(rows, cells)}


@pytest.fixture
def group(db):
    """The parent owes 400, its subsidiary 200 and is owed 150; a company alone owes 300, another 100."""
    parent, child = placed("Holding", owes="400"), placed("Filiale", score=10, owes="200")
    placed("Seule", owes="300"), placed("Petite", owes="100")
    under(parent, child)
    owed(child, "150")
    return parent


def test_a_group_is_one_position_with_both_sides(group):
    row = positions()[group.pk]
    assert (row["members"], row["sum_exposure"], row["sum_overdue"], row["sum_payable"]) == (2, 600, 600, 150)
    assert (row["net"], row["set_off"]) == (450, 150)


def test_the_cell_of_a_group_is_its_worst(group):
    _policy, cells = policy_in_force()
    assert list(cells)[positions()[group.pk]["worst"]] == "LOW-DEF"


def test_an_unknown_limit_is_counted_and_is_not_0(group):
    other = placed("Sans limite", limit=None)
    row = positions()[other.pk]
    assert (row["sum_credit_limit"], row["unlimited"], positions()[group.pk]["sum_credit_limit"]) == (None, 1, 40_000)


def test_nothing_is_set_off_against_credits():
    company = placed("Créditeur", owes="-50")
    owed(company, "80")
    assert positions()[company.pk]["set_off"] == 0


def test_grouping_raises_the_concentration(group):
    """The vector of domain 5.13: 40/30/20/10 is 0.30, and 60/30/10 is 0.46."""
    found = service.concentration(Standing.objects.all())
    assert (found.alone.hhi.value, found.grouped.hhi.value) == (Decimal("0.3000"), Decimal("0.4600"))
    assert (found.alone.equal.value, found.grouped.equal.value) == (Decimal("3.33"), Decimal("2.17"))
    assert (found.alone.debtors, found.grouped.debtors, found.largest[0].share) == (4, 3, Decimal("0.6"))


def test_without_debts_there_is_no_concentration(db):
    found = service.concentration(Standing.objects.all())
    assert (found.grouped.hhi.value, found.grouped.top.value, found.largest) == (None, None, ())


def test_the_tree_goes_down_from_the_parent(group):
    grandchild = placed("Petite-fille")
    child = Company.objects.get(name="Filiale")
    under(child, grandchild)
    tree = service.tree(group, list(service.members(Standing.objects.all(), group.pk)))
    assert [(one.name, one.depth) for one in tree.branches] == [("Holding", 0), ("Filiale", 1), ("Petite-fille", 2)]


def test_a_loop_is_shown_and_does_not_hang(client_as, auditor):
    first, second = placed("Serpent"), placed("Queue")
    Company.objects.filter(pk=first.pk).update(parent=second)
    under(first, second)
    tree = service.tree(first, list(service.members(Standing.objects.all(), first.pk)))
    assert tree.loops == (("Serpent", "Queue"),)
    assert all(one.in_loop for one in tree.branches)
    assert "Serpent, Queue" in client_as(auditor).get(f"/matrix/groups/{first.pk}/").text


def test_the_list_shows_groups_and_not_their_members(client_as, auditor, group):
    page = client_as(auditor).get("/matrix/groups/").text
    table = page[page.index("groups-table") :]
    assert "Holding" in table
    assert "Filiale" not in table


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=filiale", {"Holding"}),
        ("?q=holding", {"Holding"}),
        ("?q=zzzz", set()),
        ("?several=1", {"Holding"}),
        ("?both=1", {"Holding"}),
        ("?sort=nonsense&page=x", {"Holding", "Seule", "Petite"}),
    ],
)
def test_filters(client_as, auditor, group, query, found):
    text = body(client_as(auditor).get(f"/matrix/groups/export.csv{query}")).decode("utf-8-sig")
    assert {line.split(",")[0].split(";")[0] for line in text.splitlines()[1:]} == found
    assert client_as(auditor).get(f"/matrix/groups/{query}").status_code == 200


@pytest.mark.parametrize("column", ["members", "worst", "exposure", "overdue", "limit", "payable", "net", "set_off"])
def test_every_column_sorts_both_ways(client_as, auditor, group, column):
    client = client_as(auditor)
    assert [client.get(f"/matrix/groups/?sort={sign}{column}").status_code for sign in ("", "-")] == [200, 200]


def test_the_export_has_the_figures(client_as, auditor, group):
    client = client_as(auditor)
    client.cookies["django_language"] = "en"
    lines = body(client.get("/matrix/groups/export.csv")).decode("utf-8-sig").splitlines()
    assert lines[1].replace(";", ",").startswith("Holding,2,600.00,600.00,40000.00,0,,150.00,450.00,150.00,")
    assert body(client.get("/matrix/groups/export.xlsx"))[:2] == b"PK"
    assert client.get("/matrix/groups/export.pdf").status_code == 404


def test_a_past_day_shows_the_positions_of_that_day(client_as, auditor, group):
    then = timezone.now() - timedelta(days=20)
    Position.objects.update(known_from=then, exposure=7777)
    day = timezone.localdate() - timedelta(days=10)
    page = client_as(auditor).get(f"/matrix/groups/?as_of={day}").text
    assert "past-day" in page
    assert positions(Position.objects.on(day))[group.pk]["sum_exposure"] > 7777
    assert client_as(auditor).get(f"/matrix/groups/{group.pk}/?as_of={day}&known=now").status_code == 200


@pytest.mark.parametrize("day", ["nonsense", "2999-01-01", "2026-13-45"])
def test_a_day_that_is_none_shows_today_and_says_so(client_as, auditor, group, day):
    page = client_as(auditor).get(f"/matrix/groups/?as_of={day}").text
    assert "past-day" not in page
    assert "alert-warning" in page


def test_a_subsidiary_leads_to_its_group(client_as, auditor, group):
    child = Company.objects.get(name="Filiale")
    assert f'href="/matrix/groups/{group.pk}/' in client_as(auditor).get(f"/matrix/groups/{child.pk}/").text


def test_a_group_that_does_not_exist_is_not_found(client_as, auditor):
    assert client_as(auditor).get("/matrix/groups/999999/").status_code == 404


def test_an_empty_portfolio_has_its_page(client_as, auditor):
    assert client_as(auditor).get("/matrix/groups/").status_code == 200


def test_the_list_costs_as_much_for_one_group_as_for_many(client_as, auditor):
    assert growth(client_as(auditor), "/matrix/groups/", lambda index: placed(f"C{index}", owes="10")) <= 0


def test_a_group_costs_as_much_for_one_member_as_for_many(client_as, auditor, group):
    url = f"/matrix/groups/{group.pk}/"
    assert growth(client_as(auditor), url, lambda index: under(group, placed(f"C{index}", owes="10"))) <= 0

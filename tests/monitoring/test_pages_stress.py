"""A shock to the portfolio: what it would cost and who would be above a limit."""

from decimal import Decimal

import pytest

from companies.models import Company
from monitoring.rules.stress import Scenario
from monitoring.services import stress
from tests.monitoring.pages import queries
from tests.monitoring.standings import standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_as, auditor):
    client = client_as(auditor)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def page(client):
    return lambda url: client.get(url).text.replace("\u202f", " ")


def owes(amount, **values):
    return standing(
        name=values.pop("name", "Forges"), exposure=amount, **{"rating": "B", "credit_limit": 1000} | values
    )


def test_nothing_is_worked_out_before_a_shock_is_chosen(page):
    owes(500)
    assert "Choose a shock" in page("/matrix/stress/")


def test_halved_limits_show_who_is_above(page):
    owes(600, name="Above")
    owes(400, name="Below")
    shown = page("/matrix/stress/?limits=0.5")
    assert "Above</a>" in shown
    assert "Below</a>" not in shown
    assert "1 of them new" in shown


def test_the_expected_loss_before_is_exposure_times_probability_times_loss():
    owes(10_000, rating="B", cell="LOW-FAV")
    assert stress.run(Scenario()).result.before.gross == Decimal("10000") * Decimal("0.015") * Decimal("0.9")


def test_the_probability_of_a_column_is_weighted_by_what_its_ratings_owe():
    owes(300, rating="A")
    owes(100, rating="B")
    assert stress.run(Scenario()).odds.default["FAV"] == (3 * Decimal("0.005") + Decimal("0.015")) / 4


def test_a_sector_drops_a_column():
    hit, other = owes(100, sector="25"), owes(100, sector="41")
    moved = stress.run(Scenario(sector="25", bands_down=1)).result.moved
    assert moved == {hit.pk: "LOW-MOD"}
    assert other.pk not in moved


def test_the_largest_group_defaults_with_its_parent():
    parent = owes(100, name="Parent")
    child = owes(500, name="Child", head=parent.company)
    owes(550, name="Alone")
    assert set(stress.run(Scenario(largest=1)).result.defaulted) == {parent.pk, child.pk}


def test_halved_limits_move_rows_where_the_policy_measures_them():
    row = owes(10, credit_limit=60_000, cell="HIGH-FAV")
    assert stress.run(Scenario(limits=Decimal("0.5"))).result.moved == {row.pk: "LOW-FAV"}


def test_the_list_goes_to_a_spreadsheet(client):
    owes(600, name="=Forges")
    response = client.get("/matrix/stress/export.csv?limits=0.5")
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[1].startswith("'=Forges;FR;")
    assert lines[1].endswith("600.00;1000.00;500.00;0.00;100.00")
    assert client.get("/matrix/stress/export.pdf?limits=0.5").status_code == 404
    book = client.get("/matrix/stress/export.xlsx?limits=0.5")
    assert b"".join(book.streaming_content)[:2] == b"PK"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("largest=-1", "greater than or equal to 0"),
        ("limits=9", "not one of the available choices"),
        ("sector=zz", "not one of the available choices"),
    ],
)
def test_a_shock_that_is_none_is_refused_at_its_field(page, query, said):
    assert said in page(f"/matrix/stress/?{query}")


def test_that_no_cover_is_known_is_said(page):
    assert "Insurer cover: none is known" in page("/matrix/stress/")


def test_the_queries_do_not_grow(client):
    owes(600)
    few = queries(client, "/matrix/stress/?limits=0.5")
    for _ in range(30):
        owes(600)
    assert queries(client, "/matrix/stress/?limits=0.5") == few
    assert Company.objects.count() == 31


def test_a_user_without_a_role_is_refused(client_as, django_user_model):
    assert client_as(django_user_model.objects.create_user("nobody")).get("/matrix/stress/").status_code == 403

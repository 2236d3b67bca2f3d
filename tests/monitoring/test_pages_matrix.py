from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.choices import Role
from monitoring.choices import Cell
from monitoring.models import CellSummary, MatrixCell, MatrixPolicy
from tests.monitoring.pages import growth, placed, queries

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Target": "cell-panel"}


@pytest.fixture
def client(client_as, auditor):
    client = client_as(auditor)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def page(client):
    return lambda url, **headers: client.get(url, headers=headers).text.replace("\u202f", " ")


def test_every_cell_and_lane_is_drawn_and_leads_to_its_page(page):
    shown = page("/matrix/")
    assert all(f'href="/matrix/{code}/"' in shown for code in Cell.values)


def test_a_cell_shows_its_count_and_its_euros(page):
    CellSummary.objects.create(
        role="", cell="HIGH-FAV", companies=1234, exposure=5_000_000, overdue=70_000, over_credit_limit=8000
    )
    shown = page("/matrix/")
    for said in ("1 234", "5 M€", "100%", "70 k€", "8 k€", "5 000 000"):
        assert said in shown


def test_the_axes_carry_the_bounds_of_the_policy_in_force(page):
    MatrixPolicy.objects.update(high_from=Decimal(80_000), sound_from=60, watch_from=40, weak_from=5)
    shown = page("/matrix/")
    for said in ("≥ 80 k€", ">60</text>", ">40</text>", ">5</text>"):
        assert said in shown


def test_the_words_of_a_cell_are_the_policys(page):
    MatrixCell.objects.filter(code="NR").update(label_en="Who are they")
    assert "Who are they" in page("/matrix/")


def test_a_role_narrows_the_sums(page):
    placed("Client", role=Role.CLIENT)
    placed("Fournisseur", role=Role.SUPPLIER)
    assert "2 companies" in page("/matrix/")
    assert "1 company," in page("/matrix/?role=supplier")


def test_a_role_that_does_not_exist_shows_all(page):
    placed("Client")
    assert "1 company," in page("/matrix/?role=king")


def test_the_role_is_kept_on_the_way_to_a_cell(page):
    assert 'href="/matrix/NR/?role=client"' in page("/matrix/?role=client")


def test_the_matrix_reads_sums_and_policy_and_no_company(client):
    placed("Forges")
    client.get("/matrix/")
    with CaptureQueriesContext(connection) as taken:
        client.get("/matrix/")
    assert not [query["sql"] for query in taken if "monitoring_standing" in query["sql"]]
    own = [query["sql"] for query in taken if "cellsummary" in query["sql"] or "matrix" in query["sql"]]
    assert len(own) == 4  # policy, cells, sums, labels of the badges


def test_the_queries_of_the_matrix_do_not_grow(client):
    assert growth(client, "/matrix/", lambda index: placed(f"Forges {index}")) == 0


def test_the_queries_of_a_cell_do_not_grow(client):
    assert growth(client, "/matrix/LOW-FAV/", lambda index: placed(f"Forges {index}")) == 0


def test_a_cell_says_what_to_do_in_three_blocks(page):
    shown = page("/matrix/LOW-DEF/")
    for said in ("Reduce or stop the business", "Cash in advance", "Thorough analysis", "Find the volume to replace"):
        assert said in shown
    assert "reviewed every 30 days" in shown
    assert "The slide" in shown


def test_the_companies_of_a_cell_come_by_exposure(page):
    placed("Petit", owes="100")
    placed("Grand", owes="9000")
    placed("Ailleurs", score=10)
    shown = page("/matrix/LOW-FAV/")
    assert shown.index("Grand") < shown.index("Petit")
    assert "Ailleurs" not in shown


def test_the_companies_of_a_cell_follow_the_role(page):
    placed("Client", role=Role.CLIENT)
    placed("Fournisseur", role=Role.SUPPLIER)
    shown = page("/matrix/LOW-FAV/?role=supplier")
    assert "Fournisseur</a>" in shown
    assert "Client</a></td>" not in shown


def test_a_cell_shows_25_companies_a_page(client):
    for index in range(27):
        placed(f"Forges {index:02}", owes=str(100 + index))
    first, second = (client.get(f"/matrix/LOW-FAV/?page={number}").text for number in (1, 2))
    assert "Page 1 of 2" in first
    assert first.count('<a href="/companies/') == 25
    assert second.count('<a href="/companies/') == 2


def test_a_cell_leads_to_the_same_companies_in_the_portfolio(page):
    placed("Forges")
    assert 'href="/portfolio/?cell=LOW-FAV&amp;role=client"' in page("/matrix/LOW-FAV/?role=client")


def test_an_empty_cell_says_so(page):
    assert "No company stands here today." in page("/matrix/HIGH-DEF/")


def test_a_chosen_cell_is_a_full_page_and_marked_on_the_picture(page):
    shown = page("/matrix/LOW-FAV/")
    assert "<html" in shown
    assert 'aria-current="true"' in shown.split('href="/matrix/LOW-FAV/"')[1][:80]


def test_beside_the_picture_only_the_part_is_sent_with_its_address(client):
    response = client.get("/matrix/LOW-FAV/?role=client", headers=PART)
    assert "<html" not in response.text
    assert "Grow the relationship" in response.text
    assert response.headers["HX-Push-Url"] == "/matrix/LOW-FAV/?role=client"


def test_a_cell_that_does_not_exist_is_not_found(client):
    assert client.get("/matrix/MIDDLE/").status_code == 404


@pytest.mark.parametrize("url", ["/matrix/", "/matrix/NR/"])
def test_a_user_without_a_role_is_refused(client_as, django_user_model, url):
    assert client_as(django_user_model.objects.create_user("nobody")).get(url).status_code == 403


def test_only_who_may_change_the_policy_sees_the_way_to_it(client_as, auditor, administrator):
    assert "matrixpolicy" not in client_as(auditor).get("/matrix/").text
    assert "matrixpolicy" in client_as(administrator).get("/matrix/").text


def test_a_cell_takes_few_queries(client):
    placed("Forges")
    assert queries(client, "/matrix/LOW-FAV/") <= 13

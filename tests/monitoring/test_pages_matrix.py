from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.choices import Role
from monitoring.charts.matrix import MOST_BUBBLES
from monitoring.choices import Cell
from monitoring.filters import AT_LEAST
from monitoring.models import CellSummary, MatrixCell, MatrixPolicy, Standing
from tests.monitoring.pages import growth, placed, queries

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Target": "matrix-page"}


@pytest.fixture
def client(client_as, auditor):
    client = client_as(auditor)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def page(client):
    return lambda url, **headers: client.get(url, headers=headers).text.replace("\u202f", " ")


def asked_for(client, url):
    """The questions that a page asks once what is kept between pages is warm."""
    client.get(url)
    with CaptureQueriesContext(connection) as taken:
        client.get(url)
    return [query["sql"] for query in taken]


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


def test_of_full_cells_the_matrix_reads_sums_and_policy_and_no_company(client):
    placed("Forges")
    CellSummary.objects.filter(cell="LOW-FAV").update(companies=MOST_BUBBLES + 1)
    asked = asked_for(client, "/matrix/")
    assert not [sql for sql in asked if "monitoring_standing" in sql]
    assert [sql for sql in asked if "monitoring_position" in sql] == [
        'SELECT MAX("monitoring_position"."id") AS "newest" FROM "monitoring_position"'
    ]
    assert len([sql for sql in asked if "cellsummary" in sql or "matrix" in sql]) == 3  # policy, its cells, their sums


def test_the_companies_of_cells_with_few_are_read_at_once_and_only_those(client):
    placed("Forges")
    placed("Fonderie", score=10)
    CellSummary.objects.filter(cell="LOW-DEF").update(companies=MOST_BUBBLES + 1)
    asked = [sql for sql in asked_for(client, "/matrix/") if "monitoring_standing" in sql]
    assert len(asked) == 1
    assert "LOW-FAV" in asked[0]
    assert "LOW-DEF" not in asked[0]


@pytest.mark.parametrize("query", ["country=FR", "business_unit=Nord", "analyst=Morel", "sector=25"])
def test_a_filter_is_one_question_over_the_companies(client, query):
    placed("Forges")
    Standing.objects.update(country="FR", business_unit="Nord", analyst="Morel", sector="25")
    placed("Ailleurs", owes="700")
    Standing.objects.filter(name="Ailleurs").update(country="DE", business_unit="Sud", analyst="Roux", sector="10")
    shown = client.get(f"/matrix/?{query}").text
    assert "1 company," in shown
    assert "Ailleurs" not in shown
    grouped = [sql for sql in asked_for(client, f"/matrix/?{query}") if "GROUP BY" in sql]
    assert len(grouped) == 1


def test_a_sector_is_named_where_its_code_is_known(page):
    placed("Forges")
    Standing.objects.update(sector="25")
    assert "25 · Metal products</option>" in page("/matrix/")
    Standing.objects.update(sector="00")
    cache.clear()
    assert ">00</option>" in page("/matrix/")


def test_a_filter_adds_up_what_the_summary_does(client):
    for index, score in enumerate((60, 60, 40, 10)):
        placed(f"Forges {index}", score=score, owes=str(900 + index), limit="500")
    Standing.objects.update(country="FR")
    whole, narrowed = (client.get(url).context["figures"] for url in ("/matrix/", "/matrix/?country=FR"))
    assert whole == narrowed
    assert sum(one.over_count for one in whole) == 4


def test_a_value_that_does_not_exist_is_said_to_be_ignored(page):
    placed("Forges")
    shown = page("/matrix/?analyst=Nobody")
    assert "Ignored, its value is unknown: Analyst" in shown
    assert "1 company," in shown


def test_a_supplier_stands_where_it_does_as_a_supplier(page):
    company = placed("Partout", role=Role.SUPPLIER)
    Standing.objects.filter(pk=company.pk).update(cell="LOW-FAV", supplier_cell="HIGH-DEF", country="FR")
    assert "Partout</a></td>" in page("/matrix/HIGH-DEF/?role=supplier&country=FR")
    assert "Partout</a></td>" in page("/matrix/LOW-FAV/?country=FR")
    assert "Partout</a></td>" not in page("/matrix/LOW-FAV/?role=supplier&country=FR")


def test_the_role_without_a_policy_of_its_own_has_the_one_for_clients(page):
    policy = MatrixPolicy.objects.active()
    MatrixPolicy.objects.create(name="SUPP", role=Role.SUPPLIER, state="active", high_from=Decimal(7000))
    assert policy.name in page("/matrix/?role=prospect")
    supplier = MatrixPolicy.objects.get(name="SUPP")
    for cell in policy.cells.all():
        cell.pk, cell.policy = None, supplier
        cell.save()
    assert "≥ 7 k€" in page("/matrix/?role=supplier")
    assert "≥ 7 k€" not in page("/matrix/")


@pytest.mark.parametrize(("figure", "said"), [("companies", ">1<"), ("overdue", ">900 €<"), ("nonsense", ">900 €<")])
def test_the_figure_asked_for_is_the_large_one(page, figure, said):
    placed("Forges", owes="900", limit="500")
    cell = page(f"/matrix/?figure={figure}").split('href="/matrix/LOW-FAV/')[1]
    assert said in cell.split('class="box-count"')[1][:60]


def test_a_company_is_a_link_with_its_name_and_its_marks(page):
    company = placed("Forges", owes="900")
    Standing.objects.update(hatched=True, overridden=True, inherited=True)
    bubble = page("/matrix/").split('class="bubble-link"')[1].split("</a>")[0]
    assert f'href="/companies/{company.pk}/"' in bubble
    for said in ("Forges · score 60", "exposure 900 €", "score out of date", "placed by hand", "column of the parent"):
        assert said in bubble
    for mark in ("bubble-hatch", "bubble-hand", "bubble-parent"):
        assert mark in bubble


def test_every_link_of_the_picture_keeps_what_was_chosen(page):
    placed("Forges")
    Standing.objects.update(analyst="Morel")
    shown = page("/matrix/?role=client&analyst=Morel&figure=overdue")
    for address in ("/matrix/LOW-FAV/", "/matrix/export.pdf", "/matrix/export.xlsx"):
        assert f'href="{address}?role=client&amp;analyst=Morel&amp;figure=overdue"' in shown


def test_the_looks_of_a_cell_are_the_policys(page):
    MatrixCell.objects.filter(code="NR").update(colour="teal", icon="flask")
    assert MatrixCell.objects.in_force().get(code="NR").colour == "teal"
    assert "tint-teal heat-0" in page("/matrix/").split('href="/matrix/NR/"')[0][-400:]


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
    assert shown.index("Grand</a>") < shown.index("Petit</a>")
    assert "Ailleurs</a>" not in shown


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
    assert first.count('<td><a href="/companies/') == 25
    assert second.count('<td><a href="/companies/') == 2


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
    assert queries(client, "/matrix/LOW-FAV/") <= 14


def test_what_can_be_chosen_follows_the_positions(page):
    placed("Forges")
    Standing.objects.update(analyst="Morel")
    assert "Morel</option>" in page("/matrix/")
    Standing.objects.update(analyst="Petit")
    assert "Morel</option>" in page("/matrix/")  # nothing is new
    placed("Fonderie")
    stamp, since, found = cache.get("choices-today")
    cache.set("choices-today", (stamp, since - AT_LEAST - 1, found))
    assert "Petit</option>" in page("/matrix/")

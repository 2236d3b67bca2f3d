from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from companies.choices import ChangeCause
from companies.models import Company, Connection
from monitoring.choices import AlertKind, AlertState, CloseReason, Severity
from monitoring.models import CellSummary, Portfolio, Standing, StandingChange
from tests import make
from tests.monitoring.pages import alert, growth, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client_as, analyst):
    client = client_as(analyst)
    client.cookies["django_language"] = "en"

    def load():
        return client.get("/").text.replace("\u202f", " ")

    load.client = client
    return load


def moved(company: Company, before: str, after: str, **values: object) -> StandingChange:
    values = {"at": make.NOW, "cause": ChangeCause.REPORT} | values
    return StandingChange.objects.create(company=company, cell_before=before, cell_after=after, **values)


def test_before_the_first_import_the_page_shows_the_way(page):
    assert "three steps to your first picture" in page()
    assert 'href="/imports/"' in page()


def test_a_reader_is_told_who_makes_the_first_import(client_as, auditor):
    client = client_as(auditor)
    client.cookies["django_language"] = "en"
    assert "an analyst or a manager makes the first import" in client.get("/").text


def test_the_cards_add_the_cells_up(page):
    placed("Forges", score=80, owes="30000", limit="20000")
    placed("Aciéries", score=10, owes="10000", limit=None, erp_limit="4000")
    shown = page()
    assert "40 k€" in shown  # exposure
    assert "100% of the exposure" in shown  # overdue
    assert "above ERP limits: 6 k€" in shown
    assert "25% of the exposure" in shown  # on weak or failed companies


def test_the_sums_come_from_the_cells_and_not_from_companies(page):
    CellSummary.objects.create(role="", cell="LOW-FAV", companies=1_000_000, exposure=5_000_000)
    assert "1 000 000" in page()


@pytest.mark.parametrize(
    ("cell", "share"), [("HIGH-DEF", "25%"), ("LOW-DEF", "25%"), ("FAIL", "25%"), ("NR", "0%"), ("LOW-MOD", "0%")]
)
def test_weak_and_failed_companies_are_at_risk_and_unrated_ones_are_not(page, cell, share):
    CellSummary.objects.create(role="", cell="LOW-FAV", companies=1, exposure=75)
    CellSummary.objects.create(role="", cell=cell, companies=1, exposure=25)
    assert f"{share} of the exposure" in page().split("On weak or failed")[1].split("</a>")[0]


def test_the_limit_that_is_exceeded_the_most_is_named(page):
    placed("Forges", owes="21000", limit="20000", erp_limit="5000")
    assert "ERP limit 5 k€" in page()


def test_the_sums_of_a_role_are_not_added_to_those_of_all(page):
    CellSummary.objects.create(role="", cell="LOW-FAV", companies=7, exposure=1)
    CellSummary.objects.create(role="client", cell="LOW-FAV", companies=5, exposure=1)
    assert '<span class="kpi-value">7</span>' in page()


def test_alerts_to_treat_are_counted_by_severity_without_the_closed_ones(page):
    company = placed("Forges")
    alert(company, Severity.CRITICAL)
    alert(company, kind=AlertKind.LIMIT, severity=Severity.CRITICAL)
    alert(company, kind=AlertKind.STATUS, state=AlertState.CLOSED, closed_at=make.NOW, close_reason=CloseReason.NOISE)
    assert '<span class="kpi-value">2</span>' in page()


def test_the_most_urgent_alert_comes_first(page):
    alert(placed("Calme"), Severity.LOW)
    alert(placed("Presse"), Severity.CRITICAL)
    shown = page()
    assert shown.index("Presse") < shown.index("Calme")


def test_the_biggest_amount_above_any_limit_comes_first(page):
    placed("Petit", owes="21000", limit="20000")
    placed("Grand par la limite du compte", owes="19000", limit="20000", erp_limit="5000")
    shown = page().split('id="dash-overs"')[1]
    assert shown.index("Grand par la limite du compte") < shown.index("Petit")
    assert "+14 k€" in shown
    assert "+1 k€" in shown


def test_a_company_within_its_limits_is_not_listed_above_them(page):
    placed("Sage", owes="100", limit="20000", erp_limit="20000")
    assert "Nobody is above a limit." in page()


def test_the_first_place_of_a_company_is_no_movement(page):
    placed("Forges")
    assert StandingChange.objects.count() == 1
    assert "No company has moved" in page()


def test_the_latest_movement_comes_first_with_its_cause(page):
    company = placed("Forges")
    moved(company, "LOW-FAV", "LOW-MOD", cause=ChangeCause.IMPORT)
    moved(company, "LOW-MOD", "LOW-DEF", cause=ChangeCause.EVENT)
    shown = page()
    assert shown.index("Creditsafe event") < shown.index("ERP import</small>")


def test_a_move_within_a_cell_shows_the_figures_that_moved(page):
    moved(placed("Forges"), "LOW-FAV", "LOW-FAV", score_before=62, score_after=55, limit_before=1, limit_after=1)
    assert "62 → 55" in page()


@pytest.mark.parametrize(("seconds", "health"), [(30, "good"), (90, "bad")])
def test_a_worker_is_well_while_its_heartbeat_is_young(page, seconds, health):
    cache.set("heartbeat", (timezone.now() - timedelta(seconds=seconds)).isoformat())
    assert f'<span class="health health-{health}"><svg' in page().split("dash-syncs")[-1].split("Creditsafe events")[-1]


def test_a_poll_that_is_late_is_said_so(page):
    Portfolio.objects.create(provider_id=1, name="P", polled_at=timezone.now() - timedelta(hours=1))
    assert "health-warn" in page()


def test_a_connection_that_fails_is_said_so(page):
    Connection(password="x", last_success_at=make.NOW, last_error_at=make.NOW + timedelta(minutes=1)).save()
    assert "Away: stored data is shown" in page()


def test_the_queries_do_not_grow_with_the_companies(page):
    def more(index: int) -> None:
        company = placed(f"Forges {index}", owes="30000", limit="20000", erp_limit="1000")
        alert(company)
        moved(company, "LOW-FAV", "LOW-MOD")

    assert growth(page.client, "/", more) == 0
    assert Standing.objects.count() == 31


def test_a_user_without_a_role_is_refused(client_as, django_user_model):
    assert client_as(django_user_model.objects.create_user("nobody")).get("/").status_code == 403


def test_a_visitor_is_sent_to_the_login(client):
    assert client.get("/").headers["Location"] == "/login/?next=/"

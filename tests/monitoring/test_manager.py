"""The manager's page: what moved, who became weak, what waits, and how exceptions turned out."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from companies.models import Profile
from monitoring.models import MatrixPolicy, Override, Position, Standing, Task
from monitoring.services import manager as service
from monitoring.services import policies, standing
from tests import make
from tests.monitoring.pages import growth, placed

pytestmark = pytest.mark.django_db
SEVERITIES = {"HIGH-FAV": 1, "LOW-FAV": 2, "LOW-MOD": 3, "LOW-DEF": 6, "FAIL": 8}


@pytest.fixture
def since():
    return timezone.localdate() - timedelta(days=7)


def old(company, days=20):
    """Let a company stand where it is since long before the week."""
    then = timezone.now() - timedelta(days=days)
    Position.objects.filter(company=company).update(known_from=then, valid_from=timezone.localdate(then))
    Standing.objects.filter(pk=company.pk).update(in_cell_since=timezone.localdate(then))
    return company


def rescored(company, score, days_ago=2):
    now = timezone.now() - timedelta(days=days_ago)
    Profile.objects.filter(company=company).update(score=score, rating=make.letter(score))
    standing.restate([company.pk], now=now, as_of=timezone.localdate(now))


def moved(name, score=60, to=10, **values):
    company = old(placed(name, score=score, **values))
    rescored(company, to)
    return company


def override(company, user, **values):
    today, now = timezone.localdate(), timezone.now()
    values = {
        "state": "approved", "reason": "Garantie", "since": today - timedelta(days=9),
        "until": today + timedelta(days=90), "decided_by": user, "decided_at": now,
    } | values  # fmt: skip
    return Override.objects.create(company=company, cell="LOW-MOD", asked_at=now, **values)


def test_movements_are_counted_with_their_euros_and_their_direction(since):
    moved("A", owes="700"), moved("B", owes="300"), moved("C", 10, 60)
    found = {(flow.source, flow.target): flow for flow in service.flows(since, SEVERITIES)}
    down, up = found["LOW-FAV", "LOW-DEF"], found["LOW-DEF", "LOW-FAV"]
    assert (down.companies, down.exposure, down.down) == (2, 1000, True)
    assert (up.companies, up.exposure, up.down) == (1, 0, False)


def test_who_went_away_and_came_back_did_not_move(since):
    rescored(moved("A"), 60, days_ago=1)
    assert service.flows(since, SEVERITIES) == []


def test_what_moved_before_the_week_is_not_in_it(since):
    company = old(placed("A"), days=40)
    rescored(company, 10, days_ago=15)
    assert service.flows(since, SEVERITIES) == []


def test_who_is_new_did_not_move(since):
    placed("A", score=10)
    assert service.flows(since, SEVERITIES) == []


def test_each_cell_sees_what_came_and_what_left(since):
    moved("A", owes="700"), moved("C", 10, 60)
    cells = {one.code: one for one in service.by_cell(service.flows(since, SEVERITIES), list(SEVERITIES))}
    assert (cells["LOW-DEF"].came_down, cells["LOW-DEF"].left_up) == ((1, Decimal(700)), (1, Decimal(0)))
    assert (cells["LOW-FAV"].left, cells["LOW-FAV"].came, cells["FAIL"].came) == (1, 1, 0)


def test_newcomers_are_those_that_became_weak_or_failed_largest_first(since):
    moved("Petite", owes="10"), moved("Grande", owes="900"), moved("Saine", 10, 60), old(placed("Ancienne", score=10))
    assert [(row.name, row.was) for row in service.newcomers(since)] == [("Grande", "LOW-FAV"), ("Petite", "LOW-FAV")]


def test_a_company_that_is_new_and_weak_is_a_newcomer(since):
    placed("Nouvelle", score=10)
    assert [row.was for row in service.newcomers(since)] == [None]


def test_from_one_weak_cell_to_the_other_is_no_news(since):
    company = moved("A")
    Position.objects.filter(company=company).update(cell="HIGH-DEF")
    assert not service.newcomers(since).exists()


def test_exceptions_are_held_against_the_rest(manager):
    late = placed("Tardive", owes="900")
    failed = placed("Défaillante", owes="100")
    Standing.objects.filter(pk=failed.pk).update(cell="FAIL")
    placed("Autre", owes="400")
    override(late, manager)
    override(failed, manager, reason="Stratégique", until=timezone.localdate() + timedelta(days=5))
    found = service.exceptions(timezone.localdate())
    assert (found.in_force, found.exposure, found.ending, found.asked) == (2, 1000, 1, 0)
    assert (found.all.companies, found.all.overdue, found.all.failed_share) == (2, 1000, Decimal("0.5"))
    assert (found.rest.companies, found.rest.exposure, found.rest.failed) == (1, 400, 0)
    assert [(one.label, one.failed) for one in found.by_reason] == [("Stratégique", 1), ("Garantie", 0)]
    assert [(one.label, one.companies) for one in found.by_approver] == [("manager", 2)]


def test_what_was_refused_is_no_exception(manager):
    override(placed("A"), manager, state="refused")
    override(placed("B"), manager, state="asked", decided_at=None, decided_by=None)
    found = service.exceptions(timezone.localdate())
    assert (found.in_force, found.all.companies, found.asked) == (0, 0, 1)


def test_the_page_shows_it_all_and_each_figure_leads_on(client_as, manager):
    company = moved("Forges", owes="700")
    today = timezone.localdate()
    Task.objects.create(
        company=company,
        given_to=manager,
        given_at=timezone.now(),
        due_on=today - timedelta(days=3),
        text_fr="Appeler",
        text_en="Appeler",
    )
    draft = policies.draft_from(MatrixPolicy.objects.active(), user_id=None)
    page = client_as(manager).get("/manager/").text
    for link in ("/manager/moves/?way=down", "/manager/newcomers/", "/reviews/", "state=overdue", "target=LOW-DEF"):
        assert link in page
    assert all(words in page for words in ("Forges", "Appeler", str(draft)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?way=down", True),
        ("?way=up", False),
        ("?source=LOW-FAV&target=LOW-DEF", True),
        ("?source=FAIL", False),
        ("?way=sideways&days=x&source=NOWHERE", True),
    ],
)
def test_the_companies_behind_a_movement(client_as, auditor, query, found):
    moved("Forges")
    assert ("Forges" in client_as(auditor).get(f"/manager/moves/{query}").text) is found


def test_the_newcomers_have_their_list(client_as, auditor):
    moved("Forges")
    assert "Forges" in client_as(auditor).get("/manager/newcomers/?days=30").text


@pytest.mark.parametrize("url", ["/manager/", "/manager/?by=euros&days=30", "/manager/moves/", "/manager/newcomers/"])
def test_an_empty_portfolio_has_its_pages(client_as, auditor, url):
    assert client_as(auditor).get(url).status_code == 200


@pytest.mark.parametrize("url", ["/manager/", "/manager/moves/", "/manager/newcomers/"])
def test_the_pages_cost_as_much_for_one_company_as_for_many(client_as, manager, url):
    def more(index):
        override(moved(f"C{index}"), manager)

    assert growth(client_as(manager), url, more) <= 0

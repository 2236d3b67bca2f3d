"""When companies are looked at again, and what was found."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from monitoring.models import MatrixCell, MatrixPolicy, Review, Standing
from monitoring.services import policies, switch
from monitoring.services import reviews as service
from tests.monitoring.pages import growth, placed

pytestmark = pytest.mark.django_db
CELL = "LOW-DEF"


def due_in(company, days, *, period=30):
    """Make the next review of a company fall so many days from today, counted from its coming into the cell."""
    MatrixCell.objects.filter(policy__state="active", code=company_cell(company)).update(review_days=period)
    since = timezone.localdate() + timedelta(days=days - period)
    Standing.objects.filter(pk=company.pk).update(in_cell_since=since)


def company_cell(company):
    return Standing.objects.get(pk=company.pk).cell


def switch_to(**words):
    """Put a version in force that places everybody as before, with other words for the cell."""
    draft, now = policies.draft_from(MatrixPolicy.objects.active(), user_id=None), timezone.now()
    MatrixCell.objects.filter(policy=draft, code=CELL).update(**words)
    policies.approve(draft, user_id=User.objects.create(username="second").pk, now=now)
    policies.put_in_force(draft, now=now)
    switch.run(lambda done, total: None, now=now, as_of=timezone.localdate(now))


def weak(name="Forges", **values):
    return placed(name, score=10, **values)


def reviewed(company, days_ago, **values):
    on = timezone.localdate() - timedelta(days=days_ago)
    return Review.objects.create(company=company, cell=CELL, on=on, **values)


@pytest.mark.parametrize(("days", "overdue", "soon"), [(-1, 1, 0), (0, 0, 1), (30, 0, 1), (31, 0, 0)])
def test_a_review_is_due_a_period_after_the_company_came_into_its_cell(days, overdue, soon):
    due_in(weak(), days)
    today = timezone.localdate()
    assert service.planned().get().review_on == today + timedelta(days=days)
    assert (service.overdue(today).count(), service.soon(today).count()) == (overdue, soon)


def test_the_last_review_starts_the_period_anew():
    company = weak()
    due_in(company, -100)
    reviewed(company, 70)
    reviewed(company, 10)
    assert service.planned().get().review_on == timezone.localdate() + timedelta(days=20)


def test_a_cell_without_a_period_plans_nothing():
    company = weak()
    due_in(company, -100, period=30)
    MatrixCell.objects.update(review_days=None)
    assert not service.planned().exists()


def test_the_period_is_that_of_the_policy_that_judges_the_company():
    company = weak()
    due_in(company, 0)
    other = MatrixPolicy.objects.create(name="S", role="supplier", state="active")
    MatrixCell.objects.create(policy=other, code=CELL, severity=6, review_days=7, origin="reconstructed")
    Standing.objects.filter(pk=company.pk).update(is_supplier=True, is_client=False)
    assert service.planned().get().period == 7


def test_a_company_that_a_new_policy_leaves_in_its_cell_is_reviewed_by_the_new_period():
    company = weak()
    due_in(company, 0, period=30)
    switch_to(review_days=45)
    assert (company_cell(company), service.planned().get().period) == (CELL, 45)


def test_the_words_of_a_company_that_a_new_policy_leaves_in_its_cell_are_the_new_ones(client_as, analyst):
    company = weak()
    switch_to(posture_fr="Nouvelle consigne", posture_en="New instruction")
    assert company_cell(company) == CELL
    assert "New instruction" in client_as(analyst).get(f"/companies/{company.pk}/").text


def test_a_review_keeps_the_cell_and_the_finding(client_as, analyst):
    company = weak()
    client_as(analyst).post("/reviews/act/", {"company": company.pk, "note": "Comptes lus"})
    kept = Review.objects.get()
    assert (kept.cell, kept.by, kept.note, kept.on) == (CELL, analyst, "Comptes lus", timezone.localdate())


def test_several_companies_are_reviewed_with_one_finding(client_as, analyst):
    pks = [weak(name).pk for name in "AB"]
    client_as(analyst).post("/reviews/act/", {"company": pks, "note": "Secteur revu"})
    assert set(Review.objects.values_list("company", flat=True)) == set(pks)


def test_the_same_finding_sent_twice_is_kept_once(client_as, analyst):
    company, client = weak(), client_as(analyst)
    for _ in range(2):
        client.post("/reviews/act/", {"company": company.pk, "note": "Comptes lus"})
    assert Review.objects.count() == 1


@pytest.mark.parametrize("data", [{}, {"company": "1"}, {"note": "rien"}, {"company": "x", "note": "rien"}])
def test_a_review_without_company_or_finding_is_told_and_kept_out(client_as, analyst, data):
    weak()
    assert "alert-danger" in client_as(analyst).post("/reviews/act/", data, follow=True).text
    assert not Review.objects.exists()


def test_who_may_not_review_is_refused(client_as, auditor):
    company = weak()
    due_in(company, -5)
    client = client_as(auditor)
    assert client.post("/reviews/act/", {"company": company.pk, "note": "x"}).status_code == 403
    assert "Forges" in client.get("/reviews/").text
    assert 'action="/reviews/act/"' not in client.get("/reviews/").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?state=soon", False),
        ("?state=all", True),
        ("?q=forges", True),
        ("?q=zzzz", False),
        ("?role=client", True),
        ("?role=supplier", False),
        (f"?cell={CELL}", True),
        ("?cell=FAIL", False),
        ("?country=FR", True),
        ("?state=nonsense&sort=nonsense&page=-1", True),
    ],
)
def test_the_list_shows_what_is_asked(client_as, analyst, query, found):
    due_in(weak(), -5)
    assert ("Forges" in client_as(analyst).get(f"/reviews/{query}").text) is found


@pytest.mark.parametrize("column", ["name", "cell", "exposure", "overdue", "reviewed_on", "review_on"])
def test_every_column_sorts_both_ways(client_as, analyst, column):
    due_in(weak(), -5)
    client = client_as(analyst)
    assert [client.get(f"/reviews/?sort={sign}{column}").status_code for sign in ("", "-")] == [200, 200]


def test_the_largest_exposure_comes_first(client_as, analyst):
    for name, owes in (("Petite", "10"), ("Grande", "900")):
        due_in(weak(name, owes=owes), -5)
    page = client_as(analyst).get("/reviews/").text
    assert page.index("Grande") < page.index("Petite")


def test_the_company_shows_its_reviews(client_as, analyst):
    company = weak()
    reviewed(company, 10, note="Bilan solide", by=analyst)
    assert "Bilan solide" in client_as(analyst).get(f"/companies/{company.pk}/").text


def test_the_list_costs_as_much_for_one_company_as_for_many(client_as, analyst):
    assert growth(client_as(analyst), "/reviews/", lambda index: due_in(weak(f"C{index}"), -5)) <= 0

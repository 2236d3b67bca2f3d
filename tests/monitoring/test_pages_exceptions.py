"""Places by hand: asked by one person, decided by another, ended in time, followed up."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.utils import timezone

from companies.choices import ChangeCause
from companies.models import Change
from monitoring.choices import OverrideState
from monitoring.models import Override, Standing
from monitoring.rules.matrix import latest_end
from monitoring.services import overrides
from monitoring.services.standing import digest
from monitoring.tasks import pass_time
from tests.monitoring.pages import placed, queries
from tests.monitoring.standings import standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(client_as):
    def of(user):
        client = client_as(user)
        client.cookies["django_language"] = "en"
        return client

    return of


@pytest.fixture
def second(roles):
    user = User.objects.create_user("second")
    user.groups.add(Group.objects.get(name="manager"))
    return user


def today():
    return timezone.localdate()


def ask(client, row, **values):
    given = {"cell": "HIGH-FAV", "reason": "Parent guarantees", "until": (today() + timedelta(90)).isoformat()}
    return client.post(f"/companies/{row.pk}/exception/", given | values)


def override(row=None, **values):
    row = row or standing(exposure=1000, overdue=100)
    now = timezone.now()
    given = {
        "cell": "HIGH-FAV", "reason": "Parent guarantees", "since": today(), "until": today() + timedelta(90),
        "asked_at": now, "decided_at": now, "state": OverrideState.APPROVED, "cell_then": "LOW-FAV",
    }  # fmt: skip
    return Override.objects.create(company_id=row.pk, **given | values)


def act(client, row, action, **given):
    text = client.post(f"/exceptions/{row.pk}/{action}/", given, follow=True).text
    row.refresh_from_db()
    return text


def test_an_analyst_asks_from_the_company_and_nothing_moves_yet(pages, analyst):
    row = standing(exposure=1000, overdue=100)
    assert ask(pages(analyst), row).status_code == 302
    asked = Override.objects.get()
    assert (asked.state, asked.asked_by, asked.cell_then) == (OverrideState.ASKED, analyst, "LOW-FAV")
    assert (asked.exposure_then, asked.overdue_then, asked.since) == (1000, 100, today())
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"reason": ""}, "This field is required", id="no reason"),
        pytest.param({"until": ""}, "This field is required", id="no end"),
        pytest.param({"until": "soon"}, "Enter a valid date", id="no date"),
        pytest.param({"cell": "FAIL"}, "not one of the available choices", id="a lane"),
        pytest.param({"cell": "LOW-FAV"}, "stands in this cell already", id="its own cell"),
        pytest.param({"reason": "x" * 401}, "at most 400 characters", id="too long"),
    ],
)
def test_a_wish_that_is_not_possible_is_refused(pages, analyst, values, said):
    response = ask(pages(analyst), standing(), **values)
    assert response.status_code == 422
    assert said in response.text
    assert not Override.objects.exists()


def test_an_exception_ends_within_twelve_months(pages, analyst):
    row, last = standing(), latest_end(today())
    assert "within twelve months" in ask(pages(analyst), row, until=(last + timedelta(1)).isoformat()).text
    assert "lies ahead of today" in ask(pages(analyst), row, until=today().isoformat()).text
    assert ask(pages(analyst), row, until=last.isoformat()).status_code == 302


def test_the_last_possible_day_is_written_as_the_reader_writes_dates(pages, analyst):
    client, row = pages(analyst), standing()
    last = latest_end(today())
    assert f"by {last:%m/%d/%Y}" in ask(client, row, until=(last + timedelta(1)).isoformat()).text
    client.cookies["django_language"] = "fr"
    assert f"{last:%d/%m/%Y}" in ask(client, row, until=(last + timedelta(1)).isoformat()).text


def test_the_cells_to_choose_from_and_the_mark_have_the_names_of_the_matrix(pages, analyst):
    row = standing(exposure=1000, overdue=100)
    assert "Trust · High limit · sound" in pages(analyst).get(f"/companies/{row.pk}/exception/").text
    override(row)
    assert (
        f"Placed by hand until {today() + timedelta(90):%m/%d/%Y}: Trust,"
        in pages(analyst).get(f"/companies/{row.pk}/").text
    )


def test_a_failure_is_not_hidden_by_hand(pages, analyst):
    assert "has failed" in ask(pages(analyst), standing(cell="FAIL")).text


def test_there_is_one_exception_at_a_time(pages, analyst):
    row = standing()
    override(row)
    assert "has an exception already" in ask(pages(analyst), row).text


def test_one_that_ran_out_makes_room_for_another(pages, analyst):
    row = standing()
    old = override(row, since=today() - timedelta(90), until=today() - timedelta(1))
    assert ask(pages(analyst), row).status_code == 302
    old.refresh_from_db()
    assert old.state == OverrideState.ENDED


def test_another_person_approves_and_the_company_is_marked(pages, manager, second):
    row = standing()
    ask(pages(manager), row)
    asked = Override.objects.get()
    assert "another person approves it" in act(pages(manager), asked, "approve")
    assert asked.state == OverrideState.ASKED
    act(pages(second), asked, "approve", note="Seen the guarantee")
    assert (asked.state, asked.decided_by, asked.decision_note) == (
        OverrideState.APPROVED,
        second,
        "Seen the guarantee",
    )
    assert list(Change.objects.values_list("company", "cause")) == [(row.pk, ChangeCause.OVERRIDE)]


def test_an_approved_place_is_the_companys_place(pages, analyst, manager):
    company = placed("Forges", score=20)
    ask(pages(analyst), company)
    act(pages(manager), Override.objects.get(), "approve")
    digest(now=timezone.now(), as_of=today())
    row = Standing.objects.get(pk=company.pk)
    assert (row.cell, row.overridden) == ("HIGH-FAV", True)


def test_a_refused_wish_moves_nobody(pages, manager):
    row = override(state=OverrideState.ASKED, decided_at=None)
    act(pages(manager), row, "refuse", note="No")
    assert (row.state, row.decided_by) == (OverrideState.REFUSED, manager)
    assert not Change.objects.exists()


def test_who_asked_may_withdraw_it_but_refuse_no_other(pages, analyst):
    own = override(state=OverrideState.ASKED, asked_by=analyst, decided_at=None)
    other = override(standing(name="B"), state=OverrideState.ASKED, decided_at=None)
    act(pages(analyst), own, "refuse")
    assert own.state == OverrideState.REFUSED
    assert pages(analyst).post(f"/exceptions/{other.pk}/refuse/").status_code == 403


def test_an_exception_is_ended_early_and_the_company_placed_again(pages, manager):
    row = override()
    act(pages(manager), row, "end")
    assert row.state == OverrideState.ENDED
    assert row.ended_at is not None
    assert Change.objects.get().cause == ChangeCause.OVERRIDE


def test_a_second_decision_finds_it_decided(pages, manager):
    row = override()
    assert "Somebody else was faster" in act(pages(manager), row, "approve")


def test_what_ran_out_is_ended_over_night():
    over, lasting = override(until=today() - timedelta(1), since=today() - timedelta(9)), override(standing(name="B"))
    cache.clear()
    pass_time()
    over.refresh_from_db()
    lasting.refresh_from_db()
    assert (over.state, lasting.state) == (OverrideState.ENDED, OverrideState.APPROVED)
    assert Change.objects.get(cause=ChangeCause.OVERRIDE).company_id == over.company_id


def test_the_register_says_what_runs_out_and_who_decided(pages, auditor, manager):
    override(until=today() + timedelta(10), decided_by=manager)
    shown = pages(auditor).get("/exceptions/").text
    for said in ("1 exception runs out within 30 days", "Forges du Nord", "Parent guarantees", "manager"):
        assert said in shown
    assert "/approve/" not in shown


def test_how_exceptions_turned_out_is_counted_per_approver_and_reason(manager, second):
    bad = standing(name="Bad", exposure=900, overdue=800, cell="FAIL")
    good = standing(name="Good", exposure=100)
    override(bad, decided_by=manager, overdue_then=100)
    override(good, decided_by=second, reason="Seasonal", state=OverrideState.ENDED)
    found = overrides.outcomes(overrides.ever_in_force())
    by_approver = overrides.record(found, lambda one: str(one.override.decided_by))
    assert [(one.name, one.failed, one.overdue) for one in by_approver] == [("manager", 1, 800), ("second", 0, 0)]
    by_reason = overrides.record(found, lambda one: one.override.reason)
    assert [one.name for one in by_reason] == ["Parent guarantees", "Seasonal"]


def test_a_company_with_two_exceptions_owes_once():
    row = standing(exposure=100, overdue=10)
    override(row, state=OverrideState.ENDED)
    override(row)
    (record,) = overrides.record(overrides.outcomes(overrides.ever_in_force()), lambda one: "all")
    assert (record.count, record.exposure) == (2, 100)


def test_the_rest_of_the_portfolio_stands_beside_them():
    row = standing(exposure=100)
    standing(name="Other", exposure=300, overdue=30, cell="FAIL")
    rest = overrides.the_rest([row.pk])
    assert (rest.count, rest.failed, rest.exposure, rest.overdue) == (1, 1, 300, 30)


def test_the_queries_of_the_register_do_not_grow(pages, auditor):
    client = pages(auditor)
    for index in range(4):
        override(standing(name=f"Forges {index}"), state=list(OverrideState)[index])
    few = queries(client, "/exceptions/")
    for index in range(16):
        override(standing(name=f"Forges {index}"), state=list(OverrideState)[index % 4])
    assert queries(client, "/exceptions/") == few


def test_the_page_of_the_company_carries_the_mark(pages, analyst, manager):
    company = placed("Forges")
    override(Standing.objects.get(pk=company.pk), decided_by=manager)
    shown = pages(analyst).get(f"/companies/{company.pk}/").text
    assert "Placed by hand until" in shown
    assert f"/companies/{company.pk}/exception/" not in shown


@pytest.mark.parametrize("action", ["approve", "end", "refuse"])
def test_a_reader_decides_nothing(pages, auditor, action):
    row = override()
    assert pages(auditor).post(f"/exceptions/{row.pk}/{action}/").status_code == 403
    assert pages(auditor).get(f"/companies/{row.company_id}/exception/").status_code == 403


def test_an_exception_begins_on_the_day_it_is_approved(pages, manager):
    row = override(state=OverrideState.ASKED, decided_at=None, since=today() - timedelta(5))
    act(pages(manager), row, "approve")
    assert row.since == today()


def test_two_exceptions_of_one_company_count_its_failure_whole_and_its_debt_as_of_the_latest():
    row, now = standing(exposure=1000, overdue=100, cell="FAIL"), timezone.now()
    override(row, state=OverrideState.ENDED, asked_at=now - timedelta(400), overdue_then=50)
    override(row, state=OverrideState.ENDED, asked_at=now, overdue_then=70)
    (found,) = overrides.record(overrides.outcomes(overrides.ever_in_force()), lambda one: "")
    assert (found.count, found.failed, found.failed_share, found.overdue_then) == (2, 1, 1, 70)

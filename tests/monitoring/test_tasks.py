"""From a cell's check-list to tasks, and what people do with them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.utils import timezone

from companies.choices import JobKind, Role
from companies.models import Job
from monitoring.models import CellAction, Handout, MatrixCell, Standing, Task
from monitoring.services import tasks as service
from monitoring.services.tasks import Gift
from monitoring.tasks import run_job, sweep_jobs
from tests import make
from tests.monitoring.pages import growth, placed

pytestmark = pytest.mark.django_db
CELL = "LOW-DEF"  # a score of 10 and a low limit
URL = f"/matrix/{CELL}/tasks/"


@pytest.fixture
def checklist(db):
    """Two actions, due in 3 and in 14 days."""
    CellAction.objects.filter(cell__code=CELL).delete()
    cell = MatrixCell.objects.get(code=CELL, policy__state="active")
    return [
        CellAction.objects.create(cell=cell, order=n, text_fr=f"Geste {n}", text_en=f"Action {n}", due_days=days)
        for n, days in enumerate((3, 14), 1)
    ]


def weak(name="Forges", **values):
    return placed(name, score=10, **values)


def gift(checklist, user, **more):
    return Gift(service.due_days(checklist, timezone.localdate()), user.pk, user.pk, timezone.now(), **more)


def asked(checklist, user, **more):
    """What the form sends: both actions as proposed, for the whole cell."""
    days = service.due_days(checklist, timezone.localdate())
    due = {f"due_{pk}": day.isoformat() for pk, day in days.items()}
    return {"scope": "all", "action": list(days), "to": user.pk, **due, **more}


def given(company, user, **values):
    values = {
        "due_on": timezone.localdate(),
        "given_at": timezone.now(),
        "text_fr": "Appeler",
        "text_en": "Call",
    } | values
    return Task.objects.create(company=company, given_to=user, **values)


def test_each_company_gets_each_action_with_its_own_day_and_words(checklist, analyst):
    weak("A"), weak("B")
    assert service.give(service.standing_in(CELL, {}), gift(checklist, analyst)).made == 4
    task = Task.objects.filter(action=checklist[1]).first()
    assert (task.text_fr, task.due_on, task.cell) == ("Geste 2", timezone.localdate() + timedelta(days=14), CELL)


def test_giving_again_makes_no_second_task_and_says_so(checklist, analyst):
    weak("A")
    service.give(service.standing_in(CELL, {}), gift(checklist, analyst))
    weak("B")
    assert service.give(service.standing_in(CELL, {}), gift(checklist, analyst)) == service.Given(made=2, there=2)


def test_a_task_that_is_done_can_be_given_again(checklist, analyst):
    weak("A")
    service.give(service.standing_in(CELL, {}), gift(checklist, analyst))
    service.finish(Task.objects.values_list("pk", flat=True), user=analyst, now=timezone.now(), dropped=False, note="")
    assert service.give(service.standing_in(CELL, {}), gift(checklist, analyst)).made == 2


def test_all_tasks_are_given_in_one_statement(checklist, analyst, django_assert_num_queries):
    for name in "ABC":
        weak(name)
    with django_assert_num_queries(5):  # the actions, savepoint, the number of companies, one INSERT, release
        service.give(service.standing_in(CELL, {}), gift(checklist, analyst))


@pytest.mark.parametrize(("narrowed", "count"), [({}, 2), ({"country": "FR"}, 1), ({"role": "supplier"}, 0)])
def test_the_filters_of_the_page_narrow_the_companies(narrowed, count):
    weak("A")
    Standing.objects.filter(pk=weak("B").pk).update(country="DE")
    assert service.standing_in(CELL, narrowed).count() == count


def test_a_supplier_is_read_by_its_place_as_a_supplier():
    Standing.objects.filter(pk=weak("A", role=Role.SUPPLIER).pk).update(supplier_cell="LOW-FAV")
    assert service.standing_in(CELL, {"role": "supplier"}).count() == 0
    assert service.standing_in("LOW-FAV", {"role": "supplier"}).count() == 1


def test_the_cell_leads_to_its_tasks_with_the_filters(client_as, analyst, checklist):
    weak()
    assert f"{URL}?role=client" in client_as(analyst).get(f"/matrix/{CELL}/?role=client").text


def test_the_page_proposes_the_day_of_each_action(client_as, analyst, checklist):
    weak()
    page = client_as(analyst).get(URL).text
    assert all(day.isoformat() in page for day in service.due_days(checklist, timezone.localdate()).values())


def test_keys_are_sent_as_they_are_however_large(client_as, analyst, checklist):
    company = weak()
    Task.objects.create(
        pk=1_234_567, company=company, given_to=analyst, due_on=timezone.localdate(), given_at=timezone.now()
    )
    Standing.objects.filter(pk=company.pk).update(company=make.company("Grand numéro", pk=7_654_321))
    client = client_as(analyst)
    assert 'value="1234567"' in client.get("/tasks/").text
    assert 'value="7654321"' in client.get(URL).text


def test_the_number_is_shown_before_anything_is_given(client_as, analyst, checklist):
    weak("A"), weak("B")
    page = client_as(analyst).post(URL, asked(checklist, analyst), headers={"accept-language": "en"}).text
    assert "Give 4 tasks" in page
    assert not Task.objects.exists()


def test_confirmed_tasks_are_given(client_as, analyst, checklist):
    weak("A"), weak("B")
    client_as(analyst).post(URL, asked(checklist, analyst, confirm="1"))
    assert Task.objects.filter(given_to=analyst, given_by=analyst).count() == 4


def test_only_the_ticked_companies_that_still_stand_there_get_tasks(client_as, analyst, checklist):
    chosen, _other, elsewhere = weak("A"), weak("B"), placed("C")
    ticked = [chosen.pk, elsewhere.pk]
    client_as(analyst).post(URL, asked(checklist, analyst, scope="chosen", company=ticked, confirm="1"))
    assert set(Task.objects.values_list("company", flat=True)) == {chosen.pk}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"action": []}, "Choose at least one action."),
        ({"action": ["999999"]}, "The check-list changed meanwhile"),
        ({"to": ""}, "Choose who gets the tasks."),
        ({"to": "nobody"}, "Select a valid choice"),
        ({"scope": "chosen"}, "Tick at least one company"),
        ({"scope": "nonsense"}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_said(client_as, analyst, checklist, wrong, said):
    weak()
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    answer = client.post(URL, asked(checklist, analyst, **wrong, confirm="1"))
    assert (answer.status_code, said in answer.text, Task.objects.count()) == (422, True, 0)


@pytest.mark.parametrize("day", ["", "2020-01-01", "31.12.2030"])
def test_a_wrong_day_is_refused(client_as, analyst, checklist, day):
    weak()
    data = asked(checklist, analyst, confirm="1") | {f"due_{checklist[0].pk}": day}
    assert client_as(analyst).post(URL, data).status_code == 422


def test_a_large_number_is_a_job_that_can_be_killed_and_run_again(
    client_as, analyst, checklist, monkeypatch, published, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("monitoring.services.tasks.AT_ONCE", 2)
    monkeypatch.setattr("monitoring.views.give.AT_ONCE", 2)
    for name in "ABCDE":
        weak(name)
    with django_capture_on_commit_callbacks(execute=True):
        client_as(analyst).post(URL, asked(checklist, analyst, confirm="1"))
    assert not Task.objects.exists()
    first = Standing.objects.order_by("pk").values_list("pk", flat=True)[1]
    Handout.objects.update(after=first)  # a worker died after two companies
    run_job(Job.objects.get(kind=JobKind.TASKS).pk)
    assert (Job.objects.get().state, Job.objects.get().done, Task.objects.count()) == ("done", 5, 6)
    assert (Handout.objects.get().made, Handout.objects.waiting().exists()) == (6, False)


def test_the_sweep_makes_the_job_for_what_waits(analyst, checklist, published):
    service.hand_out(CELL, {}, gift(checklist, analyst), companies=1)
    sweep_jobs()
    assert Job.objects.filter(kind=JobKind.TASKS).exists()


def test_who_may_not_give_is_refused(client_as, auditor, checklist):
    client = client_as(auditor)
    assert [client.get(URL).status_code, client.post("/tasks/act/").status_code] == [403, 403]
    assert "/tasks/act/" not in client.get("/tasks/").text


def test_a_cell_that_does_not_exist_is_not_found(client_as, analyst):
    assert client_as(analyst).get("/matrix/NOWHERE/tasks/").status_code == 404


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"mine", "late"}),
        ("?state=all", {"mine", "late", "others"}),
        ("?state=overdue", {"late"}),
        ("?state=done", {"finished"}),
        ("?state=all&q=forges", {"mine", "late", "others"}),
        ("?state=all&q=zzzz", set()),
        ("?state=all&cell=FAIL", set()),
        ("?state=nonsense&sort=-nonsense&page=x", {"mine", "late"}),
    ],
)
def test_the_list_shows_what_is_asked(client_as, analyst, manager, query, shown):
    company, today = weak("Forges"), timezone.localdate()
    given(company, analyst, text_fr="mine", text_en="mine")
    given(company, analyst, text_fr="late", text_en="late", due_on=today - timedelta(days=1))
    given(company, manager, text_fr="others", text_en="others")
    given(company, analyst, text_fr="finished", text_en="finished", done_at=timezone.now())
    page = client_as(analyst).get(f"/tasks/{query}").text
    assert {word for word in ("mine", "late", "others", "finished") if f">{word}</span>" in page} == shown


@pytest.mark.parametrize("column", ["due_on", "company", "exposure", "given_to"])
def test_every_column_sorts_both_ways(client_as, analyst, column):
    given(weak(), analyst)
    client = client_as(analyst)
    assert [client.get(f"/tasks/?sort={sign}{column}").status_code for sign in ("", "-")] == [200, 200]


@pytest.mark.parametrize(("action", "dropped"), [("done", False), ("drop", True)])
def test_tasks_are_finished_with_a_note_and_put_back(client_as, analyst, action, dropped):
    tasks, client = [given(weak(name), analyst, note="avant") for name in "AB"], client_as(analyst)
    client.post("/tasks/act/", {"action": action, "task": [one.pk for one in tasks], "note": "appelé"})
    assert set(Task.objects.values_list("done_by", "is_dropped", "note")) == {(analyst.pk, dropped, "appelé")}
    client.post("/tasks/undo/")
    assert set(Task.objects.values_list("done_at", "done_by", "is_dropped", "note")) == {(None, None, False, "avant")}


def test_tasks_are_handed_over_and_back(client_as, analyst, manager):
    task, client = given(weak(), analyst), client_as(analyst)
    client.post("/tasks/act/", {"action": "hand", "task": [task.pk], "to": manager.pk})
    assert Task.objects.get().given_to == manager
    client.post("/tasks/undo/")
    assert Task.objects.get().given_to == analyst


def test_undoing_leaves_what_somebody_else_did_since(client_as, analyst, manager):
    task, client = given(weak(), analyst), client_as(analyst)
    client.post("/tasks/act/", {"action": "hand", "task": [task.pk], "to": manager.pk})
    service.finish([task.pk], user=manager, now=timezone.now(), dropped=False, note="")
    client.post("/tasks/undo/")
    assert Task.objects.get().done_by == manager


def test_undoing_does_not_double_a_task_that_was_given_again(analyst, checklist):
    company = weak()
    task = given(company, analyst, action=checklist[0])
    last = service.finish([task.pk], user=analyst, now=timezone.now(), dropped=False, note="")
    given(company, analyst, action=checklist[0])
    assert service.undo(last) == 0


def test_undoing_twice_does_nothing(client_as, analyst):
    assert client_as(analyst).post("/tasks/undo/").status_code == 302


@pytest.mark.parametrize(
    "data", [{}, {"action": "burn", "task": ["1"]}, {"action": "hand", "task": ["1"]}, {"action": "done", "task": "x"}]
)
def test_a_wrong_act_is_told_and_changes_nothing(client_as, analyst, data):
    given(weak(), analyst)
    answer = client_as(analyst).post("/tasks/act/", data, follow=True)
    assert "alert-danger" in answer.text
    assert Task.objects.filter(done_at=None).count() == 1


def test_tasks_go_to_active_analysts_and_managers_only(analyst, manager, administrator, auditor):
    gone = User.objects.create(username="gone", is_active=False)
    gone.groups.add(Group.objects.get(name="analyst"))
    assert set(service.doers()) == {analyst, manager}


def test_the_database_keeps_one_open_task_per_action(analyst, checklist):
    company = weak()
    given(company, analyst, action=checklist[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        given(company, analyst, action=checklist[0])


def test_the_company_shows_its_tasks_and_finishes_them(client_as, analyst):
    company = weak()
    task, client = given(company, analyst, text_fr="Appeler le DAF", text_en="Appeler le DAF"), client_as(analyst)
    assert "Appeler le DAF" in client.get(f"/companies/{company.pk}/").text
    answer = client.post("/tasks/act/", {"action": "done", "task": task.pk, "next": f"/companies/{company.pk}/"})
    assert answer.url == f"/companies/{company.pk}/"
    assert "Appeler le DAF" not in client.get(f"/companies/{company.pk}/").text


def test_no_act_leads_to_another_site(client_as, analyst):
    task = given(weak(), analyst)
    data = {"action": "done", "task": task.pk, "next": "https://example.org/"}
    assert client_as(analyst).post("/tasks/act/", data).url == "/tasks/"


def test_the_dashboard_and_the_navigation_count_ones_own(client_as, analyst, manager):
    company = weak()
    given(company, analyst, text_fr="Ma tâche", text_en="Ma tâche")
    assert "Ma tâche" in client_as(analyst).get("/").text
    assert 'id="nav-tasks">1' in client_as(analyst).get("/").text
    assert "Ma tâche" not in client_as(manager).get("/").text


def test_the_list_costs_as_much_for_one_task_as_for_many(client_as, analyst):
    assert growth(client_as(analyst), "/tasks/", lambda index: given(weak(f"C{index}"), analyst)) <= 0


def test_the_page_of_giving_costs_as_much_for_one_company_as_for_many(client_as, analyst, checklist):
    assert growth(client_as(analyst), URL, lambda index: weak(f"C{index}")) <= 0

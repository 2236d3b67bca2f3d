"""The administration of judgement: the matrix is edited with care; what was seen and decided is only looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from companies.choices import ChangeCause, JobKind, RatingState
from companies.models import Change, Job
from monitoring.choices import AlertKind, Cell, NoteAction, PolicyState, Severity
from monitoring.models import (
    Alert,
    AlertNote,
    CellSummary,
    Event,
    MatrixCell,
    MatrixPolicy,
    Portfolio,
    Standing,
    StandingChange,
    Watch,
)
from monitoring.services.policies import approve, draft_from
from tests import make

pytestmark = pytest.mark.django_db

FACTS = [Alert, AlertNote, CellSummary, Event, Portfolio, Standing, StandingChange, Watch]


@pytest.fixture
def client(administrator_client: Client) -> Client:
    return administrator_client


@pytest.fixture
def everything() -> None:
    """A row of each model."""
    company, now = make.company(), timezone.now()
    portfolio = Portfolio.objects.create(provider_id=1, name="riskportal")
    Watch.objects.create(company=company, portfolio=portfolio, connect_id="FR-X-1")
    event = Event.objects.create(
        notification_id="1", event_id="1", portfolio=portfolio, company=company, rule_code=101, received_at=now
    )
    alert = Alert.objects.create(
        company=company, kind=AlertKind.RATING, severity=Severity.HIGH, event=event, opened_at=now, changed_at=now
    )
    AlertNote.objects.create(alert=alert, action=NoteAction.COMMENT, text="called them", at=now)
    Standing.objects.create(
        company=company, name=company.name, country="FR", rating_state=RatingState.RATED, cell=Cell.NR, restated_at=now
    )
    StandingChange.objects.create(company=company, at=now, cause=ChangeCause.REPORT, cell_after=Cell.NR)
    CellSummary.objects.get_or_create(role="", cell=Cell.NR)


def text(response: Any) -> str:
    return str(response.content.decode())


def address(model: type[Any], page: str, *args: object) -> str:
    return reverse(f"admin:monitoring_{model._meta.model_name}_{page}", args=args)


def form_of(client: Client, policy: MatrixPolicy) -> dict[str, Any]:
    """What the browser would send back unchanged."""
    context = client.get(address(MatrixPolicy, "change", policy.pk)).context
    forms = [context["adminform"].form, *context["inline_admin_formsets"][0].formset.forms]
    given = {form.add_prefix(name): form[name].value() for form in forms for name in form.fields}
    management = context["inline_admin_formsets"][0].formset.management_form
    given |= {management.add_prefix(name): management[name].value() for name in management.fields}
    return {name: "" if value is None else value for name, value in given.items()}


def test_every_model_is_listed_and_opened(client: Client, everything: None) -> None:
    for model in (MatrixPolicy, MatrixCell, *FACTS):
        assert client.get(address(model, "changelist")).status_code == 200, model
        assert client.get(address(model, "changelist"), {"q": "a"}).status_code == 200, model
        assert client.get(address(model, "change", model.objects.first().pk)).status_code == 200, model


def test_no_fact_can_be_added_changed_or_deleted(client: Client, everything: None) -> None:
    for model in FACTS:
        pk = model.objects.first().pk
        assert client.get(address(model, "add")).status_code == 403, model
        assert client.post(address(model, "change", pk), {}).status_code == 403, model
        assert client.post(address(model, "delete", pk), {"post": "yes"}).status_code == 403, model


@pytest.mark.parametrize("model", [MatrixPolicy, MatrixCell], ids=lambda model: model.__name__)
def test_the_history_of_the_matrix_can_be_read(client: Client, model: type[Any]) -> None:
    found = model.objects.first()
    found.save()
    assert client.get(address(model, "history", found.pk)).status_code == 200


def test_the_policy_shows_its_eight_cells_in_both_languages(client: Client) -> None:
    policy = MatrixPolicy.objects.active()
    page = text(client.get(address(MatrixPolicy, "change", policy.pk)))
    cell = policy.cells.get(code=Cell.HIGH_FAV)
    assert cell.posture_fr.split()[0] in page
    assert cell.posture_en.split()[0] in page
    assert page.count("posture_fr") >= 8


def test_a_new_threshold_of_the_policy_in_force_marks_every_company(client: Client) -> None:
    companies = [make.company(name).pk for name in ("Alpha", "Béta")]
    policy = MatrixPolicy.objects.active()
    client.post(address(MatrixPolicy, "change", policy.pk), form_of(client, policy) | {"high_from": "75000"})
    policy.refresh_from_db()
    assert policy.high_from == 75_000
    assert sorted(Change.objects.values_list("company_id", "cause")) == [(pk, "policy") for pk in companies]


def test_new_words_move_no_company(client: Client) -> None:
    make.company()
    policy = MatrixPolicy.objects.active()
    client.post(address(MatrixPolicy, "change", policy.pk), form_of(client, policy) | {"cells-0-label_en": "New words"})
    assert MatrixCell.objects.filter(label_en="New words").exists()
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"watch_from": "60"}, "must fall from sound to watch to weak", id="bounds out of order"),
        pytest.param({"sound_from": "101"}, "Scores run from 0 to 100", id="above 100"),
        pytest.param({"high_from": "-1"}, "errornote", id="negative limit"),
    ],
)
def test_senseless_thresholds_are_refused_with_a_message(client: Client, given: dict[str, str], said: str) -> None:
    policy = MatrixPolicy.objects.active()
    response = client.post(address(MatrixPolicy, "change", policy.pk), form_of(client, policy) | given)
    assert response.status_code == 200
    assert said in text(response)
    assert not Change.objects.exists()


def test_a_retired_policy_is_only_looked_at(client: Client) -> None:
    policy = MatrixPolicy.objects.active()
    retired = draft_from(policy, user_id=None)
    MatrixPolicy.objects.filter(pk=retired.pk).update(state=PolicyState.RETIRED)
    assert client.get(address(MatrixPolicy, "change", retired.pk)).status_code == 200
    assert client.post(address(MatrixPolicy, "change", retired.pk), {}).status_code == 403
    cell = MatrixCell.objects.filter(policy=retired).latest("pk")
    assert client.post(address(MatrixCell, "change", cell.pk), {}).status_code == 403


def act(client: Client, action: str, *policies: MatrixPolicy) -> Any:
    given = {"action": action, "_selected_action": [policy.pk for policy in policies]}
    return client.post(address(MatrixPolicy, "changelist"), given, follow=True)


def test_a_copy_is_a_draft_with_the_same_words(client: Client, administrator: User) -> None:
    policy = MatrixPolicy.objects.active()
    act(client, "copy", policy)
    draft = MatrixPolicy.objects.get(state=PolicyState.DRAFT)
    assert (draft.version, draft.high_from, draft.created_by) == (policy.version + 1, policy.high_from, administrator)
    words = ("code", "posture_fr", "posture_en", "severity")
    assert list(draft.cells.values_list(*words)) == list(policy.cells.values_list(*words))


def test_putting_an_approved_policy_in_force_retires_the_other_and_places_every_company(
    client: Client, manager: User
) -> None:
    old = MatrixPolicy.objects.active()
    draft = draft_from(old, user_id=None)
    approve(draft, user_id=manager.pk, now=timezone.now())
    act(client, "activate", draft)
    old.refresh_from_db()
    assert MatrixPolicy.objects.active() == draft
    assert old.state == PolicyState.RETIRED
    assert Job.objects.get().kind == JobKind.POLICY


def test_a_draft_that_nobody_approved_is_not_put_in_force(client: Client) -> None:
    old = MatrixPolicy.objects.active()
    response = act(client, "activate", draft_from(old, user_id=None))
    assert "has to be approved" in text(response)
    assert MatrixPolicy.objects.active() == old


def test_only_one_policy_can_be_put_in_force(client: Client) -> None:
    policy = MatrixPolicy.objects.active()
    response = act(client, "activate", policy, draft_from(policy, user_id=None))
    assert "Select one policy" in text(response)
    assert MatrixPolicy.objects.active() == policy


def test_a_reader_on_the_staff_changes_no_policy(auditor: User, client_as: Callable[[User], Client]) -> None:
    User.objects.filter(pk=auditor.pk).update(is_staff=True)
    client, policy = client_as(auditor), MatrixPolicy.objects.active()
    assert client.get(address(MatrixPolicy, "change", policy.pk)).status_code == 200
    assert client.post(address(MatrixPolicy, "change", policy.pk), {}).status_code == 403
    act(client, "copy", policy)
    assert MatrixPolicy.objects.count() == 1

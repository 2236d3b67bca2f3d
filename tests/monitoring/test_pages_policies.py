"""The way of a policy in the portal: drafted, tried out, approved by another person, put in force, kept."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.choices import JobKind
from companies.models import Job
from monitoring.choices import Cell, PolicyState
from monitoring.models import CellAction, MatrixPolicy, Standing
from monitoring.policy_forms import PolicyForm
from monitoring.services import versions
from monitoring.services import what_if as what_if_service
from monitoring.services.money import Rates
from monitoring.services.policies import draft_from
from tests import make
from tests.monitoring.pages import queries
from tests.monitoring.standings import standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_as, manager):
    client = client_as(manager)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def draft():
    return draft_from(MatrixPolicy.objects.active(), user_id=None)


def typed(policy, **changes):
    """What the browser would send back, with these fields typed otherwise."""
    given = {
        name: bound.value() for name, bound in zip(PolicyForm.base_fields, PolicyForm(instance=policy), strict=True)
    }
    return {
        name: "" if value is None else str(value) for name, value in (given | changes).items() if value is not False
    }


def edit(client, policy, **changes):
    response = client.post(f"/matrix/policies/{policy.pk}/edit/", typed(policy, **changes))
    policy.refresh_from_db()
    return response


def act(client, policy, action):
    response = client.post(f"/matrix/policies/{policy.pk}/do/{action}/", follow=True)
    if MatrixPolicy.objects.filter(pk=policy.pk).exists():
        policy.refresh_from_db()
    return response.text


def test_versions_are_listed_with_what_changed(client, draft):
    MatrixPolicy.objects.filter(pk=draft.pk).update(sound_from=55, reason="Stricter")
    shown = client.get("/matrix/policies/").text
    for said in ("CUST-DEFAULT v1", "CUST-DEFAULT v2", "sound from score 51 → 55", "Stricter", "SUPP-DEFAULT v1"):
        assert said in shown


def test_the_queries_of_the_list_do_not_grow(client, draft):
    few = queries(client, "/matrix/policies/")
    for _ in range(5):
        draft_from(draft, user_id=None)
    assert queries(client, "/matrix/policies/") == few


def test_a_version_shows_its_bounds_words_and_options(client):
    shown = client.get(f"/matrix/policies/{MatrixPolicy.objects.active().pk}/").text
    for said in ("from 51 on", "from 30 to below 51", "Retention of title", "Shortest stay before an upgrade"):
        assert said in shown


def test_a_retired_version_stays_readable_and_is_not_edited(client, draft):
    MatrixPolicy.objects.filter(pk=draft.pk).update(state=PolicyState.RETIRED)
    assert client.get(f"/matrix/policies/{draft.pk}/").status_code == 200
    assert client.get(f"/matrix/policies/{draft.pk}/edit/").status_code == 404
    assert client.get(f"/matrix/policies/{draft.pk}/cells/NR/").status_code == 404


def test_a_draft_is_compared_with_the_active_policy(client, draft):
    MatrixPolicy.objects.filter(pk=draft.pk).update(high_from=80_000)
    draft.cells.filter(code=Cell.NR).update(label_en="Who are they")
    shown = client.get(f"/matrix/policies/{draft.pk}/").text.replace("\u202f", " ")
    for said in ("<del>50 000</del>", "<ins>80 000</ins>", "<del>Not rated</del>", "<ins>Who are they</ins>"):
        assert said in shown


def test_a_new_line_of_a_check_list_is_a_difference(draft):
    CellAction.objects.create(cell=draft.cells.get(code=Cell.NR), order=9, text_fr="Appeler", text_en="Call")
    whole = {one.pk: one for one in versions.versions()}
    found = versions.differences(whole[MatrixPolicy.objects.active().pk], whole[draft.pk])
    assert [(one.cell, "Call" in one.after) for one in found] == [(Cell.NR, True)]


def test_a_copy_is_a_draft_of_the_user(client, manager):
    act(client, MatrixPolicy.objects.active(), "copy")
    assert MatrixPolicy.objects.get(name="CUST-DEFAULT", state=PolicyState.DRAFT).created_by == manager


def test_a_draft_keeps_what_is_typed(client, draft):
    assert edit(client, draft, sound_from="55.5", hysteresis_score="5", reason="Prudence").status_code == 302
    assert (draft.sound_from, draft.hysteresis_score, draft.reason) == (Decimal("55.5"), 5, "Prudence")


def test_a_french_reader_types_commas_and_spaces(client, draft):
    client.cookies["django_language"] = "fr"
    assert edit(client, draft, sound_from="55,5", high_from="75 000,00").status_code == 302
    assert (draft.sound_from, draft.high_from) == (Decimal("55.5"), 75_000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"watch_from": "51"}, "“Sound” begins above 51", id="an empty column"),
        pytest.param({"weak_from": "31"}, "“Watch” begins above 31", id="bounds that cross"),
        pytest.param({"weak_from": "0"}, "a score of 0 is a failure", id="zero"),
        pytest.param({"sound_from": "101"}, "Scores run from 0 to 100", id="above the scale"),
        pytest.param({"high_from": "0"}, "everything else is low", id="no threshold"),
        pytest.param({"high_from": "many"}, "Enter a number", id="no number"),
        pytest.param({"hysteresis_pct": "-1"}, "greater than or equal to 0", id="negative hysteresis"),
        pytest.param({"currency": "ZZZ"}, "not one of the available choices", id="another currency"),
        pytest.param({"name": "SUPP-DEFAULT", "role": "king"}, "not one of the available choices", id="no role"),
    ],
)
def test_bounds_that_make_no_sense_are_refused_at_their_field(client, draft, changes, said):
    response = edit(client, draft, **changes)
    assert response.status_code == 422
    assert said in response.text
    assert draft.watch_from == 30


def test_a_name_whose_version_exists_is_refused(client, draft):
    twin = draft_from(MatrixPolicy.objects.get(name="SUPP-DEFAULT"), user_id=None)
    assert "There is a version 2 of this name already" in edit(client, draft, name=twin.name).text


def test_the_threshold_is_proposed_from_the_amounts_of_the_measure(client, draft):
    for amount in [100_000] * 8 + [1000] * 20:
        standing(credit_limit=amount)
    shown = client.post(f"/matrix/policies/{draft.pk}/edit/", typed(draft) | {"do": "propose"}).text
    assert 'value="100,000' in shown
    assert "8 of 28 companies" in shown
    draft.refresh_from_db()
    assert draft.high_from == 50_000


def test_a_small_portfolio_proposes_the_fallback_and_says_so(client, draft):
    standing(credit_limit=5)
    shown = client.post(f"/matrix/policies/{draft.pk}/edit/", typed(draft) | {"do": "propose"}).text
    assert "Only 1 company has an amount" in shown
    assert 'value="10,000' in shown


def cell_form(client, policy, code):
    context = client.get(f"/matrix/policies/{policy.pk}/cells/{code}/").context
    forms = [context["form"], context["actions"].management_form, *context["actions"].forms]
    given = {form.add_prefix(name): form[name].value() for form in forms for name in form.fields}
    return {name: "" if value is None else value for name, value in given.items() if value is not False}


def test_the_words_looks_and_check_list_of_a_cell_are_edited(client, draft):
    given = cell_form(client, draft, "NR") | {
        "label_en": "Strangers", "icon": "search", "colour": "teal", "review_days": "60", "reminders": "strict",
        "actions-0-text_en": "Ask twice", "actions-1-DELETE": "on",
    }  # fmt: skip
    assert client.post(f"/matrix/policies/{draft.pk}/cells/NR/", given).status_code == 302
    cell = draft.cells.get(code="NR")
    assert (cell.label_en, cell.icon, cell.colour, cell.review_days) == ("Strangers", "search", "teal", 60)
    assert [line.text_en for line in cell.actions.all()] == ["Ask twice"]


def test_a_cell_without_a_name_in_both_languages_is_refused(client, draft):
    response = client.post(f"/matrix/policies/{draft.pk}/cells/NR/", cell_form(client, draft, "NR") | {"label_fr": ""})
    assert response.status_code == 422
    assert "This field is required" in response.text


def test_an_icon_that_is_not_offered_is_refused(client, draft):
    given = cell_form(client, draft, "NR") | {"icon": "../../etc"}
    assert client.post(f"/matrix/policies/{draft.pk}/cells/NR/", given).status_code == 422


def test_another_person_approves_and_then_it_is_put_in_force(
    client, draft, manager, published, django_capture_on_commit_callbacks
):
    old = MatrixPolicy.objects.active()
    act(client, draft, "approve")
    assert (draft.state, draft.approved_by) == (PolicyState.APPROVED, manager)
    assert "takes the place of CUST-DEFAULT v1" in client.get(f"/matrix/policies/{draft.pk}/activate/").text
    with django_capture_on_commit_callbacks(execute=True):
        act(client, draft, "activate")
    old.refresh_from_db()
    assert (draft.state, old.state) == (PolicyState.ACTIVE, PolicyState.RETIRED)
    assert [name for name, _ in published] == ["monitoring.tasks.run_job"]
    assert Job.objects.get().kind == JobKind.POLICY


def test_the_author_is_refused_and_told_so(client, manager):
    own = draft_from(MatrixPolicy.objects.active(), user_id=manager.pk)
    assert "somebody else has to approve it" in act(client, own, "approve")
    assert own.state == PolicyState.DRAFT


def test_who_changed_the_draft_of_another_does_not_approve_it(client, draft):
    edit(client, draft, high_from="1")
    assert "Another person approves your draft" in client.get(f"/matrix/policies/{draft.pk}/").text
    assert "somebody else has to approve it" in act(client, draft, "approve")
    assert draft.state == PolicyState.DRAFT


def test_who_changed_the_words_of_a_cell_does_not_approve_them(client, draft):
    client.post(f"/matrix/policies/{draft.pk}/cells/NR/", cell_form(client, draft, "NR"))
    act(client, draft, "approve")
    assert draft.state == PolicyState.DRAFT


def test_who_sends_a_version_back_may_approve_it_again(client, draft):
    for action in ("approve", "reopen", "approve"):
        act(client, draft, action)
    assert draft.state == PolicyState.APPROVED


def test_a_draft_is_not_activated(client, draft):
    assert "has to be approved" in act(client, draft, "activate")
    assert draft.state == PolicyState.DRAFT
    assert client.get(f"/matrix/policies/{draft.pk}/activate/").status_code == 404


def test_an_approved_version_goes_back_to_draft(client, draft):
    act(client, draft, "approve")
    act(client, draft, "reopen")
    assert (draft.state, draft.approved_by) == (PolicyState.DRAFT, None)


def test_the_policy_for_clients_is_not_retired_alone(client):
    active = MatrixPolicy.objects.active()
    assert "Every company needs a policy" in act(client, active, "retire")
    assert active.state == PolicyState.ACTIVE


def test_the_policy_for_suppliers_is_retired(client):
    supplier = MatrixPolicy.objects.get(name="SUPP-DEFAULT")
    MatrixPolicy.objects.filter(pk=supplier.pk).update(state=PolicyState.ACTIVE)
    act(client, supplier, "retire")
    assert supplier.state == PolicyState.RETIRED


def test_only_a_draft_is_discarded(client, draft):
    act(client, draft, "discard")
    assert not MatrixPolicy.objects.filter(pk=draft.pk).exists()
    assert "Only a draft can be discarded" in act(client, MatrixPolicy.objects.active(), "discard")


def test_an_act_that_does_not_exist_is_not_found(client, draft):
    assert client.post(f"/matrix/policies/{draft.pk}/do/burn/").status_code == 404


@pytest.mark.parametrize("action", ["copy", "approve", "activate", "retire", "reopen", "discard"])
def test_an_analyst_reads_and_does_nothing(client_as, analyst, draft, action):
    client = client_as(analyst)
    shown = client.get(f"/matrix/policies/{draft.pk}/")
    assert shown.status_code == 200
    assert f"/do/{action}/" not in shown.text
    assert client.post(f"/matrix/policies/{draft.pk}/do/{action}/").status_code == 403


@pytest.mark.parametrize("page", ["edit/", "cells/NR/", "backtests/", "activate/"])
def test_an_analyst_is_refused_the_pages_of_managers(client_as, analyst, draft, page):
    assert client_as(analyst).get(f"/matrix/policies/{draft.pk}/{page}").status_code == 403


def test_the_supplier_variant_is_delivered_as_a_draft_in_the_words_of_the_reference():
    policy = MatrixPolicy.objects.get(role="supplier")
    cells = {cell.code: cell for cell in policy.cells.prefetch_related("actions")}
    assert (policy.state, set(cells)) == (PolicyState.DRAFT, set(Cell.values))
    assert [cells[code].label_en for code in ("HIGH-DEF", "HIGH-FAV", "LOW-DEF", "LOW-FAV")] == [
        "Secure the supply", "Partner", "Replace", "Keep",
    ]  # fmt: skip
    said = {line.text_en for line in cells["HIGH-DEF"].actions.all()}
    assert said == {"Second source", "Safety stock", "No new advance", "Bank guarantee", "Tooling inventory"}


def what_if(client, policy, **changes):
    return client.get(
        f"/matrix/policies/{policy.pk}/what-if/", typed(policy, **changes), headers={"HX-Request": "true"}
    )


def test_who_would_move_is_counted_while_the_bounds_move(client, draft):
    standing(score=52, cell="LOW-FAV", exposure=700)
    standing(score=90, cell="LOW-FAV", exposure=300)
    shown = what_if(client, draft, sound_from="55").text
    assert "<strong>1</strong> of 2 companies would change cell" in " ".join(shown.split())
    assert "700" in shown
    draft.refresh_from_db()
    assert draft.sound_from == 51


def test_a_bound_that_makes_no_sense_is_named_beside_the_picture(client, draft):
    shown = what_if(client, draft, sound_from="20").text
    assert "Sound from score" in shown
    assert "begins above 30" in shown


def test_the_largest_movers_are_listed_with_links(client, draft):
    row = standing(name="Forges", score=52, cell="LOW-FAV", exposure=700)
    shown = client.get(f"/matrix/policies/{draft.pk}/what-if/", typed(draft, sound_from="55") | {"movers": "1"}).text
    assert f'<a href="/companies/{row.pk}/">Forges</a>' in shown
    assert "cell-low-mod" in shown


def test_the_effect_is_one_aggregate_over_the_standings(client, draft):
    standing(score=52, cell="LOW-FAV")
    with CaptureQueriesContext(connection) as taken:
        what_if(client, draft, sound_from="55")
    told = [query["sql"] for query in taken if 'FROM "monitoring_standing"' in query["sql"]]
    assert len(told) == 1
    assert "GROUP BY" in told[0]


def test_without_javascript_the_effect_is_a_page(client, draft):
    shown = client.get(f"/matrix/policies/{draft.pk}/what-if/").text
    assert "<html" in shown
    assert "Nobody would move" in shown


def test_an_empty_portfolio_has_no_effect(client, draft):
    Standing.objects.all().delete()
    assert "of 0 companies" in what_if(client, draft).text


def effect_of(policy):
    return {
        (move.before, move.after): move.companies for move in what_if_service.effect(policy, Rates(make.TODAY)).moves
    }


def test_who_was_placed_by_hand_stays_under_every_policy(draft):
    standing(score=10, cell="HIGH-FAV", overridden=True)
    assert effect_of(draft) == {("HIGH-FAV", "HIGH-FAV"): 1}


def test_a_policy_for_suppliers_gives_clients_a_second_place(draft):
    supplier = MatrixPolicy.objects.get(role="supplier")
    standing(name="Both", is_supplier=True, payable=20_000)
    standing(name="Supplier", is_client=False, is_supplier=True, payable=20_000, cell="LOW-FAV")
    standing(name="Client")
    assert effect_of(supplier) == {("", "HIGH-FAV"): 1, ("LOW-FAV", "HIGH-FAV"): 1}


def test_a_policy_for_clients_leaves_suppliers_to_their_own(draft):
    standing(name="Supplier", is_client=False, is_supplier=True)
    assert effect_of(draft) == {("LOW-FAV", "LOW-FAV"): 1}
    MatrixPolicy.objects.filter(role="supplier").update(state=PolicyState.ACTIVE)
    assert effect_of(draft) == {}


def test_the_draft_begins_at_the_policy_for_clients_whatever_else_is_active(client):
    MatrixPolicy.objects.filter(role="supplier").update(state=PolicyState.ACTIVE, name="AAA")
    assert f"/matrix/policies/{MatrixPolicy.objects.active().pk}/do/copy/" in client.get("/matrix/policies/").text

"""Placing everybody under another policy in statements must give what placing them one by one gives."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.forms.models import model_to_dict

from companies.choices import CompanyStatus, JobKind, Role
from companies.models import Change, Company, Job
from monitoring.choices import LimitMeasure, NotRatedHandling, PolicyState
from monitoring.models import CellSummary, MatrixPolicy, Position, Standing, StandingChange
from monitoring.services import policies, standing, switch
from monitoring.services.sums import recount, sum_up
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
SCORES = (None, 0, 1, 29, 30, 50, 51, 88)


@pytest.fixture
def portfolio() -> list[int]:
    """Scores on each side of each bound, limits around the threshold, every role, late payers, failures."""
    pks = []
    roles = [(Role.CLIENT,), (Role.SUPPLIER,), (Role.CLIENT, Role.SUPPLIER), (Role.PROSPECT,), ()]
    for number, score in enumerate(SCORES * 3):
        company = make.company(f"C{number}")
        pks.append(company.pk)
        failing = number % 11 == 5
        limit = (None, "0", "49999.99", "50000", "200000")[number % 5]
        status = CompanyStatus.NON_ACTIVE if number % 13 == 7 else CompanyStatus.ACTIVE
        reported_at = NOW - timedelta(days=100 * (number % 6))
        if number % 9:
            make.profile(company, score, limit, status=status, in_proceeding=failing, reported_at=reported_at)
        for role in roles[number % 5]:
            account = make.account(company, role)
            make.item(account, str(1000 + 7000 * number), due=TODAY - timedelta(days=3))
            make.item(account, str(500 * number + 1), due=TODAY + timedelta(days=30))
    standing.restate(pks, now=NOW, as_of=TODAY)
    return pks


def put_in_force(**changes: Any) -> MatrixPolicy:
    policy = policies.draft_from(MatrixPolicy.objects.active(), user_id=None)
    MatrixPolicy.objects.filter(pk=policy.pk).update(**changes)
    approver = User.objects.create(username=f"approver {policy.pk}")
    policies.approve(policy, user_id=approver.pk, now=LATER)
    policies.put_in_force(policy, now=LATER)
    return MatrixPolicy.objects.get(pk=policy.pk)


def run() -> None:
    switch.run(lambda done, total: None, now=LATER, as_of=TOMORROW)


def sums() -> list[dict[str, Any]]:
    rows = CellSummary.objects.exclude(companies=0).order_by("role", "cell")
    return [model_to_dict(row, exclude=["id"]) for row in rows]


POLICIES: list[dict[str, Any]] = [
    {"sound_from": Decimal(60), "watch_from": Decimal(29), "weak_from": Decimal(2)},
    {"high_from": Decimal(200_000)},
    {"measure": LimitMeasure.EXPOSURE, "high_from": Decimal("8500.5")},
    {"measure": LimitMeasure.TURNOVER, "max_age_days": 250},
    {"not_rated": NotRatedHandling.COLUMN, "not_rated_column": "MOD"},
    {"not_rated": NotRatedHandling.BEHAVIOUR, "watch_from": Decimal(10), "sound_from": Decimal(20)},
    {"role": Role.SUPPLIER, "measure": LimitMeasure.PAYABLE, "high_from": Decimal(40_000)},
    {"role": Role.PROSPECT, "sound_from": Decimal(89)},
]


@pytest.mark.parametrize("changes", POLICIES, ids=lambda changes: " ".join(map(str, changes.values())))
def test_a_switch_gives_what_placing_one_by_one_gives(portfolio, changes):
    put_in_force(**changes)
    run()
    at_once, summed = list(Standing.objects.order_by("pk").values()), sums()
    assert standing.restate(portfolio, now=LATER, as_of=TOMORROW) == 0, "nothing was left to change"
    assert list(Standing.objects.order_by("pk").values()) == at_once
    recount()
    assert sums() == summed
    CellSummary.objects.all().delete()
    sum_up({}, list(Standing.objects.all()))
    assert sums() == summed


def test_a_switch_moves_some_and_tells_of_those_only(portfolio):
    before = dict(Standing.objects.values_list("pk", "cell"))
    policy = put_in_force(sound_from=Decimal(60), watch_from=Decimal(29))
    StandingChange.objects.all().delete()
    run()
    moved = {pk for pk, cell in Standing.objects.values_list("pk", "cell") if cell != before[pk]}
    told = StandingChange.objects.values_list("company", "cell_before", "cause", "note")
    assert {company for company, *_ in told} == moved
    assert moved
    assert all((cell, cause, note) == (before[pk], "policy", str(policy)) for pk, cell, cause, note in told)
    shown = Position.objects.filter(known_until=None, company__in=moved)
    assert {(row.known_from, row.valid_from) for row in shown} == {(LATER, TOMORROW)}
    assert {row.company_id: row.cell for row in shown} == dict(
        Standing.objects.filter(pk__in=moved).values_list("pk", "cell")
    )
    ended = Position.objects.filter(company__in=moved, known_until=LATER)
    assert {(row.valid_from, row.valid_until) for row in ended} == {(TODAY, TOMORROW)}


def test_a_second_run_changes_nothing(portfolio):
    put_in_force(high_from=Decimal(100))
    run()
    count = Position.objects.count(), StandingChange.objects.count(), sums()
    run()
    assert (Position.objects.count(), StandingChange.objects.count(), sums()) == count


def test_the_number_of_statements_does_not_grow_with_the_companies(portfolio, django_assert_max_num_queries):
    put_in_force(high_from=Decimal(100))
    with django_assert_max_num_queries(40):
        run()


def test_chunks_cover_everybody(portfolio, monkeypatch):
    monkeypatch.setattr(switch, "CHUNK", 5)
    put_in_force(high_from=Decimal(100))
    told: list[tuple[int, int]] = []
    switch.run(lambda done, total: told.append((done, total)), now=LATER, as_of=TOMORROW)
    assert standing.restate(portfolio, now=LATER, as_of=TOMORROW) == 0
    assert told[-1][0] == told[-1][1]
    assert len(told) > 4


def test_what_was_set_by_hand_is_worked_out_one_by_one(portfolio):
    by_hand = Standing.objects.filter(is_client=True).first()
    Standing.objects.filter(pk=by_hand.pk).update(overridden=True)
    put_in_force(high_from=Decimal(100))
    run()
    assert list(Change.objects.values_list("company", "cause")) == [(by_hand.pk, "policy")]


def test_a_policy_that_looks_at_parents_leaves_their_children_to_be_worked_out(portfolio):
    child, parent = Company.objects.order_by("pk")[:2]
    Standing.objects.filter(pk=child.pk).update(head=parent)
    put_in_force(inheritance="min")
    run()
    assert list(Change.objects.values_list("company", flat=True)) == [child.pk]


def test_its_author_does_not_approve_a_policy():
    author = User.objects.create(username="author")
    draft = policies.draft_from(MatrixPolicy.objects.active(), user_id=author.pk)
    with pytest.raises(policies.Refused, match="somebody else"):
        policies.approve(draft, user_id=author.pk, now=NOW)
    with pytest.raises(policies.Refused, match="approved before"):
        policies.put_in_force(draft, now=NOW)


def test_a_policy_is_put_in_force_for_its_role_only():
    first = MatrixPolicy.objects.active()
    supplier = put_in_force(role=Role.SUPPLIER)
    assert set(MatrixPolicy.objects.filter(state=PolicyState.ACTIVE)) == {first, supplier}
    assert Job.objects.get().kind == JobKind.POLICY
    policies.retire(supplier, now=LATER)
    with pytest.raises(policies.Refused, match="Every company needs a policy"):
        policies.retire(first, now=LATER)
    supplier.refresh_from_db()
    assert supplier.state == PolicyState.RETIRED


def test_a_copy_has_the_rules_the_words_and_the_check_lists():
    old = MatrixPolicy.objects.active()
    MatrixPolicy.objects.filter(pk=old.pk).update(hysteresis_score=Decimal(5), max_age_days=200)
    draft = policies.draft_from(MatrixPolicy.objects.active(), user_id=None)
    assert (draft.hysteresis_score, draft.max_age_days, draft.version) == (Decimal(5), 200, old.version + 1)
    lines = "actions__text_fr", "actions__due_days", "code"
    assert sorted(draft.cells.values_list(*lines)) == sorted(old.cells.values_list(*lines))


def test_a_policy_put_in_force_during_a_switch_places_everybody_too(portfolio):
    put_in_force(sound_from=Decimal(60))
    second = []

    def meanwhile(done: int, total: int) -> None:
        if not second:
            second.append(put_in_force(role=Role.PROSPECT, sound_from=Decimal(89)))

    switch.run(meanwhile, now=LATER, as_of=TOMORROW)
    assert standing.restate(portfolio, now=LATER, as_of=TOMORROW) == 0, "nothing was left to change"


def test_restating_that_began_before_a_switch_does_not_undo_it(portfolio):
    court = standing.Court(LATER, TOMORROW)
    put_in_force(sound_from=Decimal(89), high_from=Decimal(1))
    run()
    placed = dict(Standing.objects.values_list("pk", "cell"))
    standing._restate(portfolio, court, dict.fromkeys(portfolio, standing.REBUILD))
    assert dict(Standing.objects.values_list("pk", "cell")) == placed


def test_what_was_approved_meanwhile_is_not_written_over():
    draft = policies.draft_from(MatrixPolicy.objects.active(), user_id=None)
    policies.approve(draft, user_id=User.objects.create(username="second").pk, now=NOW)
    with pytest.raises(policies.Refused, match="approved this version meanwhile"), policies.drafting(draft.pk):
        draft.save()
    assert MatrixPolicy.objects.get(pk=draft.pk).state == PolicyState.APPROVED

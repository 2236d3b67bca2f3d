"""Why a company moved, from the positions that were kept, and in the reader's words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from companies.choices import ChangeCause
from companies.models import Company, Profile, Report, ReportBody
from monitoring.choices import Cell, GroupInheritance, OverrideState
from monitoring.models import Event, MatrixPolicy, Override, Portfolio, Position, StandingChange
from monitoring.rules.why import Cause as Reason
from monitoring.services import policies, standing, switch
from monitoring.services import why as service
from monitoring.services.positions import Cause
from monitoring.services.why import Case, Told
from monitoring.views.why import movements
from monitoring.views.why_words import sentence
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def restate(*companies: Company, after: int) -> None:
    pks = [company.pk for company in companies]
    cause = Cause(ChangeCause.REPORT)
    standing.restate(pks, now=NOW + timedelta(days=after), as_of=day(after), cause=cause)


def rerate(company: Company, after: int, **values: object) -> None:
    Profile.objects.filter(company=company).update(**values)
    restate(company, after=after)


def told(company: Company, since: int = 0, until: int = 10) -> Told:
    return Case(company.pk, [service.between(company.pk, day(since), day(until))]).told()[0]


@pytest.fixture
def rated() -> Company:
    company = make.company()
    make.profile(company, 58, "60000")
    restate(company, after=0)
    return company


def put_in_force(after: int, **changes: object) -> MatrixPolicy:
    old = MatrixPolicy.objects.active()
    MatrixPolicy.objects.filter(pk=old.pk).update(valid_from=day(-100))
    draft = policies.draft_from(old, user_id=None)
    MatrixPolicy.objects.filter(pk=draft.pk).update(**changes)
    approver = User.objects.create(username="approver")
    policies.approve(draft, user_id=approver.pk, now=NOW + timedelta(days=after))
    policies.put_in_force(draft, now=NOW + timedelta(days=after))
    switch.run(lambda done, total: None, now=NOW + timedelta(days=after), as_of=day(after))
    return MatrixPolicy.objects.get(pk=draft.pk)


def event(company: Company, after: int, code: int = 101) -> Event:
    portfolio, _ = Portfolio.objects.get_or_create(provider_id=1, defaults={"name": "P"})
    at = NOW + timedelta(days=after)
    return Event.objects.create(
        notification_id=f"{code}-{after}", event_id="1", portfolio=portfolio, company=company, connect_id="X",
        rule_code=code, rule_country="XX", happened_at=at, received_at=at,
    )  # fmt: skip


def test_one_sentence_says_what_changed_what_did_not_and_who_announced_it(rated):
    event(rated, 4)
    rerate(rated, 5, score=44, rating="C")
    (span,) = service.moves(rated.pk, since=day(0), until=day(9), most=9)
    assert sentence(Case(rated.pk, [span]).told()[0]) == (
        "Moved from Trust to Secure on 11/25/2026: score 58 → 44 (event 101, 11/24/2026); credit limit unchanged."
    )


def test_the_sentence_is_in_the_readers_language(rated):
    rerate(rated, 5, score=44)
    with translation.override("fr"):
        assert "Sécurisation" in sentence(told(rated))


def test_a_change_without_effect_is_said_to_have_none(rated):
    rerate(rated, 5, score=44, credit_limit=Decimal(90_000))
    found = told(rated)
    assert {factor.cause: factor.share for factor in found.why.factors} == {Reason.SCORE: 1, Reason.LIMIT: 0}
    said = sentence(found).replace("\u202f", " ")
    assert said.endswith(": score 58 → 44; credit limit 60 000 EUR → 90 000 EUR without effect.")


def test_two_causes_that_both_were_needed_share_the_move(rated):
    rerate(rated, 5, score=44, credit_limit=Decimal(10))
    found = told(rated)
    assert [(factor.enough_alone, float(factor.share)) for factor in found.why.factors] == [(False, 0.5)] * 2


def test_a_policy_moves_a_company_that_would_have_stayed_with_the_one_before(rated):
    put_in_force(5, sound_from=60)
    found = told(rated)
    assert (found.before, found.after, found.why.cause) == (Cell.HIGH_FAV, Cell.HIGH_MOD, Reason.POLICY)
    assert found.exact
    assert str(found.stays_under) == "CUST-DEFAULT v1"
    assert "would have stayed with the policy “CUST-DEFAULT v1”" in sentence(found)


def test_who_stayed_at_a_switch_is_explained_by_the_new_policy_afterwards(rated):
    """Its row was not rewritten, so it names the old policy."""
    put_in_force(3, sound_from=55)
    rerate(rated, 6, score=52)
    found = told(rated, since=4)
    assert [str(policy) for policy in found.policies] == ["CUST-DEFAULT v2"] * 2
    assert found.why.cause is Reason.SCORE
    assert str(found.stays_under) == "CUST-DEFAULT v1"


def test_moves_before_and_at_a_switch_of_the_same_day_are_judged_by_their_own_policies(rated):
    rerate(rated, 5, score=45)
    put_in_force(5, watch_from=48)
    switched, fell = Case(rated.pk, service.moves(rated.pk, since=day(0), until=day(10), most=5)).told()
    assert (fell.exact, fell.why.cause, fell.after) == (True, Reason.SCORE, Cell.HIGH_MOD)
    assert (switched.exact, switched.why.cause, switched.after) == (True, Reason.POLICY, Cell.HIGH_DEF)


def test_a_place_by_hand_gives_its_reason(rated):
    user = User.objects.create(username="approver")
    Override.objects.create(
        company=rated, cell=Cell.LOW_DEF, reason="dispute", since=day(4), until=day(30), state=OverrideState.APPROVED,
        decided_by=user, decided_at=NOW, asked_at=NOW,
    )  # fmt: skip
    restate(rated, after=5)
    found = told(rated)
    assert (found.why.cause, found.exact) == (Reason.OVERRIDE, True)
    assert "placed by hand (dispute)" in sentence(found)


def test_another_link_takes_in_the_figures_that_came_with_it(rated):
    rerate(rated, 5, connect_id="FR-X-OTHER", score=20, rating="D", credit_limit=Decimal(70_000))
    assert told(rated).why.cause is Reason.LINK


def test_the_figures_of_the_parent_explain_an_inherited_column(rated):
    MatrixPolicy.objects.update(inheritance=GroupInheritance.MIN)
    parent = make.company("Holding")
    make.profile(parent, 70, "60000")
    Company.objects.filter(pk=rated.pk).update(parent=parent)
    restate(parent, rated, after=1)
    Profile.objects.filter(company=parent).update(score=35, rating="C")
    restate(parent, after=5)
    restate(rated, after=5)
    found = told(rated, since=2)
    assert (found.before, found.after, found.why.cause, found.exact) == (
        Cell.HIGH_FAV, Cell.HIGH_MOD, Reason.PARENT, True,
    )  # fmt: skip
    assert "score of the ultimate parent 70 → 35" in sentence(found)


def test_a_minimum_stay_that_ended_is_a_cause(rated):
    MatrixPolicy.objects.update(min_dwell_days=5)
    rerate(rated, 1, score=40)
    rerate(rated, 3, score=70)
    assert Position.objects.get(known_until=None).cell == Cell.HIGH_MOD
    restate(rated, after=8)
    found = told(rated, since=4, until=9)
    assert (found.after, found.why.cause, found.exact) == (Cell.HIGH_FAV, Reason.STAY, True)


def test_what_the_rules_do_not_give_again_is_said(rated):
    rerate(rated, 5, score=44)
    Position.objects.filter(known_until=None).update(score=58)
    assert not told(rated).exact
    assert "do not explain it in full" in sentence(told(rated))


def test_who_came_and_who_was_never_there(rated):
    assert sentence(told(rated, since=-3)) == "Entered in Trust on 11/30/2026."
    assert (told(rated, -9, -5).before, told(rated, -9, -5).after) == (None, None)


def test_the_reports_of_both_days_are_there_to_compare(rated):
    body = ReportBody.objects.create(sha256="a" * 64, raw_sha256="a" * 64, content=b"", stored_size=0)
    pks = [
        Report.objects.create(
            company=rated, connect_id="X", ordered_at=at, known_at=at, language="FR", sha256=f"{after:064d}", size=0,
            body=body,
        ).pk
        for after in (1, 5) for at in [NOW + timedelta(days=after - 1)]
    ]  # fmt: skip
    rerate(rated, 5, score=44)
    assert told(rated).reports == (pks[0], pks[1])
    assert told(rated, since=6).reports is None


def test_each_movement_of_the_history_has_its_reason_in_as_many_queries(rated, django_assert_num_queries):
    for after, score in ((2, 44), (4, 70), (6, 20)):
        rerate(rated, after, score=score)
    changes = list(StandingChange.objects.filter(company=rated))
    for some in (changes[:1], changes):
        with django_assert_num_queries(6):
            found = movements(rated.pk, some)
    sentences = [one.why.sentence.split(":")[0] for one in found if one.why]
    assert sentences == [
        "Moved from Trust to Managed exit on 11/26/2026",
        "Moved from Secure to Trust on 11/24/2026",
        "Moved from Trust to Secure on 11/22/2026",
        "Entered in Trust on 11/20/2026.",
    ]

"""The exposure policy: read by all, changed by managers after a look at the effects (domain 5.1, 5.14, 5.15)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from companies.choices import ChangeCause
from companies.models import Change, Company
from companies.rules.groups import LimitScope
from monitoring.models import DefaultProbability, ExposureSettings
from monitoring.services import exposure_policy as service
from monitoring.services import group_limits, standing
from monitoring.services.counted import parts_by
from monitoring.services.money import Rates
from monitoring.services.scope import Scope
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db
URL = "/exposure/policy/"
As = Callable[[User], Client]


def filled(**changed: Any) -> dict[str, Any]:
    rows = {f"pd_{row.rating}": str(row.percent) for row in DefaultProbability.objects.all()}
    basis = {"netting": "all", "count_bills": "on", "count_delivered": "on", "count_disputed": "on"}
    shares = {"orders_share": "100", "limit_test": "own", "loss_given_default": "90"}
    given = basis | shares | rows | changed
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def credited() -> Company:
    company = make.company()
    make.profile(company, score=80, limit="900")
    account = make.account(company)
    make.item(account, "1000", due=TODAY + timedelta(days=5))
    make.item(account, "-300")
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    return company


def test_a_preview_counts_companies_and_euros_and_saves_nothing(
    credited: Company, manager: User, client_as: As
) -> None:
    page = client_as(manager).post(URL, filled(netting="none"))
    found = page.context["preview"]
    assert (found.raised, found.lowered) == (1, 0)
    assert (found.before.exposure, found.after.exposure) == (Decimal(700), Decimal(1000))
    assert (found.before.over, found.after.over, found.after.excess) == (0, 1, Decimal(100))
    assert found.after.loss == Decimal("4.50")
    assert not ExposureSettings.objects.exists()


def test_what_was_shown_is_saved_with_who_and_marks_every_company(
    credited: Company, manager: User, client_as: As
) -> None:
    client, wanted = client_as(manager), filled(netting="none", pd_A="2")
    seal = client.post(URL, wanted).context["seal"]
    assert client.post(URL, wanted | {"seen": seal}).status_code == 302
    assert ExposureSettings.current().netting == "none"
    assert DefaultProbability.objects.get(rating="A").percent == 2
    assert Change.objects.filter(company=credited, cause=ChangeCause.POLICY).exists()
    edits = service.history()
    assert {edit.by for edit in edits[:2]} == {"manager"}
    assert ("0.5", "2") in {(before, after) for edit in edits for _name, before, after in edit.changes}


def test_values_that_were_not_shown_are_shown_and_not_saved(credited: Company, manager: User, client_as: As) -> None:
    client = client_as(manager)
    seal = client.post(URL, filled(netting="none")).context["seal"]
    page = client.post(URL, filled(count_bills=None) | {"seen": seal})
    assert page.context["preview"] is not None
    assert not ExposureSettings.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("orders_share", "150"), ("orders_within_days", "-3"), ("netting", "x"), ("pd_A", "101")]
)
def test_a_bad_value_is_told_at_its_field(field: str, value: str, manager: User, client_as: As) -> None:
    page = client_as(manager).post(URL, filled(**{field: value}))
    assert field in page.context["form"].errors
    assert page.context["preview"] is None


def test_an_analyst_reads_and_may_not_change(analyst: User, client_as: As) -> None:
    page = client_as(analyst).get(URL)
    assert (page.status_code, b'<button class="btn' in page.content.split(b"policy-form")[1].split(b"</form>")[0]) == (
        200,
        False,
    )
    assert client_as(analyst).post(URL, filled()).status_code == 403


def family() -> list[Company]:
    """A parent with a limit of 1 000, a child with one of 400 that owes 900, and one that owes 300 without a limit."""
    parent = make.company("Mère")
    children = [make.company(f"Fille {n}", parent=parent) for n in (1, 2)]
    make.profile(parent, limit="1000")
    make.profile(children[0], limit="400")
    for company, amount in ((children[0], "900"), (children[1], "300")):
        make.item(make.account(company), amount, due=TODAY)
    standing.restate([one.pk for one in (parent, *children)], now=NOW, as_of=TODAY)
    return [parent, *children]


def held(company: Company, scope: LimitScope) -> group_limits.Tested:
    parts, _missing = parts_by(Scope().items(), Scope().promises(), as_of=TODAY, rates=Rates(TODAY))
    policy = ExposureSettings.current().rules()
    return group_limits.tested(company.pk, parts, scope=scope, policy=policy, found=group_limits.groups())


@pytest.mark.parametrize(
    ("scope", "excess"), [(LimitScope.OWN, "500"), (LimitScope.PARENT, "200"), (LimitScope.GROUP, None)]
)
def test_the_policy_says_whose_exposure_meets_whose_limit(scope: LimitScope, excess: str | None) -> None:
    found = held(family()[1], scope)
    assert [one.amount for one in found.excesses] == ([] if excess is None else [Decimal(excess)])
    assert len(found.members) == 3


def test_companies_that_own_each_other_are_one_group_and_nothing_hangs() -> None:
    first, second, third = family()
    Company.objects.filter(pk=first.pk).update(parent=third.pk)
    Company.objects.filter(pk=third.pk).update(parent=first.pk)
    found = held(second, LimitScope.GROUP)
    assert (len(found.members), found.figures.risk) == (3, Decimal(1200))
    assert held(first, LimitScope.OWN).in_loop


def test_the_page_asks_as_much_for_fifty_companies_as_for_one(
    manager: User, client_as: As, django_assert_max_num_queries: Any
) -> None:
    for n in range(50):
        make.item(make.account(make.company(f"C{n}")), "10", due=TODAY)
    standing.rebuild(now=NOW, as_of=TODAY)
    client = client_as(manager)
    with django_assert_max_num_queries(36):
        client.post(URL, filled(netting="none"))

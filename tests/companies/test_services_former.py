"""Ending a link and making another: the history stays with the profile that it came from."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from companies.choices import LinkState, OrderReason, OrderState
from companies.creditsafe.payloads import SearchHit
from companies.models import Company, FormerProfile, Profile, RatingPoint, Report, ReportOrder
from companies.services import reports
from companies.services.former import NotLinked, unlink
from companies.services.link import LinkRefused, link
from companies.services.reports import Received
from monitoring.choices import WatchState
from monitoring.models import Portfolio, Standing, Watch
from monitoring.services import standing, surveillance
from tests import make
from tests.companies.merging import linked

pytestmark = pytest.mark.django_db
LATER = make.NOW + timedelta(days=1)


def hit(connect_id: str = "FR-X-OTHER", **values: Any) -> SearchHit:
    return SearchHit(**{"connect_id": connect_id, "name": "Autres Forges", "country": "FR"} | values)


def ended(company: Company, user: User | None = None, state: LinkState = LinkState.UNLINKED) -> FormerProfile:
    return unlink(company.pk, state=state, reason="A homonym", user_id=user.pk if user else None, now=LATER)


@pytest.fixture
def company() -> Company:
    return make.company()


def test_an_ended_link_keeps_who_when_and_why(company: Company, analyst: User) -> None:
    profile = linked(company)
    former = ended(company, analyst)
    company.refresh_from_db()
    assert (former.connect_id, former.linked_at, former.score) == (profile.connect_id, make.NOW, 60)
    assert (former.ended_at, former.ended_by, former.reason) == (LATER, analyst, "A homonym")
    assert (company.link_state, company.link_note) == (LinkState.UNLINKED, "A homonym")
    assert not Profile.objects.exists()
    assert Report.objects.filter(company=company, connect_id=former.connect_id).count() == 1
    assert RatingPoint.objects.of(company.pk, former.connect_id).count() == 1


@pytest.mark.parametrize("state", [LinkState.UNLINKED, LinkState.QUEUED, LinkState.REVIEW])
def test_the_company_becomes_what_was_chosen(company: Company, state: LinkState) -> None:
    linked(company)
    ended(company, state=state)
    company.refresh_from_db()
    assert company.link_state == state


def test_a_link_ends_once(company: Company) -> None:
    linked(company)
    ended(company)
    with pytest.raises(NotLinked):
        ended(company)


def test_orders_that_nobody_began_are_dropped(company: Company) -> None:
    linked(company)
    order = ReportOrder.objects.create(company=company, reason=OrderReason.AGE, requested_at=make.NOW)
    ended(company)
    order.refresh_from_db()
    assert order.state == OrderState.DROPPED


def test_the_standing_is_right_at_once(company: Company) -> None:
    linked(company)
    standing.restate([company.pk], now=make.NOW, as_of=make.TODAY)
    ended(company)
    standing.digest(now=LATER, as_of=make.TODAY)
    row = Standing.objects.get(pk=company.pk)
    assert (row.score, row.rating, row.credit_limit, row.cell) == (None, "", None, "NR")


def test_another_profile_makes_the_first_a_former_one_and_starts_empty(company: Company, analyst: User) -> None:
    first = linked(company)
    made = link(company, hit=hit(), user_id=analyst.pk, now=LATER)
    assert FormerProfile.objects.get().connect_id == first.connect_id
    assert (made.connect_id, made.score, made.report, made.reported_at) == ("FR-X-OTHER", None, None, None)
    assert not RatingPoint.objects.of(company.pk, made.connect_id).exists()
    assert ReportOrder.objects.open().get().company == company


def test_the_same_profile_again_is_no_other_link(company: Company, analyst: User) -> None:
    profile = linked(company)
    link(company, hit=hit(profile.connect_id), user_id=analyst.pk, now=LATER)
    assert not FormerProfile.objects.exists()
    assert Profile.objects.get().pk == profile.pk


def test_a_person_may_link_again_what_a_person_ended_and_a_rule_may_not(company: Company, analyst: User) -> None:
    connect_id = linked(company).connect_id
    ended(company, analyst)
    with pytest.raises(LinkRefused, match="A homonym"):
        link(company, hit=hit(connect_id), now=LATER)
    link(company, hit=hit(connect_id), user_id=analyst.pk, now=LATER)
    assert Profile.objects.get().connect_id == connect_id


def test_a_company_that_was_merged_away_is_not_linked(company: Company) -> None:
    stale = Company.objects.get(pk=company.pk)
    Company.objects.filter(pk=company.pk).update(merged_into=make.company("Survivor"))
    with pytest.raises(LinkRefused, match="merged into another"):
        link(stale, hit=hit(), now=LATER)
    assert not Profile.objects.exists()


def test_surveillance_of_the_old_profile_ends_and_of_the_new_one_begins(company: Company) -> None:
    profile = linked(company)
    portfolio = Portfolio.objects.create(provider_id=1, name="riskportal")
    Watch.objects.create(company=company, connect_id=profile.connect_id, portfolio=portfolio, state=WatchState.WATCHED)
    link(company, hit=hit(), now=LATER)
    surveillance.enrol()
    ending = Watch.objects.get()
    assert (ending.state, ending.connect_id) == (WatchState.ENDING, profile.connect_id)
    taken: list[tuple[int, str]] = []

    class Away:
        def remove_company(self, portfolio_id: int, company_id: str) -> None:
            taken.append((portfolio_id, company_id))

    surveillance.let_go(ending, client=Away())  # type: ignore[arg-type]  # the one call that is made
    assert taken == [(1, profile.connect_id)]
    surveillance.enrol()
    assert Watch.objects.get().connect_id == "FR-X-OTHER"


def test_a_profile_linked_again_before_its_surveillance_ended_goes_on(company: Company, analyst: User) -> None:
    connect_id = linked(company).connect_id
    Watch.objects.create(company=company, connect_id=connect_id, state=WatchState.WATCHED)
    ended(company)
    surveillance.enrol()
    assert Watch.objects.get().state == WatchState.ENDING
    link(company, hit=hit(connect_id), user_id=analyst.pk, now=LATER)
    surveillance.enrol()
    assert Watch.objects.get().state == WatchState.QUEUED


def test_nothing_is_watched_for_a_profile_that_the_company_has_no_more(company: Company) -> None:
    connect_id = linked(company).connect_id
    Watch.objects.create(company=company, connect_id=connect_id, state=WatchState.WATCHED)
    ended(company)
    standing.digest(now=LATER, as_of=make.TODAY)
    assert not Standing.objects.get(pk=company.pk).watched


def on_the_way(company: Company, connect_id: str) -> tuple[ReportOrder, Received]:
    """An order whose answer for this profile has come and is not read yet."""
    order = ReportOrder.objects.create(
        company=company, reason=OrderReason.AGE, requested_at=make.NOW, state=OrderState.ORDERING, token="t"
    )
    data = {"companyId": connect_id, "report": {"companySummary": {"businessName": "Forges"}}}
    asked = reports.Asked(order.pk, company.pk, connect_id, order.reason, 1, False, 0)
    answer = reports.received(asked, json.dumps(data).encode(), data, make.NOW)
    reports.keep([answer], token="t", now=make.NOW, until=LATER)
    return order, answer


def test_a_report_on_its_way_stays_with_the_old_profile_and_is_asked_again_for_the_new_one(
    company: Company, analyst: User
) -> None:
    old = linked(company).connect_id
    order, answer = on_the_way(company, old)
    link(company, hit=hit(), user_id=analyst.pk, now=LATER)
    reports.read([answer], token="t", now=LATER)
    order.refresh_from_db()
    assert (order.state, order.report, order.cost) == (OrderState.QUEUED, None, 1)
    assert Profile.objects.get().reported_at is None
    assert Report.objects.filter(company=company, connect_id=old).count() == 2
    assert not RatingPoint.objects.of(company.pk, "FR-X-OTHER").exists()


def test_a_report_on_its_way_comes_to_its_end_when_the_link_has_ended(company: Company) -> None:
    old = linked(company).connect_id
    order, answer = on_the_way(company, old)
    ended(company)
    assert reports.read([answer], token="t", now=LATER) == 1
    order.refresh_from_db()
    assert order.report is not None
    assert (order.state, order.report.connect_id) == (OrderState.DONE, old)
    assert not Profile.objects.exists()

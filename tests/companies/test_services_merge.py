"""Merging two companies and undoing it: what follows, what stays, and nothing lost."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User

from companies.choices import LinkState, OrderReason, OrderState
from companies.models import (
    Company,
    FormerProfile,
    Merge,
    OpenItem,
    Profile,
    RatingPoint,
    Report,
    ReportOrder,
)
from companies.services import merge as service
from companies.services.merge import MergeRefused, merge, preview, survivor_of
from monitoring.choices import AlertKind, AlertState, CloseReason
from monitoring.models import Alert, AlertNote, StandingChange
from tests import make
from tests.companies.merging import alert, codes, dump, furnish, linked, moved, report

pytestmark = pytest.mark.django_db
LATER = make.NOW + timedelta(hours=1)
MUCH_LATER = make.NOW + timedelta(hours=2)


def joined(survivor: Company, loser: Company, **values: Any) -> Merge:
    return merge(survivor.pk, loser.pk, **{"user_id": None, "now": LATER} | values)


def test_accounts_and_their_items_follow() -> None:
    a, b = make.company(), make.company("Forges du Nord SA")
    make.item(make.account(a), "100")
    make.item(make.account(b, code="411B"), "200")
    joined(a, b)
    assert "411B" in codes(a)
    assert OpenItem.objects.filter(account__company=a).count() == 2


def test_subsidiaries_follow_and_none_becomes_its_own_parent() -> None:
    b = make.company("Forges du Nord SA")
    a, child = make.company(parent=b), make.company("Filiale", parent=b)
    joined(a, b)
    a.refresh_from_db()
    child.refresh_from_db()
    assert (a.parent_id, child.parent_id) == (None, a.pk)


def test_an_alert_of_a_kind_that_is_open_already_is_closed_as_known_and_keeps_its_notes() -> None:
    a, b = make.company(), make.company("Forges du Nord SA")
    alert(a, AlertKind.RATING)
    doubled, other = alert(b, AlertKind.RATING), alert(b, AlertKind.LIMIT)
    joined(a, b)
    doubled.refresh_from_db()
    other.refresh_from_db()
    assert (doubled.company, doubled.state, doubled.close_reason) == (a, AlertState.CLOSED, CloseReason.DUPLICATE)
    assert (other.company, other.state) == (a, AlertState.OPEN)
    assert AlertNote.objects.filter(alert__company=a).count() == 3


def test_fields_are_taken_as_chosen_and_the_number_is_never_held_twice() -> None:
    a = make.company("Forges", registration_number="732829320", city="Lille")
    b = make.company("Forges du Nord", registration_number="130025265", city="Lens")
    joined(a, b, take=["name", "registration_number"])
    a.refresh_from_db()
    b.refresh_from_db()
    assert (a.name, a.name_key, a.registration_number, a.city) == (
        "Forges du Nord",
        "FORGES DU NORD",
        "130025265",
        "Lille",
    )
    assert b.registration_number == ""


@pytest.mark.parametrize(("take", "free"), [([], "130025265"), (["registration_number"], "732829320")])
def test_the_number_that_no_company_has_any_more_is_known(take: list[str], free: str) -> None:
    a = make.company("A", registration_number="732829320")
    b = make.company("B", registration_number="130025265")
    assert joined(a, b, take=take).registration_number == free


def test_the_one_that_goes_is_out_of_every_list_and_keeps_its_row() -> None:
    a, b = make.company(), make.company("Forges du Nord SA")
    joined(a, b)
    assert list(Company.objects.all()) == [a]
    assert Company.everyone.get(pk=b.pk).merged_into == a


def test_a_copy_read_before_the_merge_does_not_bring_the_company_back() -> None:
    a, b = make.company(), make.company("Forges du Nord SA")
    stale = Company.objects.get(pk=b.pk)
    joined(a, b)
    stale.phone = "01"
    stale.save()
    assert Company.everyone.get(pk=b.pk).merged_into == a


def test_the_other_profile_becomes_a_former_one_with_its_own_reports_and_points() -> None:
    a, b = make.company(), make.company("Forges du Nord SA")
    linked(a)
    other = linked(b)
    joined(a, b)
    former = FormerProfile.objects.get(company=a)
    assert (former.connect_id, former.holder, former.score) == (other.connect_id, b, other.score)
    assert not Profile.objects.filter(company=b).exists()
    assert RatingPoint.objects.filter(company=b, connect_id=other.connect_id).count() == 1
    assert Report.objects.filter(company=b).count() == 1


def test_movements_follow_only_where_the_company_has_no_history_of_its_own() -> None:
    a, b, c = make.company(), make.company("B"), make.company("C")
    linked(a)
    linked(b)
    for company in (b, c):
        StandingChange.objects.create(company=company, at=make.NOW, cause="edit", cell_after="NR")
    joined(a, b)
    assert StandingChange.objects.filter(company=a).count() == 0
    joined(a, c)
    assert StandingChange.objects.filter(company=a).count() == 1


@pytest.mark.parametrize("state", [OrderState.ORDERING, OrderState.RECEIVED])
def test_a_report_on_its_way_makes_the_merge_wait(state: OrderState) -> None:
    a, b = make.company(), make.company("B")
    linked(a)
    linked(b)
    ReportOrder.objects.create(
        company=b, reason=OrderReason.AGE, requested_at=make.NOW, state=state, report=report(b, "FR-Z", 3)
    )
    with pytest.raises(MergeRefused, match="being fetched"):
        joined(a, b)


def test_the_linked_one_stays() -> None:
    a, b = make.company(registration_number="732829320"), make.company("B")
    linked(b)
    with pytest.raises(MergeRefused, match="the one that stays"):
        joined(a, b)
    a.refresh_from_db()
    b.refresh_from_db()
    assert survivor_of(a, b) == b


def test_between_two_unlinked_ones_the_identified_one_stays() -> None:
    a, b = make.company(phone="1", city="Lille"), make.company("B", registration_number="732829320")
    assert survivor_of(a, b) == survivor_of(b, a) == b


def test_a_company_is_not_merged_with_itself_nor_twice() -> None:
    a, b, c = make.company(), make.company("B"), make.company("C")
    with pytest.raises(MergeRefused, match="itself"):
        joined(a, a)
    joined(a, b)
    with pytest.raises(MergeRefused, match="merged into another"):
        joined(c, b)


def test_an_edit_since_the_preview_stops_the_merge() -> None:
    a, b = make.company(), make.company("B")
    looked_at = preview(a, b).seen
    Company.objects.filter(pk=b.pk).update(phone="0102")
    with pytest.raises(MergeRefused, match="changed meanwhile"):
        joined(a, b, looked_at=looked_at)
    assert Company.objects.count() == 2


def test_an_account_that_came_since_the_preview_stops_the_merge() -> None:
    a, b = make.company(), make.company("B")
    looked_at = preview(a, b).seen
    make.account(b)
    with pytest.raises(MergeRefused, match="changed meanwhile"):
        joined(a, b, looked_at=looked_at)


def test_nothing_is_written_when_a_merge_fails_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = make.company(), make.company("B")
    furnish(a, Random(3))
    furnish(b, Random(4))
    stays, goes = (a, b) if Profile.objects.filter(company=a).exists() else (b, a)
    before = dump()

    def broken(*args: Any, **rest: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(service, "_decide_pairs", broken)  # the last step before the log is written
    with pytest.raises(OSError, match="disk"):
        joined(stays, goes)
    assert dump() == before
    assert not Merge.objects.exists()


def test_both_companies_and_the_account_remember_the_merge(analyst: User) -> None:
    a, b = make.company("A"), make.company("B")
    held = make.account(b)
    joined(a, b, user_id=analyst.pk)
    for row in (a, b, held):
        line = row.history.get(history_change_reason="merge")
        assert (line.history_user, line.history_date) == (analyst, LATER)


def test_the_preview_counts_what_follows_and_what_stays() -> None:
    a, b = make.company("A"), make.company("B")
    linked(a)
    profile = linked(b)
    make.account(b)
    alert(b, AlertKind.RATING)
    found = preview(a, b)
    assert {group.label: group.rows for group in found.follows} == {"accounts": 1, "alerts": 1}
    assert {"reports": 1, "rating history": 1}.items() <= {group.label: group.rows for group in found.stays}.items()
    assert (found.retires, found.refused) == (profile.connect_id, "")


def test_the_number_of_queries_of_a_preview_does_not_grow(django_assert_max_num_queries: Any) -> None:
    a, b = make.company("A"), make.company("B")
    for _ in range(20):
        make.account(b)
        alert(b, AlertKind.RATING, closed=True)
    with django_assert_max_num_queries(46):
        preview(a, b)


def test_a_link_state_of_a_merged_company_waits_for_nobody() -> None:
    a, b = make.company("A"), make.company("B")
    joined(a, b)
    assert Company.everyone.get(pk=b.pk).link_state == LinkState.UNLINKED
    assert not Company.objects.unlinked().filter(pk=b.pk).exists()
    assert moved(Merge.objects.get(), Alert) == []

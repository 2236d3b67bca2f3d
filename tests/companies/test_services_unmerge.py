"""Undoing a merge: exactly the state of before, and what came since."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from companies.choices import OrderReason, OrderState, Origin, PairState
from companies.models import (
    Account,
    Change,
    Company,
    DuplicatePair,
    FieldSource,
    Merge,
    Profile,
    ReportOrder,
)
from companies.services import merge as service
from companies.services.merge import MergeRefused, merge
from companies.services.unmerge import obstacle, unmerge
from monitoring.choices import AlertKind
from monitoring.models import CellSummary, Standing
from monitoring.services import standing
from tests import make
from tests.companies.merging import alert, codes, dump, furnish, linked

pytestmark = pytest.mark.django_db
LATER = make.NOW + timedelta(hours=1)
MUCH_LATER = make.NOW + timedelta(hours=2)


def joined(survivor: Company, loser: Company, **values: Any) -> Merge:
    return merge(survivor.pk, loser.pk, **{"user_id": None, "now": LATER} | values)


def undone(found: Merge) -> Merge:
    return unmerge(found.pk, user_id=None, now=MUCH_LATER)


@pytest.mark.parametrize("seed", range(12))
def test_undoing_a_merge_brings_exactly_the_state_of_before(seed: int) -> None:
    rng = Random(seed)
    a = make.company("Forges du Nord", registration_number="732829320", phone="")
    b = make.company("FORGES DU NORD SARL", registration_number=rng.choice(["", "130025265"]), phone="0102030405")
    furnish(a, rng)
    furnish(b, rng)
    if rng.random() < 0.5:
        DuplicatePair.objects.create(a=a, b=b, score=90, evidence="same_vat:", facts="x", found_at=make.NOW)
    stays, goes = (a, b) if Profile.objects.filter(company=a).exists() else (b, a)
    take = rng.sample(list(service.FIELDS), rng.randrange(5))
    before = dump(Change)
    done = joined(stays, goes, take=take)
    assert dump(Change) != before
    undone(done)
    assert dump(Change) == before


def test_the_source_of_a_value_that_was_taken_comes_with_it() -> None:
    a, b = make.company("A", phone="01"), make.company("B", phone="02", city="Lens")
    for company, source in ((a, Origin.ERP), (b, Origin.USER)):
        FieldSource.objects.create(company=company, field="phone", source=source, since=make.NOW)
    FieldSource.objects.create(company=b, field="city", source=Origin.CREDITSAFE, since=make.NOW)
    before = dump(Change)
    done = joined(a, b, take=["phone"])
    assert FieldSource.objects.get(company=a).source == Origin.USER
    undone(done)
    assert dump(Change) == before


def test_orders_that_nobody_began_are_dropped_and_come_back() -> None:
    a, b = make.company(), make.company("B")
    linked(a)
    linked(b)
    order = ReportOrder.objects.create(company=b, reason=OrderReason.AGE, requested_at=make.NOW)
    done = joined(a, b)
    order.refresh_from_db()
    assert order.state == OrderState.DROPPED
    undone(done)
    order.refresh_from_db()
    assert order.state == OrderState.QUEUED


def test_nothing_is_written_when_undoing_fails_half_way() -> None:
    a, b = make.company(registration_number="732829320"), make.company("B", registration_number="130025265")
    make.account(b)
    done = joined(a, b)
    make.company("Third", registration_number="130025265")
    before = dump()
    with pytest.raises(MergeRefused, match="Third has the registration number 130025265"):
        undone(done)
    assert dump() == before


def test_undoing_is_refused_while_the_profile_is_linked_elsewhere() -> None:
    a, b, c = make.company(), make.company("B"), make.company("C")
    linked(a)
    other = linked(b)
    done = joined(a, b)
    make.profile(c, connect_id=other.connect_id)
    with pytest.raises(MergeRefused, match=f"C is linked to the profile {other.connect_id}"):
        undone(done)


def test_undoing_goes_from_the_last_merge_to_the_first() -> None:
    a, b, c = make.company("A"), make.company("B"), make.company("C")
    first = joined(b, c)
    second = joined(a, b)
    assert "undo that merge first" in obstacle(Merge.objects.get(pk=first.pk))
    undone(second)
    undone(first)
    assert Company.objects.count() == 3


def test_a_company_merged_before_follows_its_survivor_and_comes_back_with_it() -> None:
    a, b, c = make.company("A"), make.company("B"), make.company("C")
    joined(b, c)
    second = joined(a, b)
    assert Company.everyone.get(pk=c.pk).merged_into == a
    undone(second)
    assert Company.everyone.get(pk=c.pk).merged_into == b


def test_what_came_since_stays_and_is_told() -> None:
    a, b = make.company("A"), make.company("B")
    make.account(b, code="411OLD")
    done = joined(a, b)
    make.account(a, code="411NEW")
    alert(a, AlertKind.STATUS)
    found = undone(done)
    assert (codes(a), codes(b)) == ({"411NEW"}, {"411OLD"})
    assert "411NEW" in found.left
    assert "alerts added since: 1" in found.left


def test_a_field_edited_since_stays_and_is_told() -> None:
    a, b = make.company("A", city="Lille"), make.company("B", phone="0102")
    done = joined(a, b, take=["phone"])
    Company.objects.filter(pk=a.pk).update(phone="0999")
    found = undone(done)
    a.refresh_from_db()
    assert a.phone == "0999"
    assert "Phone was changed since" in found.left


def test_an_account_that_went_elsewhere_since_is_left_there() -> None:
    a, b, c = make.company("A"), make.company("B"), make.company("C")
    held = make.account(b)
    done = joined(a, b)
    Account.objects.filter(pk=held.pk).update(company=c)
    assert held.code in undone(done).left
    held.refresh_from_db()
    assert held.company == c


def test_a_merge_is_undone_once() -> None:
    a, b = make.company("A"), make.company("B")
    done = joined(a, b)
    undone(done)
    with pytest.raises(MergeRefused, match="already"):
        undone(done)


def test_the_pair_is_decided_and_open_again_after_undoing() -> None:
    a, b = make.company("A"), make.company("B")
    pair = DuplicatePair.objects.create(a=a, b=b, score=90, evidence="same_vat:", facts="x", found_at=make.NOW)
    done = joined(a, b)
    pair.refresh_from_db()
    assert pair.state == PairState.MERGED
    undone(done)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_at) == (PairState.OPEN, None)


def test_standings_and_sums_are_right_after_a_merge_and_after_undoing() -> None:
    a, b = make.company("A"), make.company("B")
    linked(a)
    for company, amount in ((a, "100"), (b, "30")):
        make.item(make.account(company), amount)
    before = rebuilt()
    done = joined(a, b)
    restated()
    assert Standing.objects.get().exposure == 130
    assert sums() == rebuilt()
    undone(done)
    restated()
    assert {row.pk: row.exposure for row in Standing.objects.all()} == {a.pk: 100, b.pk: 30}
    assert sums() == before == rebuilt()


def restated() -> None:
    standing.digest(now=LATER, as_of=make.TODAY)


def sums() -> list[tuple[Any, ...]]:
    columns = ("role", "cell", "companies", "exposure", "overdue", "payable", "over_count")
    return sorted(CellSummary.objects.exclude(companies=0).values_list(*columns))


def rebuilt() -> list[tuple[Any, ...]]:
    Standing.objects.all().delete()
    CellSummary.objects.all().delete()
    standing.rebuild(now=LATER, as_of=make.TODAY)
    return sums()

"""After an outage the events are read from where the last poll ended: none is lost, none is told twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.choices import OrderReason, OrderState
from companies.creditsafe.sandbox import events as theirs
from companies.models import ReportOrder
from companies.services import refresh
from companies.services.jobs import Later
from monitoring.models import Event, Portfolio, RefreshPolicy, Watch
from monitoring.services import events, surveillance
from tests.companies.provider import connected, linked, quiet

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings):
    settings.DEMO = True
    with connected() as box:
        linked(box, 12)
        surveillance.enrol()
        surveillance.work(quiet, clock=timezone.now)
        yield box


def told(box):
    """The numbers of what the sandbox has for our portfolio."""
    portfolio = Portfolio.objects.get().provider_id
    return {str(one.number) for one in box._world.notifications if one.portfolio == portfolio}


def soundest(box):
    """The watched company that has most to lose: a change of it is always an event."""
    watched = set(Watch.objects.values_list("connect_id", flat=True))
    return max(
        (one for one in box.directory if one.connect_id in watched), key=lambda one: one.standing.score or 0
    ).connect_id


def emit(box, days_ago, monkeypatch, count=15):
    """Events that Creditsafe published so many days ago."""
    at = timezone.now() - timedelta(days=days_ago)
    with monkeypatch.context() as patch:
        patch.setattr(theirs.wire, "now", lambda: at)
        box.emit(count)


def test_an_outage_of_ten_days_loses_no_event(box, monkeypatch):
    ten_days_ago = timezone.now() - timedelta(days=10)
    events.work(quiet, clock=lambda: ten_days_ago)
    for days_ago in (9.9, 7, 4, 1, 0):
        emit(box, days_ago, monkeypatch)
    box.faults.add("down")
    with pytest.raises(Later):
        events.work(quiet, clock=timezone.now)
    assert Portfolio.objects.get().polled_through == ten_days_ago
    box.faults.clear()
    for _poll in range(2):
        events.work(quiet, clock=timezone.now)
    assert len(told(box)) > 30
    assert set(Event.objects.values_list("notification_id", flat=True)) == told(box)


@pytest.mark.parametrize("fault", ["duplicate-events", "late-events", "repeat-page"])
def test_events_that_come_twice_late_or_over_again_are_each_kept_once(box, fault, monkeypatch):
    events.work(quiet, clock=timezone.now)
    box.faults.add(fault)
    for _round in range(3):
        box.emit(20)
        events.work(quiet, clock=timezone.now)
    numbers = list(Event.objects.values_list("notification_id", flat=True))
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == told(box)


def test_an_event_orders_a_report_only_where_the_policy_says_so(box):
    RefreshPolicy.objects.update(on_event=False)
    events.work(quiet, clock=timezone.now)
    box.change(soundest(box), score=22, credit_limit=0)
    events.work(quiet, clock=timezone.now)
    placed = ReportOrder.objects.filter(reason=OrderReason.EVENT)
    assert placed.count() == 1  # without a standing there is no cell, and no line says no
    refresh.work(quiet, clock=timezone.now)
    assert placed.get().state == OrderState.DONE

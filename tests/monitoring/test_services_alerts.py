"""Alerts: one open per company and kind, every act noted, the second hand told."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from monitoring.choices import AlertKind, AlertState, CloseReason, NoteAction, Severity
from monitoring.models import Alert, AlertNote, Standing
from monitoring.services import alerts, standing
from monitoring.services.alerts import Fact
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    company = make.company()
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    return company


@pytest.fixture
def user():
    return User.objects.create(username="anna")


def fact(company, severity=Severity.MEDIUM, **values):
    return Fact(company=company.pk, kind=AlertKind.RATING, severity=severity, **values)


def test_facts_of_one_kind_join_the_open_alert_and_never_calm_it(company):
    alerts.raise_alerts([fact(company, Severity.HIGH, old="58", new="44")], now=NOW)
    alerts.raise_alerts([fact(company, Severity.LOW, old="44", new="47")], now=NOW.replace(hour=10))
    alert = Alert.objects.get()
    assert (alert.severity, alert.old_value, alert.new_value, alert.facts) == (Severity.HIGH, "58", "47", 2)
    assert list(alert.notes.values_list("action", flat=True)) == [NoteAction.OPENED, NoteAction.FACT]


def test_two_facts_at_once_make_one_alert(company):
    assert alerts.raise_alerts([fact(company, new="44"), fact(company, Severity.CRITICAL, new="20")], now=NOW) == 1
    alert = Alert.objects.get()
    assert (alert.severity, alert.new_value, alert.facts) == (Severity.CRITICAL, "20", 2)


def test_after_closing_a_new_fact_opens_a_new_alert(company, user):
    alerts.raise_alerts([fact(company)], now=NOW)
    alerts.close([Alert.objects.get().pk], user=user, reason=CloseReason.ACTED, now=NOW)
    assert alerts.raise_alerts([fact(company)], now=NOW) == 1
    assert Alert.objects.to_treat().count() == 1


def test_the_schema_refuses_a_second_open_alert_of_the_kind(company):
    alerts.raise_alerts([fact(company)], now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(company=company, kind=AlertKind.RATING, severity="1", opened_at=NOW, changed_at=NOW)


def test_closing_says_who_why_and_what(company, user):
    alerts.raise_alerts([fact(company, at_stake=Decimal(12))], now=NOW)
    pk = Alert.objects.get().pk
    assert alerts.close([pk], user=user, reason=CloseReason.NO_ACTION, text="Known since May", now=NOW) == 1
    alert = Alert.objects.get(pk=pk)
    assert (alert.state, alert.closed_by, alert.close_reason) == (AlertState.CLOSED, user, CloseReason.NO_ACTION)
    assert AlertNote.objects.get(action=NoteAction.CLOSED).text == "Known since May"


def test_closing_what_another_closed_counts_for_nothing(company, user):
    alerts.raise_alerts([fact(company)], now=NOW)
    pk = Alert.objects.get().pk
    alerts.close([pk], user=user, reason=CloseReason.ACTED, now=NOW)
    assert alerts.close([pk], user=user, reason=CloseReason.NOISE, now=NOW) == 0
    assert alerts.take([pk], user=user, now=NOW) == 0
    assert Alert.objects.get().close_reason == CloseReason.ACTED


def test_taking_and_putting_back(company, user):
    alerts.raise_alerts([fact(company)], now=NOW)
    pk = Alert.objects.get().pk
    alerts.take([pk], user=user, now=NOW)
    assert Alert.objects.get().taken_by == user
    alerts.release([pk], user=user, now=NOW)
    assert (Alert.objects.get().state, Alert.objects.get().taken_by) == (AlertState.OPEN, None)


def test_reopening_is_refused_when_a_newer_one_is_open(company, user):
    alerts.raise_alerts([fact(company)], now=NOW)
    old = Alert.objects.get()
    alerts.close([old.pk], user=user, reason=CloseReason.ACTED, now=NOW)
    alerts.raise_alerts([fact(company)], now=NOW)
    assert not alerts.reopen(old.pk, user=user, now=NOW)
    alerts.close([Alert.objects.to_treat().get().pk], user=user, reason=CloseReason.ACTED, now=NOW)
    assert alerts.reopen(old.pk, user=user, now=NOW)


def test_the_number_on_the_standing_follows(company, user):
    alerts.raise_alerts([fact(company)], now=NOW)
    pk = Alert.objects.get().pk
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    assert Standing.objects.get().open_alerts == 1
    alerts.close([pk], user=user, reason=CloseReason.ACTED, now=NOW)
    assert Standing.objects.get().open_alerts == 0
    alerts.reopen(pk, user=user, now=NOW)
    assert Standing.objects.get().open_alerts == 1

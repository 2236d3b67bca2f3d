"""Polling Creditsafe's events: each kept once, each giving an alert, the telling ones a new report."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from companies.choices import ChangeCause, OrderReason
from companies.creditsafe import Client
from companies.creditsafe.payloads import NotificationEvent
from companies.models import Change, Profile
from companies.services import orders
from companies.services.jobs import Clock, Tell
from companies.services.provider import or_later
from monitoring.choices import AlertKind
from monitoring.models import Event, Portfolio, Standing
from monitoring.rules.alerts import classify_event, needs_report
from monitoring.services.alerts import Fact, raise_alerts
from monitoring.services.renewal import ordering_on_event

OVERLAP = timedelta(days=3)  # events arrive late (API reference 2.8)
PRECISION = timedelta(seconds=1)  # some of their dates are cut to the second (API reference 1.8)
FIRST_LOOK = timedelta(days=30)


def work(progress: Tell, *, clock: Clock, attempts: int = 1) -> None:
    """Poll every portfolio. Raises Later when the provider is away; the cursor then stays where it was."""
    portfolios = list(Portfolio.objects.order_by("pk"))
    for done, portfolio in enumerate(portfolios, start=1):
        with or_later(clock, attempts=attempts) as client:
            poll(portfolio, client=client, clock=clock)
        progress(done, len(portfolios))


def poll(portfolio: Portfolio, *, client: Client, clock: Clock) -> int:
    """Read what was published since the last poll, with an overlap. Returns how many events were new.

    The cursor moves when every page is stored, so that an interrupted poll is read again.
    """
    now = clock()
    since = (portfolio.polled_through - OVERLAP) if portfolio.polled_through else now - FIRST_LOOK
    new = 0
    for page in client.notification_event_pages(since, now, portfolio_id=portfolio.provider_id):
        new += keep(portfolio, page.events, now=clock())
    Portfolio.objects.filter(pk=portfolio.pk).update(polled_at=now, polled_through=now)
    return new


def keep(portfolio: Portfolio, received: Iterable[NotificationEvent], *, now: datetime) -> int:
    """Store the events not seen before, with their alerts and report orders, in one transaction."""
    with transaction.atomic():
        fresh = _fresh(portfolio, received, now)
        Event.objects.bulk_create(fresh, batch_size=500)
        _judge(fresh, now)
    return len(fresh)


def _fresh(portfolio: Portfolio, received: Iterable[NotificationEvent], now: datetime) -> list[Event]:
    by_number = {str(event.notification_event_id): event for event in received if event.notification_event_id}
    known = set(Event.objects.filter(notification_id__in=by_number).values_list("notification_id", flat=True))
    connect_ids = {event.company_id for event in by_number.values()}
    owners = dict(Profile.objects.filter(connect_id__in=connect_ids).values_list("connect_id", "company"))
    return [
        _event(event, portfolio, owners.get(event.company_id), now)
        for number, event in by_number.items()
        if number not in known
    ]


def _event(event: NotificationEvent, portfolio: Portfolio, company: int | None, now: datetime) -> Event:
    return Event(
        notification_id=str(event.notification_event_id),
        event_id=str(event.event_id or event.notification_event_id),
        portfolio=portfolio,
        company_id=company,
        connect_id=event.company_id[:64],
        rule_code=event.rule_code or 0,
        rule_country=event.country[:3],
        rule_name=event.rule_name[:255],
        old_value=event.old_value,
        new_value=event.new_value,
        happened_at=event.occurred_at,
        created_at=event.created_at,
        received_at=now,
        payload=json.dumps({"summary": event.summary, **event.extra}, default=str, ensure_ascii=False),
    )


def _judge(fresh: list[Event], now: datetime) -> None:
    """One fact per event number: the same event in two portfolios is told once."""
    ours = [event for event in fresh if event.company_id]
    told = set(
        Event.objects.filter(event_id__in={event.event_id for event in ours})
        .exclude(pk__in=[event.pk for event in ours])
        .values_list("event_id", flat=True)
    )
    once = {event.event_id: event for event in ours if event.event_id not in told}
    stakes = _stakes({event.company_id for event in once.values()})
    facts, telling = [], []
    for event in once.values():
        fact = _fact(event, stakes.get(event.company_id or 0))
        facts.append(fact)
        if needs_report(fact.kind):
            telling.append(event)
    raise_alerts(facts, now=now)
    _order_reports(telling, now)
    companies = {event.company_id for event in once.values()}
    Change.objects.mark([pk for pk in companies if pk], ChangeCause.EVENT)


def _fact(event: Event, at_stake: Decimal | None) -> Fact:
    kind, severity = classify_event(
        event.rule_code, event.rule_country, event.rule_name, old=event.old_value, new=event.new_value
    )
    return Fact(
        company=event.company_id or 0,
        kind=AlertKind(kind),
        severity=severity,
        detail=rule_words(event.rule_name),
        old=event.old_value,
        new=event.new_value,
        at_stake=at_stake,
        event=event,
    )


def rule_words(name: str) -> str:
    """A rule's name without the part that only its settings complete, such as "Reduce by {0} Band(s)"."""
    parts = [part.strip() for part in name.split("|")]
    return " · ".join(part for part in parts if part and "{" not in part)


def _stakes(companies: set[int | None]) -> dict[int, Decimal]:
    """What each company owes us, or for a pure supplier what we owe it."""
    rows = Standing.objects.filter(pk__in=[pk for pk in companies if pk]).values_list("pk", "exposure", "payable")
    return {pk: exposure if exposure > 0 else payable for pk, exposure, payable in rows}


def _order_reports(telling: list[Event], now: datetime) -> None:
    """Order a report where the event is younger than the one we have, an older event is in it already, and where the
    policy of the cell wants one.
    """
    reported = dict(
        Profile.objects.filter(company__in=[e.company_id for e in telling]).values_list("company", "reported_at")
    )
    stale = set()
    for event in telling:
        last = reported.get(event.company_id or 0)
        if last is None or (event.created_at or now) + PRECISION > last:
            stale.add(event.company_id)
    wanted = ordering_on_event(pk for pk in stale if pk)
    orders.order(wanted, reason=OrderReason.EVENT, now=now)

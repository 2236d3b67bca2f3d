"""Alerts: opened by facts, treated by people. Every act leaves a note."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from monitoring.choices import AlertKind, AlertState, CloseReason, NoteAction, Severity
from monitoring.models import Alert, AlertNote, Event, Standing
from monitoring.rules.alerts import LimitState, breaches

ZERO = Decimal(0)
WEAK = 5  # severity of the cells from "Reduce or stop" on (domain 4.5)
LIMITS = ("credit_limit", "erp_limit")
OVER_CREDIT, OVER_ERP = "over_credit_limit", "over_erp_limit"


@dataclass(frozen=True)
class Fact:
    """Something that deserves a person's look. Euros at stake in the portfolio's currency, None when unknown."""

    company: int
    kind: AlertKind
    severity: Severity
    detail: str = ""
    old: str = ""
    new: str = ""
    at_stake: Decimal | None = None
    event: Event | None = None


def raise_alerts(facts: Iterable[Fact], *, now: datetime) -> int:
    """Open an alert per company and kind, or add the fact to the one that is open. Returns how many were opened.

    Call it inside the transaction that stores the facts. A fact that joins an alert never lowers its severity.
    """
    facts = list(facts)
    live = Alert.objects.to_treat().select_for_update().filter(company__in={fact.company for fact in facts})
    known = {(alert.company_id, alert.kind): alert for alert in live}
    fresh: dict[tuple[int, str], Alert] = {}
    for fact in facts:
        key = (fact.company, fact.kind.value)
        alert = known.get(key) or fresh.get(key)
        if alert is None:
            fresh[key] = _new(fact, now)
        else:
            _join(alert, fact, now)
    Alert.objects.bulk_create(fresh.values(), batch_size=500)
    AlertNote.objects.bulk_create(
        [AlertNote(alert=alert, action=NoteAction.OPENED, text=alert.detail, at=now) for alert in fresh.values()],
        batch_size=500,
    )
    _save_joined([alert for key, alert in known.items() if alert.changed_at == now], now)
    return len(fresh)


def _new(fact: Fact, now: datetime) -> Alert:
    return Alert(
        company_id=fact.company,
        kind=fact.kind,
        severity=fact.severity,
        detail=fact.detail[:255],
        old_value=fact.old[:255],
        new_value=fact.new[:255],
        at_stake=fact.at_stake,
        event=fact.event,
        opened_at=now,
        changed_at=now,
    )


def _join(alert: Alert, fact: Fact, now: datetime) -> None:
    alert.severity = min(alert.severity, fact.severity)  # "1" is the most urgent
    alert.detail, alert.new_value = fact.detail[:255], fact.new[:255]
    alert.at_stake, alert.event, alert.changed_at = fact.at_stake, fact.event or alert.event, now
    alert.facts += 1


def _save_joined(alerts: list[Alert], now: datetime) -> None:
    columns = ["severity", "detail", "new_value", "at_stake", "event", "changed_at", "facts"]
    Alert.objects.bulk_update(alerts, columns, batch_size=500)
    AlertNote.objects.bulk_create(
        [AlertNote(alert=alert, action=NoteAction.FACT, text=alert.detail, at=now) for alert in alerts]
    )


def watch_limits(before: Mapping[int, Standing], rows: list[Standing], *, now: datetime) -> None:
    """Open an alert where exposure went above a limit, close it where it came back; sets `open_alerts` of the rows.

    While it stays above, the open alert follows the figures without a new fact.
    """
    crossed, calmed, still = [], [], []
    for row in rows:
        old = before.get(row.pk)
        if any(_crossed(old, row, limit) for limit in LIMITS):
            crossed.append(row)
        elif excess_of(row) > 0:
            still.append(row)
        elif excess_of(old) > 0:
            calmed.append(row.pk)
    raise_alerts([_over(row) for row in crossed], now=now)
    _follow({row.pk: row for row in still})
    _calm(calmed, now)
    counts = open_counts({row.pk for row in crossed} | set(calmed))
    for row in rows:
        row.open_alerts = counts.get(row.pk, row.open_alerts)


def _crossed(old: Standing | None, new: Standing, limit: str) -> bool:
    before = LimitState(old.exposure, getattr(old, limit)) if old else None
    return any(breaches(before, LimitState(new.exposure, getattr(new, limit))))


def excess_of(row: Standing | None) -> Decimal:
    """Euros above the limit that is most exceeded; 0 when none is, or none is known."""
    return max(row.over_credit_limit or ZERO, row.over_erp_limit or ZERO) if row else ZERO


def _over(row: Standing) -> Fact:
    excess = excess_of(row)
    by_erp = (row.over_erp_limit or ZERO) == excess
    limit = row.erp_limit if by_erp else row.credit_limit
    return Fact(
        company=row.pk,
        kind=AlertKind.OVER_LIMIT,
        severity=Severity.HIGH if row.severity >= WEAK else Severity.MEDIUM,
        detail=OVER_ERP if by_erp else OVER_CREDIT,
        old=f"{limit:.2f}",
        new=f"{row.exposure:.2f}",
        at_stake=excess,
    )


def _follow(rows: dict[int, Standing]) -> None:
    live = Alert.objects.to_treat().filter(kind=AlertKind.OVER_LIMIT, company__in=rows)
    moved = []
    for alert in live:
        fact = _over(rows[alert.company_id])
        if (alert.old_value, alert.new_value) != (fact.old, fact.new):
            alert.detail, alert.old_value, alert.new_value = fact.detail, fact.old, fact.new
            alert.at_stake = fact.at_stake
            moved.append(alert)
    Alert.objects.bulk_update(moved, ["detail", "old_value", "new_value", "at_stake"], batch_size=500)


def _calm(companies: list[int], now: datetime) -> None:
    live = Alert.objects.to_treat().filter(kind=AlertKind.OVER_LIMIT, company__in=companies)
    pks = list(live.values_list("pk", flat=True))
    Alert.objects.filter(pk__in=pks).update(
        state=AlertState.CLOSED, closed_at=now, close_reason=CloseReason.RESOLVED, taken_by=None
    )
    AlertNote.objects.bulk_create([AlertNote(alert_id=pk, action=NoteAction.CLOSED, at=now) for pk in pks])


def open_counts(companies: Iterable[int]) -> dict[int, int]:
    """Open alerts per company; every company asked for is in the answer."""
    companies = set(companies)
    rows = Alert.objects.to_treat().filter(company__in=companies).order_by().values_list("company")
    return dict.fromkeys(companies, 0) | dict(rows.annotate(Count("pk")))


def _recount(companies: Iterable[int]) -> None:
    """Keep the number on the standing true after people acted."""
    live = Alert.objects.to_treat().filter(company=OuterRef("pk")).order_by().values("company")
    count = Coalesce(Subquery(live.annotate(n=Count("pk")).values("n")), 0)
    Standing.objects.filter(pk__in=set(companies)).update(open_alerts=count)


@transaction.atomic
def take(alerts: Iterable[int], *, user: User, now: datetime) -> int:
    """Put these alerts in the user's hands. Returns how many; closed ones are left alone."""
    return _act(alerts, NoteAction.TAKEN, user=user, now=now, state=AlertState.TAKEN, taken_by=user)


@transaction.atomic
def release(alerts: Iterable[int], *, user: User, now: datetime) -> int:
    """Put them back into the inbox."""
    return _act(alerts, NoteAction.RELEASED, user=user, now=now, state=AlertState.OPEN, taken_by=None)


def _act(alerts: Iterable[int], action: NoteAction, *, user: User, now: datetime, **values: object) -> int:
    live = Alert.objects.to_treat().select_for_update().filter(pk__in=list(alerts))
    pks = list(live.values_list("pk", flat=True))
    Alert.objects.filter(pk__in=pks).update(**values)
    AlertNote.objects.bulk_create([AlertNote(alert_id=pk, action=action, user=user, at=now) for pk in pks])
    return len(pks)


@transaction.atomic
def comment(alert: int, *, user: User, text: str, now: datetime) -> None:
    AlertNote.objects.create(alert_id=alert, action=NoteAction.COMMENT, text=text, user=user, at=now)


@transaction.atomic
def close(alerts: Iterable[int], *, user: User, reason: CloseReason, text: str = "", now: datetime) -> int:
    """Close with a reason. Returns how many; those that someone else closed already are not counted."""
    live = Alert.objects.to_treat().select_for_update().filter(pk__in=list(alerts))
    found = dict(live.values_list("pk", "company"))
    Alert.objects.filter(pk__in=found).update(
        state=AlertState.CLOSED, closed_at=now, closed_by=user, close_reason=reason
    )
    AlertNote.objects.bulk_create(
        [AlertNote(alert_id=pk, action=NoteAction.CLOSED, text=text, user=user, at=now) for pk in found]
    )
    _recount(found.values())
    return len(found)


@transaction.atomic
def reopen(alert: int, *, user: User, now: datetime) -> bool:
    """Put a closed alert back into the inbox; False when a newer one of its kind is open already."""
    closed = Alert.objects.select_for_update().get(pk=alert)
    live = Alert.objects.to_treat().filter(company=closed.company_id, kind=closed.kind)
    if closed.state != AlertState.CLOSED or live.exists():
        return False
    Alert.objects.filter(pk=alert).update(
        state=AlertState.OPEN, closed_at=None, closed_by=None, close_reason="", taken_by=None
    )
    AlertNote.objects.create(alert_id=alert, action=NoteAction.REOPENED, user=user, at=now)
    _recount([closed.company_id])
    return True

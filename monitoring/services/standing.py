"""Restating where companies stand: facts in, one row each out, with the sums per cell and what moved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import F, Model
from django.utils import timezone

from companies.choices import ChangeCause, Role
from companies.models import Change, Company
from monitoring.choices import PolicyState
from monitoring.models import MatrixPolicy, Standing, StandingChange
from monitoring.services import positions
from monitoring.services.alerts import watch_limits
from monitoring.services.facts import Facts, gather, is_linked, rating_state
from monitoring.services.money import Rates
from monitoring.services.placing import Bench, around, settle
from monitoring.services.positions import REBUILD, Cause, Moment
from monitoring.services.quality import check_identifiers
from monitoring.services.sums import sum_up

BATCH = 500


def digest(*, now: datetime, as_of: date, limit: int = 5000) -> int:
    """Restate the companies marked as changed, oldest marks first, and remove the marks. Returns how many companies.

    A mark goes only in the transaction that restates its company, so a killed worker loses none.
    """
    marks = list(Change.objects.order_by("pk").values_list("pk", "company_id", "cause", "note")[:limit])
    causes: dict[int, Cause] = {}
    for _, company, cause, note in marks:
        causes[company] = Cause(ChangeCause(cause), note)
    done: dict[int, list[int]] = defaultdict(list)
    for pk, company, _, _ in marks:
        done[company].append(pk)
    court = Court(now, as_of)
    for pks in batches(causes):
        with transaction.atomic():
            _restate(pks, court, causes)
            check_identifiers(pks)
            Change.objects.filter(pk__in=[mark for pk in pks for mark in done[pk]]).delete()
    return len(causes)


def restate(companies: Iterable[int], *, now: datetime, as_of: date, cause: Cause = REBUILD) -> int:
    """Work out the standing of these companies again. Returns how many rows changed."""
    court, changed = Court(now, as_of), 0
    for pks in batches(companies):
        with transaction.atomic():
            changed += _restate(pks, court, dict.fromkeys(pks, cause))
    return changed


def rebuild(*, now: datetime, as_of: date) -> int:
    """Restate every company and count every cell again. Returns how many companies there are."""
    pks = list(Company.everyone.order_by("pk").values_list("pk", flat=True))
    restate(pks, now=now, as_of=as_of)
    return len(pks)


def forget(companies: Iterable[int]) -> None:
    """Take companies that are about to be deleted out of the sums, in the caller's transaction."""
    lock()
    _take_out(Standing.objects.in_bulk(list(companies)))


def lock() -> None:
    """One restatement at a time: two would add the same company to the sums twice.

    Who waits while a policy is put in force finds the old one retired on PostgreSQL, and takes the new one.
    """
    clients = MatrixPolicy.objects.select_for_update().filter(state=PolicyState.ACTIVE, role=Role.CLIENT)
    if not list(clients):
        clients.all().active()


class Court:
    """What a run of restating needs besides the facts of the companies: read once, and again after a switch."""

    def __init__(self, now: datetime, as_of: date) -> None:
        self.rates = Rates(as_of)
        self.bench = Bench(self.rates)
        self.moment: Moment = positions.moment(now, as_of)

    def renew(self) -> None:
        """Judge by the policies in force; call it under the lock, or a switch meanwhile would be undone."""
        if self.bench.is_retired():
            self.bench = Bench(self.rates)


def batches(pks: Iterable[int]) -> Iterator[list[int]]:
    left = iter(pks)
    while batch := list(islice(left, BATCH)):
        yield batch


def _restate(pks: list[int], court: Court, causes: Mapping[int, Cause]) -> int:
    lock()
    court.renew()
    now, as_of = court.moment.now, court.moment.as_of
    before = Standing.objects.in_bulk(pks)
    after = _placed(gather(pks, as_of=as_of, rates=court.rates), before, court)
    changed = [row for row in after if not _same(before.get(row.pk), row)]
    gone = _forget(before, {row.pk for row in after}, court.moment)
    if not changed:
        return gone
    watch_limits(before, changed, now=now)  # may change open_alerts of a row, so it comes before the write
    Standing.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["company"], update_fields=COLUMNS, batch_size=BATCH
    )
    sum_up({row.pk: before[row.pk] for row in changed if row.pk in before}, changed)
    _movements(before, changed, causes, now)
    positions.record(changed, causes, court.moment, court.bench)
    _mark_below(before, changed, court.bench, causes)
    return len(changed) + gone


def _placed(gathered: list[Facts], before: Mapping[int, Standing], court: Court) -> list[Standing]:
    rows = [_row(facts, now=court.moment.now) for facts in gathered]
    surroundings = around(rows, court.bench, as_of=court.moment.as_of)
    for row in rows:
        old = before.get(row.pk)
        settle(row, court.bench, surroundings, before=old)
        row.in_cell_since = old.in_cell_since if old and old.cell == row.cell else court.moment.as_of
    _date_stays([row for row in rows if row.in_cell_since is None], court.moment.as_of)
    return rows


def _date_stays(rows: list[Standing], as_of: date) -> None:
    """Date the stays of rows from before stays were dated by their last movement; where there is none, from today."""
    if rows:
        came = StandingChange.objects.filter(company__in=[row.pk for row in rows]).exclude(cell_before=F("cell_after"))
        last = dict(came.order_by("at", "pk").values_list("company", "at"))
        for row in rows:
            row.in_cell_since = min(timezone.localdate(last[row.pk]), as_of) if row.pk in last else as_of


SOLVENCY = ("score", "rating", "rating_state", "status", "in_proceeding")


def _mark_below(
    before: Mapping[int, Standing], changed: list[Standing], bench: Bench, causes: Mapping[int, Cause]
) -> None:
    """What changed for an ultimate parent changes for those below it: their parent, and their place by inheritance."""
    watched = ("head_id", *SOLVENCY) if bench.inherits else ("head_id",)
    heads = [row.pk for row in changed if row.pk not in before or _moved(before[row.pk], row, watched)]
    below = Standing.objects.filter(head__in=heads).exclude(pk__in=causes).values_list("pk", "head_id")
    for pk, head in below:
        Change.objects.mark([pk], causes[head or 0].cause, causes[head or 0].note)


def _forget(before: Mapping[int, Standing], there: set[int], at: Moment) -> int:
    """Companies that were merged into another one stand nowhere: their rows go, and their part of the sums."""
    gone = {pk: row for pk, row in before.items() if pk not in there}
    if gone:
        _take_out(gone)
        positions.close(gone, now=at.now, as_of=at.as_of)
    return len(gone)


def _take_out(rows: Mapping[int, Standing]) -> None:
    Standing.objects.filter(pk__in=rows).delete()
    sum_up(rows, [])


def _row(facts: Facts, *, now: datetime) -> Standing:
    row = Standing(
        company_id=facts.company["id"],
        name=facts.company["name"],
        country=str(facts.company["country"]),
        sector=division(facts.company["activity_code"]),
        business_unit=facts.business_unit,
        analyst=facts.analyst,
        head_id=facts.head,
        link_state=facts.company["link_state"],
        rating_state=rating_state(facts),
        credit_limit=facts.credit_limit,
        contract_limit=facts.contract_limit,
        erp_limit=facts.erp_limit,
        exposure=facts.exposure,
        overdue=facts.overdue,
        payable=facts.payable,
        turnover=facts.turnover,
        rate_missing=facts.rate_missing,
        open_alerts=facts.open_alerts,
        watched=facts.watched,
        status=facts.company["status"],
        restated_at=now,
    )
    for role in Role:
        setattr(row, f"is_{role.value}", role.value in facts.roles)
    if facts.profile:
        _judged(row, facts.profile, linked=is_linked(facts))
    return row


def _judged(row: Standing, profile: Mapping[str, Any], *, linked: bool) -> None:
    row.in_proceeding = profile["in_proceeding"]
    if linked:
        row.connect_id, row.rating, row.score = profile["connect_id"], profile["rating"], profile["score"]
        row.status, row.reported_at = profile["status"], profile["reported_at"]
        row.rated_on = profile["rated_on"]
        # a report confirms a score that has not changed for years
        row.scored_on = timezone.localdate(row.reported_at) if row.reported_at else row.rated_on


def division(activity_code: str) -> str:
    """The division of an activity code (NAF, NACE, SIC): its first two digits, "" where it begins otherwise."""
    return activity_code[:2] if activity_code[:2].isdigit() else ""


COLUMNS = [f.name for f in Standing._meta.concrete_fields if not f.primary_key]
COMPARED = [f.attname for f in Standing._meta.concrete_fields if f.name not in {"restated_at", "policy"}]


def _same(old: Model | None, new: Model) -> bool:
    return old is not None and all(getattr(old, name) == getattr(new, name) for name in COMPARED)


def _movements(
    before: Mapping[int, Standing], changed: list[Standing], causes: Mapping[int, Cause], now: datetime
) -> None:
    StandingChange.objects.bulk_create(
        [_movement(before.get(row.pk), row, causes[row.pk], now) for row in changed if _moved(before.get(row.pk), row)]
    )


SHOWN = ("cell", "rating", "score", "credit_limit")


def _moved(old: Standing | None, new: Standing, names: Iterable[str] = SHOWN) -> bool:
    return old is None or any(getattr(old, name) != getattr(new, name) for name in names)


def _movement(old: Standing | None, new: Standing, cause: Cause, now: datetime) -> StandingChange:
    return StandingChange(
        company_id=new.pk,
        at=now,
        cause=cause.cause,
        note=cause.note,
        cell_before=old.cell if old else "",
        cell_after=new.cell,
        rating_before=old.rating if old else "",
        rating_after=new.rating,
        score_before=old.score if old else None,
        score_after=new.score,
        limit_before=old.credit_limit if old else None,
        limit_after=new.credit_limit,
    )

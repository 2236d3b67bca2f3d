"""Restating where companies stand: facts in, one row each out, with the sums per cell and what moved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from django.db import transaction
from django.db.models import F, Model

from companies.choices import ChangeCause, Role
from companies.models import Change, Company
from companies.rules.exposure import headroom
from monitoring.choices import LimitMeasure
from monitoring.models import CellSummary, MatrixPolicy, Standing, StandingChange
from monitoring.rules.matrix import PolicyRules, Position, place
from monitoring.services.alerts import watch_limits
from monitoring.services.facts import ZERO, Facts, Rates, gather, is_linked, rating_state
from monitoring.services.quality import check_identifiers

BATCH = 500
SUMS = ("exposure", "overdue", "payable", "over_credit_limit", "over_erp_limit")
ROLES = ("", *Role.values)


@dataclass(frozen=True)
class Cause:
    """Why a company is restated; the strongest cause of several is kept for its movement."""

    cause: ChangeCause
    note: str = ""


REBUILD = Cause(ChangeCause.REBUILD)


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
    policy = _active()
    rates = Rates(as_of)
    for pks in _batches(causes):
        with transaction.atomic():
            _restate(pks, policy=policy, rates=rates, causes=causes, now=now, as_of=as_of)
            check_identifiers(pks)
            Change.objects.filter(pk__in=[mark for pk in pks for mark in done[pk]]).delete()
    return len(causes)


def restate(companies: Iterable[int], *, now: datetime, as_of: date, cause: Cause = REBUILD) -> int:
    """Work out the standing of these companies again. Returns how many rows changed."""
    policy, rates, changed = _active(), Rates(as_of), 0
    for pks in _batches(companies):
        with transaction.atomic():
            causes = dict.fromkeys(pks, cause)
            changed += _restate(pks, policy=policy, rates=rates, causes=causes, now=now, as_of=as_of)
    return changed


def rebuild(*, now: datetime, as_of: date) -> int:
    """Restate every company and count every cell again. Returns how many companies there are."""
    pks = list(Company.everyone.order_by("pk").values_list("pk", flat=True))
    restate(pks, now=now, as_of=as_of)
    return len(pks)


def forget(companies: Iterable[int]) -> None:
    """Take companies that are about to be deleted out of the sums, in the caller's transaction."""
    MatrixPolicy.objects.select_for_update().get(pk=_active()[0].pk)
    _forget(Standing.objects.in_bulk(list(companies)), set())


def _active() -> tuple[MatrixPolicy, dict[str, int]]:
    policy = MatrixPolicy.objects.active()
    return policy, dict(policy.cells.values_list("code", "severity"))


def _batches(pks: Iterable[int]) -> Iterator[list[int]]:
    left = iter(pks)
    while batch := list(islice(left, BATCH)):
        yield batch


def _restate(
    pks: list[int],
    *,
    policy: tuple[MatrixPolicy, dict[str, int]],
    rates: Rates,
    causes: Mapping[int, Cause],
    now: datetime,
    as_of: date,
) -> int:
    # One restatement at a time: two would add the same company to the sums twice.
    MatrixPolicy.objects.select_for_update().get(pk=policy[0].pk)
    before = Standing.objects.in_bulk(pks)
    rules = policy[0].rules()
    after = [_row(facts, policy=policy, rules=rules, now=now) for facts in gather(pks, as_of=as_of, rates=rates)]
    changed = [row for row in after if not _same(before.get(row.pk), row)]
    gone = _forget(before, {row.pk for row in after})
    if not changed:
        return gone
    watch_limits(before, changed, now=now)  # may change open_alerts of a row, so it comes before the write
    Standing.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["company"], update_fields=COLUMNS, batch_size=BATCH
    )
    _sum_up({row.pk: before[row.pk] for row in changed if row.pk in before}, changed)
    _movements(before, changed, causes, now)
    return len(changed) + gone


def _forget(before: Mapping[int, Standing], there: set[int]) -> int:
    """Companies that were merged into another one stand nowhere: their rows go, and their part of the sums."""
    gone = {pk: row for pk, row in before.items() if pk not in there}
    if gone:
        Standing.objects.filter(pk__in=gone).delete()
        _sum_up(gone, [])
    return len(gone)


def _row(facts: Facts, *, policy: tuple[MatrixPolicy, dict[str, int]], rules: PolicyRules, now: datetime) -> Standing:
    row = Standing(
        company_id=facts.company["id"],
        name=facts.company["name"],
        country=str(facts.company["country"]),
        link_state=facts.company["link_state"],
        rating_state=rating_state(facts),
        credit_limit=facts.credit_limit,
        contract_limit=facts.contract_limit,
        erp_limit=facts.erp_limit,
        exposure=facts.exposure,
        overdue=facts.overdue,
        payable=facts.payable,
        rate_missing=facts.rate_missing,
        open_alerts=facts.open_alerts,
        watched=facts.watched,
        status=facts.company["status"],
        restated_at=now,
    )
    for role in Role:
        setattr(row, f"is_{role.value}", role.value in facts.roles)
    if facts.profile and is_linked(facts):
        row.rating, row.score = facts.profile["rating"], facts.profile["score"]
        row.status, row.reported_at = facts.profile["status"], facts.profile["reported_at"]
    _place(row, facts, policy, rules)
    _limits(row)
    return row


def _place(row: Standing, facts: Facts, policy: tuple[MatrixPolicy, dict[str, int]], rules: PolicyRules) -> None:
    placement = place(
        Position(
            score=row.score,
            rating=row.rating or None,
            rating_state=row.rating_state,
            open_proceeding=bool(facts.profile and facts.profile["in_proceeding"]),
            status=row.status,
            y=getattr(row, LimitMeasure(policy[0].measure).value),
        ),
        rules,
    )
    row.cell, row.no_limit = placement.cell, placement.no_limit
    row.severity = policy[1][row.cell]


def _limits(row: Standing) -> None:
    credit, erp = headroom(row.exposure, row.credit_limit), headroom(row.exposure, row.erp_limit)
    row.use_of_limit = credit.use
    row.over_credit_limit, row.over_erp_limit = credit.excess, erp.excess


COLUMNS = [f.name for f in Standing._meta.concrete_fields if not f.primary_key]
COMPARED = [f.attname for f in Standing._meta.concrete_fields if f.name != "restated_at"]


def _same(old: Model | None, new: Model) -> bool:
    return old is not None and all(getattr(old, name) == getattr(new, name) for name in COMPARED)


def _sum_up(before: Mapping[int, Standing], changed: list[Standing]) -> None:
    """Move the sums per role and cell from the rows as they were, in as many updates as there are cells touched."""
    deltas: dict[tuple[str, str], dict[str, Decimal | int]] = defaultdict(lambda: defaultdict(int))
    for old in before.values():
        _weigh(deltas, old, -1)
    for row in changed:
        _weigh(deltas, row, 1)
    CellSummary.objects.bulk_create([CellSummary(role=role, cell=cell) for role, cell in deltas], ignore_conflicts=True)
    for (role, cell), delta in deltas.items():
        moved = {name: F(name) + value for name, value in delta.items() if value}
        if moved:
            CellSummary.objects.filter(role=role, cell=cell).update(**moved)


def _weigh(deltas: dict[tuple[str, str], dict[str, Decimal | int]], row: Standing, sign: int) -> None:
    for role in ROLES:
        if role and not getattr(row, f"is_{role}"):
            continue
        sums = deltas[role, row.cell]
        sums["companies"] += sign
        sums["over_count"] += sign * is_over(row)
        for name in SUMS:
            sums[name] += sign * (getattr(row, name) or ZERO)


def is_over(row: Standing) -> bool:
    return (row.over_credit_limit or ZERO) > 0 or (row.over_erp_limit or ZERO) > 0


def _movements(
    before: Mapping[int, Standing], changed: list[Standing], causes: Mapping[int, Cause], now: datetime
) -> None:
    StandingChange.objects.bulk_create(
        [_movement(before.get(row.pk), row, causes[row.pk], now) for row in changed if _moved(before.get(row.pk), row)]
    )


def _moved(old: Standing | None, new: Standing) -> bool:
    if old is None:
        return True
    return (old.cell, old.rating, old.score, old.credit_limit) != (new.cell, new.rating, new.score, new.credit_limit)


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

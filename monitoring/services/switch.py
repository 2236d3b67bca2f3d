"""Placing a whole portfolio under another policy, in statements rather than rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    F,
    Field,
    Max,
    Min,
    Model,
    PositiveSmallIntegerField,
    Q,
    QuerySet,
    Value,
    When,
)  # fmt: skip

from companies.choices import ChangeCause, CompanyStatus, RatingState, Role
from companies.models import Change, Many
from companies.services.jobs import Progress
from monitoring.choices import Cell, LimitMeasure, PlaceReason
from monitoring.models import Position, Standing, StandingChange
from monitoring.rules.bulk import Condition, bounds_case
from monitoring.rules.matrix import COLUMN_OF_LETTER, Inheritance
from monitoring.services import positions
from monitoring.services.money import Rates
from monitoring.services.placing import Bench, Judge, scope
from monitoring.services.standing import lock
from monitoring.services.sums import move

CHUNK = 50_000  # companies placed in one transaction: a second or two, between which the site can write
RATED = Q(rating_state=RatingState.RATED)
LETTERED = Q(rating__in=list(COLUMN_OF_LETTER))
OPS = {"is": "", "is not": "", "<": "__lt", ">=": "__gte"}


def place_case(judge: Judge) -> Case:
    """The cell of a standing or a position under a policy, by its own facts and without memory (domain 4.5)."""
    return _by_cell(judge, {cell.value: Value(cell.value) for cell in Cell}, CharField())


def _by_cell(judge: Judge, values: Mapping[str, Value], output_field: "Field[Any, Any]") -> Case:
    """A value for each cell, chosen by the conditions of the policy."""
    whens = []
    *cases, (otherwise, _) = bounds_case(replace(judge.rules, inheritance=Inheritance.OWN))
    for cell, conditions in cases:
        known = [found for one in conditions if (found := _condition(one, judge)) is not None]
        if len(known) == len(conditions):
            whens.append(When(_all(known), then=values[cell.value]))
    return Case(*whens, default=values[otherwise.value], output_field=output_field)


def _all(conditions: list[Q]) -> Q:
    found = Q()
    for one in conditions:
        found &= one
    return found


def _condition(condition: Condition, judge: Judge) -> Q | None:
    """A condition on columns; None where the portal knows no such fact."""
    if condition.fact == "struck_off":
        return None
    if condition.fact == "behaviour":
        return _behaviour(condition)
    column = {"y": judge.policy.measure, "open_proceeding": "in_proceeding"}.get(condition.fact, condition.fact)
    found = Q(**{f"{column}{OPS[condition.op]}": condition.value})
    return ~found if condition.op == "is not" else found


def _behaviour(condition: Condition) -> Q:
    """How it pays us, as `placing.behaviour` has it: the share that is not late, of those that owe something."""
    late_share = 1 - Decimal(condition.value) / 100
    good = Q(overdue__lte=F("exposure") * late_share)
    return Q(exposure__gt=0) & (good if condition.op == ">=" else ~good)


def reason_case(judge: Judge) -> Case:
    """What decides that cell, in the order in which the rules look."""
    weak = judge.rules.weak_from
    told = [
        (Q(in_proceeding=True), PlaceReason.PROCEEDING),
        (Q(status=CompanyStatus.NON_ACTIVE), PlaceReason.STRUCK_OFF),
        (Q(rating_state=RatingState.FAILED), PlaceReason.FAILED),
        (RATED & Q(score__gte=0, score__lt=weak), PlaceReason.SCORE_ZERO),
        (RATED & Q(score__gte=weak), PlaceReason.SCORE),
        (RATED & LETTERED, PlaceReason.LETTER),
    ]
    if judge.rules.not_rated == "behaviour":
        told.append((Q(exposure__gt=0), PlaceReason.BEHAVIOUR))
    told.append((Q(rating_state=RatingState.UNKNOWN), PlaceReason.NO_REPORT))
    whens = [When(condition, then=Value(reason.value)) for condition, reason in told]
    return Case(*whens, default=Value(PlaceReason.NOT_RATED.value), output_field=CharField())


def run(progress: Progress, *, now: datetime, as_of: date) -> None:
    """Place every company under the policies in force. Chunk by chunk, each complete: it can be killed and run again.

    Those that were set by hand, or are judged by their parent, are marked to be worked out one by one. A policy that is
    put in force meanwhile has no job of its own: everybody is gone through again.
    """
    rates = Rates(as_of)
    bench = Bench(rates)
    _pass(bench, progress, now=now, as_of=as_of)
    while bench.is_retired():
        bench = Bench(rates)
        _pass(bench, progress, now=now, as_of=as_of)


def _pass(bench: Bench, progress: Progress, *, now: datetime, as_of: date) -> None:
    ends = Standing.objects.aggregate(low=Min("pk"), high=Max("pk"))
    low, high = ends["low"] or 0, ends["high"] or -1
    for start in range(low, high + 1, CHUNK):
        chunk = Standing.objects.filter(pk__gte=start, pk__lt=start + CHUNK)
        with transaction.atomic():
            lock()
            for judge in bench.by_role.values():
                _switch(chunk, judge, bench, now=now, as_of=as_of)
        progress(min(start + CHUNK, high + 1) - low, high + 1 - low)


def _switch(chunk: QuerySet[Standing], judge: Judge, bench: Bench, *, now: datetime, as_of: date) -> None:
    mine = chunk.filter(scope(judge.policy.role, bench.by_role))
    if judge.policy.role == Role.SUPPLIER:
        also = chunk.filter(is_supplier=True).filter(Q(is_client=True) | Q(is_prospect=True))
        _place(also, judge, {"supplier_cell": place_case(judge)}, now=now, as_of=as_of)
    elif judge is bench.first and Role.SUPPLIER not in bench.by_role:
        _place(chunk.exclude(supplier_cell=""), judge, {"supplier_cell": Value("")}, now=now, as_of=as_of)
    one_by_one = Q(overridden=True) if judge.rules.inheritance is Inheritance.OWN else Q(head__isnull=False)
    apart = mine.filter(one_by_one)
    Change.objects.mark(apart.values_list("pk", flat=True), ChangeCause.POLICY, str(judge.policy))
    own = mine.exclude(pk__in=apart.values("pk")) if judge.rules.inheritance is not Inheritance.OWN else mine
    _place(own.filter(overridden=False), judge, _columns(judge, as_of), now=now, as_of=as_of)


def _columns(judge: Judge, as_of: date) -> dict[str, Any]:
    """The new values of a row's place, as expressions on its facts; none within another, which costs a multiple."""
    measure = LimitMeasure(judge.policy.measure).value
    old = _by_score(judge) & Q(scored_on__lt=as_of - timedelta(days=judge.rules.max_age_days))
    severities = {code: Value(severity) for code, severity in judge.severities.items()}
    return {
        "cell": place_case(judge),
        "reason": reason_case(judge),
        "severity": _by_cell(judge, severities, PositiveSmallIntegerField()),
        "y": F(measure),
        "no_limit": Case(When(**{f"{measure}__isnull": True}, then=Value(True)), default=Value(False)),
        "hatched": Case(When(old, then=Value(True)), default=Value(False)),
        "inherited": Value(False),
        "policy": Value(judge.policy.pk),
    }


def _by_score(judge: Judge) -> Q:
    """Those whose score or letter decides."""
    alive = Q(in_proceeding=False) & ~Q(status=CompanyStatus.NON_ACTIVE)
    return alive & RATED & (Q(score__gte=judge.rules.weak_from) | Q(score=None) & LETTERED)


def _place(rows: QuerySet[Standing], judge: Judge, new: dict[str, Any], *, now: datetime, as_of: date) -> None:
    """Write new values where they differ, with the positions, movements and sums of the rows whose cell they change."""
    placed = "cell" if "cell" in new else "supplier_cell"
    told = rows.annotate(new_cell=new[placed])
    pks = list(told.exclude(**{placed: F("new_cell")}).values_list("pk", flat=True))
    if pks:
        moved = told.filter(pk__among=Many(pks))
        move(moved, placed=placed)
        _keep(moved, pks, new, judge, now=now, as_of=as_of)
        stays = {"in_cell_since": as_of} if placed == "cell" else {}
        moved.update(**new, **stays)
    if placed == "cell":
        rows.filter(_differs(new, LimitMeasure(judge.policy.measure).value)).update(**new)


def _differs(new: Mapping[str, Any], measure: str) -> Q:
    """Rows in whose place more than the cell is another one, so that a place that stays is not written."""
    found = ~Q(y=F(measure)) & ~Q(**{"y__isnull": True, f"{measure}__isnull": True})
    for name in ("reason", "severity", "no_limit", "hatched", "inherited"):
        found |= ~Q(**{name: new[name]})
    return found


def _keep(
    moved: QuerySet[Standing], pks: list[int], new: dict[str, Any], judge: Judge, *, now: datetime, as_of: date
) -> None:
    """The new positions of rows that move, the ends of their old ones, and the movements."""
    positions.close(pks, now=now, as_of=as_of)
    cause = {"cause": Value(ChangeCause.POLICY.value), "note": Value(str(judge.policy))}
    when, day = Value(now, output_field=DateTimeField()), Value(as_of, output_field=DateField())
    kept: dict[str, Any] = {name: F(name) for name in positions.COLUMNS} | {"company_id": F("company_id")}
    given = {"policy_id" if name == "policy" else name: value for name, value in new.items()}
    _insert(Position, moved, {**kept, **given, "known_from": when, "valid_from": day, **cause})
    if "cell" in new:
        _insert(StandingChange, moved, {**_movement(), "at": when, **cause})


def _movement() -> dict[str, Any]:
    same: dict[str, Any] = {}
    for ours, theirs in (("rating", "rating"), ("score", "score"), ("limit", "credit_limit")):
        same |= {f"{ours}_before": F(theirs), f"{ours}_after": F(theirs)}
    return {"company_id": F("company_id"), "cell_before": F("cell"), "cell_after": F("new_cell"), **same}


def _insert(model: type[Model], rows: QuerySet[Any], values: Mapping[str, Any]) -> None:
    """INSERT … SELECT: the columns of a table from expressions on other rows; texts that are not given are empty."""
    quote = connection.ops.quote_name
    columns = {field.attname: field for field in model._meta.concrete_fields}
    blank = {name: Value("") for name, field in columns.items() if isinstance(field, CharField)}
    every = {**blank, **values}
    sql, params = rows.order_by().values_list(*every.values()).query.sql_with_params()
    names = ", ".join(quote(str(columns[name].column)) for name in every)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {sql}", params)  # our own names

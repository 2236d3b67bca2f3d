"""The exposure policy: what a change would do before it is saved, the saving, and who changed what when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from companies.choices import ChangeCause
from companies.rules.exposure import ZERO
from companies.rules.loss import PdTable
from companies.services.changes import mark_all
from monitoring.models import DefaultProbability, ExposureSettings, Standing
from monitoring.services import kpis
from monitoring.services.counted import parts_by, risk_of
from monitoring.services.group_limits import Bounds, bases, groups
from monitoring.services.money import Rates
from monitoring.services.scope import Scope

LARGEST = 10
VERSIONS = 20


@dataclass(frozen=True)
class Outcome:
    """What a policy makes of the portfolio: the sum at risk, how many are above a limit and by how much, the loss."""

    exposure: Decimal
    over: int
    excess: Decimal
    loss: Decimal


@dataclass(frozen=True)
class Moved:
    """A company whose exposure a change of policy moves."""

    pk: int
    name: str
    before: Decimal
    after: Decimal

    @property
    def by(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True)
class Preview:
    """The portfolio under the policy in force and under another one; `missing` are currencies without a rate."""

    before: Outcome
    after: Outcome
    raised: int
    lowered: int
    largest: tuple[Moved, ...]
    missing: tuple[str, ...]

    @property
    def moved(self) -> int:
        return self.raised + self.lowered


@dataclass(frozen=True)
class Edit:
    """A version of the policy: who, when, and each field with its values before and after."""

    at: datetime
    by: str
    subject: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class _Standing:
    pk: int
    name: str
    bounds: Bounds
    rating_state: str
    rating: str
    pod: Decimal | None


def preview(wanted: ExposureSettings, percents: Mapping[str, Decimal], *, as_of: date) -> Preview:
    """Work out every exposure under the stored policy and under another one, without writing; a fixed few queries."""
    rates, stored = Rates(as_of), _standings()
    before, missing = _risks(ExposureSettings.current(), as_of, rates)
    after, _same = _risks(wanted, as_of, rates)
    found = [
        Moved(pk, stored[pk].name, before.get(pk, ZERO), after.get(pk, ZERO))
        for pk in before.keys() | after.keys()
        if pk in stored and before.get(pk, ZERO) != after.get(pk, ZERO)
    ]
    largest = sorted(found, key=lambda one: (-abs(one.by), one.pk))[:LARGEST]
    return Preview(
        before=_outcome(before, stored, ExposureSettings.current(), DefaultProbability.table()),
        after=_outcome(after, stored, wanted, DefaultProbability.table(percents)),
        raised=sum(one.by > 0 for one in found),
        lowered=sum(one.by < 0 for one in found),
        largest=tuple(largest),
        missing=tuple(sorted(missing)),
    )


def save(wanted: ExposureSettings, percents: Mapping[str, Decimal], *, now: datetime) -> None:
    """Store a policy and have every company restated; what stays as it was gets no version."""
    with transaction.atomic():
        ExposureSettings.objects.select_for_update().first()
        before = ExposureSettings.current()
        if before._state.adding or _values(before) != _values(wanted):
            wanted.save()
        for row in DefaultProbability.objects.select_for_update().filter(rating__in=percents):
            if row.percent != percents[row.rating]:
                if not row.history.exists():  # delivered by a migration, which writes none
                    DefaultProbability.history.bulk_history_create([row], default_date=now)
                row.percent = percents[row.rating]
                row.save()
        mark_all(ChangeCause.POLICY, str(wanted), now=now)


def history() -> list[Edit]:
    """The latest versions of the policy and of the probabilities, newest first, with what each of them changed."""
    found = [*_edits(ExposureSettings), *_edits(DefaultProbability)]
    return sorted(found, key=lambda edit: edit.at, reverse=True)[:VERSIONS]


def _values(row: ExposureSettings) -> list[Any]:
    return [getattr(row, field.attname) for field in ExposureSettings._meta.concrete_fields if not field.primary_key]


def _risks(policy: ExposureSettings, as_of: date, rates: Rates) -> tuple[dict[int, Decimal], set[str]]:
    rules, now = policy.rules(), Scope()
    within = rules.orders_within_days
    parts, missing = parts_by(now.items(), now.promises(), as_of=as_of, rates=rates, within_days=within)
    return {pk: risk_of(made, rules) for pk, made in parts.items()}, set[str]().union(*missing.values())


def _standings() -> dict[int, _Standing]:
    columns = ("pk", "name", "credit_limit", "erp_limit", "rating_state", "rating", "company__profile__pod")
    rows = Standing.objects.order_by().values_list(*columns)
    return {pk: _Standing(pk, name, (credit, erp), *rest) for pk, name, credit, erp, *rest in rows}


def _outcome(
    risks: Mapping[int, Decimal], stored: Mapping[int, _Standing], policy: ExposureSettings, table: PdTable
) -> Outcome:
    over, excess = 0, ZERO
    for members, bounds in bases({pk: row.bounds for pk, row in stored.items()}, groups(), policy.scope):
        risk = sum((risks.get(pk, ZERO) for pk in members), ZERO)
        by = max((risk - limit for limit in bounds if limit is not None), default=ZERO)
        over, excess = over + (by > 0), excess + max(ZERO, by)
    loss = _loss(risks, stored, table, policy.loss_given_default / 100)
    return Outcome(sum(risks.values(), ZERO), over, excess, loss)


def _loss(risks: Mapping[int, Decimal], stored: Mapping[int, _Standing], table: PdTable, lgd: Decimal) -> Decimal:
    """The expected loss before insurance (domain 5.14)."""
    rows = (
        kpis.Position(pk, risk, *stored[pk].bounds, stored[pk].rating_state, stored[pk].rating, stored[pk].pod)
        for pk, risk in risks.items()
        if pk in stored
    )
    return kpis.joined(kpis.loss_lines(rows, table, lgd))[1]


def _edits(model: type[ExposureSettings] | type[DefaultProbability]) -> Iterator[Edit]:
    versions = list(
        model.history.select_related("history_user").order_by("-history_date", "-history_id")[: 3 * VERSIONS]
    )
    first = ExposureSettings() if model is ExposureSettings else None  # as delivered
    for place, version in enumerate(versions):
        older = next((one for one in versions[place + 1 :] if one.id == version.id), first)
        changes = tuple(_changes(model, older, version))
        by = version.history_user.get_username() if version.history_user else ""
        if changes:
            yield Edit(version.history_date, by, str(version.instance), changes)


def _changes(model: Any, older: Any, version: Any) -> Iterator[tuple[str, str, str]]:
    for field in model._meta.concrete_fields:
        if field.primary_key or older is None:
            continue
        before, after = getattr(older, field.attname), getattr(version, field.attname)
        if before != after:
            yield str(field.verbose_name), _word(field, before), _word(field, after)


def _word(field: Any, value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    known = dict(field.flatchoices)
    return str(known.get(value, "–" if value is None else value))

"""Whose exposure is held against whose limit: each company, or the group under one ultimate parent (domain 5.15)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from companies.models import Company
from companies.rules.exposure import ZERO, Contribution, Exposure, ExposurePolicy, Parts, contributions, exposure
from companies.rules.groups import Groups, LimitScope, limit_basis, ultimate_parents
from companies.rules.limits import Excess, Limits, excesses
from monitoring.models import Standing

Bounds = tuple[Decimal | None, Decimal | None]
"""The provider's limit and the ERP's."""


@dataclass(frozen=True)
class Member:
    """A company of the group with what counts of it; `parts` None is nothing open."""

    pk: int
    name: str
    risk: Decimal
    limits: Bounds


@dataclass(frozen=True)
class Tested:
    """The exposure of a company or of its group against the limits that the policy holds it to."""

    scope: LimitScope
    head: int
    members: tuple[Member, ...]
    figures: Exposure
    limits: Limits
    excesses: tuple[Excess, ...]
    in_loop: bool

    @property
    def is_group(self) -> bool:
        return len(self.members) > 1


def groups() -> Groups[int]:
    """All companies that have a parent, under their ultimate one; one query, and loops in the data do not hang."""
    stored = Company.objects.exclude(parent=None).order_by().values_list("pk", "parent_id")
    parents: dict[int, int | None] = dict(stored)
    tops = {pk: None for pk in parents.values() if pk is not None and pk not in parents}
    return ultimate_parents(parents | tops)


def bases(
    companies: Mapping[int, Bounds], found: Groups[int], scope: LimitScope
) -> Iterator[tuple[tuple[int, ...], Bounds]]:
    """Yield, for each company or group, whose exposures are added and the limits that they are held against."""
    if scope is LimitScope.OWN:
        yield from (((pk,), bounds) for pk, bounds in companies.items())
        return
    heads = {found.heads.get(pk, pk) for pk in companies}
    members = found.members()
    for head in heads:
        limited = (head,) if scope is LimitScope.PARENT else members.get(head, (head,))
        yield members.get(head, (head,)), joined([companies[pk] for pk in limited if pk in companies])


def joined(bounds: list[Bounds]) -> Bounds:
    """The sum of the known limits of each kind; None where none is known."""
    provider = [one[0] for one in bounds if one[0] is not None]
    erp = [one[1] for one in bounds if one[1] is not None]
    return (sum(provider, ZERO) if provider else None, sum(erp, ZERO) if erp else None)


def tested(
    company: int, parts: Mapping[int, Parts], *, scope: LimitScope, policy: ExposurePolicy, found: Groups[int]
) -> Tested:
    """Hold a company, or its group, to its limits; `parts` are those of all the members. One query."""
    basis = limit_basis(company, found, scope)
    shown = basis.exposures if scope is not LimitScope.OWN else limit_basis(company, found, LimitScope.GROUP).exposures
    rows = {row.pk: row for row in Standing.objects.filter(pk__in={*shown, *basis.limits})}
    bounds = {pk: (row.credit_limit, row.erp_limit) for pk, row in rows.items()}
    provider, erp = joined([bounds[pk] for pk in basis.limits if pk in bounds])
    total = sum((parts[pk] for pk in basis.exposures if pk in parts), Parts())
    made: tuple[Contribution, ...] = contributions(total, policy)
    limits = Limits(provider=provider, erp=erp)
    return Tested(
        scope=scope,
        head=found.heads.get(company, company),
        members=tuple(
            Member(pk, rows[pk].name, exposure(parts.get(pk, Parts()), policy).risk, bounds[pk])
            for pk in shown
            if pk in rows
        ),
        figures=exposure(total, policy),
        limits=limits,
        excesses=excesses(made, limits),
        in_loop=any(company in loop for loop in found.loops),
    )

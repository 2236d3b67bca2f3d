"""What a policy would change before it is in force: who changes cell, in number and in euros (domain 3.3).

The cell of today is compared with the one that the policy gives, both worked out by the database in one pass.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, When
from django.db.models.expressions import Combinable

from companies.choices import Role
from monitoring.choices import Cell, PolicyState
from monitoring.models import MatrixPolicy, Standing
from monitoring.services.money import Rates
from monitoring.services.placing import Judge, scope
from monitoring.services.switch import place_case

ZERO = Decimal(0)
MOST = 15


@dataclass(frozen=True, slots=True)
class Move:
    """Companies that go from one cell to another, or stay: their number and exposure in the portfolio's currency."""

    before: str
    after: str
    companies: int
    exposure: Decimal

    @property
    def is_one(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Line:
    """Where the companies of one cell would stand: a row of the table, `moves` in the order of its columns."""

    before: str
    moves: tuple[Move | None, ...]
    companies: int


@dataclass(frozen=True, slots=True)
class Effect:
    """All pairs of cells that occur; `columns` and `lines` are the table of them."""

    moves: tuple[Move, ...]

    @property
    def companies(self) -> int:
        return sum(move.companies for move in self.moves)

    @property
    def exposure(self) -> Decimal:
        return sum((move.exposure for move in self.moves), ZERO)

    @property
    def moving(self) -> int:
        return sum(move.companies for move in self.moves if move.is_one)

    @property
    def moving_exposure(self) -> Decimal:
        return sum((move.exposure for move in self.moves if move.is_one), ZERO)

    @property
    def columns(self) -> list[str]:
        """Every cell that anybody is in before or after, in the order of the matrix."""
        there = {cell for move in self.moves for cell in (move.before, move.after)}
        return [cell for cell in ("", *Cell.values) if cell in there]

    @property
    def lines(self) -> list[Line]:
        found = {(move.before, move.after): move for move in self.moves}
        rows = {before for before, _ in found}
        return [
            Line(
                before,
                tuple(found.get((before, after)) for after in self.columns),
                companies=sum(move.companies for move in self.moves if move.before == before),
            )
            for before in self.columns
            if before in rows
        ]

    @property
    def totals(self) -> list[int]:
        """Companies in each column afterwards."""
        return [sum(move.companies for move in self.moves if move.after == cell) for cell in self.columns]

    @property
    def ranked(self) -> list[Move]:
        """The moves alone, by exposure."""
        return sorted((move for move in self.moves if move.is_one), key=lambda move: (-move.exposure, -move.companies))


def governed(policy: MatrixPolicy) -> QuerySet[Standing]:
    """The companies that this policy would place: by their first role, and suppliers by their second one too."""
    if policy.role == Role.SUPPLIER:
        return Standing.objects.filter(is_supplier=True)
    active = set(MatrixPolicy.objects.filter(state=PolicyState.ACTIVE).values_list("role", flat=True))
    if policy.role == Role.CLIENT and active <= {Role.CLIENT}:
        return Standing.objects.all()  # everybody: no condition to look at for each
    return Standing.objects.filter(scope(policy.role, dict.fromkeys(active)))


def effect(policy: MatrixPolicy, rates: Rates) -> Effect:
    """Count and sum the pairs of cells; one query over the standings, whatever their number."""
    rows = _compared(policy, rates).order_by().values("before", "after").annotate(n=Count("pk"), euros=Sum("exposure"))
    found = (Move(row["before"], row["after"], row["n"], Decimal(row["euros"])) for row in rows)
    return Effect(tuple(sorted(found, key=lambda move: (-move.exposure, move.before, move.after))))


def movers(policy: MatrixPolicy, rates: Rates, *, most: int = MOST) -> QuerySet[Standing]:
    """The largest companies that would move, each with `before` and `after`."""
    return _compared(policy, rates).exclude(before=F("after")).order_by("-exposure", "company")[:most]


def _compared(policy: MatrixPolicy, rates: Rates) -> QuerySet[Any]:
    before = _before(policy)
    return governed(policy).annotate(before=before, after=_after(policy, before, rates))


def _before(policy: MatrixPolicy) -> Combinable:
    if policy.role != Role.SUPPLIER:
        return F("cell")
    second = Q(is_client=True) | Q(is_prospect=True)
    return Case(When(second, then=F("supplier_cell")), default=F("cell"), output_field=CharField())


def _after(policy: MatrixPolicy, before: Combinable, rates: Rates) -> Combinable:
    """Who is placed by hand stays there, under every policy."""
    return Case(
        When(overridden=True, then=before), default=place_case(Judge.of(policy, rates)), output_field=CharField()
    )

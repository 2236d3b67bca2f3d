"""The sums of the matrix: from the few summary rows of today, else from one question over the companies of a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, Q, Sum

from companies.choices import Role
from monitoring.charts import ZERO
from monitoring.charts.matrix import EXPOSURE, CellFigures
from monitoring.choices import Cell, PolicyState
from monitoring.filters import place_in
from monitoring.models import CellSummary, MatrixCell, MatrixPolicy
from monitoring.models.standing import PlacedQuerySet

TOP_SCORE = Decimal(100)
AT_RISK = (Cell.HIGH_DEF, Cell.LOW_DEF, Cell.FAIL)
SUMS = ("companies", "exposure", "overdue", "over_credit_limit", "over_erp_limit", "over_count")
Sums = Mapping[str, Any]  # a row of sums: the names are those of CellSummary
Policy = tuple[MatrixPolicy, dict[str, MatrixCell]]


def policy_in_force(role: str = "", day: date | None = None) -> Policy:
    """The policy for a role today or on a past day, and its cells by code, soundest first.

    A role without a policy of its own is shown by the one for clients; so is a day before the first policy.
    """
    cells = Prefetch("cells", MatrixCell.objects.order_by("severity", "code"))
    known = MatrixPolicy.objects.prefetch_related(cells).filter(role__in=[role, Role.CLIENT])
    found = max(known.filter(_in_force(day)), key=lambda one: _fits(one, role), default=None)
    policy = found or MatrixPolicy.objects.prefetch_related(cells).active()
    return policy, {cell.code: cell for cell in policy.cells.all()}


def _in_force(day: date | None) -> Q:
    if day is None:
        return Q(state=PolicyState.ACTIVE)
    was = Q(valid_from=None) | Q(valid_from__lte=day)
    return was & (Q(valid_until=None) | Q(valid_until__gt=day)) & Q(state__in=[PolicyState.ACTIVE, PolicyState.RETIRED])


def _fits(policy: MatrixPolicy, role: str) -> tuple[bool, date, int]:
    return policy.role == role, policy.valid_from or date.min, policy.pk


def bounds(policy: MatrixPolicy) -> tuple[Decimal, ...]:
    """The scores where weak, watch and sound begin, and the highest there is."""
    return policy.weak_from, policy.watch_from, policy.sound_from, TOP_SCORE


def summary(role: str) -> dict[str, Sums]:
    """The sums of today for a role ("" for every company once), by cell; no company is read."""
    return {row["cell"]: row for row in CellSummary.objects.filter(role=role).values("cell", *SUMS)}


def counted(rows: PlacedQuerySet[Any], role: str) -> dict[str, Sums]:
    """The same sums over these companies: one question."""
    over = Q(over_credit_limit__gt=0) | Q(over_erp_limit__gt=0)
    found: Iterable[Any] = (
        rows.order_by()
        .annotate(place=place_in(role))
        .values("place")
        .annotate(
            n=Count("pk"),
            owed=Sum("exposure"),
            late=Sum("overdue"),
            above_credit=Sum("over_credit_limit"),
            above_erp=Sum("over_erp_limit"),
            above=Count("pk", filter=over),
        )
    )
    names = ("n", "owed", "late", "above_credit", "above_erp", "above")
    return {row["place"]: {name: row[key] for name, key in zip(SUMS, names, strict=True)} for row in found}


def cell_figures(
    sums: Mapping[str, Sums], cells: Mapping[str, MatrixCell], figure: str = EXPOSURE
) -> list[CellFigures]:
    """The eight cells with their sums; a cell without a row holds nobody. `figure` is what the shares are of."""
    made = [_figures(cell, sums.get(code, {}), figure) for code, cell in cells.items()]
    whole = sum((one.shown for one in made), ZERO)
    return [replace(one, share=one.shown / whole) for one in made] if whole > 0 else made


def _figures(cell: MatrixCell, row: Sums, figure: str) -> CellFigures:
    return CellFigures(
        code=cell.code,
        label=cell.label,
        colour=cell.colour,
        icon=cell.icon or "square",
        companies=row.get("companies") or 0,
        exposure=Decimal(row.get("exposure") or 0),
        overdue=Decimal(row.get("overdue") or 0),
        over_credit=Decimal(row.get("over_credit_limit") or 0),
        over_erp=Decimal(row.get("over_erp_limit") or 0),
        over_count=row.get("over_count") or 0,
        figure=figure,
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """What the cells add up to, in the portfolio's currency; `at_risk` is the exposure on weak and failed companies."""

    companies: int
    exposure: Decimal
    overdue: Decimal
    over_credit: Decimal
    over_erp: Decimal
    over_count: int
    at_risk: Decimal

    @property
    def overdue_share(self) -> Decimal | None:
        return self.overdue / self.exposure if self.exposure > 0 else None

    @property
    def at_risk_share(self) -> Decimal | None:
        return self.at_risk / self.exposure if self.exposure > 0 else None


def totals(figures: Iterable[CellFigures]) -> Totals:
    cells = list(figures)
    return Totals(
        companies=sum(cell.companies for cell in cells),
        exposure=sum((cell.exposure for cell in cells), ZERO),
        overdue=sum((cell.overdue for cell in cells), ZERO),
        over_credit=sum((cell.over_credit for cell in cells), ZERO),
        over_erp=sum((cell.over_erp for cell in cells), ZERO),
        over_count=sum(cell.over_count for cell in cells),
        at_risk=sum((cell.exposure for cell in cells if cell.code in AT_RISK), ZERO),
    )

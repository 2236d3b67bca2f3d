"""The sums of the matrix: from the policy in force and its few summary rows, never from companies."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch

from companies.choices import Role
from monitoring.charts import ZERO, CellFigures
from monitoring.choices import Cell
from monitoring.models import CellSummary, MatrixCell, MatrixPolicy

TOP_SCORE = Decimal(100)
AT_RISK = (Cell.HIGH_DEF, Cell.LOW_DEF, Cell.FAIL)


def policy_in_force() -> tuple[MatrixPolicy, dict[str, MatrixCell]]:
    """The active policy, and its cells by code, soundest first."""
    cells = Prefetch("cells", MatrixCell.objects.order_by("severity", "code"))
    policy = MatrixPolicy.objects.prefetch_related(cells).active()
    return policy, {cell.code: cell for cell in policy.cells.all()}


def bounds(policy: MatrixPolicy) -> tuple[Decimal, ...]:
    """The scores where weak, watch and sound begin, and the highest there is."""
    return policy.weak_from, policy.watch_from, policy.sound_from, TOP_SCORE


def role_asked(text: str | None) -> str:
    """A role, or "" for all of them when the address says nothing or nonsense."""
    return text if text in Role.values else ""


def cell_figures(role: str, cells: dict[str, MatrixCell]) -> list[CellFigures]:
    """The sums of the eight cells for a role ("" for every company once); a cell without a row holds nobody."""
    rows = {row.cell: row for row in CellSummary.objects.filter(role=role)}
    whole = sum((row.exposure for row in rows.values()), ZERO)
    return [_figures(code, cell.label, rows.get(code) or CellSummary(cell=code), whole) for code, cell in cells.items()]


def _figures(code: str, label: str, row: CellSummary, whole: Decimal) -> CellFigures:
    return CellFigures(
        code=code,
        label=label,
        companies=row.companies,
        exposure=Decimal(row.exposure),
        overdue=Decimal(row.overdue),
        over_credit=Decimal(row.over_credit_limit),
        over_erp=Decimal(row.over_erp_limit),
        over_count=row.over_count,
        share=Decimal(row.exposure) / whole if whole else None,
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

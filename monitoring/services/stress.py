"""Stress: what a shock to a sector, to the largest groups or to the limits would cost us (domain 3.18)."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from companies.rules.loss import PdTable
from monitoring.choices import Cell, LimitMeasure
from monitoring.models import DefaultProbability, ExposureSettings, MatrixPolicy, Standing
from monitoring.rules.matrix import COLUMNS
from monitoring.rules.stress import Excess, Holding, Odds, Scenario, Stressed, stress
from monitoring.services.export import Sheet, Value

ZERO, ONE, CENT = Decimal(0), Decimal(1), Decimal("0.01")
LETTERS = {"FAV": ("A", "B"), "MOD": ("C",), "DEF": ("D",)}


@dataclass(frozen=True, slots=True)
class Stress:
    """A scenario and what it does. `odds` are shown beside it: they are placeholders until calibrated."""

    scenario: Scenario
    odds: Odds
    result: Stressed
    companies: int
    exposure: Decimal

    @property
    def already(self) -> int:
        """Companies in excess today."""
        return sum(one.already > 0 for one in self.result.in_excess)

    @property
    def newly(self) -> int:
        return len(self.result.in_excess) - self.already

    @property
    def excess(self) -> Decimal:
        return sum((one.amount for one in self.result.in_excess), ZERO)

    @property
    def excess_already(self) -> Decimal:
        return sum((one.already for one in self.result.in_excess), ZERO)


@dataclass(frozen=True, slots=True)
class Line:
    """A company above its limit under the scenario."""

    standing: Standing
    excess: Excess
    limit: Decimal | None
    cell: Cell
    defaulted: bool


def sectors() -> list[tuple[str, int, Decimal]]:
    """The sectors that owe us something: code, companies and exposure, the largest first."""
    rows = Standing.objects.filter(exposure__gt=0).exclude(sector="").order_by().values_list("sector")
    return sorted(rows.annotate(Count("pk"), Sum("exposure")), key=lambda row: -row[2])


def run(scenario: Scenario) -> Stress:
    """Apply a scenario to everybody who owes us something; three queries and the probabilities."""
    rows = Standing.objects.filter(exposure__gt=0).order_by("company")
    columns = ("pk", "cell", "exposure", "credit_limit", "sector", "head")
    holdings = [
        Holding(key=pk, cell=Cell(cell), exposure=exposure, limit=limit, sector=sector, group=head or pk)
        for pk, cell, exposure, limit, sector, head in rows.values_list(*columns).iterator(chunk_size=5000)
    ]
    odds, policy = _odds(), MatrixPolicy.objects.active()
    high_from = policy.high_from if policy.measure == LimitMeasure.CREDIT_LIMIT else None
    return Stress(
        scenario=scenario,
        odds=odds,
        result=stress(holdings, scenario, odds, high_from=high_from),
        companies=len(holdings),
        exposure=sum((one.exposure for one in holdings), ZERO),
    )


def _odds() -> Odds:
    """The probability of each column: that of its letters, weighted by what their companies owe us."""
    table = DefaultProbability.table()
    rows = Standing.objects.filter(exposure__gt=0, rating__in=table.by_rating).order_by().values_list("rating")
    owed = dict(rows.annotate(Sum("exposure")))
    columns = {column: _weighted(LETTERS[column], owed, table) for column in COLUMNS}
    chances = columns | {"FAIL": table.failed, "NR": table.not_rated}
    return Odds(default=chances, loss=ExposureSettings.current().loss_given_default / 100)


def _weighted(letters: tuple[str, ...], owed: dict[str, Decimal], table: PdTable) -> Decimal:
    weights = {letter: owed.get(letter, ZERO) for letter in letters}
    if not any(weights.values()):
        weights = dict.fromkeys(letters, ONE)
    return sum((table.by_rating[letter] * weight for letter, weight in weights.items()), ZERO) / sum(weights.values())


def lines(found: Stress, excesses: tuple[Excess, ...] | list[Excess]) -> list[Line]:
    """These companies in excess, with their standings; one query."""
    standings = Standing.objects.in_bulk([one.key for one in excesses])
    gone = set(found.result.defaulted)
    return [_line(found, standings[one.key], one, gone) for one in excesses if one.key in standings]


def _line(found: Stress, standing: Standing, excess: Excess, gone: set[int]) -> Line:
    limit = standing.credit_limit
    return Line(
        standing=standing,
        excess=excess,
        limit=None if limit is None else (limit * found.scenario.limits).quantize(CENT),
        cell=found.result.moved.get(standing.pk, Cell(standing.cell)),
        defaulted=standing.pk in gone,
    )


def sheet(found: Stress) -> Sheet:
    """Everybody above a limit under the scenario, largest excess first."""
    currency = settings.PORTFOLIO_CURRENCY
    amounts = (_("Exposure"), _("Credit limit"), _("Limit under stress"), _("Excess today"), _("Excess under stress"))
    head = [
        _("Company"), _("Country"), _("Sector"), _("Cell"), _("Cell under stress"),
        *(f"{label} ({currency})" for label in amounts),
    ]  # fmt: skip
    cells = {code: str(label) for code, label in Cell.choices}
    return Sheet(head=head, rows=_rows(found, cells))


def _rows(found: Stress, cells: dict[str, str]) -> Iterator[list[Value]]:
    for start in range(0, len(found.result.in_excess), 1000):
        for line in lines(found, found.result.in_excess[start : start + 1000]):
            row = line.standing
            yield [
                row.name, row.country, row.sector, cells[row.cell], cells[line.cell], row.exposure, row.credit_limit,
                line.limit, line.excess.already.quantize(CENT), line.excess.amount.quantize(CENT),
            ]  # fmt: skip

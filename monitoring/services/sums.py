"""The sums per role and cell: moved with the rows they are made of, so that no page counts companies."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from companies.choices import Role
from monitoring.models import CellSummary, Standing
from monitoring.models.standing import Placed

ZERO = Decimal(0)
SUMS = ("exposure", "overdue", "payable", "over_credit_limit", "over_erp_limit")
FLAGS = {role: f"is_{role}" for role in Role.values}
OVER = Q(over_credit_limit__gt=0) | Q(over_erp_limit__gt=0)


class Deltas:
    """What is to be added to each sum, written in as many updates as there are cells touched."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], dict[str, Decimal | int]] = defaultdict(lambda: defaultdict(int))

    def add(self, role: str, cell: str, amounts: Mapping[str, Any], *, sign: int) -> None:
        sums = self._of[role, cell]
        for name, amount in amounts.items():
            sums[name] += sign * (amount or 0)

    def write(self) -> None:
        missing = [CellSummary(role=role, cell=cell) for role, cell in self._of]
        CellSummary.objects.bulk_create(missing, ignore_conflicts=True)
        for (role, cell), delta in self._of.items():
            moved = {name: F(name) + value for name, value in delta.items() if value}
            if moved:
                CellSummary.objects.filter(role=role, cell=cell).update(**moved)


def sum_up(before: Mapping[int, Standing], changed: list[Standing]) -> None:
    """Move the sums from the rows as they were to the rows as they are."""
    deltas = Deltas()
    for sign, rows in ((-1, before.values()), (1, changed)):
        for row in rows:
            amounts = {name: getattr(row, name) for name in SUMS}
            for role in ("", *row.roles):
                deltas.add(role, seen_as(row, role), {"companies": 1, "over_count": is_over(row)} | amounts, sign=sign)
    deltas.write()


def move(rows: QuerySet[Standing], *, placed: str) -> None:
    """Move the sums of rows that are annotated with their `new_cell`, which is to go into the column `placed`."""
    deltas = Deltas()
    for group, amounts in _groups(rows, "new_cell"):
        after = {**group, placed: group["new_cell"]}
        for role in _roles(group):
            deltas.add(role, seen_in(group["cell"], group["supplier_cell"], role), amounts, sign=-1)
            deltas.add(role, seen_in(after["cell"], after["supplier_cell"], role), amounts, sign=1)
    deltas.write()


def recount() -> None:
    """Work the sums out again from all standings; call it while nothing is restated."""
    CellSummary.objects.all().delete()
    deltas = Deltas()
    for group, amounts in _groups(Standing.objects.all()):
        for role in _roles(group):
            deltas.add(role, seen_in(group["cell"], group["supplier_cell"], role), amounts, sign=1)
    deltas.write()


def _groups(rows: QuerySet[Standing], *also: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The sums of rows that count alike, with what they have in common: a GROUP BY, whatever their number."""
    common = ("cell", "supplier_cell", *FLAGS.values(), *also)
    sums = {f"sum_{name}": Sum(name) for name in SUMS}
    grouped = rows.order_by().values(*common)
    for group in grouped.annotate(companies=Count("pk"), over_count=Count("pk", filter=OVER), **sums):
        counts = {name: group[name] for name in ("companies", "over_count")}
        yield group, counts | {name: group[f"sum_{name}"] for name in SUMS}


def _roles(group: Mapping[str, Any]) -> list[str]:
    return ["", *(role for role, flag in FLAGS.items() if group[flag])]


def seen_as(row: Placed, role: str) -> str:
    return seen_in(row.cell, row.supplier_cell, role)


def seen_in(cell: str, supplier_cell: str, role: str) -> str:
    """The cell of a company in the sums of a role: suppliers may have a policy of their own."""
    return supplier_cell or cell if role == Role.SUPPLIER else cell


def is_over(row: Placed) -> bool:
    return (row.over_credit_limit or ZERO) > 0 or (row.over_erp_limit or ZERO) > 0

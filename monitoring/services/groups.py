"""One position per ultimate parent: what the companies of a group owe us, what we owe them, and what that weighs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, IntegerField, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _

from companies.models import Company
from companies.rules import kpis
from companies.rules.groups import ultimate_parents
from companies.rules.kpis import Kpi, Population
from monitoring.models import MatrixCell, Standing
from monitoring.models.standing import PlacedQuerySet
from monitoring.services.export import Sheet
from monitoring.services.export import Value as Shown

ZERO, CENT = Decimal(0), Decimal("0.01")
TOP = 10
CHUNK = 1000
STEP, DEEPEST = 16, 8  # of the drawn tree: the width of a level, and the last one that is moved further in
HEAD = Coalesce("head_id", "company_id")
AMOUNT = Standing._meta.get_field("exposure")
AMOUNTS = ("exposure", "overdue", "payable", "credit_limit", "erp_limit")
Row = dict[str, Any]


def ranks(cells: Mapping[str, MatrixCell]) -> Case:
    """The place of a row's cell among all, soundest first: a number of its own for each cell."""
    whens = [When(cell=code, then=Value(rank)) for rank, code in enumerate(cells)]
    return Case(*whens, default=Value(-1), output_field=IntegerField())


def positions(rows: PlacedQuerySet[Any], cells: Mapping[str, MatrixCell]) -> QuerySet[Any, Row]:
    """The sums of each group, in one query over standings or over positions of a day.

    Each row: `group` (the key of the ultimate parent), `members`, the sums of `AMOUNTS` (a limit that nobody of the
    group has is None; `unlimited` counts the members without), `net` = exposure − payable, `set_off` = the part
    of both that could be set off, `worst` = the rank of its worst cell, `partial` = members without an exchange rate.
    """
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in AMOUNTS}
    grouped = (
        _unordered(rows)
        .annotate(group=HEAD)
        .values("group")
        .annotate(
            members=Count("company_id"),
            unlimited=Count("company_id", filter=Q(credit_limit=None)),
            partial=Count("company_id", filter=Q(rate_missing=True)),
            worst=Max(ranks(cells)),
            **sums,
        )
    )
    both = Q(sum_exposure__gt=0, sum_payable__gt=0)
    found: QuerySet[Any, Row] = grouped.annotate(
        net=F("sum_exposure") - F("sum_payable"),
        set_off=Case(When(both, then=Least("sum_exposure", "sum_payable")), default=Value(ZERO), output_field=AMOUNT),
    )
    return found


def _unordered(rows: PlacedQuerySet[Any]) -> Any:
    """The rows to be grouped; what the stubs make of sums by name has no end."""
    return rows.order_by()


def found(rows: PlacedQuerySet[Any], text: str) -> PlacedQuerySet[Any]:
    """All members of the groups in which somebody, or the parent itself, answers to a search."""
    hits = Company.objects.search(text).values("pk")
    groups = rows.order_by().filter(company__in=hits).values(group=HEAD)
    return rows.filter(Q(head__in=groups) | Q(head=None, company__in=groups) | Q(head__in=hits))


def members(rows: PlacedQuerySet[Any], head: int) -> PlacedQuerySet[Any]:
    """The companies of one group."""
    return rows.filter(Q(head=head) | Q(head=None, company=head))


def named(page: list[Row]) -> list[Row]:
    """Put the names of the parents on the rows of a page; one query. A parent outside the portfolio has one too."""
    names = dict(Company.everyone.filter(pk__in=[row["group"] for row in page]).values_list("pk", "name"))
    for row in page:
        row["name"] = names.get(row["group"], "")
    return page


@dataclass(frozen=True)
class Weights:
    """How concentrated the exposure is, company by company or group by group (domain 5.13)."""

    top: Kpi
    hhi: Kpi
    equal: Kpi
    debtors: int


@dataclass(frozen=True)
class Weight:
    """A debtor and its part of all that is owed."""

    pk: int
    name: str
    amount: Decimal
    share: Decimal
    width: Decimal  # of its bar, 1 for the largest


@dataclass(frozen=True)
class Concentration:
    """The same exposure weighed twice, and the largest groups."""

    alone: Weights
    grouped: Weights
    largest: tuple[Weight, ...]
    total: Decimal


def concentration(rows: PlacedQuerySet[Any]) -> Concentration:
    """Top ten and HHI before and after grouping; credit balances left out. Five queries, whatever the number."""
    alone = _unordered(rows).values(key=F("company_id")).annotate(amount=Sum("exposure")).filter(amount__gt=0)
    groups = _unordered(rows).annotate(key=HEAD).values("key").annotate(amount=Sum("exposure")).filter(amount__gt=0)
    before, _largest, _total = _weights(alone)
    after, largest, total = _weights(groups)
    names = dict(Company.everyone.filter(pk__in=[key for key, _amount in largest]).values_list("pk", "name"))
    return Concentration(
        alone=before,
        grouped=after,
        largest=tuple(
            Weight(key, names.get(key, ""), amount, amount / total, amount / largest[0][1]) for key, amount in largest
        ),
        total=total,
    )


def _weights(amounts: QuerySet[Any, Row]) -> tuple[Weights, list[tuple[int, Decimal]], Decimal]:
    """The rules' figures from what the database added up, the largest with their amounts, and the sum of all."""
    sums = amounts.aggregate(total=Sum("amount"), squares=Sum(F("amount") * F("amount")), debtors=Count("key"))
    total, squares = Decimal(sums["total"] or 0), Decimal(sums["squares"] or 0)
    largest = list(amounts.order_by("-amount", "key").values_list("key", "amount")[:TOP])
    top, population = sum((amount for _key, amount in largest), ZERO), Population(companies=sums["debtors"])
    weights = Weights(
        top=kpis.top_share_of(top, total, population),
        hhi=kpis.hhi_of(squares, total, population),
        equal=kpis.equal_sizes_of(squares, total, population),
        debtors=sums["debtors"],
    )
    return weights, largest, total


@dataclass(frozen=True)
class Branch:
    """A company in the tree of its group: how deep it stands, and whether it is one of a loop."""

    pk: int
    name: str
    depth: int
    in_loop: bool
    row: Any  # a standing or a position, None for a company that has none on that day

    @property
    def indent(self) -> int:
        """Width of the space before the name."""
        return STEP * min(self.depth, DEEPEST)

    @property
    def elbow(self) -> int:
        """Where the line to the parent comes down."""
        return self.indent - STEP + 4


@dataclass(frozen=True)
class Tree:
    """A group from its parent downwards, and the loops of its data in words."""

    branches: tuple[Branch, ...]
    loops: tuple[tuple[str, ...], ...]


def tree(head: Company, members: list[Any]) -> Tree:
    """The companies of a group under one another by their direct parents; two queries for each level above."""
    companies = _with_parents({row.company_id for row in members} | {head.pk})
    parents = {pk: parent for pk, (_name, parent) in companies.items()}
    loops = ultimate_parents(parents).loops
    looping = {pk for loop in loops for pk in loop}
    below: dict[int | None, list[int]] = {}
    for pk, parent in sorted(parents.items(), key=lambda one: companies[one[0]][0]):
        below.setdefault(parent, []).append(pk)
    rows = {row.company_id: row for row in members}
    found: dict[int, int] = {}
    # who hangs on nobody follows at the end: what the data says today need not be what it said on the day
    for start in (head.pk, *parents):
        _walk(start, below, found)
    branches = (Branch(pk, companies[pk][0], depth, pk in looping, rows.get(pk)) for pk, depth in found.items())
    return Tree(tuple(branches), tuple(tuple(companies[pk][0] for pk in sorted(loop)) for loop in loops))


def _with_parents(pks: set[int]) -> dict[int, tuple[str, int | None]]:
    """Name and direct parent of these companies and of all above them."""
    known: dict[int, tuple[str, int | None]] = {}
    while pks:
        rows = Company.everyone.filter(pk__in=pks).values_list("pk", "name", "parent_id")
        known |= {pk: (name, parent) for pk, name, parent in rows}
        above = {parent for _name, parent in known.values() if parent is not None}
        pks = above - known.keys()
    return known


def _walk(start: int, below: Mapping[int | None, list[int]], found: dict[int, int]) -> None:
    """Write the depth of a company and of all under it, each once: loops end where they began."""
    waiting = [(start, 0)]
    while waiting:
        here, depth = waiting.pop()
        if here not in found:
            found[here] = depth
            waiting += [(pk, depth + 1) for pk in reversed(below.get(here, []))]


def sheet(rows: QuerySet[Any, Row], cells: Mapping[str, MatrixCell]) -> Sheet:
    """The groups as a file; words are looked up now: rows may be read when the request's language is gone."""
    money = settings.PORTFOLIO_CURRENCY
    head = [
        _("Group"), _("Companies"), f"{_('Exposure')} ({money})", f"{_('Overdue')} ({money})",
        f"{_('Credit limits')} ({money})", _("Companies without a limit"), f"{_('ERP limits')} ({money})",
        f"{_('We owe')} ({money})", f"{_('Net position')} ({money})", f"{_('Possible set-off')} ({money})",
        _("Worst cell"), _("Companies without an exchange rate"),
    ]  # fmt: skip
    return Sheet(head, _lines(rows, [cell.label for cell in cells.values()]))


def _lines(rows: QuerySet[Any, Row], labels: list[str]) -> Iterator[list[Shown]]:
    left = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(left, CHUNK)):
        for row in named(chunk):
            exposure, overdue, credit_limit, erp_limit, payable, net, set_off = (_cents(row[name]) for name in SUMS)
            yield [
                row["name"], row["members"], exposure, overdue, credit_limit, row["unlimited"], erp_limit, payable,
                net, set_off, labels[row["worst"]] if row["worst"] >= 0 else "", row["partial"],
            ]  # fmt: skip


SUMS = ("sum_exposure", "sum_overdue", "sum_credit_limit", "sum_erp_limit", "sum_payable", "net", "set_off")


def _cents(amount: Decimal | None) -> Decimal | None:
    """SQLite forgets the zeros of a sum."""
    return None if amount is None else Decimal(amount).quantize(CENT)

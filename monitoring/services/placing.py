"""Which policy judges a company, and the place it gives (domain 4.4 and 4.5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.db.models import Q

from companies.choices import Role
from companies.rules.exposure import headroom
from monitoring.choices import Cell, LimitMeasure, PolicyState
from monitoring.models import MatrixPolicy, Override, Standing
from monitoring.models.standing import JUDGED_FIRST, Placed
from monitoring.rules import matrix
from monitoring.rules.matrix import Inheritance, PolicyRules, Position
from monitoring.services.money import Rates

ZERO, HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True)
class Judge:
    """A policy with its rules and the severity of its cells."""

    policy: MatrixPolicy
    rules: PolicyRules
    severities: Mapping[str, int]

    @classmethod
    def of(cls, policy: MatrixPolicy, rates: Rates) -> "Judge":
        """The threshold goes into the currency of the portfolio; without a rate it stays as it is."""
        rules = policy.rules()
        high_from = rates.convert(rules.high_from, policy.currency)
        rules = rules if high_from is None else replace(rules, high_from=high_from)
        return cls(policy, rules, {cell.code: cell.severity for cell in policy.cells.all()})

    def measured(self, row: Placed) -> Decimal | None:
        amount: Decimal | None = getattr(row, LimitMeasure(self.policy.measure).value)
        return amount


class Bench:
    """The policies in force by role. A role without one is judged as clients are."""

    def __init__(self, rates: Rates) -> None:
        active = MatrixPolicy.objects.filter(state=PolicyState.ACTIVE).prefetch_related("cells")
        self.by_role = {policy.role: Judge.of(policy, rates) for policy in active}
        self._by_policy = {judge.policy.pk: judge for judge in self.by_role.values()}
        self._rates = rates

    def is_retired(self) -> bool:
        """Whether other policies are in force by now."""
        ours = {judge.policy.pk for judge in self.by_role.values()}
        return ours != set(MatrixPolicy.objects.filter(state=PolicyState.ACTIVE).values_list("pk", flat=True))

    @property
    def first(self) -> Judge:
        """The judge of clients, whose row also is the lock of all restating."""
        return self.by_role[Role.CLIENT]

    @property
    def inherits(self) -> bool:
        return any(judge.rules.inheritance is not Inheritance.OWN for judge in self.by_role.values())

    def of(self, row: Placed) -> Judge:
        return self.by_role.get(row.judged_as, self.first)

    def supplier(self, row: Placed) -> Judge | None:
        """Who judges the other side of a company that also buys, if suppliers have a policy of their own."""
        also = row.is_supplier and (row.is_client or row.is_prospect)
        return self.by_role.get(Role.SUPPLIER) if also else None

    def that_was(self, policy_id: int | None) -> Judge:
        """A policy that was in force once, or the one in force."""
        if policy_id is not None and policy_id not in self._by_policy:
            policy = MatrixPolicy.objects.prefetch_related("cells").get(pk=policy_id)
            self._by_policy[policy_id] = Judge.of(policy, self._rates)
        return self.first if policy_id is None else self._by_policy[policy_id]


def scope(role: str, active: Mapping[str, object]) -> Q:
    """The companies that the policy of a role judges: those whose first role it is, and for clients all the rest."""
    first: dict[str, Q] = {}
    before = Q()
    for one in JUDGED_FIRST:
        first[one.value] = before & Q(**{f"is_{one.value}": True})
        before &= Q(**{f"is_{one.value}": False})
    if role != Role.CLIENT:
        return first[role]
    unjudged = before
    for one in JUDGED_FIRST[1:]:
        if one.value not in active:
            unjudged |= first[one.value]
    return first[Role.CLIENT.value] | unjudged


@dataclass(frozen=True)
class Around:
    """What else decides the places of a batch: those set by hand, and the figures of ultimate parents."""

    as_of: date
    overrides: Mapping[int, matrix.Override] = field(default_factory=dict)
    parents: Mapping[int, Position] = field(default_factory=dict)


def around(rows: Iterable[Placed], bench: Bench, *, as_of: date) -> Around:
    """Read what decides the places of these companies on this day; one query, and one where a policy inherits."""
    listed = list(rows)
    by_hand = Override.objects.in_force(as_of).filter(company__in=[row.company_id for row in listed])
    heads = {row.head_id for row in listed if row.head_id} if bench.inherits else set()
    parents = {row.pk: _facts(row) for row in Standing.objects.filter(pk__in=heads)}
    return Around(as_of, {one.company_id: _rule(one) for one in by_hand}, parents)


def _rule(row: Override) -> matrix.Override:
    return matrix.Override(Cell(row.cell), row.reason, str(row.decided_by_id), row.since, row.until)


def settle(row: Placed, bench: Bench, surroundings: Around, *, before: Standing | None = None) -> None:
    """Write the place of a row, and what follows from it; `before` is where it was, for policies with a memory."""
    judge = bench.of(row)
    previous, days = _memory(before, judge.rules, surroundings.as_of)
    set_place(row, judge, surroundings, previous=previous, days_in_cell=days)
    other = bench.supplier(row)
    if other is not None:
        facts = _facts(row, y=other.measured(row), parent=surroundings.parents.get(row.head_id or 0))
        row.supplier_cell = matrix.place(facts, other.rules, as_of=surroundings.as_of).cell.value


def set_place(
    row: Placed,
    judge: Judge,
    surroundings: Around,
    *,
    previous: Cell | None = None,
    days_in_cell: int | None = None,
) -> None:
    """Write the place that one policy gives, with its excess over the limits."""
    parent = surroundings.parents.get(row.head_id or 0)
    facts = _facts(row, y=judge.measured(row), parent=parent, override=surroundings.overrides.get(row.company_id))
    placed = matrix.place(facts, judge.rules, previous=previous, days_in_cell=days_in_cell, as_of=surroundings.as_of)
    row.policy, row.y = judge.policy, facts.y
    row.cell, row.reason, row.no_limit = placed.cell.value, placed.reason.value, placed.no_limit
    row.hatched, row.overridden, row.inherited = placed.hatched, placed.overridden, placed.inherited
    row.severity = judge.severities[row.cell]
    credit, erp = headroom(row.exposure, row.credit_limit), headroom(row.exposure, row.erp_limit)
    row.use_of_limit, row.over_credit_limit, row.over_erp_limit = credit.use, credit.excess, erp.excess


def _memory(before: Standing | None, rules: PolicyRules, as_of: date) -> tuple[Cell | None, int | None]:
    """The cell that a policy with hysteresis remembers, unless it was set by hand.

    A policy that comes into force places everybody without memory first, so that what it remembers is its own.
    """
    if before is None or not rules.steady or before.overridden:
        return None, None
    since = before.in_cell_since
    return Cell(before.cell), (as_of - since).days if since else None


def _facts(
    row: Placed,
    *,
    y: Decimal | None = None,
    parent: Position | None = None,
    override: matrix.Override | None = None,
) -> Position:
    return Position(
        score=row.score,
        rating=row.rating or None,
        rating_state=row.rating_state,
        status=row.status,
        open_proceeding=row.in_proceeding,
        y=y,
        scored_on=row.scored_on,
        behaviour=behaviour(row.exposure, row.overdue),
        parent=parent,
        override=override,
    )


def behaviour(exposure: Decimal, overdue: Decimal) -> Decimal | None:
    """How it pays us on the scale of a score: the share of what it owes that is not late; unknown when it owes nothing.

    >>> behaviour(Decimal(200), Decimal(50))
    Decimal('75')
    """
    if exposure <= 0:
        return None
    return max(ZERO, min(HUNDRED, HUNDRED * (exposure - overdue) / exposure))

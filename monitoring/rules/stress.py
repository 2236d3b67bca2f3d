"""What a shock would cost: a sector one band down, the largest groups gone, limits or covers cut (domain 3.18)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from monitoring.choices import Cell
from monitoring.rules.matrix import COLUMNS, ROWS, cell_at, column_of

_ZERO, _ONE = Decimal(0), Decimal(1)
_BANDS = {*COLUMNS, "FAIL", "NR"}


@dataclass(frozen=True, slots=True)
class Holding:
    """What is at risk with one company, in one currency. `limit` is the provider's, None where there is none.

    `cover` is the insured amount and `covered_share` the share of a loss the insurer bears (a fraction); `group` is
    the key of its ultimate parent, None for a company that has none and so is its own group.
    """

    key: int
    cell: Cell
    exposure: Decimal
    limit: Decimal | None = None
    sector: str = ""
    group: int | None = None
    cover: Decimal = _ZERO
    covered_share: Decimal = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class Odds:
    """Placeholders until calibrated on our own history (domain 5.14); all are fractions from 0 to 1.

    `default` gives the probability of default within a year per column or lane (FAV, MOD, DEF, FAIL, NR), `loss` the
    part of an exposure lost then, `void` the risk that a cover is worth nothing.
    """

    default: Mapping[str, Decimal]
    loss: Decimal
    void: Decimal = _ZERO

    def __post_init__(self) -> None:
        """Refuse a percentage given as a fraction, and a band without a probability."""
        if missing := _BANDS - self.default.keys():
            raise ValueError(f"no probability of default for {', '.join(sorted(missing))}")
        if not all(0 <= odds <= 1 for odds in (*self.default.values(), self.loss, self.void)):
            raise ValueError("odds are fractions from 0 to 1")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Shocks that happen together. `sector` None: every sector; the largest groups are those by exposure.

    `limits` and `covers` are what remains of them, as fractions: 0.5 halves the provider's limits.
    """

    sector: str | None = None
    bands_down: int = 0
    largest: int = 0
    limits: Decimal = _ONE
    covers: Decimal = _ONE

    def __post_init__(self) -> None:
        """Refuse a shock that is none."""
        if min(self.bands_down, self.largest) < 0 or not (0 <= self.limits <= 1 and 0 <= self.covers <= 1):
            raise ValueError("a shock lowers: counts are not negative, what remains is a fraction from 0 to 1")


@dataclass(frozen=True, slots=True)
class Loss:
    """An expected loss in euros, before and after the insurer's indemnity."""

    gross: Decimal = _ZERO
    net: Decimal = _ZERO

    def __add__(self, other: "Loss") -> "Loss":
        """Add up two companies."""
        return Loss(self.gross + other.gross, self.net + other.net)


@dataclass(frozen=True, slots=True)
class Excess:
    """A company above its limit under the scenario, by how much, and by how much it is already (0: not yet)."""

    key: int
    amount: Decimal
    already: Decimal


@dataclass(frozen=True, slots=True)
class Stressed:
    """The portfolio before and after: expected loss, exposure without cover, who exceeds, who moved, who defaulted.

    `moved` gives the cell under the scenario; `defaulted` the companies of the groups that fall, largest group first.
    """

    before: Loss
    after: Loss
    uninsured_before: Decimal
    uninsured_after: Decimal
    in_excess: tuple[Excess, ...]
    moved: Mapping[int, Cell] = field(default_factory=dict)
    defaulted: tuple[int, ...] = ()


def expected_loss(holding: Holding, odds: Odds, *, default: Decimal | None = None) -> Loss:
    """Return EAD × PD × LGD, gross and net of the indemnity (domain 5.14). `default` replaces the odds of its cell.

    The insurer pays its share of the loss on the part of the exposure that is within the cover.
    """
    at_default = max(_ZERO, holding.exposure)
    probability = odds.default[column_of(holding.cell)] if default is None else default
    lost = at_default * odds.loss
    insured = lost * min(_ONE, holding.cover / at_default) if at_default else _ZERO
    indemnity = insured * holding.covered_share * (1 - odds.void)
    return Loss(gross=lost * probability, net=(lost - indemnity) * probability)


def stress(
    holdings: Iterable[Holding], scenario: Scenario, odds: Odds, *, high_from: Decimal | None = None
) -> Stressed:
    """Return what the scenario does to these companies; those in excess come with the largest excess first.

    `high_from` is the threshold of a policy that measures the provider's limit: cutting limits moves its rows too.
    """
    now = list(holdings)
    then = [_shocked(holding, scenario, high_from) for holding in now]
    fallen = _largest(now, scenario.largest)
    sunk = set(fallen)
    after = (expected_loss(one, odds, default=_ONE if one.key in sunk else None) for one in then)
    return Stressed(
        before=sum((expected_loss(one, odds) for one in now), Loss()),
        after=sum(after, Loss()),
        uninsured_before=sum((_uninsured(one) for one in now), _ZERO),
        uninsured_after=sum((_uninsured(one) for one in then), _ZERO),
        in_excess=_in_excess(now, then),
        moved={new.key: new.cell for old, new in zip(now, then, strict=True) if new.cell != old.cell},
        defaulted=fallen,
    )


def _shocked(holding: Holding, scenario: Scenario, high_from: Decimal | None) -> Holding:
    hit = scenario.bands_down and scenario.sector in {None, holding.sector}
    cell = _lowered(holding.cell, scenario.bands_down) if hit else holding.cell
    limit = None if holding.limit is None else holding.limit * scenario.limits
    if high_from is not None and limit != holding.limit and column_of(cell) in COLUMNS:
        row = ROWS[limit is not None and limit >= high_from]
        cell = Cell(f"{row}-{column_of(cell)}")
    return replace(holding, cell=cell, limit=limit, cover=holding.cover * scenario.covers)


def _lowered(cell: Cell, bands: int) -> Cell:
    """Return the cell some columns worse; below the weakest there is none, for failing is a fact and not a band."""
    column = column_of(cell)
    return cell_at(cell, column=COLUMNS[max(0, COLUMNS.index(column) - bands)]) if column in COLUMNS else cell


def _largest(holdings: Sequence[Holding], number: int) -> tuple[int, ...]:
    """Return the companies of the groups with the largest exposure; a company without a group is its own."""
    groups: dict[int, list[Holding]] = defaultdict(list)
    for holding in holdings:
        groups[holding.key if holding.group is None else holding.group].append(holding)
    owed = {group: sum((one.exposure for one in members), _ZERO) for group, members in groups.items()}
    ranked = sorted((group for group in groups if owed[group] > 0), key=lambda group: (-owed[group], group))
    return tuple(one.key for group in ranked[:number] for one in groups[group])


def _in_excess(now: Sequence[Holding], then: Sequence[Holding]) -> tuple[Excess, ...]:
    pairs = ((old, new, _excess(new)) for old, new in zip(now, then, strict=True))
    found = [Excess(new.key, amount, _excess(old)) for old, new, amount in pairs if amount > 0]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.key)))


def _excess(holding: Holding) -> Decimal:
    """Return what is above the limit; without a limit there is nothing to exceed, and nothing owed exceeds none."""
    return _ZERO if holding.limit is None else max(_ZERO, holding.exposure - max(_ZERO, holding.limit))


def _uninsured(holding: Holding) -> Decimal:
    return max(_ZERO, holding.exposure - holding.cover)

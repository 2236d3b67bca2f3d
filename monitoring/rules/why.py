"""Why a company moved: each input put to its new value alone, and its fair part of the move (domain 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from math import factorial

from monitoring.choices import Cell
from monitoring.rules.matrix import Override, Placement, PolicyRules, Position, place


class Cause(StrEnum):
    """What made a company move. In the order in which equal parts are told apart: facts before our own rules."""

    STATUS = "status"
    LINK = "link"
    SCORE = "score"
    LIMIT = "limit"
    POLICY = "policy"
    OVERRIDE = "override"
    PARENT = "parent"
    STAY = "stay"
    ENTERED = "entered"
    LEFT = "left"


_FIELDS: Mapping[Cause, tuple[str, ...]] = {
    Cause.STATUS: ("status", "open_proceeding", "struck_off"),
    Cause.SCORE: ("score", "rating", "rating_state", "behaviour"),
    Cause.LIMIT: ("y",),
    Cause.PARENT: ("parent",),
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that placed a company on a day. `link` names the provider's record its figures came from.

    `y_from_provider`: the measure is the provider's too, so that it moves with a corrected link.
    """

    position: Position
    policy: PolicyRules
    as_of: date
    previous: Cell | None = None
    days_in_cell: int | None = None
    link: str = ""
    y_from_provider: bool = True

    def place(self) -> Placement:
        """Return where it stands on its day."""
        return place(
            self.position,
            self.policy,
            previous=self.previous,
            days_in_cell=self.days_in_cell,
            as_of=self.as_of,
        )


@dataclass(frozen=True, slots=True)
class Input:
    """An input that changed, by the name of its field, with its value at both dates."""

    name: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Factor:
    """A cause that changed. `alone`: the cell had only it changed; `without`: the cell had all but it changed.

    `share` is its part of the move, averaged over all orders in which the inputs could have changed (Shapley): the
    parts of a move add up to 1, and a part below 0 held the company back.
    """

    cause: Cause
    inputs: tuple[Input, ...]
    alone: Cell
    without: Cell
    enough_alone: bool
    share: Fraction


@dataclass(frozen=True, slots=True)
class Why:
    """The move, its main cause (None when it did not move), and every cause that changed, the largest part first."""

    before: Cell | None
    after: Cell | None
    cause: Cause | None
    factors: tuple[Factor, ...] = ()


def why(before: Snapshot | None, after: Snapshot | None) -> Why:
    """Explain the move between two days; None is a day on which the company was not there.

    A link that was corrected takes in the score, the status and the measure that came with it, for none of them
    changed in the world.
    """
    if before is None or after is None:
        return _appeared(before, after)
    changed = _changed(before, after)
    cells = _counterfactuals(before, after, changed)
    start, end = cells[frozenset()], cells[frozenset(changed)]
    factors = sorted((_factor(cause, changed, cells) for cause in changed), key=_rank)
    return Why(start, end, None if start == end else factors[0].cause, tuple(factors))


def _appeared(before: Snapshot | None, after: Snapshot | None) -> Why:
    if after is not None:
        return Why(None, after.place().cell, Cause.ENTERED)
    return Why(None if before is None else before.place().cell, None, None if before is None else Cause.LEFT)


def _changed(before: Snapshot, after: Snapshot) -> dict[Cause, tuple[Input, ...]]:
    """Return the inputs that changed by their cause, in the order of the causes."""
    found = {cause: _differences(before.position, after.position, names) for cause, names in _FIELDS.items()}
    found[Cause.POLICY] = _differences(before, after, ("policy",))
    found[Cause.OVERRIDE] = _difference("override", _override(before), _override(after))
    if before.policy.steady or after.policy.steady:
        found[Cause.STAY] = _differences(before, after, ("previous", "days_in_cell"))
    if before.link and after.link and before.link != after.link:
        taken = (Cause.STATUS, Cause.SCORE, *((Cause.LIMIT,) if after.y_from_provider else ()))
        carried = [one for cause in taken for one in found.pop(cause)]
        found[Cause.LINK] = (*_differences(before, after, ("link",)), *carried)
    return {cause: found[cause] for cause in Cause if found.get(cause)}


def _differences(before: object, after: object, names: tuple[str, ...]) -> tuple[Input, ...]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return tuple(one for name, old, new in pairs for one in _difference(name, old, new))


def _difference(name: str, old: object, new: object) -> tuple[Input, ...]:
    return () if old == new else (Input(name, old, new),)


def _override(snapshot: Snapshot) -> Override | None:
    """Return the override in force on the day, so that one that ran out counts as a change."""
    override = snapshot.position.override
    return override if override is not None and override.in_force(snapshot.as_of) else None


def _counterfactuals(
    before: Snapshot, after: Snapshot, changed: Mapping[Cause, tuple[Input, ...]]
) -> dict[frozenset[Cause], Cell]:
    """Return the cell for every choice of causes to put to their new value; the others keep their old one."""
    start = replace(before, position=replace(before.position, override=_override(before)))
    subsets = [frozenset(some) for size in range(len(changed) + 1) for some in combinations(changed, size)]
    return {some: _mixed(start, after, [one for cause in some for one in changed[cause]]) for some in subsets}


def _mixed(start: Snapshot, after: Snapshot, inputs: list[Input]) -> Cell:
    """Return the cell on the old snapshot with these inputs at their new value."""
    of_snapshot = {one.name: one.after for one in inputs if one.name in {"policy", "previous", "days_in_cell", "link"}}
    of_position = {one.name: one.after for one in inputs if one.name not in of_snapshot}
    mixed = replace(start, position=replace(start.position, **of_position), **of_snapshot)  # type: ignore[arg-type]  # Input is untyped by design
    override = mixed.position.override
    day = after.as_of if override is not None and not override.in_force(start.as_of) else start.as_of
    return replace(mixed, as_of=day).place().cell


def _factor(cause: Cause, changed: Mapping[Cause, tuple[Input, ...]], cells: Mapping[frozenset[Cause], Cell]) -> Factor:
    everything = frozenset(changed)
    start, end = cells[frozenset()], cells[everything]
    alone, without = cells[frozenset({cause})], cells[everything - {cause}]
    moved = start != end
    share = _shapley(cause, cells, end) if moved else Fraction(0)
    return Factor(cause, changed[cause], alone, without, enough_alone=moved and alone == end, share=share)


def _shapley(cause: Cause, cells: Mapping[frozenset[Cause], Cell], end: Cell) -> Fraction:
    """Return how often, over all orders, the change of this input is the one that brings the company to `end`."""
    number = max(len(some) for some in cells)
    share = Fraction(0)
    for some, cell in cells.items():
        if cause in some:
            gained = (cell == end) - (cells[some - {cause}] == end)
            share += Fraction(gained * factorial(len(some) - 1) * factorial(number - len(some)), factorial(number))
    return share


_RANKS = {cause: rank for rank, cause in enumerate(Cause)}


def _rank(factor: Factor) -> tuple[Fraction, int]:
    return -factor.share, _RANKS[factor.cause]

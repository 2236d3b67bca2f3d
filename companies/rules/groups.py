"""Companies under their ultimate parent, and what they weigh together (domain 5.15)."""

from collections.abc import Container, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

ZERO = Decimal(0)


class Identifier(Hashable, Protocol):
    """What names a company: hashable, and ordered so that a loop always gets the same head."""

    def __lt__(self, other: Any, /) -> bool:
        """Compare with another identifier of the same kind."""


Key = TypeVar("Key", bound=Identifier)


class LimitScope(StrEnum):
    """Whose exposure is tested against whose limit (domain 2.1)."""

    OWN = "own"
    PARENT = "parent"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Groups(Generic[Key]):
    """The ultimate parent of each company, and the loops found in the data, each with its members.

    A company without parent is its own group; a loop is one group under its smallest identifier.
    """

    heads: Mapping[Key, Key]
    loops: tuple[frozenset[Key], ...]

    def members(self) -> dict[Key, tuple[Key, ...]]:
        """Return the companies of each group by its head, in order."""
        found: dict[Key, list[Key]] = {}
        for company in sorted(self.heads):
            found.setdefault(self.heads[company], []).append(company)
        return {head: tuple(companies) for head, companies in found.items()}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one company weighs, in one currency; None is unknown. `payables` is what we owe it, positive."""

    exposure: Decimal | None = None
    cover: Decimal | None = None
    approved: Decimal | None = None
    payables: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The sums of a group over the companies whose figure is known; None when none is.

    `unknown` counts the missing ones by figure: a sum with some missing is a part of the truth, to be shown as such.
    """

    companies: int
    exposure: Decimal | None
    cover: Decimal | None
    approved: Decimal | None
    payables: Decimal | None
    unknown: Mapping[str, int]

    @property
    def net_position(self) -> Decimal | None:
        """What the group owes us less what we owe it, if all could be set off; None while a part is unknown."""
        if self.exposure is None or self.payables is None or self.unknown["exposure"] or self.unknown["payables"]:
            return None
        return self.exposure - self.payables


@dataclass(frozen=True, slots=True)
class LimitBasis(Generic[Key]):
    """Whose exposures add up against whose limits."""

    exposures: tuple[Key, ...]
    limits: tuple[Key, ...]


def ultimate_parents(parents: Mapping[Key, Key | None]) -> Groups[Key]:
    """Return the groups of companies by their direct parents. Takes one step for each company: loops do not hang.

    A parent that is not among the companies still is the head of its children.
    """
    heads: dict[Key, Key] = {}
    loops: list[frozenset[Key]] = []
    for company in parents:
        path, here = _climb(company, parents, heads)
        if here in heads:
            head = heads[here]
        else:
            loop = frozenset(path[path.index(here) :])
            loops += [loop] if len(loop) > 1 else []
            head = min(loop)
        heads.update(dict.fromkeys(path, head))
    return Groups({company: heads[company] for company in parents}, tuple(loops))


def sums_by_group(figures: Mapping[Key, Figures], groups: Groups[Key]) -> dict[Key, GroupFigures]:
    """Return the sums of each group by its head; a company of no known group counts for itself."""
    members: dict[Key, list[Figures]] = {}
    for company, own in figures.items():
        members.setdefault(groups.heads.get(company, company), []).append(own)
    return {head: group_figures(found) for head, found in members.items()}


def group_figures(figures: Iterable[Figures]) -> GroupFigures:
    """Add up the figures of a group's companies."""
    found = list(figures)
    sums: dict[str, Decimal | None] = {}
    unknown: dict[str, int] = {}
    for name in (field.name for field in fields(Figures)):
        known = [amount for amount in (getattr(own, name) for own in found) if amount is not None]
        sums[name], unknown[name] = (sum(known, ZERO) if known else None), len(found) - len(known)
    return GroupFigures(companies=len(found), **sums, unknown=unknown)


def distressed(parents: Mapping[Key, Key | None], in_proceedings: Iterable[Key]) -> dict[Key, Key]:
    """Return the companies below one in proceedings, each with the nearest such parent (group distress).

    Their own cell does not change by that; a company in proceedings is there only for another one above it.
    """
    failed = frozenset(in_proceedings)
    nearest: dict[Key, Key | None] = {}
    for company in parents:
        path, _ = _climb(company, parents, nearest)
        for here in (*reversed(path), *reversed(path)):  # twice, since the end of a loop looks at its start
            above = parents.get(here)
            nearest[here] = above if above is None or above in failed else nearest.get(above)
    found = ((company, nearest[company]) for company in parents)
    return {company: parent for company, parent in found if parent is not None and parent != company}


def limit_basis(company: Key, groups: Groups[Key], scope: LimitScope) -> LimitBasis[Key]:
    """Return whose exposures a policy tests against whose limits: own by own, the group's by its head's limit, or the
    group's by the sum of its limits.
    """
    if scope is LimitScope.OWN:
        return LimitBasis((company,), (company,))
    head = groups.heads.get(company, company)
    members = groups.members().get(head, (company,))
    return LimitBasis(members, (head,) if scope is LimitScope.PARENT else members)


def _climb(company: Key, parents: Mapping[Key, Key | None], known: Container[Key]) -> tuple[list[Key], Key]:
    """Return the companies from one upwards, and where the way ends: at one already known, or at one of the path
    itself, which is the top when it is the last and the start of a loop when it is not.
    """
    path: dict[Key, None] = {}
    here = company
    while here not in known and here not in path:
        path[here] = None
        above = parents.get(here)
        here = here if above is None else above
    return list(path), here

"""What changed between two reports, as facts by name. Pure: no words, no clock.

A report is a list of facts; a fact that isn't there is unknown. Comparing a report with itself finds nothing, and
comparing the other way round finds the same changes mirrored.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

Value = str | int | Decimal | date


class Chapter(StrEnum):
    """In the order in which a reader wants them when nothing else decides."""

    JUDGMENTS = "judgments"
    SOLVENCY = "solvency"
    IDENTITY = "identity"
    ACCOUNTS = "accounts"
    PAYMENTS = "payments"
    DIRECTORS = "directors"
    GROUP = "group"
    HISTORY = "history"


class Kind(StrEnum):
    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


ORDER = {chapter: place for place, chapter in enumerate(Chapter)}
# 0 is what a credit manager must not miss; what is not named here is 5.
IMPORTANCE: Mapping[str, int] = {
    "proceeding": 0,
    "rating_state": 0,
    "status": 0,
    "judgment": 0,
    "notice": 0,
    "rating": 1,
    "score": 1,
    "credit_limit": 1,
    "privileges": 1,
    "ccj": 1,
    "contract_limit": 2,
    "accounts": 2,
    "name": 2,
    "dbt": 2,
    "mortgages": 2,
    "address": 3,
    "director": 3,
    "turnover": 3,
    "net_result": 3,
    "equity": 3,
    "ultimate_parent": 3,
    "parent": 3,
    "shareholder": 3,
    "legal_form": 3,
    "capital": 3,
    "pod": 3,
    "section": 4,
}
ORDINARY = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a report says. `key` tells facts of one code apart, `about` names it for people.

    `within` names a fact, code and key, that both reports must have for this one to be compared: the figures of a year
    that is new are not changes of their own. Only value and unit are compared; the rest is for the words.
    """

    code: str
    chapter: Chapter
    value: Value
    key: str = ""
    unit: str = ""
    about: str = ""
    on: date | None = None
    parts: Mapping[str, Decimal | None] = field(default_factory=dict)
    within: tuple[str, str] | None = None

    @property
    def says(self) -> tuple[Value, str]:
        return self.value, self.unit


@dataclass(frozen=True, slots=True)
class Change:
    """One fact before and after; None where a report does not have it. At least one is there."""

    before: Fact | None
    after: Fact | None

    @property
    def fact(self) -> Fact:
        """What names the change: the newer fact, else the older."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change of nothing")
        return found

    @property
    def code(self) -> str:
        return self.fact.code

    @property
    def chapter(self) -> Chapter:
        return self.fact.chapter

    @property
    def kind(self) -> Kind:
        return Kind.NEW if self.before is None else Kind.GONE if self.after is None else Kind.CHANGED

    @property
    def importance(self) -> int:
        return IMPORTANCE.get(self.code, ORDINARY)

    def mirrored(self) -> "Change":
        return Change(self.after, self.before)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes, important first within a chapter, and how many facts are as they were.

    `left_out` names the chapters that one of the reports could not bring: nothing of them is compared.
    """

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    left_out: frozenset[Chapter] = frozenset()

    def by_chapter(self) -> list[tuple[Chapter, list[Change]]]:
        """Chapters with their changes, the chapter with the most important change first."""
        found: dict[Chapter, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.chapter, []).append(change)
        return sorted(found.items(), key=lambda item: (min(c.importance for c in item[1]), ORDER[item[0]]))


def compare(older: Iterable[Fact], newer: Iterable[Fact], *, left_out: Set[Chapter] = frozenset()) -> Comparison:
    """What the newer report says otherwise than the older one. Facts of a chapter that is left out don't count."""
    before, after = _named(older, left_out), _named(newer, left_out)
    changes, unchanged = [], 0
    for name in dict.fromkeys([*after, *before]):
        one, other = before.get(name), after.get(name)
        if not all(_comparable(fact, before, after) for fact in (one, other)):
            continue
        if one is not None and other is not None and one.says == other.says:
            unchanged += 1
        else:
            changes.append(Change(one, other))
    return Comparison(tuple(sorted(changes, key=_rank)), unchanged, frozenset(left_out))


Named = Mapping[tuple[str, str], Fact]


def _named(facts: Iterable[Fact], left_out: Set[Chapter]) -> dict[tuple[str, str], Fact]:
    """Facts by code and key; namesakes get a number, in their order."""
    found: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        if fact.chapter not in left_out:
            found[next(name for name in _names(fact) if name not in found)] = fact
    return found


def _names(fact: Fact) -> Iterator[tuple[str, str]]:
    yield fact.code, fact.key
    number = 2
    while True:
        yield fact.code, f"{fact.key}\x00{number}"
        number += 1


def _comparable(fact: Fact | None, before: Named, after: Named) -> bool:
    return fact is None or fact.within is None or (fact.within in before and fact.within in after)


def _rank(change: Change) -> tuple[int, int, int, str]:
    fact = change.fact
    recent = -(fact.on.toordinal() if fact.on else 0)
    return ORDER[change.chapter], change.importance, recent, f"{fact.code} {fact.key}"

"""How well a policy would have warned: positions as stored against what became of the companies (domain 3.3)."""

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from statistics import median

from monitoring.choices import Cell
from monitoring.rules.matrix import PolicyRules, Position, place

ENOUGH = 20
"""Outcomes; with fewer, a rate says more about chance than about the policy."""
WARNING = frozenset({Cell.HIGH_DEF, Cell.LOW_DEF, Cell.FAIL})


class OutcomeKind(StrEnum):
    """What a policy should have warned of."""

    PROCEEDING = "proceeding"
    OVERDUE_90 = "overdue_90"
    WRITE_OFF = "write_off"


class Refusal(StrEnum):
    """Why no conclusion is drawn."""

    TOO_FEW_OUTCOMES = "too_few_outcomes"


@dataclass(frozen=True, slots=True)
class Observation:
    """The position of a company as it was stored on a day. Positions of one company need no order."""

    key: int
    on: date
    position: Position


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a company, and the amount it cost or left unpaid; None is unknown. The first one counts."""

    key: int
    on: date
    kind: OutcomeKind
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `as_of` is the last day of which outcomes are known; `warning` the cells that count as a warning.

    A warning less than `react_days` before the outcome still hits, but avoids nothing.
    """

    as_of: date
    warning: frozenset[Cell] = WARNING
    months: int = 12
    react_days: int = 0
    enough: int = ENOUGH


@dataclass(frozen=True, slots=True)
class Result:
    """How a policy did. The figures below `refusal` are None when it says why no conclusion is drawn.

    `outcomes` had at least one position in the months before them, `unobserved` had none and are not judged. `alarms`
    are runs of warnings whose months have passed, `pending` those whose months have not. `hit_rate` and
    `false_alarm_rate` are fractions; `avoided` sums the amounts of the hits, of which `amounts_unknown` have none.
    """

    outcomes: int
    unobserved: int
    alarms: int
    pending: int
    refusal: Refusal | None = None
    hits: int | None = None
    false_alarms: int | None = None
    hit_rate: Decimal | None = None
    false_alarm_rate: Decimal | None = None
    lead_days: Decimal | None = None
    avoided: Decimal | None = None
    amounts_unknown: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A draft against the active policy on the same facts. Differences are draft − active, None when either is."""

    draft: Result
    active: Result

    @property
    def refusal(self) -> Refusal | None:
        """Why no conclusion is drawn, if none is."""
        return self.draft.refusal or self.active.refusal

    def difference(self, figure: str) -> Decimal | None:
        """Return how much more the draft has of a figure of `Result`, such as "hit_rate"."""
        mine, theirs = getattr(self.draft, figure), getattr(self.active, figure)
        return None if mine is None or theirs is None else Decimal(mine) - Decimal(theirs)


@dataclass(frozen=True, slots=True)
class Split:
    """Comparisons over everything, and apart for the positions before and from the day the scorecard changed."""

    whole: Comparison
    before: Comparison | None = None
    since: Comparison | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A day of a company under a policy."""

    on: date
    warned: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Warnings of a company without one quiet position between them."""

    first: date
    last: date


_History = Mapping[int, Sequence[_Seen]]


def backtest(
    observations: Iterable[Observation], outcomes: Iterable[Outcome], policy: PolicyRules, question: Question
) -> Result:
    """Return how this policy would have warned. Positions under an override, and after an outcome, are left out."""
    firsts = _firsts(outcomes, question)
    return _judge(_replayed(_by_company(observations), firsts, policy, question), firsts, question)


def compare(
    observations: Iterable[Observation],
    outcomes: Iterable[Outcome],
    *,
    draft: PolicyRules,
    active: PolicyRules,
    question: Question,
    scorecard_changed_on: date | None = None,
) -> Split:
    """Compare a draft with the active policy, and apart before and since a change of the provider's scorecard.

    An outcome belongs to the part of the last position before it. A score under one scorecard is not the same score
    under another, so that a whole which spans both flatters neither.
    """
    companies, firsts = _by_company(observations), _firsts(outcomes, question)
    histories = [_replayed(companies, firsts, policy, question) for policy in (draft, active)]

    def part(keep: Callable[[date], bool] | None) -> Comparison:
        return Comparison(*(_judge(history, firsts, question, keep=keep) for history in histories))

    changed = scorecard_changed_on
    if changed is None:
        return Split(part(None))
    return Split(part(None), part(lambda day: day < changed), part(lambda day: day >= changed))


def _by_company(observations: Iterable[Observation]) -> dict[int, list[Observation]]:
    companies: dict[int, list[Observation]] = defaultdict(list)
    for one in observations:
        companies[one.key].append(one)
    for several in companies.values():
        several.sort(key=lambda one: one.on)
    return companies


def _firsts(outcomes: Iterable[Outcome], question: Question) -> dict[int, Outcome]:
    firsts: dict[int, Outcome] = {}
    for one in outcomes:
        if one.on <= question.as_of and (one.key not in firsts or one.on < firsts[one.key].on):
            firsts[one.key] = one
    return firsts


def _replayed(
    companies: Mapping[int, Sequence[Observation]],
    firsts: Mapping[int, Outcome],
    policy: PolicyRules,
    question: Question,
) -> _History:
    """Place every company on every day before its outcome, each with its own past under this policy."""
    return {
        key: _replay(several, policy, question, until=firsts[key].on if key in firsts else None)
        for key, several in companies.items()
    }


def _replay(
    several: Sequence[Observation], policy: PolicyRules, question: Question, *, until: date | None
) -> list[_Seen]:
    seen: list[_Seen] = []
    cell: Cell | None = None
    since: date | None = None
    for one in several:
        if one.on > question.as_of or (until is not None and one.on >= until):
            break
        override = one.position.override
        if override is not None and override.in_force(one.on):
            continue
        days = None if since is None else (one.on - since).days
        facts = one.position if override is None else replace(one.position, override=None)
        now = place(facts, policy, previous=cell, days_in_cell=days).cell
        since = one.on if now != cell else since
        cell = now
        seen.append(_Seen(one.on, warned=now in question.warning))
    return seen


def _judge(
    history: _History,
    firsts: Mapping[int, Outcome],
    question: Question,
    *,
    keep: Callable[[date], bool] | None = None,
) -> Result:
    """Count hits and alarms over the kept days; a part leaves out the outcomes whose last position is elsewhere."""
    judged = [(outcome, _within(history.get(key, ()), outcome.on, question.months)) for key, outcome in firsts.items()]
    observed = [(outcome, days) for outcome, days in judged if days and (keep is None or keep(days[-1].on))]
    true, false, pending = _alarms(history, firsts, question, keep)
    counted = Result(
        outcomes=len(observed),
        unobserved=sum(not days for _, days in judged),
        alarms=true + false,
        pending=pending,
    )
    if len(observed) < max(1, question.enough):
        return replace(counted, refusal=Refusal.TOO_FEW_OUTCOMES)
    return _concluded(counted, observed, question, keep=keep, false_alarms=false)


def _concluded(
    counted: Result,
    observed: Sequence[tuple[Outcome, Sequence[_Seen]]],
    question: Question,
    *,
    keep: Callable[[date], bool] | None,
    false_alarms: int,
) -> Result:
    warned = [(outcome, _first_warning(days, keep)) for outcome, days in observed]
    leads = [(outcome, (outcome.on - day).days) for outcome, day in warned if day is not None]
    saved = [outcome.amount for outcome, lead in leads if lead >= question.react_days]
    return replace(
        counted,
        hits=len(leads),
        false_alarms=false_alarms,
        hit_rate=Decimal(len(leads)) / counted.outcomes,
        false_alarm_rate=Decimal(false_alarms) / counted.alarms if counted.alarms else None,
        lead_days=Decimal(median(Decimal(lead) for _, lead in leads)) if leads else None,
        avoided=sum((amount for amount in saved if amount is not None), Decimal(0)),
        amounts_unknown=saved.count(None),
    )


def _within(days: Sequence[_Seen], on: date, months: int) -> list[_Seen]:
    """Return the days of the months before an outcome."""
    start = _months_later(on, -months)
    return [one for one in days if start <= one.on < on]


def _first_warning(days: Sequence[_Seen], keep: Callable[[date], bool] | None) -> date | None:
    return next((one.on for one in days if one.warned and (keep is None or keep(one.on))), None)


def _alarms(
    history: _History, firsts: Mapping[int, Outcome], question: Question, keep: Callable[[date], bool] | None
) -> tuple[int, int, int]:
    """Count the runs of warnings that were followed by an outcome, those that were not, and those not yet over."""
    true = false = pending = 0
    for key, days in history.items():
        outcome = firsts.get(key)
        for run in _runs(one for one in days if keep is None or keep(one.on)):
            end = _months_later(run.last, question.months)
            if outcome is not None and outcome.on <= end:
                true += 1
            elif end > question.as_of:
                pending += 1
            else:
                false += 1
    return true, false, pending


def _runs(days: Iterable[_Seen]) -> list[_Run]:
    runs: list[_Run] = []
    warned = False
    for one in days:
        if one.warned:
            runs.append(_Run(runs.pop().first if warned else one.on, one.on))
        warned = one.warned
    return runs


def _months_later(day: date, months: int) -> date:
    """Return the same day some months later or, below 0, earlier; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

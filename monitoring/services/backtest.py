"""A draft judged on stored history, beside the policy in force: what it would have warned of, and when (domain 3.3).

Positions are taken as they were known then: on each day on which one changed and on the first of each month. What a
policy should have warned of is read from the positions themselves (proceeding, failure, end of the company) and from
the ledgers (debts more than 90 days overdue). Nothing in the portal tells of a write-off yet.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.choices import CompanyStatus, JobKind, RatingState, Role
from companies.models import Account, Job
from companies.services import layers
from companies.services.jobs import Lost
from monitoring.choices import PolicyState
from monitoring.models import Backtest, MatrixPolicy, Position
from monitoring.rules import backtest as rules
from monitoring.rules.backtest import Comparison, Observation, Outcome, OutcomeKind, Question, Refusal, Result, Split
from monitoring.rules.matrix import Inheritance, PolicyRules, place
from monitoring.rules.matrix import Position as FactsThen
from monitoring.services.money import Rates
from monitoring.services.placing import behaviour
from monitoring.services.policies import Refused
from monitoring.services.versions import FIELDS, PLACING

ZERO = Decimal(0)
LATE_DAYS = 90
CLOSINGS = 60  # months of ledgers that are looked at
Tell = Callable[[int, int], None]


class Stored(NamedTuple):
    """The columns of a position that a policy is judged by."""

    company: int
    known_from: datetime
    score: int | None
    rating: str
    rating_state: str
    status: str
    in_proceeding: bool
    scored_on: date | None
    overridden: bool
    exposure: Decimal
    overdue: Decimal
    head: int | None
    y: Decimal | None

    @property
    def day(self) -> date:
        return timezone.localdate(self.known_from)

    @property
    def failed(self) -> bool:
        gone = self.rating_state == RatingState.FAILED or self.status == CompanyStatus.NON_ACTIVE
        return self.in_proceeding or gone

    def facts(self, parent: FactsThen | None = None) -> FactsThen:
        return FactsThen(
            score=self.score,
            rating=self.rating or None,
            rating_state=self.rating_state,
            status=self.status,
            open_proceeding=self.in_proceeding,
            y=self.y,
            scored_on=self.scored_on,
            behaviour=behaviour(self.exposure, self.overdue),
            parent=parent,
        )


@dataclass(frozen=True)
class Known:
    """What was found in the history: companies followed, since when, outcomes by kind, and closing dates of ledgers."""

    companies: int
    since: date | None
    kinds: Mapping[str, int]
    closings: int


@transaction.atomic
def ask(
    policy: MatrixPolicy, *, question: Mapping[str, Any], user_id: int | None, now: datetime
) -> tuple[Backtest, Job]:
    """Put a backtest on the list with the bounds as they are now, and the job that works through it. Raises Refused."""
    active = MatrixPolicy.objects.filter(state=PolicyState.ACTIVE, role=policy.role).exclude(pk=policy.pk).first()
    active = active or MatrixPolicy.objects.active()
    if active.pk == policy.pk:
        raise Refused(_("This version is in force: a backtest compares another one with it."))
    row = Backtest.objects.create(
        policy=policy,
        against=active,
        asked_by_id=user_id,
        asked_at=now,
        bounds={"draft": _frozen(policy), "active": _frozen(active)},
        **question,
    )
    return row, Job.objects.ensure(JobKind.BACKTEST, now=now, user_id=user_id)


def work(progress: Tell, *, clock: Callable[[], datetime]) -> None:
    """Answer the backtests that wait, oldest first; one that was begun by a killed worker begins anew."""
    while (row := Backtest.objects.waiting().first()) is not None:
        mine = Backtest.objects.filter(pk=row.pk, finished_at=None)
        try:
            split, known = answer(row, progress)
        except Lost:
            raise
        except Exception as error:  # else the sweep would begin it again for ever
            mine.update(error=f"{type(error).__name__}: {error}"[:400], finished_at=clock())
            raise
        mine.update(result={**stored(split), "known": _plain(asdict(known))}, finished_at=clock())


def answer(row: Backtest, progress: Tell) -> tuple[Split, Known]:
    """Replay the history under both policies."""
    draft, active = _thawed(row.bounds["draft"]), _thawed(row.bounds["active"])
    question = Question(as_of=row.as_of, react_days=row.react_days)
    overdue, closings = _overdue(row.as_of)
    history = _History(row, (draft.rules(), active.rules()), overdue)
    observations = list(history.observations(draft.measure, progress))
    split = rules.compare(
        observations,
        history.outcomes,
        draft=draft.rules(),
        active=active.rules(),
        question=question,
        scorecard_changed_on=row.scorecard_changed_on,
    )
    kinds = dict(Counter(outcome.kind.value for outcome in history.outcomes))
    return split, Known(history.companies, history.since, kinds, closings)


class _History:
    """The stored positions, company by company; only those who could matter to a figure are kept.

    A company without an outcome that neither policy would ever have warned of is in none of the figures. Hysteresis
    never places lower than the lowest place that the facts gave by themselves, so that a look without it is enough.
    """

    def __init__(self, row: Backtest, policies: tuple[PolicyRules, ...], overdue: Mapping[int, Outcome]) -> None:
        self._row, self._policies, self._overdue = row, policies, overdue
        self._inherits = any(policy.inheritance is not Inheritance.OWN for policy in policies)
        self.outcomes: list[Outcome] = []
        self.companies = 0
        self.since: date | None = None

    def observations(self, measure: str, progress: Tell) -> Iterator[Observation]:
        rows = self._positions()
        parents = self._parents(measure) if self._inherits else {}
        total = rows.order_by().values("company").distinct().count()
        found = rows.order_by("company", "known_from").values_list(*_COLUMNS, measure)
        for company, several in groupby(
            map(Stored._make, found.iterator(chunk_size=5000)), key=lambda one: one.company
        ):
            self.companies += 1
            progress(self.companies, total)
            yield from self._of(company, list(several), parents)

    def _positions(self) -> Any:
        end = timezone.make_aware(datetime.combine(self._row.as_of + timedelta(days=1), datetime.min.time()))
        return Position.objects.in_role(self._row.policy.role).filter(known_from__lt=end)

    def _parents(self, measure: str) -> dict[int, list[Stored]]:
        heads = self._positions().exclude(head=None).order_by().values("head")
        rows = Position.objects.filter(company__in=heads, known_from__isnull=False).order_by("company", "known_from")
        found = map(Stored._make, rows.values_list(*_COLUMNS, measure).iterator(chunk_size=5000))
        return {head: list(several) for head, several in groupby(found, key=lambda one: one.company)}

    def _of(self, company: int, several: list[Stored], parents: Mapping[int, list[Stored]]) -> Iterator[Observation]:
        self.since = min(self.since or several[0].day, several[0].day)
        mine = [_failure(company, several), self._overdue.get(company)]
        outcomes = [one for one in mine if one is not None]
        self.outcomes += outcomes
        seen = [
            Observation(company, day, one.facts(_parent(one, day, parents)))
            for one, day in _days(several, self._row.as_of)
            if not one.overridden
        ]
        if outcomes or any(self._warns(one) for one in seen):
            yield from seen

    def _warns(self, seen: Observation) -> bool:
        return any(place(seen.position, policy).cell in rules.WARNING for policy in self._policies)


_COLUMNS = (
    "company", "known_from", "score", "rating", "rating_state", "status", "in_proceeding", "scored_on", "overridden",
    "exposure", "overdue", "head",
)  # fmt: skip


def _days(several: list[Stored], as_of: date) -> Iterator[tuple[Stored, date]]:
    """Each position on the day it came and on the first of each month while it lasted; one a day, the last of it."""
    for index, one in enumerate(several):
        until = several[index + 1].day if index + 1 < len(several) else as_of + timedelta(days=1)
        day = one.day
        while day < until:
            yield one, day
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _parent(one: Stored, day: date, parents: Mapping[int, list[Stored]]) -> FactsThen | None:
    if one.head is None or one.head == one.company or one.head not in parents:
        return None
    theirs = parents[one.head]
    place_ = bisect_right(theirs, day, key=lambda row: row.day)
    return theirs[place_ - 1].facts() if place_ else None


def _failure(company: int, several: list[Stored]) -> Outcome | None:
    """The first day on which a company was known to have failed, with what it owed us just before."""
    for index, one in enumerate(several):
        if one.failed:
            before = several[max(0, index - 1)]
            return Outcome(company, one.day, OutcomeKind.PROCEEDING, max(ZERO, before.exposure))
    return None


def _overdue(as_of: date) -> tuple[dict[int, Outcome], int]:
    """The first day on which each customer owed something for more than 90 days, by the files of the ledgers."""
    accounts = Account.objects.exclude(role=Role.SUPPLIER)
    closings = [day for day in layers.months(CLOSINGS) if day <= as_of]
    found: dict[int, Outcome] = {}
    for day in closings:
        rates = Rates(day)
        for late in layers.late_at(day, due_before=day - timedelta(days=LATE_DAYS), accounts=accounts):
            since = late.oldest + timedelta(days=LATE_DAYS + 1)
            amount = rates.convert(late.amount, late.currency)
            known = found.get(late.company_id)
            if known is None or since < known.on:
                found[late.company_id] = Outcome(late.company_id, since, OutcomeKind.OVERDUE_90, amount)
    return found, len(closings)


def _frozen(policy: MatrixPolicy) -> dict[str, Any]:
    return {name: _plain(getattr(policy, name)) for name in PLACING}


def _thawed(bounds: Mapping[str, Any]) -> MatrixPolicy:
    return MatrixPolicy(**{name: FIELDS[name].to_python(value) for name, value in bounds.items()})


def _plain(value: Any) -> Any:
    """For JSON: amounts as texts, so that no digit is lost."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, Decimal | date) else value


def stored(split: Split) -> dict[str, Any]:
    """A comparison as JSON; `read` is its way back."""
    parts = {name: getattr(split, name) for name in PARTS}
    return {name: _plain(asdict(part)) for name, part in parts.items() if part is not None}


PARTS = ("whole", "before", "since")
_DECIMALS = {"hit_rate", "false_alarm_rate", "lead_days", "avoided"}


def read(result: Mapping[str, Any]) -> dict[str, Comparison]:
    """The comparisons of a stored result, by part: whole, before and since the scorecard changed."""
    return {
        name: Comparison(draft=_result(result[name]["draft"]), active=_result(result[name]["active"]))
        for name in PARTS
        if name in result
    }


def _result(values: Mapping[str, Any]) -> Result:
    known = {one.name: values[one.name] for one in fields(Result)}
    numbers = {name: None if known[name] is None else Decimal(known[name]) for name in _DECIMALS}
    refusal = None if known["refusal"] is None else Refusal(known["refusal"])
    return Result(**known | numbers | {"refusal": refusal})

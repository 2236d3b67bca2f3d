"""A cell's check-list becomes tasks of the companies that one chooses, and what people do about them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import DateField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.dateparse import parse_datetime

from companies.choices import Role
from companies.services.jobs import Progress
from monitoring.choices import PolicyState
from monitoring.models import CellAction, Handout, Standing, Task
from monitoring.models.standing import PlacedQuerySet

AT_ONCE = 2000  # companies whose tasks are given while the page waits; more are a job's
FILTERS = {"unit": "business_unit", "analyst": "analyst", "country": "country", "sector": "sector"}
DOERS = ("analyst", "manager")


def doers() -> QuerySet[User]:
    """Who can be given a task: the active users with the role of analyst or manager."""
    return User.objects.filter(is_active=True, groups__name__in=DOERS).distinct().order_by("username")


def standing_in(cell: str, narrowed: Mapping[str, str]) -> PlacedQuerySet[Standing]:
    """The companies of a cell that the address's filters leave; a role of suppliers reads their place as suppliers."""
    role = narrowed.get("role", "")
    rows = Standing.objects.in_role(role)
    if role == Role.SUPPLIER:
        rows = rows.filter(Q(supplier_cell=cell) | Q(supplier_cell="", cell=cell))
    else:
        rows = rows.filter(cell=cell)
    return rows.filter(**{column: narrowed[name] for name, column in FILTERS.items() if narrowed.get(name)})


def checklist(cell: str, role: str = "") -> list[CellAction]:
    """The actions of a cell under the policy in force for a role, else under the one for clients."""
    lines = CellAction.objects.filter(cell__code=cell, cell__policy__state=PolicyState.ACTIVE)
    found = lines.filter(cell__policy__role__in={role, Role.CLIENT.value}).select_related("cell__policy")
    by_role: dict[str, list[CellAction]] = {}
    for line in found:
        by_role.setdefault(line.cell.policy.role, []).append(line)
    return by_role.get(role) or by_role.get(Role.CLIENT) or []


def due_days(actions: Iterable[CellAction], today: date) -> dict[int, date]:
    """The day that each action proposes."""
    return {action.pk: today + timedelta(days=action.due_days) for action in actions}


@dataclass(frozen=True)
class Gift:
    """What is given: for each action the day it is due, to whom, by whom and when."""

    actions: Mapping[int, date]
    to: int
    by: int
    at: datetime


@dataclass(frozen=True)
class Given:
    """How many tasks were made, and how many were open already."""

    made: int
    there: int


def open_already(rows: PlacedQuerySet[Standing], actions: Iterable[int]) -> int:
    """How many of these tasks are open for these companies: giving them again makes no second one."""
    return Task.objects.filter(done_at=None, action__in=actions, company__in=rows.order_by().values("pk")).count()


def give(rows: PlacedQuerySet[Standing], gift: Gift) -> Given:
    """Make the tasks of these companies in one statement; those that are open already stay as they are."""
    lines = CellAction.objects.filter(pk__in=gift.actions).select_related("cell").order_by("order", "pk")
    selects = [rows.order_by().values_list(*_columns(line, gift).values()) for line in lines]
    if not selects:
        return Given(0, 0)
    names = list(_columns(lines[0], gift))
    with transaction.atomic():
        wanted = rows.count() * len(selects)
        made = _insert(names, selects[0].union(*selects[1:], all=True) if len(selects) > 1 else selects[0])
    return Given(made, max(0, wanted - made))


def _columns(line: CellAction, gift: Gift) -> dict[str, Any]:
    return {
        "company_id": F("pk"),
        "cell": Value(line.cell.code),
        "action_id": Value(line.pk),
        "text_fr": Value(line.text_fr),
        "text_en": Value(line.text_en),
        "due_on": Value(gift.actions[line.pk], output_field=DateField()),
        "given_to_id": Value(gift.to),
        "given_by_id": Value(gift.by),
        "given_at": Value(gift.at, output_field=DateTimeField()),
        "is_dropped": Value(False),
        "note": Value(""),
    }


def _insert(names: list[str], chosen: QuerySet[Any, Any]) -> int:
    """INSERT … SELECT that leaves out what the constraint on open tasks refuses. Returns how many rows it made."""
    quote = connection.ops.quote_name
    sql, params = chosen.query.sql_with_params()
    columns = ", ".join(quote(name) for name in names)
    table = quote(Task._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) {sql} ON CONFLICT DO NOTHING", params)  # our own names
        return int(cursor.rowcount)


def hand_out(cell: str, narrowed: Mapping[str, str], gift: Gift, *, companies: int) -> Handout:
    """Keep what is asked for a large number of companies, for the job that gives it."""
    return Handout.objects.create(
        cell=cell,
        narrowed=dict(narrowed),
        actions={str(pk): day.isoformat() for pk, day in gift.actions.items()},
        given_to_id=gift.to,
        given_by_id=gift.by,
        given_at=gift.at,
        companies=companies,
    )


def work(progress: Progress, *, clock: Callable[[], datetime]) -> None:
    """Give what waits, chunk by chunk: a killed worker goes on after the last one, and nobody gets a task twice."""
    waiting = list(Handout.objects.waiting().order_by("pk"))
    total, done = sum(one.companies for one in waiting), 0
    for handout in waiting:
        rows = standing_in(handout.cell, handout.narrowed).order_by("pk")
        done += rows.filter(pk__lte=handout.after).count()
        while pks := list(rows.filter(pk__gt=handout.after).values_list("pk", flat=True)[:AT_ONCE]):
            _give_chunk(handout, rows.filter(pk__gt=handout.after, pk__lte=pks[-1]), pks[-1])
            done += len(pks)
            progress(min(done, total), total)
        Handout.objects.filter(pk=handout.pk).update(finished_at=clock())
    progress(total, total)


def _give_chunk(handout: Handout, rows: PlacedQuerySet[Standing], last: int) -> None:
    days = {int(pk): date.fromisoformat(day) for pk, day in handout.actions.items()}
    gift = Gift(days, handout.given_to_id, handout.given_by_id, handout.given_at)
    with transaction.atomic():
        given = give(rows, gift)
        handout.after = last
        counted = {"made": F("made") + given.made, "there": F("there") + given.there}
        Handout.objects.filter(pk=handout.pk).update(after=last, **counted)


def listed() -> QuerySet[Task]:
    """Tasks with what the list shows of their company today."""
    today = Standing.objects.filter(pk=OuterRef("company"))
    return Task.objects.select_related("company", "given_to", "done_by").annotate(
        exposure=Subquery(today.values("exposure")[:1]), cell_now=Subquery(today.values("cell")[:1])
    )


Undo = dict[str, Any]
"""What the last act on tasks changed, as a session can keep it."""


@transaction.atomic
def finish(pks: Iterable[int], *, user: User, now: datetime, dropped: bool, note: str) -> Undo:
    """Mark open tasks as done, or as dropped. Returns what undoes it; tasks that were finished meanwhile stay."""
    rows = list(Task.objects.select_for_update().filter(pk__in=pks, done_at=None))
    told: dict[str, Any] = {"note": note} if note else {}
    Task.objects.filter(pk__in=[row.pk for row in rows]).update(done_at=now, done_by=user, is_dropped=dropped, **told)
    act = "drop" if dropped else "done"
    return {"act": act, "at": now.isoformat(), "rows": [[row.pk, row.given_to_id, row.note] for row in rows]}


@transaction.atomic
def hand_over(pks: Iterable[int], *, to: User, note: str) -> Undo:
    """Give open tasks to somebody else. Returns what undoes it."""
    rows = list(Task.objects.select_for_update().filter(pk__in=pks, done_at=None).exclude(given_to=to))
    told: dict[str, Any] = {"note": note} if note else {}
    Task.objects.filter(pk__in=[row.pk for row in rows]).update(given_to=to, **told)
    return {"act": "hand", "to": to.pk, "rows": [[row.pk, row.given_to_id, row.note] for row in rows]}


@transaction.atomic
def undo(last: Undo) -> int:
    """Put tasks back as they were before an act, where nobody did anything else since. Returns how many."""
    before = {pk: (person, note) for pk, person, note in last["rows"]}
    rows = Task.objects.select_for_update().filter(pk__in=before)
    if last["act"] == "hand":
        rows = rows.filter(done_at=None, given_to=last["to"])
    else:
        again = Task.objects.filter(company=OuterRef("company"), action=OuterRef("action"), done_at=None)
        rows = rows.filter(done_at=parse_datetime(last["at"])).exclude(Exists(again))
    back = list(rows)
    for row in back:
        row.given_to_id, row.note = before[row.pk]
        row.done_at, row.done_by, row.is_dropped = None, None, False
    Task.objects.bulk_update(back, ["given_to", "note", "done_at", "done_by", "is_dropped"], batch_size=500)
    return len(back)


def mine(user_id: int | None) -> QuerySet[Task]:
    return Task.objects.filter(done_at=None, given_to=user_id)

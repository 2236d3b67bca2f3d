"""The books of completion: who gave which value of ours, and where another source says otherwise."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.db import connection

from companies.choices import CompanyField, DifferenceState, FieldChoice, Origin
from companies.models import Company, FieldDifference, FieldRule, FieldSource
from companies.rules.completion import same

CHUNK = 500
Key = tuple[int, str]  # company and field


class Held(NamedTuple):
    """Who gave the value that we have: the source, since when, in which file, which user."""

    source: Origin = Origin.ERP
    since: datetime | None = None  # None: the history knows
    note: str = ""
    user_id: int | None = None


class Said(NamedTuple):
    """Who says a value, when, and in which file."""

    source: Origin
    on: datetime
    note: str = ""

    def held(self, user_id: int | None = None) -> Held:
        """The same, once the value is ours."""
        return Held(self.source, self.on, self.note, user_id)


FROM_ERP = Held()  # what is written nowhere came with a file; the history knows which


@cache
def _room(field: str) -> int | None:
    room: int | None = getattr(Company._meta.get_field(field), "max_length", None)
    return room


def fitted(field: str, value: str) -> str:
    """A text of theirs cut to the room of our column."""
    return value[: _room(field)]


def sources(companies: Collection[int]) -> dict[Key, Held]:
    """Who gave the fields of these companies, where it was not a file. One query."""
    rows = FieldSource.objects.filter(company__in=companies)
    found = rows.values_list("company_id", "field", "source", "since", "note", "user_id")
    return {(pk, field): Held(Origin(by), since, note, user) for pk, field, by, since, note, user in found}


def write_sources(held: Mapping[Key, Held]) -> None:
    """Remember who gave these values, in one statement; the ORM would take several times as long."""
    if not held:
        return
    ops, quote = connection.ops, connection.ops.quote_name
    givers = {id(by): by for by in held.values()}  # one object for all the fields of a report
    told = {
        key: (by.source.value, ops.adapt_datetimefield_value(by.since), by.note[:100], by.user_id)
        for key, by in givers.items()
    }
    rows = [(*key, *told[id(by)]) for key, by in held.items()]
    with connection.cursor() as cursor:
        cursor.executemany(
            # the only parts that aren't parameters are names of our own
            f"INSERT INTO {quote(FieldSource._meta.db_table)} (company_id, field, source, since, note, user_id) "  # noqa: S608  # our own names
            f"VALUES (%s, %s, %s, %s, %s, %s) {REPLACED}",
            rows,
        )


REPLACED = (
    "ON CONFLICT (company_id, field) DO UPDATE SET "
    "source = excluded.source, since = excluded.since, note = excluded.note, user_id = excluded.user_id"
)


class Rules:
    """What was chosen once and for all about the values of one source. One query."""

    def __init__(self, source: Origin, companies: Collection[int] | None = None) -> None:
        rows = FieldRule.objects.in_force().filter(source=source)
        found = rows.values_list("company_id", "field", "choice")
        if companies is not None:
            found = rows.filter(company=None).union(rows.filter(company__in=companies)).values_list(
                "company_id", "field", "choice"
            )  # fmt: skip
        self._chosen: dict[tuple[int | None, str], FieldChoice] = {
            (pk, field): FieldChoice(choice) for pk, field, choice in found
        }

    def __bool__(self) -> bool:
        return bool(self._chosen)

    def choice(self, company: int, field: str) -> tuple[FieldChoice | None, bool]:
        """The choice for a field, and whether it was pinned for this very company."""
        if not self._chosen:
            return None, False
        pinned = self._chosen.get((company, field))
        return (pinned, True) if pinned else (self._chosen.get((None, field)), False)


class Differences:
    """The current differences of some companies, changed here and written together. One query to read them."""

    def __init__(self, companies: Collection[int]) -> None:
        rows = FieldDifference.objects.current().filter(company__in=companies)
        self._rows = {(row.company_id, row.field, row.source): row for row in rows}
        self._of: dict[Key, list[FieldDifference]] = {}
        for row in self._rows.values():
            self._of.setdefault((row.company_id, row.field), []).append(row)
        self._gone: set[int] = set()
        self._new: dict[tuple[int, str, str], FieldDifference] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def differs(self, key: Key, *, ours: str, theirs: str, held: Held, said: Said) -> None:
        """Their value differs from ours: told once, and silent after "keep" until it changes."""
        row = self._rows.get((*key, said.source))
        if row is not None:
            silent = row.state == DifferenceState.KEPT and same(key[1], row.theirs, theirs)
            if silent or (row.ours == ours and row.theirs == theirs):
                return
            self._gone.add(row.pk)
        self._put(key, ours=ours, theirs=theirs, held=held, said=said)

    def agrees(self, key: Key, source: Origin) -> None:
        """Their value is ours, or nothing but another spelling of it."""
        row = self._rows.get((*key, source))
        if row is not None:
            self._gone.add(row.pk)

    def moved(self, key: Key, *, ours: str, held: Held) -> None:
        """Our value is another now: what the sources say of it is compared with the new one."""
        for row in self._of.get(key, []):
            if row.pk in self._gone:
                continue
            self._gone.add(row.pk)
            if row.source != held.source and not same(row.field, ours, row.theirs):
                said = Said(Origin(row.source), row.seen_on, row.note)
                state, act = DifferenceState(row.state), row.act_id
                self._put(key, ours=ours, theirs=row.theirs, held=held, said=said, state=state, act=act)

    def replaced(self, key: Key, *, ours: str, before: str, was: Held, now_by: Said) -> None:
        """Our value gave way to another: its source will repeat it, which is no news and stays silent."""
        known = (*key, was.source)
        if was.source in {Origin.USER, now_by.source} or not before or same(key[1], ours, before):
            return
        if known not in self._new and (known not in self._rows or self._rows[known].pk in self._gone):
            said = Said(was.source, was.since or now_by.on, was.note)
            self._put(key, ours=ours, theirs=before, held=now_by.held(), said=said, state=DifferenceState.KEPT)

    def save(self) -> None:
        if self._gone:
            for pks in chunked(self._gone):
                FieldDifference.objects.current().filter(pk__in=pks).update(state=DifferenceState.GONE)
        if self._new:
            FieldDifference.objects.bulk_create(self._new.values(), batch_size=CHUNK)

    def _put(
        self,
        key: Key,
        *,
        ours: str,
        theirs: str,
        held: Held,
        said: Said,
        state: DifferenceState = DifferenceState.OPEN,
        act: int | None = None,
    ) -> None:
        self._new[*key, said.source] = FieldDifference(
            company_id=key[0],
            field=key[1],
            source=said.source,
            ours=ours,
            theirs=theirs,
            ours_source=held.source,
            ours_since=held.since,
            ours_note=held.note,
            ours_user_id=held.user_id,
            note=said.note[:100],
            seen_on=said.on,
            state=state,
            act_id=act,
        )


def chunked(pks: Iterable[int], size: int = CHUNK) -> Iterable[list[int]]:
    """Pieces short enough for the parameters of one statement."""
    every = list(pks)
    return (every[start : start + size] for start in range(0, len(every), size))


def values(company: Company) -> dict[str, str]:
    """The fields that have a source, as they are."""
    return {field: getattr(company, field) for field in CompanyField.values}

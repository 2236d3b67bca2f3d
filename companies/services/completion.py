"""What a report or a file says about our fields: gaps are filled, rules obeyed, and the rest becomes a difference."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from companies.choices import CompanyField, DifferenceState, EffectKind, FieldChoice, LinkState, Origin
from companies.models import Company, FieldDifference, FieldSource, ImportBatch, Profile
from companies.rules.completion import Verdict, same, verdict
from companies.services import effects
from companies.services.provenance import (
    CHUNK,
    FROM_ERP,
    Differences,
    Held,
    Key,
    Rules,
    Said,
    fitted,
    sources,
    write_sources,
)

FIELDS = frozenset(CompanyField.values)


@dataclass(slots=True)
class Completion:
    """What becomes of values that Creditsafe gave: `changes` is to be written by the caller, then `record` called."""

    changes: dict[int, dict[str, str]]
    _said: Mapping[int, Said]
    _before: Mapping[Key, tuple[str, Held]]
    _differences: Differences

    def refuse(self, company: Company, name: str) -> None:
        """Leave a value that another company has, which only a person can settle."""
        del self.changes[company.pk][name]

    def record(self) -> None:
        """Remember where the new values come from, and what differs. At most four statements for any number."""
        held: dict[Key, Held] = {}
        for pk, news in self.changes.items():
            said = self._said[pk]
            held |= dict.fromkeys([(pk, name) for name in news], said.held())
            for name, ours in news.items() if self._differences or self._before else ():
                key = (pk, name)
                before, was = self._before.get(key, ("", FROM_ERP))
                if before or self._differences:
                    self._differences.moved(key, ours=ours, held=held[key])
                    self._differences.replaced(key, ours=ours, before=before, was=was, now_by=said)
        write_sources(held)
        self._differences.save()


def complete(
    companies: Sequence[Company], said: Mapping[int, Mapping[str, str]], *, since: Mapping[int, datetime]
) -> Completion:
    """Decide what Creditsafe's values change: three queries for any number of companies, and nothing written yet.

    `said` and `since` are by company: its values by field, and the date of its report.
    """
    pks = [company.pk for company in companies]
    known, rules, differences = sources(pks), Rules(Origin.CREDITSAFE, pks), Differences(pks)
    by = {pk: Said(Origin.CREDITSAFE, since[pk]) for pk in pks}
    found = Completion({}, by, {}, differences)
    before: dict[Key, tuple[str, Held]] = {}
    for company in companies:
        news = found.changes.setdefault(company.pk, {})
        for name, value in said[company.pk].items():
            key, ours, theirs = (company.pk, name), getattr(company, name), fitted(name, value)
            if not ours and not rules and key not in known:
                news[name] = theirs  # a gap without a past, as most are after a link: no need to ask the rule
                continue
            held = known.get(key, FROM_ERP)
            choice, pinned = rules.choice(*key)
            what = verdict(
                name, ours, theirs, held_by=held.source, says=Origin.CREDITSAFE, choice=choice, pinned=pinned
            )
            if what in {Verdict.FILL, Verdict.TAKE}:
                news[name], before[key] = theirs, (ours, held)
            elif what == Verdict.DIFFERS:
                differences.differs(key, ours=ours, theirs=theirs, held=held, said=by[company.pk])
            elif theirs:
                differences.agrees(key, Origin.CREDITSAFE)
    found._before = before
    return found


class Guard:
    """What a file of the ERP may replace. Two queries for any number of rows, and rows only where a user typed,
    where a rule says so, and where an unlinked company has values of Creditsafe.
    """

    def __init__(self) -> None:
        rows = FieldSource.objects.exclude(source=Origin.ERP)
        told = rows.filter(source=Origin.USER).union(rows.exclude(company__link_state=LinkState.LINKED))
        self._held = {(pk, name): Origin(by) for pk, name, by in told.values_list("company_id", "field", "source")}
        self._rules = Rules(Origin.ERP)

    def again(self, companies: Collection[int]) -> None:
        """Look again at companies that are locked now: someone may have typed since the plan was made. One query."""
        if companies:
            self._held |= {key: held.source for key, held in sources(companies).items()}

    def lets(self, company: int, name: str, *, ours: str, linked: bool) -> bool:
        """Whether a file's value may replace ours: in an unlinked company and a gap, unless someone else gave it."""
        held = self._held.get((company, name), Origin.ERP)
        choice, pinned = self._rules.choice(company, name)
        if choice is not None:
            return choice == FieldChoice.TAKE and (pinned or held != Origin.USER)
        if not ours:
            return held != Origin.USER
        return not linked and held == Origin.ERP

    def silent(self, company: int, name: str) -> bool:
        """Whether "always keep" was chosen: what a file says is not even told."""
        return self._rules.choice(company, name)[0] == FieldChoice.KEEP


Row = tuple[bool, Mapping[str, Any], Mapping[str, str]]


def imported(rows: Iterable[Row], guard: Guard, *, batch: ImportBatch, now: datetime) -> None:
    """Remember what a file said of companies that exist: which values it gave, and which it was not let to replace.

    Each row is a company: whether it is linked, its key and values before the file, and the file's values by field.
    """
    said = Said(Origin.ERP, now, batch.filename[:100])
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            _imported(chunk, guard, said, batch)
            chunk = []
    if chunk:
        _imported(chunk, guard, said, batch)


def _imported(rows: Sequence[Row], guard: Guard, said: Said, batch: ImportBatch) -> None:
    pks = [ours["pk"] for _linked, ours, _theirs in rows]
    differences, known = Differences(pks), sources(pks)
    held: dict[Key, Held] = {}
    replaced: dict[int, dict[str, tuple[Held, str]]] = {}
    for linked, ours, theirs in rows:
        for name in FIELDS & theirs.keys():
            key, before, value = (ours["pk"], name), ours[name], theirs[name]
            was = known.get(key, FROM_ERP)
            if not value:
                continue
            if value != before and guard.lets(*key, ours=before, linked=linked):
                if was != FROM_ERP:
                    held[key] = said.held()
                    replaced.setdefault(key[0], {})[name] = (was, value)
                differences.moved(key, ours=value, held=said.held())
                differences.replaced(key, ours=value, before=before, was=was, now_by=said)
            elif same(name, before, value) or guard.silent(*key):
                differences.agrees(key, Origin.ERP)
            else:
                differences.differs(key, ours=before, theirs=value, held=was, said=said)
    write_sources(held)
    effects.changed(batch, EffectKind.SOURCE, list(replaced.items()))
    differences.save()


def restorable(
    changes: Sequence[tuple[int, Mapping[str, tuple[Sequence[Any], str]]]], *, batch: ImportBatch
) -> dict[Key, Held]:
    """Return who gave values before a file replaced them, of those that are still the file's; two queries.

    `changes` are as an effect of the file keeps them: by company and field, the source before and the value written.
    """
    pks = [pk for pk, _fields in changes]
    known, companies = sources(pks), Company.everyone.in_bulk(pks)
    found: dict[Key, Held] = {}
    for pk, fields in changes:
        for name, ((source, since, note, user), value) in fields.items():
            by = known.get((pk, name), FROM_ERP)
            is_ours = by.source == Origin.ERP and by.since == batch.applied_at
            if pk in companies and is_ours and getattr(companies[pk], name) == value:
                found[pk, name] = Held(Origin(source), datetime.fromisoformat(since) if since else None, note, user)
    return found


def taken(company: Company, before: Mapping[str, str], *, source: Origin, user_id: int | None, now: datetime) -> None:
    """Remember that the fields of `before`, just written, now have what this source says (`before`: what they had)."""
    known, differences = sources([company.pk]), Differences([company.pk])
    by = Said(source, now)
    for name, was in before.items():
        key, ours = (company.pk, name), getattr(company, name)
        differences.moved(key, ours=ours, held=by.held(user_id))
        differences.replaced(key, ours=ours, before=was, was=known.get(key, FROM_ERP), now_by=by)
    write_sources({(company.pk, name): by.held(user_id) for name in before})
    differences.save()


def forget(company: int, *, unless: str = "") -> None:
    """Drop what Creditsafe said differently: it was another profile (not the one `unless`), or is none any more."""
    if Profile.objects.filter(company=company, connect_id=unless).exists():
        return
    rows = FieldDifference.objects.current().filter(company=company, source=Origin.CREDITSAFE)
    rows.update(state=DifferenceState.GONE)


def emptied_by_users(company: Company) -> set[str]:
    """Fields that a user left empty on purpose: nothing fills them without asking."""
    rows = FieldSource.objects.filter(company=company, source=Origin.USER).values_list("field", flat=True)
    return {name for name in rows if not getattr(company, name)}

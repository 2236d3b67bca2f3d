"""Undoing an applied file: exact values come back, what it created goes, and what others did since stays (domain 6.6).

Files are layers: only the newest of a ledger can be undone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Sum

from companies.choices import BatchState, EffectKind, JobKind
from companies.imports.outcome import RowError
from companies.models import (
    Account,
    AgedBalance,
    BatchEffect,
    Commitment,
    Company,
    Dispute,
    ImportBatch,
    ImportProblem,
    Job,
    OpenItem,
    PastItem,
    Supply,
)
from companies.rules.matching import name_key
from companies.services import bulk, completion, effects
from companies.services.history import CHANGED, remember
from companies.services.imports import problem_of
from companies.services.planning import ImportRefused, Progress, quiet
from companies.services.provenance import write_sources
from companies.services.removal import Removable, references, remove
from companies.texts import keep
from companies.texts import text as _

MODELS: dict[str, Removable] = {
    EffectKind.COMPANY: Company,
    EffectKind.ACCOUNT: Account,
    EffectKind.ITEM: OpenItem,
    EffectKind.BALANCE: AgedBalance,
    EffectKind.PROMISE: Commitment,
    EffectKind.SUPPLY: Supply,
}
ONLY_OF_FILES = (OpenItem, AgedBalance, Commitment)
MOST_TOLD = 500
LARGE = 20_000
"""Rows written by a file from which its undoing is not looked through beforehand."""


@dataclass(slots=True)
class Tally:
    """What happens to the rows of one table: how many go, come back, and stay as others left them."""

    removed: int = 0
    restored: int = 0
    kept: int = 0


@dataclass(slots=True)
class Undoing:
    """What undoing a file does or would do. `kept` says why rows stay, the first of them; the tallies count all."""

    tallies: dict[EffectKind, Tally] = field(default_factory=lambda: {kind: Tally() for kind in EffectKind})
    kept: list[RowError] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many things stay as they are."""
        return sum(tally.kept for tally in self.tallies.values())

    def lines(self) -> list[tuple[EffectKind, Tally]]:
        """Return the tables of which something goes, comes back or stays."""
        return [(kind, tally) for kind, tally in self.tallies.items() if tally != Tally()]


def refusal(batch: ImportBatch) -> str:
    """Return why a file cannot be undone; empty when it can."""
    if batch.state != BatchState.APPLIED:
        return _("This file is not applied: there is nothing to undo.")
    later = Q(applied_at__gt=batch.applied_at) | Q(applied_at=batch.applied_at, pk__gt=batch.pk)
    newer = ImportBatch.objects.filter(later, ledger=batch.ledger, state=BatchState.APPLIED).order_by(
        "-applied_at", "-pk"
    )
    last = newer.first()
    if last is not None:
        return _("“%(file)s” was applied after it to the same ledger: undo that one first.") % {"file": last.filename}
    did = batch.created_count + batch.updated_count + batch.closed_count
    if did and not batch.effects.exists():
        return _("It was applied before files could be undone: what it changed was not kept.")
    return ""


def preview(batch: ImportBatch) -> Undoing:
    """Say what undoing a file would do, without writing."""
    return _Work(batch, None).run()


def disputes(batch: ImportBatch) -> int:
    """Count the disputes noted on items that a file brought: they go with them."""
    return Dispute.objects.filter(item__batch=batch, item__past=None).count()


def is_large(batch: ImportBatch) -> bool:
    """Whether looking at every row first would keep a person waiting."""
    return (batch.effects.aggregate(rows=Sum("rows"))["rows"] or 0) > LARGE


def estimate(batch: ImportBatch) -> Undoing:
    """Say what undoing a large file would do if nobody changed anything since, from the sums alone."""
    found = Undoing()
    for kind, created, rows in batch.effects.order_by().values_list("kind", "created").annotate(Sum("rows")):
        tally = found.tallies[EffectKind(kind)]
        tally.removed, tally.restored = (rows, tally.restored) if created else (tally.removed, rows)
    return found


def start(batch_id: int, *, user_id: int | None, now: datetime) -> Job:
    """Hand the undoing of an applied file to a worker. Raises ImportRefused when it can't be undone."""
    with transaction.atomic():
        reason = refusal(ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id))
        if reason:
            raise ImportRefused(reason)
        ImportBatch.objects.filter(pk=batch_id).update(message="", message_values={})
        live = Job.objects.live().filter(batch=batch_id).first()
        if live is not None and live.kind != JobKind.UNDO:
            raise ImportRefused(_("This file is still being worked on: try again in a moment."))
        batch = ImportBatch.objects.get(pk=batch_id)
        return live or Job.objects.ensure(JobKind.UNDO, now=now, batch=batch, user_id=user_id)


def work(batch_id: int, *, user_id: int | None, now: datetime, progress: Progress = quiet) -> None:
    """Undo a file for its job; why it could not be is kept on the file. What is undone already stays so."""
    if ImportBatch.objects.filter(pk=batch_id, state=BatchState.UNDONE).exists():
        return
    try:
        undo(batch_id, user_id=user_id, now=now, progress=progress)
    except ImportRefused as refused:
        kept = keep(refused.said)
        ImportBatch.objects.filter(pk=batch_id).update(message=kept.msgid, message_values=kept.values)


def undo(batch_id: int, *, user_id: int | None, now: datetime, progress: Progress = quiet) -> Undoing:
    """Undo an applied file in one transaction. Raises ImportRefused with the reason when it can't be undone.

    What others changed since stays and is told, on the file too. The same file may be applied again afterwards.
    """
    with transaction.atomic():
        list(ImportBatch.objects.select_for_update().filter(state=BatchState.APPLYING).order_by("pk"))
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        reason = refusal(batch)
        if reason:
            raise ImportRefused(reason)
        PastItem.objects.filter(replaced_by=batch).delete()
        found = _Work(batch, now, user_id).run(progress)
        bulk.mark(_living(found.touched), batch.filename, now=now)
        ImportProblem.objects.bulk_create([problem_of(batch, one, is_error=False) for one in found.kept])
        ImportBatch.objects.filter(pk=batch.pk).update(
            state=BatchState.UNDONE, undone_at=now, undone_by_id=user_id, warnings=F("warnings") + len(found.kept)
        )
    return found


def _living(companies: Iterable[int]) -> list[int]:
    wanted = sorted(companies)
    return sorted(Company.everyone.filter(pk__among=wanted).values_list("pk", flat=True)) if wanted else []


class _Work:
    """Goes back through the effects of a file, the last first; without `now` it only looks."""

    def __init__(self, batch: ImportBatch, now: datetime | None, user_id: int | None = None) -> None:
        self.batch, self.now, self.user_id = batch, now, user_id
        self.found = Undoing()
        self.freed: dict[str, set[int]] = {"company_id": set(), "payer_id": set()}

    def run(self, progress: Progress = quiet) -> Undoing:
        done, total = 0, self.batch.effects.aggregate(rows=Sum("rows"))["rows"] or 0
        for effect in self.batch.effects.order_by("-pk").iterator(chunk_size=20):
            progress(done, total + 1)
            if effect.kind == EffectKind.SOURCE:
                self._credit_back(effects.read(effect))
            else:
                (self._uncreate if effect.created else self._unchange)(effect, effects.read(effect))
            done += effect.rows
        return self.found

    def _uncreate(self, effect: BatchEffect, keys: list[int]) -> None:
        kind, model = EffectKind(effect.kind), MODELS[effect.kind]
        there = dict(model._base_manager.filter(pk__among=keys).values_list("pk", _label(model)))
        why = {pk: _("changed since") for pk in self._touched(model, keys)}
        used = references(model, keys, freed=self.freed)
        why |= {pk: _("in use: %(what)s") % {"what": what} for pk, what in used.items()}
        gone = [pk for pk in there if pk not in why]
        self._mark(model, gone)
        if model is Account:
            for pks in self.freed.values():
                pks.update(gone)
        if self.now:
            remove(model, gone, batch=self.batch, user_id=self.user_id, at=self.now)
        tally = self.found.tallies[kind]
        tally.removed += len(gone)
        for pk in sorted(why.keys() & there.keys()):
            self._keep(kind, _("“%(name)s” stays: %(why)s.") % {"name": there[pk], "why": why[pk]})

    def _touched(self, model: Removable, keys: Sequence[int]) -> list[int]:
        """Return which of the rows somebody wrote since the file did."""
        if model in ONLY_OF_FILES:
            return []  # only files write them, and a newer file is undone first
        rows: Any = model._base_manager.filter(pk__among=keys)
        return [pk for pk, at in rows.values_list("pk", "updated_at") if at != self.batch.applied_at]

    def _unchange(self, effect: BatchEffect, changes: list[tuple[int, Mapping[str, Any]]]) -> None:
        kind, model = EffectKind(effect.kind), MODELS[effect.kind]
        columns = sorted({name for _pk, values in changes for name in values})
        rows = model._base_manager.filter(pk__among=[pk for pk, _values in changes])
        stored = {row["pk"]: row for row in rows.values("pk", *columns, label=F(_label(model)))}
        back: list[tuple[int, dict[str, Any]]] = []
        for pk, values in changes:
            row = stored.get(pk)
            if row is None:
                continue
            same = {name: old for name, (old, new) in values.items() if _now(row[name]) == new}
            for name in sorted(values.keys() - same.keys() - {"updated_at"}):
                self._keep(kind, _changed_since(model, row["label"], name, _now(row[name])))
            if same.keys() - {"updated_at"}:
                back.append((pk, same))
        self._restore(model, back)
        self.found.tallies[kind].restored += len(back)

    def _credit_back(self, changes: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Say again who gave the values that come back; what has another value since keeps its source."""
        held = completion.restorable(changes, batch=self.batch)
        self.found.tallies[EffectKind.SOURCE].restored += len(held)
        if self.now:
            write_sources(held)

    def _restore(self, model: Removable, back: Sequence[tuple[int, dict[str, Any]]]) -> None:
        keys = [pk for pk, _values in back]
        self._mark(model, keys)
        if model is Account:
            for column, pks in self.freed.items():
                pks.update(pk for pk, values in back if column in values)
        if self.now is None:
            return
        self._write(model, back, self.now)
        if model is Company or model is Account or model is Supply:
            remember(model, keys, CHANGED, batch=self.batch, at=self.now, user_id=self.user_id)
        if model is Account:
            self._mark(model, keys)  # the companies that have them again

    def _write(self, model: Removable, back: Sequence[tuple[int, dict[str, Any]]], now: datetime) -> None:
        """Set columns back, one statement for each set of columns."""
        by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for pk, values in back:
            written = dict(values)
            if model is Company and "name" in values:
                written["name_key"] = name_key(values["name"])
            if model not in ONLY_OF_FILES:
                since = values.get("updated_at")  # nobody wrote since: then it is as if the file had never come
                written["updated_at"] = bulk.moment(datetime.fromisoformat(since) if since else now)
            by_columns.setdefault(tuple(written), []).append((*written.values(), pk))
        for columns, rows in by_columns.items():
            bulk.update(model, columns, rows)

    def _mark(self, model: Removable, keys: Sequence[int]) -> None:
        if model is Company:
            self.found.touched.update(keys)
        elif self.now:
            path = "company_id" if model is Account else "account__company_id"
            self.found.touched.update(model._base_manager.filter(pk__among=keys).values_list(path, flat=True))

    def _keep(self, kind: EffectKind, reason: str) -> None:
        self.found.tallies[kind].kept += 1
        if len(self.found.kept) < MOST_TOLD:
            fix = _("Nothing to do if that is meant; otherwise change it by hand.")
            self.found.kept.append(RowError(0, "", "", reason, fix, "not_undone"))


def _label(model: Removable) -> str:
    labels = {Company: "name", Account: "code", AgedBalance: "bucket", Supply: "account__code"}
    return labels.get(model, "document")


def _now(value: Any) -> Any:
    """Return a stored value as effects keep it."""
    return effects.plain(value if value is None or isinstance(value, int) else _simple(value))


def _simple(value: Any) -> Any:
    return getattr(value, "code", value)  # a country is kept by its code


def _changed_since(model: Removable, label: str, name: str, value: Any) -> str:
    column = getattr(model._meta.get_field(name.removesuffix("_id")), "verbose_name", name)
    shown = {"name": label, "column": column, "value": "–" if value in (None, "") else value}
    return _("%(column)s of “%(name)s” was changed since, to “%(value)s”: that stays.") % shown

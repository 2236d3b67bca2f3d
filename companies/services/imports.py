"""ERP files: read, shown with every problem, then applied all or nothing (domain 6)."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from uuid import uuid4

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.choices import BatchState, ChangeCause, FileKind, JobKind
from companies.imports.outcome import FileProblem, RowError
from companies.imports.rows import OpenItemRow, PartnerRow
from companies.models import Change, ImportBatch, ImportProblem, Job
from companies.services import open_items, partners, reading
from companies.services.jobs import Lost
from companies.services.planning import Counts, ImportRefused, Progress, quiet

MOST_PROBLEMS = 5000  # stored and shown; all are counted
SHOWN_ROWS = 20
SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx"}
STARTABLE = [BatchState.PREVIEWED, BatchState.FAILED]
UNDONE = [BatchState.REFUSED, *STARTABLE]

Rows = Sequence[PartnerRow] | Sequence[OpenItemRow]


def upload(
    *,
    kind: FileKind,
    filename: str,
    content: bytes,
    user_id: int | None,
    now: datetime,
    as_of: date | None = None,
    ledger: str = "ERP",
) -> ImportBatch:
    """Read a file completely and keep it with all its problems; nothing else is written.

    The batch comes back REFUSED when there is any error or no row, else PREVIEWED with what applying it would do.
    `as_of` is the closing date that the user gave; without it the file or its name must say it (domain 6.5).
    """
    name = PurePosixPath(filename.replace("\\", "/")).name[:255] or "file"
    batch = ImportBatch(kind=kind, filename=name, ledger=ledger, as_of=as_of, created_by_id=user_id, created_at=now)
    batch.sha256, batch.size = hashlib.sha256(content).hexdigest(), len(content)
    found = reading.read(batch, content)
    _describe(batch, found)
    suffix = PurePosixPath(name).suffix.lower()
    with transaction.atomic():
        batch.file.save(f"{uuid4().hex}{suffix if suffix in SUFFIXES else '.bin'}", ContentFile(content), save=False)
        batch.save()
        _store_problems(batch, found)
    if found.parsed:
        _keep_head(batch, found.parsed.rows)
    return batch


def start(batch_id: int, *, user_id: int | None, now: datetime) -> Job | None:
    """Hand a previewed (or failed) file to a worker; None when it isn't waiting for that.

    Raises ImportRefused when the same file is applied, or being applied, already.
    """
    try:
        with transaction.atomic():
            waiting = ImportBatch.objects.filter(pk=batch_id, state__in=STARTABLE)
            if waiting.update(state=BatchState.APPLYING, message="") != 1:
                return None
            batch = ImportBatch.objects.get(pk=batch_id)
            return Job.objects.ensure(JobKind.IMPORT, now=now, batch=batch, user_id=user_id)
    except IntegrityError as error:
        raise ImportRefused(_("This very file is already applied, or being applied.")) from error


def apply(batch_id: int, *, now: datetime, progress: Progress | None = None) -> None:
    """Write a whole file, or nothing of it. Applying it again does nothing.

    Whatever stops it is kept on the batch, FAILED, and raised: ImportRefused when the stored file is damaged or no
    longer fits what is known. Only a worker that lost its lease says nothing, since another one carries on.
    """
    batch = ImportBatch.objects.select_related("created_by").get(pk=batch_id)
    if batch.state == BatchState.APPLIED:
        return
    if batch.state == BatchState.REFUSED:
        raise ImportRefused(_("This file has errors: it can't be applied."))
    try:
        _apply(batch, now=now, progress=progress or quiet)
    except Lost:
        raise
    except ImportRefused as error:
        fail(batch_id, str(error))
        raise
    except Exception:
        fail(batch_id, _("It stopped on an unexpected error, which is in the log; nothing was written. Try again."))
        raise


def fail(batch_id: int, reason: str) -> None:
    """Say that a file could not be applied, and why: the first reason stays, and so does what is applied."""
    unsettled = ImportBatch.objects.filter(pk=batch_id).exclude(state__in=[BatchState.APPLIED, BatchState.FAILED])
    unsettled.update(state=BatchState.FAILED, message=reason)


def discard(batch: ImportBatch) -> bool:
    """Forget a file that was never applied; returns whether it could be."""
    with transaction.atomic():
        if not ImportBatch.objects.select_for_update().filter(pk=batch.pk, state__in=UNDONE).exists():
            return False
        name = batch.file.name or ""
        batch.delete()
        transaction.on_commit(lambda: batch.file.storage.delete(name))
    return True


def head(batch: ImportBatch) -> Rows:
    """The first rows as they were understood, from the cache or else from the stored file; none if unreadable."""
    known: Rows | None = cache.get(_head_key(batch))
    if known is not None:
        return known
    try:
        return _keep_head(batch, reading.parse(batch, reading.table_of(batch, _stored(batch))).rows)
    except (FileProblem, OSError):
        return _keep_head(batch, [])


def _apply(batch: ImportBatch, *, now: datetime, progress: Progress) -> None:
    progress(0, batch.rows)
    parsed = _parse_stored(batch)
    with transaction.atomic():
        if not _take(batch):
            return
        _write(batch, parsed, now=now, progress=progress)
        _mark_applied(batch, now)
    progress(batch.rows, batch.rows)


def _describe(batch: ImportBatch, found: reading.Reading) -> None:
    batch.state = BatchState.REFUSED if found.errors else BatchState.PREVIEWED
    batch.errors, batch.warnings = len(found.errors), len(found.warnings)
    _count(batch, found.counts)
    if found.table:
        batch.encoding, batch.delimiter = found.table.encoding, found.table.delimiter
    if found.parsed:
        batch.rows, batch.skipped = len(found.parsed.rows), sum(found.parsed.skipped.values())
        batch.total, batch.as_of = found.parsed.total, found.parsed.as_of or batch.as_of


def _count(batch: ImportBatch, counts: Counts) -> None:
    batch.created_count, batch.updated_count = counts.created, counts.updated
    batch.unchanged_count, batch.closed_count = counts.unchanged, counts.closed


def _store_problems(batch: ImportBatch, found: reading.Reading) -> None:
    errors = [_problem(batch, error, is_error=True) for error in found.errors[:MOST_PROBLEMS]]
    room = MOST_PROBLEMS - len(errors)
    warnings = [_problem(batch, warning, is_error=False) for warning in found.warnings[:room]]
    ImportProblem.objects.bulk_create(errors + warnings, batch_size=1000)


def _problem(batch: ImportBatch, found: RowError, *, is_error: bool) -> ImportProblem:
    return ImportProblem(
        batch=batch,
        is_error=is_error,
        line=found.line,
        column=str(found.column)[:80],
        value=str(found.value)[:255],
        reason=str(found.reason)[:400],
        fix=str(found.fix)[:400],
    )


def _stored(batch: ImportBatch) -> bytes:
    with batch.file.open("rb") as stored:
        content: bytes = stored.read()
    return content


def _parse_stored(batch: ImportBatch) -> reading.AnyParsed:
    try:
        content = _stored(batch)
    except OSError as error:
        raise ImportRefused(_("The stored file is gone: upload it again.")) from error
    if hashlib.sha256(content).hexdigest() != batch.sha256:
        raise ImportRefused(_("The stored file is not the one that was checked: upload it again."))
    try:
        parsed = reading.parse(batch, reading.table_of(batch, content))
    except FileProblem as problem:
        raise ImportRefused(str(problem)) from problem
    _refuse(parsed.errors)
    return parsed


def _refuse(errors: Sequence[RowError]) -> None:
    if errors:
        first = errors[0]
        raise ImportRefused(_("Line %(line)d: %(reason)s") % {"line": first.line, "reason": first.reason})


def _take(batch: ImportBatch) -> bool:
    """Lock every file being applied: imports wait for one another, so a plan can't be out of date when written."""
    queue = ImportBatch.objects.select_for_update().filter(state=BatchState.APPLYING).order_by("pk")
    if batch.pk in list(queue.values_list("pk", flat=True)):
        return True
    return ImportBatch.objects.filter(pk=batch.pk, state__in=STARTABLE).update(state=BatchState.APPLYING) == 1


def _write(batch: ImportBatch, parsed: reading.AnyParsed, *, now: datetime, progress: Progress) -> None:
    plan = reading.plan(batch, parsed)
    outcome = plan.outcome()
    _refuse(outcome.errors)
    _count(batch, outcome.counts)
    settled = 0

    def step(rows: int) -> None:
        nonlocal settled
        settled += rows
        progress(min(settled, batch.rows - 1), batch.rows)

    if isinstance(plan, partners.PartnersPlan):
        touched = partners.write(plan, batch=batch, now=now, step=step)
    else:
        touched = open_items.write(plan, batch=batch, as_of=batch.as_of or timezone.localdate(now), step=step)
    Change.objects.mark(sorted(touched), ChangeCause.IMPORT, batch.filename)


def _mark_applied(batch: ImportBatch, now: datetime) -> None:
    batch.state, batch.applied_at, batch.message = BatchState.APPLIED, now, ""
    fields = ["state", "applied_at", "message"]
    counts = ["created_count", "updated_count", "unchanged_count", "closed_count"]
    batch.save(update_fields=fields + counts)


def _keep_head(batch: ImportBatch, rows: Rows) -> Rows:
    kept = rows[:SHOWN_ROWS]
    cache.set(_head_key(batch), kept, timeout=24 * 3600)
    return kept


def _head_key(batch: ImportBatch) -> str:
    return f"import-head-{batch.pk}-{batch.sha256[:16]}"

"""ERP files: read, shown with every problem, then applied all or nothing (domain 6)."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import uuid4

from django.core.cache import cache
from django.core.files.base import ContentFile, File
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from companies.choices import BatchState, FileKind, ImportMode, JobKind
from companies.imports.encodings import Opener
from companies.imports.outcome import FileProblem, RowError
from companies.imports.rows import ItemRows
from companies.models import ImportBatch, ImportProblem, ImportProfile, Job
from companies.models.job import LIVE
from companies.services import aged, bulk, open_items, partners, problems, reading, sentinel, staged
from companies.services.jobs import Lost
from companies.services.planning import Counts, ImportRefused, Progress, quiet
from companies.services.staging import Staging
from companies.texts import Text, keep
from companies.texts import text as _

MOST_PROBLEMS = 5000  # stored and shown; all are counted
SHOWN_ROWS = 20
SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx"}
STARTABLE = [BatchState.PREVIEWED, BatchState.FAILED]
DISCARDABLE = [BatchState.READING, BatchState.REFUSED, BatchState.QUARANTINED, *STARTABLE]
AT_ONCE = 2 * 1024 * 1024
"""Bytes above which a file is read by a worker, while its page shows how far that is."""
MOST_ATTEMPTS = 3

Rows = Sequence[reading.AnyRow]


class Upload(TypedDict):
    """A file and what is said of it.

    `as_of` is the closing date that the user gave; without it a file of open items or its name must say it (domain
    6.5). With a profile, the ledger and the mode are the profile's. `progress` is told the bytes that are read.
    """

    kind: FileKind
    filename: str
    content: "bytes | File[Any]"
    user_id: int | None
    now: datetime
    mode: ImportMode
    profile: NotRequired[ImportProfile | None]
    as_of: NotRequired[date | None]
    ledger: NotRequired[str]
    progress: NotRequired[Progress]


def upload(**given: Unpack[Upload]) -> ImportBatch:
    """Read a file completely and keep it with all its problems; nothing else is written.

    The batch comes back REFUSED when there is any error or no row, QUARANTINED when the sentinel doubts it, else
    PREVIEWED with what applying it would do; a profile may let a few rows in error go.
    """
    batch, progress = _stored(given), given.get("progress", quiet)
    try:
        with bulk.fewer_collections():
            _keep(batch, reading.read(batch, _opener(batch), progress))
    except BaseException:
        batch.file.storage.delete(batch.file.name or "")
        raise
    return batch


def receive(**given: Unpack[Upload]) -> tuple[ImportBatch, Job | None]:
    """Keep a file that a person waits for: read at once, or READING with the job of a worker when it is large."""
    content = given["content"]
    if (len(content) if isinstance(content, bytes) else content.size) <= AT_ONCE:
        return upload(**given), None
    batch = _stored(given)
    batch.state = BatchState.READING
    try:
        with transaction.atomic():
            batch.save()
            job = Job.objects.ensure(JobKind.READ, now=given["now"], batch=batch, user_id=given["user_id"])
    except BaseException:
        batch.file.storage.delete(batch.file.name or "")
        raise
    return batch, job


def read(batch_id: int, *, attempts: int = 1, progress: Progress = quiet) -> None:
    """Read a file that waits for it; what is found is kept at once and whole. Reading it again does nothing.

    A file that can't be read ends as any other that is refused: after a few `attempts` too, whose workers all died.
    """
    batch = ImportBatch.objects.select_related("profile").filter(pk=batch_id, state=BatchState.READING).first()
    if batch is None:
        return
    try:
        with bulk.fewer_collections():
            if attempts > MOST_ATTEMPTS:
                found = reading.unreadable(_("Reading it stopped again and again: the server has too little memory."))
            else:
                found = reading.read(batch, _opener(batch), progress)
            _keep(batch, found)
    except Lost:
        raise
    except Exception:
        _keep(batch, reading.unreadable(_("Reading it stopped on an unexpected error, which is in the log.")))
        raise


def unread() -> QuerySet[ImportBatch]:
    """Return the files that wait to be read and have no job for it, since it failed."""
    return ImportBatch.objects.filter(state=BatchState.READING).exclude(jobs__state__in=LIVE)


def _stored(given: Upload) -> ImportBatch:
    """Keep the content of a file, and return its batch, which is not saved yet."""
    name = PurePosixPath(given["filename"].replace("\\", "/")).name[:255] or "file"
    kind, mode, ledger = given["kind"], given["mode"], given.get("ledger", "ERP")
    batch = ImportBatch(kind=kind, filename=name, ledger=ledger, mode=mode, as_of=given.get("as_of"))
    batch.created_by_id, batch.created_at = given["user_id"], given["now"]
    profile = given.get("profile")
    if profile is not None:
        batch.profile, batch.ledger, batch.mode = profile, profile.ledger, profile.mode
    if kind == FileKind.AGED_BALANCE:
        batch.mode = ImportMode.STOCK
    content = given["content"]
    file: File[Any] = ContentFile(content) if isinstance(content, bytes) else content
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    batch.sha256, batch.size = digest.hexdigest(), file.size
    suffix = PurePosixPath(name).suffix.lower()
    batch.file.save(f"{uuid4().hex}{suffix if suffix in SUFFIXES else '.bin'}", file, save=False)
    return batch


def _keep(batch: ImportBatch, found: reading.Reading) -> None:
    """Save what was found with the batch, unless it was discarded, or read by another worker, meanwhile."""
    with transaction.atomic():
        waiting = ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch.pk, state=BatchState.READING)
        if batch.pk is not None and not waiting.exists():
            return
        _describe(batch, found)
        batch.save()
        _store_problems(batch, found)
        sentinel.store(batch, found.checks)
    _keep_head(batch, found.head(SHOWN_ROWS))
    rows = found.parsed.rows if found.parsed and not found.errors else None
    if isinstance(rows, Staging):
        staged.keep(batch, rows)
    elif isinstance(rows, ItemRows):
        staged.keep_items(batch, rows)


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
            if batch.jobs.filter(state__in=LIVE).exclude(kind=JobKind.IMPORT).exists():
                raise ImportRefused(_("This file is still being worked on: try again in a moment."))
            if reading.applied_twin(batch) is not None:
                raise ImportRefused(_("This very file is already applied, or being applied."))
            return Job.objects.ensure(JobKind.IMPORT, now=now, batch=batch, user_id=user_id)
    except IntegrityError as error:
        raise ImportRefused(_("This very file is already applied, or being applied.")) from error


def release(batch_id: int, *, reason: str, user_id: int | None, now: datetime) -> Job | None:
    """Let a file out of quarantine for a reason that is kept, and hand it to a worker; None when it isn't there.

    Raises ImportRefused without a reason, or when the file has errors that nobody can wave through.
    """
    if not reason.strip():
        raise ImportRefused(_("Say why this file may be applied all the same."))
    with transaction.atomic():
        held = ImportBatch.objects.filter(pk=batch_id, state=BatchState.QUARANTINED)
        if held.filter(errors__gt=0, left_out=0).exists():
            raise ImportRefused(_("This file has errors: it can't be applied."))
        kept = {"release_reason": reason.strip()[:400], "released_by_id": user_id, "released_at": now}
        if held.update(state=BatchState.PREVIEWED, **kept) != 1:
            return None
        return start(batch_id, user_id=user_id, now=now)


def apply(batch_id: int, *, now: datetime, progress: Progress | None = None) -> None:
    """Write a whole file, or nothing of it. Applying it again does nothing.

    Whatever stops it is kept on the batch, FAILED, and raised: ImportRefused when the stored file is damaged or no
    longer fits what is known. Only a worker that lost its lease says nothing, since another one carries on.
    """
    batch = ImportBatch.objects.select_related("created_by", "profile").get(pk=batch_id)
    if batch.state in {BatchState.APPLIED, BatchState.UNDONE}:
        return
    if batch.state == BatchState.REFUSED:
        raise ImportRefused(_("This file has errors: it can't be applied."))
    if batch.state == BatchState.QUARANTINED:
        raise ImportRefused(_("This file is in quarantine: it can't be applied before somebody releases it."))
    try:
        with bulk.fewer_collections():
            _apply(batch, now=now, progress=progress or quiet)
    except Lost:
        raise
    except ImportRefused as error:
        fail(batch_id, error.said)
        raise
    except Exception:
        fail(batch_id, _("It stopped on an unexpected error, which is in the log; nothing was written. Try again."))
        raise


def fail(batch_id: int, reason: str) -> None:
    """Say that a file could not be applied, and why: the first reason stays, and so does what is applied."""
    ended = [BatchState.APPLIED, BatchState.FAILED, BatchState.UNDONE]
    kept = keep(reason)
    unsettled = ImportBatch.objects.filter(pk=batch_id).exclude(state__in=ended)
    unsettled.update(state=BatchState.FAILED, message=kept.msgid, message_values=kept.values)


def discard(batch: ImportBatch) -> bool:
    """Forget a file that was never applied; returns whether it could be."""
    with transaction.atomic():
        if not ImportBatch.objects.select_for_update().filter(pk=batch.pk, state__in=DISCARDABLE).exists():
            return False
        name = batch.file.name or ""
        batch.delete()
        staged.drop(batch)
        transaction.on_commit(lambda: batch.file.storage.delete(name))
    return True


def head(batch: ImportBatch) -> Rows:
    """The first rows as they were understood, from the cache or else from the stored file; none if unreadable."""
    known: Rows | None = cache.get(_head_key(batch))
    if known is not None:
        return known
    try:
        parsed = reading.parse(batch, reading.table_of(batch, _opener(batch)))
    except (FileProblem, OSError):
        return _keep_head(batch, [])
    return _keep_head(batch, list(islice(parsed.rows, SHOWN_ROWS)))


def _apply(batch: ImportBatch, *, now: datetime, progress: Progress) -> None:
    progress(0, batch.rows)
    _check_stored(batch)
    with transaction.atomic():
        if not _take(batch):
            return
        _write(batch, reading.prepared(batch, _opener(batch)), now=now, progress=progress)
        _mark_applied(batch, now)
    progress(batch.rows, batch.rows)
    staged.drop(batch)


def _describe(batch: ImportBatch, found: reading.Reading) -> None:
    batch.state = BatchState.PREVIEWED if found.is_usable else BatchState.REFUSED
    if found.is_doubted:
        batch.state = BatchState.QUARANTINED
    batch.errors, batch.warnings, batch.left_out = len(found.errors), len(found.warnings), found.left_out
    batch.error_lines = problems.runs(reading.lines_in_error(found.errors))
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
    errors = [problem_of(batch, error, is_error=True) for error in found.errors[:MOST_PROBLEMS]]
    room = MOST_PROBLEMS - len(errors)
    warnings = [problem_of(batch, warning, is_error=False) for warning in found.warnings[:room]]
    ImportProblem.objects.bulk_create(errors + warnings, batch_size=1000)


def problem_of(batch: ImportBatch, found: RowError, *, is_error: bool) -> ImportProblem:
    """Return a problem as it is stored: in no language, so that each reader reads their own."""
    reason, fix = keep(found.reason), keep(found.fix)
    values = {"reason": reason.values, "fix": fix.values, "column": isinstance(found.column, Text)}
    column = keep(found.column).msgid
    return ImportProblem(
        batch=batch,
        is_error=is_error,
        line=found.line,
        column=column[:80],
        value=found.value[:255],
        code=found.code[:40],
        reason=reason.msgid[:400],
        fix=fix.msgid[:400],
        values={name: value for name, value in values.items() if value},
    )


def _opener(batch: ImportBatch) -> Opener:
    storage, name = batch.file.storage, batch.file.name or ""
    return lambda: storage.open(name, "rb")


def _check_stored(batch: ImportBatch) -> None:
    """Refuse a stored file that is gone or another than the one that was shown."""
    digest = hashlib.sha256()
    try:
        with _opener(batch)() as stored:
            while block := stored.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ImportRefused(_("The stored file is gone: upload it again.")) from error
    if digest.hexdigest() != batch.sha256:
        raise ImportRefused(_("The stored file is not the one that was checked: upload it again."))


def _refuse(errors: Sequence[RowError]) -> None:
    if errors:
        first = errors[0]
        raise ImportRefused(_("Line %(line)d: %(reason)s") % {"line": first.line, "reason": first.reason})


def _doubt(batch: ImportBatch, found: reading.Reading) -> None:
    """Look again with what was applied since the upload; a release counts for what was seen then and later."""
    if batch.released_at is None and not all(check.is_ok for check in reading.checks(batch, found)):
        raise ImportRefused(
            _("Another file was applied since; beside it this one differs too much. Upload it again to see how.")
        )


def _take(batch: ImportBatch) -> bool:
    """Lock every file being applied: imports wait for one another, so a plan can't be out of date when written."""
    queue = ImportBatch.objects.select_for_update().filter(state=BatchState.APPLYING).order_by("pk")
    if batch.pk in list(queue.values_list("pk", flat=True)):
        return True
    return ImportBatch.objects.filter(pk=batch.pk, state__in=STARTABLE).update(state=BatchState.APPLYING) == 1


def _write(batch: ImportBatch, found: reading.Reading, *, now: datetime, progress: Progress) -> None:
    if found.plan is None or not found.is_usable:
        _refuse(found.errors)
        return
    _doubt(batch, found)
    batch.rows, batch.left_out = len(found.parsed.rows) if found.parsed else 0, found.left_out
    settled = 0

    def step(rows: int) -> None:
        nonlocal settled
        settled += rows
        progress(min(settled, batch.rows - 1), batch.rows)

    as_of = reading.as_of(batch, found)
    if isinstance(found.plan, partners.PartnersPlan):
        counts = partners.write(found.plan, batch=batch, now=now, as_of=as_of, step=step)
    elif isinstance(found.plan, aged.AgedPlan):
        counts = aged.write(found.plan, batch=batch, now=now, step=step)
    elif isinstance(found.plan, open_items.ItemsPlan):
        counts = open_items.write(found.plan, batch=batch, now=now, as_of=as_of, step=step)
    else:
        counts = found.plan.write(batch=batch, now=now, as_of=as_of, step=step)
    _count(batch, counts)


def _mark_applied(batch: ImportBatch, now: datetime) -> None:
    batch.state, batch.applied_at, batch.message, batch.message_values = BatchState.APPLIED, now, "", {}
    fields = ["state", "applied_at", "message", "message_values", "rows", "left_out"]
    counts = ["created_count", "updated_count", "unchanged_count", "closed_count"]
    batch.save(update_fields=fields + counts)


def _keep_head(batch: ImportBatch, rows: Rows) -> Rows:
    cache.set(_head_key(batch), rows, timeout=24 * 3600)
    return rows


def _head_key(batch: ImportBatch) -> str:
    return f"import-head-{batch.pk}-{batch.sha256[:16]}"

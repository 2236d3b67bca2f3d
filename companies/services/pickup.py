"""Files fetched from folders by the clock: read, and applied when nothing is wrong or doubtful with them.

A file is taken once its size has not moved for a minute, and its content is never taken twice from a folder. What is
not applied by itself goes to `failed/` with its problems beside it as text, and waits in the imports for a person.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction

from companies.choices import BatchState, CheckKind, FileKind, ImportMode, PickupState
from companies.imports.files import LARGEST_FILE
from companies.models import ImportBatch, ImportProblem, PickupFile, PickupFolder
from companies.services import imports
from companies.services.jobs import Tell
from companies.services.planning import ImportRefused, quiet
from companies.texts import text as _

STABLE = timedelta(minutes=1)
DONE, FAILED = "done", "failed"
MOST_TOLD = 200
ENDED = (BatchState.APPLIED, BatchState.UNDONE)


class Unusable(Exception):
    """The folder cannot be looked into; the message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a folder as it is now."""

    path: Path
    size: int
    modified_ns: int


def look(progress: Tell = quiet, *, now: datetime) -> None:
    """Look into every active folder; one that can't be read says so and lets the others go on."""
    folders = list(PickupFolder.objects.filter(active=True, profile__active=True).select_related("profile"))
    for number, folder in enumerate(folders, 1):
        error = ""
        try:
            for path in ready(folder, now=now):
                take(folder, path, now=now, progress=partial(_still, progress, number, len(folders)))
        except (Unusable, OSError) as problem:
            error = str(problem)[:400]
        PickupFolder.objects.filter(pk=folder.pk).update(looked_at=now, error=error)
        progress(number, len(folders))


def _still(progress: Tell, number: int, folders: int, _done: int, _total: int) -> None:
    """Tell that the work goes on within a folder, so that its lease is renewed."""
    progress(number - 1, folders)


def directory(folder: PickupFolder) -> Path:
    """Return the folder's own directory. Raises Unusable when it is not under the root that the server allows."""
    root = Path(settings.PICKUP_ROOT).resolve()
    path = (root / folder.path).resolve()
    if path != root and root not in path.parents:
        raise Unusable(_("The folder is outside the root that the server allows."))
    if not path.is_dir():
        raise Unusable(_("The folder does not exist."))
    return path


def ready(folder: PickupFolder, *, now: datetime) -> list[Path]:
    """Note what is in a folder, and return the files that did not move for a minute, the oldest closing date first."""
    known = {seen.name: seen for seen in folder.files.filter(state=PickupState.SEEN)}
    still, names = [], set()
    for found in _files(directory(folder), folder.pattern):
        names.add(found.path.name)
        seen = known.get(found.path.name)
        if seen is None:
            _note(folder, found, now)
        elif (seen.size, seen.modified_ns) != (found.size, found.modified_ns):
            values = {"size": found.size, "modified_ns": found.modified_ns, "seen_at": now}
            PickupFile.objects.filter(pk=seen.pk).update(**values)
        elif now - seen.seen_at >= STABLE:
            still.append(found)
    folder.files.filter(state=PickupState.SEEN).exclude(name__in=names).delete()
    return [found.path for found in sorted(still, key=lambda one: (one.modified_ns, one.path.name))]


def take(folder: PickupFolder, path: Path, *, now: datetime, progress: Tell = quiet) -> PickupFile | None:
    """Import one file and move it away; None when another worker has it. Taking it again after a crash goes on."""
    digest = _sha256(path)
    file = _claim(folder, path.name, digest)
    if file is None:
        return None
    if file.state != PickupState.TAKEN:
        _move(path, FAILED, [_("This content was already picked up from this folder: nothing was done.")])
        return file
    batch, lines = _import(file, path, now=now, progress=progress)
    done = batch is not None and batch.state in ENDED
    file.state = PickupState.DONE if done else PickupState.FAILED
    file.save(update_fields=["state"])
    _move(path, DONE if done else FAILED, lines)
    return file


def _files(path: Path, pattern: str) -> Iterator[Found]:
    """Plain files only: a link could lead out of the root."""
    for one in sorted(path.iterdir()):
        if fnmatchcase(one.name.lower(), pattern.lower()) and not one.is_symlink() and one.is_file():
            state = one.stat()
            yield Found(one, state.st_size, state.st_mtime_ns)


def _note(folder: PickupFolder, found: Found, now: datetime) -> None:
    PickupFile.objects.create(
        folder=folder, name=found.path.name[:255], size=found.size, modified_ns=found.modified_ns, seen_at=now
    )


def _claim(folder: PickupFolder, name: str, digest: str) -> PickupFile | None:
    """Return the row of this content: newly taken, or the one that took it before."""
    before = folder.files.filter(sha256=digest).first()
    seen = folder.files.filter(name=name, state=PickupState.SEEN)
    if before is not None:
        seen.delete()
        return before
    with suppress(IntegrityError), transaction.atomic():
        if seen.update(state=PickupState.TAKEN, sha256=digest) == 1:
            return folder.files.get(sha256=digest)
    return None


def _import(file: PickupFile, path: Path, *, now: datetime, progress: Tell) -> tuple[ImportBatch | None, list[str]]:
    """Upload and apply; return the batch, if any, with what a person should read."""
    if file.batch is None:
        if path.stat().st_size > LARGEST_FILE:
            return None, [_("The file is larger than %(limit)d MB.") % {"limit": LARGEST_FILE // 1024 // 1024}]
        file.batch = _upload(file, path, now, progress)
        file.save(update_fields=["batch"])
    batch = file.batch
    if batch.state == BatchState.PREVIEWED and not batch.errors:
        with suppress(ImportRefused):  # the reason is on the batch
            imports.apply(batch.pk, now=now, progress=progress)
        batch.refresh_from_db()
    return batch, list(_told(batch))


def _upload(file: PickupFile, path: Path, now: datetime, progress: Tell = quiet) -> ImportBatch:
    profile = file.folder.profile
    with path.open("rb") as content:
        return imports.upload(
            kind=FileKind(profile.kind),
            filename=path.name,
            content=File(content, name=path.name),
            user_id=None,
            now=now,
            mode=ImportMode(profile.mode),
            profile=profile,
            progress=progress,
        )


def _told(batch: ImportBatch) -> Iterator[str]:
    yield f"{batch.filename}: {batch.get_state_display()}"
    if batch.message:
        yield batch.said
    if batch.state == BatchState.PREVIEWED:
        yield _("Rows in error would be left out: a person has to apply it.")
    for check in batch.checks.failed():
        values = {"before": check.before, "now": check.now, "low": check.lowest, "high": check.highest}
        words = {name: "–" if value is None else value for name, value in values.items()}
        said = _("previous %(before)s, now %(now)s, at least %(low)s, at most %(high)s") % words
        yield f"{CheckKind(check.kind).label}: {said}"
    for problem in batch.problems.all()[:MOST_TOLD]:
        yield _problem(problem)


def _problem(problem: ImportProblem) -> str:
    where = _("Line %(line)d") % {"line": problem.line} if problem.line else _("File")
    place = " · ".join(part for part in (where, problem.column_name, problem.value) if part)
    return f"{place}: {problem.problem} {problem.advice}"


def _move(path: Path, folder: str, lines: list[str]) -> None:
    """Move a file away, never over another one, with what there is to say about it in a text of its name."""
    target = path.parent / folder
    target.mkdir(exist_ok=True)
    name = next(name for name in _names(path) if not (target / name).exists())
    (target / f"{name}.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    path.rename(target / name)


def _names(path: Path) -> Iterator[str]:
    yield path.name
    for number in range(2, 100_000):
        yield f"{path.stem} ({number}){path.suffix}"


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

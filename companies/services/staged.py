"""Where the rows of an uploaded file wait for the worker, and whether they still say what the file would say."""

import hashlib
import sqlite3
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from companies import imports, rules
from companies.imports.rows import ItemRows
from companies.models import Account, ImportBatch
from companies.services.staging import Staging

FORGOTTEN = 2 * 24 * 3600  # seconds after which nobody comes for them; the file is read again then


def keep(batch: ImportBatch, staging: Staging) -> None:
    """Keep the rows of a file for its worker, and drop what was kept for others and never used."""
    path = _path(batch)
    with suppress(OSError):  # without them the file is read again
        staging.save(path, _fingerprint(batch))
        for old in path.parent.iterdir():
            if old.stat().st_mtime < time.time() - FORGOTTEN:
                old.unlink(missing_ok=True)


def find(batch: ImportBatch) -> Staging | None:
    """Return the rows kept of a file, if they are what reading it again would give."""
    return Staging.load(_path(batch), _fingerprint(batch))


def keep_items(batch: ImportBatch, rows: ItemRows) -> None:
    """Keep the open items of a file for its worker."""
    with suppress(OSError, sqlite3.Error):
        rows.save(_path(batch), _of_items(batch))


def find_items(batch: ImportBatch) -> ItemRows | None:
    """Return the open items kept of a file, if they are what reading it again would give."""
    return ItemRows.load(_path(batch), _of_items(batch))


def drop(batch: ImportBatch) -> None:
    """Forget the rows of a file that is applied or discarded."""
    _path(batch).unlink(missing_ok=True)


def _path(batch: ImportBatch) -> Path:
    return Path(settings.MEDIA_ROOT) / "staged" / f"{Path(batch.file.name or 'none').stem}.sqlite3"


def _of_items(batch: ImportBatch) -> str:
    """Open items are read by the role and the terms of their accounts, and by the closing date that was given."""
    digest = hashlib.sha256()
    accounts = Account.objects.filter(ledger=batch.ledger).order_by("pk").values_list("code", "role", "terms")
    for account in accounts.iterator():
        digest.update(repr(account).encode())
    return f"{_fingerprint(batch)} {batch.as_of} {digest.hexdigest()[:16]}"


def _fingerprint(batch: ImportBatch) -> str:
    profile = f"{batch.profile.pk} {batch.profile.updated_at.isoformat()}" if batch.profile else ""
    return " ".join([batch.sha256, _version(), timezone.localdate(batch.created_at).isoformat(), profile])


@cache
def _version() -> str:
    """Return what tells one version of the parsers from another: their text."""
    digest = hashlib.sha256()
    for package in (imports, rules):
        for file in sorted(Path(next(iter(package.__path__))).glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]

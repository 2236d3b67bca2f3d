"""What the benchmarks of imports share: a portal of their own, each import in a process of its own, and its peak."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Work = Callable[[str, Path], None]


def settings(folder: Path, database_url: str) -> dict[str, str]:
    """The environment of a portal whose files are in a folder."""
    found = {
        **os.environ,
        "VAR_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": "riskportal.settings",
        "LOG_LEVEL": "WARNING",
    }
    return found | ({"DATABASE_URL": database_url} if database_url else {})


def child(module: str, file: Path, environment: dict[str, str], wanted: str) -> list[float]:
    """What a benchmark prints in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{module}", "--child", wanted, str(file)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def start(main: Callable[[], None], work: Work) -> None:
    """Be the benchmark, or the process that it started."""
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        import django

        django.setup()
        work(sys.argv[2], Path(sys.argv[3]))
    else:
        main()


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def empty(*models: Any) -> None:
    """Remove what an import writes; the file on disk stays as large as it was, for ours and for the floor."""
    from django.db import connection

    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


def ours(file: Path, *, kind: str, mode: str, written: Any, as_of: date | None = None) -> float:
    """Seconds of the upload, the start and the apply, as the page and then the worker do them.

    `written` is the model of which each row of the file gives one.
    """
    from django.core.files import File
    from django.utils import timezone

    from companies.choices import BatchState, FileKind, ImportMode
    from companies.models import ImportBatch
    from companies.services import imports

    begin = perf_counter()
    now = timezone.now()
    with file.open("rb") as sent:
        batch = imports.upload(
            kind=FileKind(kind),
            filename=file.name,
            content=File(sent),
            mode=ImportMode(mode),
            as_of=as_of,
            user_id=None,
            now=now,
        )
    imports.start(batch.pk, user_id=None, now=now)
    imports.apply(batch.pk, now=now)
    spent = perf_counter() - begin
    batch = ImportBatch.objects.get(pk=batch.pk)
    if batch.state != BatchState.APPLIED or written.objects.count() != batch.rows or batch.errors or batch.warnings:
        raise SystemExit(f"{batch.state}: {batch.rows} rows, {batch.errors} errors, {batch.warnings} warnings")
    return spent


def peak() -> float:
    """Megabytes of the peak resident set of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

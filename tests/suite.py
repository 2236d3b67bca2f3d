"""`make test`: every check and every test, and a table at the end. A failure stops nothing.

Everyday runs leave to `REQUIRE_ALL=1 make test`, which is what CI runs: tests marked thorough, four fifths of the
generated examples, pages and admin on PostgreSQL, and a portal for Redis beside that of the browser.
"""
# ruff: noqa: T201 - it talks to the terminal

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres import postgres

ROOT = Path(__file__).resolve().parent.parent
STRICT = os.environ.get("REQUIRE_ALL") == "1"  # everything runs, and what cannot run here is a failure
PROCESSORS = os.cpu_count() or 1
SITES = ("tests/browser", "tests/test_launcher.py", "tests/test_redis.py")
# What PostgreSQL does otherwise than SQLite: locks, constraints, bulk writes, conditions, sums and orders of rows.
ON_POSTGRESQL = ("services_*", "loop", "catch_up", "generate_portfolio", "quality", "roles")
ON_POSTGRESQL += tuple(f"pages_{page}" for page in ("portfolio", "exposure", "late"))
LEFT = (
    "left to CI: tests marked thorough, 4 of 5 generated examples, 9 500 of 10 000 ledgers, pages and admin on"
    " PostgreSQL, a portal of its own for Redis. All of it: REQUIRE_ALL=1 make test"
)
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "CREDITSAFE_",
    "DEMO",
    "DEBUG",
    "HTTPS",
    "ALLOWED_HOSTS",
    "SALT_KEY",
    "PORT",
    "DJANGO_",
    "TEST_",
)
SUMMARY = re.compile(r"\d+ (passed|failed|errors?|skipped)\b.* in [\d.]+s")
SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] \S+ (.+)")
GIVEN = "CREDITSAFE_CONTRACT"  # a file that nobody can install: its absence is told, and is no failure


@dataclass
class Result:
    """What one check gave, with how long it took in seconds."""

    name: str
    seconds: float = 0
    passed: int = 0
    failed: int = 0
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name:22}{self.seconds:7.1f} s  {'FAILED' if self.failed else 'ok':8}{self.note}".rstrip()


@dataclass
class Suite:
    """The checks, run with an environment that cannot reach anybody's real site."""

    var: str
    seed: str = field(default_factory=lambda: str(secrets.randbelow(10**6)))
    running: list[subprocess.Popen[str]] = field(default_factory=list)
    stopped: bool = False

    def env(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name == GIVEN or not name.startswith(OURS)}
        ours = {"VAR_DIR": self.var, "SECRET_KEY": secrets.token_urlsafe(60), "TEST_SEED": self.seed}
        return kept | ours | {"TEST_SCOPE": "all" if STRICT else "everyday"} | more

    def check(self, name: str, *command: str, **env: str) -> Result:
        """Run `python <command>` and show what it printed when it is over."""
        if self.stopped:
            return Result(name, failed=1, note="not run")
        print(f"   {name} …", flush=True)
        started = time.monotonic()
        process = subprocess.Popen(
            (sys.executable, *command),
            cwd=ROOT,
            env=self.env(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.running.append(process)
        output, _ = process.communicate()
        print(f"\n== {name}\n{output}", end="", flush=True)
        lines = output.splitlines()
        passed, failed, skipped = counted(lines, process.returncode)
        told = [found for line in lines if (found := SKIPPED.match(line))]
        note = f"{skipped} skipped: {'; '.join(sorted({found[2] for found in told}))}" if skipped else ""
        excused = sum(int(found[1]) for found in told if GIVEN in found[2])
        return Result(name, time.monotonic() - started, passed, failed + (skipped - excused) * STRICT, note)

    def interrupt(self) -> None:
        """Let what runs end its fixtures, which stop the servers that they started."""
        self.stopped = True
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)

    def pytest(self, name: str, *arguments: str, marked: str, **env: str) -> Result:
        common = ("-q", "-p", "no:cacheprovider", f"--hypothesis-seed={self.seed}")
        return self.check(name, "-m", "pytest", *common, "-m", scope(marked), *arguments, **env)

    def ruff(self) -> Result:
        return self.check("ruff", "-m", "ruff", "check")

    def format(self) -> Result:
        return self.check("ruff format", "-m", "ruff", "format", "--check")

    def mypy(self) -> Result:
        return self.check("mypy", "-m", "mypy", "riskportal", "companies", "monitoring", "dev.py")

    def contracts(self) -> Result:
        linter = "from importlinter.cli import lint_imports_command as lint; lint()"
        return self.check("import contracts", "-c", linter)

    def templates(self) -> Result:
        return self.check("templates", "-m", "djlint", "templates", "--lint", "--quiet")

    def migrations(self) -> Result:
        return self.check("migrations", "manage.py", "makemigrations", "--check", "--dry-run")

    def deployment(self) -> Result:
        public = {"HTTPS": "1", "ALLOWED_HOSTS": "risk.example.com"}
        return self.check("deployment", "manage.py", "check", "--deploy", "--fail-level", "WARNING", **public)

    def sqlite(self) -> Result:
        apart = (f"--ignore={path}" for path in SITES)
        return self.pytest("tests on SQLite", *spread(), *apart, "tests", marked="not site")

    def postgresql(self) -> Result:
        """Again what touches the database: tests/conftest.py leaves the rest out."""
        with postgres() as url:
            there = {"DATABASE_URL": url, "TEST_TEMPLATE": f"migrated_{secrets.token_hex(4)}"}
            some = [path for name in ON_POSTGRESQL for path in files(name)]
            where = ["tests", *(f"--ignore={path}" for path in SITES)] if STRICT else some
            return self.pytest("tests on PostgreSQL", *spread(), *where, marked="not site", **there)

    def sites(self) -> Result:
        """The launcher, the browser and Redis: each starts the portal and mostly waits, so they go side by side."""
        beside = ("-n", "3" if STRICT else "2", "--dist", "loadgroup")
        return self.pytest("the running portal", *beside, *SITES, marked="site")


def scope(marked: str) -> str:
    """What pytest is to choose: everyday runs leave out what is thorough."""
    return marked if STRICT else f"{marked} and not thorough"


def files(name: str) -> list[str]:
    """The test files of one pattern of ON_POSTGRESQL."""
    return sorted(map(str, ROOT.glob(f"tests/*/test_{name}.py")))


def spread() -> tuple[str, ...]:
    """How the tests share the processors; everyday runs leave one to what goes on beside.

    In order: tests with real transactions come last, and leave an empty database to what would follow.
    """
    workers = max(2, PROCESSORS) if STRICT else PROCESSORS - 1
    return ("-n", str(workers), "--dist", "load") if workers > 1 else ()


def counted(lines: list[str], code: int) -> tuple[int, int, int]:
    """What pytest says it passed, failed and skipped; any other command counts as one."""
    summary = [line for line in lines if SUMMARY.search(line)]
    if not summary:
        return int(code == 0), int(code != 0), 0
    figures = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", summary[-1])}
    failed = figures.get("failed", 0) + figures.get("error", 0)
    return figures.get("passed", 0), max(failed, int(code != 0)), figures.get("skipped", 0)


def run(suite: Suite, chosen: list[str]) -> list[Result]:
    """The tests on SQLite, which take longest, and beside them everything else."""
    checks = (suite.ruff, suite.format, suite.mypy, suite.contracts, suite.templates, suite.migrations)
    lanes = ((*checks, suite.deployment, suite.sites, suite.postgresql), (suite.sqlite,))
    wanted = [[check for check in lane if not chosen or check.__name__ in chosen] for lane in lanes]
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            running = [pool.submit(lambda lane=lane: [check() for check in lane]) for lane in wanted]
            return [result for lane in running for result in lane.result()]
        except KeyboardInterrupt:
            suite.interrupt()
            raise


def main(chosen: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="riskportal-test-") as var:
        suite = Suite(var)
        results = run(suite, chosen)
    print("\n" + "\n".join(map(str, results)))
    used = sum(os.times()[:4])
    print(f"{'in all':22}{time.monotonic() - started:7.1f} s  {used:.0f} s of processor, TEST_SEED={suite.seed}")
    if not STRICT:
        print(LEFT)
    failed = sum(result.failed for result in results)
    print(f"{sum(result.passed for result in results)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make test`: every check and every test, and a table at the end. A failure stops nothing."""
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
STRICT = os.environ.get("REQUIRE_ALL") == "1"  # what cannot run here is a failure
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
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def env(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name == GIVEN or not name.startswith(OURS)}
        return kept | {"VAR_DIR": self.var, "SECRET_KEY": secrets.token_urlsafe(60)} | more

    def check(self, name: str, *command: str, **env: str) -> Result:
        """Run `python <command>` and show what it printed when it is over."""
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
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)

    def pytest(self, name: str, *arguments: str, **env: str) -> Result:
        return self.check(name, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, **env)

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
        return self.pytest("tests on SQLite", "-n", "2", "-m", "not site")

    def postgresql(self) -> Result:
        """Again what touches the database: tests/conftest.py leaves the rest out."""
        with postgres() as url:
            return self.pytest("tests on PostgreSQL", "-n", "2", "-m", "not site", DATABASE_URL=url)

    def sites(self) -> Result:
        """The launcher, the browser and Redis: each starts the portal and mostly waits, so they go side by side."""
        return self.pytest("the running portal", "-n", "3", "--dist", "loadgroup", "-m", "site")


def counted(lines: list[str], code: int) -> tuple[int, int, int]:
    """What pytest says it passed, failed and skipped; any other command counts as one."""
    summary = [line for line in lines if SUMMARY.search(line)]
    if not summary:
        return int(code == 0), int(code != 0), 0
    figures = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", summary[-1])}
    failed = figures.get("failed", 0) + figures.get("error", 0)
    return figures.get("passed", 0), max(failed, int(code != 0)), figures.get("skipped", 0)


def run(suite: Suite, chosen: list[str]) -> list[Result]:
    """The checks in their order; the sites, which mostly wait, beside the tests."""
    one_by_one = (
        *(suite.ruff, suite.format, suite.mypy, suite.contracts, suite.templates, suite.migrations, suite.deployment),
        *(suite.sqlite, suite.postgresql),
    )
    with ThreadPoolExecutor(1) as pool:
        try:
            beside = [pool.submit(suite.sites)] if not chosen or "sites" in chosen else []
            results = [check() for check in one_by_one if not chosen or check.__name__ in chosen]
            return [*results, *(result.result() for result in beside)]
        except KeyboardInterrupt:
            suite.interrupt()
            raise


def main(chosen: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="riskportal-test-") as var:
        results = run(Suite(var), chosen)
    print("\n" + "\n".join(map(str, results)))
    print(f"{'in all':22}{time.monotonic() - started:7.1f} s")
    failed = sum(result.failed for result in results)
    print(f"{sum(result.passed for result in results)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make run`, with real processes in a folder of its own."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.site import ROOT, Site, free_port

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("launcher"), pytest.mark.timeout(180)]
PARTS = ("companies.creditsafe.sandbox", "celery -A riskportal", "granian")


def launch(var: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"VAR_DIR": str(var)} | environment
    command = [sys.executable, "dev.py", *(arguments or ("run",))]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@dataclass
class Lived:
    """What was seen of a site that was started, looked at, started again elsewhere, and stopped."""

    site: Site
    page: str
    second: subprocess.CompletedProcess[str]
    running: dict[int, str]
    exit_code: int
    left: dict[int, str]
    seconds_to_stop: float


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    site = Site(tmp_path_factory.mktemp("launcher") / "var")
    try:
        site.until_ready()
        with urllib.request.urlopen(f"{site.url}/") as answer:
            page = answer.read().decode()
        second, running = launch(site.var, PORT=free_port()), site.processes()
        stopped = time.monotonic()
        code = site.stop(signal.SIGINT)
        yield Lived(site, page, second, running, code, site.processes(), time.monotonic() - stopped)
    finally:
        site.stop()


def test_the_site_answers_when_the_launcher_says_so(lived: Lived) -> None:
    assert 'name="password"' in lived.page


def test_each_role_has_a_line_with_its_password(lived: Lived) -> None:
    assert set(lived.site.users) == {"analyst", "manager", "administrator", "auditor"}


def test_sandbox_worker_and_web_server_run(lived: Lived) -> None:
    assert [part for part in PARTS if not any(part in command for command in lived.running.values())] == []


def test_a_second_start_in_the_same_folder_says_where_the_first_is(lived: Lived) -> None:
    assert lived.second.returncode == 1
    assert f"{lived.site.url}/ (process {lived.site.launcher.pid})" in lived.second.stderr


def test_ctrl_c_leaves_no_process(lived: Lived) -> None:
    assert lived.left == {}
    assert lived.exit_code == 0
    assert lived.seconds_to_stop < 30


def test_the_secret_key_is_for_its_owner_only(lived: Lived) -> None:
    key = lived.site.var / "secret-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) >= 50


def kept_by(site: Site) -> list[object]:
    rows = [site.ask(f"SELECT count(*) FROM {table}") for table in ("companies_importbatch", "auth_user")]
    return [*rows, (site.var / "secret-key").read_text()]


@dataclass
class Restarted:
    """What was seen of a second start in the same folder, whose launcher was then killed."""

    before: list[object]
    after: list[object]
    processor: float
    left: dict[int, str]


@pytest.fixture(scope="module")
def restarted(lived: Lived) -> Restarted:
    before, site = kept_by(lived.site), Site(lived.site.var)
    try:
        site.until_ready()
        after, processor = kept_by(site), site.processor()
    finally:
        site.stop(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while site.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    return Restarted(before, after, processor, site.processes())


def test_the_next_start_keeps_the_data(restarted: Restarted) -> None:
    assert restarted.after == restarted.before


def test_the_next_start_takes_less_than_twenty_seconds_of_processor(restarted: Restarted) -> None:
    """Of processor and not of the clock, which also counts what else this machine does."""
    assert 0 < restarted.processor < 20


def test_a_launcher_that_is_killed_takes_its_processes_along(restarted: Restarted) -> None:
    assert restarted.left == {}


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=[pytest.mark.thorough] * (part != "granian")) for part in PARTS]
)
def test_when_a_part_dies_the_launcher_names_it_and_stops_the_rest(lived: Lived, part: str) -> None:
    site = Site(lived.site.var)
    try:
        site.until_ready()
        victim = min(pid for pid, command in site.processes().items() if part in command)
        os.kill(victim, signal.SIGKILL)
        assert site.launcher.wait(40) == 1
        assert "stopped (exit code -9). The end of" in site.said
    finally:
        site.stop()
    assert site.processes() == {}


def test_a_busy_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = launch(tmp_path, PORT=port)
    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert "PORT=9000 make run" in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    refused = launch(tmp_path, PORT=port)
    assert refused.returncode == 1
    assert "PORT must be a number from 1 to 65535" in refused.stderr


def test_an_unknown_command_shows_the_known_ones(tmp_path: Path) -> None:
    refused = launch(tmp_path, "fly")
    assert refused.returncode == 2
    assert "install|run|test|bench|lock|messages|screenshots" in refused.stderr

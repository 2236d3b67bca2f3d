"""The launcher behind `make`: prepares .venv, then runs the portal with all it needs, or the checks.

Standard library only: it works before anything is installed.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "installed-lock"
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
PREPARE = """
import os, sys, django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
call_command("roles")
call_command("demo_users")
call_command("seed_demo", url=sys.argv[1], stdout=open(os.devnull, "w"))
"""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 30  # seconds that a process gets to finish what it is doing


class Trouble(Exception):
    """What the person at the terminal can act upon: shown as it is, without a traceback."""


@contextmanager
def step(label: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"  {label} ... ", end="", flush=True)
    yield
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def call(*command: str, env: dict[str, str] | None = None) -> str:
    """Run a command quietly and give what it printed; a failure shows the end of it."""
    done = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise Trouble(f"failed: {' '.join(command[:5])}\n{tail}")
    return done.stdout


# ---- install


def install(kind: str) -> None:
    """Bring .venv to requirements/<kind>.lock. One that has the development tools keeps them."""
    installed = STAMP.read_text().split() if STAMP.exists() and runs(PYTHON, "-c", "") else ["", ""]
    kind = "dev" if "dev" in (kind, installed[0]) else "base"
    lock = ROOT / "requirements" / f"{kind}.lock"
    stamp = [kind, hashlib.sha256(lock.read_bytes()).hexdigest()]
    if installed != stamp:
        STAMP.unlink(missing_ok=True)
        if not runs(PYTHON, "-m", "pip", "--version"):
            with step("create .venv"):
                make_venv()
        with step(f"install requirements/{kind}.lock"):
            install_lock(str(lock))
        STAMP.write_text(" ".join(stamp))
    prepare_var()
    compile_messages()


def runs(*command: str) -> bool:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    try:
        call(sys.executable, "-m", "venv", "--clear", str(VENV))
    except Trouble as trouble:
        raise Trouble(f"{trouble}\nThe venv module is missing? On Debian: apt install python3-venv") from None


def install_lock(lock: str) -> None:
    """With uv, in seconds; with pip where uv cannot be had or cannot reach its index."""
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
    uv = (PYTHON, "-m", "uv", "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", lock)
    if runs(*pip, str(ROOT / "requirements" / "tool.lock")) and runs(*uv):
        return
    try:
        call(*pip, lock)
    except Trouble as trouble:
        raise Trouble(
            f"{trouble}\nCan this machine reach its Python package index? `pip download django` tells."
        ) from None


def prepare_var() -> None:
    for name in ("log", "queue", "control", "processed", "files", "cache", "static"):
        (VAR / name).mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(VAR / "secret-key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as key:
            key.write(secrets.token_urlsafe(60))


def compile_messages() -> None:
    """French texts, for a machine without gettext."""
    for po in (ROOT / "locale").glob("*/LC_MESSAGES/django.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            call(PYTHON, "-m", "babel.messages.frontend", "compile", "-i", str(po), "-o", str(mo))


# ---- run


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


@dataclass
class Family:
    """The processes of a running site, each the leader of its own group, started and stopped together."""

    env: dict[str, str]
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, *command: str) -> None:
        log = VAR / "log" / f"{name}.log"
        libc = ctypes.CDLL(None)
        # Signals wait until the child is on the list: none can be started and then forgotten.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

        def settle() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            if sys.platform == "linux":
                libc.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: a launcher that is killed takes its children along

        try:
            with log.open("wb") as out:
                process = subprocess.Popen(
                    (PYTHON, "-m", *command),
                    cwd=ROOT,
                    env=self.env,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=settle,  # safe: the launcher has one thread
                )
            self.children.append(Child(name, process, log))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def check(self) -> None:
        for child in self.children:
            code = child.process.poll()
            if code is not None:
                raise Trouble(f"The {child.name} stopped (exit code {code}). The end of {child.log}:\n{child.tail()}")

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                tails = "\n".join(f"-- {child.log}\n{child.tail()}" for child in self.children)
                raise Trouble(f"{what} did not answer in {seconds:.0f} s.\n{tails}")
            time.sleep(0.1)

    def stop(self) -> None:
        """The sandbox last, so that the worker can finish. What remains after PATIENCE or a second Ctrl-C is killed."""
        try:
            self.end([child for child in self.children if child.name != "sandbox"])
            self.end(self.children)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            print("  not waiting any longer", flush=True)
        finally:
            for child in self.children:
                with suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()

    @staticmethod
    def end(children: list[Child]) -> None:
        deadline = time.monotonic() + PATIENCE
        for child in children:
            child.process.terminate()
        for child in children:
            child.process.wait(max(0.1, deadline - time.monotonic()))


def run() -> int:
    started = time.monotonic()
    with only_one() as mark:
        port = free_port_asked()
        print(port, os.getpid(), file=mark, flush=True)
        install("base")
        ours = {"DEMO": "1", "VAR_DIR": str(VAR), "PYTHONUNBUFFERED": "1"}
        env = {"DJANGO_SETTINGS_MODULE": "riskportal.settings", **os.environ, **ours}
        family = Family(env)
        try:
            users = start_site(family, port)
            print(f"\nriskportal answers at http://127.0.0.1:{port}/ after {time.monotonic() - started:.0f} s\n")
            print("  " + "\n  ".join(f"{name:15}{password}" for name, _, password in users))
            print(f"\nLogs: {VAR / 'log'}. Ctrl-C stops everything.", flush=True)
            while True:
                family.check()
                time.sleep(0.5)
        except KeyboardInterrupt:
            print("\nStopping: what is being done is finished first; Ctrl-C again stops at once.", flush=True)
        finally:
            family.stop()
        print("Everything is stopped.")
    return 0


def start_site(family: Family, port: int) -> list[tuple[str, str, str]]:
    """Start everything in order and give the demo users as (name, " ", password)."""
    for message in (VAR / "processed").iterdir():
        message.unlink()
    provider = sandbox_port()
    state, rate = str(VAR / "sandbox.json"), os.environ.get("EVENT_RATE", "2")
    sandbox = ("companies.creditsafe.sandbox", "--port", str(provider), "--state", state, "--event-rate", rate)
    family.start("sandbox", *sandbox)
    with step("prepare the database and the demo portfolio"):
        users = call(PYTHON, "-c", PREPARE, f"http://127.0.0.1:{provider}/v1", env=family.env)
        family.wait_for("The sandbox", lambda: listens(provider))
    with step("start the worker and the web server"):
        pool = ("-B", "-P", "threads", "-c", "4", "-n", "riskportal@%h", "-s", str(VAR / "celerybeat-schedule"))
        quiet = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
        family.start("worker", "celery", "-A", "riskportal", "worker", *pool, *quiet)
        server = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-ws")
        family.start(
            "web", "granian", "--interface", "wsgi", *server, "--log-level", "warning", "riskportal.wsgi:application"
        )
        family.wait_for("The site", lambda: answers(f"http://127.0.0.1:{port}/healthz"))
    return [line.partition(" ") for line in users.splitlines()]


@contextmanager
def only_one() -> Iterator[TextIO]:
    """Hold var/run.lock, which the system frees even when the launcher is killed."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / "run.lock").open("a+") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mark.seek(0)
            port, _, pid = mark.read().strip().partition(" ")
            raise Trouble(
                f"riskportal runs already from this folder: http://127.0.0.1:{port}/ (process {pid}).\n"
                f"Stop it with Ctrl-C in its terminal, or `kill {pid}`."
            ) from None
        mark.truncate(0)
        yield mark


def free_port_asked() -> int:
    asked = os.environ.get("PORT") or "8000"
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise Trouble(f"PORT must be a number from 1 to 65535, not {asked!r}.")
    try:
        return free_port(int(asked))
    except PermissionError:
        raise Trouble(f"Port {asked} needs more rights: choose one above 1023, as in `PORT=9000 make run`.") from None
    except OSError:
        raise Trouble(f"Port {asked} is taken by another program. Choose another one: `PORT=9000 make run`.") from None


def free_port(port: int = 0) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])


def sandbox_port() -> int:
    """The port of last time where it is still free, so that stored addresses stay true."""
    remembered = VAR / "sandbox-port"
    try:
        return free_port(int(remembered.read_text()))
    except (OSError, ValueError):
        port = free_port()
        remembered.write_text(str(port))
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(address: str) -> bool:
    """True once the site speaks; a health check that is not green yet is an answer too."""
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError as error:
        return error.code == 503
    except OSError:
        return False


# ---- the rest


def test() -> int:
    return follow(PYTHON, "-m", "tests.suite")


def bench() -> int:
    scripts = sorted((ROOT / "benchmarks").glob("[!_]*.py"))
    return max([follow(PYTHON, str(script)) for script in scripts], default=0)


def lock() -> int:
    """Compile the locks from the public index as it is: no extra index or folder, so that no address gets in."""
    env = dict(os.environ)
    for name in ("UV_FIND_LINKS", "UV_EXTRA_INDEX_URL", "UV_INDEX"):
        env.pop(name, None)
    kind = ("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate")
    for name in ("tool", "base", "dev"):
        files = (f"requirements/{name}.in", "-o", f"requirements/{name}.lock")
        call(PYTHON, "-m", "uv", "pip", "compile", *kind, *files, env=env)
    return 0


def messages() -> int:
    print(call(PYTHON, "manage.py", "collect_messages"), end="")
    compile_messages()
    return 0


def screenshots() -> int:
    return follow(PYTHON, "-m", "pytest", "-q", "-m", "browser", SCREENSHOTS=str(ROOT / "docs" / "screenshots"))


def follow(*command: str, **env: str) -> int:
    """Run a command in the foreground; it gets the time to tidy up when we are told to stop."""
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | env) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()
            raise


COMMANDS = {command.__name__: command for command in (run, test, bench, lock, messages, screenshots)}


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file may be started by any Python
        print("riskportal needs Python 3.11 or newer; this one is", sys.version.split()[0], file=sys.stderr)
        return 2
    name = arguments[0] if len(arguments) == 1 else ""
    if name not in {"install", *COMMANDS}:
        print(f"usage: python3 dev.py {'|'.join(['install', *COMMANDS])}", file=sys.stderr)
        return 2
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    try:
        if name != "run":  # which has to look at its port first
            install("dev")
        return COMMANDS[name]() if name in COMMANDS else 0
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

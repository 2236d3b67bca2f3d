"""First start, restart and stop of `make run`, from a copy of this checkout with an empty home folder.

The peer of a first start is the same installation by hand with pip; of a restart, the web server alone.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import ROOT, Figure, tell
from tests.site import Site

FIRST, RESTART, STOP = 180.0, 20.0, 30.0  # seconds
BY_HAND, ALONE = 1.5, 6.0  # how much longer than their peers a first start and a restart may take


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="riskportal-start-") as folder:
        copy, home = Path(folder, "riskportal"), Path(folder, "home")
        home.mkdir()
        copy_checkout(copy)
        by_hand = seconds(lambda: install_by_hand(copy, Path(folder, "by-hand"), home))
        first, stop = live(copy, home)
        restart, _ = live(copy, home)
        alone = serve_alone(copy)
    tell(
        [
            Figure("first start", first, "s", FIRST),
            Figure("first start beside pip by hand", first, "s", BY_HAND, floor=by_hand),
            Figure("restart", restart, "s", RESTART),
            Figure("restart beside the web server alone", restart, "s", ALONE, floor=alone),
            Figure("stop during the first work", stop, "s", STOP),
        ]
    )


def seconds(act: Callable[[], object]) -> float:
    started = monotonic()
    act()
    return monotonic() - started


def copy_checkout(copy: Path) -> None:
    names = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def install_by_hand(copy: Path, venv: Path, home: Path) -> None:
    env = os.environ | {"HOME": str(home)}
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, env=env)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--no-cache-dir", "--require-hashes", "-r"]
    subprocess.run([*pip, str(copy / "requirements" / "base.lock")], check=True, env=env)


def live(copy: Path, home: Path) -> tuple[float, float]:
    """Start and stop the portal; seconds of both."""
    site = Site(copy / "var", root=copy, HOME=str(home), PORT=str(free_port()))
    try:
        start = site.until_ready(300)
        sleep(3)  # the worker takes up the demo portfolio
        return start, seconds(site.stop)
    finally:
        site.stop()


def serve_alone(copy: Path) -> float:
    """Seconds until the web server answers, without migration, sandbox or worker."""
    port = free_port()
    command = [str(copy / ".venv" / "bin" / "python"), "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    env = os.environ | {"VAR_DIR": str(copy / "var"), "DEMO": "1"}
    command.append("riskportal.wsgi:application")
    started = monotonic()
    with subprocess.Popen(command, cwd=copy, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as server:
        try:
            while not listens(port):
                sleep(0.05)
            return monotonic() - started
        finally:
            server.terminate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()

"""The production path: the same portal with Redis as broker and cache."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis, RedisError

from tests.site import Site

pytestmark = [pytest.mark.site, pytest.mark.redis, pytest.mark.xdist_group("redis"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of our own on a free port of this machine."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("redis")
    command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        client = Redis(port=int(port))
        while not answers(client):
            assert server.poll() is None
            time.sleep(0.05)
        client.close()
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@pytest.fixture(scope="module")
def site(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    site = Site(tmp_path_factory.mktemp("redis-site") / "var", PORT=port, REDIS_URL=address)
    try:
        site.until_ready()
        yield site
    finally:
        site.stop()


def health(site: Site) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{site.url}/healthz") as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        return dict(json.load(error))


def test_the_worker_is_heard_through_redis(site: Site) -> None:
    site.wait(lambda: health(site)["ok"], 30)
    assert {name: health(site)[name] for name in ("database", "broker", "worker")} == dict.fromkeys(
        ("database", "broker", "worker"), True
    )


def test_the_work_of_the_demo_goes_through_redis(site: Site) -> None:
    site.wait(lambda: site.ask("SELECT count(*) FROM companies_profile") > 0, 60)


def test_nothing_is_left_in_the_folders_of_the_other_broker(site: Site) -> None:
    assert list(Path(site.var, "queue").iterdir()) + list(Path(site.var, "processed").iterdir()) == []


def test_it_stops_as_cleanly_as_with_the_other_broker(site: Site) -> None:
    assert site.stop() == 0
    assert site.processes() == {}

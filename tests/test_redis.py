"""The production path: the same portal with Redis as broker and cache."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EVERYDAY
from tests.site import Site

pytestmark = [pytest.mark.site, pytest.mark.redis, pytest.mark.timeout(300)]
pytestmark += [pytest.mark.xdist_group("portal" if EVERYDAY else "redis")]


@pytest.fixture(scope="module")
def site(redis: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The portal of the browser where that one has Redis, in everyday runs; else one more."""
    if EVERYDAY:
        yield request.getfixturevalue("portal")
        return
    site = Site(tmp_path_factory.mktemp("redis-site") / "var", REDIS_URL=redis)
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

"""Fixtures for the whole suite. Settings for tests are here and not in a second settings file."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from celery.signals import before_task_publish
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import translation
from redis import Redis, RedisError

from riskportal.celery import app as celery_app
from tests import databases, suite
from tests.site import Site, free_port

DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}

# `make test` draws its own seed, names it, and gives a fifth of the examples; everything else gives all of them.
SEED = int(os.environ.get("TEST_SEED") or secrets.randbelow(10**6))
EVERYDAY = os.environ.get("TEST_SCOPE") == "everyday"

hypothesis.settings.register_profile("ci", deadline=None, database=None, print_blob=True, max_examples=100)
hypothesis.settings.register_profile("everyday", hypothesis.settings.get_profile("ci"), max_examples=20)
hypothesis.settings.load_profile("everyday" if EVERYDAY else "ci")
celery_app.conf.update(broker_url="memory://", broker_transport_options={})


def pytest_report_header() -> str:
    return f"TEST_SEED={SEED} {'everyday' if EVERYDAY else 'all'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what needs no database: it was run on SQLite."""
    lost = [
        item.nodeid for item in items if item.get_closest_marker("site") and not item.nodeid.startswith(suite.SITES)
    ]
    if lost:
        raise pytest.UsageError(f"`make test` would not run {lost[0]}: add its file to SITES of tests/suite.py")
    if connection.vendor == "postgresql":
        kept = [item for item in items if needs_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if not needs_database(item)])
        items[:] = kept


def needs_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not DATABASE.isdisjoint(fixtures)


@pytest.fixture(scope="session")
def settings_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Set once, since each change is told to all of Django; gives the folder of the files that tests keep."""
    folder = tmp_path_factory.mktemp("media") / "files"
    with override_settings(
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        MEDIA_ROOT=folder,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        WHITENOISE_AUTOREFRESH=True,  # else every client reads all static files first
        LANGUAGE_CODE="en",  # the texts of the code, whether or not the French ones are compiled
    ):
        yield folder


@pytest.fixture(autouse=True)
def apart(settings_of_all: Path) -> Iterator[None]:
    """Keep each test away from var/, from the network and from the other tests."""
    with translation.override("en"):
        yield
    cache.clear()
    if settings_of_all.exists():
        shutil.rmtree(settings_of_all)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """The migrated database of this process, with the roles; in place of the one that pytest-django would migrate."""
    name = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        databases.create(connection)
        call_command("roles")
    yield
    with django_db_blocker.unblock():
        connection.creation.destroy_test_db(name, verbosity=0)


@pytest.fixture
def roles(db: None) -> None:
    """The four groups; a test with real transactions empties all tables behind it."""
    if not Group.objects.exists():
        call_command("roles")


def user_in(role: str) -> User:
    user = User.objects.create_user(role, password=f"{role} of the tests", is_staff=role == "administrator")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def analyst(roles: None) -> User:
    return user_in("analyst")


@pytest.fixture
def manager(roles: None) -> User:
    return user_in("manager")


@pytest.fixture
def administrator(roles: None) -> User:
    return user_in("administrator")


@pytest.fixture
def auditor(roles: None) -> User:
    return user_in("auditor")


@pytest.fixture
def anonymous() -> AnonymousUser:
    return AnonymousUser()


@pytest.fixture
def client_as() -> Callable[[User | AnonymousUser], Client]:
    """`client_as(analyst).get("/")`: a client of its own for each user."""

    def signed_in(user: User | AnonymousUser) -> Client:
        client = Client()
        if isinstance(user, User):
            client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def administrator_client(administrator: User, client_as: Callable[[User | AnonymousUser], Client]) -> Client:
    """Signed in to the administration, in English."""
    client = client_as(administrator)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def published() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """What was sent to the workers during the test, as (task name, arguments)."""
    sent: list[tuple[str, tuple[Any, ...]]] = []

    def note(sender: str, body: tuple[Any, ...], **rest: Any) -> None:
        sent.append((sender, tuple(body[0])))

    before_task_publish.connect(note, weak=False)
    yield sent
    before_task_publish.disconnect(note)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Any]:
    """A Creditsafe on this machine, shared: `sandbox.url`, any user name with the password `sandbox`."""
    from companies.creditsafe.sandbox import Sandbox

    with Sandbox() as running:
        yield running


REDIS = shutil.which("redis-server")


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of our own on a free port of this machine."""
    if REDIS is None:
        pytest.skip("no redis-server on this machine")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [REDIS, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
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


@pytest.fixture(scope="session")
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The portal that the browser walks; in everyday runs with Redis where there is one, so that one is enough."""
    broker = {"REDIS_URL": request.getfixturevalue("redis")} if EVERYDAY and REDIS else {}
    site = Site(tmp_path_factory.mktemp("portal") / "var", EVENT_RATE="20", **broker)
    try:
        site.until_ready()
        yield site
    finally:
        site.stop()

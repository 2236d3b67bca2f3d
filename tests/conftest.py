"""Fixtures for the whole suite. Settings for tests are here and not in a second settings file."""

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
from django.test import Client
from django.utils import translation

from riskportal.celery import app as celery_app

DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}

hypothesis.settings.register_profile("riskportal", deadline=None, database=None)
hypothesis.settings.load_profile("riskportal")
celery_app.conf.update(broker_url="memory://", broker_transport_options={})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what needs no database: it was run on SQLite."""
    if connection.vendor == "postgresql":
        kept = [item for item in items if needs_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if not needs_database(item)])
        items[:] = kept


def needs_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not DATABASE.isdisjoint(fixtures)


@pytest.fixture(autouse=True)
def apart(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Keep each test away from var/, from the network and from the other tests."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True  # else every client reads all static files first
    settings.LANGUAGE_CODE = "en"  # the texts of the code, whether or not the French ones are compiled
    with translation.override("en"):
        yield
    cache.clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("roles")


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

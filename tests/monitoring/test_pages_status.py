import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.template.loader import render_to_string
from django.utils import timezone

from companies.choices import JobKind, JobState, LinkState
from companies.models import Company, Connection, Job
from monitoring.models import Portfolio
from tests import make
from tests.monitoring.pages import alert, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(settings, tmp_path: Path) -> Path:
    """A broker of folders that are all there."""
    settings.REDIS_URL = ""
    folders = {
        key: tmp_path / key for key in ("data_folder_in", "data_folder_out", "control_folder", "processed_folder")
    }
    for folder in folders.values():
        folder.mkdir()
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = folders
    return tmp_path


@pytest.fixture
def worker() -> None:
    cache.set("heartbeat", timezone.now().isoformat())


@pytest.fixture
def strip(client_as, analyst):
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return lambda url="/status/": client.get(url)


def job(**values: object) -> Job:
    values = {"kind": JobKind.LINK, "state": JobState.RUNNING, "created_at": make.NOW, "not_before": make.NOW} | values
    return Job.objects.create(**values)


def test_a_healthy_service_answers_200_to_anyone(client, broker, worker):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"database": True, "broker": True, "worker": True, "last_poll": None, "ok": True}


def test_health_tells_when_the_provider_was_last_polled(client, broker, worker):
    polled = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    Portfolio.objects.create(provider_id=1, name="P", polled_at=polled)
    Portfolio.objects.create(provider_id=2, name="Q", polled_at=polled - timedelta(days=1))
    assert client.get("/healthz").json()["last_poll"] == "2026-11-20T08:00:00Z"


@pytest.mark.parametrize(
    ("beat", "alive"),
    [
        (lambda: timezone.now() - timedelta(seconds=59), True),
        (lambda: timezone.now() - timedelta(seconds=61), False),
        (lambda: None, False),
    ],
    ids=["young enough", "too old", "never came"],
)
def test_a_worker_lives_while_its_heartbeat_is_not_older_than_a_minute(client, broker, beat, alive):
    moment = beat()
    if moment:
        cache.set("heartbeat", moment.isoformat())
    response = client.get("/healthz")
    assert response.json()["worker"] is alive
    assert response.status_code == (200 if alive else 503)


def test_a_heartbeat_that_cannot_be_read_is_no_heartbeat(client, broker):
    cache.set("heartbeat", "soon")
    assert client.get("/healthz").json()["worker"] is False


def test_a_broker_without_its_folder_is_unwell(client, broker, worker):
    (broker / "control_folder").rmdir()
    response = client.get("/healthz")
    assert response.json()["broker"] is False
    assert response.status_code == 503


def test_a_database_that_fails_is_unwell_and_does_not_break_the_answer(client, broker, worker):
    def away(*_: object) -> None:
        raise OperationalError("the database is away")

    with connection.execute_wrapper(away):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"database": False, "broker": True, "worker": True, "last_poll": None, "ok": False}


def test_a_redis_that_refuses_is_unwell(client, settings, worker):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.get("/healthz").json()["broker"] is False


def test_a_redis_that_does_not_answer_is_given_up_soon(client, settings, worker):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = timezone.now()
        assert client.get("/healthz").json()["broker"] is False
    assert timezone.now() - started < timedelta(seconds=8)


def test_health_tells_no_secret(client, settings, broker, worker):
    Connection(base_url="https://connect.example.com", username="someone", password="very secret").save()
    said = json.dumps(client.get("/healthz").json())
    assert not [word for word in ("someone", "secret", settings.SECRET_KEY, "sqlite", str(broker)) if word in said]


def test_a_running_job_shows_how_far_it_is_and_is_asked_about_often(strip):
    job(done=1431, total=2400)
    shown = strip().text.replace("\u202f", " ")
    assert "1 431 of 2 400" in shown
    assert 'value="59" max="100"' in shown
    assert 'hx-trigger="every 3s"' in shown


def test_without_a_job_the_strip_is_asked_about_rarely(strip):
    job(state=JobState.DONE)
    assert 'hx-trigger="every 15s"' in strip().text
    assert "job-bar" not in strip().text


def test_the_end_of_all_jobs_is_told_to_the_page(strip):
    assert strip("/status/?live").headers["HX-Trigger"] == "jobs-done"


@pytest.mark.parametrize("url", ["/status/", "/status/?live"])
def test_nothing_is_told_while_a_job_lives(strip, url):
    job()
    assert "HX-Trigger" not in strip(url).headers


def test_a_provider_that_is_away_is_said_so(strip):
    Connection(password="x", last_success_at=make.NOW, last_error_at=make.NOW + timedelta(minutes=1)).save()
    assert "work resumes by itself" in strip().text


def test_a_provider_that_answered_since_is_not_away(strip):
    Connection(password="x", last_success_at=make.NOW, last_error_at=make.NOW - timedelta(minutes=1)).save()
    assert "resumes by itself" not in strip().text


def test_only_an_administrator_is_shown_where_to_correct_the_connection(strip, client_as, administrator):
    Connection(password="x", halted_at=make.NOW, halt_reason="refused").save()
    client = client_as(administrator)
    client.cookies["django_language"] = "en"
    assert 'href="/admin/companies/connection/"' in client.get("/status/").text
    assert "Tell an administrator" in strip().text
    assert "/admin/" not in strip().text


def test_the_strip_brings_the_badges_up_to_date(strip):
    company = placed("Forges")
    alert(company)
    make.company("À lier", link_state=LinkState.REVIEW)
    make.company("Laissée", link_state=LinkState.UNLINKED)
    shown = strip().text
    assert 'id="nav-alerts" hx-swap-oob="true">1 ' in shown
    assert 'id="nav-link" hx-swap-oob="true">1 ' in shown


def test_a_badge_stops_counting_at_a_thousand(strip):
    Company.objects.bulk_create(Company(name="N", name_key="n") for _ in range(1001))
    assert "999+" in strip().text


def test_the_frame_of_a_page_takes_five_queries_of_its_own(client_as, analyst, django_assert_num_queries):
    client = client_as(analyst)
    client.get("/status/")
    with django_assert_num_queries(9):  # session, user, two of permissions; then alerts, tasks, links, jobs, connection
        client.get("/status/")


def test_a_visitor_costs_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/login/")
        client.get("/nothing-here")


def test_a_search_with_one_hit_opens_it(client_as, auditor):
    company = make.company("Forges du Nord", registration_number="552100554")
    make.company("Aciéries du Sud")
    assert client_as(auditor).get("/search/?q=552 100 554").headers["Location"] == f"/companies/{company.pk}/"


@pytest.mark.parametrize(
    ("text", "place"), [("forges", "/portfolio/?q=forges"), ("zinc", "/portfolio/?q=zinc"), (" ", "/portfolio/")]
)
def test_a_search_with_several_hits_or_none_opens_the_portfolio(client_as, auditor, text, place):
    for name in ("Forges du Nord", "Forges du Sud"):
        make.company(name)
    assert client_as(auditor).get("/search/", {"q": text}).headers["Location"] == place


def test_a_user_without_a_role_may_not_search(client_as, django_user_model):
    assert client_as(django_user_model.objects.create_user("nobody")).get("/search/?q=x").status_code == 403


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        ("auditor", ["/portfolio/", "/alerts/", "/matrix/"], ["/imports/", "/link/", "/admin/"]),
        ("analyst", ["/imports/", "/link/"], ["/admin/"]),
        ("administrator", ["/imports/", "/link/", "/admin/"], []),
    ],
)
def test_the_navigation_has_what_the_role_may_do(request, client_as, role, shown, hidden):
    nav = client_as(request.getfixturevalue(role)).get("/matrix/").text.split("</nav>")[0]
    assert all(f'href="{url}"' in nav for url in shown)
    assert not [url for url in hidden if f'href="{url}"' in nav]


@pytest.mark.parametrize(
    ("role", "word"),
    [("auditor", "Reader"), ("analyst", "Analyst"), ("manager", "Manager"), ("administrator", "Administrator")],
)
def test_the_user_menu_names_the_role(request, client_as, role, word):
    client = client_as(request.getfixturevalue(role))
    client.cookies["django_language"] = "en"
    assert f"<small>{word}</small>" in client.get("/matrix/").text


@pytest.mark.parametrize("path", ["/matrix/", "/matrix/NR/", "/"])
def test_the_current_section_is_marked(client_as, auditor, path):
    nav = client_as(auditor).get(path).text.split("</nav>")[0]
    assert nav.count('aria-current="page"') == 1


def test_the_login_names_the_demo_users_in_a_demo_only(client, settings):
    assert "risk-analyst-demo-2026" not in client.get("/login/").text
    settings.DEMO = True
    assert "risk-analyst-demo-2026" in client.get("/login/").text


def test_a_wrong_password_is_answered_with_words(client):
    response = client.post("/login/", {"username": "analyst", "password": "wrong"})
    assert 'role="alert"' in response.text


def test_logging_in_leads_to_where_one_wanted_to_go(client, analyst):
    answer = client.post("/login/?next=/matrix/", {"username": "analyst", "password": "analyst of the tests"})
    assert answer.headers["Location"] == "/matrix/"


def test_the_language_is_chosen_before_logging_in_too(client):
    client.post("/i18n/setlang/", {"language": "en", "next": "/login/"})
    assert 'lang="en"' in client.get("/login/").text
    client.post("/i18n/setlang/", {"language": "fr", "next": "/login/"})
    assert '<html lang="fr">' in client.get("/login/").text


def test_the_admin_uses_the_same_login(client):
    assert client.get("/admin/login/?next=/admin/").headers["Location"] == "/login/?next=/admin/"


def test_who_is_signed_in_and_may_not_enter_the_admin_is_refused_rather_than_asked_to_sign_in(client_as, analyst):
    assert client_as(analyst).get("/admin/", follow=True).status_code == 403


def test_logging_out_takes_a_post(client_as, analyst):
    client = client_as(analyst)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"


@pytest.mark.parametrize("name", ["400.html", "500.html", "403_csrf.html"])
def test_an_error_page_needs_nothing_from_the_request(name):
    assert "<html" in render_to_string(name)


def test_a_page_that_is_not_there_keeps_the_navigation(client_as, auditor):
    response = client_as(auditor).get("/nothing-here")
    assert response.status_code == 404
    assert 'id="site-nav"' in response.text


def test_no_page_needs_an_inline_script_or_style(client_as, administrator):
    policy = client_as(administrator).get("/matrix/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy

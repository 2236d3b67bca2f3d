"""The page of movements, the companies of a flow, and why one of them moved."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from companies.choices import ChangeCause
from companies.models import Company, Profile
from monitoring.models import Position
from monitoring.services import standing
from monitoring.services.positions import Cause
from monitoring.views.flows import preset
from tests import make
from tests.make import NOW, TODAY
from tests.monitoring.pages import growth, placed, queries

pytestmark = pytest.mark.django_db
LATER = TODAY + timedelta(days=5)
DAYS = f"from={TODAY}&to={LATER}"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    real = timezone.localdate
    monkeypatch.setattr("django.utils.timezone.localdate", lambda value=None: real(value) if value else LATER)


@pytest.fixture
def client(client_as: Callable[[User], Client], analyst: User) -> Client:
    return client_as(analyst)


def moved(name: str = "Forges du Nord", score: int = 40, **more: object) -> Company:
    """Sound with a low limit, then watched: for its score, three days later."""
    company = placed(name, **more)
    Profile.objects.filter(company=company).update(score=score, rating=make.letter(score))
    at = NOW + timedelta(days=3)
    cause = Cause(ChangeCause.REPORT)
    standing.restate([company.pk], now=at, as_of=TODAY + timedelta(days=3), cause=cause)
    return company


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_page_draws_and_lists_the_movements(client):
    moved(owes="700")
    placed("Stays")
    found = page(client, f"/matrix/flows/?{DAYS}")
    assert 'class="sankey-worse' in found
    assert "source=LOW-FAV&amp;target=LOW-MOD&amp;cause=score" in found
    assert "(2 in all), each column to those of the second (2 in all)" in found
    assert " style=" not in found


def test_the_page_without_companies_says_so(client):
    assert "No company was on the matrix on these days" in page(client, "/matrix/flows/")


def test_movements_only_leaves_out_who_stayed(client):
    placed("Stays")
    assert "sankey-stayed" in page(client, f"/matrix/flows/?{DAYS}")
    assert "Nobody moved between these two days" in page(client, f"/matrix/flows/?{DAYS}&stay=0")


def test_filters_and_knowledge_come_with_every_link(client):
    moved(business_unit="Nord", analyst="Martin")
    moved("Other", business_unit="Sud")
    found = page(client, f"/matrix/flows/?{DAYS}&unit=Nord&known=now&measure=amount")
    assert "(1 in all)" in found
    assert "known=now&amp;unit=Nord&amp;source=LOW-MOD" in found, "the score was true from the first day"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "“yesterday” is no date: write it as 2026-03-31."),
        ("from=0001-01-01", "Movements are known up to today"),
        ("to=9999-12-31", "Movements are known up to today"),
        (f"from={LATER}&to={TODAY}", "they were exchanged"),
        ("unit=Nowhere", "Ignored, its value is unknown: Nowhere"),
        ("role=king", "Ignored, its value is unknown: king"),
    ],
)
def test_what_means_nothing_is_said_and_replaced(client, query, said):
    assert said in page(client, f"/matrix/flows/?{query}")
    assert said in page(client, f"/matrix/flows/companies/?{query}")


def test_a_flow_opens_its_companies_with_both_states(client):
    company = moved(owes="700", business_unit="Nord")
    placed("Stays")
    found = page(client, f"/matrix/flows/companies/?{DAYS}&source=LOW-FAV&target=LOW-MOD&cause=score")
    assert "<strong>1</strong> company" in found
    assert '<span class="was">60</span> → 40' in found
    assert f"/companies/{company.pk}/why/?{DAYS}".replace("&", "&amp;") in found
    assert "Nobody went this way" in page(client, f"/matrix/flows/companies/?{DAYS}&source=LOW-MOD&target=out")
    assert "Stays" in page(client, f"/matrix/flows/companies/?{DAYS}&source=LOW-FAV&target=LOW-FAV")


@pytest.mark.parametrize("query", ["source=NOWHERE", "target=high", "cause=weather"])
def test_a_flow_that_does_not_exist_is_not_found(client, query):
    assert client.get(f"/matrix/flows/companies/?{query}").status_code == 404
    assert client.get(f"/matrix/flows/companies.csv?{query}").status_code == 404


def test_the_companies_of_a_flow_are_taken_away_as_a_file(client):
    moved("=cmd", owes="700", analyst="Martin")
    answer = client.get(f"/matrix/flows/companies.csv?{DAYS}&cause=score")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Company;Country;Business unit;Analyst;Cause;Cell 11/20/2026;Cell 11/25/2026;Rating")
    assert lines[1:] == [
        "'=cmd;FR;;Martin;Score or status;Development;Active watch;B;C;60;40;20000.00;20000.00" + ";700.00" * 4
    ]
    book = client.get(f"/matrix/flows/companies.xlsx?{DAYS}")
    assert b"".join(book.streaming_content)[:2] == b"PK"
    assert client.get("/matrix/flows/companies.pdf").status_code == 404


def test_queries_do_not_grow_with_companies(client):
    assert growth(client, f"/matrix/flows/?{DAYS}", lambda n: moved(f"A{n}")) == 0
    assert queries(client, f"/matrix/flows/companies/?{DAYS}&cause=score") < 25


def test_why_is_a_page_and_a_part(client):
    company = moved()
    url = f"/companies/{company.pk}/why/?{DAYS}"
    said = "Moved from Development to Active watch on 11/23/2026: score 60 → 40; credit limit unchanged."
    whole = page(client, url)
    assert whole.count(said) == 1, "the only move says it all"
    assert "<html" in whole
    part = client.get(url, headers={"HX-Target": f"why-{company.pk}"}).content.decode()
    assert said in part
    assert "<html" not in part


def test_why_tells_every_step_of_the_way(client):
    company = moved()
    Profile.objects.filter(company=company).update(score=20, rating="D")
    standing.restate([company.pk], now=NOW + timedelta(days=4), as_of=TODAY + timedelta(days=4))
    found = page(client, f"/companies/{company.pk}/why/?{DAYS}")
    assert "Moved from Development to Reduce or stop between 11/20/2026 and 11/25/2026: score 60 → 20" in found
    assert "Moved from Active watch to Reduce or stop on 11/24/2026: score 40 → 20" in found
    assert "not on the matrix on either of these days" in page(client, f"/companies/{company.pk}/why/?to=2020-01-02")


def test_why_asks_as_much_for_many_steps(client):
    company = moved()
    url = f"/companies/{company.pk}/why/?{DAYS}"
    one = queries(client, url)
    for number in range(8):
        score = 60 if number % 2 else 20
        Profile.objects.filter(company=company).update(score=score)
        standing.restate([company.pk], now=NOW + timedelta(days=4, hours=number), as_of=TODAY + timedelta(days=4))
    assert queries(client, url) == one


def test_the_history_of_a_company_says_why(client_as, manager):
    found = page(client_as(manager), f"/companies/{moved().pk}/history/")
    assert "Moved from Development to Active watch on 11/23/2026: score 60 → 40" in found
    assert "why/?from=2026-11-22&amp;to=2026-11-23" in found


def test_the_week_counts_by_direction(client):
    Position.objects.filter(company=moved(owes="900")).update(known_from=NOW - timedelta(days=30))
    worse, new = moved("Worse", owes="700"), moved("New")
    Position.objects.filter(company=worse, cell="LOW-FAV").update(known_from=NOW - timedelta(days=30))
    found = page(client, "/matrix/flows/week/")
    assert "<strong>1</strong> movement this week" in found
    assert "▼ 1 to a worse cell" in found
    assert "+ 1 entered" in found
    assert new.pk


def test_the_dashboard_leads_to_the_movements(client):
    moved()
    assert 'hx-get="/matrix/flows/week/"' in page(client, "/")


@pytest.mark.parametrize(
    "url", ["/matrix/flows/", "/matrix/flows/companies/", "/matrix/flows/companies.csv", "/matrix/flows/week/"]
)
def test_who_may_not_see_standings_sees_no_movement(client_as, url):
    company = moved()
    nobody = User.objects.create_user("nobody")
    assert client_as(nobody).get(url).status_code == 403
    assert client_as(nobody).get(f"/companies/{company.pk}/why/").status_code == 403
    nobody.user_permissions.add(Permission.objects.get(codename="view_standing"))
    assert client_as(nobody).get(url).status_code == 200


@pytest.mark.parametrize(
    ("name", "until", "since"),
    [
        ("week", date(2026, 3, 31), date(2026, 3, 24)),
        ("month", date(2026, 3, 31), date(2026, 2, 28)),
        ("month", date(2026, 1, 15), date(2025, 12, 15)),
        ("quarter", date(2026, 5, 31), date(2026, 2, 28)),
        ("year", date(2024, 2, 29), date(2023, 2, 28)),
        ("month", date(2026, 12, 31), date(2026, 11, 30)),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_last_of_the_month(name, until, since):
    assert preset(name, until) == since

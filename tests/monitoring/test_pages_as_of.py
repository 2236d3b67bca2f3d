"""Portfolio, matrix and company at a past day, as known then and as known now."""

from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.timezone import localdate

from companies.models import RatingPoint
from monitoring.models import MatrixPolicy, Position, Standing
from monitoring.models.standing import Placed
from tests.monitoring.pages import growth, placed

pytestmark = pytest.mark.django_db
FIELDS = [field.attname for field in Placed._meta.get_fields() if hasattr(field, "attname")]


def days_ago(number):
    return localdate() - timedelta(days=number)


def moment(day):
    return day and timezone.make_aware(datetime.combine(day, time(9)))


def was(company, since, until=None, *, true_since=None, **facts):
    """A position like the standing of today but for `facts`, known from one day until before another."""
    standing = Standing.objects.get(pk=company.pk)
    values = {name: getattr(standing, name) for name in FIELDS if hasattr(standing, name)} | facts
    return Position.objects.create(
        company=company, known_from=moment(since), known_until=moment(until),
        valid_from=true_since or since, valid_until=until, cause="import", **values,
    )  # fmt: skip


@pytest.fixture
def forges():
    """Watch until 20 days ago, sound since."""
    company = placed("Forges", score=60, owes="900")
    Position.objects.all().delete()
    was(company, days_ago(60), days_ago(20), cell="LOW-MOD", score=40, rating="C", exposure=Decimal(5555))
    was(company, days_ago(20))
    return company


@pytest.fixture
def page(client_as, analyst):
    client = client_as(analyst)
    client.cookies["django_language"] = "en"

    def get(url, day=None, **more):
        asked = ({"as_of": day.isoformat() if hasattr(day, "isoformat") else day} if day else {}) | more
        return client.get(url, asked).text.replace("\u202f", " ")

    get.client = client
    return get


PAGES = ["/portfolio/", "/matrix/", "/matrix/LOW-MOD/"]


@pytest.mark.parametrize("url", PAGES)
def test_a_past_day_shows_what_was_and_says_so(page, forges, url):
    shown = page(url, days_ago(30))
    assert "not today" in shown
    assert "5 555" in shown


@pytest.mark.parametrize("url", PAGES)
def test_today_has_no_band(page, forges, url):
    for day in (None, localdate()):
        assert "not today" not in page(url, day)


@pytest.mark.parametrize("url", [*PAGES, "/companies/{pk}/"])
@pytest.mark.parametrize(
    ("day", "said"), [("rubbish", "is not a day"), ("2026-02-30", "is not a day"), ("2999-01-01", "is still to come")]
)
def test_nonsense_and_days_to_come_show_today_and_say_so(page, forges, url, day, said):
    shown = page(url.format(pk=forges.pk), day)
    assert said in shown
    assert "Back to today" not in shown


def test_a_refused_day_is_said_back_harmlessly(page):
    assert "&lt;script&gt;" in page("/matrix/", "<script>")


def test_known_then_and_known_now_are_two_answers(page):
    company = placed("Forges")
    Position.objects.all().delete()
    was(company, days_ago(10), true_since=days_ago(40), exposure=Decimal(7777))
    assert "7 777" not in page("/portfolio/", days_ago(30))
    assert "7 777" in page("/portfolio/", days_ago(30), known="now")
    assert "by all that is known today" in page("/portfolio/", days_ago(30), known="now")


def test_the_day_is_kept_on_the_way_from_page_to_page(page, forges):
    day, query = days_ago(30), f"?as_of={days_ago(30)}&amp;known=now"
    for url, onward in (
        ("/portfolio/", f'href="/companies/{forges.pk}/{query}"'),
        ("/matrix/", f'href="/matrix/LOW-MOD/{query}"'),
        ("/matrix/", f'href="/companies/{forges.pk}/{query}"'),
        ("/matrix/LOW-MOD/", f'href="/portfolio/?cell=LOW-MOD&amp;as_of={day}&amp;known=now"'),
        (f"/companies/{forges.pk}/", f'href="/matrix/LOW-MOD/{query}"'),
        (f"/companies/{forges.pk}/", f'href="/companies/{forges.pk}/solvency/{query}"'),
        (f"/companies/{forges.pk}/", f'href="/portfolio/{query}"'),
    ):
        assert onward in page(url, day, known="now")


def test_the_switch_and_the_way_back_keep_the_filters(page, forges):
    shown = page("/matrix/", days_ago(30), role="client")
    assert f'href="?as_of={days_ago(30)}&amp;role=client&amp;known=now"' in shown
    assert 'href="?role=client"' in shown


def test_a_past_picture_is_one_question_over_positions_and_one_for_the_companies_drawn(page, forges):
    page("/matrix/", days_ago(30))
    with CaptureQueriesContext(connection) as taken:
        page("/matrix/", days_ago(30))
    asked = [query["sql"] for query in taken if "monitoring_position" in query["sql"] and "newest" not in query["sql"]]
    assert ["GROUP BY" in sql for sql in asked] == [True, False]
    assert not [query for query in taken if "monitoring_standing" in query["sql"]]


@pytest.mark.parametrize("url", PAGES)
def test_the_queries_of_a_past_page_do_not_grow(page, url):
    def more(index):
        company = placed(f"Forges {index}")
        Position.objects.filter(company=company).delete()
        was(company, days_ago(60), cell="LOW-MOD")

    assert growth(page.client, f"{url}?as_of={days_ago(30)}", more) == 0


def test_the_thresholds_are_those_of_the_policy_then_in_force(page, forges):
    active = MatrixPolicy.objects.get(state="active")
    MatrixPolicy.objects.filter(pk=active.pk).update(valid_from=days_ago(10))
    old = MatrixPolicy.objects.create(
        name="OLD", state="retired", high_from=Decimal(7000), valid_from=days_ago(90), valid_until=days_ago(10)
    )
    for cell in active.cells.all():
        cell.pk, cell.policy = None, old
        cell.save()
    assert "≥ 7 k€" in page("/matrix/", days_ago(30))
    assert "≥ 7 k€" not in page("/matrix/", days_ago(5))


def test_before_the_first_position_the_pages_say_when_it_begins(page, forges):
    assert "Nothing is known of that day: the first positions are of" in page("/matrix/", days_ago(300))
    assert "Nothing is known of that day" in page("/portfolio/", days_ago(300))


def test_what_has_no_history_is_left_out_of_the_list_and_said(page, forges):
    shown = page("/portfolio/", days_ago(30), alerts="1", sort="-open_alerts")
    assert "Forges" in shown
    assert "Ignored, its value is unknown: Open alerts" in shown
    assert "have no history" in shown
    assert "sort-open_alerts" not in shown
    assert "sort-open_alerts" in page("/portfolio/")


def test_a_past_list_is_filtered_and_searched_like_todays(page, forges):
    other = placed("Ailleurs")
    Position.objects.filter(company=other).delete()
    was(other, days_ago(60), country="DE")
    for asked in ({"q": "forg"}, {"cell": "LOW-MOD"}, {"rating": "C"}):
        shown = page("/portfolio/", days_ago(30), **asked)
        assert "Forges</a>" in shown
        assert "Ailleurs</a>" not in shown


def test_a_past_export_is_marked_in_its_name_and_on_each_line(page, forges):
    answer = page.client.get(f"/portfolio/export.csv?as_of={days_ago(30)}&known=now")
    head, line = b"".join(answer.streaming_content).decode().splitlines()[:2]
    assert f"portfolio-{days_ago(30)}-known-now.csv" in answer.headers["Content-Disposition"]
    assert "On the day;Known when" in head
    assert f"{days_ago(30)};As known now" in line


def test_a_company_is_shown_as_it_stood(page, forges):
    RatingPoint.objects.create(company=forges, valid_on=days_ago(25), known_at=moment(days_ago(5)), score=11)
    shown = page(f"/companies/{forges.pk}/", days_ago(22))
    assert "not today" in shown
    assert "5 555" in shown
    assert "Active watch" in shown
    for gone in ("Open items", 'id="alerts"', "Order a new report", "/documents/"):
        assert gone not in shown
    assert "<td>—</td><td" not in shown.split('id="history"')[1].split("</section>")[0]  # not known yet on that day


def test_a_company_that_was_not_there_says_so_and_since_when_it_is(page, forges):
    shown = page(f"/companies/{forges.pk}/", days_ago(100))
    assert "This company was not there on that day" in shown
    assert "Its first position is of" in shown


def test_the_tab_of_open_items_has_its_own_band_and_keeps_the_day(page, forges):
    shown = page(f"/companies/{forges.pk}/exposure/", days_ago(30))
    assert shown.count('class="as-of"') == 1
    assert f'href="/companies/{forges.pk}/solvency/?as_of={days_ago(30)}"' in shown

"""The exposure of a past day, from the layers of the ledger."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from companies.choices import DocumentType
from companies.models import Account, PastItem
from companies.rules.exposure import ExposurePolicy
from companies.services import layers
from monitoring.services import ageing_table, company_exposure, kpis, late, standing, statement
from monitoring.services import exposure as figures
from monitoring.services.scope import Scope, as_they_were, open_items
from tests import make
from tests.monitoring.pages import growth

pytestmark = pytest.mark.django_db
TODAY, JUNE, JULY, AUGUST = make.TODAY, date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)
    for module in ("scope", "statement", "company_exposure"):
        monkeypatch.setattr(f"monitoring.services.{module}.localdate", lambda *args: TODAY)


def told(account, june="1000", july="600", closed=AUGUST):
    """An invoice of June paid in part in July and in full in August, as three files told it."""
    first, second = (make.batch(as_of=day, filename=f"{day}.csv") for day in (JUNE, JULY))
    due = date(2026, 6, 15)
    item = make.item(account, july, due, batch=second, document_date=date(2026, 5, 1), closed_on=closed)
    PastItem.objects.create(
        item=item, batch=first, replaced_by=second, type=item.type, due_date=due, amount=Decimal(june), currency="EUR"
    )
    return item


@pytest.fixture
def company(db):
    return make.company("Forges du Nord")


def owed(day, **scope):
    scope = Scope(day=day, **scope)
    found = figures.totals(scope.items(), scope.promises(), as_of=day, policy=ExposurePolicy())
    return found.risk


@pytest.mark.parametrize(
    ("day", "amount"),
    [(JUNE - timedelta(1), 0), (JUNE, 1000), (JULY - timedelta(1), 1000), (JULY, 600), (AUGUST, 0)],
)
def test_an_item_is_owed_as_the_files_until_that_day_had_it(company, day, amount):
    told(make.account(company))
    assert owed(day) == amount


@pytest.mark.parametrize("day", [JUNE, JULY, AUGUST, date(2026, 7, 10)])
def test_both_ways_to_read_a_past_day_agree(company, day):
    account = make.account(company)
    told(account)
    told(account, "80.10", "80.05", closed=None)
    make.item(account, "-30", None, type=DocumentType.PAYMENT, batch=make.batch(as_of=JUNE))
    ours = {(item.pk, item.amount, item.due_date, item.type) for item in as_they_were(open_items(day))}
    assert ours == {(item.pk, item.amount, item.due_date, item.type) for item in layers.items_at(day)}


def test_every_service_reads_the_same_past_day(company):
    told(make.account(company))
    standing.restate([company.pk], now=make.NOW, as_of=TODAY)
    scope = Scope(day=JUNE)
    assert [row.exposure for row in kpis.positions(scope, ExposurePolicy())] == [1000]
    assert ageing_table.table(scope, split="country", basis="due").sums.total == 1000
    assert statement.statement(company, JUNE).balances[0].total == 1000
    assert company_exposure.depth(company, JUNE).found.parts.overdue == 1000
    row = late.payers(scope).get()
    assert (row.overdue_at, row.exposure_at, row.oldest) == (1000, 1000, date(2026, 6, 15))


def test_the_trend_has_each_month_as_its_last_file_had_it(company):
    told(make.account(company))
    make.batch(as_of=AUGUST)
    months = kpis.trend(Scope())
    assert [(month.day, month.owed, month.overdue) for month in months] == [
        (JUNE, 1000, 1000),
        (JULY, 600, 600),
        (AUGUST, 0, 0),
        (TODAY, 0, 0),
    ]


def test_the_month_of_the_day_itself_has_one_bar(company):
    told(make.account(company))
    make.batch(as_of=date(2026, 11, 6))
    assert [month.day for month in kpis.trend(Scope())] == [JUNE, JULY, TODAY]


def test_the_trend_of_a_past_day_stops_there(company):
    told(make.account(company))
    assert [month.day for month in kpis.trend(Scope(day=JULY))] == [JUNE, JULY]


PAGES = [
    "/exposure/",
    "/exposure/ageing/",
    "/exposure/companies/?figure=all.items",
    "/exposure/limits/?limit=erp_limit&part=unlimited",
    "/exposure/losses/",
    "/late/",
    "/late/{pk}/",
    "/companies/{pk}/statement/",
    "/exposure/companies/{pk}/?figure=all.items",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_past_day_is_written_large_and_kept_in_the_links(client_as, manager, company, page):
    told(make.account(company))
    standing.restate([company.pk], now=make.NOW, as_of=TODAY)
    address = page.format(pk=company.pk)
    text = client_as(manager).get(f"{address}{'&' if '?' in address else '?'}as_of=2026-06-30").content.decode()
    assert 'class="as-of"' in text
    assert "June 30, 2026" in text
    if page in PAGES[:3]:
        assert "as_of=2026-06-30" in text.replace(f"{address}?as_of=2026-06-30", "")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("2026-11-21", "lies ahead"),
        ("9999-12-31", "lies ahead"),
        ("31/03/2026", "is no date"),
        ("x" * 300, "is no date"),
    ],
)
@pytest.mark.parametrize("page", ["/exposure/", "/late/"])
def test_a_day_that_cannot_be_shown_is_refused_kindly(client_as, manager, page, asked, said):
    text = client_as(manager).get(page, {"as_of": asked}).content.decode()
    assert said in text
    assert 'class="as-of"' not in text


@pytest.mark.parametrize(
    "file",
    ["/late/export.csv", "/exposure/ageing.csv", "/companies/{pk}/statement.pdf", "/companies/{pk}/statement.xlsx"],
)
def test_a_file_of_a_day_that_cannot_be_shown_is_not_made(client_as, manager, company, file):
    assert client_as(manager).get(file.format(pk=company.pk), {"as_of": "2027-01-01"}).status_code == 400


def test_a_file_is_of_the_day_asked_for(client_as, manager, company):
    told(make.account(company))
    standing.restate([company.pk], now=make.NOW, as_of=TODAY)
    response = client_as(manager).get("/late/export.csv?as_of=2026-06-30")
    assert "late-payers-2026-06-30" in response.headers["Content-Disposition"]
    assert "1000" in b"".join(response.streaming_content).decode("utf-8-sig")


def test_before_the_first_file_nothing_is_known_and_the_page_says_so(client_as, manager, company):
    told(make.account(company))
    assert "Nothing is known of that day" in client_as(manager).get("/exposure/?as_of=2026-01-31").content.decode()


def test_queries_of_a_past_day_do_not_grow(client_as, manager):
    def more(index):
        told(make.account(make.company(f"C{index}")))

    client = client_as(manager)
    standing.rebuild(now=make.NOW, as_of=TODAY)
    assert growth(client, "/exposure/?as_of=2026-06-30", more) <= 0
    assert growth(client, "/late/?as_of=2026-06-30&by=payer", more) <= 0
    assert Account.objects.count() == 62

"""Whose figures: role, business unit, analyst, country and group; ageing line by line; what each figure opens."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest

from companies.choices import RatingState, Role
from companies.models import ExchangeRate
from companies.rules.exposure import ExposurePolicy
from monitoring.models import DefaultProbability, ExposureSettings
from monitoring.services import ageing_table, kpis, late, standing
from monitoring.services import exposure as figures
from monitoring.services.scope import Scope
from tests import make
from tests.monitoring.pages import growth

pytestmark = pytest.mark.django_db
TODAY, POLICY = make.TODAY, ExposurePolicy()
LATE = TODAY - timedelta(days=45)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)
    monkeypatch.setattr("monitoring.services.scope.localdate", lambda *args: TODAY)


@pytest.fixture
def ledger(db):
    """Forges owes 100 to the south and 200 to the north, its daughter 400, a German 800 and nobody's account 1600."""
    mother = make.company("Forges")
    daughter = make.company("Fille", parent=mother)
    german, other = make.company("Schmied", country="DE"), make.company("Autre")
    rows = (
        (mother, "100", {"business_unit": "SUD", "analyst": "AB", "erp_limit": 250}),
        (mother, "200", {"business_unit": "NORD", "analyst": "CD", "erp_limit": 250}),
        (daughter, "400", {"business_unit": "SUD", "analyst": "AB"}),
        (german, "800", {"business_unit": "NORD", "analyst": "AB", "erp_limit": 1000}),
        (other, "1600", {"role": Role.PROSPECT}),
    )
    for company, amount, values in rows:
        make.item(make.account(company, **values), amount, LATE)
    companies = [mother, daughter, german, other]
    standing.restate([one.pk for one in companies], now=make.NOW, as_of=TODAY)
    return companies


def total(**scope):
    return figures.totals(Scope(**scope).items(), Scope(**scope).promises(), as_of=TODAY, policy=POLICY).risk


def lines(split, **scope):
    found = ageing_table.table(Scope(**scope), split=split, basis="due")
    assert sum(row.total for row in found.rows) == found.sums.total
    return {row.name: row.total for row in found.rows}, found


@pytest.mark.parametrize(
    ("scope", "owed"),
    [
        ({}, 3100),
        ({"business_unit": "SUD"}, 500),
        ({"analyst": "AB"}, 1300),
        ({"analyst": "-"}, 1600),
        ({"business_unit": "NORD", "analyst": "CD"}, 200),
        ({"country": "DE"}, 800),
        ({"role": "prospect"}, 1600),
        ({"business_unit": "OUEST"}, 0),
    ],
)
def test_a_scope_holds_its_accounts_and_no_other(ledger, scope, owed):
    assert total(**scope) == owed
    assert sum(row.exposure for row in kpis.positions(Scope(**scope), POLICY)) == owed


def test_a_group_is_all_under_its_ultimate_parent(ledger):
    assert total(group=ledger[0].pk) == 700


@pytest.mark.parametrize(
    ("split", "found"),
    [
        ("company", {"Forges": 300, "Fille": 400, "Schmied": 800, "Autre": 1600}),
        ("group", {"Forges": 700, "Schmied": 800, "Autre": 1600}),
        ("analyst", {"AB": 1300, "CD": 200, "unknown": 1600}),
        ("business_unit", {"SUD": 500, "NORD": 1000, "unknown": 1600}),
        ("country", {"France": 2300, "Germany": 800}),
        ("role", {"Client": 1500, "Prospect": 1600}),
    ],
)
def test_ageing_is_split_by_what_the_reader_chooses_and_adds_up(ledger, split, found):
    assert lines(split)[0] == found
    assert lines(split)[1].sums.total == total() == 3100


@pytest.mark.parametrize("split", ageing_table.COLUMNS)
def test_in_other_currencies_the_lines_still_make_the_page(ledger, split):
    ExchangeRate.objects.create(currency="USD", valid_on="2026-01-01", rate=Decimal("1.0937"))
    for company in ledger:
        account = company.accounts.first()
        for days in (1, 2, 3, 40, 41):
            make.item(account, "0.33", TODAY - timedelta(days=days), currency="USD")
    ageing = figures.totals(Scope().items(), Scope().promises(), as_of=TODAY, policy=POLICY).ageings["due"]
    assert dict(zip(ageing_table.BUCKETS, lines(split)[1].sums.amounts, strict=True)) == dict(ageing.buckets)


def test_limits_are_held_against_all_that_a_company_owes(ledger):
    """Forges owes 100 in the south alone, and is above its limit of 250 by what it owes in all."""
    whole = kpis.positions(Scope(business_unit="SUD"), POLICY, whole=True)
    assert {row.company: row.exposure for row in whole} == {ledger[0].pk: 300, ledger[1].pk: 400}
    assert kpis.rooms(whole)[1].excess == 50


@pytest.mark.parametrize(
    ("part", "found"),
    [("excess", [("Forges", 50)]), ("free", [("Schmied", -200)]), ("unlimited", [("Autre", None), ("Fille", None)])],
)
def test_each_figure_of_a_limit_has_its_own_list(ledger, part, found):
    names = {one.pk: one.name for one in ledger}
    rows = kpis.beside(kpis.positions(Scope(), POLICY), "erp_limit", part)
    assert [(names[row.company], row.difference) for row in rows] == found


def test_excess_and_headroom_open_different_pages(client_as, manager, ledger):
    client = client_as(manager)
    over = client.get("/exposure/limits/?limit=erp_limit&part=excess").content.decode()
    below = client.get("/exposure/limits/?limit=erp_limit&part=free").content.decode()
    assert ("Forges" in over, "Schmied" in over) == (True, False)
    assert ("Forges" in below, "Schmied" in below) == (False, True)


@pytest.mark.parametrize("query", ["", "?limit=erp_limit", "?limit=erp_limit&part=x", "?limit=x&part=excess"])
def test_no_such_limit_is_not_found(client_as, manager, query):
    assert client_as(manager).get(f"/exposure/limits/{query}").status_code == 404


def test_every_link_of_the_page_opens_and_keeps_the_scope(client_as, manager, ledger):
    client = client_as(manager)
    page = client.get("/exposure/?business_unit=SUD").content.decode()
    found = {unescape(one) for one in re.findall(r'href="(/(?:exposure|late)/[^"]*\?[^"]*)"', page)}
    assert len(found) > 20
    assert [one for one in found if client.get(one).status_code != 200] == []
    cleared = {one for one in found if "business_unit=SUD" not in one}
    assert cleared == set()


def test_the_expected_loss_is_gross_and_marked_and_the_net_is_not_invented(client_as, manager, ledger):
    page = client_as(manager).get("/exposure/losses/").content.decode()
    assert page.count("placeholder-mark") >= 2
    assert "no cover known" in page


def test_the_lines_of_the_expected_loss_are_of_one_rating_each(ledger):
    make.profile(ledger[0], 60)
    standing.restate([ledger[0].pk], now=make.NOW, as_of=TODAY)
    settings = ExposureSettings(loss_given_default=Decimal(90))
    DefaultProbability.objects.update_or_create(rating="B", defaults={"percent": Decimal(2)})
    found = {(line.state, line.rating): line for line in kpis.losses(kpis.positions(Scope(), POLICY), settings)}
    assert found[RatingState.RATED, "B"].lost.gross == Decimal("5.40")
    assert found[RatingState.NOT_RATED, ""].companies == 3


def test_late_payers_by_the_account_that_pays(ledger):
    mother, daughter = ledger[:2]
    daughter.accounts.update(payer=mother.accounts.first())
    found = {row.name: (row.overdue_at, row.exposure_at, row.pays_for) for row in late.payers(Scope(), late.PAYER)}
    assert found == {"Forges": (700, 700, 1), "Schmied": (800, 800, None), "Autre": (1600, 1600, None)}


def test_the_items_of_a_payer_are_those_of_the_accounts_it_pays(client_as, analyst, ledger):
    mother, daughter = ledger[:2]
    daughter.accounts.update(payer=mother.accounts.first())
    client = client_as(analyst)
    assert "400.00" in client.get(f"/late/{mother.pk}/?by=payer").content.decode()
    assert "400.00" not in client.get(f"/late/{mother.pk}/").content.decode()


def test_the_late_list_of_an_analyst_holds_their_accounts(client_as, analyst, ledger):
    page = client_as(analyst).get("/late/?analyst=CD").content.decode()
    assert ("Forges" in page, "Schmied" in page) == (True, False)
    assert late.payers(Scope(analyst="CD")).get().overdue_at == 200


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_the_ageing_comes_as_a_file_with_its_total(client_as, manager, ledger, fmt):
    response = client_as(manager).get(f"/exposure/ageing.{fmt}?by=country")
    text = b"".join(response.streaming_content)
    assert text[:2] == b"PK" if fmt == "xlsx" else "3100" in text.decode("utf-8-sig").splitlines()[-1]


@pytest.mark.parametrize(
    "query", ["?by=x&basis=y", "?group=abc", "?group=99999999", "?analyst=" + "x" * 500, "?page=z"]
)
def test_nonsense_in_the_address_is_left_out(client_as, manager, ledger, query):
    assert client_as(manager).get(f"/exposure/ageing/{query}").status_code == 200


@pytest.mark.parametrize("page", ["ageing/", "limits/?limit=erp_limit&part=excess", "losses/", "ageing.csv"])
def test_a_visitor_sees_none_of_it(client_as, anonymous, page):
    assert client_as(anonymous).get(f"/exposure/{page}").status_code == 302


@pytest.mark.parametrize("page", ["/exposure/ageing/?by=group", "/exposure/limits/?limit=erp_limit&part=excess"])
def test_queries_do_not_grow_with_the_lines(client_as, manager, page):
    def more(index):
        company = make.company(f"C{index}")
        make.item(make.account(company, erp_limit=1, analyst=f"A{index}"), "100", LATE)
        standing.restate([company.pk], now=make.NOW, as_of=TODAY)

    assert growth(client_as(manager), page, more) <= 0


def test_a_part_in_another_currency_is_counted_like_any_other(client_as, manager, ledger):
    ExchangeRate.objects.create(currency="USD", valid_on="2026-01-01", rate=Decimal("1.0937"))
    make.item(ledger[0].accounts.first(), "0.33", LATE, currency="USD")
    assert "not counted" not in client_as(manager).get("/exposure/").content.decode()

"""The exposure page, and what its figures open."""

from datetime import timedelta
from decimal import Decimal

import pytest

from companies.choices import DocumentType, Role
from companies.models import MonthlySales
from companies.rules.exposure import ExposurePolicy
from monitoring.models import ExposureSettings
from monitoring.services import exposure as figures
from monitoring.services import kpis, standing
from monitoring.services.money import Rates, sums_by
from monitoring.services.scope import Scope
from tests import make
from tests.monitoring.pages import growth, placed

pytestmark = pytest.mark.django_db
TODAY = make.TODAY


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)


def owing(name="Forges du Nord", **values):
    account = make.account(make.company(name, **values))
    make.item(account, "6000", TODAY + timedelta(days=10))
    make.item(account, "4000", TODAY - timedelta(days=31))
    make.item(account, "1500", TODAY + timedelta(days=5), type=DocumentType.BILL)
    make.item(account, "-700", None, type=DocumentType.CREDIT_NOTE)
    make.item(account, "-500", None, type=DocumentType.PAYMENT)
    standing.restate([account.company_id], now=make.NOW, as_of=TODAY)
    return account.company


def totals():
    return figures.totals(Scope().items(), Scope().promises(), as_of=TODAY, policy=ExposurePolicy())


def test_parts_add_up_to_the_exposure_of_the_standing():
    company = owing()
    found = totals()
    assert (found.parts.not_due, found.parts.overdue, found.parts.bills) == (6000, 4000, 1500)
    assert found.risk == Scope().standings().get(pk=company.pk).exposure == Decimal(10_300)


def test_every_ageing_adds_up_to_the_balance():
    owing()
    assert [ageing.balance for ageing in totals().ageings.values()] == [Decimal(10_300)] * 2


def test_the_database_and_the_rules_agree_on_every_bucket():
    company = owing()
    found, conditions = totals(), figures.conditions(TODAY)
    sums = sums_by(Scope().items(), "account__company", conditions, rates=Rates(TODAY))[company.pk]
    for basis, ageing in found.ageings.items():
        assert {key: sums.amount(f"{basis}.{key}") for key in ageing.buckets} == dict(ageing.buckets)
    for name in figures.LEDGER_PARTS:
        assert sums.amount(f"part.{name}") == getattr(found.parts, name)


def test_what_we_owe_a_supplier_is_in_no_figure():
    make.item(make.account(make.company(), Role.SUPPLIER), "900", TODAY)
    assert totals().risk == 0


def test_a_currency_without_a_rate_is_named_and_left_out():
    make.item(make.account(make.company()), "900", TODAY, currency="JPY")
    found = totals()
    assert (found.missing, found.risk) == (("JPY",), 0)


def test_a_policy_without_netting_raises_the_exposure_of_the_standing():
    ExposureSettings(netting="none").save()
    company = owing()
    assert Scope().standings().get(pk=company.pk).exposure == Decimal(11_500)


def test_a_policy_without_bills_lowers_it():
    ExposureSettings(count_bills=False).save()
    company = owing()
    assert Scope().standings().get(pk=company.pk).exposure == Decimal(8_800)


def test_a_group_counts_as_one_debtor():
    parent = owing("Mère")
    owing("Fille", parent=parent)
    owing("Autre")
    found = kpis.concentration(kpis.positions(Scope(), ExposurePolicy()))
    assert [(one.name, one.members) for one in found.largest] == [("Mère", 2), ("Autre", 1)]
    assert found.hhi.value == Decimal("0.5556")


def test_parents_in_a_circle_do_not_hang_the_concentration():
    one, two = owing("Une"), owing("Deux")
    for company, parent in ((one, two), (two, one)):
        company.parent = parent
        company.save()
    assert [weight.members for weight in kpis.concentration(kpis.positions(Scope(), ExposurePolicy())).largest] == [2]


def test_days_of_sales_follow_the_vector_of_the_domain():
    for month, amount in ((9, 450), (8, 500), (7, 600)):
        MonthlySales.objects.create(month=f"2026-{month:02d}-01", amount=amount)
    sold = kpis.sales(TODAY)
    assert [(period.days, period.amount) for period in sold.periods] == [(30, 450), (31, 500), (31, 600)]


def test_months_before_a_hole_are_not_counted():
    for month in ("2026-09-01", "2026-07-01"):
        MonthlySales.objects.create(month=month, amount=100)
    assert len(kpis.sales(TODAY).periods) == 1


def test_without_sales_the_page_says_why_and_where(client_as, administrator):
    owing()
    page = client_as(administrator).get("/exposure/").content.decode()
    assert "no monthly sales stored" in page
    assert "/admin/companies/monthlysales/" in page


def test_part_of_the_customers_has_no_dso_and_the_page_says_why(client_as, manager):
    owing()
    page = client_as(manager).get("/exposure/?country=FR").content.decode()
    assert "sales are known for all customers together only" in page
    assert "no monthly sales stored" not in page


def test_a_figure_opens_its_companies_and_they_their_items(client_as, manager):
    company = owing()
    client = client_as(manager)
    assert "Forges du Nord" in client.get("/exposure/companies/?figure=due.31_60").content.decode()
    page = client.get(f"/exposure/companies/{company.pk}/?figure=due.31_60").content.decode()
    assert "4 000.00 EUR".replace(" ", "\u202f", 1) in page


@pytest.mark.parametrize("figure", ["", "nonsense", "part.nothing", "due.", "other.1_30", "part.orders_later"])
def test_no_such_figure_is_not_found(client_as, manager, figure):
    assert client_as(manager).get("/exposure/companies/", {"figure": figure}).status_code == 404


@pytest.mark.parametrize("query", ["?role=client", "?country=FR", "?basis=document", "?role=x&country=zz&basis=9"])
def test_filters_hold_and_nonsense_is_ignored(client_as, manager, query):
    owing()
    assert client_as(manager).get(f"/exposure/{query}").status_code == 200


def test_an_empty_portfolio_has_a_page(client_as, auditor):
    assert client_as(auditor).get("/exposure/").status_code == 200


def test_queries_do_not_grow_with_the_companies(client_as, manager):
    client = client_as(manager)
    assert growth(client, "/exposure/", lambda index: placed(f"C{index}", owes="100")) <= 0
    assert growth(client, "/exposure/companies/?figure=part.overdue", lambda i: placed(f"D{i}", owes="100")) <= 0


def test_a_visitor_is_sent_to_log_in(client_as, anonymous):
    assert client_as(anonymous).get("/exposure/").status_code == 302


def test_a_client_that_is_a_supplier_shows_what_could_be_offset(client_as, manager):
    company = owing()
    make.item(make.account(company, Role.SUPPLIER), "2500", TODAY - timedelta(days=1))
    page = client_as(manager).get(f"/companies/{company.pk}/exposure/").content.decode()
    assert "Volume to offset" in page
    assert "2\u202f500.00" in page


def test_a_client_alone_has_nothing_to_offset(client_as, manager):
    company = owing()
    page = client_as(manager).get(f"/companies/{company.pk}/exposure/").content.decode()
    assert "nothing to offset" in page

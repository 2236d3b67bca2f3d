"""Every page adds up what the standings add up, to the cent: orders, disputes, credits and two currencies."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest

from companies.choices import CommitmentKind, DocumentType, Role
from companies.models import Commitment, Dispute, ExchangeRate, OpenItem
from companies.rules.exposure import ExposurePolicy
from monitoring.models import DefaultProbability, ExposureSettings, Standing
from monitoring.services import ageing_table, company_exposure, counting, exposure, kpis, late, standing
from monitoring.services.money import Rates
from monitoring.services.scope import Scope
from tests import make
from tests.make import NOW, TODAY
from tests.monitoring.pages import growth

pytestmark = pytest.mark.django_db
YESTERDAY, LONG_AGO = TODAY - timedelta(days=1), TODAY - timedelta(days=400)
POLICIES = [
    {},
    {"netting": "matched", "count_disputed": False, "orders_share": Decimal("33.333"), "orders_within_days": 30},
    {"netting": "none", "count_bills": False, "count_delivered": False, "orders_share": Decimal(50)},
]


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)
    monkeypatch.setattr("monitoring.services.scope.localdate", lambda *args: TODAY)
    monkeypatch.setattr("monitoring.services.company_exposure.localdate", lambda *args: TODAY)


@pytest.fixture
def ledger(db):
    """Thirty companies, one of them with an account that another one pays; all of it known since long ago."""
    ExchangeRate.objects.create(currency="USD", valid_on=LONG_AGO, rate=Decimal("1.0937"))
    draw, file = Random(11), make.batch(as_of=LONG_AGO)
    accounts = [make.account(make.company(f"C{n}", country="FR"), analyst="AB" if n % 2 else "") for n in range(30)]
    accounts[1].payer = accounts[0]
    accounts[1].save()
    accounts.append(make.account(accounts[0].company, role=Role.SUPPLIER))
    items, promises = [], []
    for account in accounts:
        for n in range(draw.randint(2, 7)):
            due = draw.choice([None, TODAY, TODAY - timedelta(days=draw.randint(2, 200)), TODAY + timedelta(days=9)])
            items.append(
                OpenItem(
                    account=account, batch=file, document=f"F{n}", type=draw.choice(DocumentType.values),
                    amount=Decimal(draw.randint(-90_000, 900_000)).scaleb(-2), currency=draw.choice(["EUR", "USD"]),
                    document_date=TODAY - timedelta(days=draw.randint(1, 300)), due_date=due,
                    disputed=draw.random() < 0.2, settles=draw.choice(["", "F9"]),
                )
            )  # fmt: skip
        for n, kind in enumerate(CommitmentKind.values * 2):
            promises.append(
                Commitment(
                    account=account, batch=file, kind=kind, document=f"O{n}", valid_from=LONG_AGO,
                    amount=Decimal(draw.randint(1, 999_999)).scaleb(-2), currency=draw.choice(["EUR", "USD"]),
                    deliver_on=draw.choice([None, TODAY + timedelta(days=9), TODAY + timedelta(days=90)]),
                )
            )  # fmt: skip
    OpenItem.objects.bulk_create(items)
    Commitment.objects.bulk_create(promises)
    contested = OpenItem.objects.filter(amount__gt=0).order_by("pk")[:40:4]
    Dispute.objects.bulk_create(Dispute(item=one, reason="x", since=LONG_AGO, noted_at=NOW) for one in contested)
    return [account.company for account in accounts[:30]]


def stored(companies, **policy):
    ExposureSettings(**policy).save()
    standing.restate([one.pk for one in companies], now=NOW, as_of=TODAY)
    return dict(Standing.objects.values_list("pk", "exposure")), ExposureSettings.current().rules()


def totals(scope, rules):
    return exposure.totals(scope.items(), scope.promises(), as_of=scope.on, policy=rules)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("day", [None, YESTERDAY])
def test_the_page_the_lists_and_the_tab_add_up_what_the_standings_say(ledger, policy, day):
    standings, rules = stored(ledger, **policy)
    if day:
        Standing.objects.update(exposure=-1, overdue=-1)  # a past day reads nothing that is stored
        standing_then = {one.pk: counting.counted(one.pk, day).risk for one in ledger}
    else:
        standing_then = standings
    scope = Scope(day=day)
    found = totals(scope, rules)
    assert found.risk == sum(standing_then.values())
    assert {row.company: row.exposure for row in kpis.positions(scope, rules)} == standing_then
    assert {one.pk: counting.counted(one.pk, day).risk for one in ledger} == standing_then
    shown = {row.pk: row.exposure_at for row in late.payers(scope)}
    assert shown == {pk: standing_then[pk] for pk in shown}
    assert len(shown) > 10
    some = company_exposure.depth(ledger[3], day)
    assert some.found.risk == some.whole.risk == standing_then[ledger[3].pk]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_standings_are_what_plain_python_adds_up(ledger, policy):
    standings, rules = stored(ledger, **policy)
    worth = {"EUR": Decimal(1), "USD": 1 / Decimal("1.0937")}

    def euros(row):
        return (row.amount * worth[row.currency]).quantize(Decimal("0.01"), ROUND_HALF_UP)

    contested = set(Dispute.objects.values_list("item", flat=True))
    expected = dict.fromkeys(standings, Decimal(0))
    for item in OpenItem.objects.select_related("account").exclude(account__role=Role.SUPPLIER):
        late_now = item.due_date is not None and item.due_date < TODAY
        bill = item.type == DocumentType.BILL and not late_now
        if item.amount < 0:
            counts = rules.netting == "all" or (rules.netting == "matched" and item.settles)
        elif bill:
            counts = rules.count_bills
        else:
            counts = rules.count_disputed or not (item.disputed or item.pk in contested)
        expected[item.account.company_id] += euros(item) if counts else 0
    soon = TODAY + timedelta(days=rules.orders_within_days or 9999)
    for pk in expected:
        rows = Commitment.objects.filter(account__company=pk).exclude(account__role=Role.SUPPLIER)
        delivered = sum(euros(row) for row in rows if row.kind == "delivered")
        orders = sum(euros(row) for row in rows if row.kind == "order" and (row.deliver_on or TODAY) <= soon)
        expected[pk] += delivered * rules.count_delivered
        expected[pk] += (orders * rules.orders_share).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert standings == expected


@pytest.mark.parametrize("split", ageing_table.COLUMNS)
def test_every_ageing_makes_the_accounting_exposure(ledger, split):
    found = totals(Scope(), ExposurePolicy())
    assert ageing_table.table(Scope(), split=split, basis="due").sums.total == found.accounting
    assert {one.balance for one in found.ageings.values()} == {found.accounting}


def test_the_list_by_payer_loses_nothing(ledger):
    make.item(ledger[0].accounts.filter(role=Role.CLIENT).get(), "10", LONG_AGO)
    standings, _rules = stored(ledger, **POLICIES[1])
    rows = {row.pk: row.exposure_at for row in late.payers(Scope(), late.PAYER)}
    first, second = ledger[:2]
    assert rows[first.pk] == pytest.approx(standings[first.pk] + standings[second.pk], abs=Decimal("0.01"))
    over = {line.row.pk: line for line in late.lines(late.payers(Scope(), late.PAYER), Scope(), late.PAYER)}
    assert over[first.pk].row.exposure_at == rows[first.pk]


def test_a_part_of_the_accounts_is_a_part_of_the_sum(ledger):
    rules = stored(ledger)[1]
    shares = [totals(Scope(analyst=code), rules).risk for code in ("AB", "-")]
    assert sum(shares) == totals(Scope(), rules).risk


def test_orders_and_deliveries_open_their_lists_and_the_total_its_companies(client_as, manager, ledger):
    standings, rules = stored(ledger)
    client, found = client_as(manager), totals(Scope(), rules)
    page = client.get("/exposure/companies/?figure=part.orders")
    assert sum(row["total"] for row in page.context["page"].paginator.object_list) == found.parts.orders
    one = client.get(f"/exposure/companies/{ledger[0].pk}/?figure=part.delivered")
    assert [row.kind for row in one.context["promises"]] == ["delivered"] * 2
    assert client.get("/exposure/companies/?figure=all.risk").context["total"] == sum(standings.values())


def test_queries_do_not_grow_with_orders_and_deliveries(client_as, manager):
    client = client_as(manager)

    def add(n):
        account = make.account(make.company(f"G{n}"))
        make.item(account, "100", due=LONG_AGO)
        values = {"document": f"O{n}", "valid_from": LONG_AGO, "batch": make.batch(as_of=LONG_AGO)}
        Commitment.objects.create(account=account, kind="order", amount=50, **values)

    for address in ("/exposure/?as_of=2026-01-01", "/late/?by=payer", "/exposure/companies/?figure=all.risk"):
        assert growth(client, address, add) == 0


def test_the_probability_of_the_report_comes_before_the_ratings(ledger):
    rules, first = stored(ledger)[1], max(ledger, key=lambda one: Standing.objects.get(pk=one.pk).exposure)
    make.profile(first, 60)
    first.profile.pod = Decimal("2.5")
    first.profile.save()
    standing.restate([first.pk], now=NOW, as_of=TODAY)
    DefaultProbability.objects.update_or_create(rating="B", defaults={"percent": Decimal(50)})
    lines = kpis.losses(kpis.positions(Scope(), rules), ExposureSettings(loss_given_default=Decimal(90)))
    told = next(line for line in lines if line.source == "report")
    owed = Standing.objects.get(pk=first.pk).exposure
    assert (told.lost.pd.value, told.lost.pd.is_placeholder) == (Decimal("0.025"), False)
    assert told.lost.gross == (owed * Decimal("0.9") * Decimal("0.025")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert all(line.lost.pd.is_placeholder for line in lines if line is not told)


def test_a_rate_is_of_the_day():
    ExchangeRate.objects.create(currency="USD", valid_on=TODAY, rate=Decimal(2))
    assert ("USD" in Rates(TODAY), "USD" in Rates(YESTERDAY)) == (True, False)

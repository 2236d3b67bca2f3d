"""One company: who it is, where it stands and why, what it owes, and what Creditsafe says of it."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from companies.choices import LinkState, OrderReason, OrderState, Role
from companies.models import Company, ExchangeRate, Job, RatingPoint, ReportAccess, ReportOrder
from companies.services import refresh
from monitoring.choices import AlertKind, Severity
from monitoring.models import Event, Portfolio, Standing
from monitoring.services import dossier, standing
from monitoring.services.alerts import Fact, raise_alerts
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent.parent / "creditsafe" / "samples"
ENGLISH = {"accept-language": "en"}


def sample(name):
    return (SAMPLES / f"{name}.json").read_bytes()


def restate(company):
    standing.restate([company.pk], now=NOW, as_of=timezone.localdate())


@pytest.fixture
def company():
    company = make.company(registration_number="489724245", vat_number="FR00489724245", city="Lille")
    make.account(company, code="411DUPONT", erp_limit=Decimal("15000"), terms="45 jours")
    return company


@pytest.fixture
def linked(company):
    make.profile(company, score=60, limit="20000", contract_limit=Decimal(30000))
    restate(company)
    company.refresh_from_db()
    return company


def with_report(company, name="report_fr"):
    order = ReportOrder.objects.create(company=company, reason=OrderReason.LINKED, requested_at=NOW)
    raw = sample(name)
    refresh.store(order, raw=raw, data=json.loads(raw), ordered_at=NOW, now=NOW)
    restate(company)
    return company


@pytest.fixture
def page(client_as, analyst):
    client = client_as(analyst)
    return lambda of: client.get(reverse("company", args=[of.pk]), headers=ENGLISH)


def text_of(answer):
    return answer.content.decode()


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_the_head_says_who_it_is(page, linked):
    text = text_of(page(linked))
    for words in (
        "Forges du Nord",
        "489\u202f724\u202f245",
        "FR00489724245",
        "Lille",
        "411DUPONT",
        "15\u202f000",
        "45 jours",
    ):
        assert words in text


def test_the_figures_come_with_their_definitions(page, linked):
    text = text_of(page(linked))
    for words in (
        "B · low risk",
        "20\u202f000",
        "30\u202f000",
        "over 12 months",
        "maximum credit advised at any time",
        "insolvency within 12 months, from 15 parameters",
        "Computed from the credit history",
        "recommendation",
    ):
        assert words in text


def test_a_limit_given_as_text_is_shown_as_given(page, company):
    make.profile(company, limit=None, credit_limit_text="Credit Limit not applicable")
    restate(company)
    assert "No limit known: “Credit Limit not applicable”" in text_of(page(company))


def test_a_limit_of_zero_is_a_limit_and_no_limit_is_none(page, company):
    make.profile(company, limit="0")
    make.item(company.accounts.get(), "500")
    restate(company)
    credit, erp = page(company).context["limits"]
    assert (credit.amount, credit.use, credit.excess) == (0, None, Decimal(500))
    assert (erp.amount, erp.excess) == (Decimal(15000), 0)


def test_each_limit_says_by_how_much_it_is_exceeded(page, linked):
    make.item(linked.accounts.get(), "21500.50")
    restate(linked)
    credit, erp = page(linked).context["limits"]
    assert (credit.excess, erp.excess) == (Decimal("1500.50"), Decimal("6500.50"))
    assert "6\u202f501" in text_of(page(linked))


def test_open_items_are_aged_and_listed(page, linked):
    account, today = linked.accounts.get(), timezone.localdate()
    for amount, days in (("100", -5), ("200", 0), ("40", 1), ("30", 30), ("20", 31), ("10", 61), ("5", 91)):
        make.item(account, amount, due=today - timedelta(days=days))
    make.item(account, "7")
    make.item(account, "-50", due=today)
    answer = page(linked)
    amounts = {key: amount for key, _, amount in answer.context["ageing_rows"]}
    assert amounts == {
        "not_due": 300, "1_30": 70, "31_60": 20, "61_90": 10, "over_90": 5, "no_due_date": 7, "credits": -50,
    }  # fmt: skip
    assert len(answer.context["items"]) == answer.context["ledger"].count == 9


def test_the_ageing_is_the_exposure(linked):
    account = linked.accounts.get()
    make.item(account, "100", due=date(2026, 1, 1))
    make.item(account, "-30")
    restate(linked)
    ledger = dossier.ledger(linked.pk, as_of=TODAY)
    assert sum(ledger.buckets.values()) == Standing.objects.get(pk=linked.pk).exposure == 70


def test_what_we_owe_is_kept_apart(linked):
    supplier = make.account(linked, Role.SUPPLIER)
    make.item(supplier, "800", due=TODAY)
    ledger = dossier.ledger(linked.pk, as_of=TODAY)
    assert (ledger.payable, ledger.has_debts) == (800, False)


def test_amounts_abroad_are_converted_and_a_missing_rate_is_said(page, linked):
    ExchangeRate.objects.create(currency="GBP", valid_on=date(2026, 1, 1), rate=Decimal("0.8"))
    account = linked.accounts.get()
    make.item(account, "80", due=TODAY + timedelta(days=900), currency="GBP")
    make.item(account, "50", due=TODAY, currency="USD")
    answer = page(linked)
    assert answer.context["ledger"].buckets["not_due"] == 100
    assert "left out of the sums: USD" in text_of(answer)


def test_only_the_first_items_are_listed_and_all_are_counted(page, linked, monkeypatch):
    monkeypatch.setattr("monitoring.views.company.ITEMS", 3)
    for number in range(5):
        make.item(linked.accounts.get(), "10", due=TODAY + timedelta(days=number))
    answer = page(linked)
    assert (len(answer.context["items"]), answer.context["ledger"].count) == (3, 5)
    assert "the 3 due first are shown" in text_of(answer)


def test_the_cell_comes_with_its_posture_and_actions(page, linked):
    text = text_of(page(linked))
    assert "Grow the relationship" in text
    assert "Study a higher limit when use exceeds 70 %" in text


def test_alerts_and_movements_of_the_company_are_shown(page, linked):
    raise_alerts([Fact(company=linked.pk, kind=AlertKind.RATING, severity=Severity.HIGH, old="B", new="D")], now=NOW)
    answer = page(linked)
    assert [alert.kind for alert in answer.context["alerts"]] == [AlertKind.RATING]
    assert [move.cell_after for move in answer.context["movements"]] == ["LOW-FAV"]


def test_the_history_of_score_and_limit_is_a_chart_with_events_on_it(page, linked):
    for day, score in ((date(2025, 1, 1), 70), (date(2026, 1, 1), 55)):
        RatingPoint.objects.create(company=linked, valid_on=day, known_at=NOW, score=score, credit_limit=10_000)
    portfolio = Portfolio.objects.create(provider_id=1, name="Ours")
    Event.objects.create(
        notification_id="1", event_id="1", portfolio=portfolio, company=linked, connect_id="x", rule_code=101,
        rule_name="Rating of the company", received_at=NOW, happened_at=NOW - timedelta(days=90),
    )  # fmt: skip
    chart = page(linked).context["chart"]
    assert [dot.value for dot in chart.score.dots] == [70, 55]
    assert [placed.mark.text for placed in chart.marks] == ["Rating of the company"]


def test_what_we_learnt_last_of_a_day_is_what_the_chart_shows(page, linked):
    for hours, score in ((0, 70), (1, 72)):
        known = NOW + timedelta(hours=hours)
        RatingPoint.objects.create(company=linked, valid_on=date(2026, 1, 1), known_at=known, score=score)
    assert [dot.value for dot in page(linked).context["chart"].score.dots] == [72]


# Why there is no report


def test_a_company_that_is_not_linked_says_so_and_leads_to_the_link(page, company):
    Company.objects.filter(pk=company.pk).update(link_state=LinkState.ABSENT, link_note="Nothing under this SIREN")
    text = text_of(page(company))
    assert "No report: the company is not linked to Creditsafe." in text
    assert "Nothing under this SIREN" in text
    assert f'href="{reverse("link_company", args=[company.pk])}"' in text


def test_a_report_on_order_says_so(page, linked):
    ReportOrder.objects.create(company=linked, reason=OrderReason.REQUESTED, requested_at=NOW)
    assert "The report is on order." in text_of(page(linked))


def test_a_refused_order_says_why(page, linked):
    ReportOrder.objects.create(
        company=linked, reason=OrderReason.LINKED, requested_at=NOW, state=OrderState.FAILED, error="No access to FR"
    )
    text = text_of(page(linked))
    assert "No report: Creditsafe refused the order." in text
    assert "No access to FR" in text


def test_a_linked_company_without_an_order_says_that_none_was_made(page, linked):
    assert "none was ordered" in text_of(page(linked))


def test_an_old_report_stays_when_a_newer_order_is_refused(page, linked):
    with_report(linked)
    later = NOW + timedelta(days=1)
    ReportOrder.objects.create(company=linked, reason=OrderReason.AGE, requested_at=later, state=OrderState.FAILED)
    text = text_of(page(linked))
    assert "this is the report before it" in text
    assert "MENUISERIE VERNE IMAGINAIRE" in text


def test_a_company_without_standing_yet_has_a_page(page, company):
    Standing.objects.all().delete()
    text = text_of(page(company))
    assert "is being worked out" in text


# The report


def test_the_summary_tells_the_report_in_short_and_leads_to_its_tabs(page, linked):
    text = text_of(page(with_report(linked)))
    for words in ("MENUISERIE VERNE IMAGINAIRE", "Travaux de menuiserie bois et PVC", "3\u202f240\u202f500"):
        assert words in text
    for tab in ("profile", "solvency", "accounts", "judgments", "directors", "reports"):
        assert f'href="{reverse(f"company_{tab}", args=[linked.pk])}"' in text
    assert "M INVENTE ALPHONSE" not in text


@pytest.mark.parametrize("name", ["report_fr", "report_fr_failed", "report_gb", "report_se_unrated"])
def test_every_sample_report_has_a_page(page, linked, name):
    assert page(with_report(linked, name)).status_code == 200


def test_who_may_not_read_reports_sees_the_company_without_its_report(client_as, auditor, linked):
    with_report(linked)
    auditor.groups.clear()
    auditor.user_permissions.add(Permission.objects.get(codename="view_standing"))
    text = text_of(client_as(auditor).get(reverse("company", args=[linked.pk]), headers=ENGLISH))
    assert "Forges du Nord" in text
    assert "MENUISERIE VERNE IMAGINAIRE" not in text
    assert reverse("company_solvency", args=[linked.pk]) not in text
    assert not ReportAccess.objects.exists()


def test_the_page_costs_as_many_queries_for_a_large_company(page, linked, django_assert_num_queries):
    with_report(linked)
    make.item(linked.accounts.get(), "10")
    page(linked)
    with django_assert_num_queries(31, exact=False) as one:
        page(linked)
    client_account = linked.accounts.get()
    for number in range(30):
        make.item(client_account, "10", due=TODAY)
        make.account(linked, Role.SUPPLIER, code=f"401{number}")
        RatingPoint.objects.create(company=linked, valid_on=date(2020, 1, 1 + number), known_at=NOW, score=50)
    with django_assert_num_queries(len(one)):
        page(linked)


# Ordering a report


def test_an_analyst_orders_a_report_once(client_as, analyst, linked, published, django_capture_on_commit_callbacks):
    client = client_as(analyst)
    with django_capture_on_commit_callbacks(execute=True):
        first = client.post(reverse("company_refresh", args=[linked.pk]), headers=ENGLISH)
    second = client.post(reverse("company_refresh", args=[linked.pk]), headers=ENGLISH)
    order = ReportOrder.objects.get()
    assert (order.reason, order.requested_by, order.state) == (OrderReason.REQUESTED, analyst, OrderState.QUEUED)
    assert published == [("companies.tasks.run_job", (Job.objects.get().pk,))]
    assert said(first) == ["A new report is on order. It shows here in a moment."]
    assert said(second)[-1] == "A report is on order already."


def test_no_report_is_ordered_for_a_company_that_is_not_linked(client_as, analyst, company):
    answer = client_as(analyst).post(reverse("company_refresh", args=[company.pk]), headers=ENGLISH)
    assert "Link the company" in said(answer)[0]
    assert not ReportOrder.objects.exists()


def test_an_auditor_may_not_order_and_sees_no_button(client_as, auditor, linked):
    client = client_as(auditor)
    assert client.post(reverse("company_refresh", args=[linked.pk])).status_code == 403
    text = text_of(client.get(reverse("company", args=[linked.pk])))
    assert reverse("company_refresh", args=[linked.pk]) not in text
    assert reverse("link_company", args=[linked.pk]) not in text


def test_a_report_is_not_ordered_by_following_a_link(client_as, analyst, linked):
    assert client_as(analyst).get(reverse("company_refresh", args=[linked.pk])).status_code == 405


def test_a_company_that_does_not_exist_is_not_found(client_as, analyst):
    assert client_as(analyst).get(reverse("company", args=[404])).status_code == 404

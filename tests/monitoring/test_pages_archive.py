"""The archive of a company: the list, two reports compared in words, prints, the answer as received, documents."""

import json
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from companies.choices import OrderReason, OrderState, ReportUse
from companies.creditsafe import parse_report
from companies.models import Connection, Profile, Report, ReportAccess, ReportOrder, ReportPdf
from companies.services import comparison
from monitoring.views import changes
from tests import make
from tests.make import NOW
from tests.monitoring.pages import growth
from tests.monitoring.reports import ENGLISH, changed, restate, sample, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked():
    company = make.company(registration_number="489724245")
    make.profile(company)
    restate(company)
    company.refresh_from_db()
    return company


@pytest.fixture
def two(linked):
    return stored(linked, sample(), NOW - timedelta(days=90)), stored(linked, changed(worse), NOW)


@pytest.fixture
def analyst_client(client_as, analyst):
    return client_as(analyst)


def worse(report):
    current = report["creditScore"]["currentCreditRating"]
    current["providerValue"]["value"], current["creditLimit"]["value"] = "44", "45000"
    ruling = {"effectiveDate": "2026-11-02T00:00:00Z", "typeOfJudgement": {"code": "RJ", "value": "Judicial Recovery"}}
    report["negativeInformation"]["judgements"] = [ruling]
    report["contactInformation"]["mainAddress"]["street"] = "RUE DU NEUF"
    report["directors"]["currentDirectors"] = [{"name": "MME NEUVE", "positions": [{"positionName": "Présidente"}]}]
    year = {"yearToDate": "2025-12-31T00:00:00Z", "turnover": 3110000}
    report["additionalInformation"]["keyFinancials"].insert(0, year)


def text_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def page(client, name, company, *args, query=""):
    return client.get(reverse(name, args=[company.pk, *args]) + query, headers=ENGLISH)


# The list


def test_the_list_tells_when_why_by_whom_and_what_it_said(analyst_client, analyst, linked, two):
    ReportOrder.objects.create(
        company=linked, reason=OrderReason.REQUESTED, requested_by=analyst, requested_at=NOW,
        state=OrderState.DONE, report=two[1],
    )  # fmt: skip
    answer = page(analyst_client, "company_reports", linked)
    text = text_of(answer)
    for words in ("Asked by a user", "analyst", ">44<", ">62<", "45\u202f000 EUR", "64\u202f000 EUR", "KB"):
        assert words in text
    assert [row.report for row in answer.context["rows"]] == [two[1], two[0]]
    assert [row.is_latest for row in answer.context["rows"]] == [True, False]


def test_the_list_costs_as_many_queries_for_many_reports(analyst_client, linked):
    def more(number):
        report = stored(linked, sample() | {"orderId": number}, NOW + timedelta(days=number))
        ReportOrder.objects.create(
            company=linked, reason=OrderReason.AGE, requested_at=NOW, state=OrderState.DONE, report=report
        )

    assert growth(analyst_client, reverse("company_reports", args=[linked.pk]), more) == 0


def test_the_list_is_read_without_the_contents(analyst_client, linked, two):
    with CaptureQueriesContext(connection) as taken:
        page(analyst_client, "company_reports", linked)
    assert not [query for query in taken if '"companies_reportbody"."content"' in query["sql"]]


def test_orders_whose_report_was_purged_are_remembered(analyst_client, linked):
    ReportOrder.objects.create(company=linked, reason=OrderReason.EVENT, requested_at=NOW, state=OrderState.DONE)
    assert "Removed under the retention policy" in text_of(page(analyst_client, "company_reports", linked))


@pytest.mark.parametrize(("role", "sees"), [("auditor", True), ("administrator", True), ("analyst", False)])
def test_the_log_is_for_auditors_and_administrators(client_as, request, linked, two, role, sees):
    client = client_as(request.getfixturevalue(role))
    page(client, "company_solvency", linked)
    text = text_of(page(client, "company_reports", linked))
    assert ("Who looked" in text) == sees
    assert (reverse("company_report_raw", args=[linked.pk, two[0].pk]) in text) == sees


# Two reports compared


WORDS = {
    "Score 62 → 44",
    "Credit limit 64\u202f000 EUR → 45\u202f000 EUR",
    "New judgment: Judicial recovery",
    "Collective proceeding: — → Judicial recovery",
    "Rating state: Rated → Failed",
    "Address: 12 RUE DES COPEAUX 45000 ORLEANS → 12 RUE DU NEUF 45000 ORLEANS",
    "Director MME NEUVE appointed: Présidente",
    "Director M INVENTE ALPHONSE no longer mentioned: Président, Directeur général",
    "Accounts 2025 filed: turnover 3.1\u202fM€ (−4%)",
}


def test_what_changed_is_told_in_words():
    before, after = parse_report(sample()), parse_report(changed(worse))
    with translation.override("en"):
        lines = [line for block in changes.blocks(comparison.changes(before, after)) for line in block.lines]
    assert {line.text for line in lines} == WORDS
    tones = {line.text: line.tone for line in lines}
    assert tones["Score 62 → 44"] == tones["New judgment: Judicial recovery"] == "worse"


def test_the_other_way_round_gets_better():
    before, after = parse_report(sample()), parse_report(changed(worse))
    with translation.override("en"):
        lines = [line for block in changes.blocks(comparison.changes(after, before)) for line in block.lines]
    tones = {line.text: line.tone for line in lines}
    assert tones["Score 44 → 62"] == "better"
    assert "Judgment no longer mentioned: Judicial recovery" in tones
    assert "Accounts 2025 no longer in the report" in tones


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r["shareCapitalStructure"]["shareHolders"][0].update(percentSharesHeld=60),
         "Shareholder HOLDING VERNE IMAGINAIRE: 75.50 % → 60 %"),
        (lambda r: r["shareCapitalStructure"]["shareHolders"].pop(),
         "Shareholder no longer mentioned: MME INVENTEE COLOMBE 24.50 %"),
        (lambda r: r["paymentData"].update(dbt="12"), "Days beyond terms 9 → 12"),
        (lambda r: r["paymentData"].update(paymentTrend="Worsening"), "Payment trend: Improving → Worsening"),
        (lambda r: r["additionalInformation"]["keyFinancials"][0].update(turnover=1000),
         "Turnover 2024 restated: 3\u202f240\u202f500 EUR → 1\u202f000 EUR"),
        (lambda r: r["additionalInformation"]["industryAverages"].update(creditRating=40),
         "Average of the sector, Score: 35 → 40"),
        (lambda r: r["groupStructure"].pop("subsidiaryCompanies"),
         "Subsidiary no longer mentioned: VERNE HOUT FICTIEF"),
        (lambda r: r["additionalInformation"]["commentaries"].append({"commentaryText": "Tout va."}),
         "New comment: Tout va."),
        (lambda r: r["negativeInformation"]["preferentialRightsDetails"].update(numberOfActivePreferentialRights=4),
         "Active privileges 1 → 4"),
    ],
)  # fmt: skip
def test_each_kind_of_change_has_its_words(change, words):
    before, after = parse_report(sample()), parse_report(changed(change))
    with translation.override("en"):
        assert words in [
            line.text for block in changes.blocks(comparison.changes(before, after)) for line in block.lines
        ]


def test_without_a_choice_the_two_newest_are_compared(analyst_client, linked, two):
    stored(linked, sample("report_gb"), NOW - timedelta(days=900), latest=False)
    answer = page(analyst_client, "company_compare", linked)
    assert (answer.context["older"], answer.context["newer"]) == two
    text = text_of(answer)
    assert "Score 62 → 44" in text
    assert f"{answer.context['found'].unchanged} facts unchanged" in text


def test_the_older_one_is_always_the_first(analyst_client, linked, two):
    answer = page(analyst_client, "company_compare", linked, query=f"?a={two[1].pk}&b={two[0].pk}")
    assert (answer.context["older"], answer.context["newer"]) == two


def test_a_report_with_itself_has_no_change(analyst_client, linked, two):
    text = text_of(page(analyst_client, "company_compare", linked, query=f"?a={two[0].pk}&b={two[0].pk}"))
    assert "Nothing changed." in text


def test_one_report_alone_cannot_be_compared(analyst_client, linked):
    stored(linked, sample())
    assert "there are not two yet" in text_of(page(analyst_client, "company_compare", linked))


def test_reports_of_others_and_numbers_that_are_none_are_not_found(analyst_client, linked, two):
    other = make.company("Other")
    make.profile(other)
    theirs = stored(other, sample())
    for query in (f"?a={theirs.pk}&b={two[0].pk}", "?a=x&b=y", f"?a={two[0].pk}&b=99999", f"?a={'9' * 30}&b=1"):
        assert page(analyst_client, "company_compare", linked, query=query).status_code == 404


def test_both_reports_of_a_comparison_are_logged(analyst_client, linked, two):
    page(analyst_client, "company_compare", linked)
    rows = ReportAccess.objects.filter(use=ReportUse.COMPARISON).values_list("report", flat=True)
    assert set(rows) == {two[0].pk, two[1].pk}


# As received


def test_the_answer_comes_as_it_was_received_as_a_download(client_as, auditor, linked):
    raw = json.dumps(sample(), indent=2).encode()
    report = stored(linked, raw)
    answer = page(client_as(auditor), "company_report_raw", linked, report.pk)
    assert answer.content == raw
    assert answer["Content-Disposition"].startswith("attachment;")
    assert ReportAccess.objects.get().use == ReportUse.RAW


def test_the_raw_answer_is_for_administrators_and_auditors(client_as, analyst, manager, administrator, linked):
    report = stored(linked, sample())
    codes = [
        page(client_as(user), "company_report_raw", linked, report.pk).status_code
        for user in (analyst, manager, administrator)
    ]
    assert codes == [403, 403, 200]


def test_a_report_is_downloaded_under_its_own_company_only(client_as, auditor, linked):
    other = make.company("Other")
    make.profile(other)
    report = stored(other, sample())
    for name in ("company_report_raw", "company_report_pdf"):
        assert page(client_as(auditor), name, linked, report.pk).status_code == 404


# Prints


@pytest.fixture
def bureau(sandbox, settings):
    settings.DEMO = True
    Connection(base_url=sandbox.url, username="demo", password="sandbox", language="en").save()
    return sandbox


@pytest.fixture
def theirs(bureau, linked):
    company = next(one for one in bureau.directory if one.country == "FR")
    Profile.objects.filter(company=linked).update(connect_id=company.connect_id)
    return company


def test_a_print_is_fetched_once_on_demand_and_downloaded(analyst_client, linked, theirs, bureau):
    report = stored(linked, sample())
    before = bureau.orders[theirs.connect_id]
    for _ in range(2):
        answer = analyst_client.post(reverse("company_report_pdf_order", args=[linked.pk, report.pk]), headers=ENGLISH)
        assert "The PDF is kept" in said(answer)[-1]
    assert bureau.orders[theirs.connect_id] - before == 1
    download = page(analyst_client, "company_report_pdf", linked, report.pk)
    assert download.content.startswith(b"%PDF")
    assert (download["Content-Type"], download["Content-Disposition"][:10]) == ("application/pdf", "attachment")
    assert ReportAccess.objects.get().use == ReportUse.PDF


def test_the_user_is_warned_that_a_print_may_be_billed(analyst_client, linked, two):
    text = text_of(page(analyst_client, "company_reports", linked))
    assert "may bill it" in text
    assert reverse("company_report_pdf_order", args=[linked.pk, two[1].pk]) in text
    assert reverse("company_report_pdf_order", args=[linked.pk, two[0].pk]) not in text


def test_an_older_report_cannot_be_printed_any_more(analyst_client, linked, two, bureau):
    answer = analyst_client.post(reverse("company_report_pdf_order", args=[linked.pk, two[0].pk]), headers=ENGLISH)
    assert "only the latest report" in said(answer)[0]
    assert not ReportPdf.objects.exists()


def test_a_refusal_is_told_and_nothing_is_kept(analyst_client, linked, two):
    answer = analyst_client.post(reverse("company_report_pdf_order", args=[linked.pk, two[1].pk]), headers=ENGLISH)
    assert "Calls to Creditsafe are stopped" in said(answer)[0]
    assert not ReportPdf.objects.exists()


def test_an_auditor_orders_no_print_and_no_document(client_as, auditor, linked, two):
    client = client_as(auditor)
    assert client.post(reverse("company_report_pdf_order", args=[linked.pk, two[1].pk])).status_code == 403
    assert client.post(reverse("company_document", args=[linked.pk])).status_code == 403
    assert client.get(reverse("company_documents_list", args=[linked.pk])).status_code == 403
    assert "Fetch the PDF" not in text_of(page(client, "company_reports", linked))


def test_nothing_is_ordered_by_following_a_link(analyst_client, linked, two):
    for address in (
        reverse("company_report_pdf_order", args=[linked.pk, two[1].pk]),
        reverse("company_document", args=[linked.pk]),
    ):
        assert analyst_client.get(address).status_code == 405


# Official documents


def test_documents_are_listed_when_asked_for_and_fetched_one_by_one(analyst_client, linked, theirs):
    assert "Ask for the list" in text_of(page(analyst_client, "company_documents", linked))
    part = page(analyst_client, "company_documents_list", linked)
    assert "Annual accounts" in text_of(part)
    token = part.context["documents"][0].token
    answer = analyst_client.post(reverse("company_document", args=[linked.pk]), {"token": token}, headers=ENGLISH)
    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"].endswith('.pdf"')
    assert answer["Content-Type"] == "application/pdf"
    assert ReportAccess.objects.get().use == ReportUse.DOCUMENT


def test_without_javascript_the_list_is_a_page(analyst_client, linked, theirs):
    assert "Annual accounts" in text_of(page(analyst_client, "company_documents", linked, query="?list=1"))


def test_a_provider_that_is_away_is_told_in_words(analyst_client, linked, settings):
    settings.DEMO = True
    Connection(base_url="http://127.0.0.1:1/v1", username="demo", password="sandbox").save()
    text = text_of(page(analyst_client, "company_documents_list", linked))
    assert "Creditsafe does not answer" in text


@pytest.mark.parametrize("kind", ["forged", "of another company", "none"])
def test_only_a_listed_document_of_this_company_can_be_fetched(analyst_client, linked, theirs, kind):
    token = {
        "forged": "abc:def",
        "of another company": signing.dumps("image", salt=f"document-{linked.pk + 1}"),
        "none": "",
    }[kind]
    answer = analyst_client.post(reverse("company_document", args=[linked.pk]), {"token": token}, headers=ENGLISH)
    assert answer.status_code == 302
    assert "too old" in said(answer)[0]


def test_the_report_of_the_archive_has_an_address_for_each_tab(analyst_client, linked, two):
    older = Report.objects.order_by("ordered_at").first()
    assert f"?report={older.pk}" in text_of(page(analyst_client, "company_reports", linked))

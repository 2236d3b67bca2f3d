"""The tabs of a company over a stored report: what they show, what they say is missing, and what they survive."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.models import Company, Profile, RatingPoint, Report, ReportAccess
from tests import make
from tests.make import NOW
from tests.monitoring import reports
from tests.monitoring.pages import queries
from tests.monitoring.reports import ENGLISH, NAMES, TABS, changed, sample, stored

pytestmark = pytest.mark.django_db
LONG = "<script>alert(1)</script>" + "é" * 10_000


@pytest.fixture
def linked():
    company = make.company(registration_number="489724245", city="Lille")
    make.account(company)
    make.profile(company, score=60, limit="20000")
    reports.restate(company)
    company.refresh_from_db()
    return company


@pytest.fixture
def page(client_as, analyst):
    client = client_as(analyst)

    def opened(company: Company, tab: str, query: str = ""):
        return client.get(reverse(f"company_{tab}" if tab else "company", args=[company.pk]) + query, headers=ENGLISH)

    return opened


def text_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("name", NAMES)
def test_every_tab_opens_for_every_sample(page, linked, tab, name):
    stored(linked, sample(name))
    assert 'aria-current="page"' in text_of(page(linked, tab))


def test_every_tab_opens_in_french(client_as, analyst, linked):
    stored(linked, sample())
    client = client_as(analyst)
    for tab in TABS:
        answer = client.get(reverse(f"company_{tab}", args=[linked.pk]), headers={"accept-language": "fr"})
        assert '<html lang="fr">' in text_of(answer)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_without_a_report(page, linked, tab):
    assert page(linked, tab).status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_for_a_company_that_is_not_linked(page, tab):
    assert page(make.company("Alone"), tab).status_code == 200


def test_a_company_that_does_not_exist_is_not_found(client_as, analyst):
    client = client_as(analyst)
    for tab in TABS:
        assert client.get(reverse(f"company_{tab}", args=[404])).status_code == 404


# What a tab says


SAID = {
    "profile": ("999\u202f000\u202f110", "Simplified joint stock company (SAS)", "5710",
                "ATELIER VERNE FICTIF", "www.verne-bois.example", "12 RUE DES COPEAUX"),
    "solvency": ("225\u202f000", "0.92", "Les capitaux propres progressent.", "5\u202f649", "creditLimit"),
    "accounts": ("3\u202f240\u202f500", "18 months", "Gross operating surplus", "1\u202f250\u202f000",
                 "Trade receivables",
                 "Conan and Holder score", "Balance sheet", "Profit before tax on turnover (%)"),
    "judgments": ("No judgment and no proceeding is reported.", "active privilege", "Dépôt des comptes",
                  "Social security"),
    "payments": ("it pays later than its sector", "Improving", "14\u202f000", "balanceP1"),
    "history": ("Mise à jour de la note", "Changement de dirigeant"),
    "group": ("HOLDING VERNE IMAGINAIRE", "VERNE HOUT FICTIEF", "Ultimate parent", "75.5"),
    "directors": ("M INVENTE ALPHONSE", "Président, Directeur général", "1 former director", "75.50", "24.50"),
    "exposure": ("Our exposure beside it", "Not provided by Creditsafe"),
}  # fmt: skip


@pytest.mark.parametrize("tab", SAID)
def test_a_tab_tells_what_the_report_says(page, linked, tab):
    stored(linked, sample())
    text = text_of(page(linked, tab))
    assert [words for words in SAID[tab] if words not in text] == []


def test_a_balance_under_several_keys_is_shown_once(page, linked):
    def repeat(report):
        sig = report["localFinancialStatements"][3]["sig"]
        sig["grossOperatingSurplusOfAddedValue"], sig["addedValueOfTradingMargin"] = sig["grossOperatingSurplus"], 7

    stored(linked, changed(repeat))
    statements = page(linked, "accounts").context["sheet"].statements
    labels = [row.label for one in statements if one.anchor == "sig" for row in one.rows]
    assert labels.count("Gross operating surplus") == 1
    assert labels.count("Added value") == 2


def test_dates_and_places_of_birth_are_never_shown(page, linked):
    stored(linked, sample())
    for tab in TABS:
        text = text_of(page(linked, tab))
        assert "1901" not in text
        assert "NULLEPART" not in text


def test_an_exposure_indicator_is_shown_with_its_codes(page, linked):
    stored(linked, changed(lambda r: r["additionalInformation"].update(exposureIndicator={"activityLoss": 12.5})))
    text = text_of(page(linked, "exposure"))
    assert "Loss of the activity" in text
    assert "activityLoss" in text
    assert "12.50" in text


def test_proceedings_are_a_timeline_with_words_and_codes(page, linked):
    stored(linked, sample("report_fr_failed"))
    answer = page(linked, "judgments")
    days = [one.on for one in answer.context["troubles"].rows]
    assert days == sorted(days, reverse=True)
    text = text_of(answer)
    for words in ("Closure for insufficient assets", "Judicial liquidation", "CRE", "kind-liquidation"):
        assert words in text


def test_a_member_of_the_group_that_is_ours_is_a_link_with_its_cell(page, linked):
    mother = make.company("Our mother", registration_number="999000334")
    make.profile(mother)
    reports.restate(mother)
    stored(linked, sample())
    text = text_of(page(linked, "group"))
    assert f'href="{reverse("company", args=[mother.pk])}"' in text
    assert 'class="cell-badge' in text


def test_a_member_of_the_group_is_ours_by_its_identifier_too(page, linked):
    mother = make.company("Our mother")
    make.profile(mother, connect_id="FR-X-99900033400014")
    stored(linked, sample())
    assert [one.pk for one in page(linked, "group").context["relatives"].rows if one.pk] == [mother.pk]


def test_a_company_of_the_group_stands_there_once(page, linked):
    def twice(report):
        again = {"name": "MENUISERIE VERNE IMAGINAIRE", "country": "FR", "status": "Active"}
        report["extendedGroupStructure"][1]["country"] = "FR"
        report["groupStructure"]["affiliatedCompanies"] = [again]

    stored(linked, changed(twice))
    names = [one.member.name for one in page(linked, "group").context["relatives"].rows]
    assert len(names) == len(set(names)) == 3


def test_every_rating_has_the_day_it_was_true_and_the_day_we_knew(page, linked):
    RatingPoint.objects.create(company=linked, valid_on=NOW.date(), known_at=NOW, score=71, credit_limit=900)
    RatingPoint.objects.create(
        company=linked, valid_on=NOW.date(), known_at=NOW + timedelta(hours=1), score=72, credit_limit=900
    )
    answer = page(linked, "history")
    assert [point.score for point in answer.context["points"].rows] == [72, 71]
    assert [dot.value for dot in answer.context["chart"].score.dots] == [72]


# What is missing


MISSING = {
    "solvency": (["industryAverages", "commentaries"], 2),
    "judgments": (["gazettes"], 1),
    "history": (["companyHistory"], 1),
}


@pytest.mark.parametrize("tab", MISSING)
def test_a_part_that_was_not_sent_says_so(page, linked, tab):
    keys, number = MISSING[tab]

    def remove(report):
        for key in keys:
            del report["additionalInformation"][key]

    stored(linked, changed(remove))
    assert text_of(page(linked, tab)).count("Not provided by Creditsafe") == number


def test_a_section_that_failed_says_so_and_offers_the_last_report_that_had_it(page, linked):
    older = stored(linked, sample(), NOW - timedelta(days=90))
    without = changed(lambda report: report.pop("directors"))
    stored(linked, without, NOW - timedelta(days=9))
    stored(linked, without | {"failedSections": ["Directors"]}, NOW)
    text = text_of(page(linked, "directors"))
    assert "Creditsafe could not produce it this time" in text
    assert f'href="{reverse("company_directors", args=[linked.pk])}?report={older.pk}"' in text
    assert "M INVENTE ALPHONSE" in text_of(page(linked, "directors", f"?report={older.pk}"))


def test_a_newer_report_is_not_offered_for_a_section_that_an_older_one_lacks(page, linked):
    older = stored(linked, changed(lambda report: report.pop("directors")), NOW - timedelta(days=90))
    stored(linked, sample(), NOW)
    assert page(linked, "directors", f"?report={older.pk}").context["missing"]["directors"].earlier is None


def test_an_older_report_is_said_to_be_one_and_keeps_its_place_in_the_tabs(page, linked):
    older = stored(linked, sample(), NOW - timedelta(days=90))
    stored(linked, sample("report_fr_failed"), NOW)
    text = text_of(page(linked, "solvency", f"?report={older.pk}"))
    assert "not the latest one" in text
    assert f"{reverse('company_accounts', args=[linked.pk])}?report={older.pk}" in text
    assert "not the latest one" not in text_of(page(linked, "solvency"))


@pytest.mark.parametrize("asked", ["0", "-1", "x", "9" * 40, "1 OR 1=1", "²"])
def test_a_report_that_is_not_there_is_not_found(page, linked, asked):
    stored(linked, sample())
    assert page(linked, "solvency", f"?report={asked}").status_code == 404


def test_the_report_of_another_company_is_not_found(page, linked):
    other = make.company("Other")
    make.profile(other)
    theirs = stored(other, sample())
    for tab in ("", *TABS[:-1]):
        assert page(linked, tab, f"?report={theirs.pk}").status_code == 404


# Long lists


def test_a_long_list_shows_its_first_lines_a_count_and_a_link_to_all(page, linked):
    def many(report):
        report["additionalInformation"]["mortgageDetails"] = [{"details": f"Charge {n}"} for n in range(120)]

    stored(linked, changed(many, "report_gb"))
    text = text_of(page(linked, "judgments"))
    assert "Charge 49" in text
    assert "Charge 50" not in text
    assert "50 of 120 are shown." in text
    assert "?all=charges#charges" in text
    whole = text_of(page(linked, "judgments", "?all=charges"))
    assert "Charge 119" in whole


# Attacks and damage


def poisoned(value, depth=0):
    """The same report with every text made hostile, and some of enormous length."""
    if isinstance(value, dict):
        return {key: poisoned(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, depth + 1) for item in value]
    return LONG if isinstance(value, str) and depth > 1 and not value[:1].isdigit() else value


@pytest.mark.parametrize("name", NAMES)
def test_hostile_texts_are_shown_as_texts_everywhere(page, linked, name):
    body = sample(name)
    body["report"] = poisoned(body["report"], 1)
    report = stored(linked, body)
    older = stored(linked, sample(name), NOW - timedelta(days=9), latest=False)
    for tab in ("", *TABS):
        assert "<script>alert" not in text_of(page(linked, tab))
    assert "<script>alert" not in text_of(page(linked, "compare", f"?a={older.pk}&b={report.pk}"))


def wrecked(junk):
    body = sample()
    body["report"] = dict.fromkeys(body["report"], junk)
    return body


JUNK: list[object] = [
    None,
    [],
    {},
    "text",
    7,
    True,
    [[]],
    [None],
    {"x": {"y": [1, "2", None, {"z": {}}]}},
    [{"name": {"a": 1}}],
    -1.5,
]


EVERYDAY = (None, "text", [[]], [{"name": {"a": 1}}])
SPOILT = [
    pytest.param(junk, marks=[pytest.mark.thorough] * (junk not in EVERYDAY), id=json.dumps(junk)) for junk in JUNK
]


@pytest.mark.parametrize("junk", SPOILT)
def test_a_mutilated_report_never_breaks_a_page(page, linked, junk):
    report = stored(linked, wrecked(junk))
    older = stored(linked, sample(), NOW - timedelta(days=9), latest=False)
    for tab in ("", *TABS):
        assert page(linked, tab).status_code == 200
    assert page(linked, "compare", f"?a={older.pk}&b={report.pk}").status_code == 200


def test_deeper_damage_never_breaks_a_page(page, linked):
    for junk in (None, "x", 3, [], {"a": [{}]}):
        body = sample()
        for section in body["report"].values():
            if isinstance(section, dict):
                section.update(dict.fromkeys(section, junk))
        stored(linked, body | {"orderId": repr(junk)})
        for tab in ("", *TABS):
            assert page(linked, tab).status_code == 200


@pytest.mark.parametrize("body", [b"{}", b'{"report": []}', b'{"report": null}'])
def test_an_empty_answer_never_breaks_a_page(page, linked, body):
    stored(linked, body)
    for tab in ("", *TABS):
        assert page(linked, tab).status_code == 200


def test_a_stored_report_that_cannot_be_read_is_said_to_be(page, linked):
    report = stored(linked, sample())
    broken = type(report.body)(sha256="0" * 64, raw_sha256="0", content=b"not zstd", stored_size=8)
    broken.save()
    later = NOW + timedelta(days=1)
    same = {"company": linked, "connect_id": report.connect_id, "language": "fr", "size": 8}
    unread = Report.objects.create(ordered_at=later, known_at=later, sha256="1", body=broken, **same)
    Profile.objects.filter(company=linked).update(report=unread)
    for tab in ("", "solvency", "documents"):
        assert "cannot be read" in text_of(page(linked, tab))
    assert "cannot be read" in text_of(page(linked, "compare"))


# Who may, who looked, and what it costs


@pytest.mark.parametrize("tab", [*TABS, "compare"])
def test_a_reader_of_reports_only_reads_them(client_as, auditor, linked, tab):
    stored(linked, sample())
    address = reverse(f"company_{tab}", args=[linked.pk])
    client = client_as(auditor)
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 405
    auditor.groups.clear()
    assert client_as(auditor).get(address).status_code == 403


def test_nobody_reads_without_logging_in(client, linked):
    for tab in TABS:
        assert client.get(reverse(f"company_{tab}", args=[linked.pk])).url.startswith("/login/")


def test_each_view_of_a_report_is_one_line_of_the_log(page, linked, analyst):
    report = stored(linked, sample())
    for tab in ("", *TABS):
        page(linked, tab)
    rows = ReportAccess.objects.order_by("pk").values_list("username", "report", "detail")
    read = [tab for tab in TABS if tab not in {"documents", "reports"}]
    assert list(rows) == [("analyst", report.pk, tab) for tab in ("summary", *read)]


def test_the_log_is_written_in_one_statement(page, linked):
    stored(linked, sample())
    page(linked, "solvency")
    with CaptureQueriesContext(connection) as taken:
        page(linked, "solvency")
    assert len([query for query in taken if query["sql"].startswith("INSERT")]) == 1


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_costs_as_many_queries_for_a_long_report(client_as, analyst, linked, tab):
    client, address = client_as(analyst), reverse(f"company_{tab}", args=[linked.pk])
    stored(linked, sample(), NOW - timedelta(days=99))
    few = queries(client, address)

    def many(report):
        director, member = report["directors"]["currentDirectors"][0], report["extendedGroupStructure"][1]
        report["directors"]["currentDirectors"] = [director | {"name": f"M {n}"} for n in range(90)]
        report["extendedGroupStructure"] = [member | {"id": f"FR-X-{n}", "companyName": str(n)} for n in range(90)]
        report["negativeInformation"]["judgements"] = [{"typeOfJudgement": {"code": str(n)}} for n in range(90)]

    stored(linked, changed(many), NOW)
    assert queries(client, address) == few

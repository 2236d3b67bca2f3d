"""The archive: each order its dated row, each content once, nothing changed, nothing kept beyond the policy."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import LinkState, OrderReason, OrderState, ReportUse
from companies.creditsafe import Client, parse_report
from companies.models import (
    Company,
    Connection,
    Profile,
    Report,
    ReportAccess,
    ReportBody,
    ReportOrder,
    ReportPdf,
    RetentionPolicy,
)
from companies.models.archive import Immutable
from companies.services import archive
from companies.tasks import purge_reports
from riskportal.celery import app
from tests import make
from tests.make import NOW
from tests.monitoring.reports import sample, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked():
    company = make.company()
    make.profile(company)
    company.refresh_from_db()
    return company


def reordered(body, **envelope):
    """The same content in another envelope."""
    return body | {"correlationId": "another", "dateOfOrder": "2026-05-05T00:00:00Z", "userId": "7"} | envelope


# Each content once


def test_the_same_content_in_another_envelope_is_a_row_of_its_own_with_the_same_body(linked):
    first = stored(linked, sample(), NOW)
    second = stored(linked, reordered(sample()), NOW + timedelta(days=30))
    assert (Report.objects.count(), ReportBody.objects.count()) == (2, 1)
    assert (first.ordered_at, second.ordered_at) == (NOW, NOW + timedelta(days=30))
    assert second.data()["correlationId"] == "another"


def test_what_was_received_comes_back_byte_for_byte_and_a_later_envelope_around_the_same_content(linked):
    raw = json.dumps(sample(), indent=3).encode()
    first, second = stored(linked, raw), stored(linked, reordered(sample()), NOW + timedelta(days=1))
    assert first.raw() == raw
    assert json.loads(second.raw()) == reordered(sample())


def test_numbers_keep_their_digits_through_the_second_envelope(linked):
    raw = b'{"report": {"a": 49500.0, "b": 0.10, "c": 1E+2, "d": 12345678901234567.123456789}}'
    stored(linked, raw)
    again = stored(linked, b'{"x": 1.50, ' + raw[1:])
    for digits in (b"49500.0", b"0.10", b"1E+2", b"12345678901234567.123456789", b"1.50"):
        assert digits in again.raw()


def test_the_very_same_answer_is_stored_once(linked):
    assert stored(linked, sample()) == stored(linked, sample(), NOW + timedelta(days=1))
    assert Report.objects.count() == 1


def test_two_companies_share_a_content_and_not_a_report(linked):
    other = make.company("Other")
    make.profile(other)
    stored(linked, sample())
    stored(other, sample())
    assert (Report.objects.count(), ReportBody.objects.count()) == (2, 1)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@given(st.dictionaries(st.text(), JSON), st.randoms())
def test_the_hash_ignores_the_order_of_keys_and_blanks(report, random):
    keys = list(report)
    random.shuffle(keys)
    one = json.dumps({"report": report}).encode()
    other = json.dumps({"report": {key: report[key] for key in keys}, "userId": 1}, indent=2).encode()
    assert archive.content(one).sha256 == archive.content(other).sha256


@pytest.mark.parametrize(
    ("one", "other"),
    [(b'{"a": 1.5}', b'{"a": "1.5"}'), (b'{"a": 1}', b'{"a": 2}'), (b'{"a": []}', b'{"a": {}}')],
)
def test_another_content_has_another_hash(one, other):
    hashes = {archive.content(b'{"report": ' + part + b"}").sha256 for part in (one, other)}
    assert len(hashes) == 2


def test_the_content_knows_its_sections_score_and_limit(linked):
    body = stored(linked, sample()).body
    assert (body.score, body.rating, body.credit_limit, body.currency) == (62, "B", 64000, "EUR")
    for section in ("directors", "negativeInformation.preferentialRightsDetails", "additionalInformation.gazettes"):
        assert f" {section} " in body.sections
    assert " negativeInformation.judgements " not in body.sections


def test_a_section_name_that_would_pass_for_two_is_not_noted():
    assert archive.sections({"a b": 1, "c": 1, "empty": {}, "d\n": 1}) == ["c"]


def test_a_limit_of_another_size_is_unknown_and_stops_nothing(linked):
    body = sample()
    body["report"]["creditScore"]["currentCreditRating"]["creditLimit"]["value"] = "9" * 30
    assert stored(linked, body).body.credit_limit is None


# Never changed


@pytest.mark.parametrize("act", ["save", "delete"])
def test_a_report_is_neither_changed_nor_deleted(linked, act):
    report = stored(linked, sample())
    for row in (report, report.body):
        with pytest.raises(Immutable):
            getattr(row, act)()


def test_not_even_in_bulk(linked):
    stored(linked, sample())
    for refused in (lambda: Report.objects.update(language="xx"), lambda: Report.objects.all().delete()):
        with pytest.raises(Immutable):
            refused()


@pytest.mark.parametrize("table", ["report", "reportbody", "reportpdf", "reportaccess"])
def test_the_database_refuses_updates_whoever_asks(linked, administrator, table):
    """SQLite drops triggers with a table that a migration rebuilds: whoever writes one must make them again."""
    report = stored(linked, sample())
    archive.note_access([report], user=administrator, use=ReportUse.PAGE, now=NOW)
    ReportPdf.objects.create(report=report, fetched_at=NOW, sha256="0", size=1, content=b"%PDF")
    column = {"report": "language", "reportbody": "rating", "reportpdf": "sha256", "reportaccess": "username"}[table]
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE companies_{table} SET {column} = 'x'")


def test_a_user_who_leaves_stays_in_the_log(linked, analyst):
    archive.note_access([stored(linked, sample())], user=analyst, use=ReportUse.PAGE, now=NOW)
    analyst.delete()
    assert ReportAccess.objects.get().username == "analyst"


# Prints


def test_a_print_is_fetched_once_and_kept(sandbox, analyst):
    company = next(one for one in sandbox.directory if one.country == "FR")
    client = Client(base_url=sandbox.url, username="demo", password="sandbox")
    ours = make.company()
    make.profile(ours, connect_id=company.connect_id)
    Connection(language="en").save()
    report = stored(ours, sample())
    before = sandbox.orders[company.connect_id]
    first = archive.fetch_pdf(report, client=client, user_id=analyst.pk, now=NOW)
    again = archive.fetch_pdf(report, client=client, user_id=analyst.pk, now=NOW + timedelta(days=1))
    assert first == again
    assert bytes(first.content).startswith(b"%PDF")
    assert sandbox.orders[company.connect_id] - before == 1
    assert list(ReportOrder.objects.filter(requested_by=analyst).values_list("state", "cost")) == [("done", 1)]


# Retention


def year(number, month=6, day=1):
    return datetime(number, month, day, tzinfo=UTC)


def kept_after(company, moments, **policy):
    RetentionPolicy(**policy).save()
    for place, moment in enumerate(moments):
        stored(company, reordered(sample(), orderId=place), moment)
    archive.purge(now=NOW)
    return sorted(Report.objects.filter(company=company).values_list("ordered_at", flat=True))


def test_all_are_kept_for_the_years_of_the_policy(linked):
    moments = [NOW - timedelta(days=days) for days in (700, 400, 1)]
    assert kept_after(linked, moments, report_years=2) == moments


def test_of_an_older_year_the_last_one_stays(linked):
    moments = [year(2020, 1), year(2020, 9), year(2021, 2), year(2021, 8), year(2026)]
    assert kept_after(linked, moments, report_years=2) == [year(2020, 9), year(2021, 8), year(2026)]


def test_after_the_time_of_personal_data_the_one_a_year_goes_too(linked):
    moments = [year(2012), year(2013), year(2018), year(2026)]
    assert kept_after(linked, moments, report_years=2, personal_years=10) == [year(2018), year(2026)]
    assert kept_after(make_linked("Second"), moments, report_years=2, personal_years=None) == moments


def make_linked(name):
    company = make.company(name)
    make.profile(company)
    return company


def test_the_latest_of_a_linked_company_always_stays(linked):
    assert kept_after(linked, [year(2009), year(2010)], report_years=1, personal_years=2) == [year(2010)]


def test_it_stays_even_where_no_profile_shows_it(linked):
    for moment in (year(2009), year(2010)):
        stored(linked, reordered(sample(), orderId=str(moment)), moment, latest=False)
    RetentionPolicy(report_years=1, personal_years=2).save()
    archive.purge(now=NOW)
    assert Report.objects.get().ordered_at == year(2010)


def test_nothing_old_stays_of_a_company_that_is_linked_no_more(linked):
    Company.objects.filter(pk=linked.pk).update(link_state=LinkState.UNLINKED)
    assert kept_after(linked, [year(2009), year(2010)], report_years=1, personal_years=2) == []


def test_a_report_that_was_received_and_not_read_stays(linked):
    report = stored(linked, sample(), year(2009), latest=False)
    ReportOrder.objects.create(
        company=linked, reason=OrderReason.AGE, requested_at=NOW, state=OrderState.RECEIVED, report=report
    )
    assert kept_after(linked, [year(2026)], report_years=1, personal_years=1) == [year(2009), year(2026)]


def test_the_last_day_is_kept_and_the_day_before_it_goes(linked):
    edge = archive.years_before(NOW, 2)
    moments = [edge - timedelta(seconds=1), edge, NOW]
    assert kept_after(linked, moments, report_years=2, personal_years=2) == [edge, NOW]


def test_the_content_goes_with_its_last_report_and_the_order_remembers(linked):
    gone = stored(linked, sample("report_gb"), year(2010))
    shared = stored(linked, sample(), year(2011))
    order = ReportOrder.objects.create(
        company=linked, reason=OrderReason.LINKED, requested_at=year(2010), state=OrderState.DONE, report=gone
    )
    stored(linked, reordered(sample()), NOW)
    RetentionPolicy(report_years=1, personal_years=2).save()
    assert archive.purge(now=NOW) == archive.Purge(reports=2, bodies=1, accesses=0)
    order.refresh_from_db()
    assert order.report is None
    assert ReportBody.objects.get().pk == shared.body_id
    assert Profile.objects.get(company=linked).report is not None


def test_a_print_goes_with_its_report(linked):
    report = stored(linked, sample("report_gb"), year(2010))
    ReportPdf.objects.create(report=report, fetched_at=NOW, sha256="0", size=1, content=b"%PDF")
    stored(linked, sample(), NOW)
    RetentionPolicy(report_years=1, personal_years=2).save()
    archive.purge(now=NOW)
    assert not ReportPdf.objects.exists()


def test_the_access_log_has_a_time_of_its_own_and_outlives_the_report(linked, analyst):
    report = stored(linked, sample("report_gb"), year(2010))
    for moment in (year(2010), year(2026)):
        archive.note_access([report], user=analyst, use=ReportUse.PAGE, now=moment)
    stored(linked, sample(), NOW)
    RetentionPolicy(report_years=1, personal_years=2, access_years=3).save()
    assert archive.purge(now=NOW).accesses == 1
    kept = ReportAccess.objects.select_related("report").get()
    assert (kept.at, kept.report_id) == (year(2026), report.pk)


def test_a_dry_run_counts_and_removes_nothing(linked):
    stored(linked, sample("report_gb"), year(2010))
    stored(linked, sample(), NOW)
    RetentionPolicy(report_years=1, personal_years=2).save()
    said = StringIO()
    call_command("purge_reports", "--dry-run", stdout=said)
    assert said.getvalue().startswith("1 reports, 1 contents and 0 lines of the access log would be removed")
    assert Report.objects.count() == 2
    call_command("purge_reports", stdout=StringIO())
    assert (Report.objects.count(), ReportBody.objects.count()) == (1, 1)


def test_the_clock_applies_the_policy_daily(linked):
    stored(linked, sample("report_gb"), year(2010))
    stored(linked, sample(), NOW)
    RetentionPolicy(report_years=1, personal_years=2).save()
    purge_reports()
    assert Report.objects.count() == 1
    entry = next(one for one in app.conf.beat_schedule.values() if one["task"] == purge_reports.name)
    assert entry["schedule"] == 86_400


def test_there_is_one_policy_and_personal_data_do_not_go_before_the_reports():
    RetentionPolicy(report_years=3).save()
    RetentionPolicy(report_years=4).save()
    assert RetentionPolicy.objects.get().report_years == 4
    with pytest.raises(ValidationError, match="cannot go before"):
        RetentionPolicy(report_years=5, personal_years=4).full_clean(exclude=["id"])


def test_29_february_becomes_the_28th():
    assert archive.years_before(datetime(2028, 2, 29, tzinfo=UTC), 1) == datetime(2027, 2, 28, tzinfo=UTC)


def test_a_report_reads_as_it_was_parsed(linked):
    report = stored(linked, sample())
    assert parse_report(report.data()) == parse_report(sample())

"""The administration of the facts: every model can be looked at, no fact touched, and the password never comes out."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from companies.choices import ChangeCause, JobKind, OrderReason, Role
from companies.creditsafe.sandbox import Sandbox
from companies.models import (
    Account,
    Allowance,
    Breaker,
    BreakerChange,
    Change,
    Company,
    Connection,
    CountryPause,
    ExchangeRate,
    ImportBatch,
    ImportProblem,
    Job,
    OpenItem,
    Profile,
    RatingPoint,
    Report,
    ReportAccess,
    ReportBody,
    ReportOrder,
    ReportPdf,
    RetentionPolicy,
)
from companies.services import archive
from tests import make

pytestmark = pytest.mark.django_db

FACTS = [Change, ImportBatch, ImportProblem, Job, OpenItem, Profile, RatingPoint, Report, ReportOrder]
FACTS += [Allowance, Breaker, BreakerChange, CountryPause, ReportAccess, ReportBody, ReportPdf]
SECRET = "sandbox"
PACE = {"calls_per_minute": "1200", "parallel_calls": "8", "report_ceiling": ""}


@pytest.fixture
def client(administrator_client: Client) -> Client:
    return administrator_client


@pytest.fixture
def everything() -> None:
    """A row of each model."""
    company = make.company(registration_number="552100554")
    batch = make.batch(filename="postes.csv")
    make.item(make.account(company, code="411ZED"), "100.00", batch=batch)
    make.profile(company)
    ImportProblem.objects.create(batch=batch, is_error=True, line=3, reason="Not a date", fix="Correct it")
    Job.objects.ensure(JobKind.LINK, now=make.NOW)
    Change.objects.mark([company.pk], ChangeCause.EDIT)
    ReportOrder.objects.create(company=company, reason=OrderReason.REQUESTED, requested_at=make.NOW)
    RatingPoint.objects.create(company=company, valid_on=make.TODAY, known_at=make.NOW, score=60)
    ExchangeRate.objects.create(currency="USD", valid_on=make.TODAY, rate=Decimal("1.1"))
    raw = b'{"report": {"secret section": 1}}'
    archive.keep(company.pk, raw=raw, data=json.loads(raw), connect_id="FR-X-1", ordered_at=make.NOW, now=make.NOW)
    report = Report.objects.get()
    ReportPdf.objects.create(report=report, fetched_at=make.NOW, sha256="0" * 64, size=2, content=b"%PDF-secret")
    ReportAccess.objects.create(at=make.NOW, username="gone", user_id=999, company=company, report_id=999, use="page")
    Allowance.objects.create(country="FR", paid=10, used=1, read_at=make.NOW)
    CountryPause.objects.create(country="FR", reason="refused", since=make.NOW, until=make.NOW + timedelta(hours=1))
    Breaker.objects.read()
    BreakerChange.objects.create(at=make.NOW, state="closed")
    RetentionPolicy().save()


@pytest.fixture
def box(settings: Any) -> Iterator[Sandbox]:
    settings.DEMO = True
    with Sandbox(companies=20, seed=5) as box:
        Connection(base_url=box.url, username="demo", password=SECRET).save()
        yield box


def text(response: Any) -> str:
    return str(response.content.decode())


def address(model: type[Any], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def messages(response: Any) -> str:
    return " ".join(map(str, response.context["messages"]))


def test_every_model_of_ours_is_in_the_administration() -> None:
    models = [model for app in ("companies", "monitoring") for model in apps.get_app_config(app).get_models()]
    inlines = {inline.model for one in admin.site._registry.values() for inline in one.inlines}
    shown = {*admin.site._registry, *inlines}
    assert [model for model in models if model not in shown and "Historical" not in model.__name__] == []


def test_every_model_is_listed_searched_and_opened(client: Client, everything: None) -> None:
    for model in (Company, Account, ExchangeRate, RetentionPolicy, *FACTS):
        assert client.get(address(model, "changelist")).status_code == 200, model
        assert client.get(address(model, "changelist"), {"q": "zed"}).status_code == 200, model
        assert client.get(address(model, "change", model.objects.first().pk)).status_code == 200, model


def test_no_fact_can_be_added_changed_or_deleted(client: Client, everything: None) -> None:
    for model in FACTS:
        pk = model.objects.first().pk
        assert client.get(address(model, "add")).status_code == 403, model
        assert client.post(address(model, "change", pk), {}).status_code == 403, model
        assert client.post(address(model, "delete", pk), {"post": "yes"}).status_code == 403, model
        assert model.objects.filter(pk=pk).exists(), model


@pytest.mark.parametrize("model", [Company, Account], ids=lambda model: model.__name__)
def test_a_company_and_its_account_stay(client: Client, everything: None, model: type[Any]) -> None:
    assert client.post(address(model, "delete", model.objects.first().pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", [Company, Account], ids=lambda model: model.__name__)
def test_history_can_be_read(client: Client, everything: None, model: type[Any]) -> None:
    found = model.objects.first()
    version = found.history.first()
    assert client.get(address(model, "history", found.pk)).status_code == 200
    assert client.get(address(model, "simple_history", found.pk, version.history_id)).status_code == 200


def test_the_index_names_the_site_and_the_addable_pages_open(client: Client) -> None:
    assert "riskportal" in text(client.get(reverse("admin:index")))
    for model in (Company, Account, ExchangeRate, User):
        assert client.get(address(model, "add")).status_code == 200


def test_the_administration_has_no_inline_script_nor_style(client: Client, everything: None) -> None:
    for url in (
        reverse("admin:index"),
        address(Company, "changelist"),
        address(Company, "change", Company.objects.get().pk),
    ):
        page = text(client.get(url))
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert not [
            tag
            for tag in page.split("<script")[1:]
            if "src=" not in tag.split(">")[0] and "json" not in tag.split(">")[0]
        ]


def test_the_body_of_a_report_is_not_dumped(client: Client, everything: None) -> None:
    for model in (Report, ReportBody, ReportPdf):
        page = text(client.get(address(model, "change", model.objects.get().pk)))
        assert "secret" not in page
        assert "xb5" not in page


@pytest.mark.parametrize("query", ["Forges", "552100554", "411ZED"], ids=["name", "SIREN", "account"])
def test_companies_are_searched_as_everywhere_else(client: Client, everything: None, query: str) -> None:
    make.company("Another one")
    response = client.get(address(Company, "changelist"), {"q": query})
    assert [company.name for company in response.context["cl"].result_list] == ["Forges du Nord"]


def test_an_edit_is_remembered_and_marks_the_company(client: Client, administrator: User) -> None:
    company = make.company("Before")
    page = client.get(address(Company, "change", company.pk))
    given = {name: value or "" for name, value in page.context["adminform"].form.initial.items()}
    inline = {"accounts-TOTAL_FORMS": "0", "accounts-INITIAL_FORMS": "0"}
    client.post(address(Company, "change", company.pk), {**given, **inline, "name": "After"})
    company.refresh_from_db()
    assert (company.name, company.name_key) == ("After", "AFTER")
    assert company.history.first().history_user == administrator
    assert Change.objects.get().cause == ChangeCause.EDIT


def test_moving_an_account_marks_both_companies(client: Client) -> None:
    old, new = make.company("Old"), make.company("New")
    account = make.account(old)
    given = {
        "company": new.pk,
        "ledger": "ERP",
        "code": account.code,
        "role": Role.CLIENT,
        "name": "Old",
        "currency": "EUR",
    }
    client.post(address(Account, "change", account.pk), given)
    assert set(Change.objects.values_list("company_id", flat=True)) == {old.pk, new.pk}


def test_a_rate_marks_every_company(client: Client) -> None:
    companies = [make.company(name).pk for name in ("Alpha", "Béta")]
    client.post(address(ExchangeRate, "add"), {"currency": "USD", "valid_on": "2026-11-01", "rate": "1.1"})
    assert sorted(Change.objects.values_list("company_id", flat=True)) == companies


def test_the_list_of_connections_is_the_connection(client: Client) -> None:
    Connection(username="demo", password=SECRET).save()
    response = client.get(address(Connection, "changelist"))
    assert response["Location"] == address(Connection, "change", 1)
    assert client.get(response["Location"]).status_code == 200
    assert client.get(address(Connection, "add")).status_code == 403


def test_without_a_connection_its_list_asks_for_one(client: Client) -> None:
    url = client.get(address(Connection, "changelist"))["Location"]
    given = {"base_url": "https://connect.example.com/v1", "username": "we", "language": "fr", **PACE}
    assert client.post(url, given | {"new_password": ""}).status_code == 200
    client.post(url, given | {"new_password": "correct horse"})
    assert (Connection.current().username, Connection.current().password) == ("we", "correct horse")


def save_connection(client: Client, **given: str) -> Any:
    connection = Connection.current()
    kept = {
        "base_url": connection.base_url,
        "username": connection.username,
        "language": "fr",
        "new_password": "",
        **PACE,
    }
    return client.post(address(Connection, "change", 1), {**kept, **given}, follow=True)


def test_the_password_goes_in_and_never_comes_out(client: Client, box: Sandbox) -> None:
    response = save_connection(client, new_password="correct horse")
    assert Connection.current().password == "correct horse"
    page = text(client.get(address(Connection, "change", 1)))
    assert "correct horse" not in page + text(response)
    assert "A password is stored" in page


def test_an_empty_password_keeps_the_stored_one(client: Client, box: Sandbox) -> None:
    save_connection(client, username="other")
    assert (Connection.current().username, Connection.current().password) == ("other", SECRET)


@pytest.mark.parametrize(
    ("given", "resumes"),
    [
        pytest.param({"new_password": "another"}, True, id="new password"),
        pytest.param({"username": "other"}, True, id="new user name"),
        pytest.param({"language": "en"}, False, id="another language"),
    ],
)
def test_calls_resume_when_what_was_refused_changes(
    client: Client, box: Sandbox, given: dict[str, str], resumes: bool
) -> None:
    Connection.halt(timezone.now(), "password refused")
    assert "password refused" in text(client.get(address(Connection, "change", 1)))
    save_connection(client, **given)
    assert (Connection.current().halted_at is None) is resumes


def test_an_address_in_clear_is_refused(client: Client, settings: Any) -> None:
    Connection(username="demo", password=SECRET).save()
    settings.DEMO = False
    save_connection(client, base_url="http://connect.example.com/v1")
    assert Connection.current().base_url.startswith("https://")


def test_variables_of_the_environment_are_shown_but_not_the_password(client: Client, settings: Any) -> None:
    Connection(username="demo", password=SECRET).save()
    settings.CREDITSAFE_USER, settings.CREDITSAFE_PASSWORD = "from-environment", "hidden-in-environment"
    page = text(client.get(address(Connection, "change", 1)))
    assert "CREDITSAFE_USER = from-environment" in page
    assert "CREDITSAFE_PASSWORD = ••••••" in page
    assert "hidden-in-environment" not in page


def test_the_connection_test_says_who_we_are_and_what_is_left(client: Client, box: Sandbox) -> None:
    said = messages(client.post(reverse("admin:companies_connection_test"), follow=True))
    assert f"{box.url} was reached as" in said
    assert "countries: " in said
    assert "Reports left: " in said
    assert SECRET not in said.replace("as sandbox.", "")  # the user name that it answers with
    assert not box.orders


def test_a_test_that_succeeds_lets_calls_resume(client: Client, box: Sandbox) -> None:
    Connection.halt(timezone.now() - timedelta(hours=1), "password refused")
    client.post(reverse("admin:companies_connection_test"))
    assert Connection.current().halted_at is None


def test_a_test_with_a_wrong_password_stops_calls_and_says_what_to_do(client: Client, box: Sandbox) -> None:
    save_connection(client, new_password="wrong-one")
    said = messages(client.post(reverse("admin:companies_connection_test"), follow=True))
    assert "refused the user name or the password" in said
    assert "wrong-one" not in said
    assert Connection.current().halted_at is not None
    assert [call for call in box.requests if call[1] == "/authenticate"] == [("POST", "/authenticate", 401)]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("down", "No answer from this address", id="away"),
        pytest.param("429=2", "slow down", id="too many calls"),
    ],
)
def test_a_test_that_cannot_reach_creditsafe_says_what_to_check(
    client: Client, box: Sandbox, fault: str, said: str
) -> None:
    box.faults.add(fault)
    assert said in messages(client.post(reverse("admin:companies_connection_test"), follow=True))
    assert Connection.current().halted_at is None


def test_a_test_without_a_password_asks_for_one(client: Client) -> None:
    Connection(username="", password=SECRET).save()
    assert "Set a user name and a password first" in messages(
        client.post(reverse("admin:companies_connection_test"), follow=True)
    )


@pytest.mark.parametrize("role", ["analyst", "manager", "auditor"])
def test_only_administrators_come_in(
    role: str, request: pytest.FixtureRequest, client_as: Callable[[User], Client]
) -> None:
    client = client_as(request.getfixturevalue(role))
    Connection(username="demo", password=SECRET).save()
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.get(address(Connection, "change", 1)).status_code == 302
    assert client.post(reverse("admin:companies_connection_test")).status_code == 302


def test_staff_without_the_right_may_not_test_the_connection(
    auditor: User, client_as: Callable[[User], Client]
) -> None:
    User.objects.filter(pk=auditor.pk).update(is_staff=True)
    Connection(username="demo", password=SECRET).save()
    client = client_as(auditor)
    assert client.post(reverse("admin:companies_connection_test")).status_code == 403
    page = text(client.get(address(Connection, "change", 1)))
    assert SECRET not in page
    assert reverse("admin:companies_connection_test") not in page


def test_the_connection_is_not_tested_by_reading_its_address(client: Client) -> None:
    assert client.get(reverse("admin:companies_connection_test")).status_code == 405

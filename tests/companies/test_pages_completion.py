"""The pages of differences and fields: lists, acts, undo, rules, one company, and who may do what."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.choices import FieldActKind, Origin, Role
from companies.models import Company, FieldAct, FieldDifference, FieldRule, Profile, Report, ReportBody
from companies.services import field_acts
from tests import make
from tests.companies.provenance import LATER, difference, linked, says, source, typed
from tests.make import NOW

pytestmark = pytest.mark.django_db
LIST, ACT = "/completion/", "/completion/act/"


@pytest.fixture
def client(analyst: User, client_as: Callable[[User], Client]) -> Client:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return client


def page(response: Any) -> str:
    return str(response.content.decode())


def shown(client: Client, **query: str) -> list[tuple[str, str]]:
    return [(one.row.company.name, one.row.field) for one in client.get(LIST, query).context["rows"]]


def fields_url(company: Company) -> str:
    return reverse("company_fields", args=[company.pk])


def field_act(client: Client, company: Company, action: str, field: str = "phone", **data: Any) -> Any:
    return client.post(reverse("company_field_act", args=[company.pk, field, action]), data)


@pytest.fixture
def two() -> tuple[FieldDifference, FieldDifference]:
    one = linked("Un", phone="1", country="FR")
    make.account(one, Role.CLIENT, code="411UN")
    other = linked("Deux", city="Lille", country="BE")
    make.account(other, Role.SUPPLIER)
    return difference(one), difference(other, "city", source=Origin.ERP, theirs="Roubaix")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param({}, ["Deux", "Un"], id="all, newest first"),
        pytest.param({"view": "companies"}, ["Deux", "Un"], id="by company"),
        pytest.param({"field": "phone"}, ["Un"], id="field"),
        pytest.param({"country": "BE"}, ["Deux"], id="country"),
        pytest.param({"role": "supplier"}, ["Deux"], id="role"),
        pytest.param({"source": "erp"}, ["Deux"], id="source"),
        pytest.param({"q": "411UN"}, ["Un"], id="account"),
        pytest.param({"q": "rien"}, [], id="nothing"),
        pytest.param({"field": "password", "country": "<b>", "role": "x", "source": "user"}, ["Deux", "Un"], id="bad"),
        pytest.param({"page": "999999"}, ["Deux", "Un"], id="a page beyond the last"),
    ],
)
@pytest.mark.usefixtures("two")
def test_the_list_is_narrowed(client: Client, query: dict[str, str], names: list[str]) -> None:
    assert [name for name, _field in shown(client, **query)] == names


@pytest.mark.usefixtures("two")
def test_the_tabs_count_each_field_under_the_other_filters(client: Client) -> None:
    assert {tab.field: tab.open for tab in client.get(LIST).context["tabs"]} == {"city": 1, "phone": 1}
    assert {tab.field: tab.open for tab in client.get(LIST, {"country": "FR"}).context["tabs"]} == {"phone": 1}


def test_markup_in_a_value_is_shown_and_not_obeyed(client: Client) -> None:
    difference(linked("<script>x</script>", phone="1"), theirs="<b>0320</b>")
    text = page(client.get(LIST))
    assert "&lt;b&gt;0320&lt;/b&gt;" in text
    assert "<script>x" not in text


def test_ticked_differences_are_taken_and_the_undo_is_offered(client: Client, two: Any) -> None:
    response = client.post(ACT, {"action": "take", "row": [two[0].pk], "field": "phone"}, follow=True)
    act = FieldAct.objects.get()
    assert response.redirect_chain[0][0] == f"{LIST}?field=phone&done={act.pk}"
    assert "1 value taken." in page(response)
    assert reverse("completion_undo", args=[act.pk]) in page(response)
    assert Company.objects.get(name="Un").phone == two[0].theirs
    client.post(reverse("completion_undo", args=[act.pk]))
    assert Company.objects.get(name="Un").phone == "1"


@pytest.mark.parametrize(("button", "phone"), [("take", "0320999999"), ("keep", "1")])
def test_a_rows_own_button_decides_that_row_alone(client: Client, two: Any, button: str, phone: str) -> None:
    client.post(ACT, {button: two[0].pk, "row": [two[1].pk]})
    assert Company.objects.get(name="Un").phone == phone
    assert [name for name, _field in shown(client)] == ["Deux"]


def test_the_whole_filter_is_asked_for_once_more_with_its_count(client: Client, two: Any) -> None:
    response = client.post(ACT, {"action": "take", "scope": "all", "country": "FR"})
    assert (response.context["count"], response.context["companies"]) == (1, 1)
    assert FieldAct.objects.count() == 0
    newest, count = response.context["newest"], response.context["count"]
    late = difference(linked("Trois", phone="3"))
    data = {"action": "take", "scope": "all", "country": "FR", "confirmed": "1", "newest": newest, "count": count}
    client.post(ACT, data)
    assert Company.objects.get(name="Un").phone == two[0].theirs
    assert list(FieldDifference.objects.open().order_by("pk")) == [two[1], late]
    assert FieldAct.objects.get().about == "FR"


def test_what_someone_settled_meanwhile_is_told(client: Client, two: Any) -> None:
    FieldDifference.objects.filter(pk=two[0].pk).update(state="gone")
    text = page(client.post(ACT, {"action": "take", "row": [two[0].pk]}, follow=True))
    assert "1 was left as it is" in text
    assert "undo-bar" not in text


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param({"action": "take"}, 302, id="nothing ticked"),
        pytest.param({"action": "take", "row": ["x", "9" * 30, "-1"]}, 302, id="keys that are none"),
        pytest.param({"action": "drop", "row": ["1"]}, 404, id="unknown act"),
        pytest.param(
            {"action": "take", "scope": "all", "confirmed": "1", "newest": "x"}, 200, id="no bound: asked again"
        ),
    ],
)
@pytest.mark.usefixtures("two")
def test_a_bad_act_changes_nothing(client: Client, data: dict[str, Any], status: int) -> None:
    assert client.post(ACT, data).status_code == status
    assert FieldAct.objects.count() == 0


def test_the_history_lists_acts_and_says_who_undid_them(client: Client, two: Any) -> None:
    client.post(ACT, {"action": "keep", "row": [two[0].pk]})
    act = FieldAct.objects.get()
    assert reverse("completion_undo", args=[act.pk]) in page(client.get("/completion/history/"))
    response = client.post(reverse("completion_undo", args=[act.pk]), {"next": "https://evil.example/"})
    assert response["Location"] == "/completion/history/"
    text = page(client.get("/completion/history/"))
    assert "undone by analyst" in text
    assert reverse("completion_undo", args=[act.pk]) not in text
    assert "undone already" in page(client.post(reverse("completion_undo", args=[act.pk]), follow=True))


def test_a_manager_sets_a_rule_for_every_company(manager: User, client_as: Callable[[User], Client]) -> None:
    client = client_as(manager)
    client.post("/completion/rules/", {"field": "phone", "source": "creditsafe", "choice": "take"})
    assert FieldRule.objects.get().choice == "take"
    assert 'value="take" selected' in page(client.get("/completion/rules/"))
    client.post("/completion/rules/", {"field": "phone", "source": "creditsafe", "choice": ""})
    assert not FieldRule.objects.in_force().exists()
    assert client.post("/completion/rules/", {"field": "x", "source": "user", "choice": ""}).status_code == 404


def test_an_analyst_neither_sets_nor_undoes_a_rule_for_every_company(client: Client, manager: User) -> None:
    data = {"field": "phone", "source": "creditsafe", "choice": "take"}
    assert client.post("/completion/rules/", data).status_code == 403
    done = field_acts.choose(None, "phone", Origin.CREDITSAFE, choice="take", user_id=manager.pk, now=NOW)
    assert client.post(reverse("completion_undo", args=[done.act.pk])).status_code == 403


class TestOneCompany:
    """The fields of one company."""

    def test_each_field_tells_its_value_source_and_date(self, client: Client) -> None:
        company = says(linked(phone="0320000000"), phone="0320111111", city="Lille", name="FORGES DU NORD SAS")
        states = {state.name: state for state in client.get(fields_url(company)).context["states"]}
        assert (states["city"].held.source, states["city"].held.since) == (Origin.CREDITSAFE, NOW)
        assert states["phone"].held.source == Origin.ERP
        assert states["phone"].held.since is not None
        assert [(other.value, other.is_open) for other in states["phone"].others] == [("0320111111", True)]
        assert states["name"].others[0].alike == "name"

    def test_a_difference_is_taken_kept_and_undone_from_there(self, client: Client) -> None:
        company = says(linked(phone="0320000000"), phone="0320111111")
        row = FieldDifference.objects.open().get()
        field_act(client, company, "keep", difference=row.pk)
        assert not FieldDifference.objects.open().exists()
        response = field_act(client, company, "take", difference=row.pk)
        assert response.url.startswith(f"{fields_url(company)}?done=")
        assert source(company, "phone") == "creditsafe"
        assert reverse("completion_undo", args=[FieldAct.objects.first().pk]) in page(client.get(response.url))

    def test_their_spelling_is_taken_from_the_report_and_not_from_the_form(self, client: Client) -> None:
        company = says(linked("Forges du Nord"), name="FORGES DU NORD SAS")
        field_act(client, company, "take", "name", source="creditsafe", was="Forges du Nord", value="Evil")
        company.refresh_from_db()
        assert (company.name, source(company, "name")) == ("FORGES DU NORD SAS", "creditsafe")

    def test_always_take_is_pinned_and_ended(self, client: Client) -> None:
        company = typed(linked(), "phone", "0320000000")
        field_act(client, company, "always_take", source="creditsafe")
        assert says(company, phone="0320111111").phone == "0320111111"
        field_act(client, company, "free", source="creditsafe")
        assert not FieldRule.objects.in_force().exists()

    def test_a_typed_value_is_the_users_and_a_wrong_number_is_warned_of(self, client: Client) -> None:
        company = linked(phone="0320000000")
        assert 'name="was" value="0320000000"' in page(client.get(fields_url(company), {"edit": "phone"}))
        field_act(client, company, "edit", value=" 03 20  33 ", was="0320000000")
        company.refresh_from_db()
        assert (company.phone, source(company, "phone")) == ("03 20 33", "user")
        response = field_act(client, company, "edit", "registration_number", value="123 456 789", was="")
        assert "fails its check" in page(client.get(response.url))
        assert Company.objects.get().registration_number == "123456789"

    def test_the_second_editor_is_told_and_keeps_what_was_typed(self, client: Client) -> None:
        company = linked(phone="0320000000")
        field_act(client, company, "edit", value="0320111111", was="0320000000")
        response = field_act(client, company, "edit", value="0320222222", was="0320000000")
        assert response.status_code == 409
        assert "changed to “0320111111”" in page(response)
        assert 'name="was" value="0320111111"' in page(response)
        assert 'value="0320222222"' in page(response)
        assert Company.objects.get().phone == "0320111111"

    def test_a_refused_value_comes_back_with_the_reason(self, client: Client) -> None:
        company = linked()
        response = field_act(client, company, "edit", "name", value="", was=company.name)
        assert response.status_code == 422
        assert "A company needs a name." in page(response)

    def test_the_history_says_who_when_why_and_puts_back(self, client: Client) -> None:
        company = says(linked(), phone="0320111111")
        field_act(client, company, "edit", value="0320222222", was="0320111111")
        moments = client.get(fields_url(company), {"field": "phone"}).context["moments"]
        assert [(m.before, m.after, m.who, m.why) for m, _cause, _now in moments] == [
            ("0320111111", "0320222222", "analyst", "edit"),
            ("", "0320111111", "", "report"),
        ]
        field_act(client, company, "put_back", value="0320111111", was="0320222222")
        assert (Company.objects.get().phone, source(company, "phone")) == ("0320111111", "user")

    def test_the_file_of_an_import_is_named(self, client: Client) -> None:
        company = linked(phone="0320000000")
        company.history.update(history_change_reason="clients.csv")
        states = {state.name: state for state in client.get(fields_url(company)).context["states"]}
        assert states["phone"].held.note == "clients.csv"

    def test_a_stored_report_that_cannot_be_read_does_not_break_the_page(self, client: Client) -> None:
        company = says(linked(), phone="0320111111")
        body = ReportBody.objects.create(sha256="0" * 64, raw_sha256="0" * 64, content=b"broken", stored_size=6)
        broken = Report.objects.create(
            company=company, connect_id="x", sha256="1" * 64, ordered_at=NOW, known_at=NOW, size=6, body=body
        )
        Profile.objects.update(report=broken)
        assert client.get(fields_url(company)).status_code == 200

    @pytest.mark.parametrize(("field", "action"), [("password", "take"), ("phone", "destroy"), ("name_key", "edit")])
    def test_a_field_or_an_act_that_is_none_is_not_found(self, client: Client, field: str, action: str) -> None:
        assert field_act(client, linked(), action, field).status_code == 404

    def test_the_company_page_leads_there_and_counts_what_waits(self, client: Client) -> None:
        company = says(linked(phone="0320000000"), phone="0320111111")
        text = page(client.get(company.get_absolute_url()))
        assert fields_url(company) in text
        assert "difference to decide" in text

    def test_an_edit_in_the_administration_is_a_users(self, administrator: User, client_as: Any) -> None:
        company = says(linked(), phone="0320111111")
        admin = client_as(administrator)
        url = reverse("admin:companies_company_change", args=[company.pk])
        form = admin.get(url).context["adminform"].form
        data = {name: value if value is not None else "" for name, value in form.initial.items()}
        totals = {f"accounts-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
        admin.post(url, {**data, **totals, "country": "FR", "phone": "0320222222"})
        assert Company.objects.get().phone == "0320222222"
        assert source(company, "phone") == "user"
        assert says(company, LATER, phone="0320333333").phone == "0320222222"


VIEWS = [LIST, "/completion/history/", "/completion/rules/", "fields"]


@pytest.mark.parametrize("role", ["auditor", "analyst", "manager", "administrator"])
@pytest.mark.parametrize("url", VIEWS)
def test_every_role_may_look(role: str, url: str, client_as: Callable[[User], Client], request: Any) -> None:
    company = says(linked(phone="1"), phone="0320111111")
    client = client_as(request.getfixturevalue(role))
    response = client.get(fields_url(company) if url == "fields" else url)
    assert response.status_code == 200
    assert ("Always take" in page(response) and "<button" in page(response)) or role == "auditor" or url != LIST


def test_an_auditor_sees_no_button_that_changes(auditor: User, client_as: Callable[[User], Client]) -> None:
    company = says(linked(phone="1"), phone="0320111111")
    client = client_as(auditor)
    for url in (LIST, fields_url(company), "/completion/rules/"):
        assert "/completion/act/" not in page(client.get(url)).replace('action="/completion/act/"', "") or url == LIST
        assert "Always keep ours</button>" not in page(client.get(url))
    assert "editing" in client.get(fields_url(company), {"edit": "phone"}).context
    assert client.get(fields_url(company), {"edit": "phone"}).context["editing"] is None


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("anonymous", 302)])
@pytest.mark.parametrize("what", ["act", "undo", "rules", "field"])
def test_who_may_not_act_is_refused(who: str, status: int, what: str, client_as: Any, request: Any) -> None:
    user: User | AnonymousUser = request.getfixturevalue(who)
    company = linked(phone="1")
    row, act = difference(company), FieldAct.objects.create(kind=FieldActKind.EDIT, at=NOW)
    urls = {
        "act": ACT,
        "undo": reverse("completion_undo", args=[act.pk]),
        "rules": "/completion/rules/",
        "field": reverse("company_field_act", args=[company.pk, "phone", "take"]),
    }
    data = {"action": "take", "row": row.pk, "difference": row.pk, "field": "phone", "source": "erp", "choice": ""}
    assert client_as(user).post(urls[what], data).status_code == status
    assert Company.objects.get().phone == "1"


@pytest.mark.parametrize("url", VIEWS)
def test_anonymous_visitors_are_sent_to_the_login(url: str, client_as: Any, anonymous: AnonymousUser) -> None:
    company = linked()
    response = client_as(anonymous).get(fields_url(company) if url == "fields" else url)
    assert response.url.startswith(reverse("login"))


def test_acts_by_get_are_refused(client: Client) -> None:
    assert client.get(ACT).status_code == 405


def test_the_pages_ask_as_many_questions_for_50_rows_as_for_one(client: Client) -> None:
    first = says(linked("Forges 0", phone="1"), phone="0320111111")
    urls = [LIST, f"{LIST}?view=companies", "/completion/history/", "/completion/rules/", fields_url(first)]
    field_acts.choose(first.pk, "city", Origin.ERP, choice="take", user_id=None, now=NOW)
    before = {url: questions(client, url) for url in urls}
    for number in range(1, 50):
        company = linked(f"Forges {number}", phone="1")
        difference(company)
        done = field_acts.choose(company.pk, "city", Origin.ERP, choice="take", user_id=None, now=NOW)
        if number % 2:
            field_acts.undo(done.act, user_id=None, now=NOW)
        field_acts.edit(first.pk, "street", value=f"{number} rue", was=f"{number - 1} rue" if number > 1 else "",
                        user_id=None, now=NOW)  # fmt: skip
    assert {url: questions(client, url) for url in urls} == before


def questions(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as taken:
        assert client.get(url).status_code == 200
    return len(taken)

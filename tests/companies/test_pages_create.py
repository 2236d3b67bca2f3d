"""A new company from Creditsafe: countries and criteria as the API says, results, accounts, and what exists already."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from companies.choices import LinkState, Role
from companies.creditsafe.payloads import parse_criteria
from companies.creditsafe.sandbox import Sandbox
from companies.forms import CriteriaForm
from companies.models import Account, Allowance, Company, Connection, Profile, ReportOrder
from companies.services import criteria
from tests import make

pytestmark = pytest.mark.django_db
URL = "/link/create/"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(companies=80, seed=5) as box:
        yield box


@pytest.fixture
def box(running: Sandbox, settings: Any) -> Iterator[Sandbox]:
    settings.DEMO = True
    Connection(base_url=running.url, username="demo", password="sandbox").save()
    yield running
    running.faults.clear()


@pytest.fixture
def client(analyst: User, client_as: Callable[[User], Client]) -> Client:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def theirs(box: Sandbox) -> Any:
    return next(company for company in box.directory if company.country == "FR" and company.active)


def text(response: Any) -> str:
    return str(response.content.decode())


def given(theirs: Any, *accounts: dict[str, str], **more: str) -> dict[str, str]:
    """What the form of the accounts sends."""
    defaults = {"role": "client", "ledger": "ERP", "currency": "EUR", "erp_limit": "", "terms": "", "code": ""}
    sent = {"connect_id": theirs.connect_id, "accounts-TOTAL_FORMS": str(len(accounts)), "accounts-INITIAL_FORMS": "0"}
    for place, account in enumerate(accounts):
        sent |= {f"accounts-{place}-{name}": value for name, value in (defaults | account).items()}
    return sent | more


def search(client: Client, country: str = "FR", **typed: str) -> Any:
    return client.get(URL, {"search": "1", "country": country} | {f"c-{name}": text for name, text in typed.items()})


@pytest.fixture
def calls(box: Sandbox) -> Callable[[str], int]:
    """How often the sandbox was asked for a path since the test began."""
    before = len(box.requests)
    return lambda path: sum(called.split("?")[0] == path for _method, called, _status in box.requests[before:])


def test_the_countries_are_those_of_the_subscription_asked_once(client: Client, calls: Any) -> None:
    for _visit in range(2):
        codes = [code for _name, code in client.get(URL).context["country_names"]]
    assert set(codes) == set(Allowance.objects.values_list("country", flat=True))
    assert {"FR", "DE"} <= set(codes)
    assert calls("/access") == 1


def test_the_criteria_are_asked_once_a_country_and_shown_as_the_api_gives_them(client: Client, calls: Any) -> None:
    for _visit in range(2):
        french = client.get(URL, {"country": "FR"}).context["form"]
        british = client.get(URL, {"country": "GB"}).context["form"]
    assert "acronym" in french.fields
    assert "acronym" not in british.fields
    assert (british.fields["regNo"].min_length, british.fields["regNo"].max_length) == (2, 8)
    assert calls("/companies/searchcriteria") == 2


def test_a_country_outside_the_subscription_is_refused_in_words(client: Client, box: Sandbox) -> None:
    assert "does not cover this country" in text(search(client, "JP", name="forges"))


def test_results_show_status_numbers_address_and_a_way_to_choose(client: Client, theirs: Any) -> None:
    page = text(search(client, regNo=theirs.number))
    assert f"choose={theirs.connect_id}" in page
    assert theirs.number in page
    assert theirs.address.city in page
    assert "Active" in page


def test_head_offices_only_leaves_branches_out(client: Client, box: Sandbox) -> None:
    branched = next(one for one in box.directory if one.country == "FR" and one.branches)
    every = search(client, regNo=branched.number).context["found"]
    query = {"search": "1", "country": "FR", "c-regNo": branched.number, "head_offices": "1"}
    only = client.get(URL, query).context["found"]
    assert len(every) > len(only) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param({}, "Fill in at least one criterion.", id="nothing"),
        pytest.param({"name": "x"}, "at least 2 characters", id="too short"),
        pytest.param({"city": "Paris"}, "also needs: Name", id="without what is required"),
        pytest.param({"name": "forges", "regNo": "552100554"}, "does not combine these criteria", id="two sets"),
        pytest.param({"safeNo": "FRABCDEFGH"}, "expects the form", id="another form"),
    ],
)
def test_a_search_that_the_api_would_refuse_is_explained_and_not_sent(
    client: Client, calls: Any, typed: dict[str, str], said: str
) -> None:
    response = search(client, **typed)
    assert said in text(response)
    assert all(response.context["form"][name].value() == value for name, value in typed.items())
    assert calls("/companies") == 0


def test_nothing_found_and_too_many_have_words(client: Client, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing found" in text(search(client, name="Zzyzx Quux"))
    monkeypatch.setattr("companies.creditsafe.sandbox.search.MOST_HITS", 0)
    assert "Too many companies" in text(search(client, regNo=next(iter(box.directory)).number))


def test_pages_follow_each_other(client: Client, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(criteria, "SHOWN", 1)
    branched = next(one for one in box.directory if one.country == "FR" and one.branches)
    first = search(client, regNo=branched.number)
    second = client.get(URL, {"search": "1", "country": "FR", "c-regNo": branched.number, "page": "2"})
    assert first.context["more"]
    assert first.context["found"][0].hit != second.context["found"][0].hit
    assert "page=2" in text(first)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("down", "Creditsafe does not answer", id="away"),
        pytest.param("429", "slow down", id="too many calls"),
        pytest.param("403-country=FR", "does not cover this country", id="country refused"),
    ],
)
def test_when_creditsafe_refuses_the_page_says_why_and_keeps_the_search(
    client: Client, box: Sandbox, fault: str, said: str
) -> None:
    client.get(URL)
    box.faults.add(fault)
    response = search(client, name="forges")
    assert response.status_code == 200
    assert said in text(response)
    assert response.context["form"]["name"].value() == "forges"


def test_without_anything_known_and_creditsafe_away_the_page_still_answers(client: Client, box: Sandbox) -> None:
    box.faults.add("down")
    response = client.get(URL)
    assert response.status_code == 200
    assert "Creditsafe does not answer" in text(response)


def test_a_company_is_created_with_its_accounts_and_linked(client: Client, theirs: Any) -> None:
    accounts = (
        {"code": "411NEW", "erp_limit": "15000", "terms": "45 days", "currency": "usd"},
        {"code": "401NEW", "role": "supplier"},
    )
    response = client.post(URL, given(theirs, *accounts))
    company = Company.objects.get()
    assert response["Location"] == company.get_absolute_url()
    assert (company.link_state, company.registration_number) == (LinkState.LINKED, theirs.number)
    assert company.profile.connect_id == theirs.connect_id
    assert ReportOrder.objects.count() == 1
    client_, supplier = company.accounts.order_by("-code")
    assert (client_.erp_limit, client_.terms, client_.currency) == (Decimal(15000), "45 days", "USD")
    assert (supplier.role, supplier.erp_limit) == (Role.SUPPLIER, None)


def test_an_empty_further_account_is_left_out(client: Client, theirs: Any) -> None:
    client.post(URL, given(theirs, {"code": "411NEW"}, {"role": ""}))
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    ("account", "said"),
    [
        pytest.param({"code": ""}, "required", id="no code"),
        pytest.param({"code": "411USED"}, "already exists", id="a code in use"),
        pytest.param({"code": "411N", "erp_limit": "-1"}, "greater than or equal to 0", id="a negative limit"),
        pytest.param({"code": "411N", "currency": "EURO"}, "valid value", id="no currency"),
        pytest.param({"code": "411N", "role": "friend"}, "valid choice", id="no role"),
    ],
)
def test_an_error_keeps_everything_typed(client: Client, theirs: Any, account: dict[str, str], said: str) -> None:
    make.account(make.company("Alpha"), code="411USED")
    response = client.post(URL, given(theirs, {"terms": "60 days end of month"} | account))
    assert said in text(response)
    assert "60 days end of month" in text(response)
    assert Company.objects.count() == 1


def test_the_same_account_twice_is_refused(client: Client, theirs: Any) -> None:
    response = client.post(URL, given(theirs, {"code": "411A"}, {"code": "411A"}))
    assert "The same account is there twice." in text(response)
    assert not Company.objects.exists()


def test_another_account_gives_one_form_more_and_keeps_what_is_typed(client: Client, theirs: Any) -> None:
    response = client.post(URL, given(theirs, {"code": "411A", "terms": "30 days"}, more="1"))
    assert response.context["accounts"].total_form_count() == 2
    assert "30 days" in text(response)
    assert not Company.objects.exists()


def test_choosing_asks_creditsafe_once_until_it_is_created(client: Client, calls: Any, theirs: Any) -> None:
    client.get(URL, {"choose": theirs.connect_id})
    client.post(URL, given(theirs, {"code": ""}))
    client.post(URL, given(theirs, {"code": "411A"}))
    assert Company.objects.exists()
    assert calls("/companies") == 1


def test_a_result_that_is_ours_says_so_with_a_link(client: Client, theirs: Any) -> None:
    ours = make.company("Ours", registration_number=theirs.number)
    page = text(search(client, regNo=theirs.number))
    assert "Already ours:" in page
    assert ours.get_absolute_url() in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"registration_number": True}, "with this registration number already", id="number"),
        pytest.param({"vat_number": True}, "with this VAT number already", id="VAT number"),
        pytest.param({"profile": True}, "linked to this profile", id="profile"),
    ],
)
def test_what_we_have_is_not_created_again_but_gets_the_account(
    client: Client, theirs: Any, values: dict[str, bool], said: str
) -> None:
    numbers = {"registration_number": theirs.number, "vat_number": theirs.vat}
    ours = make.company("Ours", **{name: value for name, value in numbers.items() if name in values})
    if "profile" in values:
        make.profile(ours, connect_id=theirs.connect_id)
    response = client.post(URL, given(theirs, {"code": "411A"}))
    assert said in text(response)
    assert not Account.objects.exists()
    client.post(URL, given(theirs, {"code": "411A"}, into=str(ours.pk)))
    assert Company.objects.count() == 1
    assert Account.objects.get().company == ours
    assert Profile.objects.get().connect_id == theirs.connect_id


def test_the_same_name_and_postcode_asks_for_a_word_first(client: Client, theirs: Any) -> None:
    make.company(theirs.name, postal_code=theirs.address.postcode)
    response = client.post(URL, given(theirs, {"code": "411A"}))
    assert "of this name at this postcode" in text(response)
    assert Company.objects.count() == 1
    client.post(URL, given(theirs, {"code": "411A"}, another="1"))
    assert Company.objects.count() == 2


def test_accounts_are_added_to_no_company_but_the_twin(client: Client, theirs: Any) -> None:
    stranger = make.company("Stranger")
    make.company("Ours", registration_number=theirs.number)
    client.post(URL, given(theirs, {"code": "411A"}, into=str(stranger.pk)))
    assert not Account.objects.exists()


def test_an_identifier_that_creditsafe_does_not_know_leads_back(client: Client, box: Sandbox) -> None:
    response = client.get(URL, {"choose": "FR-X-00000000000000"}, follow=True)
    assert response.redirect_chain[-1][0] == URL
    assert "search again" in text(response)


def test_a_criterion_that_nobody_knows_is_shown_under_its_own_name(client: Client) -> None:
    rules = parse_criteria({"criteriaSets": [{"fileNo": {"required": True, "minLength": 3, "maxLength": 3}}]})
    form = CriteriaForm(rules=rules, country="XX")
    assert form.fields["fileNo"].label == "fileNo"
    assert "3 characters." in form.fields["fileNo"].help_text


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param({"CriteriaSets": [{"name": {}}]}, {"name": False}, id="capitals and no rules"),
        pytest.param({"criteriaSets": [{"regNo": {"optional": False}}]}, {"regNo": True}, id="optional instead"),
        pytest.param({"criteriaSets": [{"phoneNumber": {"required": "true"}}]}, {"phoneNo": True}, id="other spelling"),
        pytest.param(
            {"criteriaSets": [{"address": {"simpleValue": {"required": False}, "city": {"required": True}}}]},
            {"address": False, "city": True},
            id="an address of parts",
        ),
        pytest.param({"criteriaSets": [{}, "x", None]}, {}, id="nothing of use"),
        pytest.param([], {}, id="no object"),
    ],
)
def test_the_criteria_are_read_in_every_form_seen(body: object, names: dict[str, bool]) -> None:
    assert {one.name: one.required for one in parse_criteria(body).criteria} == names


def test_a_forgotten_cache_is_no_error(client: Client, box: Sandbox, theirs: Any) -> None:
    client.get(URL, {"choose": theirs.connect_id})
    cache.clear()
    assert client.post(URL, given(theirs, {"code": "411A"})).status_code == 302

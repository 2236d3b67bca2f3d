"""The link pages, over HTTP against the sandbox: queue, candidates with reasons, field by field."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from companies.choices import LinkState, OrderReason
from companies.creditsafe.sandbox import Sandbox
from companies.models import Company, Connection, Profile, ReportOrder
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def box(settings: Any) -> Iterator[Sandbox]:
    settings.DEMO = True
    with Sandbox(companies=80, seed=5) as box:
        Connection(base_url=box.url, username="demo", password="sandbox").save()
        yield box


@pytest.fixture
def client(analyst: User, client_as: Callable[[User], Client]) -> Client:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def theirs(box: Sandbox) -> Any:
    """A French company of the directory."""
    return next(company for company in box.directory if company.country == "FR" and company.active)


@pytest.fixture
def ours(theirs: Any) -> Company:
    """The same one in our books, with another street and no VAT number."""
    company = make.company(
        theirs.name,
        registration_number=theirs.number,
        street="1 rue Inconnue",
        link_state=LinkState.REVIEW,
        link_note="Several candidates",
    )
    make.account(company)
    return company


def text(response: Any) -> str:
    return str(response.content.decode())


def compare_url(ours: Company, theirs: Any) -> str:
    return reverse("link_compare", args=[ours.pk, theirs.connect_id])


def test_the_queue_counts_each_state_and_leaves_out_what_is_linked(client: Client) -> None:
    make.company("Alpha", link_state=LinkState.REVIEW)
    make.company("Béta", link_state=LinkState.ABSENT)
    make.company("Gamma", link_state=LinkState.LINKED)
    response = client.get(reverse("link"))
    assert {tab.state: tab.companies for tab in response.context["tabs"]} == {
        "review": 1,
        "absent": 1,
        "queued": 0,
        "unlinked": 0,
    }
    assert [company.name for company in response.context["page"]] == ["Alpha", "Béta"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param({"state": "review"}, ["Alpha"], id="by state"),
        pytest.param({"q": "beta"}, ["Béta"], id="by name"),
        pytest.param({"q": "552100554"}, ["Béta"], id="by SIREN"),
        pytest.param({"q": "411ZED"}, ["Alpha"], id="by account"),
        pytest.param({"q": "rien"}, [], id="nothing"),
        pytest.param({"state": "nonsense"}, ["Alpha", "Béta"], id="a state that is none"),
    ],
)
def test_the_queue_is_narrowed(client: Client, query: dict[str, str], names: list[str]) -> None:
    make.account(make.company("Alpha", link_state=LinkState.REVIEW), code="411ZED")
    make.company("Béta", registration_number="552100554", link_state=LinkState.ABSENT)
    response = client.get(reverse("link"), query)
    assert [company.name for company in response.context["page"]] == names


@pytest.mark.parametrize("companies", [1, 50])
def test_the_queue_asks_as_many_questions_for_50_companies_as_for_one(
    client: Client, companies: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(companies):
        make.account(make.company(f"Alpha {number}"))
    with django_assert_max_num_queries(17):
        assert len(client.get(reverse("link")).context["page"]) == companies


def test_candidates_come_with_their_reasons_in_words(client: Client, ours: Company, theirs: Any) -> None:
    page = text(client.get(reverse("link_candidates", args=[ours.pk])))
    assert compare_url(ours, theirs) in page
    assert f"same SIREN {theirs.number}" in page
    assert "names alike at 100 %" in page


def test_without_javascript_the_page_asks_when_told_to(
    client: Client, box: Sandbox, ours: Company, theirs: Any
) -> None:
    waiting = text(client.get(reverse("link_company", args=[ours.pk]), follow=True))
    assert not [call for call in box.requests if call[1].startswith("/companies")]
    assert reverse("link_candidates", args=[ours.pk]) in waiting
    assert compare_url(ours, theirs) in text(
        client.get(reverse("link_company", args=[ours.pk]), {"search": "1"}, follow=True)
    )


def test_a_search_by_hand_finds_another_company(client: Client, box: Sandbox, ours: Company, theirs: Any) -> None:
    other = next(company for company in box.directory if company.country == "FR" and company.number != theirs.number)
    query = {"search": "1", "s-registration_number": other.number, "s-country": "FR"}
    page = text(client.get(reverse("link_candidates", args=[ours.pk]), query))
    assert compare_url(ours, other) in page
    assert f"another SIREN: {other.number}" in page


def test_a_search_for_nothing_says_what_to_give(client: Client, ours: Company) -> None:
    page = text(
        client.get(reverse("link_candidates", args=[ours.pk]), {"search": "1", "s-name": "", "s-country": "FR"})
    )
    assert "Give a name, a registration number or a VAT number." in page


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("down", "Creditsafe does not answer", id="away"),
        pytest.param("500", "Creditsafe does not answer", id="broken"),
        pytest.param("429", "slow down", id="too many calls"),
        pytest.param("403-country=FR", "does not cover this country", id="country refused"),
    ],
)
def test_when_creditsafe_refuses_the_page_says_why_and_stays(
    client: Client, box: Sandbox, ours: Company, theirs: Any, fault: str, said: str
) -> None:
    url = reverse("link_review_company", args=[ours.pk])
    box.faults.add(fault)
    response = client.get(url, {"search": "1"})
    assert response.status_code == 200
    assert said in text(response)
    if fault == "down":
        response = client.get(compare_url(ours, theirs), follow=True)
        assert response.redirect_chain[-1][0] == url
        assert said in text(response)


def test_a_wrong_password_stops_all_calls_after_one(client: Client, box: Sandbox, ours: Company) -> None:
    Connection(base_url=box.url, username="demo", password="wrong").save()
    url = reverse("link_candidates", args=[ours.pk])
    assert "refused our user name or password" in text(client.get(url))
    before = len(box.requests)
    assert "stopped until an administrator" in text(client.get(url))
    assert len(box.requests) == before


def test_the_comparison_shows_both_sides_of_each_field(client: Client, ours: Company, theirs: Any) -> None:
    response = client.get(compare_url(ours, theirs))
    pairs = {pair.field: pair for pair in response.context["pairs"]}
    assert pairs["registration_number"].same
    assert pairs["street"].ours == "1 rue Inconnue"
    assert pairs["street"].theirs not in {"", "1 rue Inconnue"}
    assert pairs["vat_number"].fills
    assert "which Creditsafe bills" in text(response)


def test_linking_takes_what_is_ticked_fills_gaps_and_orders_the_report(
    client: Client, analyst: User, ours: Company, theirs: Any
) -> None:
    response = client.post(compare_url(ours, theirs), {"take": ["city"]})
    ours.refresh_from_db()
    profile, order = Profile.objects.get(), ReportOrder.objects.get()
    assert response["Location"] == ours.get_absolute_url()
    assert ours.link_state == LinkState.LINKED
    assert ours.street == "1 rue Inconnue"
    assert ours.vat_number == theirs.vat
    assert (profile.connect_id, profile.linked_by) == (theirs.connect_id, analyst)
    assert profile.evidence
    assert (order.reason, order.requested_by) == (OrderReason.LINKED, analyst)
    assert ours.history.first().history_user == analyst


def test_a_ticked_field_replaces_ours(client: Client, ours: Company, theirs: Any) -> None:
    client.post(compare_url(ours, theirs), {"take": ["street"]})
    ours.refresh_from_db()
    assert ours.street != "1 rue Inconnue"


def test_link_then_next_goes_on_with_the_next_to_review(client: Client, ours: Company, theirs: Any) -> None:
    other = make.company("Zed", link_state=LinkState.REVIEW)
    response = client.post(compare_url(ours, theirs), {"next": "1"})
    assert response["Location"] == reverse("link_review_company", args=[other.pk])
    assert Profile.objects.count() == 1


def test_a_profile_that_another_company_holds_is_shown_and_refused(client: Client, ours: Company, theirs: Any) -> None:
    holder = make.company("Holder")
    make.profile(holder, connect_id=theirs.connect_id)
    assert "Linked already to Holder" in text(client.get(reverse("link_candidates", args=[ours.pk])))
    assert "linked to another of our companies: Holder" in text(client.get(compare_url(ours, theirs)))
    response = client.post(compare_url(ours, theirs))
    assert response.status_code == 200
    ours.refresh_from_db()
    assert ours.link_state == LinkState.REVIEW


def test_an_identifier_that_creditsafe_no_longer_knows_leads_back(client: Client, ours: Company) -> None:
    response = client.get(reverse("link_compare", args=[ours.pk, "FR-X-00000000000000"]), follow=True)
    assert response.redirect_chain[-1][0] == reverse("link_review_company", args=[ours.pk])
    assert "search again" in text(response)


def test_the_name_of_a_company_is_never_markup(client: Client, box: Sandbox) -> None:
    company = make.company("<script>alert(1)</script>", link_state=LinkState.REVIEW)
    for url in (reverse("link"), reverse("link_review_company", args=[company.pk])):
        assert "<script>alert" not in text(client.get(url))


def test_a_linked_company_may_get_another_profile(client: Client, ours: Company, theirs: Any) -> None:
    make.profile(ours)
    page = text(client.get(reverse("link_company", args=[ours.pk]), {"search": "1"}))
    assert "replaces the link" in page
    client.post(compare_url(ours, theirs))
    assert Profile.objects.get().connect_id == theirs.connect_id


def test_a_halted_connection_is_said_in_words(client: Client, box: Sandbox, ours: Company) -> None:
    Connection.halt(timezone.now(), "password refused")
    cache.clear()
    assert "password refused" in text(client.get(reverse("link_candidates", args=[ours.pk])))

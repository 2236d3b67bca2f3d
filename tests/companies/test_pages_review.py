"""The review: one company beside its candidates, decided by one POST, undone by another; and who may do it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from companies.choices import ChangeCause, LinkState, OrderReason, OrderState, ReviewState, Role
from companies.models import Candidate, Change, Company, Connection, Profile, ReportOrder, ReviewDecision
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(analyst: User, client_as: Callable[[User], Client]) -> Client:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return client


def candidate(company: Company, rank: int = 1, score: int = 90, **values: Any) -> Candidate:
    values = {
        "connect_id": f"FR-X-{company.pk:09d}{rank:05d}",
        "name": company.name,
        "country": "FR",
        "evidence": "name:94 · other_postcode:75002 · same_street:12 RUE DU PONT",
        "registration_number": "",
        "postal_code": "75002",
        "status": "active",
        "found_at": timezone.now(),
    } | values
    return Candidate.objects.create(company=company, rank=rank, score=score, **values)


def waiting(name: str = "Forges du Nord", owes: str = "", **values: Any) -> Company:
    """A company under review with a stored candidate."""
    company = make.company(name, link_state=LinkState.REVIEW, link_note="Not sure enough", **values)
    account = make.account(company)
    if owes:
        make.item(account, owes)
    candidate(company)
    return company


def text(response: Any) -> str:
    return str(response.content.decode())


def review_url(company: Company) -> str:
    return reverse("link_review_company", args=[company.pk])


def accept(client: Client, company: Company, query: str = "", rank: int = 1) -> Any:
    chosen = company.candidates.get(rank=rank).connect_id
    return client.post(reverse("link_accept", args=[company.pk]) + query, {"connect_id": chosen})


def reject(client: Client, company: Company, **given: str) -> Any:
    return client.post(reverse("link_reject", args=[company.pk]), {"note": "Private person"} | given)


def test_the_review_begins_with_the_largest_exposure(client: Client) -> None:
    waiting("Small", "100")
    large = waiting("Large", "90000")
    assert client.get(reverse("link_review"))["Location"] == review_url(large)


def test_a_debt_to_a_supplier_is_no_exposure(client: Client) -> None:
    owed = waiting("Client", "100")
    owing = waiting("Supplier")
    make.item(make.account(owing, Role.SUPPLIER), "90000")
    assert client.get(reverse("link_review"))["Location"] == review_url(owed)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        pytest.param({"sort": "score"}, "Best", id="by score"),
        pytest.param({"country": "DE"}, "German", id="by country"),
        pytest.param({"role": "supplier"}, "Supplier", id="by role"),
        pytest.param({"q": "germ"}, "German", id="by name"),
        pytest.param({"least": "96"}, "Best", id="score at least"),
        pytest.param({"most": "50"}, "Supplier", id="score at most"),
        pytest.param({"state": "absent"}, "Absent", id="by state"),
        pytest.param({"state": "nonsense", "least": "x"}, "Rich", id="nonsense is left out"),
    ],
)
def test_the_queue_of_the_review_is_narrowed_and_sorted(client: Client, query: dict[str, str], name: str) -> None:
    waiting("Rich", "5000")
    Candidate.objects.filter(company=waiting("Best")).update(score=97)
    waiting("German", country="DE")
    supplier = waiting("Supplier")
    make.account(supplier, Role.SUPPLIER)
    Candidate.objects.filter(company=supplier).update(score=50)
    make.company("Absent", link_state=LinkState.ABSENT)
    response = client.get(reverse("link_review"), query, follow=True)
    assert response.context["company"].name == name


def test_a_stored_candidate_is_shown_with_its_reasons_and_differences_without_any_call(client: Client) -> None:
    company = waiting(postal_code="75001", registration_number="552100554")
    response = client.get(review_url(company))
    (offer,) = response.context["offers"]
    marks = {row.field: row.mark for row in offer.rows}
    assert marks["name"] == "same"
    assert marks["postal_code"] == "other"
    assert marks["registration_number"] == "missing"
    assert "names alike at 94 %" in text(response)
    assert "same street" in text(response)


def test_the_words_that_differ_are_marked(client: Client) -> None:
    company = waiting("Forges du Nord")
    Candidate.objects.update(name="FORGES DU SUD")
    assert "<mark>SUD</mark>" in text(client.get(review_url(company)))


def test_our_identifiers_show_whether_they_are_valid(client: Client) -> None:
    page = client.get(review_url(waiting(registration_number="552100555", vat_number="FR77489724245")))
    own = {row.field: row for row in page.context["own"]}
    assert own["registration_number"].is_valid is False
    assert own["registration_number"].hint == "wrong check digit"
    assert own["vat_number"].is_valid is True
    assert own["street"].is_valid is None


def test_a_ceased_candidate_and_one_held_by_another_company_are_flagged_and_not_preselected(client: Client) -> None:
    company = waiting()
    holder = make.company("Holder")
    make.profile(holder, connect_id=company.candidates.get().connect_id)
    candidate(company, 2, 70, status="non_active")
    response = client.get(review_url(company))
    held, ceased = response.context["offers"]
    assert held.taken == holder
    assert ceased.is_closed
    assert response.context["first_free"] == ceased
    assert "Linked already to Holder" in text(response)


def test_old_candidates_say_so_and_offer_a_new_search(client: Client) -> None:
    company = waiting()
    assert "more than 90 days ago" not in text(client.get(review_url(company)))
    Candidate.objects.update(found_at=timezone.now() - timedelta(days=91))
    assert "more than 90 days ago" in text(client.get(review_url(company)))


def test_without_stored_candidates_they_are_asked_for_as_a_part(client: Client) -> None:
    company = make.company(link_state=LinkState.ABSENT)
    assert reverse("link_candidates", args=[company.pk]) in text(client.get(review_url(company)))


def test_accepting_links_orders_the_report_and_goes_to_the_next(client: Client, analyst: User) -> None:
    first, second = waiting("First", "500"), waiting("Second", "100")
    response = accept(client, first, "?sort=exposure")
    profile, order, decision = Profile.objects.get(), ReportOrder.objects.get(), ReviewDecision.objects.get()
    assert response["Location"] == f"{review_url(second)}?sort=exposure"
    assert profile.company == first
    assert profile.linked_by == analyst
    assert profile.evidence
    assert (order.reason, order.requested_by) == (OrderReason.LINKED, analyst)
    assert (decision.state, decision.decided_by, decision.name) == (ReviewState.LINKED, analyst, "First")


def test_the_progress_counts_todays_decisions_and_what_is_left(client: Client) -> None:
    first, second, third = waiting("A", "3"), waiting("B", "2"), waiting("C", "1")
    accept(client, first)
    reject(client, second)
    page = client.get(review_url(third))
    assert (page.context["progress"].reviewed, page.context["progress"].left) == (2, 1)
    assert "<strong>2</strong> of 3 reviewed today, <strong>1</strong> left" in text(page)


def test_yesterdays_decisions_are_not_counted_today(client: Client) -> None:
    accept(client, waiting("A", "3"))
    ReviewDecision.objects.update(decided_at=timezone.now() - timedelta(days=1, hours=1))
    page = client.get(review_url(waiting("B")))
    assert page.context["progress"].reviewed == 0
    assert page.context["last"] is None


def test_after_the_last_one_skipped_the_review_begins_again(client: Client) -> None:
    first, last = waiting("A", "3"), waiting("B", "1")
    page = client.get(review_url(last))
    assert (page.context["following"], page.context["previous"]) == (first.pk, first.pk)
    page = client.get(review_url(first))
    assert (page.context["following"], page.context["previous"]) == (last.pk, None)


def test_companies_of_equal_exposure_are_each_met_once(client: Client) -> None:
    companies = [waiting(name) for name in ("A", "B", "C")]
    met = [client.get(reverse("link_review"), follow=True).context["company"].pk]
    while len(met) < 3:
        met.append(client.get(reverse("link_review_company", args=[met[-1]])).context["following"])
    assert sorted(met) == sorted(company.pk for company in companies)


def test_when_nothing_is_left_it_says_so(client: Client) -> None:
    response = client.post(
        reverse("link_accept", args=[(only := waiting()).pk]),
        {"connect_id": only.candidates.get().connect_id},
        follow=True,
    )
    assert response.redirect_chain[-1][0] == reverse("link_review")
    assert "Nothing is left to review here" in text(response)
    assert reverse("link_undo") in text(response)


def test_a_profile_linked_elsewhere_meanwhile_is_refused_and_nothing_is_lost(client: Client) -> None:
    company = waiting()
    make.profile(make.company("Holder"), connect_id=company.candidates.get().connect_id)
    response = accept(client, company)
    company.refresh_from_db()
    assert response["Location"] == review_url(company)
    assert "Holder is linked to this profile already." in text(client.get(review_url(company)))
    assert company.link_state == LinkState.REVIEW
    assert company.candidates.count() == 1
    assert not ReviewDecision.objects.exists()


def test_a_company_that_somebody_else_linked_meanwhile_stays_as_it_is(client: Client) -> None:
    company = waiting()
    make.profile(company, connect_id="FR-X-other")
    response = accept(client, company)
    assert Profile.objects.get().connect_id == "FR-X-other"
    page = text(client.get(response["Location"], follow=True))
    assert "was linked meanwhile" in page


def test_accepting_nothing_asks_to_choose(client: Client) -> None:
    company = waiting()
    response = client.post(reverse("link_accept", args=[company.pk]), {}, follow=True)
    assert "Choose a candidate first." in text(response)


def test_an_unknown_candidate_without_a_connection_links_nothing(client: Client) -> None:
    company = waiting()
    client.post(reverse("link_accept", args=[company.pk]), {"connect_id": "FR-X-0"})
    assert not Profile.objects.exists()


def test_an_old_candidate_is_asked_for_again_before_it_is_linked(client: Client) -> None:
    company = waiting()
    Candidate.objects.update(found_at=timezone.now() - timedelta(days=91))
    Connection.halt(timezone.now(), "password refused")
    response = accept(client, company)
    assert "password refused" in text(client.get(response["Location"]))
    assert not Profile.objects.exists()


def test_leaving_keeps_the_reason_and_goes_to_the_next(client: Client) -> None:
    first, second = waiting("First", "500"), waiting("Second")
    response = reject(client, first)
    first.refresh_from_db()
    assert response["Location"] == review_url(second)
    assert (first.link_state, first.link_note) == (LinkState.UNLINKED, "Private person")
    assert Change.objects.get().cause == ChangeCause.LINK


def test_a_typed_reason_wins_over_the_one_chosen(client: Client) -> None:
    company = waiting()
    reject(client, company, other=" In liquidation ")
    company.refresh_from_db()
    assert company.link_note == "In liquidation"


def test_leaving_without_a_reason_changes_nothing(client: Client) -> None:
    company = waiting()
    response = reject(client, company, note=" ")
    company.refresh_from_db()
    assert company.link_state == LinkState.REVIEW
    assert "Say why" in text(client.get(response["Location"]))


def test_a_linked_company_cannot_be_left_unlinked(client: Client) -> None:
    company = waiting()
    make.profile(company)
    reject(client, company)
    company.refresh_from_db()
    assert company.link_state == LinkState.LINKED


def test_undoing_a_link_gives_everything_back(client: Client) -> None:
    company = waiting(city="")
    Candidate.objects.update(city="PARIS", registration_number="55210055400013")
    accept(client, company)
    company.refresh_from_db()
    assert (company.city, company.registration_number) == ("PARIS", "552100554")
    response = client.post(reverse("link_undo"))
    company.refresh_from_db()
    assert response["Location"] == review_url(company)
    assert (company.link_state, company.city, company.registration_number) == (LinkState.REVIEW, "", "")
    assert not Profile.objects.exists()
    assert ReportOrder.objects.get().state == OrderState.DROPPED
    assert company.candidates.count() == 1
    assert ReviewDecision.objects.get().state == ReviewState.UNDONE


def test_an_undo_leaves_what_a_user_typed_since(client: Client) -> None:
    company = waiting(city="")
    Candidate.objects.update(city="PARIS")
    accept(client, company)
    company.refresh_from_db()
    company.street = "4 quai Neuf"
    company.save()
    client.post(reverse("link_undo"))
    company.refresh_from_db()
    assert (company.street, company.city) == ("4 quai Neuf", "")


def test_undoing_takes_back_a_leaving_and_only_ones_own(client: Client, manager: User, client_as: Any) -> None:
    company = waiting()
    reject(client, company)
    client_as(manager).post(reverse("link_undo"))
    company.refresh_from_db()
    assert company.link_state == LinkState.UNLINKED
    client.post(reverse("link_undo"))
    company.refresh_from_db()
    assert (company.link_state, company.link_note) == (LinkState.REVIEW, "Not sure enough")


def test_each_undo_goes_one_decision_further_back(client: Client) -> None:
    first, second = waiting("First", "500"), waiting("Second")
    accept(client, first)
    reject(client, second)
    client.post(reverse("link_undo"))
    client.post(reverse("link_undo"))
    assert set(Company.objects.values_list("link_state", flat=True)) == {LinkState.REVIEW}


def test_an_undo_does_not_touch_a_company_that_went_on(client: Client) -> None:
    company = waiting()
    accept(client, company)
    Profile.objects.update(connect_id="FR-X-another")
    response = client.post(reverse("link_undo"), follow=True)
    assert Profile.objects.get().connect_id == "FR-X-another"
    assert "was changed since" in text(response)


def test_a_name_is_never_markup(client: Client) -> None:
    company = waiting("<script>alert(1)</script>")
    Candidate.objects.update(name="<script>alert(2)</script> x", street="<script>alert(3)")
    assert "<script>alert" not in text(client.get(review_url(company)))


@pytest.mark.parametrize("companies", [1, 40])
def test_the_review_asks_as_many_questions_for_40_companies_as_for_one(
    client: Client, companies: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(companies):
        company = waiting(f"Alpha {number}", "100")
        for rank in (2, 3, 4):
            candidate(company, rank, 60)
    client.get(review_url(company))
    with django_assert_max_num_queries(28):
        client.get(review_url(company))


POSTS = ("link_accept", "link_reject", "link_undo", "link_sure_accept")
GETS = ("link", "link_create", "link_company", "link_review", "link_review_company", "link_candidates", "link_sure")


def address(name: str) -> str:
    pk = waiting().pk
    return reverse(
        name,
        args=[]
        if name in {"link", "link_create", "link_review", "link_undo", "link_sure", "link_sure_accept"}
        else [pk],
    )


@pytest.mark.parametrize("name", [*GETS, *POSTS])
def test_a_reader_may_not_link(name: str, auditor: User, client_as: Callable[[User], Client]) -> None:
    client, url = client_as(auditor), address(name)
    assert (client.post(url) if name in POSTS else client.get(url)).status_code == 403


@pytest.mark.parametrize("name", [*GETS, *POSTS])
def test_nobody_gets_in_without_a_name(name: str) -> None:
    url = address(name)
    response = Client().post(url) if name in POSTS else Client().get(url)
    assert response["Location"].startswith("/login")


@pytest.mark.parametrize("name", POSTS)
def test_looking_decides_nothing(name: str, client: Client) -> None:
    assert client.get(address(name)).status_code == 405

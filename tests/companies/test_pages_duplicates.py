"""The pages of duplicates, merges and ended links: who may, what they show, what they do."""

from typing import Any

import pytest
from django.urls import reverse

from companies.choices import JobKind, LinkState, PairState
from companies.models import Company, DuplicatePair, FormerProfile, Job, Merge, Profile
from companies.services.duplicates import look
from companies.services.merge import merge, preview
from companies.services.planning import quiet
from tests import make
from tests.companies.merging import codes, linked

pytestmark = pytest.mark.django_db
LILLE = {"postal_code": "59000", "city": "Lille", "street": "12 rue des Forges"}
ROLES = ["analyst", "manager", "administrator", "auditor", "anonymous"]
MAY = {"analyst", "manager", "administrator"}


@pytest.fixture
def pair() -> DuplicatePair:
    for name in ("Forges du Nord SAS", "FORGES DU NORD"):
        make.account(make.company(name, **LILLE))
    look(quiet, now=make.NOW)
    return DuplicatePair.objects.get()


@pytest.fixture
def role(request: Any) -> Any:
    return request.param, request.getfixturevalue(request.param)


def text(response: Any) -> str:
    return str(response.content.decode())


def merging(client: Any, stays: Company, goes: Company, **values: str) -> Any:
    data = {"stays": str(stays.pk), "seen": preview(stays, goes).seen} | values
    return client.post(reverse("merge_preview", args=[stays.pk, goes.pk]), data)


@pytest.mark.parametrize("role", ROLES, indirect=True)
def test_everyone_who_signed_in_sees_the_list_and_who_may_link_decides(role: Any, client_as: Any, pair: Any) -> None:
    name, user = role
    client, urls = client_as(user), [reverse("duplicates")]
    acts = [reverse("duplicates_look"), reverse("duplicate_dismiss", args=[pair.pk])]
    acts += [reverse("duplicate_reopen", args=[pair.pk]), reverse("merge_undo", args=[0])]
    looks = [reverse("merge_preview", args=[pair.a_id, pair.b_id]), reverse("unlink", args=[pair.a_id])]
    if name == "anonymous":
        assert {client.get(url).status_code for url in [*urls, *looks]} == {302}
        assert {client.post(url).url.split("?")[0] for url in acts} == {reverse("login")}
        return
    page = client.get(urls[0])
    assert page.status_code == 200
    assert ("Compare and merge" in text(page)) is (name in MAY)
    assert (403 in {client.get(url).status_code for url in looks}) is (name not in MAY)
    assert [client.post(url).status_code == 403 for url in acts] == [name not in MAY] * 4


def test_the_list_tells_the_evidence_in_words(client_as: Any, analyst: Any, pair: DuplicatePair) -> None:
    page = text(client_as(analyst).get(reverse("duplicates")))
    assert "names alike at 100 %" in page
    assert "same postcode 59000" in page


def test_dismissing_moves_a_pair_to_its_tab_and_back(client_as: Any, analyst: Any, pair: DuplicatePair) -> None:
    client = client_as(analyst)
    client.post(reverse("duplicate_dismiss", args=[pair.pk]))
    assert "No duplicates" in text(client.get(reverse("duplicates")))
    assert "Forges du Nord SAS" in text(client.get(reverse("duplicates"), {"state": "dismissed"}))
    client.post(reverse("duplicate_reopen", args=[pair.pk]))
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (PairState.OPEN, None)


@pytest.mark.parametrize("query", ["state=nonsense", "page=99999", "page=x", "q=%00%FF", "q=forges", "state=merged"])
def test_the_list_bears_any_address(client_as: Any, auditor: Any, pair: DuplicatePair, query: str) -> None:
    assert client_as(auditor).get(f"{reverse('duplicates')}?{query}").status_code == 200


def test_looking_again_makes_one_job(client_as: Any, analyst: Any, published: Any) -> None:
    for _ in range(2):
        client_as(analyst).post(reverse("duplicates_look"))
    assert Job.objects.filter(kind=JobKind.DUPLICATES).count() == 1


def test_the_list_costs_as_many_queries_for_many(
    client_as: Any, analyst: Any, pair: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        make.account(make.company(f"Boulangerie {'abcdefghij'[number % 10] * 9}", postal_code=f"750{number % 10:02d}"))
    look(quiet, now=make.NOW)
    assert DuplicatePair.objects.count() > 25
    client = client_as(analyst)
    with django_assert_max_num_queries(16):
        client.get(reverse("duplicates"))


def test_a_merge_takes_the_chosen_fields_and_leads_to_what_moved(client_as: Any, analyst: Any) -> None:
    a, b = make.company("Forges", registration_number="732829320"), make.company("Forges du Nord", phone="0102")
    make.account(b, code="411B")
    answer = merging(client_as(analyst), a, b, phone="theirs", name="ours")
    made = Merge.objects.get()
    assert answer.url == made.get_absolute_url()
    a.refresh_from_db()
    assert (a.name, a.phone, made.by) == ("Forges", "0102", analyst)
    assert codes(a) == {"411B"}
    page = text(client_as(analyst).get(answer.url))
    assert "0102" in page
    assert "Undo the merge" in page


def test_a_merge_that_was_not_looked_at_is_refused(client_as: Any, analyst: Any) -> None:
    a, b = make.company("A"), make.company("B")
    page = merging(client_as(analyst), a, b, seen="")
    assert "changed meanwhile" in text(page)
    assert not Merge.objects.exists()


def test_the_preview_says_why_it_cannot_be_this_way_round(client_as: Any, analyst: Any) -> None:
    a, b = make.company("A"), make.company("B")
    linked(b)
    url = reverse("merge_preview", args=[a.pk, b.pk])
    assert "disabled" not in text(client_as(analyst).get(url)).split("merge-foot")[1][:200]
    page = text(client_as(analyst).get(url, {"stays": a.pk}))
    assert "it is the one that stays" in page


@pytest.mark.parametrize("pks", [(0, 1), (7, 7), (10**15, 3)])
def test_what_are_not_two_companies_is_not_found(client_as: Any, analyst: Any, pks: tuple[int, int]) -> None:
    assert client_as(analyst).get(reverse("merge_preview", args=pks)).status_code == 404


def test_undoing_says_what_happened(client_as: Any, analyst: Any) -> None:
    a, b = make.company("A"), make.company("B")
    made = merge(a.pk, b.pk, user_id=None, now=make.NOW)
    make.account(a, code="411NEW")
    answer = client_as(analyst).post(reverse("merge_undo", args=[made.pk]), follow=True)
    assert "B is a company of its own again" in text(answer)
    assert "411NEW" in text(answer)


def test_undoing_that_is_refused_says_why(client_as: Any, analyst: Any) -> None:
    a, b, c = make.company("A"), make.company("B"), make.company("C")
    first = merge(b.pk, c.pk, user_id=None, now=make.NOW)
    merge(a.pk, b.pk, user_id=None, now=make.NOW)
    page = text(client_as(analyst).post(reverse("merge_undo", args=[first.pk]), follow=True))
    assert "undo that merge first" in page


def test_the_page_of_a_company_that_was_merged_leads_to_the_other(client_as: Any, analyst: Any) -> None:
    a, b = make.company("Survivor"), make.company("Loser")
    linked(a)
    linked(b)
    merge(a.pk, b.pk, user_id=None, now=make.NOW)
    page = text(client_as(analyst).get(reverse("company", args=[b.pk])))
    assert "was merged into Survivor" in page
    assert "Link to Creditsafe" not in page
    assert client_as(analyst).get(reverse("link_company", args=[b.pk])).status_code == 404


def test_a_link_is_not_ended_without_a_reason(client_as: Any, analyst: Any) -> None:
    company = make.company()
    linked(company)
    answer = client_as(analyst).post(reverse("unlink", args=[company.pk]), {"state": "unlinked", "reason": " "})
    assert answer.status_code == 200
    assert Profile.objects.exists()


@pytest.mark.parametrize(
    ("state", "leads_to"), [("unlinked", "company"), ("queued", "company"), ("review", "link_company")]
)
def test_an_ended_link_leads_on(client_as: Any, analyst: Any, state: str, leads_to: str) -> None:
    company = make.company()
    linked(company)
    answer = client_as(analyst).post(reverse("unlink", args=[company.pk]), {"state": state, "reason": "A homonym"})
    assert answer.url == reverse(leads_to, args=[company.pk])
    company.refresh_from_db()
    assert company.link_state == LinkState(state)


def test_a_former_profile_is_on_the_history_tab_with_its_own_chart(client_as: Any, analyst: Any) -> None:
    company = make.company()
    profile = linked(company, score=77)
    client = client_as(analyst)
    client.post(reverse("unlink", args=[company.pk]), {"state": "unlinked", "reason": "A homonym"})
    page = text(client.get(reverse("company_history", args=[company.pk])))
    assert "No score and no limit are known yet" in page
    former = f"{reverse('company_history', args=[company.pk])}?report={profile.report_id}"
    assert former in page
    assert "A homonym" in page
    assert "No score and no limit are known yet" not in text(client.get(former))
    assert FormerProfile.objects.get().ended_by == analyst


def test_reports_of_a_former_profile_are_marked(client_as: Any, analyst: Any) -> None:
    company = make.company()
    linked(company)
    client = client_as(analyst)
    url = reverse("company_reports", args=[company.pk])
    assert "former profile" not in text(client.get(url))
    client.post(reverse("unlink", args=[company.pk]), {"state": "unlinked", "reason": "A homonym"})
    assert "former profile" in text(client.get(url))

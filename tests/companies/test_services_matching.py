"""The link job against the sandbox: what it searches, links by itself, and keeps for the review."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone, translation

from companies.choices import CompanyStatus, LinkState
from companies.creditsafe import Client
from companies.creditsafe.payloads import Address, SearchHit
from companies.creditsafe.sandbox import Sandbox
from companies.models import Candidate, Company, Connection
from companies.rules.matching import Clue, Evidence, Match
from companies.services import matching
from companies.services.directory import SearchQuery, party_from
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def box(settings: Any) -> Iterator[Sandbox]:
    settings.DEMO = True
    with Sandbox(companies=160, seed=5) as box:
        Connection(base_url=box.url, username="demo", password="sandbox").save()
        yield box


def work() -> None:
    matching.work(lambda done, total: None, clock=timezone.now)


def french(box: Sandbox, place: int = 0) -> Any:
    """An active company of the directory whose name nobody else bears."""
    names = [one.registered_name for one in box.directory]
    return [
        one for one in box.directory if one.country == "FR" and one.active and names.count(one.registered_name) == 1
    ][place]


def ours(theirs: Any, **values: Any) -> Company:
    """The same company in our books, as it is registered but for `values`."""
    known = {
        "registration_number": theirs.number,
        "street": f"{theirs.address.number} {theirs.address.street}",
        "postal_code": theirs.address.postcode,
        "city": theirs.address.city,
    }
    return make.company(values.pop("name", theirs.name), **(known | values))


def searches(box: Sandbox) -> int:
    return sum(path == "/companies" for _method, path, _status in box.requests)


def clues(candidate: Candidate) -> set[str]:
    return {piece.partition(":")[0] for piece in candidate.evidence.split(" · ")}


def test_a_sound_number_under_the_same_name_costs_one_search(box: Sandbox) -> None:
    company = ours(french(box))
    work()
    company.refresh_from_db()
    assert (company.link_state, company.profile.connect_id) == (LinkState.LINKED, french(box).connect_id)
    assert searches(box) == 1


@pytest.mark.parametrize("known", ["siret", "vat_number"])
def test_a_twin_of_a_linked_company_is_reviewed_without_a_call(box: Sandbox, known: str) -> None:
    theirs = french(box)
    first = ours(theirs)
    work()
    before = len(box.requests)
    numbers = {"siret": theirs.office, "vat_number": theirs.vat}
    twin = ours(theirs, registration_number="", **{known: numbers[known]})
    work()
    twin.refresh_from_db()
    assert len(box.requests) == before
    assert twin.link_state == LinkState.REVIEW
    assert str(first) in twin.link_note
    (kept,) = twin.candidates.all()
    assert (kept.connect_id, kept.rank) == (theirs.connect_id, 1)
    assert Clue.SAME_NUMBER in clues(kept)


def test_a_twin_in_number_only_is_searched_for_its_own_name(box: Sandbox) -> None:
    first, theirs = ours(french(box)), french(box, 7)
    work()
    wrong = ours(theirs, registration_number="", siret=french(box).office)
    work()
    wrong.refresh_from_db()
    assert first.pk != wrong.pk
    assert wrong.link_state == LinkState.REVIEW
    assert [kept.connect_id for kept in wrong.candidates.all()][:1] == [theirs.connect_id]


def test_the_number_of_another_company_shows_both_ours_by_name_first(box: Sandbox) -> None:
    theirs, other = french(box), french(box, 7)
    company = ours(theirs, registration_number=other.number)
    work()
    company.refresh_from_db()
    kept = list(company.candidates.all())
    assert company.link_state == LinkState.REVIEW
    assert company.link_note == "The number says one company and the name another: choose one."
    assert kept[0].connect_id == theirs.connect_id
    assert Clue.OTHER_NUMBER in clues(kept[0])
    assert other.connect_id in {one.connect_id for one in kept}


def test_without_a_number_the_same_name_at_the_same_street_is_linked(box: Sandbox) -> None:
    company = ours(french(box), registration_number="")
    work()
    company.refresh_from_db()
    assert company.link_state == LinkState.LINKED
    assert company.registration_number == french(box).number


def test_at_the_address_of_a_branch_the_head_office_is_chosen_and_the_branch_noted(box: Sandbox) -> None:
    theirs = next(one for one in box.directory if one.branches and one.active)
    place = theirs.branches[0].address
    company = ours(theirs, registration_number="", street="", postal_code=place.postcode, city=place.city)
    work()
    best = company.candidates.get(rank=1)
    assert (best.connect_id, best.is_head_office) == (theirs.connect_id, True)
    assert f"branch:{place.postcode} {place.city}" in best.evidence
    assert {kept.connect_id for kept in company.candidates.all()} & {
        f"FR-X-{b.number}" for b in theirs.branches
    } == set()


def test_a_company_that_has_ceased_is_left_to_a_person(box: Sandbox) -> None:
    theirs = next(one for one in box.directory if not one.active and one.country == "FR")
    company = ours(theirs)
    work()
    company.refresh_from_db()
    best = company.candidates.get(rank=1)
    assert company.link_state == LinkState.REVIEW
    assert company.link_note == "The best candidate has ceased: is there a successor?"
    assert (best.connect_id, best.status) == (theirs.connect_id, CompanyStatus.NON_ACTIVE)
    assert Clue.CEASED in clues(best)


def test_who_bears_its_name_at_its_address_is_told_as_a_possible_successor(box: Sandbox) -> None:
    theirs = next(one for one in box.directory if not one.active and one.country == "FR")
    heir = french(box)
    heir.name, heir.address = theirs.name, theirs.address
    box._world.directory.index_name(heir)
    company = ours(theirs)
    work()
    second = company.candidates.get(connect_id=heir.connect_id)
    assert f"{Clue.SUCCESSOR}:{theirs.number}" in second.evidence


def test_without_a_number_who_goes_on_is_shown_before_who_has_ceased(box: Sandbox) -> None:
    theirs = next(one for one in box.directory if not one.active and one.country == "FR")
    heir = next(one for one in box.directory if one.country == "FR" and one.active and one.index > theirs.index)
    heir.name, heir.address = theirs.name, theirs.address
    box._world.directory.index_name(heir)
    company = ours(theirs, registration_number="")
    work()
    best, second = company.candidates.all()[:2]
    assert (best.connect_id, second.connect_id) == (heir.connect_id, theirs.connect_id)
    assert best.score == second.score


def test_a_slip_in_the_name_is_found_near_the_place(box: Sandbox) -> None:
    theirs = french(box)
    word = max(theirs.name.split(), key=len)
    name = theirs.name.replace(word, word[0] + word[2] + word[1] + word[3:])
    company = ours(theirs, name=name, registration_number="")
    work()
    assert company.candidates.get(rank=1).connect_id == theirs.connect_id


def test_five_candidates_are_kept_at_most_best_first(box: Sandbox) -> None:
    company = make.company(french(box).name.split()[0])
    for rank in range(1, 8):
        hits = [matching.Candidate(hit(n), match(90 - n)) for n in range(rank)]
        matching._leave(company, LinkState.REVIEW, "", kept=matching._kept(company, hits, make.NOW))
    kept = list(company.candidates.all())
    assert [one.rank for one in kept] == [1, 2, 3, 4, 5]
    assert [one.score for one in kept] == [90, 89, 88, 87, 86]


def test_candidates_are_gone_when_the_company_is_linked_by_itself(box: Sandbox) -> None:
    company = ours(french(box), name="Zanzibar Holding")
    work()
    company.refresh_from_db()
    assert company.candidates.exists()
    Company.objects.filter(pk=company.pk).update(name=french(box).name, link_state=LinkState.QUEUED)
    work()
    company.refresh_from_db()
    assert company.link_state == LinkState.LINKED
    assert not company.candidates.exists()


def test_absent_companies_keep_no_candidates(box: Sandbox) -> None:
    company = make.company("Introuvable et Fils", registration_number="552100554")
    work()
    company.refresh_from_db()
    assert company.link_state == LinkState.ABSENT
    assert not company.candidates.exists()


@pytest.mark.parametrize(
    ("values", "criteria"),
    [
        pytest.param({"registration_number": "000000000"}, [], id="zeros"),
        pytest.param({"registration_number": "489724246"}, [], id="wrong check digit"),
        pytest.param({"registration_number": "48972424500035"}, ["489724245"], id="SIRET: its SIREN"),
        pytest.param({"vat_number": "FR77489724245"}, ["489724245"], id="VAT number: its SIREN"),
        pytest.param(
            {"registration_number": "489724245", "vat_number": "FR77489724245"}, ["489724245"], id="one SIREN"
        ),
        pytest.param(
            {"registration_number": "489724245", "vat_number": "FR44732829320"}, ["489724245", "732829320"], id="two"
        ),
        pytest.param({"country": "GB", "registration_number": "00000000"}, [], id="British zeros"),
        pytest.param({"country": "DE", "registration_number": "HRB 12345"}, ["HRB 12345"], id="German"),
        pytest.param({"country": "RE", "registration_number": "489724245"}, ["489724245"], id="overseas"),
    ],
)
def test_only_sound_numbers_are_searched(values: dict[str, str], criteria: list[str]) -> None:
    assert [one["regNo"] for one in SearchQuery(**values).by_number()] == criteria


def test_names_are_searched_at_the_postcode_then_the_city_then_the_area_then_anywhere() -> None:
    query = SearchQuery(name="Sté Les Forges du Nord SARL", postal_code="59 000", city="Lille Cedex 9")
    assert list(query.by_name()) == [
        {"name": "FORGES NORD", "postCode": "59000"},
        {"name": "FORGES NORD", "city": "LILLE"},
        {"name": "FORGES NORD", "postCode": "59*"},
        {"name": "FORGES NORD", "officeType": "HeadOffice"},
    ]


@pytest.mark.parametrize(
    ("address", "street"),
    [
        pytest.param(Address(house_number="12", street="rue A"), "12 rue A", id="apart"),
        pytest.param(Address(street="rue A", text="12 bis rue A, 59000 Lille"), "12 bis rue A", id="on the line only"),
        pytest.param(Address(street="rue A", text="Bâtiment 3, rue A, 59000 Lille"), "rue A", id="no number"),
        pytest.param(Address(text="12 rue A, 59000 Lille"), "", id="no street"),
    ],
)
def test_the_house_number_is_read_from_the_address_line(address: Address, street: str) -> None:
    assert party_from(SearchHit(address=address)).street == street


def test_only_whole_clues_are_stored() -> None:
    found = Match(90, tuple(Evidence(Clue.SAME_CITY, "x" * 40) for _ in range(9)))
    stored = matching.evidence(found)
    assert len(stored) <= 255
    assert all(piece == f"same_city:{'x' * 40}" for piece in stored.split(" · "))


def hit(number: int) -> SearchHit:
    return SearchHit(connect_id=f"FR-X-{number:014d}", name="X", country="FR", office_type="HeadOffice")


def match(score: int) -> Match:
    return Match(score, (Evidence(Clue.NAME, "100"),))


def test_a_client_is_asked_in_france_for_a_company_overseas(box: Sandbox) -> None:
    theirs = french(box)
    company = Company(name=theirs.name, country="RE", registration_number=theirs.number)
    with Client(base_url=box.url, username="demo", password="sandbox") as client:
        assert matching.hunt(company, client=client)[0].hit.connect_id == theirs.connect_id

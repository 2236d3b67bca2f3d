"""Finding duplicates, and remembering what people said about them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from companies import tasks
from companies.choices import JobKind, JobState, LinkState, PairState
from companies.models import Candidate, Company, DuplicatePair, Job
from companies.services.duplicates import dismiss, look, reopen
from companies.services.merge import merge
from companies.services.planning import quiet
from tests import make

pytestmark = pytest.mark.django_db
LILLE = {"postal_code": "59000", "city": "Lille", "street": "12 rue des Forges"}


def found() -> int:
    return look(quiet, now=make.NOW)


def pair() -> tuple[Company, Company]:
    return make.company("Forges du Nord SAS", **LILLE), make.company("FORGES DU NORD", **LILLE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"registration_number": "732829320"}, {"vat_number": "FR44732829320"}),
        ({"registration_number": "732829320"}, {"siret": "73282932000074"}),
        ({"registration_number": "732829320"}, {"registration_number": "732829320", "country": "RE"}),
        ({"vat_number": "FR44732829320"}, {"vat_number": "FR 44 732 829 320"}),
    ],
    ids=["number and VAT", "number and SIRET", "territory", "spelling"],
)
def test_one_identifier_under_two_spellings_is_a_pair(one: dict[str, str], other: dict[str, str]) -> None:
    make.company("Forges", **one)
    make.company("Une autre enseigne", **other)
    assert found() == 1


def test_names_alike_in_one_town_are_a_pair_where_a_postcode_is_missing() -> None:
    make.company("Forges du Nord", city="Lille", street="12 rue des Forges")
    make.company("Forges du Nord SARL", **LILLE)
    assert found() == 1


def test_two_that_want_one_profile_are_a_pair() -> None:
    a, b = make.company("Forges", city="Lille"), make.company("Enseigne", city="Lens", link_state=LinkState.REVIEW)
    profile = make.profile(a)
    Candidate.objects.create(
        company=b, rank=1, connect_id=profile.connect_id, score=95, name="Forges", country="FR", found_at=make.NOW
    )
    assert found() == 1
    assert DuplicatePair.objects.get().evidence.startswith(f"same_profile:{profile.connect_id}")


def test_a_crowd_behind_one_number_is_a_default_and_no_pair() -> None:
    for number in range(13):
        make.company(f"Société {number}", vat_number="FR44732829320")
    assert found() == 0


def test_looking_twice_finds_the_same() -> None:
    pair()
    assert found() == found() == DuplicatePair.objects.count() == 1


def test_a_dismissed_pair_stays_away_until_its_facts_change(analyst: User) -> None:
    _a, b = pair()
    found()
    assert dismiss(DuplicatePair.objects.get().pk, user_id=analyst.pk, now=make.NOW)
    assert found() == 0
    b.phone = "0102030405"
    b.save()
    assert found() == 0
    b.siret = "73282932000074"
    b.save()
    assert found() == 1
    assert DuplicatePair.objects.get().decided_by is None


def test_a_decision_is_taken_once(analyst: User) -> None:
    pair()
    found()
    pk = DuplicatePair.objects.get().pk
    assert [dismiss(pk, user_id=analyst.pk, now=make.NOW) for _ in range(2)] == [True, False]
    assert [reopen(pk) for _ in range(2)] == [True, False]


def test_a_pair_that_is_one_no_more_is_forgotten() -> None:
    _a, b = pair()
    found()
    b.name = "Boulangerie Petit"
    b.save()
    assert found() == 0
    assert not DuplicatePair.objects.exists()


def test_a_merged_pair_is_not_found_again() -> None:
    a, b = pair()
    found()
    merge(a.pk, b.pk, user_id=None, now=make.NOW + timedelta(hours=1))
    assert found() == 0
    assert DuplicatePair.objects.get().state == PairState.MERGED


def test_the_queries_do_not_grow_with_the_companies(django_assert_max_num_queries: Any) -> None:
    for number in range(40):
        make.company(f"Forges {number:03d}", **LILLE)
    with django_assert_max_num_queries(16):
        found()


def test_the_job_looks_and_ends() -> None:
    pair()
    job = Job.objects.ensure(JobKind.DUPLICATES, now=make.NOW)
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert DuplicatePair.objects.count() == 1


def test_the_night_makes_the_job(published: list[Any]) -> None:
    tasks.find_duplicates()
    job = Job.objects.get(kind=JobKind.DUPLICATES)
    assert published == [("companies.tasks.run_job", (job.pk,))]

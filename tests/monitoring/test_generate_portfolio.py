"""Made-up companies: as many as asked, the same for the same seed, true to the rules they are measured against."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Q

from companies.choices import LinkState, RatingState, Role
from companies.models import Account, Company, OpenItem, Profile, RatingPoint
from companies.rules.identifiers import check_siren, check_vat
from monitoring.choices import Cell
from monitoring.management.inventor import luhn_siren, sirens
from monitoring.models import Alert, CellSummary, Standing

pytestmark = pytest.mark.django_db


def generate(number, seed=1):
    call_command("generate_portfolio", str(number), f"--seed={seed}", verbosity=0)


@pytest.fixture
def portfolio():
    generate(400)


def test_there_are_as_many_companies_and_standings_as_asked(portfolio):
    assert Company.objects.count() == Standing.objects.count() == 400


def test_french_companies_have_valid_numbers_that_are_theirs_alone(portfolio):
    french = Company.objects.filter(country="FR")
    numbers = list(french.values_list("registration_number", "vat_number"))
    assert len(numbers) == len(set(numbers)) > 300
    assert all(check_siren(siren).ok and check_vat(vat).ok for siren, vat in numbers)


def test_a_known_siren_gets_its_own_key():
    assert luhn_siren(48972424) == "489724245"


def test_the_walk_of_sirens_meets_none_twice():
    walk = sirens(7)
    assert len({next(walk) for _ in range(5000)}) == 5000


def test_every_kind_of_company_is_there(portfolio):
    states = set(Standing.objects.values_list("rating_state", flat=True))
    letters = set(Standing.objects.filter(rating_state=RatingState.RATED).values_list("rating", flat=True))
    assert states == set(RatingState.values)
    assert letters == {"A", "B", "C", "D"}
    assert {LinkState.LINKED, LinkState.REVIEW, LinkState.ABSENT} <= set(
        Company.objects.values_list("link_state", flat=True)
    )
    assert set(Account.objects.values_list("role", flat=True)) == set(Role.values)
    assert {Cell.HIGH_FAV, Cell.LOW_DEF, Cell.FAIL, Cell.NR} <= set(Standing.objects.values_list("cell", flat=True))


def test_some_limits_are_zero_some_unknown_and_some_given_as_text(portfolio):
    assert Profile.objects.filter(credit_limit=0).exists()
    assert Profile.objects.filter(credit_limit=None, credit_limit_text="Credit Limit not applicable").exists()


def test_not_rated_is_no_number(portfolio):
    assert not Profile.objects.filter(rating_state=RatingState.NOT_RATED).exclude(score=None).exists()


def test_a_company_has_about_three_open_items_and_most_have_a_past(portfolio):
    assert 2 < OpenItem.objects.count() / 400 < 4
    assert RatingPoint.objects.values("company").distinct().count() > 250


def test_the_number_of_open_alerts_on_a_standing_is_the_number_of_them(portfolio):
    counted = dict(Alert.objects.to_treat().order_by().values_list("company").annotate(Count("pk")))
    assert counted == dict(Standing.objects.filter(open_alerts__gt=0).values_list("pk", "open_alerts"))
    assert Alert.objects.filter(~Q(closed_at=None)).exists()


def test_the_sums_per_cell_count_each_company_once(portfolio):
    assert sum(CellSummary.objects.filter(role="").values_list("companies", flat=True)) == 400


def test_names_can_be_searched(portfolio):
    name = Company.objects.order_by("pk").values_list("name", flat=True)[0]
    assert Company.objects.search(name.split()[1]).filter(name=name).exists()


def test_two_seeds_live_side_by_side_and_one_seed_twice_is_refused():
    generate(30, seed=1)
    generate(30, seed=2)
    with pytest.raises(CommandError, match="Seed 1 was used"):
        generate(30, seed=1)
    assert Company.objects.count() == 60


def test_a_number_that_another_company_has_is_passed_over():
    taken = next(sirens(5))
    Company.objects.create(name="Already here", registration_number=taken)
    generate(20, seed=5)
    assert Company.objects.filter(registration_number=taken).count() == 1
    assert Company.objects.count() == 21


def test_nothing_to_make_is_refused():
    with pytest.raises(CommandError, match="from 1 up"):
        generate(0)


def test_the_command_says_how_far_it_is():
    out = StringIO()
    call_command("generate_portfolio", "10", "--seed=3", stdout=out)
    assert out.getvalue().splitlines() == ["10 of 10 companies", "10 standings"]

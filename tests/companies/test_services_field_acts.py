"""What people do about differences, one or thousands at once, and how it is taken back."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.choices import ChangeCause, FieldActKind, FieldChoice, Origin
from companies.models import Change, Company, FieldDifference, FieldRule, FieldSource
from companies.services import field_acts
from companies.services.field_acts import Changed, Done, Refused
from tests import make
from tests.companies.provenance import LATER, difference, linked, says, source, told, typed
from tests.make import NOW

pytestmark = pytest.mark.django_db
TAKE, KEEP, ALWAYS = FieldActKind.TAKE, FieldActKind.KEEP, FieldActKind.ALWAYS_TAKE


def settle(kind: FieldActKind = TAKE, rows: Any = None, **more: Any) -> Done:
    asked = FieldDifference.objects.open() if rows is None else rows
    return field_acts.settle(asked, kind, user_id=None, now=LATER, **more)


def undo(done: Done) -> Done:
    return field_acts.undo(done.act, user_id=None, now=LATER)


def fresh(company: Company) -> Company:
    return Company.objects.get(pk=company.pk)


def edit(
    company: Company, value: str, *, field: str = "phone", was: str | None = None, user: User | None = None
) -> Done:
    was = getattr(company, field) if was is None else was
    user_id = user.pk if user else None
    return field_acts.edit(company.pk, field, value=value, was=was, user_id=user_id, now=LATER)


def test_taking_writes_the_value_with_its_source_its_history_and_its_mark(analyst: User) -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    Change.objects.all().delete()
    done = field_acts.settle(FieldDifference.objects.open(), TAKE, user_id=analyst.pk, now=LATER)
    company = fresh(company)
    version = company.history.first()
    assert (company.phone, company.updated_at, source(company, "phone")) == ("0320111111", LATER, "creditsafe")
    assert (version.phone, version.history_user, version.history_date) == ("0320111111", analyst, LATER)
    assert version.history_change_reason == f"take #{done.act.pk}"
    assert list(Change.objects.values_list("company", "cause")) == [(company.pk, ChangeCause.EDIT)]
    assert (done.count, done.left, told()) == (1, 0, [])


def test_keeping_changes_nothing_but_the_difference() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    versions = company.history.count()
    settle(KEEP)
    assert (fresh(company).phone, company.history.count(), told()) == ("0320000000", versions, [])
    says(company, LATER, phone="0320111111")
    assert told() == []


def test_always_take_takes_now_and_from_then_on() -> None:
    company = says(typed(linked(), "phone", "0320000000"), phone="0320111111")
    settle(ALWAYS)
    assert fresh(company).phone == "0320111111"
    assert says(company, LATER, phone="0320222222").phone == "0320222222"


def test_taking_many_gives_each_its_own_value_and_marks_each() -> None:
    companies = [linked(f"Forges {n}", phone="0", city="Lille") for n in range(5)]
    for number, company in enumerate(companies):
        difference(company, theirs=f"032000000{number}")
        difference(company, "city", theirs=f"Ville {number}")
    assert settle().count == 10
    found = list(Company.objects.order_by("pk").values_list("phone", "city"))
    assert found == [(f"032000000{n}", f"Ville {n}") for n in range(5)]
    assert [company.history.count() for company in companies] == [2] * 5
    assert {company.history.first().city[:5] for company in companies} == {"Ville"}


def test_what_is_written_in_pieces_is_one_act(monkeypatch: Any) -> None:
    monkeypatch.setattr(field_acts, "PIECE", 2)
    companies = [linked(f"Forges {n}", phone="1") for n in range(5)]
    for company in companies:
        difference(company)
    done = settle()
    assert (done.count, FieldDifference.objects.filter(act=done.act, state="taken").count()) == (5, 5)
    assert set(Company.objects.values_list("phone", flat=True)) == {"0320999999"}
    assert [fresh(company).history.count() for company in companies] == [2] * 5
    undo(done)
    assert set(Company.objects.values_list("phone", flat=True)) == {"1"}


def test_names_that_are_taken_are_found_by_the_search() -> None:
    company = linked("Forges du Nord")
    difference(company, "name", theirs="Aciéries du Sud")
    settle()
    assert list(Company.objects.search("acieries")) == [company]


def test_what_changed_since_it_was_shown_is_left_and_counted() -> None:
    company = linked(phone="0320000000")
    row = difference(company)
    Company.objects.filter(pk=company.pk).update(phone="0320555555")
    done = settle(rows=FieldDifference.objects.filter(pk=row.pk))
    assert (done.count, done.left, fresh(company).phone) == (0, 1, "0320555555")


def test_a_pair_that_another_replaced_is_left() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    shown = [row.pk for row in FieldDifference.objects.open()]
    says(company, LATER, phone="0320222222")
    done = settle(rows=FieldDifference.objects.filter(pk__in=shown), total=1)
    assert (done.count, done.left, fresh(company).phone) == (0, 1, "0320000000")


@pytest.mark.parametrize("held", ["elsewhere", "twice"])
def test_a_number_goes_to_one_company_only(held: str) -> None:
    one, other = linked("Un", registration_number="111"), linked("Deux", registration_number="222")
    if held == "elsewhere":
        make.company("Trois", registration_number="552100554")
    else:
        difference(other, "registration_number", theirs="552100554")
    difference(one, "registration_number", theirs="552100554")
    done = settle()
    assert Company.objects.filter(registration_number="552100554").count() == 1
    assert done.left == 1


def test_where_two_sources_differ_creditsafe_is_taken_and_the_file_told_against_it() -> None:
    company = linked(phone="0")
    difference(company, source=Origin.ERP, theirs="0320888888")
    difference(company, theirs="0320999999")
    settle()
    assert (fresh(company).phone, source(company, "phone")) == ("0320999999", "creditsafe")
    assert told() == [("phone", "erp", "0320999999", "0320888888")]


def test_what_gave_way_is_silent_when_its_file_repeats_it() -> None:
    says(linked(phone="0320000000"), phone="0320111111")
    settle()
    assert told(state="kept") == [("phone", "erp", "0320111111", "0320000000")]


def test_an_undo_puts_values_sources_and_differences_back() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    back = undo(settle())
    assert (fresh(company).phone, source(company, "phone")) == ("0320000000", "")
    assert told() == [("phone", "creditsafe", "0320000000", "0320111111")]
    assert told(state="kept") == []
    assert (back.count, company.history.first().history_change_reason) == (1, f"undo #{back.act.pk}")


def test_an_undo_gives_the_value_back_to_the_user_who_typed_it(analyst: User) -> None:
    company = linked(phone="0")
    edit(company, "0320000000", user=analyst)
    says(company, phone="0320111111")
    undo(settle())
    held = FieldSource.objects.get(company=company, field="phone")
    assert (fresh(company).phone, held.source, held.user) == ("0320000000", Origin.USER, analyst)


def test_an_undo_leaves_what_someone_changed_since() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    done = settle()
    edit(fresh(company), "0320333333")
    back = undo(done)
    assert (back.count, back.left, fresh(company).phone) == (0, 1, "0320333333")


def test_an_act_is_undone_once() -> None:
    says(linked(phone="0320000000"), phone="0320111111")
    done = settle()
    undo(done)
    with pytest.raises(Refused, match="undone already"):
        undo(done)


def test_an_undo_of_keep_asks_again() -> None:
    says(linked(phone="0320000000"), phone="0320111111")
    undo(settle(KEEP))
    assert len(told()) == 1


def test_an_undo_of_always_brings_the_rule_before_back() -> None:
    company = linked(phone="0320000000")
    field_acts.choose(company.pk, "phone", Origin.CREDITSAFE, choice=FieldChoice.KEEP, user_id=None, now=NOW)
    difference(company)
    undo(settle(ALWAYS))
    assert list(FieldRule.objects.in_force().values_list("choice", flat=True)) == [FieldChoice.KEEP]
    assert fresh(company).phone == "0320000000"


def test_an_edit_makes_the_value_the_users(analyst: User) -> None:
    company = linked(phone="0320000000")
    edit(company, "0320333333", user=analyst)
    held = FieldSource.objects.get(company=company)
    assert (fresh(company).phone, held.source, held.user, held.since) == ("0320333333", "user", analyst, LATER)


def test_an_edit_over_creditsafes_value_keeps_creditsafe_silent_until_it_changes() -> None:
    company = says(linked(), phone="0320111111")
    edit(company, "0320333333")
    company = says(company, LATER, phone="0320111111")
    assert (company.phone, told()) == ("0320333333", [])
    says(company, LATER, phone="0320222222")
    assert told() == [("phone", "creditsafe", "0320333333", "0320222222")]


def test_an_edit_moves_the_open_difference_with_it_or_ends_it() -> None:
    company = says(linked(phone="0320000000"), phone="0320111111")
    edit(company, "0320333333")
    assert told() == [("phone", "creditsafe", "0320333333", "0320111111")]
    edit(fresh(company), "+33 3 20 11 11 11")
    assert told() == []


def test_the_second_of_two_editors_is_told_and_overwrites_nothing() -> None:
    company = linked(phone="0320000000")
    edit(company, "0320333333")
    with pytest.raises(Changed) as told_so:
        edit(company, "0320444444", was="0320000000")
    assert (fresh(company).phone, told_so.value.held) == ("0320333333", "0320333333")


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        pytest.param("name", "", "needs a name", id="no name"),
        pytest.param("phone", "0" * 41, "at most 40", id="too long"),
        pytest.param("registration_number", "552100554", "has the registration number", id="another company's"),
        pytest.param("phone", "0320000000", "has already", id="nothing new"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused(field: str, value: str, why: str) -> None:
    make.company("Autre", registration_number="552100554")
    company = linked(phone="0320000000")
    with pytest.raises(Refused, match=why):
        edit(company, value, field=field)
    assert fresh(company).updated_at == company.updated_at


def test_an_undo_of_an_edit_brings_back_the_value_and_its_source() -> None:
    company = says(linked(), phone="0320111111")
    undo(edit(company, "0320333333"))
    assert (fresh(company).phone, source(company, "phone"), told()) == ("0320111111", "creditsafe", [])
    assert says(company, LATER, phone="0320222222").phone == "0320222222"


def test_a_rule_for_all_is_replaced_and_ended() -> None:
    field_acts.choose(None, "phone", Origin.CREDITSAFE, choice=FieldChoice.TAKE, user_id=None, now=NOW)
    field_acts.choose(None, "phone", Origin.CREDITSAFE, choice=FieldChoice.KEEP, user_id=None, now=NOW)
    assert list(FieldRule.objects.in_force().values_list("choice", flat=True)) == ["keep"]
    done = field_acts.choose(None, "phone", Origin.CREDITSAFE, choice=None, user_id=None, now=NOW)
    assert not FieldRule.objects.in_force().exists()
    undo(done)
    assert list(FieldRule.objects.in_force().values_list("choice", flat=True)) == ["keep"]


@pytest.mark.parametrize("act", ["take", "undo"])
def test_an_act_takes_as_many_statements_for_40_companies_as_for_one(act: str) -> None:
    taken = []
    for count in (1, 40):
        rows = [difference(linked(f"Forges {count} {number}", phone="1")) for number in range(count)]
        asked = FieldDifference.objects.filter(pk__in=[row.pk for row in rows])
        done = settle(rows=asked) if act == "undo" else None
        with CaptureQueriesContext(connection) as queries:
            assert (undo(done) if done else settle(rows=asked)).count == count
        taken.append(len(queries))
    assert taken[0] == taken[1]

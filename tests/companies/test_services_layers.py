"""The ledger as of any past date: what each file said, from its closing date until the next."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.choices import FileKind, ImportMode
from companies.models import Account, PastItem
from companies.services import layers, undo
from tests import make
from tests.companies.erp import applied, items, line
from tests.make import NOW

pytestmark = pytest.mark.django_db

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)
FILES = {
    AUGUST: [line("FA1", "100,00"), line("FA2", "40,50")],
    SEPTEMBER: [line("FA1", "60,00"), line("FA3", "10,00", due="15/04/2026")],
    OCTOBER: [line("FA1", "60,00"), line("FA2", "40,50"), line("FA3", "10,00", due="30/11/2026")],
}
OPEN = {
    AUGUST: {"FA1": "100.00", "FA2": "40.50"},
    SEPTEMBER: {"FA1": "60.00", "FA3": "10.00"},
    OCTOBER: {"FA1": "60.00", "FA2": "40.50", "FA3": "10.00"},
}


@pytest.fixture
def account() -> Account:
    return make.account(make.company("Dupont"), code="411DUPONT")


def bring(day: date, *lines: str, **values: Any) -> Any:
    return applied(items(*lines), FileKind.OPEN_ITEMS, f"postes_{day:%Y%m%d}.csv", **values)


@pytest.fixture
def three(account: Account) -> list[Any]:
    """Three complete files in a row: an amount and a due date change, an item closes and comes back."""
    return [bring(day, *lines) for day, lines in FILES.items()]


def seen(day: date) -> dict[str, str]:
    return {item.document: str(item.amount) for item in layers.items_at(day)}


@pytest.mark.parametrize("day", FILES, ids=str)
def test_each_closing_date_shows_its_own_file(three: list[Any], day: date) -> None:
    assert seen(day) == OPEN[day]


@pytest.mark.parametrize("position", range(3), ids=str)
def test_number_and_total_are_those_of_the_file(three: list[Any], position: int) -> None:
    batch = three[position]
    assert layers.totals_at(batch.as_of) == [layers.Total("EUR", batch.rows, batch.total)]


@pytest.mark.parametrize(
    ("day", "like"),
    [(date(2026, 9, 29), AUGUST), (date(2026, 10, 30), SEPTEMBER), (date(2026, 11, 15), OCTOBER)],
    ids=["day before the second", "day before the third", "after the last"],
)
def test_a_day_between_two_files_shows_the_earlier(three: list[Any], day: date, like: date) -> None:
    assert seen(day) == OPEN[like]


def test_before_the_first_file_nothing_is_known(three: list[Any]) -> None:
    assert seen(date(2026, 8, 30)) == {}
    assert layers.totals_at(date(2026, 8, 30)) == []


def test_an_item_tells_its_account_its_company_and_the_due_date_of_then(three: list[Any], account: Account) -> None:
    found = {day: {item.document: item for item in layers.items_at(day)}["FA3"] for day in (SEPTEMBER, OCTOBER)}
    assert [item.due_date for item in found.values()] == [date(2026, 4, 15), date(2026, 11, 30)]
    assert {(item.account_id, item.company_id) for item in found.values()} == {(account.pk, account.company_id)}
    assert found[SEPTEMBER].pk == found[OCTOBER].pk


def test_what_is_undone_never_was(three: list[Any]) -> None:
    undo.undo(three[2].pk, user_id=None, now=NOW)
    assert seen(OCTOBER) == OPEN[SEPTEMBER]
    undo.undo(three[1].pk, user_id=None, now=NOW)
    assert seen(OCTOBER) == seen(SEPTEMBER) == OPEN[AUGUST]
    assert not PastItem.objects.exists()


def test_a_file_undone_and_applied_again_leaves_the_same_past(three: list[Any]) -> None:
    undo.undo(three[2].pk, user_id=None, now=NOW)
    bring(OCTOBER, *FILES[OCTOBER])
    assert {day: seen(day) for day in FILES} == OPEN


def test_a_corrected_file_of_the_same_day_replaces_the_first(three: list[Any]) -> None:
    bring(OCTOBER, line("FA1", "55,00"), line("FA2", "40,50"))
    assert seen(OCTOBER) == {"FA1": "55.00", "FA2": "40.50"}
    assert seen(SEPTEMBER) == OPEN[SEPTEMBER]


def test_changes_only_leave_the_others_as_they_were(three: list[Any]) -> None:
    day = date(2026, 11, 10)
    bring(day, line("FA1", "5,00"), mode=ImportMode.DELTA)
    assert seen(day) == OPEN[OCTOBER] | {"FA1": "5.00"}
    assert seen(OCTOBER) == OPEN[OCTOBER]


def test_only_the_accounts_asked_for(three: list[Any], account: Account) -> None:
    nobody = Account.objects.exclude(pk=account.pk)
    assert list(layers.items_at(AUGUST, nobody)) == []
    assert layers.totals_at(AUGUST, nobody) == []
    assert len(list(layers.items_at(AUGUST, Account.objects.filter(pk=account.pk)))) == 2


def test_the_past_is_one_statement(three: list[Any]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        list(layers.items_at(SEPTEMBER))
    assert len(asked) == 1


def test_months_give_the_last_file_of_each(three: list[Any]) -> None:
    bring(date(2026, 11, 5), line("FA1", "60,00"))
    bring(date(2026, 11, 12), line("FA1", "61,00"))
    assert layers.months(3) == [SEPTEMBER, OCTOBER, date(2026, 11, 12)]
    assert layers.months(3, ledger="OTHER") == []


def test_an_undone_file_gives_no_month(three: list[Any]) -> None:
    undo.undo(three[2].pk, user_id=None, now=NOW)
    assert layers.months(12) == [AUGUST, SEPTEMBER]

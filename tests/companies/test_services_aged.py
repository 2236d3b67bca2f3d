"""Aged balances: what each account owes by bucket, where the items themselves are absent (domain 6.1)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from companies.choices import AgeingBucket, BatchState, CheckKind, FileKind, ImportMode, Role
from companies.models import Account, AgedBalance, Change
from companies.services import layers, undo
from tests import make
from tests.companies.erp import applied, items, line, upload
from tests.make import NOW

pytestmark = pytest.mark.django_db

TITLE = "Balance âgée au {:%d/%m/%Y} - base échéance"
HEADER = "Code client;Raison sociale;Total;Non échu;1-30;31-60;61-90;+90"
ROW = "000123;FORGES DU NORD;12 300,00;6 000,00;2 300,00;2 000,00;1 000,00;1 000,00"
TOTAL = ";TOTAL GÉNÉRAL;12 300,00;6 000,00;2 300,00;2 000,00;1 000,00;1 000,00"
MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)
SUMS = {
    AgeingBucket.NOT_DUE: Decimal(6000),
    AgeingBucket.DAYS_1_30: Decimal(2300),
    AgeingBucket.DAYS_31_60: Decimal(2000),
    AgeingBucket.DAYS_61_90: Decimal(1000),
    AgeingBucket.DAYS_OVER_90: Decimal(1000),
}


@pytest.fixture(autouse=True)
def account() -> Account:
    company = make.company("Forges du Nord")
    make.account(company, code="000124")
    return make.account(company, code="000123")


def balance(*lines: str, day: date = MARCH, header: str = HEADER) -> bytes:
    return "\r\n".join([TITLE.format(day), header, *lines, ""]).encode("utf-8-sig")


def send(*lines: str, **values: Any) -> Any:
    return upload(balance(*lines, **values), FileKind.AGED_BALANCE, "balance.csv")


def bring(*lines: str, **values: Any) -> Any:
    return applied(balance(*lines, **values), FileKind.AGED_BALANCE, "balance.csv")


def seen(day: date) -> dict[Any, Decimal]:
    return {(one.account.code, one.bucket): one.amount for one in layers.aged_at(day)}


def codes(batch: Any) -> list[str]:
    return list(batch.problems.filter(is_error=True).values_list("code", flat=True))


def test_sample_d_gives_a_line_for_each_bucket(account: Account) -> None:
    batch = bring(ROW, TOTAL)
    assert (batch.state, batch.as_of, batch.total, batch.rows) == (BatchState.APPLIED, MARCH, Decimal(12300), 1)
    assert {one.bucket: one.amount for one in AgedBalance.objects.filter(account=account)} == SUMS
    assert list(Change.objects.values_list("company", flat=True)) == [account.company_id]


def test_it_is_always_whole(account: Account) -> None:
    assert upload(balance(ROW), FileKind.AGED_BALANCE, "b.csv", mode=ImportMode.DELTA).mode == ImportMode.STOCK


@pytest.mark.parametrize(("total", "ok"), [("12 300,01", True), ("12 300,02", False)], ids=["a cent", "two cents"])
def test_a_row_makes_its_total(total: str, ok: bool) -> None:
    batch = send(ROW.replace("12 300,00", total))
    assert codes(batch) == ([] if ok else ["row_total"])


@pytest.mark.parametrize("position", range(2, 8), ids=HEADER.split(";")[2:])
def test_the_total_line_is_compared_column_by_column(position: int) -> None:
    cells = TOTAL.split(";")
    cells[position] = "9,00"
    assert codes(send(ROW, ";".join(cells))) == ["control_total"]


def test_a_row_with_an_unknown_account_refuses_the_file() -> None:
    assert codes(send(ROW, ROW.replace("000123", "999"))) == ["unknown_account"]


def test_an_account_has_one_line() -> None:
    assert codes(send(ROW, ROW)) == ["repeated_code"]


def test_another_companys_balance_is_put_into_quarantine() -> None:
    batch = send(*[ROW.replace("000123", f"9{n}") for n in range(12)])
    assert batch.state == BatchState.QUARANTINED
    assert batch.checks.get().kind == CheckKind.UNKNOWN


def test_later_buckets_are_over_90_days_too() -> None:
    bring("000123;X;60,00;10,00;20,00;30,00", header="Code client;Nom;Total;Non échu;91-120;+120")
    assert {one.bucket: one.amount for one in AgedBalance.objects.all()} == {
        AgeingBucket.NOT_DUE: Decimal(10),
        AgeingBucket.DAYS_OVER_90: Decimal(50),
    }


def test_each_file_is_a_layer() -> None:
    bring(ROW)
    batch = bring("000124;X;5,00;5,00;;;;", day=APRIL)
    assert (batch.created_count, batch.closed_count) == (1, 1)
    assert seen(MARCH) == {("000123", bucket): amount for bucket, amount in SUMS.items()}
    assert seen(APRIL) == {("000124", "not_due"): Decimal(5)}
    assert seen(date(2026, 3, 30)) == {}


def test_an_undone_balance_never_was() -> None:
    bring(ROW)
    undo.undo(bring("000124;X;5,00;5,00;;;;", day=APRIL).pk, user_id=None, now=NOW)
    assert seen(APRIL) == seen(MARCH) != {}


def test_last_months_balance_is_refused() -> None:
    bring(ROW, day=APRIL)
    assert codes(send(ROW)) == ["older_than_last"]


def test_where_there_are_items_the_balance_is_not_shown() -> None:
    bring(ROW)
    applied(items(line("FA1", account="000123")), FileKind.OPEN_ITEMS, "postes_20260331.csv")
    assert seen(MARCH) == {}
    assert seen(APRIL) == {}


def test_a_balance_imported_as_open_items_says_how_to_import_it() -> None:
    batch = upload(balance(ROW), FileKind.OPEN_ITEMS, "balance.csv")
    assert codes(batch) == ["aged_balance"]


def test_a_file_without_buckets_is_no_balance() -> None:
    assert codes(send("000123;X;5,00", header="Code client;Nom;Total")) == ["missing_column"]


def test_an_account_is_gone_that_the_last_file_named_and_not_an_older_one() -> None:
    bring(ROW)
    bring("000124;X;5,00;5,00;;;;", day=APRIL)
    assert bring(ROW, day=date(2026, 5, 31)).closed_count == 1
    assert bring(ROW.replace("FORGES", "Forges"), day=date(2026, 6, 30)).closed_count == 0


@pytest.mark.parametrize(
    ("count", "amount", "failed"),
    [
        (20, "100,00", set()),
        (15, "133,00", {CheckKind.CUSTOMERS}),
        (20, "70,00", {CheckKind.BALANCE}),
    ],
)
def test_a_balance_far_from_the_one_before_waits_in_quarantine(count: int, amount: str, failed: set[str]) -> None:
    company = make.company("Many")
    for number in range(20):
        make.account(company, code=f"411{number}")
    header = "Code client;Raison sociale;Non échu;1-30;31-60;61-90;+90"
    bring(*(f"411{number};M;100,00;;;;" for number in range(20)), header=header)
    batch = send(*(f"411{number};M;{amount};;;;" for number in range(count)), header=header, day=APRIL)
    assert set(batch.checks.failed().values_list("kind", flat=True)) == failed
    assert batch.state == (BatchState.QUARANTINED if failed else BatchState.PREVIEWED)


def test_a_company_has_its_balances_by_ledger_until_its_items_come(account: Account) -> None:
    bring(ROW)
    (found,) = layers.aged_of(account.company, APRIL)
    assert (found.ledger, found.as_of, found.accounts, found.is_ours) == ("ERP", MARCH, ["000123"], False)
    assert {bucket: amount for bucket, amount in found.buckets.items() if amount} == SUMS
    assert found.total == sum(SUMS.values())
    assert layers.aged_of(account.company, date(2026, 3, 30)) == []
    applied(items(line("FA1", account="000123")), FileKind.OPEN_ITEMS, "postes_20260331.csv")
    assert layers.aged_of(account.company, APRIL) == []


def test_what_we_owe_a_supplier_is_a_balance_of_its_own(account: Account) -> None:
    make.account(account.company, Role.SUPPLIER, code="401F")
    bring(ROW, "401F;FORGES;5,00;5,00;;;;")
    assert [(one.is_ours, one.accounts) for one in layers.aged_of(account.company, APRIL)] == [
        (False, ["000123"]),
        (True, ["401F"]),
    ]

"""The sentinel: a file far from the last one of its ledger waits in quarantine (domain 6.6)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from companies.choices import BatchState, CheckKind, FileKind, ImportMode, Role
from companies.models import ImportBatch, ImportProfile, OpenItem
from companies.services import imports
from companies.services.planning import ImportRefused
from tests import make
from tests.companies.erp import applied, items, line, upload
from tests.make import NOW

pytestmark = pytest.mark.django_db

OPEN = FileKind.OPEN_ITEMS
FIRST, SECOND = "postes_20260930.csv", "postes_20261031.csv"
HUNDRED = range(100)


@pytest.fixture(autouse=True)
def accounts() -> None:
    company = make.company("Dupont")
    for number in range(10):
        make.account(company, code=f"411C{number}")


def lines(count: int, amount: str = "100,00", accounts: int = 10) -> list[str]:
    return [line(f"FA{n}", amount, account=f"411C{n % accounts}") for n in range(count)]


def second(*given: str) -> ImportBatch:
    applied(items(*lines(100)), OPEN, FIRST)
    return upload(items(*given), OPEN, SECOND)


def outside(batch: ImportBatch) -> set[str]:
    return set(batch.checks.failed().values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("given", "failed"),
    [
        pytest.param(lambda: lines(100, "101,00"), set(), id="as usual"),
        pytest.param(lambda: lines(80, "120,00"), set(), id="20 % fewer items"),
        pytest.param(lambda: lines(79, "120,00"), {CheckKind.ITEMS}, id="21 % fewer items"),
        pytest.param(lambda: lines(150, "70,00"), set(), id="50 % more items"),
        pytest.param(lambda: lines(151, "70,00"), {CheckKind.ITEMS}, id="51 % more items"),
        pytest.param(lambda: lines(100, "125,00"), set(), id="a quarter more"),
        pytest.param(lambda: lines(100, "125,01"), {CheckKind.BALANCE}, id="over a quarter more"),
        pytest.param(lambda: lines(100, "74,99"), {CheckKind.BALANCE}, id="over a quarter less"),
        pytest.param(lambda: lines(100, accounts=8), set(), id="a fifth of the customers gone"),
        pytest.param(lambda: lines(100, accounts=7), {CheckKind.CUSTOMERS}, id="more than a fifth gone"),
        pytest.param(
            lambda: [*lines(99), "411C0;OLD;FA;13/01/2025;;100,00"], {CheckKind.OLDEST}, id="older than a year before"
        ),
    ],
)
def test_a_file_outside_the_limits_is_put_into_quarantine(given: Callable[[], list[str]], failed: set[str]) -> None:
    batch = second(*given())
    assert outside(batch) == failed
    assert batch.state == (BatchState.QUARANTINED if failed else BatchState.PREVIEWED)


def test_the_report_has_previous_now_and_limits() -> None:
    batch = second(*lines(50))
    check = batch.checks.get(kind=CheckKind.ITEMS)
    assert (check.before, check.now, check.lowest, check.highest) == (100, 50, 80, 150)
    balance = batch.checks.get(kind=CheckKind.BALANCE)
    assert (balance.before, balance.now) == (Decimal(10_000), Decimal(5_000))
    assert batch.checks.count() == 5


def test_a_ledger_of_few_items_has_no_limits() -> None:
    applied(items(*lines(19)), OPEN, FIRST)
    assert upload(items(*lines(1)), OPEN, SECOND).state == BatchState.PREVIEWED


def test_the_first_file_has_nothing_to_be_compared_with() -> None:
    batch = upload(items(*lines(100)), OPEN, FIRST)
    assert batch.state == BatchState.PREVIEWED
    assert batch.checks.get(kind=CheckKind.ITEMS).lowest is None


def test_changes_only_are_not_compared() -> None:
    applied(items(*lines(100)), OPEN, FIRST)
    batch = upload(items(*lines(1, "7,00")), OPEN, SECOND, mode=ImportMode.DELTA)
    assert batch.state == BatchState.PREVIEWED
    assert not batch.checks.exists()


def test_a_file_in_quarantine_is_neither_started_nor_applied() -> None:
    batch = second(*lines(10))
    assert imports.start(batch.pk, user_id=None, now=NOW) is None
    with pytest.raises(ImportRefused, match="quarantine"):
        imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    assert batch.state == BatchState.QUARANTINED
    assert OpenItem.objects.open().count() == 100


def test_a_released_file_is_applied_and_keeps_its_reason(manager: Any) -> None:
    batch = second(*lines(10))
    assert imports.release(batch.pk, reason=" Half the ledger was paid ", user_id=manager.pk, now=NOW)
    imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLIED
    assert (batch.release_reason, batch.released_by, batch.released_at) == ("Half the ledger was paid", manager, NOW)
    assert OpenItem.objects.open().count() == 10


def test_a_release_needs_a_reason() -> None:
    batch = second(*lines(10))
    with pytest.raises(ImportRefused, match="why"):
        imports.release(batch.pk, reason="  ", user_id=None, now=NOW)
    batch.refresh_from_db()
    assert batch.state == BatchState.QUARANTINED


def test_only_a_file_in_quarantine_is_released() -> None:
    batch = upload(items(*lines(10)), OPEN, FIRST)
    assert imports.release(batch.pk, reason="why not", user_id=None, now=NOW) is None
    batch.refresh_from_db()
    assert batch.release_reason == ""


def test_a_file_in_quarantine_can_be_discarded() -> None:
    assert imports.discard(second(*lines(10)))


def test_another_companys_file_is_put_into_quarantine_and_never_released() -> None:
    strange = [line(f"FB{n}", account=f"411X{n}") for n in range(20)]
    batch = second(*lines(1), *strange)
    assert batch.state == BatchState.QUARANTINED
    assert outside(batch) == {CheckKind.UNKNOWN}
    assert batch.checks.get().now == Decimal("95.24")
    with pytest.raises(ImportRefused, match="errors"):
        imports.release(batch.pk, reason="all the same", user_id=None, now=NOW)


def test_unknown_accounts_before_any_partner_are_plain_errors() -> None:
    strange = [line(f"FB{n}", account=f"411X{n}") for n in range(20)]
    assert upload(items(*strange), OPEN, FIRST, ledger="NEW").state == BatchState.REFUSED


def test_a_file_is_compared_again_with_what_was_applied_since_its_upload() -> None:
    applied(items(*lines(100)), OPEN, FIRST)
    waiting = upload(items(*lines(85)), OPEN, SECOND)
    applied(items(*lines(120)), OPEN, "postes_20261015.csv")
    with pytest.raises(ImportRefused, match="Another file was applied since"):
        imports.apply(waiting.pk, now=NOW)
    assert OpenItem.objects.open().count() == 120


def test_the_first_file_says_what_could_not_be_compared() -> None:
    batch = upload(items(*lines(100)), OPEN, FIRST)
    compared = {check.kind for check in batch.checks.all() if check.is_compared}
    assert compared == {CheckKind.UNKNOWN}


def test_a_ledger_of_few_items_still_tells_a_much_older_item() -> None:
    applied(items(*lines(5)), OPEN, FIRST)
    batch = upload(items(*lines(5), "411C0;OLD;FA;13/01/2024;;100,00"), OPEN, SECOND)
    assert outside(batch) == {CheckKind.OLDEST}
    assert {check.kind for check in batch.checks.all() if check.is_compared} == {CheckKind.OLDEST, CheckKind.UNKNOWN}


@pytest.mark.parametrize(
    ("limits", "failed"),
    [
        ({"least_items": 60}, set()),
        ({"least_items": 71}, {CheckKind.ITEMS}),
        ({"least_items": 60, "balance_margin": 20}, {CheckKind.BALANCE}),
    ],
)
def test_a_profile_has_limits_of_its_own(limits: dict[str, int], failed: set[str]) -> None:
    profile = ImportProfile.objects.create(name="Sage", kind=OPEN, mode=ImportMode.STOCK, **limits)
    applied(items(*lines(100)), OPEN, FIRST)
    batch = upload(items(*lines(70, "110,00")), OPEN, SECOND, profile=profile)
    assert outside(batch) == failed


def orders(count: int, amount: str = "100,00", accounts: int = 10, strange: int = 0) -> bytes:
    rows = [f"411C{n % accounts};CDE;C{n};15/09/2026;{amount}" for n in range(count)]
    rows += [f"411X{n};CDE;X{n};15/09/2026;{amount}" for n in range(strange)]
    return "\r\n".join(["Code client;Type;N° commande;Date commande;Montant HT", *rows, ""]).encode("cp1252")


@pytest.mark.parametrize(
    ("given", "failed"),
    [
        pytest.param(orders(50, "101,00"), set(), id="as usual"),
        pytest.param(orders(39, "120,00"), {CheckKind.ROWS}, id="more than a fifth of the rows gone"),
        pytest.param(orders(50, accounts=7), {CheckKind.ACCOUNTS}, id="more than a fifth of the accounts gone"),
        pytest.param(orders(50, "125,01"), {CheckKind.AMOUNT}, id="over a quarter more"),
    ],
)
def test_orders_outside_the_limits_are_put_into_quarantine(given: bytes, failed: set[str]) -> None:
    applied(orders(50), FileKind.COMMITMENTS, "commandes_20260930.csv")
    batch = upload(given, FileKind.COMMITMENTS, "commandes_20261031.csv")
    assert outside(batch) == failed
    assert batch.state == (BatchState.QUARANTINED if failed else BatchState.PREVIEWED)
    assert batch.checks.get(kind=CheckKind.AMOUNT).before == 5000


def test_orders_of_another_company_are_put_into_quarantine() -> None:
    batch = upload(orders(1, strange=20), FileKind.COMMITMENTS, "commandes_20261031.csv")
    assert (batch.state, outside(batch)) == (BatchState.QUARANTINED, {CheckKind.UNKNOWN})


def test_few_orders_have_no_limits() -> None:
    applied(orders(19), FileKind.COMMITMENTS, "commandes_20260930.csv")
    assert upload(orders(1), FileKind.COMMITMENTS, "commandes_20261031.csv").state == BatchState.PREVIEWED


def supplies(count: int, advances: str = "100,00") -> bytes:
    rows = [f"401S{n};{advances};7" for n in range(count)]
    return "\r\n".join(["Compte;Avances (4091);Délai de remplacement", *rows, ""]).encode("cp1252")


@pytest.mark.parametrize(
    ("given", "failed"),
    [
        pytest.param(supplies(30, ""), set(), id="an empty cell is as it was"),
        pytest.param(supplies(24, "120,00"), set(), id="a fifth gone"),
        pytest.param(supplies(23, "125,00"), {CheckKind.ACCOUNTS}, id="more than a fifth gone"),
        pytest.param(supplies(30, "74,99"), {CheckKind.AMOUNT}, id="over a quarter less"),
    ],
)
def test_supplier_figures_outside_the_limits_are_put_into_quarantine(given: bytes, failed: set[str]) -> None:
    company = make.company("Acier")
    for number in range(30):
        make.account(company, Role.SUPPLIER, code=f"401S{number}")
    applied(supplies(30), FileKind.SUPPLIES, "fournisseurs_20260930.csv")
    batch = upload(given, FileKind.SUPPLIES, "fournisseurs_20261031.csv")
    assert outside(batch) == failed
    assert batch.state == (BatchState.QUARANTINED if failed else BatchState.PREVIEWED)
    assert batch.checks.get(kind=CheckKind.AMOUNT).before == 3000

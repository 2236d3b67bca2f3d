"""Open items of a file: the file is the truth at its date."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from companies.choices import BatchState, FileKind, Role
from companies.models import Account, Change, OpenItem
from companies.services import imports, reading
from companies.services.planning import ImportRefused
from tests import make
from tests.companies.erp import DUPONT, applied, counts, items, line, partners, upload
from tests.make import NOW

pytestmark = pytest.mark.django_db

OPEN = FileKind.OPEN_ITEMS
FIRST, SECOND = "postes_20260930.csv", "postes_20261031.csv"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def dupont() -> Account:
    applied(partners(DUPONT, "401DUPONT;Dupont;732829320;;;;;FR;;"))
    Change.objects.all().delete()
    return Account.objects.get(code="411DUPONT")


def test_a_stock_creates_updates_keeps_and_closes(dupont: Account) -> None:
    applied(items(line("FA1"), line("FA2"), line("FA3")), OPEN, FIRST)
    kept = OpenItem.objects.get(document="FA2").batch_id
    batch = applied(items(line("FA1", "80,00"), line("FA2"), line("FA4")), OPEN, SECOND)
    assert counts(batch) == (1, 1, 1, 1)
    assert dict(OpenItem.objects.open().values_list("document", "amount")) == {
        "FA1": Decimal(80),
        "FA2": Decimal(100),
        "FA4": Decimal(100),
    }
    assert OpenItem.objects.get(document="FA3").closed_on == date(2026, 10, 31)
    assert OpenItem.objects.get(document="FA2").batch_id == kept
    assert OpenItem.objects.get(document="FA1").batch_id == batch.pk


def test_the_preview_counts_what_applying_does(dupont: Account) -> None:
    applied(items(line("FA1"), line("FA2"), line("FA3")), OPEN, FIRST)
    batch = upload(items(line("FA1", "80,00"), line("FA2"), line("FA4")), OPEN, SECOND)
    assert counts(batch) == (1, 1, 1, 1)
    assert batch.total == Decimal(280)
    assert OpenItem.objects.open().count() == 3


def test_an_item_that_comes_back_is_open_again_and_its_past_stays(dupont: Account) -> None:
    applied(items(line("FA1"), line("FA2")), OPEN, FIRST)
    applied(items(line("FA2")), OPEN, SECOND)
    applied(items(line("FA2"), line("FA1")), OPEN, "postes_20261115.csv")
    assert [item.closed_on for item in OpenItem.objects.filter(document="FA1").order_by("pk")] == [
        date(2026, 10, 31),
        None,
    ]


def test_instalments_of_one_invoice_are_items_of_their_own(dupont: Account) -> None:
    content = items(line("FA1", due="31/03/2026"), line("FA1", due="30/04/2026"))
    applied(content, OPEN, FIRST)
    batch = applied(content + b"\r\n", OPEN, SECOND)
    assert counts(batch) == (0, 0, 2, 0)
    assert sorted(OpenItem.objects.values_list("installment", flat=True)) == [1, 2]


def test_only_companies_whose_items_moved_are_marked(dupont: Account) -> None:
    other = make.company("Other")
    make.account(other, code="411OTHER")
    applied(items(line("FA1"), line("FB1", account="411OTHER")), OPEN, FIRST)
    Change.objects.all().delete()
    applied(items(line("FA1", "50,00"), line("FB1", account="411OTHER")), OPEN, SECOND)
    assert list(Change.objects.values_list("company", flat=True)) == [dupont.company_id]


def test_the_items_of_another_ledger_stay_open(dupont: Account) -> None:
    other = make.account(make.company("Other"), code="411OTHER", ledger="SECOND")
    make.item(other, "10.00")
    applied(items(line("FA1")), OPEN, FIRST)
    assert OpenItem.objects.open().filter(account=other).exists()


def test_a_suppliers_role_tells_the_direction_of_its_debit_and_credit(dupont: Account) -> None:
    make.account(make.company("Fournil"), Role.SUPPLIER, code="9FOURNIL")
    content = "Compte;Pièce;Date;Échéance;Débit;Crédit\r\n9FOURNIL;F1;15/01/2026;31/03/2026;;100,00\r\n"
    applied(content.encode("cp1252"), OPEN, FIRST)
    assert OpenItem.objects.get().amount == Decimal(100)


def test_every_unknown_account_is_an_error_beside_the_others(dupont: Account) -> None:
    batch = upload(items(line("FA1", account="411X"), line("FA2", "1,2,3"), line("FA3", account="411Y")), OPEN, FIRST)
    assert batch.state == BatchState.REFUSED
    assert list(batch.problems.values_list("line", "value")) == [(2, "411X"), (3, "1,2,3"), (4, "411Y")]


def test_a_file_that_closes_most_items_is_doubted(dupont: Account) -> None:
    applied(items(*[line(f"FA{n}") for n in range(30)]), OPEN, FIRST)
    batch = upload(items(line("FA0")), OPEN, SECOND)
    assert "closes 29 of the 30 open items" in batch.problems.get(is_error=False).problem


def test_last_months_file_is_refused_with_the_reason(dupont: Account) -> None:
    applied(items(line("FA1")), OPEN, SECOND)
    batch = upload(items(line("FA2")), OPEN, FIRST)
    assert batch.state == BatchState.REFUSED
    assert "is older than that of the last file applied" in batch.problems.get().problem


def test_last_months_file_is_refused_when_the_newer_one_came_in_between(dupont: Account) -> None:
    late = upload(items(line("FA2")), OPEN, FIRST)
    applied(items(line("FA1")), OPEN, SECOND)
    with pytest.raises(ImportRefused, match="is older than"):
        imports.apply(late.pk, now=NOW)
    assert OpenItem.objects.open().get().document == "FA1"


@pytest.mark.parametrize("name", ["postes_20261121.csv", "postes.csv"], ids=["tomorrow", "unknown"])
def test_a_closing_date_in_the_future_or_nowhere_is_refused(dupont: Account, name: str) -> None:
    assert upload(items(line("FA1")), OPEN, name).state == BatchState.REFUSED


def kept_rows() -> list[Path]:
    return list((Path(settings.MEDIA_ROOT) / "staged").glob("*.sqlite3"))


def test_the_worker_writes_the_rows_that_the_upload_kept(dupont: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = upload(items(line("FA1"), line("FA2", "12,34", due="")), OPEN, FIRST)
    assert len(kept_rows()) == 1
    monkeypatch.setattr(reading, "compare", None)
    imports.apply(batch.pk, now=NOW)
    found = OpenItem.objects.open().order_by("document").values_list("amount", "due_date", "due_estimated")
    assert list(found) == [(Decimal(100), date(2026, 3, 31), False), (Decimal("12.34"), date(2026, 2, 14), True)]
    assert kept_rows() == []


def kept_rows_of_another(path: Path) -> bytes:
    upload(items(line("FA2")), OPEN, SECOND)
    return next(one for one in kept_rows() if one != path).read_bytes()


@pytest.mark.parametrize("damage", ["cut short", "another file", "gone"])
def test_without_good_kept_rows_the_file_is_read_again(dupont: Account, damage: str) -> None:
    batch = upload(items(line("FA1")), OPEN, FIRST)
    path = kept_rows()[0]
    if damage == "gone":
        path.unlink()
    else:
        other = b"" if damage == "cut short" else kept_rows_of_another(path)
        path.write_bytes(other or path.read_bytes()[:-1000])
    imports.apply(batch.pk, now=NOW)
    assert OpenItem.objects.open().get().document == "FA1"


def test_terms_that_change_after_the_upload_count(dupont: Account) -> None:
    batch = upload(items(line("FA1", due="")), OPEN, FIRST)
    Account.objects.filter(pk=dupont.pk).update(terms="60 jours")
    imports.apply(batch.pk, now=NOW)
    assert OpenItem.objects.get().due_date == date(2026, 3, 16)


def test_an_account_that_disappears_after_the_upload_refuses_the_file(dupont: Account) -> None:
    batch = upload(items(line("FA1")), OPEN, FIRST)
    Account.objects.filter(pk=dupont.pk).update(code="411RENAMED")
    with pytest.raises(ImportRefused, match="not known"):
        imports.apply(batch.pk, now=NOW)
    assert not OpenItem.objects.exists()

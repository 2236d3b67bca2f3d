"""Undoing a file: exact values come back, what it created goes, what others did since stays and is told."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from companies.choices import BatchState, EffectKind, FieldChoice, FileKind, ImportMode, LinkState, Origin
from companies.models import Account, Change, Company, Dispute, FieldAct, FieldRule, FieldSource, ImportBatch, OpenItem
from companies.services import disputes, imports, undo
from companies.services.planning import ImportRefused
from monitoring.models import CellSummary, Standing
from monitoring.services import standing
from tests import make
from tests.companies.erp import DUPONT, applied, items, line, partners, upload
from tests.companies.provenance import typed
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=2)
CHANGED = DUPONT.replace("Lille", "Roubaix").replace("12 000", "15 000").replace("Établissements Dupont", "Dupont SA")
OPEN = FileKind.OPEN_ITEMS


def undone(batch: ImportBatch) -> undo.Undoing:
    found = undo.undo(batch.pk, user_id=None, now=LATER)
    batch.refresh_from_db()
    return found


def apply_at(batch: ImportBatch, hours: int) -> ImportBatch:
    imports.apply(batch.pk, now=NOW + timedelta(hours=hours))
    batch.refresh_from_db()
    return batch


def values(model: Any) -> list[dict[str, Any]]:
    hidden = {"updated_at", "created_at"}
    return [{k: v for k, v in row.items() if k not in hidden} for row in model.objects.order_by("pk").values()]


def test_what_a_file_created_disappears() -> None:
    batch = applied(partners(DUPONT, "401DUPONT;Dupont;732829320;;;;;FR;;", "411B;Béta;;;;;;FR;;"))
    found = undone(batch)
    assert not Company.objects.exists()
    assert not Account.objects.exists()
    assert batch.state == BatchState.UNDONE
    assert batch.undone_at == LATER
    assert (found.tallies[EffectKind.COMPANY].removed, found.tallies[EffectKind.ACCOUNT].removed) == (2, 3)


def test_what_disappeared_stays_in_the_history() -> None:
    batch = applied(partners(DUPONT))
    pk = Company.objects.get().pk
    undone(batch)
    assert [h.history_type for h in Company.history.filter(id=pk)] == ["-", "+"]


def test_exact_previous_values_come_back() -> None:
    applied(partners(DUPONT))
    before = values(Company), values(Account)
    batch = apply_at(upload(partners(CHANGED), name="later.csv"), 1)
    assert (values(Company), values(Account)) != before
    found = undone(batch)
    assert (values(Company), values(Account)) == before
    assert found.tallies[EffectKind.ACCOUNT].restored == 1
    assert Company.objects.get().history.first().city == "Lille"


def test_a_limit_that_was_unknown_is_unknown_again() -> None:
    applied(partners(DUPONT.replace("12 000,00", "")))
    undone(apply_at(upload(partners(DUPONT), name="later.csv"), 1))
    assert Account.objects.get().erp_limit is None


def test_what_somebody_changed_since_stays_and_is_told() -> None:
    applied(partners(DUPONT))
    batch = apply_at(upload(partners(CHANGED), name="later.csv"), 1)
    company = Company.objects.get()
    company.city = "Tourcoing"
    company.save()
    found = undone(batch)
    company.refresh_from_db()
    assert (company.city, company.name) == ("Tourcoing", "Établissements Dupont")
    assert Account.objects.get().erp_limit == Decimal(12_000)
    assert any("Tourcoing" in one.reason for one in found.kept)
    assert batch.problems.filter(code="not_undone").count() == found.count == 1


def test_a_company_that_somebody_edited_since_stays() -> None:
    batch = applied(partners(DUPONT))
    company = Company.objects.get()
    company.website = "dupont.example"
    company.save()
    found = undone(batch)
    assert Company.objects.get() == company
    assert "changed since" in found.kept[0].reason


def test_a_linked_company_stays_with_the_reason() -> None:
    batch = applied(partners(DUPONT))
    make.profile(Company.objects.get())
    found = undone(batch)
    assert Company.objects.get().link_state == LinkState.LINKED
    assert "Creditsafe profile" in found.kept[0].reason
    assert not Account.objects.exists()


def test_an_account_with_open_items_of_another_ledger_file_stays_with_its_company() -> None:
    batch = applied(partners(DUPONT))
    make.item(Account.objects.get(), "10", batch=make.batch(applied_at=NOW - timedelta(days=1)))
    undone(batch)
    assert (Company.objects.count(), Account.objects.count(), OpenItem.objects.count()) == (1, 1, 1)


def test_an_account_that_moved_goes_back_and_the_new_company_disappears() -> None:
    old = make.company("Old", registration_number="552100554")
    account = make.account(old, code="411DUPONT")
    batch = applied(partners(DUPONT))
    undone(batch)
    account.refresh_from_db()
    assert account.company == old
    assert Company.objects.get() == old


def test_accounts_that_a_complete_file_closed_are_open_again() -> None:
    applied(partners(DUPONT, "411B;Béta;;;;;;FR;;"))
    batch = apply_at(upload(partners(DUPONT), name="stock.csv", mode=ImportMode.STOCK), 1)
    assert Account.objects.get(code="411B").closed_on == date(2026, 11, 20)
    undone(batch)
    assert Account.objects.get(code="411B").closed_on is None


def test_open_items_come_back_as_they_were() -> None:
    applied(partners(DUPONT))
    first = apply_at(upload(items(line("FA1"), line("FA2")), OPEN, "postes_20260930.csv"), 1)
    before = values(OpenItem)
    second = apply_at(upload(items(line("FA1", "60,00"), line("FA3")), OPEN, "postes_20261031.csv"), 2)
    assert OpenItem.objects.open().count() == 2
    undone(second)
    assert values(OpenItem) == before
    assert set(OpenItem.objects.values_list("batch", flat=True)) == {first.pk}


def test_an_older_file_is_refused_until_the_newer_one_is_undone() -> None:
    older = applied(partners(DUPONT))
    newer = apply_at(upload(partners(CHANGED), name="later.csv"), 1)
    with pytest.raises(ImportRefused, match=r"later\.csv"):
        undone(older)
    undone(newer)
    undone(older)
    assert not Company.objects.exists()


def test_a_file_of_another_ledger_is_no_newer_layer() -> None:
    older = applied(partners(DUPONT))
    apply_at(upload(partners("411X;Xénon;;;;;;FR;;"), name="other.csv", ledger="SECOND"), 1)
    undone(older)
    assert [company.name for company in Company.objects.all()] == ["Xénon"]


@pytest.mark.parametrize("state", [BatchState.PREVIEWED, BatchState.REFUSED, BatchState.UNDONE])
def test_only_an_applied_file_is_undone(state: BatchState) -> None:
    batch = make.batch(state=state, applied_at=NOW)
    with pytest.raises(ImportRefused, match="not applied"):
        undo.undo(batch.pk, user_id=None, now=LATER)


def test_a_file_from_before_undo_says_why_it_cannot_be_undone() -> None:
    assert "before files could be undone" in undo.refusal(make.batch(applied_at=NOW, created_count=3))


def test_the_same_file_can_be_applied_again_after_its_undo() -> None:
    undone(applied(partners(DUPONT)))
    again = applied(partners(DUPONT))
    assert again.state == BatchState.APPLIED
    assert Company.objects.count() == 1


def test_looking_at_what_would_be_undone_changes_nothing() -> None:
    applied(partners(DUPONT))
    batch = apply_at(upload(partners(CHANGED, "411B;Béta;;;;;;FR;;"), name="later.csv"), 1)
    before = values(Company), values(Account)
    looked = undo.preview(batch)
    assert (values(Company), values(Account)) == before
    assert undone(batch).tallies == looked.tallies


def test_undoing_marks_what_changed() -> None:
    applied(partners(DUPONT))
    batch = apply_at(upload(partners(CHANGED, "411B;Béta;;;;;;FR;;"), name="later.csv"), 1)
    Change.objects.all().delete()
    undone(batch)
    assert list(Change.objects.values_list("company__name", "note").distinct()) == [
        ("Établissements Dupont", "later.csv")
    ]


def test_the_sums_of_the_matrix_forget_companies_that_disappear() -> None:
    batch = applied(partners(DUPONT, "411B;Béta;;;;;;FR;;"))
    standing.digest(now=NOW, as_of=TODAY)
    assert Standing.objects.count() == 2
    undone(batch)
    assert not Standing.objects.exists()
    assert not CellSummary.objects.exclude(companies=0).exists()


def test_queries_of_an_undo_do_not_grow_with_the_rows(django_assert_max_num_queries: Any) -> None:
    batch = applied(partners(*[f"411{n};Alpha {n};;;;;;FR;;" for n in range(300)]))
    with django_assert_max_num_queries(120):
        undone(batch)
    assert not Company.objects.exists()


def test_accounts_that_pay_for_one_another_disappear_together_and_the_preview_says_so() -> None:
    batch = applied(b"Compte;Nom;Payeur\n411A;Alpha;411Z\n411Z;Zenith;\n")
    assert undo.preview(batch).count == 0
    assert undone(batch).count == 0
    assert not Account.objects.exists()


def test_a_payer_comes_back() -> None:
    applied(b"Compte;Nom;Payeur\n411A;Alpha;411Z\n411Z;Zenith;\n411Y;Ypsilon;\n")
    undone(apply_at(upload(b"Compte;Nom;Payeur\n411A;Alpha;411Y\n", name="later.csv"), 1))
    assert Account.objects.get(code="411A").payer == Account.objects.get(code="411Z")


@pytest.fixture
def taken_from_creditsafe() -> tuple[Company, ImportBatch, list[dict[str, Any]]]:
    """A company whose town came from Creditsafe until a file took it, as a rule says."""
    applied(partners(DUPONT))
    company = Company.objects.get()
    FieldSource.objects.create(company=company, field="city", source=Origin.CREDITSAFE, since=NOW - timedelta(days=9))
    act = FieldAct.objects.create(kind="always_take", at=NOW)
    FieldRule.objects.create(field="city", source=Origin.ERP, choice=FieldChoice.TAKE, made=act)
    before = values(FieldSource)
    return company, apply_at(upload(partners(CHANGED), name="later.csv"), 1), before


def test_who_gave_a_value_before_a_rule_let_a_file_take_it_comes_back(
    taken_from_creditsafe: tuple[Company, ImportBatch, list[dict[str, Any]]],
) -> None:
    company, batch, before = taken_from_creditsafe
    assert FieldSource.objects.get().source == Origin.ERP
    assert undo.preview(batch).tallies[EffectKind.SOURCE].restored == 1
    assert FieldSource.objects.get().source == Origin.ERP
    undone(batch)
    company.refresh_from_db()
    assert (company.city, values(FieldSource)) == ("Lille", before)


def test_a_value_that_somebody_typed_since_keeps_its_source(
    taken_from_creditsafe: tuple[Company, ImportBatch, list[dict[str, Any]]],
) -> None:
    company, batch, _before = taken_from_creditsafe
    company.refresh_from_db()
    typed(company, "city", "Tourcoing")
    undone(batch)
    company.refresh_from_db()
    assert (company.city, FieldSource.objects.get().source) == ("Tourcoing", Origin.USER)


def test_disputes_that_would_go_with_the_items_of_a_file_are_counted() -> None:
    applied(partners(DUPONT))
    first = apply_at(upload(items(line("FA1")), OPEN, "postes_20260930.csv"), 1)
    second = apply_at(upload(items(line("FA1", "60,00"), line("FA2"), line("FA3")), OPEN, "postes_20261031.csv"), 2)
    for item in OpenItem.objects.filter(document__in=["FA1", "FA2"]):
        disputes.note(item, reason="price", since=TODAY, user_id=None, now=NOW, today=TODAY)
    assert undo.disputes(second) == 1
    undone(second)
    assert Dispute.objects.get().item.document == "FA1"
    assert undo.disputes(first) == 1

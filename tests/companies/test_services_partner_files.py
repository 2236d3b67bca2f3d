"""Partner files: payers, establishments, complete files, rows left out, and files that come again."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import translation

from companies.choices import BatchState, FileKind, ImportMode, JobState, Role
from companies.models import Account, Company, ImportBatch, ImportProfile, Job
from companies.services import imports, jobs, staged
from companies.services.planning import ImportRefused
from tests import make
from tests.companies.erp import DUPONT, applied, counts, items, line, partners, upload
from tests.make import NOW

pytestmark = pytest.mark.django_db

WITH_PAYER = "Compte;Raison sociale;SIREN;Payeur"
WITH_SIRET = "Compte;Raison sociale;SIRET"
FIRST, OTHER = "48972424500035", "48972424500019"
STOCK = ImportMode.STOCK


def file(header: str, *lines: str) -> bytes:
    return "\r\n".join([header, *lines, ""]).encode("cp1252")


def again(content: bytes, hours: int = 1, **values: Any) -> ImportBatch:
    batch = upload(content, name=f"later{hours}.csv", **values)
    imports.apply(batch.pk, now=NOW + timedelta(hours=hours))
    batch.refresh_from_db()
    return batch


def profile(**values: Any) -> ImportProfile:
    given = {"name": "Sage", "kind": FileKind.PARTNERS, "mode": ImportMode.DELTA, "leave_out_errors": True} | values
    return ImportProfile.objects.create(**given)


def test_the_payer_is_another_account_of_the_ledger_wherever_it_stands_in_the_file() -> None:
    applied(file(WITH_PAYER, "411A;Alpha;;411Z", "411Z;Zénith;;"))
    assert Account.objects.get(code="411A").payer == Account.objects.get(code="411Z")
    assert Account.objects.get(code="411Z").payer is None


def test_a_payer_that_is_not_known_is_a_warning_with_its_line() -> None:
    batch = applied(file(WITH_PAYER, "411A;Alpha;;411X"))
    problem = batch.problems.get(code="unknown_payer")
    assert (problem.line, problem.value, problem.is_error) == (2, "411X", False)
    assert Account.objects.get().payer is None


def test_a_payer_that_was_imported_before_is_found() -> None:
    applied(partners("411Z;Zénith;;;;;;FR;;"))
    batch = again(file(WITH_PAYER, "411A;Alpha;;411Z"))
    assert Account.objects.get(code="411A").payer == Account.objects.get(code="411Z")
    assert batch.warnings == 0


def test_an_empty_payer_erases_nothing_and_another_one_replaces_it() -> None:
    applied(file(WITH_PAYER, "411A;Alpha;;411Z", "411Z;Zénith;;", "411Y;Ypsilon;;"))
    assert counts(again(file(WITH_PAYER, "411A;Alpha;;"))) == (0, 0, 1, 0)
    assert counts(again(file(WITH_PAYER, "411A;Alpha;;411Y"), 2)) == (0, 1, 0, 0)
    assert Account.objects.get(code="411A").payer == Account.objects.get(code="411Y")


@pytest.mark.parametrize("mode", list(ImportMode))
@pytest.mark.parametrize("content", [file(WITH_PAYER, "411A;Alpha;732829320;411Z", "411Z;Zénith;;"), partners(DUPONT)])
def test_importing_the_same_content_again_changes_nothing(content: bytes, mode: ImportMode) -> None:
    applied(content, mode=mode)
    batch = again(content + b"\r\n", mode=mode)
    assert counts(batch)[:2] == (0, 0)
    assert batch.closed_count == 0
    assert not batch.effects.exists()


def test_an_establishment_is_kept_on_the_account_and_the_head_office_on_the_company() -> None:
    head_office = make.company("Modèle", registration_number="489724245", siret=FIRST)
    applied(file(WITH_SIRET, f"411A;Modèle Lille;{OTHER}"))
    head_office.refresh_from_db()
    assert head_office.siret == FIRST
    assert Account.objects.get().siret == OTHER
    assert Account.objects.get().company == head_office


def test_two_establishments_of_one_entity_are_two_accounts_and_say_no_head_office() -> None:
    applied(file(WITH_SIRET, f"411A;Modèle Lille;{FIRST}", f"411B;Modèle Paris;{OTHER}"))
    company = Company.objects.get()
    assert (company.registration_number, company.siret) == ("489724245", "")
    assert set(Account.objects.values_list("siret", flat=True)) == {FIRST, OTHER}


def test_a_complete_file_closes_the_accounts_of_its_roles_that_it_lacks_and_deletes_none() -> None:
    applied(partners(DUPONT, "411B;Béta;;;;;;FR;;", "401C;Gamma;;;;;;FR;;"))
    batch = again(partners(DUPONT), mode=STOCK)
    assert batch.closed_count == 1
    assert dict(Account.objects.values_list("code", "closed_on")) == {
        "411DUPONT": None,
        "411B": date(2026, 11, 20),
        "401C": None,
    }


def test_a_file_of_changes_closes_nothing() -> None:
    applied(partners(DUPONT, "411B;Béta;;;;;;FR;;"))
    again(partners(DUPONT))
    assert not Account.objects.exclude(closed_on=None).exists()


def test_an_account_that_is_back_is_open_again() -> None:
    applied(partners(DUPONT, "411B;Béta;;;;;;FR;;"))
    again(partners(DUPONT), mode=STOCK)
    batch = again(partners("411B;Béta;;;;;;FR;;"), 2)
    assert Account.objects.get(code="411B").closed_on is None
    assert counts(batch) == (0, 1, 0, 0)


def test_a_complete_file_that_closes_most_accounts_is_doubted() -> None:
    applied(partners(*[f"411{n};Alpha {n};;;;;;FR;;" for n in range(30)]))
    batch = upload(partners("4110;Alpha 0;;;;;;FR;;"), mode=STOCK)
    assert "closes 29 accounts" in batch.problems.get(code="closes_many").problem


def test_rows_in_error_are_left_out_when_the_profile_says_so() -> None:
    batch = upload(partners(DUPONT, "411B;Béta;732829321;;;;;FR;;"), profile=profile())
    assert (batch.state, batch.errors, batch.left_out, batch.rows) == (BatchState.PREVIEWED, 1, 1, 1)
    imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, batch.left_out, batch.error_lines) == (BatchState.APPLIED, 1, "3")
    assert Account.objects.get().code == "411DUPONT"


def test_without_the_profile_one_error_refuses_the_file() -> None:
    content = partners(DUPONT, "411B;Béta;732829321;;;;;FR;;")
    assert upload(content).state == BatchState.REFUSED
    assert upload(content, profile=profile(leave_out_errors=False)).state == BatchState.REFUSED


@pytest.mark.parametrize(("good", "state"), [(98, BatchState.REFUSED), (99, BatchState.PREVIEWED)])
def test_a_complete_file_may_leave_out_one_row_in_a_hundred(good: int, state: BatchState) -> None:
    rows = [f"411{n};Alpha {n};;;;;;FR;;" for n in range(good)]
    assert upload(partners(*rows, "411X;Béta;732829321;;;;;FR;;"), profile=profile(mode=STOCK)).state == state


def test_an_account_whose_row_is_left_out_is_not_closed() -> None:
    rows = [f"411{n};Alpha {n};;;;;;FR;;" for n in range(120)]
    applied(partners(*rows, "411X;Béta;;;;;;FR;;"))
    batch = again(partners(*rows, "411X;Béta;732829321;;;;;FR;;"), profile=profile(mode=STOCK))
    assert batch.left_out == 1
    assert Account.objects.get(code="411X").closed_on is None


def test_an_open_item_whose_row_is_left_out_stays_open() -> None:
    applied(partners(DUPONT))
    lines = [line(f"FA{n}") for n in range(120)]
    kind = FileKind.OPEN_ITEMS
    applied(items(*lines), kind, "postes_20260930.csv")
    given = profile(kind=kind, mode=STOCK)
    bad = items(*lines[1:], line("FA0", "12,34,56"))
    batch = upload(bad, kind, "postes_20261031.csv", profile=given)
    imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    assert (batch.left_out, batch.closed_count) == (1, 0)


def test_open_items_as_changes_close_nothing() -> None:
    applied(partners(DUPONT))
    kind = FileKind.OPEN_ITEMS
    applied(items(line("FA1")), kind, "postes_20260930.csv")
    batch = applied(items(line("FA2")), kind, "postes_20261031.csv", mode=ImportMode.DELTA)
    assert counts(batch) == (1, 0, 0, 0)


def test_the_profile_of_a_file_gives_its_ledger_and_its_mode() -> None:
    given = profile(ledger="SAGE", mode=STOCK)
    batch = upload(partners(DUPONT), profile=given)
    assert (batch.profile, batch.ledger, batch.mode) == (given, "SAGE", STOCK)


def test_the_same_file_is_accepted_again_once_another_one_came_between() -> None:
    applied(partners(DUPONT))
    again(partners(DUPONT.replace("Lille", "Roubaix")))
    batch = again(partners(DUPONT), 2)
    assert batch.state == BatchState.APPLIED
    assert Company.objects.get().city == "Lille"


def test_the_same_file_is_accepted_again_with_another_mode() -> None:
    applied(partners(DUPONT))
    assert upload(partners(DUPONT), mode=STOCK).state == BatchState.PREVIEWED


def test_problems_are_read_in_the_language_of_the_reader() -> None:
    with translation.override("fr"):
        batch = upload(partners("411A;Alpha;000000000;;;;;FR;;"))
        french = batch.problems.get().problem
    assert batch.problems.get().problem == "Zeros alone are not a SIREN."
    assert french != batch.problems.get().problem or not translation.check_for_language("fr")


def test_a_message_about_a_failure_keeps_its_values() -> None:
    batch = upload(partners(DUPONT))
    batch.file.storage.delete(str(batch.file.name))
    with pytest.raises(ImportRefused):
        imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    assert batch.said == "The stored file is gone: upload it again."


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_transaction_still_hides_the_row() -> None:
    batch = upload(partners(*[f"411{n};Alpha {n};;;;;;FR;;" for n in range(10)]))
    job = imports.start(batch.pk, user_id=None, now=NOW)
    assert job is not None
    Job.objects.claim(job.pk, NOW)
    job.refresh_from_db()
    ticks = iter(range(1000))
    progress = jobs.Progress(job, lambda: NOW + timedelta(seconds=next(ticks)))
    progress(4, 10)
    hidden = Job(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
    assert (jobs.watched(hidden).done, jobs.watched(hidden).percent) == (4, 40)


def test_progress_of_an_earlier_attempt_is_not_shown() -> None:
    cache.set("job-7-1", (5, 10), timeout=60)
    assert jobs.watched(Job(pk=7, state=JobState.RUNNING, attempts=2, done=1, total=10)).done == 1


def kept(batch: ImportBatch) -> Path:
    return staged._path(batch)


def test_the_worker_takes_the_rows_that_the_upload_kept_and_drops_them() -> None:
    batch = upload(partners(DUPONT))
    assert staged.find(batch) is not None
    imports.apply(batch.pk, now=NOW)
    assert not kept(batch).exists()


def damaged(batch: ImportBatch) -> None:
    kept(batch).write_bytes(b"SQLite format 3\x00 and nothing more")


def of_another_file(batch: ImportBatch) -> None:
    other = upload(partners("411X;Xénon;;;;;;FR;;"))
    kept(batch).write_bytes(kept(other).read_bytes())


@pytest.mark.parametrize("harm", [damaged, of_another_file, lambda batch: kept(batch).unlink()])
def test_kept_rows_that_are_damaged_gone_or_of_another_file_are_read_from_the_file_again(
    harm: Callable[[ImportBatch], None],
) -> None:
    batch = upload(partners(DUPONT))
    harm(batch)
    imports.apply(batch.pk, now=NOW)
    assert Account.objects.get().code == "411DUPONT"


def test_kept_rows_are_not_used_once_the_profile_says_something_else() -> None:
    given = profile()
    batch = upload(partners("0042;Alpha;;;;;;FR;;"), profile=given)
    given.default_role = Role.SUPPLIER
    given.save()
    imports.apply(batch.pk, now=NOW)
    assert Account.objects.get().role == Role.SUPPLIER

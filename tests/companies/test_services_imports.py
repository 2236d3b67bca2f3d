"""Files: kept with their problems, applied all or nothing, once, without a query for each row."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from companies.choices import BatchState, FileKind, JobKind
from companies.models import Account, Change, ImportBatch, ImportProblem, Job, OpenItem
from companies.services import imports
from companies.services.jobs import Lost
from companies.services.planning import ImportRefused
from tests.companies.erp import DUPONT, applied, items, line, partners, upload
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


def test_a_failure_in_the_middle_writes_nothing(dupont: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = upload(items(line("FA1"), line("FA2")), OPEN, FIRST)

    def broken(done: int, total: int) -> None:
        if done:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        imports.apply(batch.pk, now=NOW, progress=broken)
    batch.refresh_from_db()
    assert not OpenItem.objects.exists()
    assert not Change.objects.exists()
    assert batch.state == BatchState.FAILED
    assert "nothing was written" in batch.message
    imports.apply(batch.pk, now=NOW)
    assert OpenItem.objects.count() == 2


def test_a_worker_that_lost_its_lease_leaves_the_file_to_the_other(dupont: Account) -> None:
    batch = upload(items(line("FA1")), OPEN, FIRST)
    imports.start(batch.pk, user_id=None, now=NOW)

    def lost(done: int, total: int) -> None:
        raise Lost

    with pytest.raises(Lost):
        imports.apply(batch.pk, now=NOW, progress=lost)
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLYING


def test_applying_twice_writes_once(dupont: Account) -> None:
    batch = applied(items(line("FA1")), OPEN, FIRST)
    Change.objects.all().delete()
    imports.apply(batch.pk, now=NOW + timedelta(hours=1))
    batch.refresh_from_db()
    assert batch.applied_at == NOW
    assert not Change.objects.exists()


def test_the_same_file_previewed_twice_is_applied_once(dupont: Account) -> None:
    first, second = (upload(items(line("FA1")), OPEN, FIRST) for _time in range(2))
    assert imports.start(first.pk, user_id=None, now=NOW)
    with pytest.raises(ImportRefused, match="already applied"):
        imports.start(second.pk, user_id=None, now=NOW)
    second.refresh_from_db()
    assert second.state == BatchState.PREVIEWED


def test_the_same_file_is_refused_with_the_date_of_the_first() -> None:
    applied(partners(DUPONT))
    batch = upload(partners(DUPONT))
    assert batch.state == BatchState.REFUSED
    assert "2026" in batch.problems.get().problem


def test_a_damaged_stored_file_is_refused(dupont: Account) -> None:
    batch = upload(items(line("FA1")), OPEN, FIRST)
    with batch.file.storage.open(str(batch.file.name), "wb") as stored:
        stored.write(items(line("FA1", "999,00")))
    with pytest.raises(ImportRefused, match="not the one that was checked"):
        imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, OpenItem.objects.count()) == (BatchState.FAILED, 0)


def test_a_stored_file_that_is_gone_is_refused(dupont: Account) -> None:
    batch = upload(items(line("FA1")), OPEN, FIRST)
    batch.file.storage.delete(str(batch.file.name))
    with pytest.raises(ImportRefused, match="upload it again"):
        imports.apply(batch.pk, now=NOW)


def test_an_account_that_disappeared_since_the_preview_refuses_the_file(dupont: Account) -> None:
    batch = upload(items(line("FA1")), OPEN, FIRST)
    dupont.delete()
    with pytest.raises(ImportRefused, match="411DUPONT is not known"):
        imports.apply(batch.pk, now=NOW)


def test_a_refused_file_is_never_applied() -> None:
    batch = upload(b"")
    with pytest.raises(ImportRefused):
        imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    assert batch.state == BatchState.REFUSED


def test_starting_makes_one_job_and_only_from_a_preview() -> None:
    batch = upload(partners(DUPONT))
    job = imports.start(batch.pk, user_id=None, now=NOW)
    assert job == Job.objects.get(kind=JobKind.IMPORT, batch=batch)
    assert imports.start(batch.pk, user_id=None, now=NOW) is None


def test_the_first_reason_of_a_failure_stays_and_an_applied_file_never_fails() -> None:
    batch, done = upload(partners(DUPONT)), applied(partners("411B;Béta;;;;;;FR;;"))
    for reason in ("first", "second"):
        imports.fail(batch.pk, reason)
        imports.fail(done.pk, reason)
    batch.refresh_from_db()
    done.refresh_from_db()
    assert (batch.state, batch.message) == (BatchState.FAILED, "first")
    assert done.state == BatchState.APPLIED


def test_progress_ends_with_all_rows(dupont: Account) -> None:
    told: list[tuple[int, int]] = []
    batch = upload(items(*[line(f"FA{n}") for n in range(5)]), OPEN, FIRST)
    imports.apply(batch.pk, now=NOW, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)
    assert all(done < 5 for done, _total in told[:-1])


def test_the_stored_file_has_a_random_name_and_the_batch_the_original_without_its_path() -> None:
    batch = upload(partners(DUPONT), name="C:\\Users\\dupont\\Partenaires été.CSV")
    assert batch.filename == "Partenaires été.CSV"
    assert "Partenaires" not in str(batch.file.name)
    assert str(batch.file.name).endswith(".csv")


def test_a_name_cannot_choose_the_kind_of_the_stored_file() -> None:
    assert str(upload(b"", name="page.html").file.name).endswith(".bin")


def test_only_the_first_errors_are_stored_but_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_PROBLEMS", 10)
    batch = upload(partners(*[f"411{n};Alpha;000000000;;;;;FR;;" for n in range(30)]))
    assert (batch.errors, ImportProblem.objects.count()) == (30, 10)


def test_discarding_forgets_the_file_on_disk_too(django_capture_on_commit_callbacks: Any) -> None:
    batch = upload(partners(DUPONT))
    name, storage = str(batch.file.name), batch.file.storage
    with django_capture_on_commit_callbacks(execute=True):
        assert imports.discard(batch)
    assert not storage.exists(name)
    assert not ImportBatch.objects.exists()


def test_an_applied_file_is_not_discarded() -> None:
    assert not imports.discard(applied(partners(DUPONT)))


def test_the_first_rows_are_read_again_when_the_cache_is_lost() -> None:
    batch = upload(partners(*[f"411{n};Alpha;;;;;;FR;;" for n in range(30)]))
    before = list(imports.head(batch))
    cache.clear()
    assert list(imports.head(batch)) == before
    assert len(before) == imports.SHOWN_ROWS


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(
            lambda n: partners(*[f"411{i};Alpha {i};;;;;;FR;{i},00;" for i in range(n)]),
            FileKind.PARTNERS,
            id="partners",
        ),
        pytest.param(lambda n: items(*[line(f"FA{i}", f"{i + 1},00") for i in range(n)]), OPEN, id="open items"),
    ],
)
def test_queries_do_not_grow_with_the_rows(dupont: Account, content: Callable[[int], bytes], kind: FileKind) -> None:
    asked = []
    for rows in (5, 60):
        batch = upload(content(rows), kind, f"f_202609{rows:02d}.csv" if rows < 30 else "f_20261001.csv")
        with CaptureQueriesContext(connection) as queries:
            imports.apply(batch.pk, now=NOW)
        asked.append(len(queries))
    assert asked[1] <= asked[0] + 8

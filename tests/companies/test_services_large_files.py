"""A large file is read by a worker: the page only keeps it, and a killed worker leaves nothing half-read."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from xlsxwriter import Workbook

from companies import tasks
from companies.choices import BatchState, FileKind, ImportMode, JobKind, JobState
from companies.imports import cells, files, signs
from companies.models import ImportBatch, Job
from companies.models.job import LEASE
from companies.services import imports, jobs, pace
from companies.services.planning import ImportRefused
from tests import make
from tests.companies.erp import items, line
from tests.make import NOW

pytestmark = pytest.mark.django_db

OPEN = FileKind.OPEN_ITEMS


class Killed(BaseException):
    """What no worker lives through."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(imports, "AT_ONCE", 100)
    monkeypatch.setattr(pace, "EVERY", 5)
    make.account(make.company("Dupont"), code="411DUPONT")
    with translation.override("en"):
        yield


def receive(content: bytes = b"", name: str = "postes_20261031.csv") -> tuple[ImportBatch, Job | None]:
    content = content or items(*[line(f"FA{n}") for n in range(20)])
    return imports.receive(
        kind=OPEN, filename=name, content=ContentFile(content, name), user_id=None, now=NOW, mode=ImportMode.STOCK
    )


def waiting(content: bytes = b"", name: str = "postes_20261031.csv") -> tuple[ImportBatch, Job]:
    batch, job = receive(content, name)
    assert job is not None
    return batch, job


def work(job: Job, *, later: timedelta = timedelta(0), work: Any = tasks._work) -> ImportBatch:
    jobs.run(job.pk, work=work, clock=lambda: NOW + later)
    return ImportBatch.objects.get()


def test_a_small_file_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 2000)
    batch, job = receive()
    assert (batch.state, batch.rows, job) == (BatchState.PREVIEWED, 20, None)


def test_a_large_file_waits_for_a_worker_and_then_is_as_any_other() -> None:
    batch, job = waiting()
    assert (batch.state, batch.rows, job.kind, batch.problems.count()) == (BatchState.READING, 0, JobKind.READ, 0)
    batch = work(job)
    assert (batch.state, batch.rows, batch.created_count) == (BatchState.PREVIEWED, 20, 20)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    imports.apply(batch.pk, now=NOW)
    assert ImportBatch.objects.get().state == BatchState.APPLIED


@pytest.mark.parametrize("name", ["postes_20261031.csv", "postes_20261031.xlsx"])
def test_the_bytes_that_are_read_are_told_and_never_go_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "_SAMPLE", 100)
    monkeypatch.setattr(cells, "_SAMPLE", 100)
    content = items(*[line(f"FA{n}") for n in range(5000)])
    if name.endswith("xlsx"):
        book = Workbook(out := BytesIO())
        sheet = book.add_worksheet()
        for number, text in enumerate(content.decode("cp1252").splitlines()):
            sheet.write_row(number, 0, text.split(";"))
        book.close()
        content = out.getvalue()
    batch, _job = waiting(content, name)
    told: list[tuple[int, int]] = []
    imports.read(batch.pk, progress=lambda done, total: told.append((done, total)))
    assert ImportBatch.objects.get().state == BatchState.PREVIEWED
    assert [done for done, _total in told] == sorted(done for done, _total in told)
    assert {total for _done, total in told} == {len(content)}
    assert len({done for done, _total in told}) > 3
    assert len(content) * 0.9 < told[-1][0] < len(content)


def test_a_killed_worker_leaves_nothing_and_the_next_one_reads_the_whole_file() -> None:
    batch, job = waiting()

    def dies(job: Job, progress: jobs.Progress) -> None:
        def kill(done: int, total: int) -> None:
            raise Killed

        imports.read(batch.pk, progress=kill)

    with pytest.raises(Killed):
        work(job, work=dies)
    batch.refresh_from_db()
    assert (batch.state, batch.problems.count(), batch.checks.count()) == (BatchState.READING, 0, 0)
    assert not Job.objects.ready(NOW + LEASE / 2).exists()
    assert Job.objects.ready(NOW + 2 * LEASE).get() == job
    assert work(job, later=2 * LEASE).state == BatchState.PREVIEWED


def test_a_file_whose_job_failed_gets_another_from_the_sweep(published: list[Any]) -> None:
    batch, job = waiting()
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    tasks.sweep_jobs()
    tasks.sweep_jobs()
    again = Job.objects.live().get(batch=batch)
    assert (again.kind, again.pk) == (JobKind.READ, again.pk)
    assert ("companies.tasks.run_job", (again.pk,)) in published


def test_a_file_that_kills_its_workers_is_refused_in_the_end() -> None:
    batch, job = waiting()
    Job.objects.filter(pk=job.pk).update(attempts=imports.MOST_ATTEMPTS)
    batch = work(job)
    assert batch.state == BatchState.REFUSED
    assert "too little memory" in batch.problems.get().problem


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 \x00\x01 something" * 10, "wrong_type"),
        (b"Couleur;Taille\n" + b"bleu;12\n" * 30, "no_header"),
        (b"\x00" * 500, "empty"),
    ],
)
def test_a_large_file_that_cannot_be_read_ends_with_the_same_message(content: bytes, code: str) -> None:
    batch = work(waiting(content)[1])
    assert (batch.state, batch.problems.get().code) == (BatchState.REFUSED, code)
    assert batch.problems.get().advice


def test_an_unexpected_error_refuses_the_file_and_fails_the_job() -> None:
    batch, job = waiting()
    batch.file.storage.delete(batch.file.name or "")
    batch = work(job)
    assert batch.state == BatchState.REFUSED
    assert "unexpected error" in batch.problems.get().problem
    job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_too_many_lines_name_the_file_the_limit_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 10)
    problem = work(waiting()[1]).problems.get()
    assert problem.problem == "“postes_20261031.csv” has more than 10 lines, the most that one file may have."
    assert problem.advice.startswith("Export only what is still open")


def test_a_file_thrown_away_while_it_is_read_stays_away() -> None:
    batch, _job = waiting()

    def discard(done: int, total: int) -> None:
        if ImportBatch.objects.exists():
            assert imports.discard(batch)

    imports.read(batch.pk, progress=discard)
    assert not ImportBatch.objects.exists()


def test_a_file_is_not_applied_before_its_reading_has_ended() -> None:
    batch, _job = waiting()
    assert imports.start(batch.pk, user_id=None, now=NOW) is None
    imports.read(batch.pk)
    with pytest.raises(ImportRefused, match="still being worked on"):
        imports.start(batch.pk, user_id=None, now=NOW)
    assert ImportBatch.objects.get().state == BatchState.PREVIEWED


def test_a_read_file_is_not_read_again() -> None:
    batch = work(waiting()[1])
    ImportBatch.objects.update(rows=7)
    imports.read(batch.pk)
    assert ImportBatch.objects.get().rows == 7


@pytest.mark.django_db(transaction=True)
def test_the_page_polls_while_it_is_read_and_then_shows_it(
    analyst: User, client_as: Callable[[User], Client], published: list[Any]
) -> None:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    content = items(*[line(f"FA{n}") for n in range(20)])
    sent = {"kind": "open_items", "open_items-mode": "stock"}
    file = SimpleUploadedFile("postes_20261031.csv", content)
    page = client.post(reverse("imports"), {**sent, "open_items-file": file}, follow=True).content.decode()
    batch, job = ImportBatch.objects.get(), Job.objects.get()
    url = reverse("import_progress", args=[batch.pk])
    assert url in page
    assert "Being read" in page
    assert "Items read" not in page
    assert published == [("companies.tasks.run_job", (job.pk,))]
    Job.objects.update(state=JobState.RUNNING, done=1024, total=2048, lease_until=timezone.now() + LEASE)
    assert "1.0\xa0KB of 2.0\xa0KB" in client.get(url).content.decode()
    imports.read(batch.pk)
    assert client.get(url)["HX-Refresh"] == "true"
    assert "Items read" in client.get(batch.get_absolute_url()).content.decode()

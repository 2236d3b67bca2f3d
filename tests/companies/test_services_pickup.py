"""Files fetched from folders by the clock: taken once, applied when nothing is doubtful, never twice."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from companies.choices import BatchState, FileKind, ImportMode, JobKind, PickupState
from companies.models import ImportBatch, ImportProfile, Job, OpenItem, PickupFile, PickupFolder
from companies.services import imports, pickup
from companies.tasks import pick_up_files
from tests import make
from tests.companies.erp import items, line
from tests.make import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)
NAME = "postes_20261031.csv"


@pytest.fixture
def inbox(settings: Any, tmp_path: Path) -> Path:
    settings.PICKUP_ROOT = tmp_path / "pickup"
    (tmp_path / "pickup" / "sage").mkdir(parents=True)
    return tmp_path / "pickup" / "sage"


@pytest.fixture
def folder(inbox: Path) -> PickupFolder:
    make.account(make.company("Dupont"), code="411DUPONT")
    profile = ImportProfile.objects.create(name="Sage", kind=FileKind.OPEN_ITEMS, mode=ImportMode.STOCK)
    return PickupFolder.objects.create(profile=profile, path="sage", pattern="*.csv")


def both() -> None:
    """Two looks, five minutes apart: what did not move in between is taken."""
    pickup.look(now=NOW)
    pickup.look(now=LATER)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir()) if path.exists() else []


def test_a_good_file_is_applied_and_moved_to_done(folder: PickupFolder, inbox: Path) -> None:
    (inbox / NAME).write_bytes(items(line("FA1")))
    both()
    assert OpenItem.objects.open().get().document == "FA1"
    assert names(inbox / "done") == [NAME, f"{NAME}.txt"]
    assert names(inbox) == ["done"]
    file = PickupFile.objects.get()
    assert (file.state, file.batch) == (PickupState.DONE, ImportBatch.objects.get(profile=folder.profile))


def test_a_file_just_seen_is_left_alone(folder: PickupFolder, inbox: Path) -> None:
    (inbox / NAME).write_bytes(items(line("FA1")))
    pickup.look(now=NOW)
    pickup.look(now=NOW + timedelta(seconds=59))
    assert names(inbox) == [NAME]
    assert not ImportBatch.objects.exists()


def test_a_file_that_still_grows_waits_a_minute_from_its_last_change(folder: PickupFolder, inbox: Path) -> None:
    (inbox / NAME).write_bytes(items(line("FA1")))
    pickup.look(now=NOW)
    (inbox / NAME).write_bytes(items(line("FA1"), line("FA2")))
    pickup.look(now=LATER)
    assert not ImportBatch.objects.exists()
    pickup.look(now=LATER + timedelta(minutes=1))
    assert OpenItem.objects.open().count() == 2


def test_a_file_with_errors_goes_to_failed_with_its_problems_as_text(folder: PickupFolder, inbox: Path) -> None:
    (inbox / NAME).write_bytes(items(line("FA1", "1,2,3"), line("FA2")))
    both()
    assert names(inbox / "failed") == [NAME, f"{NAME}.txt"]
    said = text_of(inbox / "failed" / f"{NAME}.txt")
    assert "Refused" in said
    assert "Line 2 · Montant · 1,2,3: The separators of this amount contradict each other." in said
    assert not OpenItem.objects.exists()


def test_rows_that_a_profile_lets_go_need_a_person(folder: PickupFolder, inbox: Path) -> None:
    ImportProfile.objects.update(leave_out_errors=True)
    (inbox / NAME).write_bytes(items(*[line(f"FA{n}") for n in range(150)], line("BAD", "1,2,3")))
    both()
    assert ImportBatch.objects.get().state == BatchState.PREVIEWED
    assert "a person has to apply it" in text_of(inbox / "failed" / f"{NAME}.txt")


def test_what_the_sentinel_doubts_is_not_applied(folder: PickupFolder, inbox: Path) -> None:
    (inbox / "postes_20260930.csv").write_bytes(items(*[line(f"FA{n}") for n in range(30)]))
    both()
    (inbox / NAME).write_bytes(items(line("FA1")))
    both()
    assert OpenItem.objects.open().count() == 30
    said = text_of(inbox / "failed" / f"{NAME}.txt")
    assert "In quarantine" in said
    assert "Number of open items: previous 30.00, now 1.00, at least 24.00, at most 45.00" in said


def test_the_same_content_is_never_taken_twice(folder: PickupFolder, inbox: Path) -> None:
    (inbox / NAME).write_bytes(items(line("FA1")))
    both()
    (inbox / "again_20261031.csv").write_bytes(items(line("FA1")))
    both()
    assert ImportBatch.objects.count() == 1
    assert names(inbox / "failed") == ["again_20261031.csv", "again_20261031.csv.txt"]
    assert "already picked up" in text_of(inbox / "failed" / "again_20261031.csv.txt")


def test_an_earlier_file_of_the_same_name_is_never_overwritten(folder: PickupFolder, inbox: Path) -> None:
    for document in ("FA1", "FA2"):
        (inbox / NAME).write_bytes(items(line(document)))
        both()
    assert names(inbox / "done")[:2] == ["postes_20261031 (2).csv", "postes_20261031 (2).csv.txt"]
    assert (inbox / "done" / NAME).read_bytes() == items(line("FA1"))


@pytest.mark.parametrize("how_far", ["uploaded", "applied"])
def test_a_file_whose_worker_died_is_finished_without_a_second_batch(
    folder: PickupFolder, inbox: Path, how_far: str
) -> None:
    (inbox / NAME).write_bytes(items(line("FA1")))
    pickup.look(now=NOW)
    file = pickup._claim(folder, NAME, pickup._sha256(inbox / NAME))
    assert file is not None
    file.batch = pickup._upload(file, inbox / NAME, NOW)
    file.save()
    if how_far == "applied":
        imports.apply(file.batch.pk, now=NOW)
    both()
    assert ImportBatch.objects.count() == OpenItem.objects.count() == 1
    assert NAME in names(inbox / "done")


def test_files_that_do_not_fit_the_pattern_stay(folder: PickupFolder, inbox: Path) -> None:
    (inbox / "notes.txt").write_text("x")
    both()
    assert names(inbox) == ["notes.txt"]


def test_links_are_not_followed(folder: PickupFolder, inbox: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(items(line("FA1")))
    (inbox / NAME).symlink_to(secret)
    both()
    assert secret.exists()
    assert not ImportBatch.objects.exists()


def outside(inbox: Path) -> str:
    return "../../etc"


def through_a_link(inbox: Path) -> str:
    (inbox.parent.parent / "elsewhere").mkdir()
    (inbox.parent / "link").symlink_to(inbox.parent.parent / "elsewhere")
    return "link"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (outside, "outside the root"),
        (lambda inbox: "/etc", "outside the root"),
        (through_a_link, "outside the root"),
        (lambda inbox: "nowhere", "does not exist"),
    ],
    ids=["above", "absolute", "through a link", "nowhere"],
)
def test_a_folder_outside_the_root_is_not_looked_into_and_the_others_are(
    folder: PickupFolder, inbox: Path, path: Callable[[Path], str], said: str
) -> None:
    bad = PickupFolder.objects.create(profile=folder.profile, path=path(inbox), pattern="*")
    (inbox / NAME).write_bytes(items(line("FA1")))
    both()
    bad.refresh_from_db()
    assert said in bad.error
    assert bad.looked_at == LATER
    assert OpenItem.objects.exists()


@pytest.mark.parametrize("what", ["folder", "profile"])
def test_an_inactive_folder_or_profile_is_left_alone(folder: PickupFolder, inbox: Path, what: str) -> None:
    (folder if what == "folder" else folder.profile).__class__.objects.update(active=False)
    (inbox / NAME).write_bytes(items(line("FA1")))
    both()
    assert names(inbox) == [NAME]


def test_a_file_that_disappears_is_forgotten(folder: PickupFolder, inbox: Path) -> None:
    (inbox / NAME).write_bytes(items(line("FA1")))
    pickup.look(now=NOW)
    (inbox / NAME).unlink()
    pickup.look(now=LATER)
    assert not PickupFile.objects.exists()


def test_the_clock_makes_a_job_only_where_there_are_folders(
    inbox: Path, published: list[tuple[str, tuple[Any, ...]]], request: pytest.FixtureRequest
) -> None:
    pick_up_files()
    assert not Job.objects.exists()
    request.getfixturevalue("folder")
    pick_up_files()
    job = Job.objects.get()
    assert job.kind == JobKind.PICKUP
    assert published == [("companies.tasks.run_job", (job.pk,))]

"""The imports pages: every bad file gets a friendly answer and writes nothing; a good one is previewed and applied."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from companies import import_forms
from companies.choices import BatchState, FileKind, ImportMode, JobKind, JobState
from companies.models import Account, Company, ImportBatch, Job, OpenItem
from companies.services import imports
from tests.companies.erp import DUPONT, applied, items, partners, upload
from tests.make import NOW

pytestmark = pytest.mark.django_db

INVOICE = "411DUPONT;FA1;FA;15/01/2026;31/03/2026;12 000,00"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def client(analyst: User, client_as: Callable[[User], Client]) -> Client:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return client


def send(
    client: Client, content: bytes, kind: FileKind = FileKind.PARTNERS, name: str = "clients.csv", **more: str
) -> Any:
    mode = ImportMode.DELTA if kind == FileKind.PARTNERS else ImportMode.STOCK
    file = SimpleUploadedFile(name, content)
    given = {"kind": kind.value, f"{kind.value}-file": file, f"{kind.value}-mode": mode.value}
    return client.post(reverse("imports"), {**given, **more}, follow=True)


def text(response: Any) -> str:
    return str(response.content.decode())


def workbook_of_another_kind() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as book:
        book.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "empty", id="empty file"),
        pytest.param(b"%PDF-1.7 \x00\x01 something", "PDF", id="PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(300), "file", id="image"),
        pytest.param(workbook_of_another_kind(), "file", id="Word document"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(300), "xls", id="old Excel"),
        pytest.param(b"Compte#Raison sociale\n411DUPONT#Dupont\n", "column", id="wrong delimiter"),
        pytest.param(b"Couleur;Taille\nbleu;12\n", "column", id="unknown columns"),
        pytest.param(b"Compte;Raison sociale\n", "no row", id="header only"),
    ],
)
def test_a_file_that_is_no_list_of_partners_is_refused_with_what_to_do(
    client: Client, content: bytes, said: str
) -> None:
    response = send(client, content)
    batch = ImportBatch.objects.get()
    assert response.status_code == 200
    assert batch.state == BatchState.REFUSED
    problem = batch.problems.get()
    assert problem.problem
    assert problem.advice
    assert said.casefold() in f"{problem.problem} {problem.advice}".casefold()
    assert not Company.objects.exists()


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        pytest.param("411A;Alpha;000000000;;;;;FR;;", "SIREN", "000000000", id="SIREN of zeros"),
        pytest.param(
            "411A;Alpha;4,89724E+13;;;;;FR;;", "SIREN", "4,89724E+13", id="SIREN that Excel turned into a number"
        ),
        pytest.param("411A;Alpha;732829321;;;;;FR;;", "SIREN", "732829321", id="SIREN with a wrong key"),
        pytest.param("411DUPONT;Dupont bis;;;;;;FR;;", "Compte", "411DUPONT", id="account given twice"),
        pytest.param("411A;Alpha;;;;;;FR;12,34,56;", "Plafond", "12,34,56", id="amount with two commas"),
        pytest.param("411A;;;;;;;FR;;", "Raison sociale", "", id="no name"),
    ],
)
def test_a_bad_partner_is_named_with_line_column_and_fix(client: Client, line: str, column: str, value: str) -> None:
    response = send(client, partners(DUPONT, line))
    problem = ImportBatch.objects.get().problems.filter(is_error=True).get()
    assert (problem.line, problem.column, problem.value) == (3, column, value)
    assert problem.fix
    assert f"<code>{value}</code>" in text(response) or not value
    assert not Company.objects.exists()


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        pytest.param("411DUPONT;FA2;FA;15/01/2026;31/02/2026;10,00", "Échéance", "31/02/2026", id="a day that is none"),
        pytest.param("411DUPONT;FA2;FA;15/01/2026;31/03/2026;12,34,56", "Montant", "12,34,56", id="two commas"),
        pytest.param("411XYZ;FA2;FA;15/01/2026;31/03/2026;10,00", "account", "411XYZ", id="unknown account"),
    ],
)
def test_a_bad_open_item_is_named_with_line_column_and_fix(client: Client, line: str, column: str, value: str) -> None:
    applied(partners(DUPONT))
    response = send(client, items(INVOICE, line), FileKind.OPEN_ITEMS, "postes_20261031.csv")
    problem = ImportBatch.objects.get(kind=FileKind.OPEN_ITEMS).problems.filter(is_error=True).get()
    assert (problem.line, problem.column, problem.value) == (3, column, value)
    assert problem.fix
    assert f"<code>{value}</code>" in text(response)
    assert not OpenItem.objects.exists()


def test_an_unknown_account_says_to_import_the_partners_first(client: Client) -> None:
    response = send(client, items(INVOICE), FileKind.OPEN_ITEMS, "postes_20261031.csv")
    assert "Account 411DUPONT is not known." in text(response)
    assert "Import the partners first" in text(response)


def test_open_items_need_a_closing_date_from_somewhere(client: Client) -> None:
    applied(partners(DUPONT))
    send(client, items(INVOICE), FileKind.OPEN_ITEMS, "postes.csv")
    assert ImportBatch.objects.first().state == BatchState.REFUSED  # type: ignore[union-attr]  # sent above
    send(client, items(INVOICE), FileKind.OPEN_ITEMS, "postes.csv", **{"open_items-as_of": "2026-10-31"})
    assert ImportBatch.objects.first().state == BatchState.PREVIEWED  # type: ignore[union-attr]  # sent above


def test_a_file_above_the_limit_is_refused_before_it_is_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_forms, "LARGEST", 20)
    response = send(client, partners(DUPONT))
    assert response.status_code == 200
    assert "the most is 20" in text(response)
    assert not ImportBatch.objects.exists()


def test_a_form_without_a_file_is_shown_again_with_the_reason(client: Client) -> None:
    response = client.post(reverse("imports"), {"kind": "partners"})
    assert response.status_code == 200
    assert "field-error" in text(response)


def test_a_kind_that_does_not_exist_is_not_found(client: Client) -> None:
    assert client.post(reverse("imports"), {"kind": "stocks"}).status_code == 404


def test_the_same_file_is_refused_once_applied_with_the_date_of_the_first(client: Client) -> None:
    applied(partners(DUPONT))
    response = send(client, partners(DUPONT))
    assert ImportBatch.objects.first().state == BatchState.REFUSED  # type: ignore[union-attr]  # sent above
    assert "already imported on 20 November 2026" in text(response)


def test_the_preview_shows_what_applying_would_do_and_writes_nothing(client: Client) -> None:
    response = send(client, partners(DUPONT, "411B;Béta;;;;;;FR;;"))
    page = text(response)
    assert "Établissements Dupont" in page
    assert "cp1252" in page
    assert reverse("import_apply", args=[ImportBatch.objects.get().pk]) in page
    assert not Company.objects.exists()


def test_a_refused_file_cannot_be_applied(client: Client) -> None:
    batch = upload(b"")
    assert reverse("import_apply", args=[batch.pk]) not in text(client.get(batch.get_absolute_url()))
    client.post(reverse("import_apply", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == BatchState.REFUSED
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_apply_hands_the_file_to_a_worker_once(client: Client, published: list[tuple[str, tuple[Any, ...]]]) -> None:
    batch = upload(partners(DUPONT))
    for _click in range(2):
        client.post(reverse("import_apply", args=[batch.pk]))
    batch.refresh_from_db()
    job = Job.objects.get()
    assert batch.state == BatchState.APPLYING
    assert (job.kind, job.batch_id, job.state) == (JobKind.IMPORT, batch.pk, JobState.QUEUED)
    assert published == [("companies.tasks.run_job", (job.pk,))]


def test_while_it_is_applied_the_page_polls_and_then_reloads(client: Client) -> None:
    batch = upload(partners(DUPONT))
    imports.start(batch.pk, user_id=None, now=NOW)
    url = reverse("import_progress", args=[batch.pk])
    assert url in text(client.get(batch.get_absolute_url()))
    assert "HX-Refresh" not in client.get(url)
    imports.apply(batch.pk, now=NOW)
    assert client.get(url)["HX-Refresh"] == "true"
    assert "All of it was written" in text(client.get(batch.get_absolute_url()))


def test_a_failed_file_says_why_and_can_be_tried_again(client: Client) -> None:
    batch = upload(partners(DUPONT))
    imports.fail(batch.pk, "the disk was full")
    page = text(client.get(batch.get_absolute_url()))
    assert "the disk was full" in page
    assert "Try again" in page


def test_discarding_removes_the_file_but_never_an_applied_one(client: Client) -> None:
    kept, thrown = applied(partners(DUPONT)), upload(partners("411B;Béta;;;;;;FR;;"))
    for batch in (kept, thrown):
        client.post(reverse("import_discard", args=[batch.pk]))
    assert list(ImportBatch.objects.all()) == [kept]


def test_problems_come_as_csv_in_the_delimiter_of_the_file_and_run_nothing(client: Client) -> None:
    batch = upload(b"Compte\tRaison sociale\tSIREN\n411A\tAlpha\t=1+1\n")
    response = client.get(reverse("import_problems", args=[batch.pk]))
    lines = b"".join(response).decode("utf-8-sig").splitlines()
    assert lines[0].split("\t")[1:4] == ["Line", "Column", "Value"]
    assert lines[1].split("\t")[1:4] == ["2", "SIREN", "'=1+1"]


@pytest.mark.parametrize("kind", list(FileKind))
def test_the_example_files_pass_their_own_check(client: Client, kind: FileKind) -> None:
    for sample in FileKind:
        content = b"".join(client.get(reverse("import_sample", args=[sample.value])))
        send(client, content, sample, "exemple.csv")
        batch = ImportBatch.objects.filter(kind=sample).latest("pk")
        assert batch.state == BatchState.PREVIEWED, list(batch.problems.values("line", "reason")[:3])
        if sample == kind:
            return
        imports.apply(batch.pk, now=NOW)


@pytest.mark.parametrize("name", ["imports", "import", "import_progress", "import_problems", "import_sample"])
def test_a_reader_may_not_see_imports(name: str, auditor: User, client_as: Callable[[User], Client]) -> None:
    given = {"imports": [], "import_sample": ["partners"]}.get(name, [upload(partners(DUPONT)).pk])
    assert client_as(auditor).get(reverse(name, args=given)).status_code == 403


@pytest.mark.parametrize("name", ["import_apply", "import_discard"])
def test_a_reader_may_not_apply_nor_discard(name: str, auditor: User, client_as: Callable[[User], Client]) -> None:
    batch = upload(partners(DUPONT))
    assert client_as(auditor).post(reverse(name, args=[batch.pk])).status_code == 403
    assert ImportBatch.objects.get().state == BatchState.PREVIEWED


def test_a_reader_may_not_upload(auditor: User, client_as: Callable[[User], Client]) -> None:
    assert send(client_as(auditor), partners(DUPONT)).status_code == 403
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("method", ["import_apply", "import_discard"])
def test_reading_an_address_changes_nothing(client: Client, method: str) -> None:
    batch = upload(partners(DUPONT))
    assert client.get(reverse(method, args=[batch.pk])).status_code == 405


@pytest.mark.parametrize("files", [1, 25])
def test_the_history_asks_as_many_questions_for_25_files_as_for_one(
    client: Client, files: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(files):
        upload(partners(f"411{number};Alpha;;;;;;FR;;"))
    with django_assert_max_num_queries(16):
        assert text(client.get(reverse("imports"))).count("/imports/") > files


def test_the_history_has_pages(client: Client) -> None:
    for number in range(26):
        upload(partners(f"411{number};Alpha;;;;;;FR;;"))
    assert "Page 1 of 2" in text(client.get(reverse("imports")))
    assert client.get(reverse("imports"), {"page": "2"}).status_code == 200


def test_many_errors_have_pages(client: Client) -> None:
    batch = upload(partners(*[f"411{number};Alpha;000000000;;;;;FR;;" for number in range(60)]))
    assert batch.errors == 60
    assert "Page 1 of 2" in text(client.get(batch.get_absolute_url()))


def test_a_preview_survives_the_loss_of_its_cache(client: Client) -> None:
    batch = upload(partners(DUPONT))
    cache.clear()
    assert "Établissements Dupont" in text(client.get(batch.get_absolute_url()))


def test_an_account_in_the_file_is_not_created_by_looking(client: Client) -> None:
    client.get(upload(partners(DUPONT)).get_absolute_url())
    assert not Account.objects.exists()


QUARANTINED = [f"411DUPONT;FA{n};FA;15/01/2026;31/03/2026;100,00" for n in range(30)]


@pytest.fixture
def quarantined() -> ImportBatch:
    applied(partners(DUPONT))
    applied(items(*QUARANTINED), FileKind.OPEN_ITEMS, "postes_20260930.csv")
    return upload(items(*QUARANTINED[:5]), FileKind.OPEN_ITEMS)


def test_a_file_in_quarantine_shows_previous_now_and_limits_but_no_button_to_an_analyst(
    client: Client, quarantined: ImportBatch
) -> None:
    page = text(client.get(quarantined.get_absolute_url()))
    assert "In quarantine" in page
    assert "outside the limits" in page
    assert "Apply anyway" not in page
    assert client.post(reverse("import_release", args=[quarantined.pk]), {"reason": "why"}).status_code == 403


def test_a_manager_applies_it_anyway_and_the_reason_is_shown(
    manager: User, client_as: Callable[[User], Client], quarantined: ImportBatch
) -> None:
    client = client_as(manager)
    client.cookies["django_language"] = "en"
    assert "Apply anyway" in text(client.get(quarantined.get_absolute_url()))
    page = text(client.post(reverse("import_release", args=[quarantined.pk]), {"reason": " "}, follow=True))
    assert "Say why" in page
    client.post(reverse("import_release", args=[quarantined.pk]), {"reason": "Ledger <b>paid</b>"})
    quarantined.refresh_from_db()
    assert quarantined.state == BatchState.APPLYING
    assert "Ledger &lt;b&gt;paid&lt;/b&gt;" in text(client.get(quarantined.get_absolute_url()))


def test_another_companys_file_can_only_be_discarded(
    manager: User, client_as: Callable[[User], Client], quarantined: ImportBatch
) -> None:
    strange = [line.replace("411DUPONT", f"411X{n}") for n, line in enumerate(QUARANTINED)]
    batch = upload(items(*strange), FileKind.OPEN_ITEMS)
    page = text(client_as(manager).get(batch.get_absolute_url(), headers={"accept-language": "en"}))
    assert "Apply anyway" not in page


def test_an_aged_balance_is_previewed_by_bucket(client: Client) -> None:
    applied(partners(DUPONT))
    content = "Compte;Total;Non échu;1-30\n411DUPONT;30,00;10,00;20,00\n".encode()
    page = text(send(client, content, FileKind.AGED_BALANCE, "balance_20261031.csv"))
    assert "Not due: 10.00 · 1–30 days: 20.00" in page

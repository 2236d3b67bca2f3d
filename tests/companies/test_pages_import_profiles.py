"""Import profiles on their pages, uploads with them, error lines to correct, and undo with its confirmation."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from companies.choices import BatchState, FileFormat, FileKind, ImportMode, JobKind
from companies.imports.columns import COLUMNS
from companies.models import Account, Company, ImportBatch, ImportColumn, ImportProfile, Job
from companies.services import imports, undo
from companies.tasks import run_job
from tests.companies.erp import DUPONT, applied, partners, upload
from tests.make import NOW

pytestmark = pytest.mark.django_db

STRANGE = "Zone A;Zone B;Ville\n411A;Alpha;Lille\n411B;Béta;Paris\n"


@pytest.fixture
def client(analyst: User, client_as: Callable[[User], Client]) -> Client:
    client = client_as(analyst)
    client.cookies["django_language"] = "en"
    return client


def made(**values: Any) -> ImportProfile:
    given = {"name": "Sage", "kind": FileKind.PARTNERS, "mode": ImportMode.DELTA} | values
    return ImportProfile.objects.create(**given)


def show(client: Client, content: bytes, name: str = "clients.csv", kind: str = "partners") -> Any:
    given = {"kind": kind, "file": SimpleUploadedFile(name, content)}
    return client.post(reverse("import_profile_create"), given, follow=True)


def posted(**values: str) -> dict[str, str]:
    """What the form sends for a small profile."""
    given = {
        "name": "Strange", "kind": "partners", "ledger": "ERP", "mode": "delta", "format": "csv", "has_header": "on",
        "decimal_style": "detect", "implied_decimals": "0", "date_style": "day_first", "active": "on",
        "headers": '["Zone A", "Zone B", "Ville"]', "map_code": "Zone A", "map_name": "Zone B",
    }  # fmt: skip
    return given | values


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_file_proposes_its_columns_for_our_fields(client: Client) -> None:
    page = text(show(client, STRANGE.encode()))
    assert page.count('<option value="Zone A">') == len(COLUMNS[FileKind.PARTNERS])
    assert '<option value="Ville" selected>' in page
    assert "Béta" in page
    assert "Partners" in page
    assert not ImportProfile.objects.exists()
    assert not ImportBatch.objects.exists()


def test_a_profile_is_saved_with_its_columns_and_reads_the_file(client: Client) -> None:
    client.post(reverse("import_profile_create"), posted(map_city="Ville"))
    profile = ImportProfile.objects.get()
    assert dict(profile.columns.values_list("field", "header")) == {"code": "Zone A", "name": "Zone B", "city": "Ville"}
    assert profile.created_by is not None
    batch = upload(STRANGE.encode(), profile=profile)
    imports.apply(batch.pk, now=NOW)
    assert dict(Account.objects.values_list("code", "company__city")) == {"411A": "Lille", "411B": "Paris"}


def test_a_profile_without_a_needed_column_is_not_saved(client: Client) -> None:
    page = text(client.post(reverse("import_profile_create"), posted(map_name="")))
    assert "Needed to read a file." in page
    assert not ImportProfile.objects.exists()


def test_a_fixed_width_profile_needs_positions(client: Client) -> None:
    wrong = client.post(reverse("import_profile_create"), posted(format="fixed", pos_code="1"))
    assert "Give both" in text(wrong)
    right = {"pos_code": "1", "wide_code": "8", "pos_name": "9", "wide_name": "20"}
    client.post(reverse("import_profile_create"), posted(format="fixed", **right))
    columns = ImportProfile.objects.get().columns.values_list("field", "position", "width")
    assert list(columns) == [("code", 1, 8), ("name", 9, 20)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"mode": ""}, "required", id="no mode"),
        pytest.param({"default_currency": "e1r"}, "ISO code", id="currency in words"),
        pytest.param({"has_header": "", "header_line": "3"}, "no line of the header", id="header line without header"),
        pytest.param({"headers": "not json"}, "not one of the available choices", id="headers tampered with"),
        pytest.param({"implied_decimals": "9"}, "6", id="too many decimals"),
        pytest.param({"encoding": "rot13"}, "not one of the available choices", id="encoding that is none"),
    ],
)
def test_bad_input_is_shown_with_the_reason(client: Client, given: dict[str, str], said: str) -> None:
    response = client.post(reverse("import_profile_create"), posted(**given))
    assert response.status_code == 200
    assert said in text(response)
    assert not ImportProfile.objects.exists()


def test_two_profiles_cannot_have_one_name(client: Client) -> None:
    made(name="Strange")
    assert "already exists" in text(client.post(reverse("import_profile_create"), posted()))


def test_a_profile_is_changed_with_what_it_had(client: Client) -> None:
    client.post(reverse("import_profile_create"), posted())
    profile = ImportProfile.objects.get()
    page = text(client.get(profile.get_absolute_url()))
    assert '<option value="Zone A" selected>' in page
    client.post(profile.get_absolute_url(), posted(name="Renamed", map_city="Ville"))
    profile.refresh_from_db()
    assert (profile.name, profile.columns.count()) == ("Renamed", 3)


def test_a_profile_is_deleted_after_a_confirmation_and_what_was_imported_stays(client: Client) -> None:
    profile = made()
    batch = upload(partners(DUPONT), profile=profile)
    imports.apply(batch.pk, now=NOW)
    address = reverse("import_profile_delete", args=[profile.pk])
    assert "what was imported stays" in text(client.get(address))
    assert ImportProfile.objects.exists()
    client.post(address)
    batch.refresh_from_db()
    assert not ImportProfile.objects.exists()
    assert (batch.profile, batch.state) == (None, BatchState.APPLIED)


def test_a_profile_that_a_waiting_file_was_read_with_is_not_deleted(client: Client) -> None:
    profile = made()
    upload(partners(DUPONT), profile=profile)
    client.post(reverse("import_profile_delete", args=[profile.pk]))
    assert ImportProfile.objects.exists()


def send(client: Client, content: bytes, **given: str) -> Any:
    file = SimpleUploadedFile("clients.csv", content)
    named = {f"partners-{name}": value for name, value in given.items()}
    return client.post(reverse("imports"), {"kind": "partners", "partners-file": file, **named}, follow=True)


def test_what_a_file_holds_is_asked_and_never_guessed(client: Client) -> None:
    assert "Say what the file holds" in text(send(client, partners(DUPONT)))
    assert not ImportBatch.objects.exists()
    send(client, partners(DUPONT), mode="stock")
    assert ImportBatch.objects.get().mode == ImportMode.STOCK


def test_a_file_is_read_with_the_profile_that_was_chosen(client: Client) -> None:
    profile = made()
    ImportColumn.objects.create(profile=profile, field="code", header="Zone A")
    ImportColumn.objects.create(profile=profile, field="name", header="Zone B")
    page = text(send(client, STRANGE.encode(), profile=str(profile.pk)))
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.profile, batch.rows) == (BatchState.PREVIEWED, profile, 2)
    assert profile.name in page


def test_a_profile_that_is_not_in_use_or_of_another_kind_is_not_offered(client: Client) -> None:
    unused, other = made(name="unused", active=False), made(name="other", kind=FileKind.OPEN_ITEMS)
    for profile in (unused, other):
        assert "Select a valid choice" in text(send(client, partners(DUPONT), profile=str(profile.pk)))


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_lines_in_error_come_in_the_format_of_their_file(client: Client, encoding: str) -> None:
    lines = ['411A;"Béta; Fils";732829321', "411B;Gamma;", "411C;Écarté;000000000"]
    content = "\r\n".join(["Compte;Raison sociale;SIREN", *lines, ""]).encode(encoding)
    batch = upload(content)
    given = content_of(client.get(reverse("import_rows", args=[batch.pk])))
    found = given.decode(encoding).split("\r\n")
    assert found[0] == "Compte;Raison sociale;SIREN;Problem;What to do"
    assert [one.split(";SIREN: ")[0] for one in found[1:3]] == [lines[0], lines[2]]
    assert "Zeros alone" in found[2]
    assert found[3:] == [""]


def test_lines_in_error_of_a_workbook_come_as_a_workbook(client: Client) -> None:
    out = BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet("Clients")
        for row, cells in enumerate([["Compte", "Nom", "SIREN"], ["0042", "=1+1", "000000000"], ["0043", "Béta", ""]]):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)
    batch = upload(out.getvalue(), name="clients.xlsx")
    response = client.get(reverse("import_rows", args=[batch.pk]))
    sheet = CalamineWorkbook.from_filelike(BytesIO(content_of(response))).get_sheet_by_name("Clients")
    rows = sheet.to_python()
    assert rows[0] == ["Compte", "Nom", "SIREN", "Problem", "What to do"]
    assert rows[1][:3] == ["0042", "=1+1", "000000000"]
    assert len(rows) == 2
    assert ".xlsx" in response["Content-Disposition"]


def test_lines_in_error_of_a_fixed_width_file_come_as_they_are(client: Client) -> None:
    profile = made(format=FileFormat.FIXED, encoding="cp850")
    for field, position, width in (("code", 1, 8), ("name", 9, 10), ("siren", 19, 9)):
        ImportColumn.objects.create(profile=profile, field=field, position=position, width=width)
    good, bad = "411A    Béta      489724245", "411B    Écarté    489724246"
    batch = upload(f"{good}\r\n{bad}\r\n".encode("cp850"), profile=profile)
    given = content_of(client.get(reverse("import_rows", args=[batch.pk])))
    assert given == f"{bad}\r\n".encode("cp850")


def test_lines_left_out_can_be_had_after_the_file_was_applied(client: Client) -> None:
    profile = made(leave_out_errors=True)
    batch = upload(partners(DUPONT, "411B;Béta;732829321;;;;;FR;;"), profile=profile)
    imports.apply(batch.pk, now=NOW)
    page = text(client.get(batch.get_absolute_url()))
    assert "Written, without 1 row in error" in page
    assert b"411B" in content_of(client.get(reverse("import_rows", args=[batch.pk])))


def test_lines_of_a_stored_file_that_is_gone_say_so(client: Client) -> None:
    batch = upload(partners("411B;Béta;732829321;;;;;FR;;"))
    batch.file.storage.delete(str(batch.file.name))
    page = text(client.get(reverse("import_rows", args=[batch.pk]), follow=True))
    assert "can no longer be read" in page


def test_errors_are_filtered_by_column_and_by_problem(client: Client) -> None:
    batch = upload(partners("411A;Alpha;000000000;;;;;FR;;", "411A;Béta;;;;;;Syldavie;;", ";Gamma;;;;;;FR;;"))
    address = batch.get_absolute_url()
    assert text(client.get(address)).count('data-label="Problem"') == 4
    for given, count in (({"column": "Compte"}, 2), ({"problem": "identifier_all_zeros"}, 1), ({"column": "x"}, 0)):
        assert text(client.get(address, given)).count('data-label="Problem"') == count


def test_undo_shows_what_it_does_and_then_does_it(client: Client) -> None:
    batch = applied(partners(DUPONT))
    address = reverse("import_undo", args=[batch.pk])
    page = text(client.get(address))
    assert "What undoing" in page
    assert Company.objects.exists()
    page = text(client.post(address, follow=True))
    assert "Being undone" in page
    assert reverse("import_progress", args=[batch.pk]) in page
    assert Company.objects.exists()
    run_job(Job.objects.get(kind=JobKind.UNDO).pk)
    assert client.get(reverse("import_progress", args=[batch.pk]))["HX-Refresh"] == "true"
    assert "as before again" in text(client.get(batch.get_absolute_url()))
    assert not Company.objects.exists()


def test_an_undo_that_fails_in_the_worker_says_why_on_the_file(client: Client) -> None:
    older = applied(partners(DUPONT))
    client.post(reverse("import_undo", args=[older.pk]))
    applied(partners("411B;Béta;;;;;;FR;;"), name="newer.csv")
    run_job(Job.objects.get(kind=JobKind.UNDO).pk)
    page = text(client.get(older.get_absolute_url()))
    assert "could not be undone" in page
    assert "newer.csv" in page
    assert "Being undone" not in page


def test_undoing_a_large_file_shows_the_sums_of_what_it_did(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "LARGE", 1)
    page = text(client.get(reverse("import_undo", args=[applied(partners(DUPONT)).pk])))
    assert "This is a large file" in page
    assert page.count('<td class="num">1</td>') == 2


def test_limits_of_the_sentinel_are_on_the_form_of_a_profile(client: Client) -> None:
    where = {f"map_{name}": "Zone A" for name in ("account", "document", "document_date", "due_date", "amount")}
    given = posted(kind="open_items", mode="stock", least_items="50", most_items="", **where)
    client.post(reverse("import_profile_create"), given)
    found = ImportProfile.objects.get()
    assert (found.least_items, found.most_items, found.oldest_days) == (50, 150, 366)
    assert 'name="balance_margin"' in text(client.get(found.get_absolute_url()))


def test_limits_that_would_stop_the_same_file_are_refused(client: Client) -> None:
    where = {f"map_{name}": "Zone A" for name in ("account", "document", "document_date", "due_date", "amount")}
    page = text(client.post(reverse("import_profile_create"), posted(kind="open_items", least_items="120", **where)))
    assert "must let a file like the one before pass" in page
    assert not ImportProfile.objects.exists()


def test_undo_that_is_refused_says_why(client: Client) -> None:
    older = applied(partners(DUPONT))
    applied(partners("411B;Béta;;;;;;FR;;"), name="newer.csv")
    address = reverse("import_undo", args=[older.pk])
    assert "newer.csv" in text(client.get(address))
    assert "newer.csv" in text(client.post(address, follow=True))
    assert Account.objects.count() == 2


OWN = ["import_profile", "import_profile_delete"]
PAGES = ["import_profiles", "import_profile_create", *OWN, "import_rows", "import_undo"]


def address_of(name: str) -> str:
    if name in {"import_rows", "import_undo"}:
        return reverse(name, args=[applied(partners(DUPONT)).pk])
    return reverse(name, args=[made().pk] if name in OWN else [])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("role", ["analyst", "manager", "administrator", "auditor"])
def test_who_may_open_the_pages(name: str, role: str, request: Any, client_as: Callable[[User], Client]) -> None:
    status = client_as(request.getfixturevalue(role)).get(address_of(name)).status_code
    assert status == (403 if role == "auditor" else 200)


@pytest.mark.parametrize("name", PAGES)
def test_nobody_opens_the_pages_without_signing_in(
    name: str, anonymous: AnonymousUser, client_as: Callable[[AnonymousUser], Client]
) -> None:
    assert reverse("login") in client_as(anonymous).get(address_of(name)).url  # type: ignore[attr-defined]  # a redirect


@pytest.mark.parametrize("name", ["import_profile_create", "import_profile", "import_profile_delete", "import_undo"])
def test_a_reader_changes_nothing(name: str, auditor: User, client_as: Callable[[User], Client]) -> None:
    assert client_as(auditor).post(address_of(name), posted()).status_code == 403
    assert not ImportProfile.objects.filter(name="Strange").exists()
    assert not ImportBatch.objects.filter(state=BatchState.UNDONE).exists()


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_asks_as_many_questions_for_30_profiles_as_for_one(
    client: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        made(name=f"profile {number}")
    with django_assert_max_num_queries(12):
        assert text(client.get(reverse("import_profiles"))).count("profile ") >= count

"""How long 100 000 open items take from upload to applied, against parsing and `executemany` of the same columns.

Ours is all that the portal does with a file: store it, check every cell, compare with what is open, ask the sentinel,
show a preview, read and compare again as the worker does, and write items, marks and what an undo needs. The floor
reads the same file with `csv.reader`, or the same workbook with calamine, converts dates and amounts, and inserts the
same columns with one `executemany` in one transaction, into the same indexed table, emptied; it checks and compares
nothing.

Memory is the peak resident set (`VmHWM`) of a process that starts Django, imports one CSV file and ends, everything
included: for a million items of as many accounts more, against the 100 000.
"""

import argparse
import csv
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import Figure, tell
from benchmarks._imports import child, empty, migrate, ours, peak, settings, start

GOALS = {"csv": 4.0, "xlsx": 2.0}
FLAT = 1.25
CLOSED = date(2026, 10, 31)
HEADER = ("Compte", "N° pièce", "Type", "Date pièce", "Échéance", "Montant", "Devise")
ITEMS_AN_ACCOUNT = 20
COLUMNS = (
    "account_id", "batch_id", "document", "document_date", "installment", "type", "due_date", "due_estimated", "amount",
    "currency",
)  # fmt: skip


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="riskportal-ledger-") as folder:
        tell(measure(Path(folder), arguments))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000, help="rows of the file")
    parser.add_argument("--most", type=int, default=1_000_000, help="rows of the file whose peak memory is measured")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="of ours and floor together; the best pair counts")
    parser.add_argument(
        "--database-url", default="", help="an empty database; SQLite in a temporary folder if not given"
    )
    return parser.parse_args()


def measure(folder: Path, arguments: argparse.Namespace) -> Iterator[Figure]:
    """Each import in a process of its own, with the floor right after it: a busy machine is busy for both."""
    items, most, seed = arguments.items, max(arguments.items, arguments.most), arguments.seed
    whole, book = (
        write_csv(folder / "whole.csv", lines(items, seed)),
        write_book(folder / "whole.xlsx", lines(items, seed)),
    )
    large = write_csv(folder / "large.csv", lines(most, seed))
    environment = settings(folder, arguments.database_url)
    child("ledger_import", whole, environment, "migrate")
    for file in (whole, book):
        rounds = [child("ledger_import", file, environment, "time") for _ in range(arguments.rounds)]
        ours, bare = min(rounds, key=lambda one: one[0] / one[1])
        kind = file.suffix[1:]
        yield Figure(f"import {items} open items, {kind}", ours, "s", GOALS[kind], floor=round(bare, 3))
    floor = child("ledger_import", whole, environment, "memory")[0]
    child("ledger_import", large, environment, "accounts")
    peak = child("ledger_import", large, environment, "memory")[0]
    yield Figure(f"import {most} open items, peak memory", peak, "MB", FLAT, floor=round(floor, 1))


def lines(items: int, seed: int) -> Iterator[tuple[str, str, str, date, date, Decimal, str]]:
    """Items of accounts with about twenty each; every tenth is a credit note."""
    rng = random.Random(seed)
    for number in range(items):
        day = CLOSED - timedelta(days=rng.randint(0, 200))
        is_credit = number % 10 == 9
        amount = Decimal(rng.randint(1000, 2_000_000)) / 100
        account = f"411{number // ITEMS_AN_ACCOUNT:07d}"
        signed = -amount if is_credit else amount
        yield account, f"FA{number:08d}", "AV" if is_credit else "FA", day, day + timedelta(days=45), signed, "EUR"


def write_csv(path: Path, rows: Iterable[tuple[Any, ...]]) -> Path:
    """A CSV file as a French ERP writes it."""
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write(";".join(HEADER) + "\r\n")
        for *texts, day, due, amount, currency in rows:
            shown = f"{amount:,}".replace(",", " ").replace(".", ",")
            file.write(";".join([*texts, f"{day:%d/%m/%Y}", f"{due:%d/%m/%Y}", shown, currency]) + "\r\n")
    return path


def write_book(path: Path, rows: Iterable[tuple[Any, ...]]) -> Path:
    """The same as a workbook, with real dates and numbers."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for number, (*texts, day, due, amount, currency) in enumerate(rows, 1):
            sheet.write_row(number, 0, [*texts, day, due, float(amount), currency])
    return path


def work(wanted: str, file: Path) -> None:
    if wanted == "migrate":
        migrate()
    if wanted in {"migrate", "accounts"}:
        make_accounts(file)
        return
    clear()
    spent = imported(file)
    if wanted == "memory":
        print(peak())
        return
    clear()
    print(spent, floor(file))


def make_accounts(file: Path) -> None:
    """A company for each account of the file that has none."""
    from companies.models import Account, Company

    with file.open(encoding="cp1252") as rows:
        known = set(Account.objects.values_list("code", flat=True))
        codes = sorted({row.split(";", 1)[0] for row in rows} - {HEADER[0]} - known)
    companies = Company.objects.bulk_create(Company(name=code, country="FR") for code in codes)
    Account.objects.bulk_create(
        Account(company=company, code=company.name, role="client", name=company.name) for company in companies
    )


def clear() -> None:
    from companies.models import BatchCheck, BatchEffect, Change, ImportBatch, ImportProblem, Job, OpenItem

    empty(Change, Job, BatchEffect, BatchCheck, ImportProblem, OpenItem, ImportBatch)


def imported(file: Path) -> float:
    from companies.models import OpenItem

    return ours(file, kind="open_items", mode="stock", written=OpenItem, as_of=CLOSED)


def floor(file: Path) -> float:
    """Seconds of reading, converting and executemany for the same columns."""
    from django.db import connection, transaction
    from django.utils import timezone

    from companies.choices import BatchState, FileKind, ImportMode
    from companies.models import Account, ImportBatch, OpenItem

    batch = ImportBatch.objects.create(
        kind=FileKind.OPEN_ITEMS, state=BatchState.APPLIED, mode=ImportMode.STOCK, size=1, created_at=timezone.now()
    )
    start = perf_counter()
    accounts = dict(Account.objects.values_list("code", "pk"))
    read = csv_rows if file.suffix == ".csv" else book_rows
    kinds = {"FA": "invoice", "AV": "credit_note"}
    rows = [
        (accounts[code], batch.pk, document, day, 1, kinds[kind], due, False, amount, currency)
        for code, document, kind, day, due, amount, currency in read(file)
    ]
    marks = ", ".join(["%s"] * len(COLUMNS))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO companies_openitem ({', '.join(COLUMNS)}) VALUES ({marks})", rows)
    spent = perf_counter() - start
    if OpenItem.objects.count() != len(rows):
        raise SystemExit(f"the floor wrote {OpenItem.objects.count()} items")
    return spent


def csv_rows(file: Path) -> Iterator[tuple[Any, ...]]:
    with file.open(encoding="cp1252", newline="") as opened:
        rows = csv.reader(opened, delimiter=";")
        next(rows)
        for code, document, kind, day, due, amount, currency in rows:
            value = Decimal(amount.replace(" ", "").replace(",", "."))
            yield code, document, kind, french(day), french(due), value, currency


def french(text: str) -> date:
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


def book_rows(file: Path) -> Iterator[tuple[Any, ...]]:
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).iter_rows()
    next(rows)
    for code, document, kind, day, due, amount, currency in rows:
        yield code, document, kind, day, due, Decimal(str(amount)), currency


if __name__ == "__main__":
    start(main, work)

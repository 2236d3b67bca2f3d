"""How long 100 000 partners take from upload to applied, against `csv` and `executemany` of the same columns.

Ours is all that the portal does with a file: store it, check every cell, compare with what is known, show a preview,
compare again as the worker does, and write companies and accounts, each with its first version in the history, the
marks for the standings and what an undo needs. The floor reads the same file with `csv.reader` and inserts the same
columns of the same companies and accounts with two `executemany` in one transaction, into the same indexed tables,
emptied; it checks and compares nothing and writes no history. A second figure sets ours against the floor with history.

Memory is the peak resident set (`VmHWM`) of a process that starts Django, imports one file and ends, everything
included: for the whole file, against a file of a quarter of it. Rows kept in memory would show as a ratio far above 1.
"""

import argparse
import csv
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import Figure, tell
from benchmarks._imports import child, empty, migrate, ours, peak, settings, start

GOAL = 4.0
FLAT = 1.25
HEADER = "Compte;Raison sociale;SIREN;N° TVA;Adresse;CP;Ville;Pays;Téléphone;Plafond;Devise;Conditions"
TOWNS = (("59000", "Lille"), ("75008", "Paris"), ("69003", "Lyon"), ("13001", "Marseille"), ("31000", "Toulouse"))
WORDS = ("Forges", "Ateliers", "Établissements", "Transports", "Menuiserie", "Société", "Comptoir", "Imprimerie")
PLACES = ("du Nord", "Dupont", "de l’Ouest", "Lefèvre", "Martin et Fils", "Générale", "du Rhône", "Œuvre & Cie")
TERMS = ("30 jours", "45 jours fin de mois", "60 jours", "30 jours fin de mois le 15")


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="riskportal-import-") as folder:
        tell(measure(Path(folder), arguments))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partners", type=int, default=100_000, help="rows of the file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="of ours and floor together; the best pair counts")
    parser.add_argument(
        "--database-url", default="", help="an empty database; SQLite in a temporary folder if not given"
    )
    return parser.parse_args()


def measure(folder: Path, arguments: argparse.Namespace) -> Iterator[Figure]:
    """Each import in a process of its own, with the floor right after it: a busy machine is busy for both."""
    whole = write_file(folder / "partners.csv", arguments.partners, arguments.seed)
    part = write_file(folder / "quarter.csv", arguments.partners // 4, arguments.seed)
    environment = settings(folder, arguments.database_url)
    child("partner_import", whole, environment, "migrate")
    rounds = [child("partner_import", whole, environment, "time") for _ in range(arguments.rounds)]
    ours, bare, full = min(rounds, key=lambda one: one[0] / one[1])
    name = f"import {arguments.partners} partners"
    yield Figure(name, ours, "s", GOAL, floor=round(bare, 3))
    yield Figure(f"{name}, floor with history", ours, "s", GOAL, floor=round(full, 3))
    small, large = (child("partner_import", file, environment, "memory")[0] for file in (part, whole))
    yield Figure(f"{name}, peak memory", large, "MB", FLAT, floor=round(small, 1))


def write_file(path: Path, partners: int, seed: int) -> Path:
    """A CSV file as a French ERP writes it; every twentieth partner is a supplier too, every tenth has no SIREN."""
    rng = random.Random(seed)
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write(HEADER + "\r\n")
        for number in range(partners):
            file.write(";".join(line(rng, number)) + "\r\n")
    return path


def line(rng: random.Random, number: int) -> list[str]:
    supplier = number % 20 == 19
    siren = numbered(100_000_000 // 10 + (number - 1 if supplier else number))
    key = (12 + 3 * (int(siren) % 97)) % 97
    known = number % 10 != 5
    name = f"{rng.choice(WORDS)} {rng.choice(PLACES)} {number}"
    postcode, town = rng.choice(TOWNS)
    address = f"{rng.randint(1, 99)} rue {rng.choice(PLACES)}"
    limit = f"{rng.randint(1, 900) * 1000:,}".replace(",", " ") + ",00"
    code = f"{'401' if supplier else '411'}{number:07d}"
    numbers = [siren, f"FR{key:02d}{siren}"] if known else ["", ""]
    return [code, name, *numbers, address, postcode, town, "FR", f"0320{number:06d}", limit, "EUR", rng.choice(TERMS)]


def numbered(body: int) -> str:
    """Eight digits with the Luhn digit that makes them a SIREN."""
    digits = [int(digit) for digit in f"{body:08d}"]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return f"{body:08d}{-(sum(digits[::2]) + sum(doubled)) % 10}"


def work(wanted: str, file: Path) -> None:
    if wanted == "migrate":
        migrate()
        return
    clear()
    spent = imported(file)
    if wanted == "memory":
        print(peak())
        return
    clear()
    bare = floor(file, with_history=False)
    clear()
    print(spent, bare, floor(file, with_history=True))


def clear() -> None:
    from companies.models import Account, BatchEffect, Change, Company, ImportBatch, ImportProblem, Job

    histories = [Account.history.model, Company.history.model]
    empty(Change, Job, BatchEffect, ImportProblem, *histories, Account, Company, ImportBatch)


def imported(file: Path) -> float:
    from companies.models import Account

    return ours(file, kind="partners", mode="delta", written=Account)


def floor(file: Path, *, with_history: bool) -> float:
    """Seconds of csv and executemany for the same columns, and the same again for the history."""
    from django.db import connection, transaction
    from django.utils import timezone

    from companies.models import Account, Company

    now = connection.ops.adapt_datetimefield_value(timezone.now())
    start = perf_counter()
    companies, accounts = bare_rows(file, now)
    with transaction.atomic(), connection.cursor() as cursor:
        for model, columns, rows in ((Company, COMPANY, companies), (Account, ACCOUNT, accounts)):
            put(cursor, model._meta.db_table, columns, rows)
            if with_history:
                versions = [(*row, "+", file.name, now) for row in rows]
                past = model.history.model._meta.db_table
                put(cursor, past, (*columns, "history_type", "history_change_reason", "history_date"), versions)
    spent = perf_counter() - start
    if Account.objects.count() != len(accounts):
        raise SystemExit(f"the floor wrote {Account.objects.count()} accounts")
    return spent


def bare_rows(file: Path, now: Any) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    companies, accounts = [], []
    known: dict[str, int] = {}
    with file.open(encoding="cp1252", newline="") as lines:
        rows = csv.reader(lines, delimiter=";")
        next(rows)
        for key, row in enumerate(rows, 1):
            code, name, siren, vat, street, postcode, city, country, phone, limit, currency, terms = row
            company = known.setdefault(siren, key) if siren else key
            if company == key:
                kept = (name, name.upper(), country, siren, "", vat, street, postcode, city, phone)
                companies.append((key, *kept, "", "", "", "", "", "unknown", "queued", "", now, now))
            amount = limit.replace(" ", "").replace(",", ".")
            accounts.append((key, company, "ERP", code, "client", name, amount, currency, terms, "", "", "", now, now))
    return companies, accounts


COMPANY = (
    "id", "name", "name_key", "country", "registration_number", "siret", "vat_number", "street", "postal_code", "city",
    "phone", "lei", "website", "legal_form", "activity_code", "activity", "status", "link_state", "link_note",
    "created_at", "updated_at",
)  # fmt: skip
ACCOUNT = (
    "id", "company_id", "ledger", "code", "role", "name", "erp_limit", "currency", "terms", "siret", "business_unit",
    "analyst", "created_at", "updated_at",
)  # fmt: skip


def put(cursor: Any, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join(["%s"] * len(columns))
    cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


if __name__ == "__main__":
    start(main, work)

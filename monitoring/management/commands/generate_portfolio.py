"""Fill the database with made-up companies, to measure pages and to look at them: `generate_portfolio N --seed S`."""

import hashlib
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice, product
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from companies.choices import BatchState, FileKind, ImportMode
from companies.models import Account, Company, ExchangeRate, ImportBatch, OpenItem, Profile, RatingPoint
from monitoring.choices import NoteAction
from monitoring.management.inventor import ABROAD, LEDGER, Dossier, Inventor, registration, sirens
from monitoring.models import Alert, AlertNote
from monitoring.services import standing

BATCH = 2000  # companies held in memory and written in one transaction
RATES = (("GBP", Decimal("0.86")), ("USD", Decimal("1.09")))


class Command(BaseCommand):
    help = "Add N made-up companies with accounts, open items, ratings and alerts. The same seed gives the same ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, metavar="N", help="how many companies")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="which ones (default 1)")

    def handle(self, *args: Any, number: int, seed: int, **options: Any) -> None:
        if number < 1:
            raise CommandError("Say how many companies: a number from 1 up.")
        now = timezone.now()
        as_of = timezone.localdate(now)
        inventor = Inventor(seed=seed, as_of=as_of, batch=self._batch(number, seed, as_of))
        _rates(as_of)
        free, written = _free(sirens(seed)), 0
        while chunk := [inventor.dossier(siren) for siren in islice(free, min(BATCH, number - written))]:
            save(chunk)
            written += len(chunk)
            self._say(options, f"{written} of {number} companies")
        self._say(options, f"{standing.rebuild(now=now, as_of=as_of)} standings")

    def _batch(self, number: int, seed: int, as_of: date) -> ImportBatch:
        name = f"generate_portfolio {number} --seed {seed}"
        batch, made = ImportBatch.objects.get_or_create(
            kind=FileKind.OPEN_ITEMS,
            ledger=LEDGER,
            sha256=hashlib.sha256(f"seed {seed}".encode()).hexdigest(),
            defaults={
                "state": BatchState.APPLIED,
                "mode": ImportMode.STOCK,
                "filename": name,
                "size": 0,
                "as_of": as_of,
                "created_at": timezone.now(),
                "applied_at": timezone.now(),
            },
        )
        if not made:
            raise CommandError(f"Seed {seed} was used here already ({batch.filename}): choose another one.")
        return batch

    def _say(self, options: dict[str, Any], text: str) -> None:
        if options["verbosity"]:
            self.stdout.write(text)


def save(chunk: list[Dossier]) -> None:
    """Write the dossiers in one transaction, table by table."""
    with transaction.atomic():
        Company.objects.bulk_create([made.company for made in chunk])
        Account.objects.bulk_create([row for made in chunk for row in made.accounts])
        _insert(OpenItem, [row for made in chunk for row in made.items])
        _insert(Profile, [made.profile for made in chunk if made.profile])
        _insert(RatingPoint, [row for made in chunk for row in made.points])
        alerts = Alert.objects.bulk_create([made.alert for made in chunk if made.alert])
        AlertNote.objects.bulk_create(
            AlertNote(alert=row, action=NoteAction.OPENED, at=row.opened_at) for row in alerts
        )


def _insert(model: type[Model], rows: Sequence[Model]) -> None:
    """Insert rows whose keys nobody needs: bulk_create spends twice the time on building its statements."""
    columns = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in columns)
    holes = ", ".join(["%s"] * len(columns))
    for row, key in product(rows, (field for field in columns if field.is_relation)):
        if key.is_cached(row) and getattr(row, key.name):
            setattr(row, key.attname, getattr(row, key.name).pk)  # it was saved after the row was made
    values = [[field.get_db_prep_save(field.pre_save(row, True), connection) for field in columns] for row in rows]
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({holes})", values)  # noqa: S608  # names of our own tables


def _free(numbers: Iterator[str]) -> Iterator[str]:
    """The numbers that no company has yet, here or abroad."""
    countries = ("FR", *(code for code, _, _ in ABROAD))
    while piece := list(islice(numbers, 500)):
        wanted = {registration(siren, country): siren for siren in piece for country in countries}
        known = Company.objects.filter(registration_number__in=wanted).values_list("registration_number", flat=True)
        taken = {wanted[number] for number in known}
        yield from (siren for siren in piece if siren not in taken)


def _rates(as_of: date) -> None:
    for currency, rate in RATES:
        ExchangeRate.objects.get_or_create(
            currency=currency, valid_on=as_of - timedelta(days=730), defaults={"rate": rate}
        )

"""The demo: the connection to the sandbox and, at first, the sample files by the way of the Imports page."""

from argparse import ArgumentParser
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum
from django.utils import timezone

from companies.choices import BatchState, FileKind, ImportMode, Role
from companies.models import Connection, Dispute, ExchangeRate, ImportBatch, MonthlySales, OpenItem
from companies.models.connection import LOOPBACK
from companies.services import disputes, imports

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
FILES = (
    (FileKind.PARTNERS, "partenaires.csv"),
    (FileKind.OPEN_ITEMS, "postes_ouverts.csv"),
    (FileKind.COMMITMENTS, "commandes.csv"),
    (FileKind.SUPPLIES, "fournisseurs.csv"),
)
DISPUTES = (
    "Marchandise abîmée à la livraison",
    "Écart de prix avec la commande",
    "Quantité incomplète",
    "Retour en cours",
)
CENT = Decimal("0.01")
SEASONS = [Decimal(percent) / 100 for percent in (49, 50, 55, 53, 51, 56, 48, 31, 54, 57, 55, 46)]
"""A month's sales as a part of what is owed: about sixty days of them are unpaid."""
# Round figures of 2026: enough for the demo, replaced in the admin by an administrator.
RATES = {"GBP": "0.86", "SEK": "11.20", "USD": "1.09", "CHF": "0.94"}


class Command(BaseCommand):
    help = "Point the demo at the sandbox and, on the first start, import the sample files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="address of the sandbox, http://127.0.0.1:PORT/v1")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo data is for DEMO=1 only: it would mix with yours.")
        self._connect(options["url"])
        self._rates()
        for kind, name in FILES:
            if not ImportBatch.objects.filter(kind=kind, state=BatchState.APPLIED).exists():
                self._import(kind, SAMPLES / name)
        self._disputes()
        self._sales()

    def _connect(self, url: str) -> None:
        """Follow the sandbox to its port; a connection that someone set to a real server is left alone."""
        connection = Connection.current()
        if connection._state.adding:
            Connection(base_url=url, username="demo", password="sandbox").save()  # noqa: S106 (the sandbox's only password)
        elif urlsplit(connection.base_url).hostname in LOOPBACK and connection.base_url != url:
            Connection.objects.filter(pk=connection.pk).update(base_url=url)

    def _rates(self) -> None:
        rates = [
            ExchangeRate(currency=currency, valid_on=date(2026, 1, 1), rate=Decimal(rate))
            for currency, rate in RATES.items()
        ]
        ExchangeRate.objects.bulk_create(rates, ignore_conflicts=True)

    def _disputes(self) -> None:
        """Contest a few of the largest overdue invoices, once."""
        if Dispute.objects.exists():
            return
        today, now = timezone.localdate(), timezone.now()
        analyst = User.objects.filter(username="analyst").first()
        late = OpenItem.objects.open().filter(amount__gt=0, due_date__lt=today, account__role=Role.CLIENT)
        chosen = late.select_related("account").order_by("-amount")[: 3 * len(DISPUTES) : 3]
        for item, reason in zip(chosen, DISPUTES, strict=False):
            since = max(item.document_date, today - timedelta(days=20))
            user_id = analyst.pk if analyst else None
            disputes.note(item, reason=reason, since=since, user_id=user_id, now=now, today=today)

    def _sales(self) -> None:
        """Sales of the last two years, in proportion to what is owed and with their seasons, once."""
        owed = OpenItem.objects.open().filter(amount__gt=0, currency="EUR", account__role=Role.CLIENT)
        total, today = owed.aggregate(Sum("amount"))["amount__sum"], timezone.localdate()
        if total is None or MonthlySales.objects.exists():
            return
        months = [today.replace(day=1)]
        while len(months) < 24:
            months.append((months[-1] - timedelta(days=1)).replace(day=1))
        rows = [MonthlySales(month=month, amount=(total * SEASONS[month.month - 1]).quantize(CENT)) for month in months]
        MonthlySales.objects.bulk_create(rows)

    def _import(self, kind: FileKind, path: Path) -> None:
        analyst = User.objects.filter(username="analyst").first()
        user_id = analyst.pk if analyst else None
        now = timezone.now()
        mode = ImportMode.DELTA if kind == FileKind.PARTNERS else ImportMode.STOCK
        content = path.read_bytes()
        batch = imports.upload(kind=kind, filename=path.name, content=content, mode=mode, user_id=user_id, now=now)
        if batch.state != BatchState.PREVIEWED:
            problem = batch.problems.first()
            raise CommandError(f"{path.name} was refused: {problem}")
        imports.start(batch.pk, user_id=user_id, now=now)
        imports.apply(batch.pk, now=now)
        self.stdout.write(f"{path.name}: {batch.rows}")

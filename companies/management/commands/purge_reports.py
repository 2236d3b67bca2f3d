"""Remove the reports that the retention policy lets go of: `purge_reports [--dry-run]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from companies.services import archive


class Command(BaseCommand):
    help = "Apply the retention policy: old reports, contents that none has any more, old lines of the access log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        gone = archive.purge(now=timezone.now(), dry_run=dry_run)
        said = "would be removed" if dry_run else "removed"
        self.stdout.write(
            f"{gone.reports} reports, {gone.bodies} contents and {gone.accesses} lines of the access log {said}."
        )

"""The four roles and what each may do. Run at every start: it brings the groups to what this version grants."""

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q

ANALYST = {
    "companies.import_file",
    "companies.link_company",
    "companies.add_reportorder",
    "monitoring.treat_alert",
    "monitoring.add_contact",
    "companies.change_supply",
    "companies.add_dispute",
}
MANAGER = ANALYST | {
    "companies.release_file",
    "companies.steer_reportorder",
    "companies.add_fieldrule",
    "monitoring.add_matrixpolicy",
    "monitoring.change_matrixpolicy",
    "monitoring.change_matrixcell",
    "monitoring.change_exposuresettings",
    "monitoring.change_defaultprobability",
    "monitoring.add_ourcompany",
    "monitoring.change_ourcompany",
    "monitoring.add_bankaccount",
    "monitoring.change_bankaccount",
    "monitoring.delete_bankaccount",
    "companies.add_monthlysales",
    "companies.change_monthlysales",
}
OURS = Q(content_type__app_label__in=["companies", "monitoring"])
USERS = Q(content_type__app_label="auth", content_type__model__in=["user", "group"])
VIEW = OURS & Q(codename__startswith="view_")
AUDIT = Q(content_type__app_label="companies", codename__in=["view_raw_report", "view_reportaccess"])


def named(labels: set[str]) -> Q:
    """The permissions with these labels ("app.codename"); one that does not exist stops the command."""
    wanted = Q()
    for label in labels:
        app, codename = label.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    if Permission.objects.filter(wanted).count() != len(labels):
        raise CommandError(f"A permission is missing among {', '.join(sorted(labels))}: run `manage.py migrate` first.")
    return wanted


class Command(BaseCommand):
    help = "Create the roles auditor, analyst, manager and administrator, or update what they may do."

    @transaction.atomic
    def handle(self, **options: object) -> None:
        self.grant("auditor", VIEW)
        self.grant("analyst", VIEW & ~AUDIT | named(ANALYST))
        self.grant("manager", VIEW & ~AUDIT | named(MANAGER))
        self.grant("administrator", OURS | USERS)

    def grant(self, role: str, permissions: Q) -> None:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(permissions))

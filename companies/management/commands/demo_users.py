"""One user per role for the demo, with passwords that anyone may know: refused unless DEMO is set."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

# These passwords are public, so their salt may be: with it, a start need not work the slow hash out to see a change.
SALT = "publicDemoUsersOfRiskportal"
ROLES = ("analyst", "manager", "administrator", "auditor")


def demo_password(role: str) -> str:
    return f"risk-{role}-demo-2026"


def unchanged(user: User) -> bool:
    return f"${SALT}$" in user.password or user.check_password(demo_password(user.username))


class Command(BaseCommand):
    help = "Create the demo users and print each with its password; an existing password is left alone."

    def handle(self, **options: object) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Demo users have public passwords: they are made only where DEMO=1, never in production."
            )
        for role in ROLES:
            user = User.objects.filter(username=role).first() or self.create(role)
            self.stdout.write(f"{role} {demo_password(role) if unchanged(user) else '(password changed)'}")

    @transaction.atomic
    def create(self, role: str) -> User:
        user = User(username=role, is_staff=role == "administrator")
        validate_password(demo_password(role), user)
        user.password = make_password(demo_password(role), salt=SALT)
        user.save()
        user.groups.add(Group.objects.get(name=role))
        return user

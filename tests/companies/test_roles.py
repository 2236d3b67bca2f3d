"""The four roles and the demo users."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.management import CommandError, call_command

ACTIONS = {
    "companies.view_company": {"auditor", "analyst", "manager", "administrator"},
    "monitoring.view_standing": {"auditor", "analyst", "manager", "administrator"},
    "companies.view_report": {"auditor", "analyst", "manager", "administrator"},
    "companies.view_raw_report": {"auditor", "administrator"},
    "companies.view_reportaccess": {"auditor", "administrator"},
    "companies.import_file": {"analyst", "manager", "administrator"},
    "companies.link_company": {"analyst", "manager", "administrator"},
    "companies.add_reportorder": {"analyst", "manager", "administrator"},
    "monitoring.treat_alert": {"analyst", "manager", "administrator"},
    "monitoring.change_matrixpolicy": {"manager", "administrator"},
    "monitoring.change_matrixcell": {"manager", "administrator"},
    "monitoring.add_contact": {"analyst", "manager", "administrator"},
    "monitoring.change_exposuresettings": {"manager", "administrator"},
    "companies.change_connection": {"administrator"},
    "companies.delete_company": {"administrator"},
    "auth.change_user": {"administrator"},
    "auth.change_permission": set(),
}


@pytest.mark.parametrize(("permission", "allowed"), ACTIONS.items(), ids=ACTIONS.keys())
def test_who_may_do_what(roles: None, permission: str, allowed: set[str]) -> None:
    app, codename = permission.split(".")
    holders = Group.objects.filter(permissions__codename=codename, permissions__content_type__app_label=app)
    assert {group.name for group in holders} == allowed


def test_an_auditor_changes_nothing(auditor: User) -> None:
    assert {permission.split(".")[1].split("_")[0] for permission in auditor.get_all_permissions()} == {"view"}


def test_only_the_administrator_enters_the_admin_and_nobody_is_above_the_rules(
    analyst: User, manager: User, administrator: User, auditor: User
) -> None:
    users = [analyst, manager, administrator, auditor]
    assert [user.username for user in users if user.is_staff] == ["administrator"]
    assert [user for user in users if user.is_superuser] == []


def test_roles_are_brought_back_to_what_the_version_grants(roles: None) -> None:
    auditor = Group.objects.get(name="auditor")
    auditor.permissions.add(Permission.objects.get(codename="import_file"))
    call_command("roles")
    assert not auditor.permissions.filter(codename="import_file").exists()
    assert Group.objects.count() == 4


def test_a_missing_permission_stops_the_command(roles: None) -> None:
    Permission.objects.get(codename="treat_alert").delete()
    with pytest.raises(CommandError, match=r"monitoring\.treat_alert"):
        call_command("roles")


def made(settings: Any) -> dict[str, str]:
    settings.DEMO = True
    out = StringIO()
    call_command("demo_users", stdout=out)
    return dict(line.split(" ", 1) for line in out.getvalue().splitlines())


def test_demo_users_sign_in_with_the_printed_password(roles: None, settings: Any, client: Any) -> None:
    printed = made(settings)
    assert set(printed) == {"analyst", "manager", "administrator", "auditor"}
    assert all(client.login(username=name, password=password) for name, password in printed.items())


def test_demo_users_have_the_role_of_their_name(roles: None, settings: Any) -> None:
    made(settings)
    assert {(user.username, user.groups.get().name) for user in User.objects.all()} == {
        (name, name) for name in ("analyst", "manager", "administrator", "auditor")
    }


def test_a_password_that_someone_set_is_kept_and_not_printed(roles: None, settings: Any) -> None:
    made(settings)
    user = User.objects.get(username="manager")
    user.set_password("mine-and-only-mine")
    user.save()
    assert made(settings)["manager"] == "(password changed)"
    assert User.objects.get(username="manager").check_password("mine-and-only-mine")


def test_a_sign_in_leaves_the_stored_password_as_it_is(roles: None, settings: Any, client: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    printed = made(settings)
    before = User.objects.get(username="analyst").password
    assert client.login(username="analyst", password=printed["analyst"])
    assert User.objects.get(username="analyst").password == before


def test_public_passwords_are_refused_outside_the_demo(roles: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo_users")
    assert not User.objects.exists()


def test_anonymous_may_nothing(anonymous: AnonymousUser) -> None:
    assert not anonymous.has_perm("monitoring.view_standing")

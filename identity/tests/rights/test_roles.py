"""What each role may do: the table, the groups that come of it, and the scopes that follow."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from identity.rights.roles import ROLES, keep_in_step, permits
from identity.rights.scopes import PERMISSIONS, SCOPES
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db


def everything() -> list[str]:
    """Every permission there is."""
    pairs = Permission.objects.values_list("content_type__app_label", "codename")
    return [f"{app}.{codename}" for app, codename in pairs]


def migrate_again():
    """What `migrate` does at its end."""
    for config in apps.get_app_configs():
        keep_in_step(config, using="default", apps=apps)


def test_every_role_is_a_group_with_the_tables_permissions():
    for name, role in ROLES.items():
        expected = {permission for permission in everything() if permits(role, permission)}
        assert staff(name).get_all_permissions() == expected, name


def test_every_pattern_of_the_table_means_something():
    known = everything()
    for name, role in ROLES.items():
        for pattern in role.may:
            assert any(permits(type(role)("", (pattern,)), known_) for known_ in known), (
                name,
                pattern,
            )


def test_every_permission_behind_a_scope_exists():
    assert set(PERMISSIONS) == set(SCOPES)
    assert set().union(*PERMISSIONS.values()) <= set(everything())


@pytest.mark.parametrize("role", ["support", "fulfilment", "manager"])
def test_health_data_is_granted_apart(role):
    assert not any(name.startswith("clinical.") for name in staff(role).get_all_permissions())


def test_the_auditor_reads_everything_and_changes_nothing():
    may = staff("auditor").get_all_permissions()
    to_read = {name for name in everything() if ".view_" in name}
    assert may == to_read | {"transfers.add_export"}  # a file of what they read, on record


SCOPES_BY_ROLE = {
    "support": "customers:read customers:write orders:read orders:write dna-kit-orders:write "
    "shipping:read kits:read notifications:read notifications:write exceptions:read "
    "exceptions:write",
    "fulfilment": "customers:read orders:read shipping:read shipping:write kits:read kits:write "
    "lab:write notifications:read exceptions:read exceptions:write",
    "clinician": "clinical:read clinical:write customers:read exceptions:read exceptions:write",
    "manager": "customers:read customers:write orders:read orders:write dna-kit-orders:write "
    "shipping:read shipping:write kits:read kits:write lab:write notifications:read "
    "notifications:write exceptions:read exceptions:write",
    "auditor": "customers:read orders:read clinical:read shipping:read kits:read "
    "notifications:read exceptions:read",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gives_the_same_in_the_api(role):
    assert staff(role).allowed_scopes == set(SCOPES_BY_ROLE[role].split())


def test_migrating_again_undoes_what_was_given_and_taken():
    group = Group.objects.get(name="support")
    before = set(group.permissions.all())
    group.permissions.set(Permission.objects.filter(codename="view_patient"))
    migrate_again()
    assert set(group.permissions.all()) == before


def test_migrating_again_leaves_other_groups_and_members_alone():
    own = Group.objects.create(name="own")
    own.permissions.set(Permission.objects.filter(codename="view_patient"))
    sara = staff("support")
    migrate_again()
    assert own.permissions.count() == 1
    assert list(sara.groups.values_list("name", flat=True)) == ["support"]


def test_roles_that_are_gone_come_back():
    Group.objects.all().delete()
    migrate_again()
    assert set(Group.objects.values_list("name", flat=True)) >= set(ROLES)

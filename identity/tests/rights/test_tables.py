"""What somebody may do, as a table: where each right comes from."""

import pytest
from django.contrib.auth.models import Group, Permission

from identity.rights import tables
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db


def cells(sources: tables.Sources, model: str) -> dict[str, tuple[str, ...]]:
    """By verb, what gives the right to it; nothing where the row is left out."""
    rows = {row.model: row for row in tables.table(sources)}
    return {verb: tuple(givers) for verb, givers in rows[model].cells} if model in rows else {}


def test_a_role_gives_what_its_patterns_say():
    support = tables.of_group(Group.objects.get(name="support"))
    assert cells(support, "orders.order") == {
        "see": ("support",),
        "add": ("support",),
        "change": ("support",),
        "delete": (),
    }
    assert cells(support, "clinical.study") == {}


def test_a_right_has_all_its_givers():
    person = staff("support")
    person.groups.add(Group.objects.get(name="auditor"))
    person.user_permissions.add(Permission.objects.get(codename="delete_order"))
    sources = tables.of_person(person)
    assert cells(sources, "orders.order") == {
        "see": ("auditor", "support"),
        "add": ("support",),
        "change": ("support",),
        "delete": (tables.ALONE,),
    }


def test_superusers_have_everything_whatever_their_groups():
    sources = tables.of_person(staff("support", is_superuser=True))
    assert set(sources.values()) == {(tables.EVERYTHING,)}
    assert cells(sources, "clinical.patient")["delete"] == (tables.EVERYTHING,)


def test_who_has_nothing_has_an_empty_table():
    sources = tables.of_person(staff())
    assert tables.table(sources) == []
    assert tables.table(sources, all_rows=True)


def test_health_data_is_marked():
    rows = tables.table(tables.of_group(Group.objects.get(name="clinician")))
    marked = {row.model for row in rows if row.is_health}
    assert "clinical.patient" in marked
    assert "customers.customer" not in marked


def test_the_table_is_what_django_grants():
    person = staff("fulfilment")
    sources = tables.of_person(person)
    assert set(sources) == person.get_all_permissions()


def test_rows_are_grouped_by_app_and_in_order():
    apps = [row.app for row in tables.table(tables.of_group(Group.objects.get(name="auditor")))]
    assert apps == sorted(apps)

"""The last superuser stays: whatever the way, and however many try at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from identity.models import User
from identity.sign_in.people import _dismiss
from identity.tests.factories import staff

WAYS = {
    "closing in bulk": lambda person: User.objects.filter(pk=person).update(is_active=False),
    "taking the right": lambda person: User.objects.filter(pk=person).update(is_superuser=False),
    "deleting in bulk": lambda person: User.objects.filter(pk=person).delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
def test_the_database_keeps_the_last_one_whatever_the_way(way):
    root = staff(is_superuser=True)
    staff(is_superuser=True, is_active=False)
    with pytest.raises(IntegrityError, match="last active superuser"), transaction.atomic():
        WAYS[way](root.pk)
    root.refresh_from_db()
    assert root.is_superuser
    assert root.is_active
    staff(is_superuser=True)
    WAYS[way](root.pk)


@pytest.mark.django_db
def test_the_issuers_groups_do_not_remove_it():
    root = staff(is_superuser=True)
    _dismiss(root)
    root.refresh_from_db()
    assert root.is_superuser
    assert root.is_staff


@pytest.mark.django_db(transaction=True)
def test_two_cannot_remove_each_other_at_the_same_moment():
    people, gate = [staff(is_superuser=True).pk, staff(is_superuser=True).pk], Barrier(2)

    def remove(person):
        gate.wait(10)
        try:
            User.objects.filter(pk=person).update(is_superuser=False)
        except IntegrityError:
            return "refused"
        finally:
            connection.close()
        return "removed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, people)) == ["refused", "removed"]
    assert User.objects.filter(is_superuser=True).count() == 1

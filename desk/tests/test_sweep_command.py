"""`manage.py sweep`: every app's sweeper, one after the other."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from time_machine import travel

from notifications.models import Notification
from orders.tests.factories import placed_order


def sweep_once() -> str:
    output = StringIO()
    call_command("sweep", "--once", stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_one_pass_over_an_empty_house_repairs_nothing() -> None:
    assert sweep_once() == "Nothing to repair.\n"


@pytest.mark.django_db
def test_one_pass_says_what_it_repaired() -> None:
    with travel(timezone.now() - timedelta(minutes=5), tick=False):
        placed_order()
    lost = Notification.objects.all().delete()[0]
    assert f"notifications: written late: {lost}\n" in sweep_once()
    assert Notification.objects.count() == lost == 1

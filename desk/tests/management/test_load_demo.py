"""`manage.py load_demo`: something to look at, loaded once."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order


def load() -> list[str]:
    output = StringIO()
    call_command("load_demo", stdout=output)
    return output.getvalue().splitlines()


@pytest.mark.django_db
def test_the_demo_loads_and_a_second_time_changes_nothing() -> None:
    first = load()
    orders = Order.objects.count()
    second = load()
    assert orders
    assert Order.objects.count() == orders
    assert len(first) == len(second)
    assert all(line.endswith(": already there") for line in second)
    assert any("4 studies" in line for line in first)
    assert not any("import" in line for line in first)


def test_the_demo_is_not_for_production(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="not for production"):
        load()

"""What the queue of cases knows of orders."""

from datetime import timedelta

import pytest

from core import cases
from core.cases.models import Case
from customers.tests.factories import CustomerFactory
from orders.cases import WITHOUT_ADDRESS
from orders.tests.factories import placed_kit_order


@pytest.mark.django_db
def test_an_order_without_an_address_is_due_the_same_day():
    order = placed_kit_order(customer=CustomerFactory.create())
    case = Case.objects.get(kind=WITHOUT_ADDRESS, subject_id=order.pk)
    assert cases.kind(case.kind).due_within == timedelta(hours=8)

"""Lists and details are plain rows: they say what the serializers say, in three statements."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.fields import DateTimeField

from clinical.api.serializers import PatientSerializer
from clinical.api.views import PatientViewSet
from clinical.births import Precision
from clinical.services import delete_study
from clinical.tests.factories import PatientFactory, study_of
from core.api.rows import time_json
from customers.api.serializers import CustomerSerializer
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.api.renderers import JSONRenderer
from notifications.api.serializers import NotificationSerializer
from notifications.models import Notification
from notifications.tests.factories import queued
from orders.api.serializers import OrderSerializer
from orders.models import Order
from orders.tests.factories import ProductFactory, placed_kit_order, placed_order, placed_sale

SUMMER = datetime(2026, 7, 1, 11, 59, 59, 120000, tzinfo=UTC)  # shown with an hour's offset
WHOLE_SECOND = datetime(2026, 1, 1, 12, tzinfo=UTC)


def some_customers():
    CustomerFactory.create(created_at=SUMMER, name='Zoë "O\u2028Hara"')
    CustomerFactory.create(created_at=WHOLE_SECOND, phone_number="", email="")
    odd = CustomerFactory.create()
    with connection.cursor() as cursor:  # from before numbers were checked
        cursor.execute("UPDATE customers_customer SET phone_number = '12' WHERE id = %s", [odd.pk])


def some_orders():
    serums = ProductFactory.create(price=Decimal("0.10")), ProductFactory.create()
    placed_order(lines=[(serums[0], 3), (serums[1], 1000)], service="express")
    placed_order(interval="weekly")
    placed_kit_order(channel="sms")  # waits for an address
    Order.objects.filter(pk=placed_sale().pk).update(time=SUMMER)


def some_notifications():
    some_orders()
    row = queued()
    link = "https://shop.example/address/1a-2b-abcdefghijklmnopqrst/"
    Notification.objects.filter(pk=row.pk).update(
        message=f"Go to {link} now", state="failed", last_error="why", attempts=2
    )
    times = {"sent_at": SUMMER, "delivered_at": WHOLE_SECOND, "created_at": SUMMER}
    Notification.objects.filter(pk=queued("email").pk).update(**times)


def some_patients():
    PatientFactory.create(customer=CustomerFactory.create(), email="", last_name="")
    PatientFactory.create(
        birth_date="1985-01-01", birth_date_precision=Precision.YEAR, first_name=""
    )
    studies = [study_of(PatientFactory.create())]
    studies += [study_of(studies[0].patient, description='"1.50"\n\\') for _ in range(2)]
    delete_study(studies[1], by="user:test")
    type(studies[0]).objects.filter(pk=studies[0].pk).update(created_at=SUMMER)
    type(studies[0]).objects.filter(pk=studies[2].pk).update(created_at=WHOLE_SECOND)


def some_users():
    some_orders()
    some_customers()
    customer = CustomerFactory.create()
    placed_kit_order(customer=customer)
    placed_kit_order("carrier-screening", customer=customer)


LISTS = {
    "customers": (some_customers, CustomerSerializer, Customer.objects.all()),
    "orders": (some_orders, OrderSerializer, Order.objects.all()),
    "notifications": (some_notifications, NotificationSerializer, Notification.objects.all()),
    "patients": (some_patients, PatientSerializer, PatientViewSet.queryset),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_says_what_the_detail_and_the_serializer_say(api, name):
    make, serializer, rows = LISTS[name]
    make()
    client, found = api(), list(rows.order_by("-id"))
    shown = [JSONRenderer().render(serializer(row).data) for row in found]
    body = client.get(f"/api/v1/{name}/").content
    assert len(shown) > 2
    assert body == b'{"next":null,"previous":null,"results":[' + b",".join(shown) + b"]}"
    for row, text in zip(found, shown, strict=True):
        assert client.get(f"/api/v1/{name}/{row.pk}/").content == text


@pytest.mark.parametrize("hours", [0, 3, -9])
def test_a_time_is_written_as_a_serializer_writes_it(hours):
    for time in (SUMMER, WHOLE_SECOND, None):
        moment = time and time.astimezone(timezone(timedelta(hours=hours)))
        assert time_json(moment) == (moment and DateTimeField().to_representation(moment))


@pytest.mark.parametrize("name", [*LISTS, "users"])
def test_a_list_takes_three_statements_at_most_whatever_it_holds(api, name):
    make = LISTS[name][0] if name in LISTS else some_users
    client, counts = api(), []
    for times in (1, 4):
        for _ in range(times):
            make()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(f"/api/v1/{name}/")
        assert len(answer.data["results"]) > 2
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 3, asked.captured_queries

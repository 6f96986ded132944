"""Lists and details are plain rows: they say what the serializers say, in three statements."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.fields import DateTimeField
from rest_framework.serializers import BaseSerializer

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
from orders.models import Order, OrderRevision
from orders.tests.factories import ProductFactory, placed_kit_order, placed_order, placed_sale
from shipping.api.serializers.shipments import ShipmentSerializer
from shipping.models import Cancellation, Shipment
from shipping.provider_api.base import TrackedEvent, Unreadable
from shipping.tests.factories import queued_shipment
from shipping.tracking import events as tracking_events

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
    owner = studies[0].patient
    owner.identifiers.create(system="urn:records", value=f"{owner.pk}.50", type="PPN")
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


def some_shipments():
    first, second = queued_shipment(), queued_shipment()
    Shipment.objects.filter(pk=first.pk).update(state="sent", sent_at=SUMMER)
    Cancellation.objects.create(shipment=first, provider="reference", state="refused", actor="x")
    lines = [{"item_id": "old", "quantity": 3}]
    held = OrderRevision.objects.create(order=second.order, item="x", amount=1, lines=lines)
    Shipment.objects.filter(pk=second.pk).update(revision=held, resend_of=first)
    event = TrackedEvent("e", first.reference, "in-transit", SUMMER, {}, "w")
    broken = Unreadable({"a": 1}, "no time", first.reference, "at Zoe's")
    tracking_events.store("reference", [event, broken])
    queued_shipment()


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


def test_shipments_have_the_fields_that_the_document_names_in_list_and_detail(api):
    some_shipments()
    for client in (api(), api("shipping:read")):
        body = client.get("/api/v1/shipments/")
        assert len(body.data["results"]) == 3
        for row in body.data["results"]:
            has_fields_of(ShipmentSerializer(), row)
            assert client.get(f"/api/v1/shipments/{row['id']}/").content in body.content


def has_fields_of(serializer, shown):
    assert list(shown) == list(serializer.fields)
    for name, field in serializer.fields.items():
        inner = getattr(field, "child", field)
        if isinstance(inner, BaseSerializer) and shown[name] is not None:
            for each in shown[name] if inner is not field else [shown[name]]:
                has_fields_of(inner, each)


@pytest.mark.parametrize("hours", [0, 3, -9])
def test_a_time_is_written_as_a_serializer_writes_it(hours):
    for time in (SUMMER, WHOLE_SECOND, None):
        moment = time and time.astimezone(timezone(timedelta(hours=hours)))
        assert time_json(moment) == (moment and DateTimeField().to_representation(moment))


OTHERS = {"users": some_users, "shipments": some_shipments}


@pytest.mark.parametrize("name", [*LISTS, *OTHERS])
def test_a_list_takes_three_statements_at_most_whatever_it_holds(api, name):
    make = LISTS[name][0] if name in LISTS else OTHERS[name]
    client, counts = api(), []
    for times in (1, 4):
        for _ in range(times):
            make()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(f"/api/v1/{name}/")
        assert len(answer.data["results"]) > 2
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 3, asked.captured_queries

"""The page of a customer: all that belongs to them, each part for who may see it (issue 15)."""

from typing import Any

import pytest
from django.test import Client

from clinical.tests.factories import PatientFactory
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.access_log.reasons import LISTS
from identity.models import AccessRecord
from identity.tests.factories import browser_of, staff
from notifications.services import notify
from orders.models import Order
from orders.tests.factories import placed_kit_order, placed_order
from shipping.models import Schedule, Shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    """Somebody with orders, a subscription, a kit that waits, parcels, messages and a patient."""
    customer: Customer = CustomerFactory.create(name="Zoë Busy", phone_number="+254704590345")
    placed_kit_order(customer=customer)  # the exception: no address yet
    AddressFactory.create(customer=customer)
    for _ in range(7):
        placed_order(customer)
    placed_order(customer, interval="monthly")
    for _ in range(7):
        notify(customer, message="Hello", channel="sms", by="user:test")
    PatientFactory.create(customer=customer, first_name="Zoë", last_name="Hidden")
    return customer


def page_of(client: Client, customer: Customer, part: str = "change/", **query: str) -> str:
    answer = client.get(f"/admin/customers/customer/{customer.pk}/{part}", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_support_sees_all_that_belongs_to_a_customer(customer: Customer):
    shown = page_of(browser_of(staff("support")), customer)
    for title in ("How to reach them", "Running subscriptions", "Orders and kits", "Parcels"):
        assert f">{title}</h2>" in shown
    schedule = Schedule.objects.get()
    parcel = Shipment.objects.latest("id")
    assert 'href="tel:+254704590345"' in shown
    assert f"/admin/shipping/schedule/{schedule.pk}/change/" in shown
    assert "next: " in shown
    assert f"/admin/shipping/shipment/{parcel.pk}/change/" in shown
    assert f"/admin/orders/order/?customer__id__exact={customer.pk}" in shown
    assert "Order without an address" in shown or "waits: nobody has said" in shown
    assert "Hello" in shown
    for address in ("place-an-order", "order-a-kit", "write-a-message", "move-subscriptions"):
        assert f"/admin/customers/customer/{customer.pk}/{address}/" in shown


def test_nobody_who_may_not_see_patients_learns_of_one(customer: Customer):
    for role in ("support", "fulfilment", "manager"):
        shown = page_of(browser_of(staff(role)), customer)
        assert "Patient" not in shown
        assert "Hidden" not in shown
    assert not AccessRecord.objects.exists()


def test_who_treats_patients_sees_the_linked_one_on_record(customer: Customer):
    shown = page_of(browser_of(staff("clinician")), customer)
    assert "Hidden" in shown
    assert AccessRecord.objects.get().patients == [customer.patients.get().pk]


def test_who_treats_nobody_says_why_first(customer: Customer):
    shown = page_of(browser_of(staff("auditor")), customer)
    assert "Say why you look" in shown
    assert "Hidden" not in shown
    assert not AccessRecord.objects.exists()
    shown = page_of(browser_of(staff("auditor"), access_reasons={LISTS: "Audit"}), customer)
    assert "Hidden" in shown
    assert AccessRecord.objects.get().reason == "Audit"


def test_the_page_costs_few_statements_however_much_there_is(
    customer: Customer, django_assert_max_num_queries: Any
):
    support = browser_of(staff("support"))
    page_of(support, customer)
    with django_assert_max_num_queries(15):  # four of them for session and rights
        page_of(support, customer)


def test_the_countries_are_there_once_however_many_addresses(customer: Customer):
    for number in range(8):
        AddressFactory.create(customer=customer, is_default=False, line_1=f"{number} High Street")
    shown = page_of(browser_of(staff("support")), customer)
    assert shown.count("Liechtenstein") == 1
    assert shown.count('list="countries"') == 10  # and the empty form


def test_the_timeline_has_all_of_it_page_by_page(customer: Customer):
    support = browser_of(staff("support"))
    shown = page_of(support, customer, "timeline/")
    order = Order.objects.latest("id")
    assert f"Order {order.number} placed" in shown
    assert f"Subscription {order.number} created" in shown
    assert "Hello" in shown
    assert "Became a customer" not in shown
    answer = support.get(
        f"/admin/customers/customer/{customer.pk}/timeline/", headers={"HX-Request": "true"}
    )
    assert "<html" not in answer.content.decode()
    following = answer.context["following"]
    later = page_of(support, customer, "timeline/", before=following)
    assert "Became a customer" in later


def test_the_timeline_shows_nobody_what_they_may_not_see(customer: Customer):
    shown = page_of(browser_of(staff("clinician")), customer, "timeline/")
    assert "Became a customer" in shown
    for hidden in ("Order co-", "Parcel co-", "Hello", "Subscription"):
        assert hidden not in shown


def test_the_timeline_of_nobody_is_not_there(customer: Customer):
    support = browser_of(staff("support"))
    for key in ("0", "999999", "x", f"+{customer.pk}"):
        assert support.get(f"/admin/customers/customer/{key}/timeline/").status_code == 404
    odd = support.get(f"/admin/customers/customer/{customer.pk}/timeline/", {"before": "x"})
    assert odd.status_code == 400


def test_buttons_lead_to_the_forms_with_the_customer_filled_in(customer: Customer):
    support = browser_of(staff("support"))
    page = f"/admin/customers/customer/{customer.pk}"
    assert support.get(f"{page}/place-an-order/").headers["Location"] == (
        f"/admin/orders/order/add/?customer={customer.pk}"
    )
    assert support.get(f"{page}/order-a-kit/").headers["Location"] == (
        f"/admin/orders/dnakitorder/add/?customer={customer.pk}"
    )
    assert browser_of(staff("clinician")).get(f"{page}/place-an-order/").status_code == 403

"""What a customer's and an order's page show of cases and patients, and to whom."""

from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from clinical.tests.factories import PatientFactory
from core import cases
from core.admin.overview.panels import MOST_LINES
from core.cases import CaseDraft
from core.cases.models import Case
from core.database import clock
from core.tests.plans import forget_statistics
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from desk.admin.overview import CUSTOMERS_PANELS, CUSTOMERS_TIMELINE, ORDERS_PANELS
from identity.access_log.reasons import LISTS
from identity.models import AccessRecord
from identity.tests.factories import staff
from notifications.services import notify
from orders.tests.factories import placed_order
from shipping.tests.exceptions.test_cases import in_state, open_case
from shipping.tests.factories import queued_shipment

pytestmark = pytest.mark.django_db
CASES, PATIENTS = CUSTOMERS_PANELS


def asked(role: str, **session: Any) -> Any:
    request: Any = RequestFactory().get("/admin/customers/customer/1/change/")
    request.user, request.session = staff(role), session
    return request


@pytest.fixture
def customer() -> Customer:
    """Of whom a parcel was refused, and a message failed."""
    shipment = in_state("rejected")
    customer: Customer = shipment.order.customer
    message = notify(customer, message="Hello", channel="sms", by="user:test")
    cases.open([CaseDraft("message-failed", message.pk, "Message 1", "It was not sent.")])
    return customer


def labels(role: str, customer: Customer) -> list[str]:
    return [line.text for line in CASES.lines(asked(role), customer)]


def test_the_cases_of_parcels_and_messages_are_shown_the_oldest_first(customer: Customer):
    in_state("unknown")  # somebody else's
    assert labels("manager", customer) == ["Rejected", cases.kind("message-failed").label]


@pytest.mark.parametrize(("role", "count"), [("support", 2), ("fulfilment", 2), ("clinician", 0)])
def test_kinds_of_what_one_does_not_see_are_left_out(customer: Customer, role: str, count: int):
    assert len(labels(role, customer)) == count


def test_what_is_closed_is_in_the_timeline_and_not_among_what_is_open(customer: Customer):
    Case.objects.filter(kind="shipment-rejected").update(
        closed_at=clock.now(), closing_reason="It is sent again."
    )
    assert labels("manager", customer) == [cases.kind("message-failed").label]
    (timeline,) = CUSTOMERS_TIMELINE
    assert timeline.rows(asked("manager"), customer).count() == 2


def test_an_order_shows_its_own_cases_alone(customer: Customer):
    first = customer.orders.get()
    other = placed_order(customer)
    (panel,) = ORDERS_PANELS
    assert [line.text for line in panel.lines(asked("manager"), first)] == ["Rejected"]
    assert panel.lines(asked("manager"), other) == []


def test_so_many_are_read_and_one_more_says_that_there_are_more(customer: Customer):
    for _ in range(MOST_LINES + 3):
        order = placed_order(customer)
        shipment = queued_shipment(order, state="rejected")
        cases.open([CaseDraft("shipment-rejected", shipment.pk, "co-1", "It was refused.")])
    assert len(labels("manager", customer)) == MOST_LINES + 1


def test_cases_are_found_by_the_index_of_what_they_are_about(customer: Customer):
    request = asked("manager")
    with CaptureQueriesContext(connection) as taken:
        assert CASES.lines(request, customer)
    statement = next(each["sql"] for each in taken if 'FROM "core_case"' in each["sql"])
    forget_statistics()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan, plan


def test_a_case_of_a_parcel_says_what_happened_and_for_how_long(customer: Customer):
    case = open_case(customer.orders.get().shipments.get())
    line = CASES.lines(asked("manager"), customer)[0]
    assert line.link == f"/admin/core/case/{case.pk}/change/"
    assert (line.state, line.facts[:2]) == ("open", [case.title, case.happened])


def test_patients_are_shown_to_who_treats_them_and_the_read_is_on_record():
    customer = CustomerFactory.create()
    patient = PatientFactory.create(customer=customer)
    PatientFactory.create()
    request = asked("clinician")
    assert [line.text for line in PATIENTS.lines(request, customer)] == [str(patient)]
    assert AccessRecord.objects.get().patients == [patient.pk]


def test_an_auditor_says_why_first_and_the_reason_is_on_record():
    customer = CustomerFactory.create()
    patient = PatientFactory.create(customer=customer)
    (line,) = PATIENTS.lines(asked("auditor"), customer)
    assert line.text == "Say why you look"
    assert "customers%2Fcustomer%2F1" in line.link, "and comes back"
    assert not AccessRecord.objects.exists()
    request = asked("auditor", access_reasons={LISTS: "Audit"})
    assert [line.text for line in PATIENTS.lines(request, customer)] == [str(patient)]
    assert AccessRecord.objects.get().reason == "Audit"


def test_a_customer_who_is_no_patient_leaves_no_line_in_the_access_log():
    assert PATIENTS.lines(asked("clinician"), CustomerFactory.create()) == []
    assert not AccessRecord.objects.exists()

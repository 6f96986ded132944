"""What a case is about is shown beside it, as far as somebody may see it."""

import pytest
from django.test import Client

from clinical.tests.factories import PatientFactory, study_of
from core import cases
from core.cases import CaseDraft
from core.cases.models import Case
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import staff
from notifications.services import notify
from orders.tests.factories import placed_kit_order
from shipping.models import ProviderProfile
from shipping.tests.exceptions.test_cases import in_state, open_case

pytestmark = pytest.mark.django_db
URL = "/admin/core/case/"


def panels(role: str, case: Case) -> dict[str, str]:
    """By title, all that stands in the panels above a case."""
    client = Client()
    client.force_login(staff(role), backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(f"{URL}{case.pk}/change/").context["panels"]
    return {panel.title: " ".join(map(_text, panel.lines)) for panel in shown}


def _text(line) -> str:
    return " ".join([line.text, line.state, *line.facts])


def test_a_parcels_case_shows_customer_order_parcel_and_address():
    shipment = in_state("rejected", tracking_number="TRACK-9")
    shown = panels("fulfilment", open_case(shipment))
    customer = shipment.order.customer
    assert customer.name in shown["Customer and order"]
    assert shipment.order.item in shown["Customer and order"]
    assert "TRACK-9" in shown["Parcel and address"]
    assert shipment.line_1 in shown["Parcel and address"]


def test_an_order_without_an_address_says_so():
    customer = CustomerFactory.create(name="Amina Odhiambo")
    order = placed_kit_order(customer=customer)
    case = Case.objects.get(kind="order-without-address", subject_id=order.pk)
    shown = panels("support", case)
    assert "Amina Odhiambo" in shown["Customer and order"]
    assert "address missing" in shown["Parcel and address"]


def test_an_order_shows_where_it_goes_once_that_is_known():
    address = AddressFactory.create(line_1="7 Known Street")
    order = placed_kit_order(customer=address.customer)
    cases.open([CaseDraft("order-without-address", order.pk, "co-1", "It waits.")])
    case = Case.objects.get(kind="order-without-address", subject_id=order.pk)
    assert "7 Known Street" in panels("support", case)["Parcel and address"]


def test_a_messages_case_shows_how_it_stands_and_neither_its_words_nor_its_number():
    message = notify(CustomerFactory.create(), message="Your parcel is late", channel="sms")
    cases.open([CaseDraft("message-failed", message.pk, "Message 1", "It was not sent.")])
    case = Case.objects.get(kind="message-failed", subject_id=message.pk)
    shown = panels("support", case)
    assert "SMS Queued" in shown["Parcel and address"]
    assert "Your parcel is late" not in str(shown)
    assert message.recipient not in str(shown)


def test_what_is_about_nobody_shows_no_panel():
    profile = ProviderProfile.ensured("reference")
    cases.open([CaseDraft("events-parked", profile.pk, "reference", "Many events.")])
    assert panels("fulfilment", Case.objects.get(kind="events-parked")) == {}


def test_a_study_shows_nothing_of_its_patient(patient_case):
    shown = panels("clinician", patient_case)
    assert shown == {}


@pytest.fixture
def patient_case(db) -> Case:
    study = study_of(PatientFactory.create(last_name="Zqlast"))
    cases.open([CaseDraft("study-overdue", study.pk, f"Study {study.pk}", "It waits.")])
    return Case.objects.get(kind="study-overdue")

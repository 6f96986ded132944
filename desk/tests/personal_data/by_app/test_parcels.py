import pytest

from desk.personal_data.parts import NotErasableError
from desk.tests.personal_data.held import customer_with_everything, erased, rows
from shipping.models import Shipment, TrackingEvent

pytestmark = pytest.mark.django_db
ADDRESS = ("recipient", "line_1", "line_2", "city", "postcode", "country")


@pytest.fixture
def customer():
    return customer_with_everything("Quirrel")


@pytest.fixture(autouse=True)
def other():
    return customer_with_everything("Other")


def parcel_of(customer):
    return Shipment.objects.filter(order__customer=customer)


def test_a_customer_reads_where_each_parcel_went(customer):
    [row] = rows("customer", "shipments", customer.pk)
    assert (row["recipient"], row["line_2"]) == ("Zoe Quirrel", "Quirrel")
    assert (row["reference"], row["state"]) == (parcel_of(customer).get().reference, "delivered")


def test_they_read_what_carriers_said_of_them(customer):
    [row] = rows("customer", "tracking_events", customer.pk)
    assert row["raw"] == {"signed_by": "Quirrel"}


def test_the_address_on_each_parcel_goes_and_the_country_stays(customer):
    assert erased("customer", "shipments", customer.pk) == 1
    [row] = rows("customer", "shipments", customer.pk)
    assert [row[name] for name in ADDRESS] == ["erased", "erased", "", "", "", "GB"]
    assert "Quirrel" not in repr(parcel_of(customer).values())


def test_what_a_carrier_answered_may_quote_them_and_goes_too(customer):
    assert parcel_of(customer).get().last_answer == "left with Quirrel"
    erased("customer", "shipments", customer.pk)
    assert parcel_of(customer).get().last_answer == ""


def test_of_what_carriers_reported_status_and_time_stay(customer):
    before = TrackingEvent.objects.get(shipment__order__customer=customer)
    assert erased("customer", "tracking_events", customer.pk) == 1
    after = TrackingEvent.objects.get(pk=before.pk)
    assert after.raw == {}
    assert (after.event_name, after.event_time) == (before.event_name, before.event_time)


@pytest.mark.parametrize(
    "state", ["scheduled", "queued", "sending", "sent", "waiting-for-collection", "in-transit"]
)
def test_a_parcel_that_may_still_arrive_keeps_its_address(customer, state):
    """A recurring order is finished while its last parcel is on its way."""
    parcel_of(customer).update(state=state)
    reference = parcel_of(customer).get().reference
    with pytest.raises(NotErasableError, match=f"Parcel {reference} is under way"):
        erased("customer", "shipments", customer.pk)
    assert parcel_of(customer).get().recipient == "Zoe Quirrel"


@pytest.mark.parametrize("state", ["delivered", "failed-to-deliver", "rejected", "cancelled"])
def test_a_parcel_that_went_its_way_lets_its_address_go(customer, state):
    parcel_of(customer).update(state=state)
    assert erased("customer", "shipments", customer.pk) == 1


def test_others_parcels_may_be_under_way_and_stay_as_they_are(customer, other):
    parcel_of(other).update(state="in-transit")
    events = TrackingEvent.objects.filter(shipment__order__customer=other)
    before = parcel_of(other).values().get(), events.values().get()
    for name in ("shipments", "tracking_events"):
        erased("customer", name, customer.pk)
    assert (parcel_of(other).values().get(), events.values().get()) == before


@pytest.mark.parametrize("name", ["shipments", "tracking_events"])
def test_a_second_time_nothing_is_left_to_erase(customer, name):
    assert erased("customer", name, customer.pk) == 1
    assert erased("customer", name, customer.pk) == 0

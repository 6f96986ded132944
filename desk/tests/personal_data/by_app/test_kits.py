import pytest

from desk.tests.personal_data.held import customer_with_everything, erased, rows
from kits.models import KitEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return customer_with_everything("Quirrel")


@pytest.fixture(autouse=True)
def other():
    return customer_with_everything("Other")


def test_a_customer_reads_which_kits_they_were_sent(customer):
    [row] = rows("customer", "kits", customer.pk)
    assert (row["state"], row["lot__product__item_id"]) == ("sent", "ancestry")


def test_what_was_written_of_a_kit_is_taken_out_and_the_step_stays(customer, other):
    assert erased("customer", "kit_events", customer.pk) == 1
    events = KitEvent.objects.filter(kit__shipment__order__customer=customer)
    assert list(events.values_list("kind", "actor", "detail")) == [("noted", "user:1", "")]
    theirs = KitEvent.objects.get(kit__shipment__order__customer=other)
    assert theirs.detail == "Other called"

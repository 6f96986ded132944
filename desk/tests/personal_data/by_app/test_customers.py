import pytest

from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.tests.personal_data.held import erased, part, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return CustomerFactory.create(
        name="Zoe Quirrel",
        email="zoe@quirrel.example",
        channel="email",
        language="sw",
        time_zone="Africa/Nairobi",
    )


@pytest.fixture(autouse=True)
def other():
    return AddressFactory.create(customer__name="Other", recipient="Other")


def test_a_customer_reads_what_they_are_called_and_how_they_are_reached(customer):
    [row] = rows("customer", "customer", customer.pk)
    assert row == {
        "id": customer.pk,
        "code": customer.code,
        "name": "Zoe Quirrel",
        "phone_number": customer.phone_number,
        "email": "zoe@quirrel.example",
        "channel": "email",
        "language": "sw",
        "time_zone": "Africa/Nairobi",
        "created_at": customer.created_at,
    }


def test_all_of_their_addresses_are_given_and_nobody_elses(customer):
    first = AddressFactory.create(customer=customer)
    second = AddressFactory.create(customer=customer, is_default=False, city="Leeds")
    given = rows("customer", "addresses", customer.pk)
    assert [(row["id"], row["city"]) for row in given] == [
        (first.pk, "London"),
        (second.pk, "Leeds"),
    ]
    assert [row["is_default"] for row in given] == [True, False]


def test_what_they_were_called_before_is_given(customer):
    customer.name = "Zoe Smith"
    customer.save()
    [now] = rows("customer", "customer", customer.pk)
    assert now["name"] == "Zoe Smith"
    history = rows("customer", "history", customer.pk)
    assert [row["name"] for row in history] == ["Zoe Quirrel", "Zoe Quirrel"]


def test_an_address_that_was_deleted_is_still_in_the_history(customer):
    home = AddressFactory.create(customer=customer, line_1="1 Old Street")
    home.delete()
    assert rows("customer", "addresses", customer.pk) == []
    history = rows("customer", "address_history", customer.pk)
    assert {row["line_1"] for row in history} == {"1 Old Street"}


@pytest.mark.parametrize("name", ["customer", "addresses", "history", "address_history"])
def test_of_somebody_who_is_not_there_nothing_is_held(name):
    assert rows("customer", name, 999_999) == []


def test_erased_customers_keep_their_code_and_their_age(customer):
    assert erased("customer", "customer", customer.pk) == 1
    [row] = rows("customer", "customer", customer.pk)
    assert (row["code"], row["created_at"]) == (customer.code, customer.created_at)
    assert row["name"] == "erased"
    reached_by = ("phone_number", "email", "channel", "language", "time_zone")
    assert [row[column] for column in reached_by] == [""] * 5


def test_only_their_own_addresses_are_deleted(customer, other):
    for is_default in (True, False):
        AddressFactory.create(customer=customer, is_default=is_default)
    assert erased("customer", "addresses", customer.pk) == 2
    assert Address.objects.get() == other


def test_erasing_one_leaves_everybody_else(customer, other):
    before = Customer.objects.filter(pk=other.customer_id).values().get()
    erased("customer", "customer", customer.pk)
    assert Customer.objects.filter(pk=other.customer_id).values().get() == before


@pytest.mark.parametrize("name", ["history", "address_history"])
def test_of_the_history_who_changed_it_and_when_stays(customer, name):
    AddressFactory.create(customer=customer)
    before = rows("customer", name, customer.pk)
    assert erased("customer", name, customer.pk) == len(before) > 0
    after = rows("customer", name, customer.pk)
    kept = ("id", "pgh_created_at", "pgh_label")
    assert [[row[key] for key in kept] for row in after] == [
        [row[key] for key in kept] for row in before
    ]
    values = {value for row in after for key, value in row.items() if key not in kept}
    assert values <= {"", "GB"}
    assert part("customer", name).kept
    assert erased("customer", name, customer.pk) == 0


def test_what_cannot_be_looked_for_by_person_is_named(customer):
    assert rows("customer", "answers_and_logs", customer.pk) == []
    assert "for a day" in part("customer", "answers_and_logs").kept

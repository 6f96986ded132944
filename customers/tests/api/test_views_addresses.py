"""A customer's address book over the API: one default while there is any address."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Address
from customers.services import MOST_ADDRESSES, add_address, delete_address
from customers.tests.factories import AddressFactory, CustomerFactory

LINES = {
    "recipient": "Ada",
    "line_1": "1 High Street",
    "line_2": "",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}


def url(customer, address=None) -> str:
    book = f"/api/v1/customers/{customer.pk}/addresses/"
    return f"{book}{address.pk}/" if address else book


def default_of(customer) -> list[str]:
    """Lines of the default addresses: one, or none where there is no address."""
    return list(customer.addresses.filter(is_default=True).values_list("line_1", flat=True))


@pytest.fixture
def ada(db):
    return CustomerFactory.create()


def test_the_first_address_is_the_default_whatever_is_said(api, ada):
    scopes = ("customers:read", "customers:write")
    answer = api(*scopes).post(url(ada), LINES | {"is_default": False}, format="json")
    assert answer.status_code == 201
    address = Address.objects.get()
    assert answer.headers["Location"] == url(ada, address)
    shown = {"id": address.pk, "is_default": True, "shipped": [], "used_by_schedules": []}
    assert answer.json() == LINES | shown
    assert ada.default_address == address


def test_a_second_one_is_the_default_only_when_it_is_asked_for(api, ada):
    for number, change in enumerate(({}, {}, {"is_default": True}), start=1):
        lines = LINES | {"line_1": f"{number} High Street"} | change
        api().post(url(ada), lines, format="json")
        assert default_of(ada) == ["3 High Street" if number == 3 else "1 High Street"]


def test_choosing_another_default_lets_the_old_one_step_back(api, ada):
    home = AddressFactory.create(customer=ada, line_1="home")
    work = AddressFactory.create(customer=ada, line_1="work", is_default=False)
    answer = api().patch(url(ada, work), {"is_default": True}, format="json")
    assert answer.json()["is_default"] is True
    assert default_of(ada) == ["work"]
    assert api().get(url(ada, home)).json()["is_default"] is False


def test_there_is_no_way_to_have_no_default(api, ada):
    home = AddressFactory.create(customer=ada, line_1="home")
    AddressFactory.create(customer=ada, is_default=False)
    for method in ("patch", "put"):
        answer = getattr(api(), method)(url(ada, home), LINES | {"is_default": False}, "json")
        assert answer.json()["errors"][0]["attr"] == "is_default"
    assert default_of(ada) == ["home"]


def test_when_the_default_is_deleted_the_newest_takes_its_place(api, ada):
    home = AddressFactory.create(customer=ada, line_1="home")
    for line in ("old", "new"):
        AddressFactory.create(customer=ada, line_1=line, is_default=False)
    assert api().delete(url(ada, home)).status_code == 204
    assert default_of(ada) == ["new"]
    for address in ada.addresses.all():
        api().delete(url(ada, address))
    assert not Address.objects.exists()


def test_a_change_says_what_came_and_keeps_the_rest(api, ada):
    home = AddressFactory.create(customer=ada)
    answer = api().patch(url(ada, home), {"postcode": "ec1y8sy"}, format="json")
    assert answer.json() == home.address() | {
        "id": home.pk,
        "is_default": True,
        "postcode": "EC1Y 8SY",
        "used_by_schedules": [],
    }


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"postcode": "ZZZ"}, "postcode"),
        ({"country": "US"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"city": ""}, "city"),
        ({"country": "gb"}, "country"),
        ({"line_1": "x" * 36}, "line_1"),
        ({"is_default": "yes"}, "is_default"),
        ({"is_default": 1}, "is_default"),
        ({"is_default": None}, "is_default"),
        ({"id": 7}, "id"),
        ({"customer": 7}, "customer"),
        ({"shipped": []}, "shipped"),
    ],
)
def test_a_bad_line_is_refused_by_name_and_nothing_changes(api, ada, change, attr):
    home = AddressFactory.create(customer=ada)
    for answer in (
        api().post(url(ada), LINES | change, format="json"),
        api().put(url(ada, home), LINES | change, format="json"),
        api().patch(url(ada, home), change, format="json"),
    ):
        assert answer.status_code == 400
        assert {error["attr"] for error in answer.json()["errors"]} == {attr}
    assert Address.objects.get().address() == home.address()


def test_an_old_address_that_breaks_a_new_rule_can_be_made_the_default(api, ada):
    AddressFactory.create(customer=ada)
    old = AddressFactory.create(customer=ada, postcode="ZZZ", is_default=False)
    answer = api().patch(url(ada, old), {"is_default": True}, format="json")
    assert (answer.status_code, answer.json()["postcode"]) == (200, "ZZZ")


def test_an_address_belongs_to_its_customer(api, ada):
    other = AddressFactory.create()
    for method in ("get", "patch", "put", "delete"):
        answer = getattr(api(), method)(url(ada, other), format="json")
        assert answer.status_code == 404
    assert api().get(url(ada)).json()["results"] == []
    assert Address.objects.exists()


@pytest.mark.parametrize("key", ["0", "9" * 10, "9" * 40, "-1", "x", "1.5"])
def test_a_key_that_nobody_has_is_a_404(api, ada, key):
    for path in (f"/api/v1/customers/{key}/addresses/", f"{url(ada)}{key}/"):
        assert api().get(path).status_code == 404
    book = f"/api/v1/customers/{key}/addresses/"
    assert api().post(book, LINES, format="json").status_code == 404


def test_the_list_is_paged_in_a_constant_number_of_statements(api, ada):
    client, counts = api("customers:read"), []
    for size in (1, 9):
        AddressFactory.create_batch(size, customer=ada, is_default=False)
        with CaptureQueriesContext(connection) as statements:
            page = client.get(url(ada), {"page_size": 5}).json()
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 3
    assert len(page["results"]) == 5
    assert page["next"]


def test_the_same_key_adds_one_address(api, ada):
    sent = [
        api().post(url(ada), LINES, format="json", headers={"Idempotency-Key": "a"})
        for _ in range(2)
    ]
    assert sent[0].json() == sent[1].json()
    assert sent[1].headers["Idempotency-Replayed"] == "true"
    assert Address.objects.count() == 1


def test_an_address_book_does_not_grow_for_ever(api, ada):
    AddressFactory.create_batch(MOST_ADDRESSES, customer=ada, is_default=False)
    answer = api().post(url(ada), LINES, format="json")
    assert answer.status_code == 400
    assert "at most 50" in answer.json()["errors"][0]["detail"]


@pytest.mark.django_db(transaction=True)
def test_of_addresses_added_and_deleted_at_once_one_is_the_default():
    ada, start = CustomerFactory.create(), Barrier(6)

    def work(number: int) -> None:
        start.wait()
        added = add_address(
            ada, LINES | {"line_1": str(number)}, by="user:test", is_default=number % 2 == 0
        )
        if number == 0:
            delete_address(added.address)
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert ada.addresses.count() == 5
    assert len(default_of(ada)) == 1

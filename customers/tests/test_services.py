"""The address book: one default whatever happens, and whoever waits for an address hears of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from customers.models import Address, Customer
from customers.services import (
    MOST_ADDRESSES,
    add_address,
    announce_first,
    change_address,
    delete_address,
    ensure_default,
    still_used_by,
)
from customers.signals import address_replaced, first_address_added
from customers.tests.factories import AddressFactory, CustomerFactory

pytestmark = pytest.mark.django_db
BY = "user:1 ann"
LONDON = {
    "recipient": "John Doe",
    "line_1": "179 Harrow Road",
    "line_2": "",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}
Listen = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ada() -> Customer:
    return CustomerFactory.create()


@pytest.fixture
def listen() -> Iterator[Listen]:
    """`listen(signal, answer)`: what a receiver is told from then on."""
    connected: list[tuple[Any, Any]] = []

    def connect(signal: Any, answer: Any = None) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []

        def receiver(**given: Any) -> Any:
            heard.append(given)
            return answer

        signal.connect(receiver, weak=False)
        connected.append((signal, receiver))
        return heard

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver)


def defaults(customer: Customer) -> list[str]:
    return list(customer.addresses.filter(is_default=True).values_list("line_1", flat=True))


def test_the_first_address_is_announced_once_with_who_gave_it(ada, listen):
    heard = listen(first_address_added, ["co-1", "co-2"])
    added = add_address(ada, LONDON, by=BY)
    assert added.shipped == ["co-1", "co-2"]
    assert [(each["address"], each["by"]) for each in heard] == [(added.address, BY)]
    assert add_address(ada, LONDON, by=BY, is_default=True).shipped == []
    assert len(heard) == 1


def test_a_receiver_with_nothing_to_say_is_passed_by(ada, listen):
    listen(first_address_added, None)
    listen(first_address_added, [7])
    assert announce_first(AddressFactory.create(customer=ada), by=BY) == ["7"]


def test_an_address_is_kept_as_carriers_get_it(ada):
    added = add_address(ada, LONDON | {"postcode": "w26nb", "city": " London "}, by=BY)
    assert added.address.address() == LONDON
    added.address.refresh_from_db()
    assert added.address.address() == LONDON


def test_one_that_carriers_would_send_back_is_not_added(ada, listen):
    heard = listen(first_address_added)
    with pytest.raises(ValidationError) as caught:
        add_address(ada, LONDON | {"postcode": ""}, by=BY)
    assert set(caught.value.message_dict) == {"postcode"}
    assert not Address.objects.exists()
    assert heard == []


def test_one_too_many_is_refused_and_the_default_stays(ada):
    AddressFactory.create(customer=ada, line_1="home")
    AddressFactory.create_batch(MOST_ADDRESSES - 2, customer=ada, is_default=False)
    add_address(ada, LONDON, by=BY)
    with pytest.raises(ValidationError, match="at most 50"):
        add_address(ada, LONDON, by=BY, is_default=True)
    assert ada.addresses.count() == MOST_ADDRESSES
    assert defaults(ada) == ["home"]


def test_where_no_default_was_left_the_next_address_is_it(ada):
    AddressFactory.create(customer=ada, is_default=False)
    assert add_address(ada, LONDON, by=BY).address.is_default


def test_the_books_of_others_stay_as_they_are(ada):
    other = AddressFactory.create(line_1="theirs")
    add_address(ada, LONDON, by=BY, is_default=True)
    delete_address(ada.addresses.get())
    assert defaults(other.customer) == ["theirs"]


def test_what_a_new_default_takes_the_place_of_is_said(ada):
    home = AddressFactory.create(customer=ada, line_1="home")
    added = add_address(ada, LONDON, by=BY, is_default=True)
    assert list(added.address.took_place_of) == [home.address()]
    assert list(add_address(ada, LONDON, by=BY).address.took_place_of) == []


def test_a_change_writes_what_came_and_keeps_what_others_wrote_meanwhile(ada):
    home = AddressFactory.create(customer=ada)
    Address.objects.filter(pk=home.pk).update(recipient="Jane Doe")
    changed = change_address(home, {"line_1": "1 New Street"})
    assert (changed.recipient, changed.line_1) == ("Jane Doe", "1 New Street")
    home.refresh_from_db()
    assert (home.recipient, home.line_1) == ("Jane Doe", "1 New Street")


def test_a_change_says_what_the_address_was(ada):
    home = AddressFactory.create(customer=ada)
    before = home.address()
    changed = change_address(home, {"line_1": "1 New Street"})
    assert list(changed.took_place_of) == [before]


def test_a_change_that_changes_nothing_takes_the_place_of_nothing(ada, django_assert_num_queries):
    home = AddressFactory.create(customer=ada)
    for lines, default in ((home.address(), None), ({}, True), ({"postcode": "w26nb"}, True)):
        changed = change_address(home, lines, is_default=default)
        assert list(changed.took_place_of) == []
    home.refresh_from_db()
    assert home.is_default


def test_another_default_takes_the_place_of_the_old_one_and_of_what_it_was_itself(ada):
    home = AddressFactory.create(customer=ada, line_1="home")
    work = AddressFactory.create(customer=ada, line_1="work", is_default=False)
    was = work.address()
    changed = change_address(work, {"line_1": "office"}, is_default=True)
    assert list(changed.took_place_of) == [was, home.address()]
    assert defaults(ada) == ["office"]


def test_the_default_cannot_be_taken_away_and_nothing_else_is_changed_then(ada):
    home = AddressFactory.create(customer=ada, line_1="home")
    with pytest.raises(ValidationError) as caught:
        change_address(home, {"line_1": "elsewhere"}, is_default=False)
    assert set(caught.value.message_dict) == {"is_default"}
    assert defaults(ada) == ["home"]


def test_what_is_no_default_may_be_said_to_be_none(ada):
    AddressFactory.create(customer=ada, line_1="home")
    work = AddressFactory.create(customer=ada, is_default=False)
    assert change_address(work, {}, is_default=False).is_default is False
    assert defaults(ada) == ["home"]


def test_an_address_that_was_deleted_meanwhile_is_not_written_again(ada):
    home = AddressFactory.create(customer=ada)
    Address.objects.filter(pk=home.pk).delete()
    with pytest.raises(Address.DoesNotExist):
        change_address(home, {"line_1": "1 New Street"})
    assert not Address.objects.exists()


def test_a_customer_who_was_deleted_meanwhile_gets_no_address(ada):
    Customer.objects.filter(pk=ada.pk).delete()
    with pytest.raises(Customer.DoesNotExist):
        add_address(ada, LONDON, by=BY)


def test_an_address_that_is_no_default_is_deleted_and_the_default_stays(ada):
    AddressFactory.create(customer=ada, line_1="home")
    work = AddressFactory.create(customer=ada, is_default=False)
    delete_address(work)
    assert defaults(ada) == ["home"]


def test_a_default_is_made_of_the_newest_only_where_there_is_none(ada):
    ensure_default(ada)
    for line in ("old", "new"):
        AddressFactory.create(customer=ada, line_1=line, is_default=False)
    ensure_default(ada)
    ensure_default(ada)
    assert defaults(ada) == ["new"]


def test_who_still_sends_to_the_old_lines_is_asked_for_each_that_was_replaced(ada, listen):
    home = AddressFactory.create(customer=ada, line_1="home")
    heard = listen(address_replaced, [5, 3])
    listen(address_replaced, [3])
    listen(address_replaced, None)
    work = AddressFactory.create(customer=ada, line_1="work", is_default=False)
    changed = change_address(work, {"line_1": "office"}, is_default=True)
    assert still_used_by(changed) == [3, 5], "each once"
    assert [each["lines"]["line_1"] for each in heard] == ["work", "home"]
    assert {each["customer"] for each in heard} == {ada.pk}
    assert {each["now"]["line_1"] for each in heard} == {"office"}
    assert home.line_1 == "home"


def test_nobody_is_asked_about_an_address_that_replaced_none(ada, listen):
    heard = listen(address_replaced, [5])
    assert still_used_by(AddressFactory.create(customer=ada)) == []
    assert heard == []

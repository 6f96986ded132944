"""What is held of a customer, and what of it can be erased."""

from collections.abc import Iterator

from django.db.models import Q

from customers.models import ADDRESS_FIELDS, PREFERENCES, Address, Customer
from desk.personal_data.append_only.function import empties
from desk.personal_data.parts import Part, Row, Subject, history_values, nothing_to_show, values

ERASED = "erased"
HISTORY = "Who changed which field, and when; what it was is gone."


def _customer(subject: Subject) -> Iterator[Row]:
    rows = Customer.objects.filter(pk=subject.key)
    return values(rows, "id", "code", "name", "phone_number", "email", *PREFERENCES, "created_at")


def _addresses(subject: Subject) -> Iterator[Row]:
    rows = Address.objects.filter(customer=subject.key)
    return values(rows, "id", *ADDRESS_FIELDS, "is_default")


def _history(subject: Subject) -> Iterator[Row]:
    columns = ("name", "phone_number", "email", *PREFERENCES)
    return history_values(Customer, Q(id=subject.key), *columns)


def _address_history(subject: Subject) -> Iterator[Row]:
    return history_values(Address, Q(customer=subject.key), *ADDRESS_FIELDS)


def _erase_customer(subject: Subject) -> int:
    empty = dict.fromkeys((*PREFERENCES, "phone_number", "email"), "")
    return Customer.objects.filter(pk=subject.key).update(name=ERASED, **empty)


def _erase_addresses(subject: Subject) -> int:
    return Address.objects.filter(customer=subject.key).delete()[0]


PARTS = (
    Part(
        "customer",
        "customer",
        _customer,
        _erase_customer,
        "The customer's code and when they became one: orders and bookkeeping refer to it.",
    ),
    Part("addresses", "customer", _addresses, _erase_addresses),
    Part("history", "customer", _history, empties("customer_history"), HISTORY),
    Part("address_history", "customer", _address_history, empties("address_history"), HISTORY),
    Part(
        "answers_and_logs",
        "customer",
        nothing_to_show,
        empties("log_of_customer"),
        kept="Answers under idempotency keys, imports and exports for a day: each is encrypted.",
    ),
)

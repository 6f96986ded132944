"""What a customer may be, and how it is named."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers.models import (
    Address,
    Customer,
    new_code,
)
from customers.tests.factories import AddressFactory, CustomerFactory


def test_a_code_of_ours_is_no_counter_and_holds_no_letters_that_look_alike():
    codes = [new_code() for _ in range(200)]
    assert len(set(codes)) == 200
    assert {len(code) for code in codes} == {12}
    assert not set("".join(code.removeprefix("C-") for code in codes)) & set("OILU")


def test_a_customer_is_named_by_name_and_code(db):
    assert str(CustomerFactory.create(name="Ada", code="ADA-1")) == "Ada (ADA-1)"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "Ada\nBcc: all@example.com"),
        ("name", "x" * 101),
        ("code", "a b"),
        ("code", "-a"),
        ("email", "nobody"),
        ("language", "english"),
        ("language", "en_GB"),
        ("time_zone", "Nairobi"),
        ("time_zone", "africa/nairobi"),
        ("phone_number", "12345"),
    ],
)
def test_what_cannot_be_so_is_refused_by_its_field(db, field, value):
    customer = Customer(**{"name": "Ada", field: value})
    with pytest.raises(ValidationError) as caught:
        customer.full_clean()
    assert set(caught.value.message_dict) == {field}


@pytest.mark.parametrize(
    ("typed", "kept"), [("PT-br", "pt-BR"), ("EN", "en"), ("zh-hant-TW", "zh-Hant-TW"), ("", "")]
)
def test_a_language_is_kept_in_its_usual_letters(db, typed, kept):
    customer = Customer(name="Ada", language=typed)
    customer.full_clean()
    assert customer.language == kept


def test_two_customers_have_no_code_in_common(db):
    CustomerFactory.create(code="ADA-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerFactory.create(code="ADA-1")


def test_a_deleted_customer_takes_the_address_book_along(db):
    home, other = AddressFactory.create(), AddressFactory.create()
    home.customer.delete()
    assert list(Address.objects.all()) == [other]

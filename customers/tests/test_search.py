"""How staff find customers."""

import pytest
from django.db import connection

from customers.models import Customer
from customers.phones import e164
from customers.search import search
from customers.tests.factories import CustomerFactory


@pytest.fixture
def josephine(db):
    for number in range(3):
        CustomerFactory.create(code=f"X-{number}", phone_number="+254711082300")
    return CustomerFactory.create(
        name="Joséphine O'Brien-Łukasz",
        code="C-1E5XK3M9QT",
        email="jo.brien@mail.example",
        phone_number="+447451277972",
    )


@pytest.mark.parametrize(
    "text",
    [
        "jos",
        "JOSÉPHINE",
        "o'brien",
        "łuk",
        "jo brien",
        "jo.br",
        "brien jo",
        "C-1E5XK3M9QT",
        "1e5x",
        "c-1e5",
        "jo.brien@mail.example",
        "mail.ex",
        "+447451277972",
        "447451",
        "07451 277972",
        "+44 7451 277 972",
        "J",
    ],
)
def test_each_word_finds_the_words_it_begins(josephine, text):
    assert list(search(Customer.objects.all(), text)) == [josephine]


@pytest.mark.parametrize(
    "text", ["nobody", "jo nobody", "ephine", "'", "\\", "& | !", ":*", "%", "@"]
)
def test_what_is_not_there_is_not_found(josephine, text):
    assert josephine not in search(Customer.objects.all(), text)


def test_signs_of_the_query_language_are_plain_text(db):
    customer = CustomerFactory.create(name="a'b\\c & d|e !f :* (g)")
    for word in customer.name.split():
        assert customer in search(Customer.objects.all(), word)


def test_search_uses_its_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "customer_search" in search(Customer.objects.order_by(), "ada").explain()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("07451277972", "+447451277972"),
        (" 447451277972", "+447451277972"),
        ("+254704590344", "+254704590344"),
        ("12", ""),
        ("", ""),
        ("no number", ""),
    ],
)
def test_phone_numbers_are_read_however_they_are_written(text, number):
    assert e164(text) == number

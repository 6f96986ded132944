"""Whether two addresses are one place, whoever receives there and however it is spelled."""

import pytest
from django.db.models import Value

from customers.models import Address
from customers.tests.factories import AddressFactory
from customers.values.places import Place

pytestmark = pytest.mark.django_db
LINES = ("line_1", "line_2", "city", "postcode", "country")
HOME = {
    "line_1": "The Battleship Building",
    "line_2": "179 Harrow Road",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}


def same(**change: str) -> bool:
    """Whether lines with this change are where the stored address is."""
    AddressFactory.create(**HOME)
    given = {name: Value(line) for name, line in (HOME | change).items()}
    stored = Address.objects.annotate(place=Place({name: name for name in LINES}))
    return stored.filter(place=Place(given)).exists()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"line_1": "the battleship building", "city": "LONDON"},
        {"line_1": "The  Battleship   Building "},
        {"line_1": "The Battleship Building, 179 Harrow Road", "line_2": ""},
        {"line_1": "The Battleship", "line_2": "Building 179 Harrow Road"},
        {"postcode": "w26nb"},
        {"postcode": "W2  6NB"},
        {"line_1": "The Bättleship Building"},
    ],
)
def test_it_is_the_same_place(change):
    assert same(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"line_2": "17 Harrow Road"},
        {"line_2": "1 79 Harrow Road"},
        {"line_1": "179 Harrow Road", "line_2": "The Battleship Building"},
        {"city": "Londonderry"},
        {"postcode": "W2 6NC"},
        {"country": "IE"},
        {"city": "London W2 6NB", "postcode": ""},
        {"line_2": ""},
    ],
)
def test_it_is_another_place(change):
    assert not same(**change)


def test_who_receives_there_makes_no_difference():
    AddressFactory.create(recipient="Jane Doe", **HOME)
    AddressFactory.create(recipient="John Doe", **HOME)
    rows = Address.objects.annotate(place=Place({name: name for name in LINES}))
    assert len(set(rows.values_list("place", flat=True))) == 1

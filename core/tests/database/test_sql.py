"""Many rows, each with values of its own, in one statement."""

from decimal import Decimal

import pytest
from django.db import DataError

from core.database.sql import update_each
from core.tests.parcels import Parcel, parcels


def test_each_row_gets_its_own_values_in_one_statement(outbox, django_assert_num_queries):
    one, two = parcels(2)
    with django_assert_num_queries(1):
        update_each(
            Parcel, ("id", "name", "weight"), [(one.pk, "a", Decimal("1.5")), (two.pk, "b%s", None)]
        )
    found = Parcel.objects.order_by("id").values_list("name", "weight")
    assert list(found) == [("a", Decimal("1.50")), ("b%s", None)]


def test_where_and_expressions_see_the_row_and_its_values(outbox):
    one, two = parcels(2, fence=3)
    found = update_each(
        Parcel,
        ("id", "fence", "name", "attempts"),
        [(one.pk, 3, "a", 2), (two.pk, 4, "b", 2)],
        where="t.fence = v.fence",
        expressions={"fence": "", "attempts": "t.attempts + v.attempts"},
        returning="t.id, t.attempts",
    )
    assert found == [(one.pk, 2)]
    assert Parcel.objects.get(pk=two.pk).name == "1"


def test_a_value_that_is_too_long_is_refused_and_not_cut(outbox):
    [one] = parcels(1)
    with pytest.raises(DataError):
        update_each(Parcel, ("id", "name"), [(one.pk, "far too long")])


def test_no_rows_are_no_statement(outbox, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert update_each(Parcel, ("id", "name"), []) == []

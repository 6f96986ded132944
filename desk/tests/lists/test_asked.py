"""A list's address: what a saved view keeps of it, and what a list can read of it today."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from core.admin.list_filters import UnreadableListError
from desk.lists.asked import AdminList, kept
from identity.tests.factories import staff
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db


def asked(label: str, role: str = "manager") -> AdminList:
    request: Any = RequestFactory().get("/admin/lists/")
    request.user = staff(role)
    return AdminList(label, request)


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        ("", ""),
        ("state__exact=placed&o=-1", "state__exact=placed&o=-1"),
        ("q=Amina+Odhiambo&p=7&state__exact=placed", "state__exact=placed"),
        ("_popup=1&_to_field=id&of=orders.order", ""),
        ("state__in=placed,shipped&state__in=x", "state__in=placed%2Cshipped&state__in=x"),
    ],
)
def test_filters_and_order_are_kept_and_nothing_that_was_typed(query: str, keeps: str):
    assert kept(query) == keeps


@pytest.mark.parametrize(
    ("query", "reads", "unknown"),
    [
        ("", "", []),
        ("state__exact=placed", "state__exact=placed", []),
        ("colour=blue&colour=red&state__exact=placed", "state__exact=placed", ["colour"]),
        ("state__exact=invented&size=1", "", ["size", "state__exact"]),
        ("customer__email=a@b.example", "", ["customer__email"]),
    ],
)
def test_what_a_list_cannot_read_is_named_and_the_rest_is_kept(
    query: str, reads: str, unknown: list[str]
):
    read, left_out = asked("orders.order").readable(query)
    assert (read, sorted(left_out)) == (reads, unknown)


def test_a_list_is_narrowed_as_its_own_page_narrows_it():
    order = placed_order()
    of = asked("orders.order")
    assert list(of.changelist("state__exact=placed").queryset) == [order]
    assert list(of.changelist("state__exact=cancelled").queryset) == []
    with pytest.raises(UnreadableListError) as refused:
        of.changelist("state__exact=invented")
    assert refused.value.name == "state__exact"


def test_an_address_is_that_of_the_list():
    of = asked("orders.Order")
    assert of.label == "orders.order", "however it was spelled"
    assert of.address() == "/admin/orders/order/"
    assert of.address("state__exact=placed") == "/admin/orders/order/?state__exact=placed"


@pytest.mark.parametrize("label", ["", "orders", "orders.", ".order", "orders.gone", "gone.order"])
def test_what_is_no_list_is_a_404(label: str):
    with pytest.raises(Http404):
        asked(label)


@pytest.mark.parametrize("label", ["orders.order", "core.case", "shipping.schedule"])
def test_a_list_is_for_those_who_may_see_it(label: str):
    assert asked(label).label == label
    with pytest.raises(PermissionDenied):
        asked("clinical.patient")
    with pytest.raises(PermissionDenied):
        asked("orders.order", "clinician")


def test_lists_of_health_data_are_known():
    assert asked("clinical.patient", "clinician").holds_health_data
    assert asked("clinical.study", "clinician").holds_health_data
    assert not asked("orders.order").holds_health_data

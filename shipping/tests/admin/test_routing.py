"""Routing rules in the admin: typed, looked at, put to use; and which way an order would go."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.tests.factories import browser_of, staff
from orders.tests.factories import placed_order
from shipping.models import RoutingRule, Shipment

pytestmark = pytest.mark.django_db
RULES = "/admin/shipping/routingrule/"


@pytest.fixture
def mona() -> Client:
    """A manager."""
    return browser_of(staff("manager"))


def typed(client: Client, **changes: object) -> RoutingRule | None:
    """The rule, when the form takes it."""
    form = {"name": "Britain", "priority": 10, "share": 100, "provider": "northpost"}
    client.post(f"{RULES}add/", form | {"country": "GB"} | changes)
    return RoutingRule.objects.first()


def test_a_rule_that_was_typed_is_not_in_use_and_says_what_it_would_change(mona):
    order = placed_order()
    rule = typed(mona)
    assert rule is not None
    assert not rule.is_active
    page = mona.get(f"{RULES}{rule.pk}/change/").content.decode()
    assert f"{order.number}: reference → northpost" in page
    assert placed_order().shipments.get().provider == "reference"


def test_it_is_put_to_use_by_a_dialog_that_shows_the_same_and_put_aside_again(mona):
    order, rule = placed_order(), typed(mona)
    assert rule is not None
    url = f"{RULES}{rule.pk}/put_to_use/"
    assert f"{order.number}: reference → northpost" in mona.get(url).content.decode()
    mona.post(url, {"_form_submitted": "1"})
    rule.refresh_from_db()
    assert rule.is_active
    assert placed_order().shipments.get().provider == "northpost"
    assert Shipment.objects.get(order=order).provider == "reference", "parcels keep theirs"
    mona.post(f"{RULES}{rule.pk}/put_aside/", {"_form_submitted": "1"})
    rule.refresh_from_db()
    assert not rule.is_active


def test_only_a_provider_that_can_be_used_is_taken(mona, settings):
    settings.NORTHPOST_LOGIN = ""
    assert typed(mona) is None
    assert typed(mona, provider="nobody") is None
    assert typed(mona, share=0) is None


def test_the_page_of_an_order_says_by_which_provider_and_why(mona):
    order, rule = placed_order(), typed(mona)
    RoutingRule.objects.update(is_active=True)
    assert rule is not None
    for number in (f" CO-{order.pk}", f"#co {order.pk}", f"ｃｏ－{order.pk}"):
        page = mona.get(f"{RULES}route/", {"number": number}).content.decode()
        assert "northpost" in page, number
    assert "by northpost: rule “Britain” takes it (to GB)" in page
    assert f"{RULES}{rule.pk}/change/" in page
    assert (
        "There is no order with this number."
        in mona.get(f"{RULES}route/?number=1").content.decode()
    )


def test_who_sends_parcels_may_look_and_change_nothing(mona):
    rule, fred = typed(mona), browser_of(staff("fulfilment"))
    assert rule is not None
    assert fred.get(f"{RULES}route/?number=co-1").status_code == 200
    assert fred.post(f"{RULES}{rule.pk}/put_to_use/", {"_form_submitted": "1"}).status_code == 403
    assert fred.post(f"{RULES}add/", {"name": "x"}).status_code == 403
    rule.refresh_from_db()
    assert not rule.is_active


def test_whoever_has_nothing_to_do_with_parcels_sees_nothing(mona):
    assert typed(mona)
    assert browser_of(staff("clinician")).get(f"{RULES}route/").status_code == 403
    assert Client().get(f"{RULES}route/").status_code == 302


def test_the_statements_do_not_grow_with_the_orders(mona):
    rule = typed(mona)
    assert rule is not None
    mona.get(f"{RULES}{rule.pk}/change/")
    counts = []
    for count in (1, 8):
        for _ in range(count):
            placed_order()
        with CaptureQueriesContext(connection) as captured:
            mona.get(f"{RULES}{rule.pk}/change/")
        counts.append(len(captured))
    assert counts[0] == counts[1]

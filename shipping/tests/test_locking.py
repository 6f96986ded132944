import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.workflow import TransitionNotAllowedError
from orders.models import Order
from shipping import locking, services
from shipping.models import Shipment
from shipping.staff_actions import resending, resolutions
from shipping.tests.factories import queued_shipment
from shipping.tracking import returns

BY = {"by": "user:nurse", "reason": "They asked for it"}


def locked_tables(verb, row, **given):
    with CaptureQueriesContext(connection) as captured:
        verb(row, **BY, **given)
    statements = " ".join(query["sql"] for query in captured)
    return re.findall(r'FOR NO KEY UPDATE OF "(orders_order|shipping_shipment)"', statements)


@pytest.mark.parametrize(
    ("verb", "state", "given"),
    [
        (services.retry, "unknown", {}),
        (services.cancel, "queued", {}),
        (resolutions.reroute, "rejected", {"provider": "console"}),
        (resending.resend, "failed-to-deliver", {}),
        (resending.hold, "failed-to-deliver", {}),
        (returns.request, "sent", {}),
    ],
)
def test_a_verb_locks_the_order_and_then_the_shipment_each_once(db, verb, state, given):
    shipment = queued_shipment(state=state)
    assert locked_tables(verb, shipment, **given) == ["orders_order", "shipping_shipment"]


def test_what_is_locked_is_as_it_is_now_and_so_is_its_order(db):
    seen = queued_shipment()
    Shipment.objects.update(state="unknown")
    Order.objects.update(state="shipped")
    locked = locking.lock_shipment(seen)
    assert (locked.state, locked.order.state, seen.state) == ("unknown", "shipped", "queued")


@pytest.mark.parametrize("change", [{"doubtful": True}, {"fence": 9}, {"provider": "console"}])
def test_a_decision_about_what_has_changed_since_is_refused(db, change):
    seen = queued_shipment(state="unknown")
    Shipment.objects.update(**change)
    with pytest.raises(TransitionNotAllowedError, match="meanwhile"):
        locking.lock_as_seen(seen)


def test_what_is_not_there_is_not_locked(db):
    assert locking.lock_if_free(404, wait=True) is None

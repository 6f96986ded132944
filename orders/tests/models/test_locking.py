from orders.models import Order
from orders.models.locking import lock_order
from orders.tests.factories import placed_order


def test_a_locked_order_is_as_it_is_now(db):
    seen = placed_order()
    Order.objects.update(state="cancelled")
    assert (lock_order(seen.pk).state, seen.state) == ("cancelled", "placed")

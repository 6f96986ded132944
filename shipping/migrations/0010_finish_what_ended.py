"""Orders whose schedule was cancelled before an order could be finished stayed active for ever.

By SQL, so that nobody is written to about what ended long ago; each has its event.
"""

from django.db import migrations

_FINISH = """
WITH ended AS (
    SELECT o.id FROM orders_order o JOIN shipping_schedule s ON s.order_id = o.id
    WHERE o.state = 'active' AND s.state = 'cancelled' AND NOT EXISTS (
        SELECT 1 FROM shipping_shipment p
        WHERE p.order_id = o.id AND p.state NOT IN ('delivered', 'cancelled', 'missed')
    )
    FOR NO KEY UPDATE OF o
), finished AS (
    UPDATE orders_order o SET state = 'finished' FROM ended WHERE o.id = ended.id
    RETURNING o.id
)
INSERT INTO orders_orderevent (order_id, kind, from_state, to_state, at, actor, detail)
SELECT id, 'finished', 'active', 'finished', now(), 'system',
       'Its schedule had ended, and every parcel.'
FROM finished
"""


class Migration(migrations.Migration):
    """Once: since then `schedules.finish` does it."""

    dependencies = [
        ("shipping", "0009_pause_over_index"),
        ("orders", "0002_recurring_orders_finish"),
    ]

    operations = [migrations.RunSQL(_FINISH, migrations.RunSQL.noop, elidable=True)]

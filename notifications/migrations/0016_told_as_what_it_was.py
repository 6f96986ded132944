"""What asked for an address was named as if it told of an order that was placed (`News.source`)."""

from django.db import migrations

_NAME = """
WITH asked AS (
    UPDATE notifications_notification n SET source = 'order:' || n.order_id || ':needs-address'
    FROM notifications_templateversion v
    JOIN notifications_template t ON t.id = v.template_id
    WHERE v.id = n.template_version_id AND t.occasion = 'order-needs-address'
      AND n.source = 'order:' || n.order_id || ':placed'
    RETURNING n.order_id
)
UPDATE notifications_notification n SET source = 'order:' || asked.order_id || ':placed'
FROM asked WHERE n.source = 'order:' || asked.order_id || ':address-set'
"""


class Migration(migrations.Migration):
    """Once: the sweeper would tell what it does not find by its name."""

    dependencies = [("notifications", "0015_reports_not_understood_index")]

    operations = [migrations.RunSQL(_NAME, migrations.RunSQL.noop, elidable=True)]

"""Whoever has just one address has it as the default, which a form once left unticked.

Of several none is chosen here: a parcel would go where nobody said.
"""

from django.db import migrations

_TICK = """
UPDATE customers_address SET is_default = TRUE
WHERE id IN (SELECT min(id) FROM customers_address GROUP BY customer_id HAVING count(*) = 1)
    AND NOT is_default
"""


class Migration(migrations.Migration):
    """Once: since then the first address is the default by itself."""

    dependencies = [("customers", "0005_city_where_there_is_one")]

    operations = [migrations.RunSQL(_TICK, migrations.RunSQL.noop, elidable=True)]

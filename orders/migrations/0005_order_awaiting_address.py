from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("orders", "0004_what_an_order_held")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    ("line_1", ""),
                    ("state", "placed"),
                    models.Q(("delivery_service", ""), _negated=True),
                ),
                fields=["-id"],
                name="order_awaiting_address",
            ),
        ),
    ]

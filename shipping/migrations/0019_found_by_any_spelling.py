from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import core.database.folding


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("shipping", "0018_city_where_there_is_one")]

    operations = [
        AddIndexConcurrently(
            model_name="shipment",
            index=models.Index(
                core.database.folding.NumberKey("tracking_number"),
                condition=models.Q(("tracking_number", ""), _negated=True),
                name="shipment_by_tracking_key",
            ),
        ),
        RemoveIndexConcurrently(model_name="shipment", name="shipment_by_tracking_number"),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("shipping", "0004_watchdog")]

    operations = [
        AddIndexConcurrently(
            model_name="shipment",
            index=models.Index(
                condition=models.Q(("state__in", ("sent", "waiting-for-collection", "in-transit"))),
                fields=["provider", "news_at"],
                name="shipment_by_news",
            ),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("shipping", "0010_finish_what_ended")]

    operations = [
        AddIndexConcurrently(
            model_name="shipment",
            index=models.Index(
                condition=models.Q(("state__in", ("sent", "waiting-for-collection", "in-transit"))),
                fields=["provider", "quiet", "news_at"],
                name="shipment_without_news",
            ),
        ),
        RemoveIndexConcurrently(model_name="shipment", name="shipment_by_news"),
    ]

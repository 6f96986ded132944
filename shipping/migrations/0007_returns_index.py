from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("shipping", "0006_returns")]

    operations = [
        AddIndexConcurrently(
            model_name="trackingevent",
            index=models.Index(
                condition=models.Q(("parcel_back__isnull", False)),
                fields=["parcel_back"],
                name="tracking_of_returns",
            ),
        ),
    ]

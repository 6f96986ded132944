from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table stays writable meanwhile."""

    atomic = False

    dependencies = [("notifications", "0014_reports_not_understood")]

    operations = [
        AddIndexConcurrently(
            model_name="deliveryreport",
            index=models.Index(
                condition=models.Q(("status", "not understood")),
                fields=["provider", "-id"],
                name="report_not_understood",
            ),
        ),
    ]

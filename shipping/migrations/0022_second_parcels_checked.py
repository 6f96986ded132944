from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("shipping", "0021_second_parcels")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE shipping_shipment VALIDATE CONSTRAINT shipment_resend_of_fk",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="shipment",
            index=models.Index(
                condition=models.Q(("resend_of__isnull", False)),
                fields=["resend_of"],
                name="shipment_resent",
            ),
        ),
    ]

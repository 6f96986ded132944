from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("clinical", "0010_identifiers_archive_merges")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE clinical_patient VALIDATE CONSTRAINT patient_merged_into_fk",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="patient",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="patient_merged",
            ),
        ),
    ]

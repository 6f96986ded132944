from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("core", "0004_halts")]

    operations = [
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("closed_at", None), ("dismissed", True), _connector="OR"),
                fields=["kind", "subject_id"],
                name="case_in_force",
            ),
        ),
    ]

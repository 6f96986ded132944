from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("clinical", "0008_birth_date_precision_checked")]

    operations = [
        AddIndexConcurrently(
            model_name="study",
            index=models.Index(fields=["state", "-id"], name="study_by_state"),
        ),
    ]

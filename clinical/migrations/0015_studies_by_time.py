from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("clinical", "0014_study_states_checked")]

    operations = [
        AddIndexConcurrently(
            model_name="study",
            index=models.Index(fields=["created_at", "-id"], name="study_by_time"),
        ),
    ]

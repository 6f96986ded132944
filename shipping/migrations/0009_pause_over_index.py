from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("shipping", "0008_postcode_where_there_is_one")]

    operations = [
        AddIndexConcurrently(
            model_name="schedule",
            index=models.Index(
                condition=models.Q(("resume_on__isnull", False), ("state", "paused")),
                fields=["time_zone", "resume_on"],
                name="schedule_pause_over",
            ),
        ),
        RemoveIndexConcurrently(model_name="schedule", name="schedule_resume"),
    ]

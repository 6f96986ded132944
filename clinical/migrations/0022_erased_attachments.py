from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("clinical", "0021_encrypted")]

    operations = [
        migrations.AddField(
            model_name="studyattachment",
            name="erased_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="studyattachment",
            name="file_removed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="studyattachment",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", False), ("file_removed_at", None)),
                fields=["id"],
                name="attachment_file_to_remove",
            ),
        ),
    ]

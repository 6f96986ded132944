"""Two fields have new names in Python; their columns and the index stay as they are."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Changes only what Django knows of the tables."""

    dependencies = [("notifications", "0016_told_as_what_it_was")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("notification", "notification_told_in"),
                migrations.RenameField("notification", "told_in", "digest"),
                migrations.AlterField(
                    "notification",
                    "digest",
                    models.ForeignKey(
                        "notifications.notification",
                        on_delete=django.db.models.deletion.SET_NULL,
                        null=True,
                        blank=True,
                        editable=False,
                        related_name="digest_items",
                        db_column="told_in_id",
                        db_index=False,
                        help_text="The message that tells of this together with others.",
                    ),
                ),
                migrations.AddIndex(
                    "notification",
                    models.Index(
                        fields=["digest"], condition=~Q(digest=None), name="notification_told_in"
                    ),
                ),
                migrations.RenameField("balance", "said_at", "answered_at"),
                migrations.AlterField(
                    "balance",
                    "answered_at",
                    models.DateTimeField(
                        null=True,
                        blank=True,
                        db_column="said_at",
                        help_text="When it last answered.",
                    ),
                ),
            ]
        )
    ]

"""Which keys the database needs (core/encryption/stored_keys.py)."""

from django.db import migrations, models

import core.database.clock


class Migration(migrations.Migration):

    dependencies = [("core", "0014_answers_kept_once")]

    operations = [
        migrations.CreateModel(
            name="EncryptionKey",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("check_value", models.BinaryField(max_length=64)),
                ("since", models.DateTimeField(default=core.database.clock.now)),
            ],
        ),
    ]

"""A name is one person's, however it is written. Built beside old code; safe to run again."""

import django.db.models.functions.text
from django.db import migrations, models

BUILD = """
DROP INDEX CONCURRENTLY IF EXISTS one_person_per_name;
CREATE UNIQUE INDEX CONCURRENTLY one_person_per_name ON identity_user (lower(username));
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("identity", "0009_names_and_sessions")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(sql, reverse)
                for sql, reverse in zip(
                    BUILD.strip().split("\n"),
                    ["DROP INDEX CONCURRENTLY IF EXISTS one_person_per_name", ""],
                    strict=True,
                )
            ],
            [
                migrations.AddConstraint(
                    "user",
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("username"),
                        name="one_person_per_name",
                        violation_error_message="Somebody has this name, in other letters.",
                    ),
                )
            ],
        )
    ]

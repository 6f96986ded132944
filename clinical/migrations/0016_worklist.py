import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def hours(default):
    return models.PositiveSmallIntegerField(
        default=default,
        help_text="Hours from when it was performed until its report is signed. 0: no limit.",
        validators=[django.core.validators.MaxValueValidator(8760)],
    )


class Migration(migrations.Migration):
    """The new foreign key holds for new rows at once; the next migration looks at the old ones."""

    dependencies = [
        ("clinical", "0015_studies_by_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReadingLimits",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("high", hours(4)),
                ("mid", hours(24)),
                ("low", hours(72)),
            ],
            options={"verbose_name": "reading limits", "verbose_name_plural": "reading limits"},
        ),
        migrations.CreateModel(
            name="WaitingStudy",
            fields=[],
            options={
                "verbose_name": "study to read",
                "verbose_name_plural": "worklist",
                "proxy": True,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
            bases=("clinical.study",),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE clinical_study ADD COLUMN reader_id bigint NULL",
                    "ALTER TABLE clinical_study DROP COLUMN reader_id",
                ),
                migrations.RunSQL(
                    "ALTER TABLE clinical_study ADD CONSTRAINT study_reader_fk"
                    " FOREIGN KEY (reader_id) REFERENCES identity_user (id)"
                    " DEFERRABLE INITIALLY DEFERRED NOT VALID",
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="study",
                    name="reader",
                    field=models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]

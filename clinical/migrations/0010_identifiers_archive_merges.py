import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import core.database.clock
import core.encryption.fields
import customers.values.validators


class Migration(migrations.Migration):
    """The new foreign key holds for new rows at once; the next migration looks at the old ones."""

    dependencies = [("clinical", "0009_studies_by_state")]

    operations = [
        migrations.AlterModelOptions(
            name="patient",
            options={
                "ordering": ["-id"],
                "permissions": [("merge_patient", "Can merge patients, and undo a merge")],
            },
        ),
        migrations.AddField(
            model_name="patient",
            name="archived_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE clinical_patient ADD COLUMN merged_into_id bigint NULL",
                    "ALTER TABLE clinical_patient DROP COLUMN merged_into_id",
                ),
                migrations.RunSQL(
                    "ALTER TABLE clinical_patient ADD CONSTRAINT patient_merged_into_fk"
                    " FOREIGN KEY (merged_into_id) REFERENCES clinical_patient (id)"
                    " DEFERRABLE INITIALLY DEFERRED NOT VALID",
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="patient",
                    name="merged_into",
                    field=models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_records",
                        to="clinical.patient",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PatientIdentifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("type", models.CharField(choices=[("MR", "medical record number"), ("NI", "national identifier"), ("MB", "health insurance number"), ("PPN", "passport number"), ("DL", "driving licence number"), ("U", "other")], default="MR", max_length=3)),
                ("system", models.CharField(help_text="Who gives such numbers: a URI or a name, always written alike.", max_length=200, validators=[customers.values.validators.OneLine()])),
                ("value", core.encryption.fields.EncryptedCharField(context="clinical_patientidentifier.value", max_length=100, validators=[customers.values.validators.OneLine()])),
                ("value_index", models.UUIDField(editable=False)),
                ("created_at", models.DateTimeField(default=core.database.clock.now, editable=False)),
                ("patient", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="identifiers", to="clinical.patient")),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("system", "value_index"), name="one_patient_per_identifier")],
            },
        ),
        migrations.CreateModel(
            name="PatientMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=core.database.clock.now, editable=False)),
                ("actor", models.CharField(max_length=100)),
                ("reason", models.CharField(max_length=500)),
                ("studies", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("identifiers", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("taken", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None)),
                ("before", core.encryption.fields.EncryptedTextField(context="clinical_patientmerge.before", default="{}")),
                ("undone_at", models.DateTimeField(editable=False, null=True)),
                ("undone_by", models.CharField(blank=True, default="", max_length=100)),
                ("undo_reason", models.CharField(blank=True, default="", max_length=500)),
                ("merged", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="merges_away", to="clinical.patient")),
                ("survivor", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="clinical.patient")),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [models.UniqueConstraint(condition=models.Q(("undone_at__isnull", True)), fields=("merged",), name="one_merge_of_a_record_at_a_time")],
            },
        ),
    ]

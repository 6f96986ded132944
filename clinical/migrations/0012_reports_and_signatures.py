import core.database.clock
import core.encryption.fields
import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """The constraints hold for new rows at once; the next migrations look at the old ones."""

    dependencies = [("clinical", "0011_merged_into_checked")]

    operations = [
        migrations.CreateModel(
            name="StudyReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("text", core.encryption.fields.EncryptedTextField(context="clinical_studyreport.text", max_length=20000)),
                ("reason", core.encryption.fields.EncryptedTextField(blank=True, context="clinical_studyreport.reason", default="", max_length=500)),
                ("written_by", models.CharField(max_length=100)),
                ("at", models.DateTimeField(default=core.database.clock.now, editable=False, verbose_name="written at")),
                ("study", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="clinical.study")),
            ],
            options={
                "verbose_name": "report",
                "ordering": ["-number"],
                "constraints": [models.UniqueConstraint(fields=("study", "number"), name="one_report_per_number")],
            },
        ),
        migrations.CreateModel(
            name="ReportSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signed_by", models.CharField(max_length=100)),
                ("at", models.DateTimeField(default=core.database.clock.now, editable=False, verbose_name="signed at")),
                ("report", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="signature", to="clinical.studyreport")),
            ],
            options={"verbose_name": "signature"},
        ),
        migrations.AlterModelOptions(
            name="study",
            options={
                "ordering": ["-id"],
                "permissions": [("sign_study", "Can sign and amend reports")],
                "verbose_name_plural": "studies",
            },
        ),
        migrations.AddField(
            model_name="study",
            name="performed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="study",
            name="state",
            field=models.CharField(
                choices=[
                    ("registered", "Registered"),
                    ("performed", "Performed"),
                    ("reported", "Reported"),
                    ("final", "Final"),
                    ("amended", "Amended"),
                    ("cancelled", "Cancelled"),
                    ("entered-in-error", "Entered In Error"),
                ],
                default="registered",
                editable=False,
                max_length=20,
            ),
        ),
        AddConstraintNotValid(
            model_name="study",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "registered",
                            "performed",
                            "reported",
                            "final",
                            "amended",
                            "cancelled",
                            "entered-in-error",
                        ],
                    )
                ),
                name="study_state_is_one_of_ours",
            ),
        ),
        AddConstraintNotValid(
            model_name="study",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["performed", "reported"]), _negated=True),
                    ("performed_at__isnull", False),
                    _connector="OR",
                ),
                name="study_waits_since_it_was_performed",
            ),
        ),
    ]

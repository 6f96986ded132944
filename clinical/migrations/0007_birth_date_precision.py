from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """The constraint holds for new rows at once; the next migration looks at the old ones."""

    dependencies = [("clinical", "0006_more_letters_and_signs")]

    operations = [
        migrations.AddField(
            model_name="patient",
            name="birth_date_precision",
            field=models.CharField(
                choices=[("year", "year"), ("month", "month"), ("day", "day")],
                db_default="day",
                default="day",
                max_length=5,
            ),
        ),
        AddConstraintNotValid(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("birth_date_precision", "day"),
                    models.Q(("birth_date__day", 1), ("birth_date_precision", "month")),
                    models.Q(
                        ("birth_date__day", 1),
                        ("birth_date__month", 1),
                        ("birth_date_precision", "year"),
                    ),
                    _connector="OR",
                ),
                name="patient_birth_date_is_first_day",
            ),
        ),
    ]

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import clinical.models
import customers.values.validators


class Migration(migrations.Migration):
    """The constraint holds for new rows at once; the next migration looks at the old ones."""

    dependencies = [("clinical", "0003_found_as_seen")]

    operations = [
        *(
            migrations.AlterField(
                model_name="patient",
                name=name,
                field=models.CharField(
                    blank=True,
                    default="",
                    help_text="Who has one name only leaves the other empty.",
                    max_length=100,
                    validators=[customers.values.validators.OneLine(), clinical.models.HoldsLetter()],
                ),
            )
            for name in ("first_name", "last_name")
        ),
        AddConstraintNotValid(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_name", ""), ("last_name", ""), _negated=True),
                name="patient_has_a_name",
            ),
        ),
    ]

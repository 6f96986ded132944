from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("clinical", "0007_birth_date_precision")]

    operations = [
        ValidateConstraint(model_name="patient", name="patient_birth_date_is_first_day")
    ]

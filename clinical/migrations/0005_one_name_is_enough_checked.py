from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("clinical", "0004_one_name_is_enough")]

    operations = [ValidateConstraint(model_name="patient", name="patient_has_a_name")]

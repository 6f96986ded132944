from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("clinical", "0013_available_is_performed")]

    operations = [
        ValidateConstraint(model_name="study", name="study_state_is_one_of_ours"),
        ValidateConstraint(model_name="study", name="study_waits_since_it_was_performed"),
    ]

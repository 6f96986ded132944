from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Now

import core.database.clock
import core.database.versions


def field():
    return core.database.versions.ChangedAtField(
        db_default=Now(), default=core.database.clock.now, editable=False
    )


class Migration(migrations.Migration):
    """Beside the old code. What is there counts as changed now."""

    atomic = False

    dependencies = [("clinical", "0024_reasons_of_merges_encrypted")]

    operations = [
        migrations.AddField(model_name="patient", name="changed_at", field=field()),
        migrations.AddField(model_name="study", name="changed_at", field=field()),
        AddIndexConcurrently(
            model_name="patient",
            index=models.Index(fields=["changed_at"], name="patient_by_change"),
        ),
        AddIndexConcurrently(
            model_name="study",
            index=models.Index(fields=["changed_at"], name="study_by_change"),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Case, Q, Value, When


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("clinical", "0016_worklist")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE clinical_study VALIDATE CONSTRAINT study_reader_fk",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="study",
            index=models.Index(
                Case(
                    When(urgency_level="HIGH", then=Value(0)),
                    When(urgency_level="MID", then=Value(1)),
                    default=Value(2),
                    output_field=models.SmallIntegerField(),
                ),
                models.F("performed_at"),
                models.F("id"),
                condition=Q(state__in=["performed", "reported"]),
                name="study_worklist",
            ),
        ),
    ]

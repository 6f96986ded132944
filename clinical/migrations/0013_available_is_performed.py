from django.db import connection, migrations

CHUNK = 5_000
CONVERT = """
UPDATE clinical_study SET state = 'performed', performed_at = COALESCE(
    (SELECT max(e.at) FROM clinical_studyevent e
     WHERE e.study_id = clinical_study.id AND e.to_state = 'available'), created_at)
WHERE id IN (SELECT id FROM clinical_study WHERE state = 'available' LIMIT %s)
"""


def convert(apps, schema_editor):
    """Chunk by chunk: studies stay readable and writable meanwhile."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(CONVERT, [CHUNK])
            if not cursor.rowcount:
                return


class Migration(migrations.Migration):
    """The state has another name. Histories keep the one that they were written with."""

    atomic = False

    dependencies = [("clinical", "0012_reports_and_signatures")]

    operations = [migrations.RunPython(convert, migrations.RunPython.noop)]

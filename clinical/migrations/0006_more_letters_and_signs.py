from django.db import migrations


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable, and each index is there until its new one is."""

    atomic = False

    dependencies = [
        ("clinical", "0005_one_name_is_enough_checked"),
        ("core", "0012_more_letters_and_signs"),
    ]

    operations = [
        migrations.RunSQL("REINDEX INDEX CONCURRENTLY patient_search_vector", migrations.RunSQL.noop),
        migrations.RunSQL("REINDEX INDEX CONCURRENTLY patient_by_alphabet", migrations.RunSQL.noop),
    ]

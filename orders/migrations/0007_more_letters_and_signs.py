from django.db import migrations


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable, and each index is there until its new one is."""

    atomic = False

    dependencies = [
        ("orders", "0006_products_by_alphabet"),
        ("core", "0012_more_letters_and_signs"),
    ]

    operations = [
        migrations.RunSQL("REINDEX INDEX CONCURRENTLY product_by_alphabet", migrations.RunSQL.noop),
    ]

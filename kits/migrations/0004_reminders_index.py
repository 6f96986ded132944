import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("kits", "0003_clocks")]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Where it was made with the columns, it is there already.
            database_operations=[
                migrations.RunSQL(
                    'CREATE INDEX CONCURRENTLY IF NOT EXISTS "kit_to_remind" ON "kits_kit" '
                    '((COALESCE("delivered_at", "packed_at"))) WHERE ("reminded_at" IS NULL '
                    """AND "state" IN ('sent', 'delivered', 'registered'))""",
                    'DROP INDEX CONCURRENTLY IF EXISTS "kit_to_remind"',
                )
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name="kit",
                    index=models.Index(django.db.models.functions.comparison.Coalesce('delivered_at', 'packed_at'), condition=models.Q(('reminded_at', None), ('state__in', ('sent', 'delivered', 'registered'))), name='kit_to_remind'),
                ),
            ],
        ),
    ]

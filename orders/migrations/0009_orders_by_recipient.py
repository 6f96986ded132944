import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

import core.database.folding


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [
        ("orders", "0008_history_and_versions"),
        ("core", "0012_more_letters_and_signs"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=django.contrib.postgres.indexes.GinIndex(
                core.database.folding.SearchVector(
                    "recipient", "postcode", core.database.folding.NumberKey("postcode")
                ),
                name="order_by_recipient",
            ),
        ),
    ]

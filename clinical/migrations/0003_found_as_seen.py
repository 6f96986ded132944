import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import core.database.folding


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable, and searches of it are slow until it ends."""

    atomic = False

    dependencies = [
        ("clinical", "0002_times_by_the_databases_clock"),
        ("core", "0010_folded_text"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="patient",
            index=django.contrib.postgres.indexes.GinIndex(
                core.database.folding.SearchVector("first_name", "last_name", "email", parted="-"),
                name="patient_search_vector",
            ),
        ),
        AddIndexConcurrently(
            model_name="patient",
            index=models.Index(
                core.database.folding.SortKey("last_name"),
                models.F("last_name"),
                models.OrderBy(models.F("id"), descending=True),
                name="patient_by_alphabet",
            ),
        ),
        RemoveIndexConcurrently(model_name="patient", name="patient_by_words"),
        RemoveIndexConcurrently(model_name="patient", name="patient_by_last_name"),
    ]

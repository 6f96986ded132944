import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import core.database.folding


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable, and searches of it are slow until it ends."""

    atomic = False

    dependencies = [
        ("customers", "0006_only_address_is_the_default"),
        ("core", "0010_folded_text"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                core.database.folding.SearchVector("name", "email", "code", "phone_number"),
                name="customer_search_vector",
            ),
        ),
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                core.database.folding.SortKey("name"),
                models.F("name"),
                models.OrderBy(models.F("id"), descending=True),
                name="customer_by_alphabet",
            ),
        ),
        RemoveIndexConcurrently(model_name="customer", name="customer_search"),
        RemoveIndexConcurrently(model_name="customer", name="customer_by_name"),
    ]

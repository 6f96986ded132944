from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import core.database.folding


class Migration(migrations.Migration):
    """Beside the old code: the table stays writable meanwhile."""

    atomic = False

    dependencies = [("orders", "0005_order_awaiting_address"), ("core", "0010_folded_text")]

    operations = [
        AddIndexConcurrently(
            model_name="product",
            index=models.Index(
                core.database.folding.SortKey("name"),
                models.F("name"),
                models.OrderBy(models.F("id"), descending=True),
                name="product_by_alphabet",
            ),
        ),
        RemoveIndexConcurrently(model_name="product", name="product_by_name"),
    ]

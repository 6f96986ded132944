import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_what_an_order_held'),
        ('shipping', '0012_times_by_the_databases_clock'),
    ]

    operations = [
        migrations.AddField(
            model_name='schedule',
            name='skipped_from',
            field=models.IntegerField(blank=True, editable=False, help_text='The first of those skipped right before the next one; null: none was.', null=True),
        ),
        # The constraint is checked for new rows at once, for the old ones by the next migration:
        # Django's own would read the whole table while it locks it.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE shipping_shipment ADD COLUMN revision_id bigint NULL',
                    'ALTER TABLE shipping_shipment DROP COLUMN revision_id',
                ),
                migrations.RunSQL(
                    'ALTER TABLE shipping_shipment ADD CONSTRAINT shipment_revision_fk'
                    ' FOREIGN KEY (revision_id) REFERENCES orders_orderrevision (id)'
                    ' DEFERRABLE INITIALLY DEFERRED NOT VALID',
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.AddField(
                    model_name='shipment',
                    name='revision',
                    field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.orderrevision'),
                ),
            ],
        ),
    ]

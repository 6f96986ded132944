import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('shipping', '0020_answers_in_their_words')]

    operations = [
        migrations.AddField(
            model_name='shipmentevent',
            name='reported',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='shipping.trackingevent'),
        ),
        # The constraint is checked for new rows at once, for the old ones by the next migration:
        # Django's own would read the whole table while it locks it.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE shipping_shipment ADD COLUMN resend_of_id bigint NULL',
                    'ALTER TABLE shipping_shipment DROP COLUMN resend_of_id',
                ),
                migrations.RunSQL(
                    'ALTER TABLE shipping_shipment ADD CONSTRAINT shipment_resend_of_fk'
                    ' FOREIGN KEY (resend_of_id) REFERENCES shipping_shipment (id)'
                    ' DEFERRABLE INITIALLY DEFERRED NOT VALID',
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.AddField(
                    model_name='shipment',
                    name='resend_of',
                    field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='The parcel that could not be delivered.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='resends', to='shipping.shipment'),
                ),
            ],
        ),
    ]

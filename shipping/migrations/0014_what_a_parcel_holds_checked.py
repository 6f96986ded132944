from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shipping', '0013_what_a_parcel_holds'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE shipping_shipment VALIDATE CONSTRAINT shipment_revision_fk',
            migrations.RunSQL.noop,
        ),
    ]

import customers.values.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("shipping", "0017_parcels_in_doubt"),
    ]

    operations = [
        migrations.AlterField(
            model_name="shipment",
            name="city",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Empty only where the country is one, such as SG.",
                max_length=35,
                validators=[customers.values.validators.OneLine()],
            ),
        ),
    ]

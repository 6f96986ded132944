import customers.values.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0004_times_by_the_databases_clock"),
    ]

    operations = [
        migrations.AlterField(
            model_name="address",
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

"""The mark of the reference data (core/database/reference.py)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0012_more_letters_and_signs'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReferenceMark',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('mark', models.UUIDField()),
            ],
        ),
    ]

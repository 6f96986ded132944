from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code, which leaves both columns empty."""

    dependencies = [("notifications", "0013_answers_in_their_words")]

    operations = [
        migrations.AddField(
            model_name="deliveryreport",
            name="raw",
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="deliveryreport",
            name="set_aside_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]

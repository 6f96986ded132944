"""How many SMS a day's messages took, beside how many there were; two help texts are plainer.

The new column has its default in the table, so the release before goes on writing without it.
"""

from django.db import migrations, models

from notifications.content.rendering import validate_html


class Migration(migrations.Migration):
    """Adds a column; nothing is rewritten."""

    dependencies = [("notifications", "0017_fields_by_the_glossary")]

    operations = [
        migrations.AddField(
            model_name="dailycost",
            name="segments",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="How many SMS they took; one for each other message.",
            ),
        ),
        migrations.AlterField(
            model_name="dailycost",
            name="day",
            field=models.DateField(help_text="In Dosette's own time zone."),
        ),
        migrations.AlterField(
            model_name="template",
            name="html",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="E-mail only. Empty: the text in Dosette's plain layout.",
                max_length=20000,
                validators=[validate_html],
                verbose_name="HTML body",
            ),
        ),
    ]

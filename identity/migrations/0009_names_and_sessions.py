"""Sessions can be ended for good; and no two names differ in capitals only any more."""

from django.db import migrations, models


def tell_apart(apps, schema_editor):
    """Names that differ in capitals only: the younger ones get a number."""
    User = apps.get_model("identity", "User")
    taken = set()
    for person in User.objects.order_by("pk").iterator():
        name, number = person.username, 2
        while name.lower() in taken:
            name, number = f"{person.username[:140]}-{number}", number + 1
        taken.add(name.lower())
        if name != person.username:
            User.objects.filter(pk=person.pk).update(username=name)


class Migration(migrations.Migration):
    dependencies = [("identity", "0008_times_by_the_databases_clock")]
    operations = [
        migrations.AddField(
            "user",
            "session_epoch",
            models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
    ]

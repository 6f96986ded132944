"""The events that staff may switch, the limits, the words for several parcels; versions of all."""

from django.db import migrations

NEWS = [
    "order-placed",
    "order-cancelled",
    "shipment-waiting-for-collection",
    "shipment-in-transit",
    "shipment-delivered",
    "shipment-failed-to-deliver",
]
DIGEST = "Hi {user_name}, news of {count} parcels. {parcels}"


def deliver(apps, schema_editor):
    """Write them; templates that are there are in English, as they were delivered."""
    template = apps.get_model("notifications", "Template")
    version = apps.get_model("notifications", "TemplateVersion")
    topic = apps.get_model("notifications", "Topic")
    topic.objects.bulk_create(topic(occasion=occasion) for occasion in NEWS)
    apps.get_model("notifications", "Limits").objects.create(pk=1)
    template.objects.update(language="en")
    for channel, subject in (("email", "News of {count} parcels"), ("sms", "")):
        template.objects.create(
            occasion="shipments-digest",
            channel=channel,
            language="en",
            subject=subject,
            body=DIGEST,
        )
    for row in template.objects.all():
        row.current = version.objects.create(
            template=row, number=1, subject=row.subject, body=row.body
        )
        row.save(update_fields=["current"])


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_words_consent_and_mailings")]

    operations = [migrations.RunPython(deliver, migrations.RunPython.noop)]

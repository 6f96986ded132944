"""Customers hear that there is something new of what they sent in, or that it was corrected, by the
channels of placed orders. The words say nothing of health.

What staff have written already for these events stays as it is.
"""

from django.db import migrations, models

TEXTS = {
    "order-result-ready": (
        "Your order {order_number}: there is something new",
        "Hi {user_name}, there is something new about your order {order_number}. "
        "Please get in touch with us.",
    ),
    "order-result-corrected": (
        "Your order {order_number}: please get in touch",
        "Hi {user_name}, something about your order {order_number} was corrected. What we told "
        "you before does not hold any more. Please get in touch with us.",
    ),
}


def deliver(apps, schema_editor):
    """Write the switches, the rules and the words."""
    for occasion, (subject, body) in TEXTS.items():
        _deliver(apps, occasion, subject, body)


def _deliver(apps, occasion, subject, body):
    topic, rule, template, version = (
        apps.get_model("notifications", name)
        for name in ("Topic", "Rule", "Template", "TemplateVersion")
    )
    topic.objects.get_or_create(occasion=occasion)
    if not rule.objects.filter(occasion=occasion).exists():
        rule.objects.bulk_create(
            rule(
                occasion=occasion,
                product_kind=placed.product_kind,
                kit_type=placed.kit_type,
                channel=placed.channel,
                is_active=placed.is_active,
                valid_from=placed.valid_from,
                valid_until=placed.valid_until,
            )
            for placed in rule.objects.filter(occasion="order-placed")
        )
    for channel, words in (("email", subject), ("sms", "")):
        known = {"occasion": occasion, "name": "", "channel": channel, "language": "en"}
        texts = {"subject": words, "body": body}
        row, created = template.objects.get_or_create(**known, defaults=texts)
        if created:
            row.current = version.objects.create(template=row, number=1, **texts)
            row.save(update_fields=["current"])


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0021_kits_to_be_registered'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rule',
            name='occasion',
            field=models.CharField(choices=[('order-placed', 'order placed'), ('order-needs-address', 'order waits for an address'), ('order-cancelled', 'order cancelled'), ('order-kit-here', 'kit to be registered'), ('order-kit-due', 'kit to be sent back'), ('order-result-ready', 'something new to look at'), ('order-result-corrected', 'something was corrected'), ('shipment-waiting-for-collection', 'parcel waiting for the carrier'), ('shipment-in-transit', 'parcel on its way'), ('shipment-delivered', 'parcel delivered'), ('shipment-failed-to-deliver', 'parcel not delivered')], max_length=40),
        ),
        migrations.AlterField(
            model_name='template',
            name='occasion',
            field=models.CharField(choices=[('order-placed', 'order placed'), ('order-needs-address', 'order waits for an address'), ('order-cancelled', 'order cancelled'), ('order-kit-here', 'kit to be registered'), ('order-kit-due', 'kit to be sent back'), ('order-result-ready', 'something new to look at'), ('order-result-corrected', 'something was corrected'), ('shipment-waiting-for-collection', 'parcel waiting for the carrier'), ('shipment-in-transit', 'parcel on its way'), ('shipment-delivered', 'parcel delivered'), ('shipment-failed-to-deliver', 'parcel not delivered'), ('shipments-digest', 'several parcels at once'), ('mailing', 'message to many')], max_length=40),
        ),
        migrations.AlterField(
            model_name='topic',
            name='occasion',
            field=models.CharField(choices=[('order-placed', 'order placed'), ('order-needs-address', 'order waits for an address'), ('order-cancelled', 'order cancelled'), ('order-kit-here', 'kit to be registered'), ('order-kit-due', 'kit to be sent back'), ('order-result-ready', 'something new to look at'), ('order-result-corrected', 'something was corrected'), ('shipment-waiting-for-collection', 'parcel waiting for the carrier'), ('shipment-in-transit', 'parcel on its way'), ('shipment-delivered', 'parcel delivered'), ('shipment-failed-to-deliver', 'parcel not delivered')], max_length=40, unique=True, verbose_name='event'),
        ),
        migrations.RunPython(deliver, migrations.RunPython.noop),
    ]

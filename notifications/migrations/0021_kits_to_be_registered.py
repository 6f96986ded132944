"""Customers are asked to register the kit that has come, by the channels of placed orders.

What staff have written already for this event stays as it is.
"""

from django.db import migrations, models


HERE = "order-kit-here"
SUBJECT = "Please register what we sent you with order {order_number}"
BODY = "Hi {user_name}, please register what we sent you: {registration_url}"


def deliver(apps, schema_editor):
    """Write the switch, the rules and the words."""
    topic, rule, template, version = (
        apps.get_model("notifications", name)
        for name in ("Topic", "Rule", "Template", "TemplateVersion")
    )
    topic.objects.get_or_create(occasion=HERE)
    if not rule.objects.filter(occasion=HERE).exists():
        rule.objects.bulk_create(
            rule(
                occasion=HERE,
                product_kind=placed.product_kind,
                kit_type=placed.kit_type,
                channel=placed.channel,
                is_active=placed.is_active,
                valid_from=placed.valid_from,
                valid_until=placed.valid_until,
            )
            for placed in rule.objects.filter(occasion="order-placed")
        )
    for channel, subject in (("email", SUBJECT), ("sms", "")):
        known = {"occasion": HERE, "name": "", "channel": channel, "language": "en"}
        words = {"subject": subject, "body": BODY}
        row, created = template.objects.get_or_create(**known, defaults=words)
        if created:
            row.current = version.objects.create(template=row, number=1, **words)
            row.save(update_fields=["current"])


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0020_kits_to_be_sent_back'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rule',
            name='occasion',
            field=models.CharField(choices=[('order-placed', 'order placed'), ('order-needs-address', 'order waits for an address'), ('order-cancelled', 'order cancelled'), ('order-kit-here', 'kit to be registered'), ('order-kit-due', 'kit to be sent back'), ('shipment-waiting-for-collection', 'parcel waiting for the carrier'), ('shipment-in-transit', 'parcel on its way'), ('shipment-delivered', 'parcel delivered'), ('shipment-failed-to-deliver', 'parcel not delivered')], max_length=40),
        ),
        migrations.AlterField(
            model_name='template',
            name='occasion',
            field=models.CharField(choices=[('order-placed', 'order placed'), ('order-needs-address', 'order waits for an address'), ('order-cancelled', 'order cancelled'), ('order-kit-here', 'kit to be registered'), ('order-kit-due', 'kit to be sent back'), ('shipment-waiting-for-collection', 'parcel waiting for the carrier'), ('shipment-in-transit', 'parcel on its way'), ('shipment-delivered', 'parcel delivered'), ('shipment-failed-to-deliver', 'parcel not delivered'), ('shipments-digest', 'several parcels at once'), ('mailing', 'message to many')], max_length=40),
        ),
        migrations.AlterField(
            model_name='topic',
            name='occasion',
            field=models.CharField(choices=[('order-placed', 'order placed'), ('order-needs-address', 'order waits for an address'), ('order-cancelled', 'order cancelled'), ('order-kit-here', 'kit to be registered'), ('order-kit-due', 'kit to be sent back'), ('shipment-waiting-for-collection', 'parcel waiting for the carrier'), ('shipment-in-transit', 'parcel on its way'), ('shipment-delivered', 'parcel delivered'), ('shipment-failed-to-deliver', 'parcel not delivered')], max_length=40, unique=True, verbose_name='event'),
        ),
        migrations.RunPython(deliver, migrations.RunPython.noop),
    ]

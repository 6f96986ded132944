"""The rules of requirements A2 and D5 and the words that go with them; staff change them later."""

from django.db import migrations

# (occasion, kind of product, kit type, channel). Requirement A2: whole exome sequencing by SMS,
# other DNA kits by e-mail; D5: any other order by SMS.
RULES = [
    (occasion, kind, kit_type, channel)
    for occasion in ("order-placed", "order-cancelled")
    for kind, kit_type, channel in (
        ("dna-kit", "whole-exome-sequencing", "sms"),
        ("dna-kit", "", "email"),
        ("", "", "sms"),
    )
] + [
    (f"shipment-{status}", "", "", "sms")
    for status in ("waiting-for-collection", "in-transit", "delivered", "failed-to-deliver")
]

# occasion -> (subject, body), the same words by SMS and by e-mail.
WORDS = {
    "order-placed": (
        "Your order {order_number}",
        "Hi {user_name}, your order has been successfully placed.",
    ),
    "order-cancelled": (
        "Your order {order_number} is cancelled",
        "Hi {user_name}, your order {order_number} has been cancelled.",
    ),
    "shipment-waiting-for-collection": (
        "Your parcel {reference} is packed",
        "Hi {user_name}, your parcel {reference} is packed and waits for the carrier.",
    ),
    "shipment-in-transit": (
        "Your parcel {reference} is on its way",
        "Hi {user_name}, your parcel {reference} is on its way. {tracking_url}",
    ),
    "shipment-delivered": (
        "Your parcel {reference} has arrived",
        "Hi {user_name}, your parcel {reference} has been delivered.",
    ),
    "shipment-failed-to-deliver": (
        "Your parcel {reference} could not be delivered",
        "Hi {user_name}, your parcel {reference} could not be delivered. "
        "The carrier may try again. {tracking_url}",
    ),
}


def deliver(apps, schema_editor):
    """Write the rules and templates."""
    apps.get_model("notifications", "Rule").objects.bulk_create(
        apps.get_model("notifications", "Rule")(
            occasion=occasion, product_kind=kind, kit_type=kit_type, channel=channel
        )
        for occasion, kind, kit_type, channel in RULES
    )
    apps.get_model("notifications", "Template").objects.bulk_create(
        apps.get_model("notifications", "Template")(
            occasion=occasion,
            channel=channel,
            subject=subject if channel == "email" else "",
            body=body,
        )
        for occasion, (subject, body) in WORDS.items()
        for channel in ("email", "sms")
    )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.RunPython(deliver, migrations.RunPython.noop)]

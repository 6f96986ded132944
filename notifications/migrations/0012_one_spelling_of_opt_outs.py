"""Opt-outs of e-mail addresses are found by the one spelling of their domain (RFC 5890, 2.3.2.1)."""

from django.db import migrations

from core.values import text


def respell(apps, schema_editor):
    """Few domains are written as A-labels (`xn--…`): each row by itself."""
    OptOut = apps.get_model("notifications", "OptOut")
    for row in OptOut.objects.filter(channel="email", recipient__contains="xn--").iterator():
        kept = text.email(row.recipient).lower()
        if kept == row.recipient:
            continue
        if OptOut.objects.filter(channel="email", recipient=kept).exists():
            row.delete()
        else:
            OptOut.objects.filter(pk=row.pk).update(recipient=kept)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0011_orders_that_need_an_address")]
    operations = [migrations.RunPython(respell, migrations.RunPython.noop)]

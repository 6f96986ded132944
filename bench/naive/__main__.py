"""The naive commands: `python -m bench.naive schedule|parcels|messages|import|sweep …`."""

import csv
import sys
from datetime import date, timedelta

import django


def schedule(today: str) -> int:
    """A parcel for each schedule that is due, one after the other."""
    from django.db import transaction

    from bench.naive.models import Schedule, Shipment

    done = 0
    for due in Schedule.objects.filter(next_on__lte=today).select_related("order"):
        with transaction.atomic():
            reference = f"n-{due.order_id}-{due.occurrence}"
            Shipment.objects.create(order=due.order, reference=reference)
            due.occurrence += 1
            due.next_on = date.fromisoformat(str(due.next_on)) + timedelta(days=30)
            due.save()
        done += 1
    return done


def parcels(count: str) -> int:
    """Hand over what is queued: what a worker does, task by task."""
    from bench.naive.models import Shipment
    from bench.naive.tasks import dispatch_shipment

    keys = list(Shipment.objects.filter(status="queued").values_list("pk", flat=True)[: int(count)])
    for key in keys:
        dispatch_shipment(key)
    return len(keys)


def messages(count: str) -> int:
    """Send what is queued: what a worker does, task by task."""
    from bench.naive.models import Notification
    from bench.naive.tasks import send_notification

    queued = Notification.objects.filter(status="queued")
    keys = list(queued.values_list("pk", flat=True)[: int(count)])
    for key in keys:
        send_notification(key)
    return len(keys)


def patients(path: str) -> int:
    """Read a file of patients in, row by row, all or nothing."""
    from django.db import transaction

    from bench.naive.models import Patient

    done = 0
    with open(path, newline="") as file, transaction.atomic():
        for row in csv.DictReader(file, skipinitialspace=True):
            patient = Patient(external_id=row["id"], created_at=None)
            patient.first_name, patient.last_name = row["first_name"], row["last_name"]
            patient.birth_date = date.fromisoformat(row["birth_date"])
            patient.email = row["email"]
            patient.clean_fields()
            names = ("first_name", "last_name", "birth_date", "email")
            values = {name: getattr(patient, name) for name in names}
            Patient.objects.update_or_create(external_id=row["id"], defaults=values)
            done += 1
    return done


def sweep() -> int:
    """One pass: orders of the last two days that lack a parcel, and messages that still wait."""
    from django.utils import timezone

    from bench.naive.models import Notification, Order, Shipment
    from bench.naive.tasks import send_notification

    young = Order.objects.filter(
        created_at__gt=timezone.now() - timedelta(days=2), status="placed", shipments=None
    )
    done = 0
    for order in young:
        Shipment.objects.create(order=order, reference=f"n-{order.pk}")
        done += 1
    for row in Notification.objects.filter(status="queued"):
        send_notification.delay(row.pk)
        done += 1
    return done


COMMANDS = {"schedule": schedule, "parcels": parcels, "messages": messages, "import": patients}


if __name__ == "__main__":
    django.setup()
    print(COMMANDS[sys.argv[1]](sys.argv[2]))

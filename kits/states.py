"""The life of a kit, from the shelf to its result."""

from django.db import models

from core.workflow import Workflow


class KitState(models.TextChoices):
    """What the API and the admin show."""

    IN_STOCK = "in-stock"
    PACKED = "packed"
    SENT = "sent"
    DELIVERED = "delivered"
    REGISTERED = "registered"
    RETURNING = "returning"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_LAB = "in-lab"
    RESULTED = "resulted"
    LOST = "lost"
    DESTROYED = "destroyed"


# It belongs to nobody: it may be packed.
FREE = "in-stock"
# No longer anybody's kit: another one may be packed in its place.
WITHOUT_PLACE = frozenset({"lost", "destroyed"})
# With the person: sent, and not on its way back.
WITH_PERSON = ("sent", "delivered", "registered")
# It is out, and a carrier may bring it back.
OUT = frozenset({*WITH_PERSON, "returning"})

KIT = Workflow(
    transitions={
        "in-stock": frozenset({"packed", "lost", "destroyed"}),
        "packed": frozenset({"in-stock", "sent", "delivered", "registered", "lost", "destroyed"}),
        # A carrier that says nothing until the kit is registered, or is back, is no reason to stop.
        "sent": frozenset(
            {"in-stock", "delivered", "registered", "returning", "received", "lost", "destroyed"}
        ),
        "delivered": frozenset({"registered", "returning", "received", "lost", "destroyed"}),
        "registered": frozenset({"returning", "received", "lost", "destroyed"}),
        "returning": frozenset({"received", "lost", "destroyed"}),
        "received": frozenset({"accepted", "rejected", "destroyed"}),
        "rejected": frozenset({"accepted", "destroyed"}),
        "accepted": frozenset({"in-lab", "rejected", "lost", "destroyed"}),
        "in-lab": frozenset({"resulted", "rejected", "lost", "destroyed"}),
        "resulted": frozenset({"destroyed"}),
        # What was given up may turn up: on its way, or at the laboratory's door.
        "lost": frozenset({"returning", "received", "destroyed"}),
        "destroyed": frozenset(),
    }
)

KIT_COLOURS = {
    "packed": "info",
    "sent": "info",
    "delivered": "info",
    "registered": "info",
    "returning": "warning",
    "received": "warning",
    "accepted": "success",
    "rejected": "danger",
    "in-lab": "info",
    "resulted": "success",
    "lost": "danger",
    "destroyed": "danger",
}

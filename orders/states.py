"""The life of an order."""

from django.db import models

from core.workflow import Workflow


class OrderState(models.TextChoices):
    """What the API and the admin show."""

    PLACED = "placed"
    ACTIVE = "active", "active (recurring)"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    FINISHED = "finished", "finished (recurring, ended)"
    CANCELLED = "cancelled"


ORDER = Workflow(
    transitions={
        "placed": frozenset({"active", "shipped", "delivered", "cancelled"}),
        "active": frozenset({"finished", "cancelled"}),
        "shipped": frozenset({"delivered"}),
        "delivered": frozenset(),
        "finished": frozenset(),
        "cancelled": frozenset(),
    }
)

# How the admin colours them.
STATE_COLOURS = {
    "placed": "info",
    "active": "info",
    "shipped": "warning",
    "delivered": "success",
    "finished": "success",
    "cancelled": "danger",
}

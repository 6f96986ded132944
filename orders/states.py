"""The life of an order."""

from django.db import models

from core.states import Workflow


class OrderState(models.TextChoices):
    """What the API and the admin show."""

    PLACED = "placed"
    ACTIVE = "active", "active (recurring)"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


ORDER = Workflow(
    moves={
        "placed": frozenset({"active", "shipped", "delivered", "cancelled"}),
        "active": frozenset({"cancelled"}),
        "shipped": frozenset({"delivered"}),
        "delivered": frozenset(),
        "cancelled": frozenset(),
    }
)

"""Customers, orders, parcels, messages, schedules and patients, as a tutorial would have them."""

import uuid

from django.db import models
from django.utils import timezone


class Customer(models.Model):
    """Somebody who orders."""

    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    phone_number = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something that can be ordered."""

    item_id = models.CharField(max_length=35, unique=True)
    name = models.CharField(max_length=100)
    weight = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)

    def __str__(self) -> str:
        return self.name


class Address(models.Model):
    """Where a parcel goes."""

    recipient = models.CharField(max_length=35)
    line_1 = models.CharField(max_length=35)
    line_2 = models.CharField(max_length=35, blank=True)
    city = models.CharField(max_length=35)
    postcode = models.CharField(max_length=35)
    country = models.CharField(max_length=2)

    class Meta:
        abstract = True


class Order(Address):
    """What a customer ordered."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    status = models.CharField(max_length=20, default="placed", db_index=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    delivery_service = models.CharField(max_length=20, default="standard")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"co-{self.pk}"


class OrderLine(models.Model):
    """So many of one product."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product_id}"


class OrderEvent(models.Model):
    """Something that happened to an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.kind


class Schedule(models.Model):
    """A subscription."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="schedule")
    occurrence = models.PositiveIntegerField(default=1)
    next_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"{self.order_id} on {self.next_on}"


class Shipment(models.Model):
    """A parcel."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    reference = models.CharField(max_length=35, unique=True)
    key = models.UUIDField(default=uuid.uuid4)
    status = models.CharField(max_length=30, default="queued", db_index=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.reference


class ShipmentEvent(models.Model):
    """Something that happened to a parcel."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.kind


class TrackingEvent(models.Model):
    """What a provider told of a parcel."""

    event_id = models.CharField(max_length=255, unique=True)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="tracking")
    name = models.CharField(max_length=30)
    time = models.DateTimeField()

    def __str__(self) -> str:
        return self.event_id


class Notification(models.Model):
    """A message to a customer, in the outbox until it is sent."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    channel = models.CharField(max_length=20, default="sms")
    recipient = models.CharField(max_length=254)
    message = models.TextField()
    status = models.CharField(max_length=20, default="queued", db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class Patient(models.Model):
    """A patient."""

    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100, db_index=True)
    birth_date = models.DateField()
    email = models.EmailField(blank=True)
    external_id = models.CharField(max_length=50, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

"""A task for each row, which calls the service."""

import requests
from celery import shared_task
from django.conf import settings

from bench.naive.models import Notification, Shipment


@shared_task(ignore_result=True)
def dispatch_shipment(pk: int) -> None:
    """Hand a parcel over to the provider."""
    shipment = Shipment.objects.select_related("order").get(pk=pk)
    order = shipment.order
    body = {
        "order_id": shipment.reference,
        "delivery_service": order.delivery_service,
        "items": [
            {
                "item_id": line.product.item_id,
                "quantity": line.quantity,
                "weight": line.product.weight,
            }
            for line in order.lines.select_related("product")
        ],
        "delivery_address": {
            "recipient": order.recipient,
            "line_1": order.line_1,
            "line_2": order.line_2,
            "city": order.city,
            "postcode": order.postcode,
            "country": order.country,
        },
    }
    headers = {
        "Authorization": f"Bearer {settings.REFERENCE_PROVIDER_SECRET.split(',')[0]}",
        "Idempotency-Key": str(shipment.key),
    }
    url = settings.REFERENCE_PROVIDER_URL
    answer = requests.post(url, json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    shipment.status = "sent"
    shipment.save()


@shared_task(ignore_result=True)
def send_notification(pk: int) -> None:
    """Send a message."""
    notification = Notification.objects.get(pk=pk)
    form = {
        "username": settings.AFRICAS_TALKING_USERNAME,
        "to": notification.recipient,
        "message": notification.message,
    }
    headers = {"apiKey": settings.AFRICAS_TALKING_API_KEY, "Accept": "application/json"}
    answer = requests.post(
        f"{settings.AFRICAS_TALKING_BASE_URL}/version1/messaging",
        data=form,
        headers=headers,
        timeout=30,
    )
    answer.raise_for_status()
    notification.status = "sent"
    notification.save()

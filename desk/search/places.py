"""Pages of the side bar, and what is often begun: found by terms of their names."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from core.admin.overview.panels import Line
from core.values.folding import fold
from desk.sidebar.links import offered

# Title, the permission that it needs, the page.
ACTIONS = (
    ("Place an order", "orders.add_order", "orders_order_add"),
    ("Order a DNA kit", "orders.add_dnakitorder", "orders_dnakitorder_add"),
    ("Add a customer", "customers.add_customer", "customers_customer_add"),
    ("Add a product", "orders.add_product", "orders_product_add"),
    ("Calendar of shipments", "shipping.view_schedule", "shipping_schedule_calendar"),
    ("Forecast of parcels", "shipping.view_schedule", "shipping_schedule_forecast"),
    ("Receive kits", "kits.receive_kit", "kits_kit_receipt"),
    ("Packing bench", "kits.change_kit", "kits_kit_bench"),
    ("Message services", "notifications.view_notification", "notifications_notification_services"),
    ("Add a patient", "clinical.add_patient", "clinical_patient_add"),
    ("Add a study", "clinical.add_study", "clinical_study_add"),
    ("Add a colleague", "identity.add_user", "identity_user_add"),
)


def matching(request: HttpRequest, typed: str) -> list[Line]:
    """Those in whose name each word stands, of those that this person may open."""
    terms = fold(typed).split()
    named = ((title, link) for title, link in _open_to(request) if _has(title, terms))
    return [Line(title, link) for title, link in named]


def _open_to(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for _, items in offered(request):
        for item in items:
            yield item["title"], str(item["link"])
    for title, permission, page in ACTIONS:
        if request.user.has_perm(permission):
            yield title, reverse(f"admin:{page}")


def _has(title: str, terms: list[str]) -> bool:
    return bool(terms) and all(word in fold(title) for word in terms)

"""The admin's side bar: daily work first, settings last; what one may not see is not there."""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse_lazy

# Heading -> (title, icon, app and model)
GROUPS: dict[str, list[tuple[str, str, str]]] = {
    "Orders": [
        ("Orders", "shopping_cart", "orders.order"),
        ("DNA kit orders", "genetics", "orders.dnakitorder"),
        ("Customers", "group", "customers.customer"),
        ("Products", "category", "orders.product"),
    ],
    "Shipping": [
        ("Shipments", "local_shipping", "shipping.shipment"),
        ("Schedules", "event_repeat", "shipping.schedule"),
        ("Returns", "undo", "shipping.return"),
        ("Tracking events", "share_location", "shipping.trackingevent"),
        ("Not understood", "help", "shipping.unreadableevent"),
        ("Providers", "conveyor_belt", "shipping.providerprofile"),
        ("Routing rules", "alt_route", "shipping.routingrule"),
    ],
    "Kits": [
        ("Kits", "science", "kits.kit"),
        ("Lots", "inventory_2", "kits.lot"),
        ("Limits of kits", "timer", "kits.kitlimits"),
    ],
    "Messages": [
        ("Notifications", "sms", "notifications.notification"),
        ("Delivery reports", "mark_chat_read", "notifications.deliveryreport"),
        ("Mailings", "campaign", "notifications.mailing"),
        ("Templates", "article", "notifications.template"),
        ("Rules", "rule", "notifications.rule"),
        ("Events", "toggle_on", "notifications.topic"),
        ("Limits", "speed", "notifications.limits"),
        ("Costs", "payments", "notifications.dailycost"),
        ("Opt-outs", "notifications_off", "notifications.optout"),
        ("Consent history", "history", "notifications.consent"),
    ],
    "Health data": [
        ("Patients", "personal_injury", "clinical.patient"),
        ("Studies", "radiology", "clinical.study"),
        ("Worklist", "checklist", "clinical.waitingstudy"),
        ("Reading limits", "timer", "clinical.readinglimits"),
        ("Samples", "labs", "clinical.sample"),
        ("Results", "lab_panel", "clinical.labresult"),
        ("Laboratories", "help", "clinical.labmessage"),
        ("Release rules", "rule_settings", "clinical.releaserule"),
        ("On duty", "call", "clinical.dutyturn"),
    ],
    "Files": [
        ("Imports", "upload_file", "transfers.import"),
        ("Exports", "download", "transfers.export"),
    ],
    "Exceptions": [("Due times", "timer", "desk.caseduetime")],
    "Access": [
        ("Staff", "badge", "identity.user"),
        ("Roles", "shield_person", "auth.group"),
        ("API clients", "key", "identity.serviceclient"),
        ("Failed sign-ins", "lock", "axes.accessattempt"),
        ("Access log", "visibility", "identity.accessrecord"),
        ("Erasures", "delete_forever", "desk.erasure"),
        ("Data given out", "folder_zip", "desk.personexport"),
        ("Let go at night", "auto_delete", "desk.retentionrun"),
    ],
}


def _may_view(model: str) -> Callable[[HttpRequest], bool]:
    app, name = model.split(".")
    if app == "transfers" or model == "clinical.labmessage":  # the page itself says who
        return lambda request: _page(model).has_view_permission(request)
    return lambda request: request.user.has_perm(f"{app}.view_{name}")


def _page(model: str) -> Any:
    return admin.site.get_model_admin(apps.get_model(model))


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    link = reverse_lazy(f"admin:{model.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _may_view(model)}


_START = {
    "title": "Start",
    "icon": "home",
    "link": reverse_lazy("admin:index"),
    "permission": lambda request: True,
}
_QUEUE = _item("Exceptions", "notification_important", "core.case")

NAVIGATION: list[dict[str, Any]] = [
    {"title": "", "items": [_START, _QUEUE]},
    *(
        {"title": heading, "items": [_item(*item) for item in items]}
        for heading, items in GROUPS.items()
    ),
]
SIDEBAR: dict[str, Any] = {
    "show_search": False,  # the search of every page is in its head (desk/search)
    "show_all_applications": False,
    # Ours is drawn by desk/sidebar/drawing.py: the theme copies and draws all of it for each page.
    "navigation": [{"title": "", "items": []}],
}


def offered(request: HttpRequest) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each heading with its links, as far as this person may open what they lead to."""
    for group in NAVIGATION:
        items = [each for each in group["items"] if each["permission"](request)]
        if items:
            yield group["title"], items


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Below a person's own name: where they are signed in, and their password if they have one."""
    person = request.user
    if not person.is_authenticated:
        return []
    sessions = {"title": "Where you are signed in", "link": reverse_lazy("own_sessions")}
    if not (settings.PASSWORD_LOGIN and person.has_usable_password()):
        return [sessions]
    return [
        sessions,
        {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        {"title": "Second factor", "link": reverse_lazy("second_factor")},
    ]

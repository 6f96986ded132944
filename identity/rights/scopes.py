"""The scopes an access token may carry, and what each allows."""

from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError

SCOPES = {
    "customers:read": "Read customers",
    "customers:write": "Create, change and delete customers",
    "orders:read": "Read products, orders and kit orders",
    "orders:write": "Place and cancel orders",
    "dna-kit-orders:write": "Place DNA kit orders: for staff's own tools only",
    "clinical:read": "Read patients and studies: health data",
    "clinical:write": "Create, change and delete patients and studies: health data",
    "shipping:read": "Read shipments and schedules",
    "shipping:write": "Retry, resend and cancel shipments, change schedules",
    "kits:read": "Read kits and their lots",
    "kits:write": "Pack kits, put them back, give them up, send them anew",
    "lab:write": "Receive kits at a laboratory",
    "notifications:read": "Read notifications",
    "notifications:write": "Send notifications",
    "exceptions:read": "Read the exceptions queue: what one may read of it in its own app",
    "exceptions:write": "Act on exceptions: on what one may write in its own app",
}

# What somebody must be allowed in the admin to be allowed the same by a token: one set of checks.
PERMISSIONS = {
    "customers:read": {"customers.view_customer"},
    "customers:write": {
        "customers.add_customer",
        "customers.change_customer",
        "customers.delete_customer",
    },
    "orders:read": {"orders.view_order", "orders.view_product"},
    "orders:write": {"orders.add_order", "orders.change_order"},
    "dna-kit-orders:write": {"orders.add_dnakitorder"},
    "clinical:read": {"clinical.view_patient", "clinical.view_study"},
    "clinical:write": {
        *(f"clinical.{verb}_patient" for verb in ("add", "change", "delete")),
        *(f"clinical.{verb}_study" for verb in ("add", "change", "delete")),
    },
    "shipping:read": {"shipping.view_shipment", "shipping.view_schedule"},
    "shipping:write": {"shipping.change_shipment", "shipping.change_schedule"},
    "kits:read": {"kits.view_kit", "kits.view_lot"},
    "kits:write": {"kits.change_kit"},
    "lab:write": {"kits.receive_kit"},
    "notifications:read": {"notifications.view_notification"},
    "notifications:write": {"notifications.add_notification"},
    "exceptions:read": {"core.view_case"},
    "exceptions:write": {"core.change_case"},
}


def scopes_of_permissions(permissions: Collection[str]) -> frozenset[str]:
    """The scopes that somebody with these permissions (`orders.view_order`) may use."""
    held = set(permissions)
    return frozenset(scope for scope, needed in PERMISSIONS.items() if needed <= held)


def validate_scopes(scopes: Sequence[str]) -> None:
    """Raise ValidationError when one of them does not exist."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise ValidationError(f"There is no scope {unknown[0]}.")

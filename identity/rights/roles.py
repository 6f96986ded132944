"""What each role may do, in one table. `migrate` turns it into groups (see `keep_in_step`).

A pattern names permissions as `app.verb_model`, `*` standing for anything. A role gives nothing
else, and the admin shows the groups read-only: whoever wants another set makes a group of its own.
Health data is in `clinical` alone, and only the roles that need it name it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.contrib.auth.models import Group, Permission
from django.db.models import F, Value
from django.db.models.functions import Concat


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody in this role does all day, and so may do here."""

    purpose: str
    may: tuple[str, ...]
    # Everybody else who may see health data must say why, each time anew
    # (identity/access_log/reasons.py).
    treats: bool = False


ROLES: Mapping[str, Role] = {
    "support": Role(
        "Answers customers: their orders, parcels and messages. Sees no health data.",
        (
            "customers.*",
            "orders.view_*",
            "orders.add_order",
            "orders.change_order",
            "orders.*_dnakitorder",
            "shipping.view_*",
            "shipping.change_schedule",
            "kits.view_*",
            "core.view_case*",
            "core.change_case",
            "desk.view_caseduetime",
            "notifications.view_*",
            "notifications.add_notification",
            "notifications.change_notification",
            "notifications.*_optout",
        ),
    ),
    "fulfilment": Role(
        "Sends parcels: sees addresses, no birth dates and no health data.",
        (
            "customers.view_*",
            "orders.view_*",
            "orders.change_order",
            "orders.change_dnakitorder",
            "shipping.view_*",
            "shipping.*_shipment",
            "shipping.*_return",
            "kits.view_*",
            "kits.*_kit",
            "kits.*_lot",
            "core.view_case*",
            "core.change_case",
            "desk.view_caseduetime",
            "shipping.*_schedule",
            "notifications.view_notification",
        ),
    ),
    "clinician": Role(
        "Reads studies: patients and their studies, and whose customer a patient is.",
        (
            "clinical.*",
            "customers.view_customer",
            "desk.*_erasure",
            "desk.*_personexport",
            "core.view_case*",
            "core.change_case",
            "desk.*_caseduetime",
            "transfers.add_export",
        ),
        treats=True,
    ),
    "manager": Role(
        "Runs the place: products, prices, rules, texts, people. Sees no health data.",
        (
            "customers.*",
            "orders.*",
            "shipping.*",
            "kits.*",
            "notifications.*",
            "core.view_case*",
            "core.change_case",
            "desk.*_caseduetime",
            "identity.*_user",
            "identity.*_serviceclient",
            "identity.view_linkedaccount",
            "auth.view_group",
            "axes.view_accessattempt",
            "axes.delete_accessattempt",
            "desk.*_erasure",
            "desk.*_personexport",
            "desk.view_retentionrun",
            "transfers.add_export",
        ),
    ),
    "auditor": Role("Reads everything and changes nothing.", ("*.view_*", "transfers.add_export")),
}


def permits(role: Role, permission: str) -> bool:
    """Whether the role gives this permission (`orders.view_order`)."""
    return any(fnmatchcase(permission, pattern) for pattern in role.may)


def roles_with(*permissions: str) -> list[str]:
    """The names of the roles that give all these permissions."""
    return [name for name, role in ROLES.items() if all(permits(role, p) for p in permissions)]


def keep_in_step(app_config: AppConfig, using: str, apps: Any = installed, **_: Any) -> None:
    """After `migrate` has made an app's permissions: give each role's group its share of them.

    Not a data migration: permissions exist only after migrations, and tests that empty the tables
    run this again. What somebody else gave or took from these groups is undone.
    """
    try:
        apps.get_model("auth", "Group")
    except LookupError:  # migrated back to before there were groups
        return
    permissions = list(
        Permission.objects.using(using)
        .filter(content_type__app_label=app_config.label)
        .annotate(name_in_full=Concat(F("content_type__app_label"), Value("."), F("codename")))
        .values_list("pk", "name_in_full")
    )
    if permissions:
        for name, role in ROLES.items():
            given = {pk for pk, in_full in permissions if permits(role, in_full)}
            _give(name, given, {pk for pk, _ in permissions}, using)


def _give(group_name: str, given: set[int], among: Iterable[int], using: str) -> None:
    """Of these permissions, the group has exactly the given ones."""
    group, _ = Group.objects.using(using).get_or_create(name=group_name)
    links = Group.permissions.through.objects.using(using).filter(group=group)
    held = set(links.filter(permission__in=among).values_list("permission_id", flat=True))
    if held - given:
        links.filter(permission__in=held - given).delete()
    if given - held:
        group.permissions.add(*(given - held))

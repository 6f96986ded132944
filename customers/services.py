"""The verbs of an address book: whoever has addresses has exactly one default among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from customers.models import Address, Customer, canonical_address
from customers.signals import address_replaced, first_address_added

MOST_ADDRESSES = 50  # a page of the admin shows all of a customer's


@dataclass(frozen=True, slots=True)
class Added:
    """A new address, and what had waited for the customer's first one, such as orders' numbers."""

    address: Address
    shipped: list[str] = field(default_factory=list)


@transaction.atomic
def add_address(
    customer: Customer, lines: Mapping[str, str], *, by: str, is_default: bool = False
) -> Added:
    """Add an address; the first one is the default, whatever `is_default` says.

    Raises ValidationError, by line, for one that carriers would send back, and for one too many.
    """
    lock(customer)
    addresses = customer.addresses.all()
    known = addresses.count()
    if known >= MOST_ADDRESSES:
        text = f"A customer has at most {MOST_ADDRESSES} addresses. Delete one that is old."
        raise ValidationError(text, "too_many")
    address = Address(customer=customer, **canonical_address(lines))
    address.is_default = is_default or not addresses.filter(is_default=True).exists()
    if address.is_default:
        address.took_place_of = _step_back(customer)
    address.save(force_insert=True)
    return Added(address, [] if known else announce_first(address, by=by))


@transaction.atomic
def change_address(
    address: Address, lines: Mapping[str, str], *, is_default: bool | None = None
) -> Address:
    """Change some lines, and which one is the default. Orders keep the address that they have.

    Raises ValidationError, by line, for what carriers would send back, and on `is_default` for the
    default that would be none; Address.DoesNotExist when it was deleted meanwhile.
    """
    lock(address.customer)
    locked = Address.objects.get(pk=address.pk)
    if is_default is False and locked.is_default:
        text = "One address is the default: make another one the default instead."
        raise ValidationError({"is_default": ValidationError(text, "needs_default")})
    if lines:
        lines = canonical_address({**locked.address(), **lines})
    changes: dict[str, Any] = {n: v for n, v in lines.items() if getattr(locked, n) != v}
    replaced = [locked.address()] if changes else []
    if is_default and not locked.is_default:
        replaced += _step_back(locked.customer)
        changes["is_default"] = True
    locked.took_place_of = replaced
    for name, value in changes.items():
        setattr(locked, name, value)
    if changes:
        locked.save(update_fields=list(changes))
    return locked


@transaction.atomic
def delete_address(address: Address) -> None:
    """Delete it. When it was the default, the newest of the others becomes it."""
    lock(address.customer)
    Address.objects.filter(pk=address.pk).delete()
    ensure_default(address.customer)


def ensure_default(customer: Customer) -> None:
    """Let the newest address be the default when none is; the caller has locked the customer."""
    addresses = customer.addresses.order_by("-id")
    newest = addresses.values_list("pk", flat=True).first()
    if newest and not addresses.filter(is_default=True).exists():
        addresses.filter(pk=newest).update(is_default=True)


def announce_first(address: Address, *, by: str) -> list[str]:
    """Tell whoever waits for the customer's first address; what it did something about."""
    answers = first_address_added.send(Address, address=address, by=by)
    return [str(name) for _, names in answers for name in names or ()]


def still_used_by(address: Address) -> list[int]:
    """The schedules that still send to what an address took the place of: their ids."""
    schedule_ids: set[int] = set()
    for lines in address.took_place_of:
        answers = address_replaced.send(
            Address, customer=address.customer_id, lines=lines, now=address.address()
        )
        schedule_ids.update(int(pk) for _, schedules in answers for pk in schedules or ())
    return sorted(schedule_ids)


def lock(customer: Customer) -> None:
    """Hold the address book until the end of the transaction.

    Raises Customer.DoesNotExist when they were deleted meanwhile.
    """
    Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)


def _step_back(customer: Customer) -> list[dict[str, str]]:
    """No address is the default: the database allows one at a time. The lines that it had."""
    defaults = customer.addresses.filter(is_default=True)
    lines = [address.address() for address in defaults]
    defaults.update(is_default=False)
    return lines

"""Consent and preferences, and how we know: each change leaves a row of history."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from core.values import text
from customers.models import PREFERENCES, Customer
from customers.values.languages import canonical
from notifications.channels import address_key, channels
from notifications.models import Consent, Notification, OptOut
from notifications.models.history import record

CONFIRMATION = "opted-out:"


@transaction.atomic
def opt_out(
    channel: str,
    recipient: str,
    *,
    reason: str,
    by: str = "system",
    how: str = Consent.How.CALLBACK,
    customer: Customer | None = None,
) -> OptOut:
    """Send this recipient nothing more by this channel; what waits for them is suppressed."""
    made, is_new = OptOut.objects.get_or_create(
        channel=channel, recipient=address_key(recipient), defaults={"reason": reason[:200]}
    )
    if is_new:
        _note(Consent.Kind.OPTED_OUT, made, how=how, by=by, detail=reason, customer=customer)
    # All but the answer to an opt-out, which may not have left when the next one comes.
    waiting = Notification.objects.filter(
        spelled("recipient", recipient), state="queued", channel=channel
    ).exclude(source__startswith=CONFIRMATION)
    rows = list(waiting.order_by("id").select_for_update(of=("self",), no_key=True))
    for row in rows:
        row.state, row.last_error = "suppressed", f"The customer has opted out: {reason}"[:500]
    Notification.objects.bulk_update(rows, ["state", "last_error"])
    record(rows, kind="suppressed", by=by, was="queued")
    return made


@transaction.atomic
def opt_in(
    channel: str,
    recipient: str,
    *,
    reason: str,
    by: str,
    how: str = Consent.How.STAFF,
    customer: Customer | None = None,
) -> bool:
    """Let messages through to this recipient again; False when there was no opt-out."""
    rows = OptOut.objects.filter(channel=channel, recipient=address_key(recipient))
    for row in rows.select_for_update():
        _note(Consent.Kind.OPTED_IN, row, how=how, by=by, detail=reason, customer=customer)
        row.delete()
        return True
    return False


def spelled(column: str, recipient: str) -> Q:
    """Rows whose address is this one, in whichever spelling they have it."""
    try:
        spellings = text.spellings(recipient) if "@" in recipient else {recipient}
    except ValidationError:  # no address that we would have kept
        spellings = {recipient}
    return reduce(or_, (Q(**{f"{column}__iexact": spelling}) for spelling in sorted(spellings)))


def _note(
    kind: str, row: OptOut, *, how: str, by: str, detail: str, customer: Customer | None
) -> None:
    Consent.objects.create(
        customer=customer or _only_one_at(row.channel, row.recipient),
        channel=row.channel,
        recipient=row.recipient,
        kind=kind,
        how=how,
        actor=by,
        detail=detail[:200],
    )


def _only_one_at(channel: str, recipient: str) -> Customer | None:
    """Whose address it is, when it is one customer's alone."""
    known = channels().get(channel)
    if known is None or not known.column:
        return None
    # Only e-mail has several spellings; other addresses have one form, and an index of it.
    is_email = channel == "email"
    mine = spelled(known.column, recipient) if is_email else Q(**{known.column: recipient})
    customers = Customer.objects.filter(mine)[:2]
    return customers[0] if len(customers) == 1 else None


@transaction.atomic
def prefer(customer: Customer, wanted: Mapping[str, str], *, by: str, how: str) -> Customer:
    """Keep the channel, language and time zone they want; empty means the default.

    Raises ValidationError, by field, for a channel or zone that does not exist, and for what is
    no language.
    """
    if unknown := set(wanted) - set(PREFERENCES):
        raise ValidationError(dict.fromkeys(unknown, "There is no such preference."))
    row = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    before = {name: getattr(row, name) for name in wanted}
    for name, value in wanted.items():
        setattr(row, name, value)
    check_preferences(row)
    changed = {name for name in wanted if getattr(row, name) != before[name]}
    if changed:
        row.save(update_fields=list(changed))
        note_preferences(row, before, by=by, how=how)
    return row


def check_preferences(customer: Customer) -> None:
    """Bring them into their usual form. Raise ValidationError for what does not exist."""
    if customer.channel and customer.channel not in channels():
        choice = ", ".join(channels())
        raise ValidationError({"channel": f"There is no such channel. Use one of: {choice}."})
    others = [field.name for field in Customer._meta.fields if field.name not in PREFERENCES]
    customer.clean_fields(exclude=others)
    if customer.language:
        customer.language = canonical(customer.language)


def note_preferences(customer: Customer, before: Mapping[str, str], *, by: str, how: str) -> None:
    """Record what was changed: from what to what."""
    changes = [
        f"{name.replace('_', ' ')}: {was or 'default'} → {getattr(customer, name) or 'default'}"
        for name, was in before.items()
        if was != getattr(customer, name)
    ]
    if changes:
        Consent.objects.create(
            customer=customer,
            kind=Consent.Kind.PREFERENCES,
            how=how,
            actor=by,
            detail="; ".join(changes)[:200],
        )


def addresses_of(customer: Customer) -> dict[str, str]:
    """Where each channel reaches them, in the letters that opt-outs are kept in."""
    addresses = {
        name: address_key(channel.recipient(customer)) for name, channel in channels().items()
    }
    return {name: address for name, address in addresses.items() if address}


def history_of(customer: Customer) -> QuerySet[Consent]:
    """All that is on record for this customer, their present addresses' too, newest first."""
    mine = Q(customer=customer)
    for channel, address in addresses_of(customer).items():
        mine |= Q(customer=None, channel=channel, recipient=address)
    return Consent.objects.filter(mine)


def opted_out(customer: Customer) -> list[str]:
    """The channels by which they want no more messages."""
    mine = Q(pk__in=[])
    for channel, address in addresses_of(customer).items():
        mine |= Q(channel=channel, recipient=address)
    return sorted(OptOut.objects.filter(mine).values_list("channel", flat=True))

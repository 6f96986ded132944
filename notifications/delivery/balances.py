"""What is left on the accounts of services that can be asked: looked up each hour."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Protocol, runtime_checkable

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from core import cases
from core.database import clock
from core.failures import each_name
from core.http import ExchangeError, Request, Response, fetch
from core.values.money import Price
from notifications.cases import describe_low
from notifications.channels import preferred, transports
from notifications.models import Balance

EVERY = timedelta(hours=1)
LOW = "balance-low"


@runtime_checkable
class HasBalance(Protocol):
    """A transport whose account can be asked what is left on it."""

    def balance_request(self) -> Request:
        """Asks for it."""

    def read_balance(self, response: Response) -> Price:
        """What is left. Raises ValueError when the answer has no balance."""


def alerts() -> dict[str, Decimal]:
    """The least that each account should hold, in its currency. Raises ValueError for no number."""
    try:
        amounts = {name: Decimal(text) for name, text in settings.BALANCE_ALERTS.items()}
    except InvalidOperation:
        raise ValueError("Say it like africastalking=500.") from None
    if not all(amount.is_finite() and amount >= 0 for amount in amounts.values()):
        raise ValueError("Say it like africastalking=500.")
    return amounts


def ask() -> int:
    """Ask each service in use whose hour is over; how many answered."""
    in_use = {
        name: transport
        for (channel, name), transport in transports().items()
        if name in preferred(channel) and isinstance(transport, HasBalance)
    }
    return each_name(
        "look up the balance", in_use, lambda name: _is_mine(name) and _ask(in_use[name], name)
    )


def _is_mine(provider: str) -> bool:
    """Win the right to ask, once an hour among all sweepers."""
    now = clock.now()
    Balance.objects.get_or_create(provider=provider)
    due = Balance.objects.filter(Q(asked_at=None) | Q(asked_at__lte=now - EVERY), provider=provider)
    return bool(due.update(asked_at=now))


def _ask(transport: HasBalance, provider: str) -> bool:
    try:
        left = transport.read_balance(fetch(transport.balance_request()))
    except (ExchangeError, ValueError) as error:
        Balance.objects.filter(provider=provider).update(problem=str(error)[:200])
        return False
    take(provider, left)
    return True


@transaction.atomic
def take(provider: str, left: Price) -> None:
    """Record what an account holds; open or close the case of one that runs dry."""
    row, _ = Balance.objects.select_for_update().get_or_create(provider=provider)
    row.amount, row.currency = left
    row.threshold, row.problem = alerts().get(provider, Decimal(0)), ""
    row.answered_at = clock.now()
    row.save()
    if row.amount < row.threshold:
        cases.open(describe_low([row]))
    else:
        cases.resolve(LOW, [row.pk], by=provider, resolution=f"The account holds {left}.")

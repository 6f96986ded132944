"""Whether a message service can be reached and knows us, without a message to anybody."""

from core.http import UNTESTABLE, Call, Done, ExchangeError, Outcome, Trial, fetch
from core.http.client import send_many
from core.values.money import shown
from notifications.channels import Reachable, transports
from notifications.delivery.balances import HasBalance


def try_service(channel: str, name: str) -> Trial:
    """Ask what is left on the account, or greet the mail server; where the contract of a service
    has a message alone nothing is sent, and it says so. Raises KeyError for a service that there is
    none of."""
    transport = transports()[channel, name]
    if isinstance(transport, HasBalance):
        return _ask(transport)
    if isinstance(transport, Reachable):
        return _read(send_many([Call(name, transport.reach)])[0])
    return UNTESTABLE


def _ask(transport: HasBalance) -> Trial:
    try:
        left = transport.read_balance(fetch(transport.balance_request()))
    except (ExchangeError, ValueError) as error:
        return Trial(False, f"It does not work: {error}")
    return Trial(True, f"It answers, and knows our account: {shown(*left)}.")


def _read(outcome: Outcome) -> Trial:
    if isinstance(outcome, Done):
        return Trial(True, "It answers, and lets us in.")
    return Trial(False, f"It does not work: {outcome.reason}")

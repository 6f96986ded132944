"""What staff can do about what went wrong: a verb each, with its form and its risk."""

from django import forms

from core.cases import Action
from core.forms import TokenField
from customers.forms import AddressForm
from shipping import providers, services
from shipping.exceptions import risks
from shipping.models import Shipment
from shipping.routing.router import Router
from shipping.staff_actions import resending, resolutions
from shipping.tracking import reread, returns, unreadable

CHANGE = "shipping.change_shipment"


def in_use() -> list[tuple[str, str]]:
    """The providers that can be given parcels now."""
    return [(name, name) for name, obstacle in Router.load().usable.items() if not obstacle]


class ProviderForm(forms.Form):
    """Which other provider."""

    provider = forms.ChoiceField(choices=in_use, help_text="Another than it has now.")


class ResendForm(AddressForm):
    """Where the second parcel goes."""

    later_too = forms.BooleanField(
        required=False,
        label="Later parcels of the order go there too",
        help_text="Of a recurring order; else only this one does.",
    )


class AcceptedForm(forms.Form):
    """What the provider answered when staff asked."""

    tracking_number = TokenField(max_length=100, required=False, help_text="If they named one.")


class ReferenceForm(forms.Form):
    """Which shipment."""

    reference = TokenField(max_length=35, help_text="Of the shipment that they mean.")


def _can_be_asked(shipment: Shipment) -> bool:
    return _is_there(shipment) and providers.get(shipment.provider).supports_lookup


def _same_key(shipment: Shipment) -> str:
    asked = " It is looked up first." if _is_asked_first(shipment) else ""
    return f"{shipment.reference} goes to {shipment.provider} again, under the same key.{asked}"


def _is_asked_first(shipment: Shipment) -> bool:
    return shipment.doubtful and providers.get(shipment.provider).supports_lookup


def _another(shipment: Shipment) -> str:
    return (
        f"{shipment.reference} is taken from {shipment.provider} and goes to the one you choose, "
        "under the same key and reference."
    )


def _new_address(shipment: Shipment) -> str:
    return (
        f"{shipment.reference} goes to {shipment.provider} again with this address. Its order gets "
        "it too, so that later parcels go there."
    )


def _is_there(shipment: Shipment) -> bool:
    """Whether its provider's adapter still exists."""
    return shipment.provider in providers.names()


def _can_come_back(shipment: Shipment) -> bool:
    return returns.open_return_of(shipment) is None


def _several(shipment: Shipment) -> bool:
    return len(providers.names()) > 1


RETRY = Action(
    "retry",
    "Send again",
    CHANGE,
    is_available=_is_there,
    risk=risks.resend_risk,
    preview=_same_key,
    run=services.retry,
)
REROUTE = Action(
    "send-by",
    "Send by another provider",
    CHANGE,
    is_available=_several,
    risk=risks.second_parcel_risk,
    preview=_another,
    form=ProviderForm,
    run=resolutions.reroute,
)
CORRECT = Action(
    "correct",
    "Correct the address and send",
    CHANGE,
    is_available=_is_there,
    risk=risks.resend_risk,
    preview=_new_address,
    form=AddressForm,
    initial=Shipment.address,
    run=resolutions.correct_and_send,
)
CONFIRM_ACCEPTED = Action(
    "taken",
    "The provider has it",
    CHANGE,
    help_text="It counts as sent, and is not sent again. Ask the provider before.",
    needs_reason=True,
    form=AcceptedForm,
    run=resolutions.confirm_accepted,
)
CANCEL = Action(
    "cancel",
    "Cancel the shipment",
    CHANGE,
    help_text="It is never sent again. The order stays as it is.",
    needs_reason=True,
    risk=risks.second_parcel_risk,
    run=services.cancel,
)
RESEND = Action(
    "resend-parcel",
    "Correct the address and send again",
    CHANGE,
    help_text="The two are linked. The customer hears of the new one as of any parcel.",
    risk=risks.another_parcel_risk,
    preview=resending.preview,
    form=ResendForm,
    initial=Shipment.address,
    run=resending.resend,
)
HOLD = Action(
    "hold",
    "Hold for collection",
    CHANGE,
    help_text="Agree it with the carrier, and write to the customer where it is and until when: "
    "nobody is told by this. Should the carrier try again in vain, it is a case again.",
    needs_reason=True,
    run=resending.hold,
    closes=True,
)
TAKE_BACK = Action(
    "return",
    "Return to sender",
    "shipping.add_return",
    is_available=_can_come_back,
    help_text="Tell the carrier. A return is written down; record on its page when it is here. "
    "It can be sent again as a new parcel then, too.",
    needs_reason=True,
    run=returns.request,
)
ASK = Action(
    "ask",
    "Ask the provider",
    CHANGE,
    help_text="It is looked up, at the provider's pace. The answer is in the shipment's history.",
    is_available=_can_be_asked,
    run=resolutions.ask_provider,
)
WAIT = Action(
    "wait",
    "Wait on",
    CHANGE,
    help_text="It is watched as if there were news of it today.",
    needs_reason=True,
    run=resolutions.wait_on,
)
ASSIGN = Action(
    "assign",
    "Say whose it is",
    CHANGE,
    help_text="All events of this reference are applied to that shipment.",
    needs_reason=True,
    form=ReferenceForm,
    run=resolutions.assign_events,
)
READ_AGAIN = Action(
    "read-again",
    "Read again",
    CHANGE,
    help_text="Once the provider's file has learned it: what it understands now is applied.",
    is_available=lambda profile: profile.provider in providers.names(),
    run=reread.read_again,
)
SET_ASIDE = Action(
    "set-aside",
    "Set aside",
    CHANGE,
    help_text="All that waits stays kept, and is nobody's work any more. What comes later is.",
    needs_reason=True,
    run=unreadable.set_aside,
)
CLOSE = Action(
    "close",
    "Close the case",
    CHANGE,
    help_text="Nothing is sent and nothing changes but this list.",
    needs_reason=True,
    closes=True,
)

"""What people write back by SMS: the words that mean “send me no more”. Other texts are not kept.

The words are those of the CTIA's messaging principles (https://www.ctia.org/the-wireless-industry/
industry-commitments/messaging-interoperability-sms-mms), 5.1.3, and their like in other languages.
"""

import re

from django.db import transaction

from core.text import bare
from customers.languages import chain
from customers.models import Customer
from notifications.channels import channels
from notifications.consent import CONFIRMATION, opt_out
from notifications.history import record
from notifications.models import Notification, OptOut
from notifications.routing import Route, provider_for
from notifications.tasks import dispatch
from notifications.telling import new_row

STOP = {
    "en": "stop stopall unsubscribe cancel end quit optout revoke",
    "de": "stopp abmelden abbestellen",
    "es": "alto baja parar cancelar",
    "fr": "arret arreter desabonner",
    "it": "basta annulla cancellami",
    "nl": "stoppen afmelden",
    "pl": "rezygnuje wypisz",
    "pt": "sair parar cancelar",
    "sw": "acha koma sitisha simamisha ondoa",
}
POLITE = frozenset(
    [
        "please",
        "all",
        "sms",
        "messages",
        "bitte",
        "merci",
        "gracias",
        "obrigado",
        "tafadhali",
        "asante",
    ]
)
ANSWER = {
    "en": "You will get no more SMS from us.",
    "de": "Sie erhalten keine SMS mehr von uns.",
    "es": "No recibirá más SMS nuestros.",
    "fr": "Vous ne recevrez plus de SMS de notre part.",
    "it": "Non riceverà più SMS da noi.",
    "nl": "U ontvangt geen sms meer van ons.",
    "pl": "Nie będziemy już wysyłać SMS-ów.",
    "pt": "Não receberá mais SMS nossos.",
    "sw": "Hutapokea SMS tena kutoka kwetu.",
}
_STOPPING = frozenset(word for words in STOP.values() for word in words.split())


def asks_to_stop(text: str) -> bool:
    """Whether the text is one of the words, and nothing else but politeness: “Stop, please!”.

    “Cancel my order” is no such text.
    """
    words = [word for word in re.findall(r"[^\W_]+", bare(text)) if word not in POLITE]
    return "".join(words) in _STOPPING


@transaction.atomic
def take_text(channel: str, sender: str, text: str, *, by: str) -> bool:
    """Record an opt-out when the text asks for it, and answer it once; whether it did."""
    if not asks_to_stop(text):
        return False
    refused = opt_out(channel, sender, reason="by a message to us", by=by)
    _confirm(refused, by=by)
    return True


def _confirm(refused: OptOut, *, by: str) -> None:
    """One last message. Nobody is written to who is no customer."""
    column, provider = channels()[refused.channel].column, provider_for(refused.channel)
    customer = Customer.objects.filter(**{column: refused.recipient}).order_by("pk").first()
    source = f"{CONFIRMATION}{refused.pk}"
    if not (customer and provider) or Notification.objects.filter(source=source).exists():
        return
    row = new_row(customer, Route(refused.channel, refused.recipient, provider))
    language = next(tag for tag in chain(customer.language) if tag in ANSWER)
    row.message, row.source, row.critical = ANSWER[language], source, True
    row.save()
    record([row], kind="composed", by=by)
    dispatch.delay_on_commit(row.channel, row.provider)

"""What people write back by SMS: the words that mean “send me no more”. Other texts are not kept.

The words are those of the CTIA's messaging principles (https://www.ctia.org/the-wireless-industry/
industry-commitments/messaging-interoperability-sms-mms), 5.1.3, and their like in other languages.
An opt-out that is not honoured is unlawful; a mistaken one is answered once, and undone by staff.
"""

import re

from django.db import transaction

from core.values.lookalikes import tokens
from customers.models import Customer
from customers.values.languages import chain
from notifications.channels import channels
from notifications.composition.builder import new_row
from notifications.models import Notification, OptOut
from notifications.models.history import record
from notifications.policy.channel_selection import Route, provider_for
from notifications.policy.opt_outs import CONFIRMATION, opt_out
from notifications.task_names import dispatch

STOP = {
    "en": "stop stopall unsubscribe optout",
    "de": "stopp stoppt stoppen abmelden abbestellen austragen",
    "es": "desuscribir desuscribirme",
    "fr": "arret arreter arretez desabonner desabonnement desabonnez desinscrire desinscription"
    " desinscrivez",
    "it": "cancellami disiscrivi disiscrivimi",
    "nl": "stoppen afmelden uitschrijven",
    "pl": "rezygnuje wypisz",
    "pt": "descadastrar",
    "sw": "sitisha simamisha",
    "": "стоп",  # as it is written in Cyrillic
}
# Words that mean it when they stand alone: “cancel my order” and “para mi madre” do not.
STOP_ALONE = {
    "en": "cancel end quit revoke",
    "es": "alto baja para pare parar cancelar",
    "it": "basta annulla cancella",
    "pt": "sair parar pare cancelar",
    "sw": "acha koma ondoa simama",
}
POLITE = frozenset(
    tokens(
        "all alerts hello hi message messages now ok please pls plz sms text texts "
        "thank thanks thx you "
        "bitte danke nachrichten hallo "
        "merci me moi svp s il te vous plait "
        "gracias por favor mensajes dar darme de enviar "
        "grazie messaggi "
        "alsjeblieft alstublieft bedankt berichten "
        "prosze dziekuje "
        "obrigada obrigado mensagens "
        "tafadhali asante ujumbe kutuma "
    )
)
LONGEST_REQUEST = 5  # words
PLACES = frozenset({"by", "at", "over"})  # “stop by”
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
_PLAIN = frozenset(tokens(" ".join(STOP.values())))
_ANY = _PLAIN | frozenset(tokens(" ".join(STOP_ALONE.values())))
_PAUSE = re.compile(r"[^\w\s]+(?:\s|$)")


def asks_to_stop(text: str) -> bool:
    """Whether the text, or its first line, says nothing else but politeness: “Stop, please!”.

    Or it begins with a word that means nothing else, and pauses there or ends within five words:
    “STOP, wrong number”, “Stop texting me”. “Cancel my order” and “stop by” are no such texts.
    """
    text = text.replace("\U0001f6d1", " stop ")  # 🛑
    first = next((each for each in text.splitlines() if _wordy(each)), "")
    terms = _wordy(first)
    return (
        _is_only(_wordy(text), _ANY)
        or _is_only(terms, _ANY)
        or _is_only(_clause(first), _PLAIN)
        or (len(terms) <= LONGEST_REQUEST and _begins(terms))
    )


def _wordy(text: str) -> list[str]:
    """Its words without politeness."""
    return [word for word in tokens(text) if word not in POLITE]


def _clause(line: str) -> list[str]:
    """The words before its first pause."""
    return next((terms for each in _PAUSE.split(line) if (terms := _wordy(each))), [])


def _is_only(terms: list[str], wanted: frozenset[str]) -> bool:
    return bool(terms) and ("".join(terms) in wanted or wanted.issuperset(terms))


def _begins(terms: list[str]) -> bool:
    """With one of the words, be it written apart: “opt out of this”."""
    starts = {"".join(terms[:1]), "".join(terms[:2])}
    return not _PLAIN.isdisjoint(starts) and PLACES.isdisjoint(terms[1:2])


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

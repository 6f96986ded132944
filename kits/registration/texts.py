"""What the page says on which a person registers a kit, in the languages we know.

It names no kit type and nothing of health: whoever looks over a shoulder reads it, too.
"""

from customers.values.languages import LAST_RESORT, chain
from orders.address_page import texts as address_page

Texts = dict[str, str]
CONSENT_VERSION = "2026-11"


def texts_for(language: str) -> tuple[Texts, str]:
    """The texts in this language, or the next one that we know; and its tag."""
    tag = next(tag for tag in chain(language) if tag in TEXTS)
    return TEXTS[tag], tag


_ENGLISH = {
    "ask_title": "Register what we sent you",
    "ask": "Please fill this in before you send it back. The serial is printed below its bar code.",
    "done_title": "Thank you",
    "done": "It is registered. Please send it back with the label in the box.",
    "over": "This is registered already, or cannot be registered now. Is something wrong? Please "
    "contact our support.",
    "expired": "Please use the code on the box, or contact our support.",
    "send": "Register",
    "serial": "Serial",
    "first_name": "First name of whoever gave the sample",
    "last_name": "Last name",
    "birth_date": "Date of birth",
    "sex": "Sex",
    "female": "female",
    "male": "male",
    "other": "other",
    "unknown": "not stated",
    "sampled_at": "When the sample was taken",
    "is_buyer": "I ordered it, and the sample is mine",
    "consent": "I gave this sample myself, or may decide for whoever gave it, and agree that it is "
    "examined and that the result is kept with these particulars.",
    "error_required": "Please fill this in.",
    "error_serial": "This is not the serial of what we sent you. Please compare it with the box.",
    "error_future": "Please give a time that is not in the future.",
    "error_early": "Please give a time after we sent it.",
    "error_expired": "It had expired by then. Please ask our support for another one.",
    "error_under_age": "Whoever gives a sample must be 18 years old. Please contact our support.",
    "error_other": "Please check this.",
}
_GERMAN = {
    "ask_title": "Registrieren Sie, was wir Ihnen geschickt haben",
    "ask": "Bitte füllen Sie dies aus, bevor Sie es zurückschicken. Die Seriennummer steht unter "
    "dem Strichcode.",
    "done_title": "Vielen Dank",
    "done": "Es ist registriert. Bitte schicken Sie es mit dem beiliegenden Etikett zurück.",
    "over": "Dies ist schon registriert oder kann jetzt nicht registriert werden. Stimmt etwas "
    "nicht? Bitte wenden Sie sich an unseren Kundendienst.",
    "expired": "Bitte nehmen Sie den Code auf der Schachtel, oder wenden Sie sich an unseren "
    "Kundendienst.",
    "send": "Registrieren",
    "serial": "Seriennummer",
    "first_name": "Vorname der Person, von der die Probe ist",
    "last_name": "Nachname",
    "birth_date": "Geburtsdatum",
    "sex": "Geschlecht",
    "female": "weiblich",
    "male": "männlich",
    "other": "divers",
    "unknown": "keine Angabe",
    "sampled_at": "Wann die Probe genommen wurde",
    "is_buyer": "Ich habe es bestellt, und die Probe ist von mir",
    "consent": "Die Probe ist von mir, oder ich darf für die Person entscheiden, und ich willige "
    "ein, dass sie untersucht und das Ergebnis mit diesen Angaben aufbewahrt wird.",
    "error_required": "Bitte ausfüllen.",
    "error_serial": "Das ist nicht die Seriennummer dessen, was wir Ihnen geschickt haben. Bitte "
    "vergleichen Sie sie mit der Schachtel.",
    "error_future": "Bitte geben Sie eine Zeit an, die nicht in der Zukunft liegt.",
    "error_early": "Bitte geben Sie eine Zeit nach unserem Versand an.",
    "error_expired": "Es war da schon abgelaufen. Bitte fragen Sie unseren Kundendienst nach "
    "Ersatz.",
    "error_under_age": "Wer eine Probe gibt, muss 18 Jahre alt sein. Bitte wenden Sie sich an "
    "unseren Kundendienst.",
    "error_other": "Bitte prüfen Sie dies.",
}
_FRENCH = {
    "ask_title": "Enregistrez ce que nous vous avons envoyé",
    "ask": "Veuillez remplir ceci avant de le renvoyer. Le numéro de série figure sous le "
    "code-barres.",
    "done_title": "Merci",
    "done": "C’est enregistré. Veuillez le renvoyer avec l’étiquette qui se trouve dans la boîte.",
    "over": "C’est déjà enregistré, ou ne peut pas l’être maintenant. Une erreur ? Veuillez "
    "contacter notre service client.",
    "expired": "Veuillez utiliser le code sur la boîte, ou contacter notre service client.",
    "send": "Enregistrer",
    "serial": "Numéro de série",
    "first_name": "Prénom de la personne qui a donné l’échantillon",
    "last_name": "Nom",
    "birth_date": "Date de naissance",
    "sex": "Sexe",
    "female": "féminin",
    "male": "masculin",
    "other": "autre",
    "unknown": "non précisé",
    "sampled_at": "Quand l’échantillon a été prélevé",
    "is_buyer": "Je l’ai commandé, et l’échantillon est le mien",
    "consent": "L’échantillon est le mien, ou je peux décider pour cette personne, et j’accepte "
    "qu’il soit analysé et que le résultat soit conservé avec ces indications.",
    "error_required": "Veuillez remplir ce champ.",
    "error_serial": "Ce n’est pas le numéro de série de ce que nous vous avons envoyé. Veuillez le "
    "comparer avec la boîte.",
    "error_future": "Veuillez indiquer un moment qui n’est pas dans le futur.",
    "error_early": "Veuillez indiquer un moment après notre envoi.",
    "error_expired": "C’était déjà périmé. Veuillez en demander un autre à notre service client.",
    "error_under_age": "Il faut avoir 18 ans pour donner un échantillon. Veuillez contacter notre "
    "service client.",
    "error_other": "Veuillez vérifier ceci.",
}
_SPANISH = {
    "ask_title": "Registre lo que le enviamos",
    "ask": "Rellene esto antes de devolverlo. El número de serie está bajo el código de barras.",
    "done_title": "Gracias",
    "done": "Está registrado. Devuélvalo con la etiqueta que viene en la caja.",
    "over": "Ya está registrado, o no puede registrarse ahora. ¿Hay algún error? Póngase en "
    "contacto con nuestro servicio de atención.",
    "expired": "Use el código de la caja o póngase en contacto con nuestro servicio de atención.",
    "send": "Registrar",
    "serial": "Número de serie",
    "first_name": "Nombre de quien dio la muestra",
    "last_name": "Apellidos",
    "birth_date": "Fecha de nacimiento",
    "sex": "Sexo",
    "female": "femenino",
    "male": "masculino",
    "other": "otro",
    "unknown": "sin indicar",
    "sampled_at": "Cuándo se tomó la muestra",
    "is_buyer": "Lo pedí yo, y la muestra es mía",
    "consent": "La muestra es mía, o puedo decidir por esa persona, y acepto que se analice y que "
    "el resultado se guarde con estos datos.",
    "error_required": "Rellene este campo, por favor.",
    "error_serial": "Ese no es el número de serie de lo que le enviamos. Compárelo con la caja.",
    "error_future": "Indique un momento que no esté en el futuro.",
    "error_early": "Indique un momento posterior a nuestro envío.",
    "error_expired": "Ya había caducado. Pida otro a nuestro servicio de atención.",
    "error_under_age": "Quien da una muestra debe tener 18 años. Póngase en contacto con nuestro "
    "servicio de atención.",
    "error_other": "Compruébelo, por favor.",
}
_SWAHILI = {
    "ask_title": "Sajili tulichokutumia",
    "ask": "Tafadhali jaza hapa kabla ya kukirudisha. Nambari ya mfululizo iko chini ya msimbo "
    "wa mistari.",
    "done_title": "Asante",
    "done": "Imesajiliwa. Tafadhali kirudishe kwa lebo iliyo ndani ya boksi.",
    "over": "Hiki kimeshasajiliwa, au hakiwezi kusajiliwa sasa. Kuna tatizo? Tafadhali wasiliana "
    "na huduma yetu kwa wateja.",
    "expired": "Tafadhali tumia msimbo ulio kwenye boksi, au wasiliana na huduma yetu kwa wateja.",
    "send": "Sajili",
    "serial": "Nambari ya mfululizo",
    "first_name": "Jina la kwanza la aliyetoa sampuli",
    "last_name": "Jina la ukoo",
    "birth_date": "Tarehe ya kuzaliwa",
    "sex": "Jinsia",
    "female": "kike",
    "male": "kiume",
    "other": "nyingine",
    "unknown": "haijatajwa",
    "sampled_at": "Sampuli ilichukuliwa lini",
    "is_buyer": "Mimi ndiye niliyeagiza, na sampuli ni yangu",
    "consent": "Sampuli ni yangu, au naweza kuamua kwa niaba ya aliyeitoa, na nakubali ichunguzwe "
    "na matokeo yahifadhiwe pamoja na maelezo haya.",
    "error_required": "Tafadhali jaza hapa.",
    "error_serial": "Hii si nambari ya tulichokutumia. Tafadhali ilinganishe na boksi.",
    "error_future": "Tafadhali taja wakati usio wa baadaye.",
    "error_early": "Tafadhali taja wakati baada ya sisi kukituma.",
    "error_expired": "Muda wake ulikuwa umekwisha. Tafadhali omba kingine kwa huduma yetu.",
    "error_under_age": "Anayetoa sampuli lazima awe na miaka 18. Tafadhali wasiliana na huduma "
    "yetu kwa wateja.",
    "error_other": "Tafadhali hakiki hapa.",
}
_OWN = {LAST_RESORT: _ENGLISH, "de": _GERMAN, "es": _SPANISH, "fr": _FRENCH, "sw": _SWAHILI}
# What both pages say alike, such as that a link is broken, is that page's.
TEXTS: dict[str, Texts] = {tag: address_page.TEXTS[tag] | own for tag, own in _OWN.items()}

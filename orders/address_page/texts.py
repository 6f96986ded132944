"""What the page says on which a customer gives an address, in the languages we know."""

from customers.values.languages import LAST_RESORT, chain

Texts = dict[str, str]


def texts_for(language: str) -> tuple[Texts, str]:
    """The texts in this language, or the next one that we know; and its tag."""
    tag = next(tag for tag in chain(language) if tag in TEXTS)
    return TEXTS[tag], tag


_ENGLISH = {
    "ask_title": "Where shall we send your parcel?",
    "ask": "We send it as soon as we know the address.",
    "done_title": "Thank you",
    "done": "We have the address, and send your parcel there.",
    "over_title": "Nothing left to do",
    "over": "This parcel has an address, or is not sent any more. Is something wrong? Please "
    "contact our support.",
    "expired_title": "This link has expired",
    "expired": "Please contact our support, and tell them your address.",
    "broken_title": "This link is not whole",
    "broken": "Please copy all of it from the message.",
    "wait_title": "Please wait",
    "wait": "There were too many requests. Try again in an hour at the latest.",
    "send": "Send it there",
    "recipient": "Name on the parcel",
    "line_1": "Street and number",
    "line_2": "Flat, floor or care of (if any)",
    "city": "Town or city",
    "postcode": "Postcode (if your country has them)",
    "country": "Country",
    "error_required": "Please fill this in.",
    "error_postcode": "There is no such postcode in this country. For example: %(examples)s.",
    "error_max_length": "At most 35 characters fit on a label.",
    "error_other": "Please write this differently: letters, digits and usual signs, on one line.",
    "undeliverable": "We cannot send to this address. Please check it, or contact our support.",
}
_GERMAN = {
    "ask_title": "Wohin dürfen wir Ihr Paket schicken?",
    "ask": "Wir verschicken es, sobald wir die Adresse kennen.",
    "done_title": "Vielen Dank",
    "done": "Wir haben die Adresse und schicken Ihr Paket dorthin.",
    "over_title": "Es ist nichts mehr zu tun",
    "over": "Dieses Paket hat eine Adresse oder wird nicht mehr verschickt. Stimmt etwas nicht? "
    "Bitte wenden Sie sich an unseren Kundendienst.",
    "expired_title": "Dieser Link ist abgelaufen",
    "expired": "Bitte nennen Sie unserem Kundendienst Ihre Adresse.",
    "broken_title": "Dieser Link ist unvollständig",
    "broken": "Bitte kopieren Sie ihn ganz aus der Nachricht.",
    "wait_title": "Bitte warten",
    "wait": "Es waren zu viele Anfragen. Versuchen Sie es spätestens in einer Stunde noch einmal.",
    "send": "Dorthin schicken",
    "recipient": "Name auf dem Paket",
    "line_1": "Straße und Hausnummer",
    "line_2": "Wohnung, Stockwerk oder c/o (falls nötig)",
    "city": "Ort",
    "postcode": "Postleitzahl (falls es sie in Ihrem Land gibt)",
    "country": "Land",
    "error_required": "Bitte ausfüllen.",
    "error_postcode": "Diese Postleitzahl gibt es in diesem Land nicht. Beispiel: %(examples)s.",
    "error_max_length": "Auf das Etikett passen höchstens 35 Zeichen.",
    "error_other": "Bitte anders schreiben: Buchstaben, Ziffern, übliche Zeichen, in einer Zeile.",
    "undeliverable": "An diese Adresse können wir nicht liefern. Bitte prüfen Sie sie, oder wenden "
    "Sie sich an unseren Kundendienst.",
}
_FRENCH = {
    "ask_title": "Où devons-nous envoyer votre colis ?",
    "ask": "Nous l’envoyons dès que nous connaissons l’adresse.",
    "done_title": "Merci",
    "done": "Nous avons bien reçu l’adresse et y envoyons votre colis.",
    "over_title": "Il n’y a plus rien à faire",
    "over": "Ce colis a déjà une adresse, ou n’est plus envoyé. Une erreur ? Veuillez contacter "
    "notre service client.",
    "expired_title": "Ce lien a expiré",
    "expired": "Veuillez communiquer votre adresse à notre service client.",
    "broken_title": "Ce lien est incomplet",
    "broken": "Veuillez le copier en entier depuis le message.",
    "wait_title": "Veuillez patienter",
    "wait": "Il y a eu trop de demandes. Réessayez au plus tard dans une heure.",
    "send": "Envoyer à cette adresse",
    "recipient": "Nom sur le colis",
    "line_1": "Numéro et rue",
    "line_2": "Appartement, étage ou « chez » (le cas échéant)",
    "city": "Ville",
    "postcode": "Code postal (si votre pays en a)",
    "country": "Pays",
    "error_required": "Veuillez remplir ce champ.",
    "error_postcode": "Ce code postal n’existe pas dans ce pays. Exemple : %(examples)s.",
    "error_max_length": "L’étiquette contient au plus 35 caractères.",
    "error_other": "Veuillez l’écrire autrement : lettres, chiffres, signes usuels, sur une ligne.",
    "undeliverable": "Nous ne pouvons pas livrer à cette adresse. Veuillez la vérifier, ou "
    "contacter notre service client.",
}
_SPANISH = {
    "ask_title": "¿A dónde enviamos su paquete?",
    "ask": "Lo enviamos en cuanto sepamos la dirección.",
    "done_title": "Gracias",
    "done": "Tenemos la dirección y enviamos allí su paquete.",
    "over_title": "No queda nada por hacer",
    "over": "Este paquete ya tiene dirección o ya no se envía. ¿Hay algún error? Póngase en "
    "contacto con nuestro servicio de atención.",
    "expired_title": "Este enlace ha caducado",
    "expired": "Por favor, comunique su dirección a nuestro servicio de atención.",
    "broken_title": "Este enlace está incompleto",
    "broken": "Por favor, cópielo entero del mensaje.",
    "wait_title": "Espere, por favor",
    "wait": "Ha habido demasiadas solicitudes. Inténtelo de nuevo dentro de una hora.",
    "send": "Enviar a esta dirección",
    "recipient": "Nombre en el paquete",
    "line_1": "Calle y número",
    "line_2": "Piso, puerta o a la atención de (si procede)",
    "city": "Población",
    "postcode": "Código postal (si su país los tiene)",
    "country": "País",
    "error_required": "Rellene este campo, por favor.",
    "error_postcode": "Ese código postal no existe en este país. Por ejemplo: %(examples)s.",
    "error_max_length": "En la etiqueta caben como máximo 35 caracteres.",
    "error_other": "Escríbalo de otra manera: letras, cifras y signos habituales, en una línea.",
    "undeliverable": "No podemos enviar a esta dirección. Compruébela o póngase en contacto con "
    "nuestro servicio de atención.",
}
_SWAHILI = {
    "ask_title": "Tutume kifurushi chako wapi?",
    "ask": "Tutakituma mara tu tutakapojua anwani.",
    "done_title": "Asante",
    "done": "Tumepata anwani, na tutatuma kifurushi chako huko.",
    "over_title": "Hakuna la kufanya tena",
    "over": "Kifurushi hiki kina anwani, au hakitumwi tena. Kuna tatizo? Tafadhali wasiliana na "
    "huduma yetu kwa wateja.",
    "expired_title": "Muda wa kiungo hiki umekwisha",
    "expired": "Tafadhali ipe huduma yetu kwa wateja anwani yako.",
    "broken_title": "Kiungo hiki hakijakamilika",
    "broken": "Tafadhali nakili kiungo chote kutoka kwenye ujumbe.",
    "wait_title": "Tafadhali subiri",
    "wait": "Kumekuwa na maombi mengi mno. Jaribu tena baada ya saa moja.",
    "send": "Tuma huko",
    "recipient": "Jina kwenye kifurushi",
    "line_1": "Mtaa na nambari",
    "line_2": "Nyumba, ghorofa au kwa kupitia (ikiwa ipo)",
    "city": "Mji au jiji",
    "postcode": "Msimbo wa posta (ikiwa nchi yako inao)",
    "country": "Nchi",
    "error_required": "Tafadhali jaza hapa.",
    "error_postcode": "Hakuna msimbo kama huo wa posta katika nchi hii. Kwa mfano: %(examples)s.",
    "error_max_length": "Herufi zisizozidi 35 ndizo zinazotosha kwenye lebo.",
    "error_other": "Tafadhali andika kwa njia nyingine: herufi, tarakimu na alama za kawaida, "
    "katika mstari mmoja.",
    "undeliverable": "Hatuwezi kutuma kwa anwani hii. Tafadhali iangalie, au wasiliana na huduma "
    "yetu kwa wateja.",
}
TEXTS: dict[str, Texts] = {
    LAST_RESORT: _ENGLISH,
    "de": _GERMAN,
    "es": _SPANISH,
    "fr": _FRENCH,
    "sw": _SWAHILI,
}

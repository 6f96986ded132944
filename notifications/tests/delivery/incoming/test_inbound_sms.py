"""What people write back: STOP is an opt-out, answered once; other texts change nothing."""

from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from core.cases.models import Case
from customers.tests.factories import CustomerFactory
from notifications.delivery.incoming.inbound_sms import asks_to_stop
from notifications.models import Consent, DeliveryReport, Notification, OptOut
from notifications.services import notify

pytestmark = pytest.mark.django_db
SECRET = "let-me-in"
NUMBER = "+254704590344"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def post(settings):
    """Post what Africa's Talking posts; the status of the answer."""
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = SECRET

    def send(text: str, secret: str = SECRET, **more: str) -> int:
        form = {"from": NUMBER, "to": "22334", "text": text, "id": "a1", "linkId": "x", **more}
        path = f"/api/v1/webhooks/africastalking/{secret}/incoming/"
        return APIClient().post(path, urlencode(form), content_type=FORM).status_code

    return send


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            " stop. ",
            "Stop!",
            "st\u00adop",
            "\uff33\uff34\uff2f\uff30",
            "s.t.o.p",
            "Stop all",
        ),
        *("Opt-out", "Unsubscribe, please", "Arrêt", "ARRET", "abmelden bitte", "SITISHA", "Parar"),
        *("stop stop", "Stop, thank you", "stop it", "Unsubscribe me", "STOP 1234", "Please stop"),
        *("STOP\nSent from my iPhone", "\n\nEND\r\nSent from my iPhone", "Hi, stop texting me"),
        *("STOP - Sent from my Samsung Galaxy smartphone", "Stop! I never asked for any of this"),
        *("opt out of this", "s. t. o. p.", "Cancel messages", "Stop sending me these texts"),
        *(
            "Arr\u00eatez",
            "D\u00e9sinscrire",
            "d\u00e9sabonnement",
            "Arr\u00eatez s'il vous pla\u00eet",
        ),
        *("PARE", "para", "Pare de enviar mensagens", "darme de baja", "cancella", "uitschrijven"),
        *("simama", "\u0405\u0422\u041e\u0420", "\u0421\u0422\u041e\u041f", "\U0001f6d1"),
        *("\U0001f6d1\U0001f6d1", "\U0001f6d1 sms"),
    ],
)
def test_the_usual_words_are_understood(text):
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "…", "cancel my order", "don't stop", "stopwatch", "the end?", "please", "1234"),
        *("stop by", "Stop by tomorrow, please", "I'll be at the bus stop", "When does it stop?"),
        "Stop sending to my old address, send to 5 New Road",
        *("cancel 1234", "End of the road 5", "Cancel, my order is late", "para mi madre"),
        *("Basta cos\u00ec poco", "Pare che sia arrivato", "Acha nije kesho", "\U0001f44d"),
    ],
)
def test_other_texts_are_no_such_words(text):
    assert not asks_to_stop(text)


def test_stop_is_an_opt_out_on_record_and_answered_once(post):
    customer = CustomerFactory.create(phone_number=NUMBER, language="de")
    waiting = notify(customer, message="Hello", channel="sms")
    assert [post("STOP"), post("Stop")] == [200, 200]
    assert OptOut.objects.get().recipient == NUMBER
    assert Consent.objects.get().customer == customer
    answers = Notification.objects.exclude(pk=waiting.pk)
    assert [(row.message, row.state) for row in answers] == [
        ("Sie erhalten keine SMS mehr von uns.", "queued")
    ]
    waiting.refresh_from_db()
    assert waiting.state == "suppressed"


def test_stop_of_a_stranger_is_kept_and_nobody_is_written_to(post):
    assert post("STOP") == 200
    assert OptOut.objects.count() == 1
    assert not Notification.objects.exists()


def test_other_texts_change_nothing(post):
    CustomerFactory.create(phone_number=NUMBER)
    assert post("Where is my parcel?") == 200
    assert not OptOut.objects.exists()
    assert not Notification.objects.exists()


def test_what_has_no_token_is_refused(post):
    assert post("STOP", secret="guessed") == 404
    assert not OptOut.objects.exists()


def test_a_stop_of_nobody_we_can_read_is_kept_and_before_staff(post):
    assert post("STOP", **{"from": "DOSETTE"}) == 200
    assert b"from=DOSETTE" in bytes(DeliveryReport.objects.get().raw or b"")
    assert Case.objects.get().kind == "reports-not-understood"
    assert not OptOut.objects.exists()


def test_another_text_of_nobody_is_nothing(post):
    assert post("You have won", **{"from": "LOTTERY"}) == 200
    assert not DeliveryReport.objects.exists()


def test_a_form_without_its_text_is_a_case_and_no_words_are_kept(settings):
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = SECRET
    path = f"/api/v1/webhooks/africastalking/{SECRET}/incoming/"
    form = {"from": NUMBER, "message": "My diagnosis"}
    assert APIClient().post(path, urlencode(form), content_type=FORM).status_code == 200
    assert bytes(DeliveryReport.objects.get().raw or b"") == b"from&message"
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ("from=%2B254704590344&text=STOP&text=Hello", "from=%2B254704590344&text=STOP&text=Hello"),
        ("from=%2B254704590344&text=Hello&text=STOP", "from=%2B254704590344&text=Hello&text=STOP"),
        ("from=%2B254704590344&from=%2B1&text=Hello", "from&text"),
    ],
)
def test_a_field_that_stands_twice_is_a_case(settings, form, kept):
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = SECRET
    path = f"/api/v1/webhooks/africastalking/{SECRET}/incoming/"
    assert APIClient().post(path, form, content_type=FORM).status_code == 200
    assert bytes(DeliveryReport.objects.get().raw or b"").decode() == kept
    assert Case.objects.get().kind == "reports-not-understood"
    assert not OptOut.objects.exists()


@pytest.mark.parametrize("door", ["incoming", "delivery", "opt-out"])
def test_nothing_at_all_is_refused(settings, door):
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = SECRET
    path = f"/api/v1/webhooks/africastalking/{SECRET}/{door}/"
    assert APIClient().post(path, content_type=FORM).status_code == 400
    assert not Case.objects.exists()

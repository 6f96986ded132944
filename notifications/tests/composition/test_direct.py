"""A message to one customer, from their page."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import Client

from customers.tests.factories import CustomerFactory
from identity.tests.factories import actor_named, staff
from notifications.models import Mailing, Notification, OptOut, Template
from notifications.services import notify

pytestmark = pytest.mark.django_db
WORDS = {"channel": "sms", "subject": "", "template": "", "message": "Please call us."}


@pytest.fixture
def support(client: Client) -> Client:
    """A browser in which somebody of support is signed in."""
    user = staff(username="maria")
    user.groups.add(Group.objects.get(name="support"))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def page_of(customer) -> str:
    return f"/admin/customers/customer/{customer.pk}/write-a-message/"


def form(do: str, **changes: str) -> dict[str, str]:
    return {**WORDS, "key": str(uuid.uuid4()), "do": do, **changes}


def template() -> Template:
    words = {"body": "Hi {user_name}, we are open again.", "subject": "Open"}
    made = {"occasion": "mailing", "name": "open-again", "channel": "sms", "language": "en"}
    return Template.objects.create(**made, **words)


def test_the_customers_page_leads_to_it(support):
    customer = CustomerFactory.create()
    shown = support.get(f"/admin/customers/customer/{customer.pk}/change/").content.decode()
    assert page_of(customer) in shown
    assert "data-segments" in support.get(page_of(customer)).content.decode()


def test_a_preview_shows_what_would_be_sent_and_sends_nothing(support):
    customer = CustomerFactory.create()
    shown = support.post(page_of(customer), form("preview")).content.decode()
    for part in ("Please call us.", "+254704590344", "1 SMS · 15 places", "at once", "not known"):
        assert part in shown
    assert "Send it" in shown
    assert not Notification.objects.exists()


def test_an_e_mail_is_asked_for_its_subject(support):
    customer = CustomerFactory.create()
    shown = support.post(page_of(customer), form("send", channel="email")).content.decode()
    assert "write a subject" in shown
    assert not Notification.objects.exists()
    support.post(page_of(customer), form("send", channel="email", subject="Your call"))
    assert Notification.objects.get().subject == "Your call"


def test_the_page_says_by_which_channel_it_goes_and_who_chose_it(support):
    customer = CustomerFactory.create()
    assert "e-mail (they chose none)" in support.get(page_of(customer)).content.decode()
    Notification.objects.create(customer=customer, channel="sms", message="Hi", state="sent")
    shown = support.get(page_of(customer)).content.decode()
    assert "SMS, as the last message to them (they chose none)" in shown
    customer.channel = "sms"
    customer.save()
    assert "SMS, which they chose" in support.get(page_of(customer)).content.decode()


def test_it_is_sent_once_however_often_the_button_is_pressed(support):
    customer = CustomerFactory.create()
    said = form("send")
    for _ in range(2):
        page = support.post(page_of(customer), said, follow=True).content.decode()
        assert "The SMS is on its way." in page
    row = Notification.objects.get()
    assert (row.state, row.channel, row.message) == ("queued", "sms", "Please call us.")
    assert row.events.get().actor == actor_named("maria")


def test_a_template_is_filled_in_for_this_customer(support):
    template()
    customer = CustomerFactory.create(name="Jane")
    said = form("send", template="open-again", message="")
    support.post(page_of(customer), said)
    assert Notification.objects.get().message == "Hi Jane, we are open again."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"message": ""}, "Write a message."),
        ({"message": "x" * 2001}, "at most 2000"),
        ({"message": "Your DNA results"}, "do not say “DNA”"),
        ({"channel": "fax"}, "Select a valid choice"),
        ({"template": "open-again"}, "not both"),
        ({"template": "open-again", "message": "", "channel": "email"}, "has no words by"),
        ({"key": "none"}, "Preview"),
    ],
)
def test_what_could_not_be_sent_is_refused_when_it_is_typed(support, changes, said):
    template()
    answer = support.post(page_of(CustomerFactory.create()), form("send", **changes))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Notification.objects.exists()


def test_who_has_opted_out_is_not_written_to_and_the_page_says_so(support):
    customer = CustomerFactory.create()
    OptOut.objects.create(channel="sms", recipient=customer.phone_number.as_e164)
    shown = support.post(page_of(customer), form("preview")).content.decode()
    assert "Nothing will be sent: The customer has opted out" in shown
    assert "Send it" not in shown
    page = support.post(page_of(customer), form("send"), follow=True).content.decode()
    assert "Nothing is sent: The customer has opted out" in page
    assert Notification.objects.get().state == "suppressed"


def test_whoever_may_not_write_messages_is_refused_and_nothing_is_written(client):
    customer = CustomerFactory.create()
    user = staff()
    user.groups.add(Group.objects.get(name="fulfilment"))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    assert client.post(page_of(customer), form("send")).status_code == 403
    assert not Notification.objects.exists()


def test_notify_takes_a_template_and_the_same_key_once():
    template()
    customer = CustomerFactory.create()
    rows = [
        notify(customer, template="open-again", channel="sms", key=key) for key in ("a", "a", "b")
    ]
    assert rows[0].pk == rows[1].pk != rows[2].pk
    with pytest.raises(ValidationError, match="has no words by SMS"):
        notify(customer, template="closed", channel="sms")
    with pytest.raises(ValidationError, match="Write a message"):
        notify(customer, channel="sms")


def asks_again(client: Client, mailing: Mailing) -> tuple[str, str]:
    """The page as its bar asks for it, and whether all of it is to be loaded."""
    url = f"/admin/notifications/mailing/{mailing.pk}/change/"
    answer = client.get(url, headers={"HX-Request": "true", "HX-Trigger": "mailing-progress"})
    return answer.content.decode(), answer.headers.get("HX-Refresh", "")


def test_the_progress_of_a_mailing_asks_for_itself_until_it_is_done(support):
    mailing = Mailing.objects.create(state="running", total=8, written=2, created_by="user:maria")
    shown, refresh = asks_again(support, mailing)
    assert 'aria-valuenow="25"' in shown
    assert 'hx-trigger="every 2s"' in shown
    assert refresh == ""
    Mailing.objects.update(state="done", written=8)
    shown, refresh = asks_again(support, mailing)
    assert 'aria-valuenow="100"' in shown
    assert 'hx-trigger="every 2s"' not in shown
    assert refresh == "true"

"""What staff see and do."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from core.models import Circuit
from core.workflow import TransitionNotAllowedError
from customers.tests.factories import CustomerFactory
from identity.models import User
from identity.tests.factories import UserFactory, actor_named
from notifications.delivery.queues import dispatch
from notifications.models import DeliveryReport, Notification, OptOut, Rule, Template
from notifications.services import resend
from notifications.tests.factories import queued, sent
from orders.tests.factories import KitFactory, placed_sale

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/notification/"


@pytest.fixture
def manager(client: Client) -> Client:
    """A browser in which somebody with every right is signed in."""
    client.force_login(UserFactory.create(username="maria", is_superuser=True))
    return client


def looker() -> User:
    """Somebody who may look at notifications and no more."""
    from django.contrib.auth.models import Permission

    user = UserFactory.create()
    user.user_permissions.add(Permission.objects.get(codename="view_notification"))
    return user


def run(client: Client, row: Notification, reason: str, **fields: str) -> str:
    """Run the action on one row; the page that comes back."""
    form = {"action": "send_selected_again", "_selected_action": [row.pk], "reason": reason}
    form |= {"confirmed": "yes"} | fields
    return client.post(LIST, form, follow=True).content.decode()


def lost(sandbox) -> Notification:
    """A message of which nobody knows whether it went out."""
    sandbox.faults(africastalking={"mode": "close_after_accept", "times": 1})
    return sent()


def test_an_unknown_message_is_sent_again_with_the_reason_on_record(manager, sandbox):
    row = lost(sandbox)
    assert row.state == "unknown"
    assert "gets it twice" in run(manager, row, "the customer never got it")
    assert not row.events.filter(kind="resend").exists()
    assert "Queued again: 1." in run(manager, row, "never got it", despite_risk="on")
    event = row.events.get(kind="resend")
    assert event.actor == actor_named("maria")
    assert event.detail.startswith("never got it (despite: If it did arrive")
    dispatch()
    row.refresh_from_db()
    assert (row.state, row.doubtful) == ("sent", False)


def test_a_failed_message_goes_to_the_customers_present_address(sandbox):
    row = sent(phone_number="+254704599403")
    assert row.state == "failed"
    row.customer.phone_number = "+254704590344"
    row.customer.save()
    resend(row, by="user:test", reason="the number was wrong")
    dispatch()
    row.refresh_from_db()
    assert (row.state, row.recipient) == ("sent", "+254704590344")


def test_what_is_sent_again_is_tried_like_a_new_one(sandbox, settings):
    row = lost(sandbox)
    resend(row, by="user:test", reason="the customer never got it", despite_risk=True)
    settings.AFRICAS_TALKING_BASE_URL = "http://127.0.0.1:9"
    dispatch()
    row.refresh_from_db()
    assert (row.state, row.doubtful) == ("queued", False)


def test_without_a_reason_nothing_is_sent_again(manager, sandbox):
    row = lost(sandbox)
    assert "Say why it is sent again." in run(manager, row, " ")
    row.refresh_from_db()
    assert row.state == "unknown"


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "delivered", "suppressed"])
def test_what_is_neither_failed_nor_unknown_is_not_sent_again(state):
    row = queued()
    Notification.objects.filter(pk=row.pk).update(state=state)
    with pytest.raises(TransitionNotAllowedError):
        resend(row, by="user:test", reason="to be sure")
    row.refresh_from_db()
    assert row.state == state


def test_who_has_opted_out_is_not_written_to_again(sandbox):
    row = lost(sandbox)
    OptOut.objects.create(channel="sms", recipient=row.recipient)
    with pytest.raises(ValidationError, match="opted out"):
        resend(row, by="user:test", reason="to be sure")


def test_who_may_only_look_cannot_send_again(client, sandbox):
    row = lost(sandbox)
    client.force_login(looker())
    assert client.get(LIST).status_code == 200
    run(client, row, "because")
    row.refresh_from_db()
    assert row.state == "unknown"


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_nothing_is_added_or_deleted_by_hand(manager, path):
    row = queued()
    assert manager.get(LIST + path.format(pk=row.pk)).status_code == 403


def test_a_message_is_shown_with_its_history_and_reports(manager, sandbox):
    row = sent()
    DeliveryReport.objects.create(
        provider="africastalking",
        reference=row.provider_reference,
        recipient=row.recipient,
        status="Buffered",
        notification=row,
    )
    page = manager.get(f"{LIST}{row.pk}/change/").content.decode()
    for text in ("Hello", "composed", "Buffered", row.recipient):
        assert text in page
    assert 'name="message"' not in page


def test_the_list_is_filtered_as_the_start_page_links_to_it(manager, sandbox):
    row, other = lost(sandbox), queued(name="Somebody Else")
    page = manager.get(LIST, {"state__in": "failed,unknown"}).content.decode()
    assert f"{LIST}{row.pk}/change/" in page
    assert f"{LIST}{other.pk}/change/" not in page


def test_the_list_is_searched_by_customer(manager):
    row, other = queued(name="Wanjiru Kamau"), queued(name="Somebody Else")
    page = manager.get(LIST, {"q": "wanj"}).content.decode()
    assert f"{LIST}{row.pk}/change/" in page
    assert f"{LIST}{other.pk}/change/" not in page


@pytest.mark.parametrize("many", [2, 20])
def test_the_list_takes_a_constant_number_of_queries(manager, many, django_assert_max_num_queries):
    for _ in range(many):
        queued()
    with django_assert_max_num_queries(12):
        manager.get(LIST)


def test_a_service_that_takes_nothing_is_announced(manager):
    until = timezone.now() + timedelta(minutes=5)
    Circuit.objects.create(name="notifications:sms:africastalking", open_until=until)
    page = manager.get(LIST).content.decode()
    assert "No SMS goes out by africastalking at the moment." in page


def test_staff_record_an_opt_out_in_the_form_it_is_compared_in(manager):
    row = queued(phone_number="+447451277972")
    form = {"channel": "sms", "recipient": "07451 277972", "reason": "by phone"}
    manager.post("/admin/notifications/optout/add/", form)
    assert OptOut.objects.get().recipient == "+447451277972"
    row.refresh_from_db()
    assert row.state == "suppressed"
    assert row.events.latest("id").actor == actor_named("maria")


def test_an_opt_out_by_email_is_kept_in_lower_case(manager):
    row = queued("email", email="jane@example.com")
    form = {"channel": "email", "recipient": " Jane@Example.com ", "reason": ""}
    manager.post("/admin/notifications/optout/add/", form)
    row.refresh_from_db()
    assert (row.state, OptOut.objects.get().recipient) == ("suppressed", "jane@example.com")


@pytest.mark.parametrize(("channel", "recipient"), [("sms", "nobody"), ("email", "a b")])
def test_an_opt_out_of_no_address_is_refused(manager, channel, recipient):
    form = {"channel": channel, "recipient": recipient, "reason": ""}
    assert manager.post("/admin/notifications/optout/add/", form).status_code == 200
    assert OptOut.objects.count() == 0


def test_a_template_with_an_unknown_field_is_refused_when_it_is_typed(manager):
    template = Template.objects.get(occasion="order-placed", channel="sms")
    url = f"/admin/notifications/template/{template.pk}/change/"
    form = {"occasion": "order-placed", "channel": "sms", "subject": "", "body": "Hi {nobody}"}
    page = manager.post(url, form).content.decode()
    assert "There is no field {nobody} here." in page
    template.refresh_from_db()
    assert "nobody" not in template.body


def test_a_template_is_shown_filled_in(manager):
    template = Template.objects.get(occasion="order-placed", channel="email")
    page = manager.get(f"/admin/notifications/template/{template.pk}/change/").content.decode()
    assert "Hi Jane Doe, your order has been successfully placed." in page
    assert "{tracking_url}" in page


def test_a_rule_for_a_kit_that_nobody_can_order_is_refused():
    rule = Rule(occasion="shipment-delivered", kit_type="ancestri", channel="sms")
    with pytest.raises(ValidationError, match="no DNA kit"):
        rule.full_clean()
    KitFactory.create(item_id="ancestri")
    rule.full_clean()
    assert rule.product_kind == "dna-kit"


def test_the_delivered_rule_for_a_kit_can_be_changed_before_the_kit_is_sold():
    rule = Rule.objects.get(occasion="order-placed", kit_type="whole-exome-sequencing")
    rule.channel = "email"
    rule.full_clean()


@pytest.mark.parametrize("model", ["rule", "template", "optout", "deliveryreport", "notification"])
def test_every_list_opens(manager, model):
    OptOut.objects.create(channel="sms", recipient="+254704590345")
    assert queued(phone_number="+254704590345").state == "suppressed"
    assert manager.get(f"/admin/notifications/{model}/").status_code == 200
    assert manager.get(f"/admin/notifications/{model}/", {"q": "x\x00"}).status_code in (200, 302)


@pytest.mark.parametrize("page", ["orders/order", "customers/customer"])
def test_the_pages_of_an_order_and_of_a_customer_show_what_was_said(manager, page):
    order = placed_sale(CustomerFactory.create(name="Wanjiru Kamau"))
    key = order.pk if page == "orders/order" else order.customer.pk
    shown = manager.get(f"/admin/{page}/{key}/change/").content.decode()
    assert "Hi Wanjiru Kamau, your order has been successfully placed." in shown


def test_one_message_is_sent_again_from_its_page(manager, sandbox):
    row = lost(sandbox)
    url = f"{LIST}{row.pk}/send_again/"
    assert url in manager.get(f"{LIST}{row.pk}/change/").content.decode()
    given = {"_form_submitted": "on", "reason": "the customer never got it"}
    assert "gets it twice" in manager.post(url, given).content.decode()
    row.refresh_from_db()
    assert row.state == "unknown"
    manager.post(url, given | {"despite_risk": "on"})
    row.refresh_from_db()
    assert row.state == "queued"
    assert url not in manager.get(f"{LIST}{row.pk}/change/").content.decode()

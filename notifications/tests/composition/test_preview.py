"""What a customer would hear of an order, as it would be sent and why; nothing is written."""

from typing import Any

import pytest
import time_machine

from customers.tests.factories import CustomerFactory
from notifications.composition.preview import Preview, masked, preview
from notifications.models import Limits, Notification, OptOut, Rule, Template
from orders.models import Order
from orders.tests.factories import KitFactory, placed_kit_order, placed_order, placed_sale
from shipping.models import Shipment

pytestmark = pytest.mark.django_db


def sale(**customer: Any) -> Order:
    order = placed_sale(CustomerFactory.create(**customer))
    Notification.objects.all().delete()
    return order


def because(shown: Preview) -> str:
    assert shown.obstacle == ""
    return shown.channel_because


def test_it_shows_the_words_as_they_would_be_sent_and_writes_nothing():
    order = sale(name="Ada")
    shown = preview(order, "order-placed")
    assert (shown.row.channel, shown.row.recipient) == ("sms", "+254704590344")
    assert "Ada" in shown.row.message
    assert shown.due == "at once"
    assert "1 SMS" in shown.count
    assert not Notification.objects.exists()


def test_it_shows_just_what_is_sent_then():
    order = placed_sale(CustomerFactory.create(name="Ada"))
    sent = Notification.objects.get()
    shown = preview(order, "order-placed").row
    assert (shown.message, shown.channel, shown.recipient) == (
        sent.message,
        sent.channel,
        sent.recipient,
    )


def test_who_may_not_see_customers_sees_no_name_and_the_end_of_an_address():
    shown = preview(sale(name="Ada Lovelace"), "order-placed", hidden=True)
    assert shown.row.recipient == "•••344"
    assert "Ada" not in f"{shown.row.message} {shown.row.subject}"
    assert "Lovelace" not in shown.row.message


@pytest.mark.parametrize(
    ("address", "shown"),
    [("", ""), ("+254704590344", "•••344"), ("a@b.co", "•••.co"), ("ab", "•••ab")],
)
def test_of_a_masked_address_the_end_is_shown(address, shown):
    assert masked(address) == shown


def test_the_channel_is_explained():
    KitFactory.create(item_id="ancestry")
    asked = placed_kit_order("ancestry", channel="sms")
    assert because(preview(asked, "order-placed")) == "the order asked for it"
    assert because(preview(sale(channel="email"), "order-placed")) == "the customer chose it"
    assert because(preview(sale(), "order-placed")) == "the rule says so"
    assert because(preview(sale(phone_number=""), "order-placed")) == (
        "nothing else reaches the customer"
    )
    Rule.objects.all().delete()
    assert because(preview(sale(), "order-placed")) == "no rule fits"


def test_the_rules_that_fit_are_ranked_and_say_why():
    KitFactory.create(item_id="whole-exome-sequencing")
    order = placed_kit_order("whole-exome-sequencing")
    (first, wins), *others = preview(order, "order-placed").rules
    assert wins.startswith("wins")
    assert first.channel == "sms"
    assert others
    assert all("less specific" in standing for _, standing in others)


def test_of_two_equally_specific_rules_the_one_with_dates_wins():
    Rule.objects.filter(occasion="order-placed").delete()
    Rule.objects.create(occasion="order-placed", channel="sms")
    Rule.objects.create(occasion="order-placed", channel="email", valid_from="2020-01-01")
    shown = preview(sale(), "order-placed")
    assert shown.row.channel == "email"
    assert [standing.split(":")[0] for _, standing in shown.rules] == [
        "wins",
        "gives way to one with dates, or begun later",
    ]


def test_who_cannot_be_reached_is_told_of_with_the_obstacle():
    assert "no phone number" in preview(sale(phone_number="", email=""), "order-placed").obstacle
    order = sale(email="")
    OptOut.objects.create(channel="sms", recipient="+254704590344")
    assert "opted out" in preview(order, "order-placed").obstacle


def test_a_parcel_that_is_not_there_yet_is_invented():
    shown = preview(sale(), "shipment-in-transit")
    assert shown.row.message
    assert "{" not in shown.row.message
    assert not Shipment.objects.exists()


def test_a_parcel_that_is_there_is_shown_as_it_is():
    order = placed_order(CustomerFactory.create())
    Template.objects.filter(occasion="shipment-in-transit", channel="sms").update(
        body="{order_number} is on its way", current=None
    )
    assert order.number in preview(order, "shipment-in-transit").row.message


def test_without_a_template_plain_words_are_used_and_it_says_so():
    Template.objects.filter(occasion="order-placed").delete()
    shown = preview(sale(name="Ada"), "order-placed")
    assert shown.template == "no template: plain words"
    assert shown.row.message.startswith("Hi Ada, news of your order")


def test_the_words_are_named_with_their_language():
    shown = preview(sale(language="sw"), "order-placed")
    assert shown.template in ("the usual words, in en", "the usual words, in sw")


def test_in_quiet_hours_it_says_when_by_the_customers_clock():
    Limits.objects.update_or_create(pk=1, defaults={"quiet_from": "21:00", "quiet_until": "08:00"})
    order = sale(time_zone="Africa/Nairobi")
    with time_machine.travel("2026-07-01 19:30Z", tick=False):
        due = preview(order, "order-placed").due
    assert due.startswith("02 Jul, 08:00 their time.")
    assert "quiet hours" in due

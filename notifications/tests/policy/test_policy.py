"""Which channel a customer hears by: requirements A2 and D5."""

from dataclasses import replace

import pytest

from customers.tests.factories import AddressFactory, CustomerFactory
from notifications.composition.builder import message
from notifications.models import Limits, Notification, Occasion, OptOut, Rule, Template, Topic
from notifications.policy import staff_decisions
from notifications.policy.policy import Decision, Policy
from notifications.policy.triggers import Trigger
from notifications.services import announce
from orders.models import Order, ProductKind
from orders.services import cancel_order
from orders.tests.factories import (
    KitFactory,
    ProductFactory,
    placed_kit_order,
    placed_order,
    placed_sale,
)

pytestmark = pytest.mark.django_db


def heard_by(order: Order) -> tuple[str, str]:
    """Channel and state of the one notification of an order."""
    row = Notification.objects.get(order=order)
    return row.channel, row.state


def test_A2_whole_exome_sequencing_goes_by_sms():
    assert heard_by(placed_kit_order("whole-exome-sequencing")) == ("sms", "queued")


def test_A2_every_other_kit_goes_by_email():
    assert heard_by(placed_kit_order("ancestry")) == ("email", "queued")


@pytest.mark.parametrize("kit_type", ["whole-exome-sequencing", "ancestry"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_A2_the_request_may_name_the_channel(kit_type, channel):
    assert heard_by(placed_kit_order(kit_type, channel=channel)) == (channel, "queued")


def test_A2_staff_change_the_rule():
    Rule.objects.filter(kit_type="whole-exome-sequencing").update(channel="email")
    Rule.objects.filter(product_kind="dna-kit", kit_type="").update(channel="sms")
    assert heard_by(placed_kit_order("whole-exome-sequencing"))[0] == "email"
    assert heard_by(placed_kit_order("ancestry"))[0] == "sms"


def test_D5_any_other_order_goes_by_sms():
    assert heard_by(placed_sale()) == ("sms", "queued")
    assert heard_by(placed_order()) == ("sms", "queued")


def test_the_rule_for_a_kit_type_is_passed_over_when_it_is_switched_off():
    Rule.objects.filter(kit_type="whole-exome-sequencing").update(is_active=False)
    assert heard_by(placed_kit_order("whole-exome-sequencing"))[0] == "email"


def test_a_rule_for_a_kind_of_product_comes_before_the_one_for_any():
    Rule.objects.create(occasion="order-placed", product_kind="treatment", channel="email")
    assert heard_by(placed_order())[0] == "email"
    goods = ProductFactory.create(kind=ProductKind.GOODS)
    assert heard_by(placed_order(lines=[(goods, 1)]))[0] == "sms"


def test_a_rule_for_a_kit_type_comes_before_the_one_for_all_kits():
    Rule.objects.create(occasion="order-placed", kit_type="ancestry", channel="sms")
    home = AddressFactory.create()
    assert heard_by(placed_kit_order("ancestry", customer=home.customer))[0] == "sms"


def test_a_kit_among_other_things_makes_it_a_kit_order():
    Rule.objects.create(occasion="order-placed", product_kind="treatment", channel="sms")
    kit = KitFactory.create(item_id="whole-exome-sequencing")
    order = placed_order(lines=[(ProductFactory.create(), 1), (kit, 1)])
    assert heard_by(order)[0] == "sms"


def test_without_any_rule_the_customer_still_hears():
    Rule.objects.all().delete()
    assert heard_by(placed_sale())[1] == "queued"


def test_without_a_phone_the_customer_hears_by_email():
    assert heard_by(placed_sale(CustomerFactory.create(phone_number=""))) == ("email", "queued")


def test_without_an_email_address_the_customer_hears_by_sms():
    assert heard_by(placed_kit_order(customer=CustomerFactory.create(email=""))) == (
        "sms",
        "queued",
    )


@pytest.mark.parametrize("phone", ["", "+2547"])
def test_who_cannot_be_reached_gets_a_suppressed_one_with_the_reason(phone):
    order = placed_sale(CustomerFactory.create(phone_number=phone, email=""))
    row = Notification.objects.get(order=order)
    assert row.state == "suppressed"
    assert "The customer has no phone number." in row.last_error
    assert "The customer has no e-mail address." in row.last_error
    assert row.recipient == ""


def test_who_has_opted_out_gets_a_suppressed_one_with_the_reason():
    OptOut.objects.create(channel="sms", recipient="+254704590344")
    row = Notification.objects.get(order=placed_sale())
    assert (row.state, row.channel) == ("suppressed", "sms")
    assert row.last_error == "The customer has opted out of this channel."


def test_opting_out_of_sms_leaves_email_alone():
    OptOut.objects.create(channel="sms", recipient="+254704590344")
    assert heard_by(placed_kit_order("ancestry")) == ("email", "queued")


def test_opted_out_email_addresses_are_compared_in_lower_case():
    OptOut.objects.create(channel="email", recipient="jane@example.com")
    customer = CustomerFactory.create(email="Jane@Example.com")
    assert heard_by(placed_kit_order(customer=customer))[1] == "suppressed"


def test_a_cancelled_kit_order_is_told_by_the_same_way():
    order = placed_kit_order("ancestry")
    cancel_order(order, by="user:test")
    told = Notification.objects.filter(order=order).values_list("source", "channel")
    assert set(told) == {
        (f"order:{order.pk}:needs-address", "email"),
        (f"order:{order.pk}:cancelled", "email"),
    }


def test_a_channel_nobody_carries_is_passed_over(settings):
    settings.SMS_PROVIDER = []
    assert heard_by(placed_sale()) == ("email", "queued")


@pytest.mark.parametrize("many", [1, 50])
def test_any_number_of_news_costs_the_same_few_queries(many, django_assert_num_queries):
    orders = [placed_sale() for _ in range(many)]
    staff_decisions.present()
    with django_assert_num_queries(2):  # what customers decided, and the rows
        announce(Trigger(f"test:{order.pk}", "order-placed", order) for order in orders)
    assert Notification.objects.filter(source__startswith="test:").count() == many


def decided(order: Order) -> Decision:
    """What is decided on a message about an order that was placed."""
    trigger = Trigger("test", Occasion.ORDER_PLACED, order)
    return Policy.for_triggers([trigger]).decide(trigger)


def test_a_decision_holds_all_that_its_message_is_filled_in_with():
    Topic.objects.update_or_create(occasion="order-placed", defaults={"critical": True})
    decision = decided(placed_sale())
    assert (decision.route.channel, decision.route.obstacle) == ("sms", "")
    assert (decision.critical, decision.deferred) == (True, "")
    assert (decision.text.language, decision.rules[0].channel) == ("en", "sms")


def test_a_message_is_filled_in_as_it_was_decided_and_no_further():
    order = placed_sale()
    decision = replace(decided(order), deferred="Because.", critical=True)
    row = message(Trigger("test", Occasion.ORDER_PLACED, order), decision)
    assert (row.next_attempt_at, row.last_error, row.critical) == (decision.due, "Because.", True)
    closed = replace(decision, route=replace(decision.route, obstacle="No."))
    row = message(Trigger("test", Occasion.ORDER_PLACED, order), closed)
    assert (row.state, row.last_error) == ("suppressed", "No.")


def test_without_a_template_a_decision_has_plain_words():
    Template.objects.all().delete()
    text = decided(placed_sale()).text
    assert (text.language, "order placed" in text.body) == ("", True)


@pytest.mark.parametrize(
    ("order", "customer", "why"),
    [
        ("sms", "sms", "the order asked for it"),
        ("", "sms", "the customer chose it"),
        ("", "", "the rule says so"),
    ],
)
def test_a_decision_says_why_it_is_this_channel(order, customer, why):
    jane = CustomerFactory.create(channel=customer)
    placed = placed_sale(jane)
    placed.channel = order
    assert decided(placed).channel_because == why


def test_without_a_rule_nothing_is_said_to_have_chosen_the_channel():
    Rule.objects.all().delete()
    assert decided(placed_sale()).channel_because == "no rule fits"


def test_what_is_not_sent_does_not_count_for_the_customers_limit():
    Limits.objects.update_or_create(pk=1, defaults={"messages_per_day": 2})
    orders = [placed_sale()]
    customer = orders[0].customer
    triggers = [Trigger(f"t:{n}", Occasion.ORDER_PLACED, orders[0]) for n in range(3)]
    OptOut.objects.create(channel="sms", recipient=str(customer.phone_number))
    policy = Policy.for_triggers(triggers)
    assert [policy.decide(each).deferred for each in triggers] == [""] * 3
    OptOut.objects.all().delete()
    policy = Policy.for_triggers(triggers)
    assert [bool(policy.decide(each).deferred) for each in triggers] == [False, True, True]

"""Templates keep their versions; rules name templates, have dates, and can be tried."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError

from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import UserFactory
from notifications.models import Notification, Rule, Template, Topic
from notifications.policy import template_versions
from orders.models import Order
from orders.tests.factories import KitFactory, ProductFactory, placed_kit_order, placed_sale

pytestmark = pytest.mark.django_db
TRY = "/admin/notifications/rule/try-on-an-order/"


def template(channel: str = "sms") -> Template:
    return Template.objects.get(occasion="order-placed", channel=channel, name="")


def message_of(order: Order) -> Notification:
    return Notification.objects.get(order=order)


@pytest.fixture
def manager(client):
    client.force_login(UserFactory.create(username="maria", is_superuser=True))
    return client


def test_each_change_is_a_version_and_messages_name_theirs():
    row = template()
    first = message_of(placed_sale()).template_version
    row.body = "Thank you, {user_name}"
    template_versions.save(row, by="user:maria")
    second = message_of(placed_sale()).template_version
    assert [(v.number, v.made_by) for v in (first, second) if v] == [
        (1, "system"),
        (2, "user:maria"),
    ]
    template_versions.save(row, by="user:maria")
    assert row.versions.count() == 2


def test_an_old_version_comes_back_and_the_difference_is_shown(manager):
    row = template()
    old = row.body
    row.body = "Thank you"
    template_versions.save(row, by="user:maria")
    page = f"/admin/notifications/template/{row.pk}/versions/"
    text = manager.get(page).content.decode()
    assert "- Hi {user_name}" in text
    assert "+ Thank you" in text
    manager.post(page, {"version": row.versions.get(number=1).pk})
    row.refresh_from_db()
    assert (row.body, row.current) == (old, row.versions.get(number=1))
    assert message_of(placed_sale()).template_version == row.current


def test_an_old_version_that_an_sms_must_not_say_does_not_come_back(manager):
    row = Template.objects.create(
        occasion="order-placed", name="kits", channel="email", language="en", body="Your {item}"
    )
    row.channel, row.body = "sms", "Thank you"
    template_versions.save(row, by="user:maria")
    page = f"/admin/notifications/template/{row.pk}/versions/"
    shown = manager.post(page, {"version": row.versions.get(number=1).pk}, follow=True)
    assert "There is no field {item} here" in shown.content.decode()
    row.refresh_from_db()
    assert row.body == "Thank you"


def test_who_may_only_look_brings_nothing_back(client):
    row = template()
    client.force_login(UserFactory.create())
    page = f"/admin/notifications/template/{row.pk}/versions/"
    assert client.post(page, {"version": row.current_id}).status_code == 403


def test_a_rule_names_the_words():
    Template.objects.create(
        occasion="order-placed", name="kits", channel="email", language="en", body="Your kit"
    )
    rule = Rule.objects.get(occasion="order-placed", product_kind="dna-kit", kit_type="")
    rule.template_name = "kits"
    rule.full_clean()
    rule.save()
    home = AddressFactory.create()
    assert message_of(placed_kit_order("ancestry", customer=home.customer)).message == "Your kit"
    rule.template_name = "nobody-wrote-it"
    with pytest.raises(ValidationError, match="no template of this name"):
        rule.full_clean()


@pytest.mark.parametrize(
    ("now", "channel"),
    [
        ("2026-06-09T22:59Z", "sms"),
        ("2026-06-09T23:01Z", "email"),  # the day begins in London, an hour before UTC
        ("2026-06-11T22:59Z", "email"),
        ("2026-06-11T23:01Z", "sms"),
    ],
)
def test_a_rule_with_dates_holds_on_its_days_and_wins(now, channel):
    Rule.objects.create(
        occasion="order-placed",
        channel="email",
        valid_from=date(2026, 6, 10),
        valid_until=date(2026, 6, 11),
    )
    with time_machine.travel(now, tick=False):
        assert message_of(placed_sale()).channel == channel


def test_a_rule_that_ends_before_it_begins_is_refused():
    rule = Rule(occasion="order-placed", channel="sms", valid_from=date(2026, 6, 2))
    rule.valid_until = date(2026, 6, 1)
    with pytest.raises(ValidationError, match="ends before it begins"):
        rule.full_clean()


def test_an_event_that_is_switched_off_is_suppressed_with_the_reason():
    Topic.objects.filter(occasion="order-placed").update(is_on=False)
    row = message_of(placed_sale())
    assert row.state == "suppressed"
    assert "switched this event off" in row.last_error


def test_staff_try_the_rules_on_a_real_order(manager):
    KitFactory.create(item_id="whole-exome-sequencing")
    order = placed_kit_order("whole-exome-sequencing")
    Notification.objects.all().delete()
    page = manager.get(TRY, {"number": order.number.upper(), "occasion": "order-placed"})
    text = page.content.decode()
    assert "wins: the most specific one that is valid today" in text
    assert "gives way: it is less specific" in text
    assert "+254704590344" in text
    assert "1 SMS" in text
    assert Notification.objects.count() == 0


def test_who_may_not_see_customers_sees_no_name_and_no_number(client):
    from django.contrib.auth.models import Permission

    user = UserFactory.create()
    for name in ("view_rule", "view_order"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(user)
    order = placed_sale(CustomerFactory.create(name="Jane Doe"))
    shown = client.get(TRY, {"number": order.number, "occasion": "order-placed"})
    text = shown.content.decode()
    assert "•••344" in text
    assert "Jane Doe" not in text
    assert "+254704590344" not in text


@pytest.mark.parametrize("number", ["co-99999", "", "x" * 99])
def test_an_order_that_is_not_there_is_refused(manager, number):
    page = manager.get(TRY, {"number": number, "occasion": "order-placed"})
    assert page.status_code == 200
    assert "shown" not in page.context


@pytest.mark.parametrize(
    "body", ["Your {item} is coming", "Your DNA results", "The Ancestry kit", "Serum 7 is ready"]
)
def test_an_sms_reveals_nothing_of_health(body):
    KitFactory.create()
    ProductFactory.create(name="Serum 7")
    row = template()
    row.body = body
    with pytest.raises(ValidationError):
        row.full_clean()
    mail = template("email")
    mail.body = body
    mail.full_clean()

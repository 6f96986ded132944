"""Rules in the admin, and what they would come to for a real order."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from identity.tests.factories import staff
from notifications.models import Notification, Rule
from orders.tests.factories import placed_sale

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/rule/"
TRY = f"{LIST}try-on-an-order/"


def able_to(*names: str) -> Client:
    person = staff()
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def manager() -> Client:
    client = Client()
    client.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    return client


def test_a_rule_is_switched_off_and_the_next_one_wins(manager):
    Rule.objects.create(occasion="order-placed", channel="email", product_kind="treatment")
    rule = Rule.objects.get(product_kind="treatment")
    form = {"occasion": "order-placed", "product_kind": "treatment", "channel": "email"}
    assert manager.post(f"{LIST}{rule.pk}/change/", form).status_code == 302
    rule.refresh_from_db()
    assert not rule.is_active


def test_a_rule_that_could_not_be_kept_is_refused_where_it_is_typed(manager):
    before = Rule.objects.count()
    form = {"occasion": "order-placed", "channel": "sms", "template_name": "nothing"}
    answer = manager.post(f"{LIST}add/", form)
    assert "Write it first." in answer.content.decode()
    assert Rule.objects.count() == before


@pytest.mark.parametrize("typed", ["{}", "#{}", "CO {}", " {} "])
def test_an_order_is_named_however_its_number_is_typed(manager, typed):
    order = placed_sale()
    number = order.number if typed in ("{}", "#{}", " {} ") else order.number.partition("-")[2]
    page = manager.get(TRY, {"number": typed.format(number), "occasion": "order-placed"})
    assert page.context["order"] == order


@pytest.mark.parametrize("occasion", ["", "mailing", "shipments-digest", "nothing"])
def test_an_event_that_does_not_happen_by_itself_is_not_tried(manager, occasion):
    page = manager.get(TRY, {"number": placed_sale().number, "occasion": occasion})
    assert "shown" not in page.context


def test_it_is_looked_at_as_often_as_one_likes_and_writes_nothing(manager):
    order = placed_sale()
    written = Notification.objects.count()
    for _ in range(2):
        manager.get(TRY, {"number": order.number, "occasion": "order-cancelled"})
    assert Notification.objects.count() == written


@pytest.mark.parametrize("names", [("view_rule",), ("view_order",), ()])
def test_it_needs_the_right_to_see_rules_and_orders(names):
    assert able_to(*names).get(TRY).status_code in (302, 403)
    assert able_to("view_rule", "view_order").get(TRY).status_code == 200


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_may_only_look_changes_no_rule(role):
    client = Client()
    client.force_login(staff(role), "django.contrib.auth.backends.ModelBackend")
    rule = Rule.objects.filter(occasion="order-placed").earliest("pk")
    form = {"occasion": "order-placed", "channel": "email"}
    assert client.post(f"{LIST}{rule.pk}/change/", form).status_code == 403
    assert client.post(f"{LIST}add/", form).status_code == 403
    assert client.post(f"{LIST}{rule.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Rule.objects.filter(pk=rule.pk, is_active=True).exists()

"""The page on which a customer says where an order goes: by a signed link, once, without login."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.cases.models import Case
from core.web import rate_limits
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import UserFactory
from notifications.models import Notification, Template
from notifications.sweeper import reconcile
from orders import services
from orders.address_page.form import AUTOFILL
from orders.address_page.link import read, token_for, url_for
from orders.address_page.texts import TEXTS
from orders.models import Order
from orders.services import cancel_order, set_address
from orders.tests.factories import ADDRESS, placed_kit_order, placed_order, placed_sale
from shipping.models import Shipment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted_from_nothing(settings):
    settings.REDIS_URL = ""
    rate_limits.forget()
    yield
    rate_limits.forget()


@pytest.fixture
def order() -> Order:
    return placed_kit_order(customer=CustomerFactory.create(name="Zqname", phone_number=""))


def page(order: Order) -> str:
    return f"/address/{token_for(order.pk)}/"


def test_the_message_asks_for_the_address_with_a_link_that_works(client, order):
    message = Notification.objects.get(order=order)
    assert "please give us the address" in message.message
    assert "successfully placed" not in message.message
    [link] = re.findall(r"https?://\S+", message.message)
    path = "/" + link.split("/", 3)[3]
    assert client.post(path, ADDRESS).status_code == 200
    order.refresh_from_db()
    assert order.address() == ADDRESS


def test_by_SMS_it_fits_into_one(settings):
    settings.PUBLIC_URL = "https://dosette.example.com"
    kit = placed_kit_order(
        "whole-exome-sequencing", customer=CustomerFactory.create(name="Amina Odhiambo")
    )
    message = Notification.objects.get(order=kit)
    assert message.channel == "sms"
    assert len(message.message) <= 160


def test_looking_changes_nothing_and_shows_nothing_of_the_order_or_the_customer(client, order):
    AddressFactory.create(customer=order.customer, line_1="Zqstreet")
    for method in (client.get, client.head):
        assert method(page(order)).status_code == 200
    shown = client.get(page(order)).content.decode()
    for secret in ("Zq", order.number, order.kit_type, "kit", "DNA", "order"):
        assert secret not in shown.partition("<main>")[2], secret
    order.refresh_from_db()
    assert order.awaits_address


def test_what_was_typed_ships_the_order_and_is_on_record(order):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(page(order), ADDRESS | {"postcode": "w26nb"})
    assert "Thank you" in answer.content.decode()
    assert Shipment.objects.get(order=order).address() == ADDRESS
    event = order.events.get(kind="address-set")
    assert event.actor == f"customer:{order.customer_id}"
    assert "High" not in event.detail
    assert not Case.objects.filter(closed_at=None).exists()


def test_of_a_customer_without_any_it_becomes_the_first_and_what_else_waits_goes_there(
    client, order
):
    other = placed_kit_order(customer=order.customer)
    client.post(page(order), ADDRESS | {"postcode": "w26nb"})
    kept = order.customer.addresses.get()
    assert (kept.address(), kept.is_default) == (ADDRESS, True)
    other.refresh_from_db()
    assert (other.address(), other.events.latest("id").kind) == (ADDRESS, "address-set")
    assert placed_kit_order(customer=order.customer).ships
    assert client.post(page(other), ADDRESS).status_code == 410


def test_it_takes_the_place_of_no_address_that_the_customer_has(client, order):
    known = AddressFactory.create(customer=order.customer, is_default=False)
    other = placed_kit_order(customer=order.customer)
    Order.objects.filter(pk=other.pk).update(line_1="")
    client.post(page(order), ADDRESS)
    assert order.customer.addresses.get() == known
    other.refresh_from_db()
    assert other.awaits_address


def test_it_is_told_as_placed_once_it_has_its_address(client, order):
    client.post(page(order), ADDRESS)
    told = Notification.objects.filter(order=order).order_by("id")
    assert [row.source for row in told[:2]] == [
        f"order:{order.pk}:needs-address",
        f"order:{order.pk}:placed",
    ]
    assert "successfully placed" in told[1].message


def sources(order: Order) -> list[str]:
    told = Notification.objects.filter(order=order).order_by("id")
    return [row.source.rsplit(":", 1)[1] for row in told]


def later(time_machine) -> None:
    """What a receiver would have written is missing by now."""
    time_machine.move_to(timezone.now() + timedelta(minutes=2))


def test_what_an_earlier_release_told_of_an_order_that_waits_is_not_told_again(order, time_machine):
    """It told all as placed. The sweeper asks for the address, once."""
    Notification.objects.filter(order=order).update(source=f"order:{order.pk}:placed")
    later(time_machine)
    for _ in range(2):
        reconcile()
    assert sources(order) == ["placed", "needs-address"]
    set_address(order, ADDRESS, by="user:1 ann")
    later(time_machine)
    reconcile()
    assert [each for each in sources(order) if "shipment" not in each] == [
        "placed",
        "needs-address",
    ]


def test_the_sweeper_makes_up_for_each_once(order, time_machine):
    set_address(order, ADDRESS, by="user:1 ann")
    Notification.objects.all().delete()
    later(time_machine)
    for _ in range(2):
        reconcile()
    assert sources(order) == ["placed"]


def test_a_cancelled_order_that_waited_is_told_no_more_than_that(order, time_machine):
    cancel_order(order, by="user:1 ann")
    later(time_machine)
    reconcile()
    assert sources(order) == ["needs-address", "cancelled"]
    Notification.objects.all().delete()
    reconcile()
    assert sources(order) == ["cancelled"]


def test_what_was_told_is_named_anew_by_the_migration(order):
    set_address(order, ADDRESS, by="user:1 ann")
    waiting, plain = placed_kit_order(customer=CustomerFactory.create()), placed_sale()
    for row, name in (("placed", "address-set"), ("needs-address", "placed")):
        for each in (order, waiting):
            named = Notification.objects.filter(source=f"order:{each.pk}:{row}")
            named.update(source=f"order:{each.pk}:{name}")
    migration = import_module("notifications.migrations.0016_told_as_what_it_was")
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(migration._NAME)
    assert list(map(sources, (order, waiting, plain))) == [
        ["needs-address", "placed"],
        ["needs-address"],
        ["placed"],
    ]


def test_the_link_is_good_for_one_address(client, order):
    client.post(page(order), ADDRESS)
    for method in (client.get, client.post):
        answer = method(page(order), ADDRESS | {"line_1": "99 Thief Street"})
        assert answer.status_code == 410
        assert ADDRESS["line_1"] not in answer.content.decode()
    order.refresh_from_db()
    assert order.address() == ADDRESS


def test_a_cancelled_order_takes_none_and_looks_the_same(client, order):
    services.cancel_order(order, by="user:test")
    cancelled = client.post(page(order), ADDRESS)
    never = client.get(f"/address/{token_for(10**9)}/")
    had_one = client.get(page(placed_order()))
    assert {cancelled.status_code, never.status_code, had_one.status_code} == {410}
    bodies = [re.sub('nonce="[^"]*"', "", a.content.decode()) for a in (cancelled, never, had_one)]
    assert len(set(bodies)) == 1


def test_it_expires(client, order):
    link = page(order)
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        assert client.get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=32), tick=False):
        assert client.post(link, ADDRESS).status_code == 410
    assert not Shipment.objects.exists()


def test_a_changed_token_is_none_of_ours(client, order):
    number, day, digest = token_for(order.pk).split("-", 2)
    other = signing.b62_encode(order.pk + 1)
    later = signing.b62_encode(signing.b62_decode(day) + 1000)
    for token in (
        f"{other}-{day}-{digest}",
        f"{number}-{later}-{digest}",
        f"{number}-{day}-{digest[:-1]}",
        f"{number}-{day}-{digest}x",
        f"{number}-{day}",
        number,
        "--",
        "x",
        "ü-1-2",
        "%00",
        "9" * 5000,
    ):
        assert read(token) is None
        assert client.post(f"/address/{token}/", ADDRESS).status_code == 404
    assert not Shipment.objects.exists()


def test_a_link_of_an_earlier_key_still_works(client, order, settings):
    link = page(order)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert client.get(link).status_code == 200


def test_guesses_are_limited(client, order):
    statuses = [client.get("/address/1-2-guess/").status_code for _ in range(31)]
    assert statuses.count(404) == 30
    assert statuses[-1] == 429


def test_what_others_ask_of_the_api_from_there_does_not_count(client, order, settings):
    settings.RATE_ADDRESS = "600/m"  # the same window as the page's
    assert {client.get("/api/v1/orders/").status_code for _ in range(40)} == {401}
    assert client.get(page(order)).status_code == 200


def test_tries_of_one_form_are_limited_from_everywhere(client, order):
    statuses = [
        client.post(page(order), {}, REMOTE_ADDR=f"192.0.2.{number}").status_code
        for number in range(21)
    ]
    assert statuses == [422] * 20 + [429]


def test_only_looking_and_sending_are_answered(client, order):
    for method in (client.put, client.patch, client.delete):
        assert method(page(order)).status_code == 405


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"postcode": "ZZZ"}, "For example: EC1Y 8SY"),
        ({"postcode": ""}, "Please fill this in."),
        ({"recipient": " "}, "Please fill this in."),
        ({"country": ""}, "Please fill this in."),
        ({"country": "XX"}, "Please fill this in."),
        ({"line_1": "x" * 36}, "At most 35 characters"),
        ({"city": "a\x00b"}, "Please write this differently"),
        ({"city": "a\u2028b"}, "Please write this differently"),
    ],
)
def test_what_is_wrong_is_said_beside_the_line_and_what_was_typed_stays(
    client, order, change, text
):
    answer = client.post(page(order), ADDRESS | change)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert text in shown
    assert 'aria-invalid="true"' in shown
    assert "179 harrow road" in shown
    assert not Shipment.objects.exists()


def test_markup_that_was_typed_stays_text(client, order):
    answer = client.post(page(order), ADDRESS | {"city": "<script>x</script>", "postcode": "ZZZ"})
    assert "<script>" not in answer.content.decode()


def test_nothing_runs_there_and_nothing_is_kept(client, order):
    answer = client.get(page(order))
    policy = answer.headers["Content-Security-Policy"]
    [nonce] = re.findall("nonce-([^']+)'", policy)
    assert policy.startswith("default-src 'none'; style-src 'nonce-")
    assert f'<style nonce="{nonce}">' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    assert nonce not in client.get(page(order)).headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", [*TEXTS, "de-AT", "nl"])
def test_it_speaks_the_customers_language_or_the_next(client, language):
    order = placed_kit_order(customer=CustomerFactory.create(language=language))
    known = language.partition("-")[0] if language != "nl" else "en"
    shown = client.get(page(order)).content.decode()
    assert f'<html lang="{known}">' in shown
    assert TEXTS[known]["line_1"].split()[0] in shown
    wrong = client.post(page(order), ADDRESS | {"postcode": "ZZZ"}).content.decode()
    assert TEXTS[known]["error_postcode"].partition(":")[0][:20].split("’")[0] in wrong


def test_every_language_says_everything():
    assert all(texts.keys() == TEXTS["en"].keys() for texts in TEXTS.values())
    assert set(AUTOFILL) <= TEXTS["en"].keys()


def test_words_that_staff_wrote_for_this_event_stay(order):
    from importlib import import_module

    from django.apps import apps

    Template.objects.filter(occasion="order-needs-address").update(body="Ours: {address_url}")
    migration = import_module("notifications.migrations.0011_orders_that_need_an_address")
    migration.deliver(apps, None)
    rows = Template.objects.filter(occasion="order-needs-address")
    assert {row.body for row in rows} == {"Ours: {address_url}"}


def test_staff_who_try_a_rule_see_no_real_link(order):
    from notifications.composition.preview import preview

    assert token_for(order.pk) in url_for(order)
    assert token_for(order.pk) not in str(preview(order, "order-needs-address"))


def test_whoever_reads_the_message_cannot_use_its_link(api, order):
    [row] = api("notifications:read").get("/api/v1/notifications/").json()["results"]
    assert row["message"].endswith("/address/…/")
    boss = Client()
    boss.force_login(UserFactory.create(is_superuser=True))
    for where in ("notification/", f"notification/{row['id']}/change/"):
        page = boss.get(f"/admin/notifications/{where}").content.decode()
        assert "address/…" in page or "please give us" in page
        assert token_for(order.pk) not in page
    orders = boss.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "address/…" in orders or "please give us" in orders
    assert token_for(order.pk) not in orders

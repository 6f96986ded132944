"""A list of the admin shows what its address asks for, or says what cannot be read of it."""

import logging
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib import admin
from django.test import Client

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.tests.factories import staff
from shipping.tests.factories import queued_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("shipping/shipment/?ship_on__gte=kaese", "ship_on__gte"),
        ("shipping/shipment/?status=queued&ship_on__gte=kaese", "ship_on__gte"),
        ("shipping/shipment/?ship_on_from=kaese", "ship_on_from"),
        ("shipping/shipment/?status=nonsense", "status"),
        ("shipping/shipment/?state=nonsense", "state"),
        ("shipping/shipment/?state__in=queued,nonsense", "state__in"),
        ("shipping/shipment/?delivery_service__exact=nonsense", "delivery_service__exact"),
        ("shipping/shipment/?delivery_service_from=x", "delivery_service_from"),
        ("shipping/shipment/?foo=bar", "foo"),
        ("shipping/shipment/?p=kaese", "p"),
        ("shipping/shipment/?p=99999999999999999999", "p"),
        ("shipping/providerprofile/?foo=bar", "foo"),
        ("core/case/?kind=nonsense", "kind"),
        ("orders/order/?time_from_0=kaese", "time_from_0"),
        ("orders/order/?time_to_1=12:00:00", "time_to_0"),
        ("customers/customer/?created_at__gte=kaese", "created_at__gte"),
        ("notifications/deliveryreport/?notification__isempty=kaese", "notification__isempty"),
    ],
)
def test_what_cannot_be_read_of_a_lists_address_is_named_and_no_row_shown(browser, path, name):
    shipment = queued_shipment()
    answer = browser.get(f"/admin/{path}")
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert f"The filter “{name}” cannot be read." in shown
    assert f'href="/admin/{path.partition("?")[0]}"' in shown, "to the whole list"
    assert shipment.reference not in shown


def test_what_was_asked_is_in_no_log_and_no_tag_of_the_page(browser, caplog):
    caplog.set_level(logging.WARNING)
    answer = browser.get("/admin/orders/order/", {"<b>x": "jane@example.com"})
    assert "&lt;b&gt;x" in answer.content.decode()
    assert answer.status_code == 400
    assert {record.levelname for record in caplog.records} <= {"WARNING"}
    assert not any(record.exc_info for record in caplog.records)
    assert "jane@example.com" not in caplog.text + answer.content.decode()


def test_every_list_names_a_filter_that_it_does_not_have(admin_client):
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        if admin_client.get(path).status_code == 200:
            assert "“foo”" in admin_client.get(f"{path}?foo=bar").content.decode(), path


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("created_at_from_0=2026-06-02", ["Late"]),
        ("created_at_to_0=2026-06-01", ["Early"]),
        ("created_at_from_0=2026-06-01&created_at_to_0=2026-06-02", ["Early", "Late"]),
        ("created_at_from_0=2026-06-01&created_at_from_1=12:00:00", ["Late"]),
        ("created_at_from_0=&created_at_from_1=", ["Early", "Late"]),
    ],
)
def test_a_day_without_a_time_is_the_whole_day_and_not_left_out(browser, query, found):
    for name, day, hour in (("Early", 1, 9), ("Late", 2, 22)):
        row = CustomerFactory.create(name=name)
        when = datetime(2026, 6, day, hour, tzinfo=UTC)
        Customer.objects.filter(pk=row.pk).update(created_at=when)
    answer = browser.get(f"/admin/customers/customer/?{query}")
    assert sorted(row.name for row in answer.context["cl"].result_list) == found


@pytest.mark.parametrize(
    "path",
    ["shipping/return", "notifications/mailing", "transfers/import", "transfers/export"],
)
def test_lists_of_what_staff_began_are_narrowed_by_when(admin_client, path):
    for query in ("created_at_from_0=2026-06-01", "created_at_to_0=2026-06-01"):
        assert admin_client.get(f"/admin/{path}/?{query}").status_code == 200
    refused = admin_client.get(f"/admin/{path}/?created_at_from_0=kaese")
    assert refused.status_code == 400


@time_machine.travel("2026-06-03 01:30+00:00", tick=False)
def test_today_yesterday_and_the_last_week_are_a_click_away(browser):
    for day in (3, 2, 1):
        row = CustomerFactory.create(name=f"On {day}")
        when = datetime(2026, 6, day, 0, 30, tzinfo=UTC)
        Customer.objects.filter(pk=row.pk).update(created_at=when)
    asked = {"q": "on", "created_at_from_0": "2026-06-01", "created_at_from_1": "23:00:00"}
    page = browser.get("/admin/customers/customer/", asked)
    [spec] = page.context["cl"].filter_specs
    [choice] = spec.choices(page.context["cl"])
    found = {}
    for label, query in choice["days"]:
        assert "created_at_from_1" not in query, "what was asked before is replaced"
        rows = browser.get(f"/admin/customers/customer/{query}").context["cl"].result_list
        found[label] = sorted(row.name for row in rows)
    assert found == {
        "Today": ["On 3"],
        "Yesterday": ["On 2"],
        "Last 7 days": ["On 1", "On 2", "On 3"],
    }


def test_a_mailing_to_all_found_is_never_one_to_everybody_for_a_filter_that_cannot_be_read(browser):
    row = CustomerFactory.create()
    form = {"action": "write_to_all_matching", "_selected_action": [row.pk]}
    answer = browser.post("/admin/customers/customer/?created_at_from_0=kaese", form)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?state=sent", "Nothing matches"),
        ("?provider=northpost", "Nothing matches"),
        ("?provider=gone", "Nothing matches"),
        ("?q=nobody", "Nothing matches"),
        ("?p=999", "There is no page 999"),
    ],
)
def test_a_list_that_shows_a_part_never_says_that_there_is_nothing(browser, query, says):
    queued_shipment()
    shown = browser.get(f"/admin/shipping/shipment/{query}").content.decode()
    assert says in shown
    assert "Show all" in shown
    assert "Nothing here" not in shown


def test_an_error_page_asks_for_no_icon_that_is_not_there(browser):
    answer = browser.get("/admin/shipping/shipment/?foo=bar").content.decode()
    assert "desk/favicon.svg" in answer

"""The page of an order: where its parcel is, what happened, and what can be done now (issue 15)."""

from typing import Any

import pytest
from django.test import Client

from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import browser_of, staff
from notifications.models import Notification
from orders.models import Order
from orders.tests.factories import placed_order
from shipping.models import Schedule, Shipment
from shipping.schedules import services as schedules

pytestmark = pytest.mark.django_db


def address_of(order: Order) -> str:
    return f"/admin/orders/order/{order.pk}/change/"


def page_of(client: Client, order: Order) -> str:
    answer = client.get(address_of(order))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def monthly() -> Schedule:
    customer = AddressFactory.create(customer=CustomerFactory.create(name="Zoë Busy")).customer
    placed_order(customer, interval="monthly")
    return Schedule.objects.get()


def test_where_the_parcel_is_and_what_happened_come_first(monthly: Schedule):
    order = monthly.order
    Shipment.objects.update(tracking_number="TN-1", tracking_url="https://carrier.example/TN-1")
    shown = page_of(browser_of(staff("support")), order)
    parts = ("Parcels</h2>", "https://carrier.example/TN-1", "Timeline</h2>", "Delivery address")
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    assert f"Order {order.number} placed" in shown
    assert "50.00 GBP" in shown


def dialogs(shown: str, schedule: Schedule) -> set[str]:
    verbs = ("skip", "unskip", "pause", "resume", "change_dates")
    page = f'hx-get="/admin/shipping/schedule/{schedule.pk}'
    return {verb for verb in verbs if f'{page}/{verb}/"' in shown}


def test_only_what_can_be_done_now_is_offered(monthly: Schedule):
    support, order = browser_of(staff("support")), monthly.order
    assert dialogs(page_of(support, order), monthly) == {"skip", "pause", "change_dates"}
    schedules.skip(monthly, by="user:test")
    offered = dialogs(page_of(support, order), monthly)
    assert offered == {"skip", "unskip", "pause", "change_dates"}
    monthly.refresh_from_db()
    schedules.pause(monthly, by="user:test")
    assert dialogs(page_of(support, order), monthly) == {"resume", "change_dates"}
    schedules.cancel(monthly, by="user:test")
    assert dialogs(page_of(support, order), monthly) == set()


def test_who_may_change_no_schedule_is_offered_nothing(monthly: Schedule):
    assert dialogs(page_of(browser_of(staff("auditor")), monthly.order), monthly) == set()


def sent(client: Client, monthly: Schedule, opened_on: str) -> str:
    """Where a dialog leads that was opened on this page."""
    page = f"/admin/shipping/schedule/{monthly.pk}/pause/"
    headers = {"HX-Request": "true", "HX-Current-URL": opened_on}
    form = client.get(page, headers=headers).context["form"]
    typed = {"_form_submitted": "on", "resume_on": "", "seen": form.initial["seen"]}
    answer = client.post(page, typed, headers=headers)
    return str(answer.headers["HX-Redirect"])


def test_a_dialog_leads_back_to_the_page_on_which_it_was_opened(monthly: Schedule):
    support = browser_of(staff("support"))
    page = address_of(monthly.order)
    assert sent(support, monthly, f"http://testserver{page}?a=1#b") == page
    monthly.refresh_from_db()
    assert monthly.state == "paused"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/admin/", "http://testserver/evil/", "", "::"]
)
def test_a_dialog_leads_nowhere_else(monthly: Schedule, elsewhere: str):
    own = f"/admin/shipping/schedule/{monthly.pk}/change/"
    assert sent(browser_of(staff("support")), monthly, elsewhere) == own


def test_changing_what_it_sends_leads_back_to_the_order(monthly: Schedule):
    support, page = browser_of(staff("support")), address_of(monthly.order)
    answer = support.get(page.replace("/change/", "/change-contents/"), follow=True)
    assert answer.context["back"] == page


def test_the_page_costs_few_statements_however_much_happened(
    monthly: Schedule, django_assert_max_num_queries: Any
):
    support = browser_of(staff("support"))
    for _ in range(5):
        schedules.skip(monthly, by="user:test", occurrence=monthly.occurrence)
        monthly.refresh_from_db()
    page_of(support, monthly.order)
    with django_assert_max_num_queries(23):  # four of them for session and rights
        page_of(support, monthly.order)


def test_the_list_leads_to_the_customer(monthly: Schedule):
    shown = browser_of(staff("support")).get("/admin/orders/order/").content.decode()
    assert f'href="/admin/customers/customer/{monthly.order.customer_id}/change/"' in shown


@pytest.mark.parametrize("text", ["{number}", "zoë", "+254704590344", "{code}"])
def test_parcels_are_found_by_the_order_and_by_its_customer(monthly: Schedule, text: str):
    placed_order(CustomerFactory.create(phone_number=""))
    asked = text.format(number=monthly.order.number, code=monthly.order.customer.code)
    answer = browser_of(staff("support")).get("/admin/shipping/shipment/", {"q": asked})
    assert [row.order_id for row in answer.context["cl"].result_list] == [monthly.order_id]


def test_messages_are_found_by_the_number_of_the_order(monthly: Schedule):
    placed_order(CustomerFactory.create())
    answer = browser_of(staff("support")).get(
        "/admin/notifications/notification/", {"q": str(monthly.order.number).upper()}
    )
    theirs = list(Notification.objects.filter(order=monthly.order_id).order_by("-id"))
    assert theirs
    assert list(answer.context["cl"].result_list) == theirs

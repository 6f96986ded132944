"""What the admin's pages say, where a theme or Django would say something else, or nothing."""

from typing import Any

import pytest
from django.test import Client

from customers.tests.factories import CustomerFactory
from identity.tests.factories import staff
from orders.tests.factories import placed_kit_order
from shipping.tests.exceptions.test_cases import in_state, open_case
from shipping.tests.factories import monthly_schedule, queued_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    return client


def shown(browser: Client, path: str, **query: Any) -> str:
    return browser.get(f"/admin/{path}", query).content.decode()


def test_pages_with_a_history_of_their_own_lead_to_no_other(browser):
    case = open_case(in_state("rejected"))
    for path in (
        f"core/case/{case.pk}",
        f"shipping/schedule/{monthly_schedule().pk}",
        f"shipping/shipment/{queued_shipment().pk}",
    ):
        assert f"/admin/{path}/history/" not in shown(browser, f"{path}/change/"), path


def test_an_order_without_an_address_is_offered_its_customers_name(browser):
    order = placed_kit_order(customer=CustomerFactory.create(name="Amina Odhiambo"))
    assert 'value="Amina Odhiambo"' in shown(browser, f"orders/order/{order.pk}/give_address/")


def test_what_a_dialog_shows_of_now_stays_when_the_verb_refuses(browser):
    schedule = monthly_schedule()
    form = {"_form_submitted": "1", "resume_on": "2020-01-01", "look": "1"}
    answer = browser.post(f"/admin/shipping/schedule/{schedule.pk}/pause/", form)
    assert answer.status_code == 200
    assert "no parcels" not in answer.content.decode()


def test_the_countries_of_a_provider_are_in_the_order_of_their_names(browser):
    page = browser.get("/admin/shipping/providerprofile/add/")
    names = [name for _, name in page.context["adminform"].form.fields["country"].choices][1:]
    assert names.index("Germany") < names.index("Ghana") < names.index("Switzerland")
    assert names.index("Algeria") < names.index("Andorra") < names.index("United Arab Emirates")


def test_fields_of_a_dialog_that_show_a_preview_turn_off_no_button_of_their_own(browser):
    page = shown(browser, f"shipping/schedule/{monthly_schedule().pk}/pause/")
    assert 'hx-disinherit="hx-disabled-elt"' in page

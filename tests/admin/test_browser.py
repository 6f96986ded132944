"""Staff at work, in a real Chromium: for `make test-browser` and .ci/run, not for `make test`."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright

from customers.tests.factories import CustomerFactory
from identity.models import User
from orders.address_page.link import token_for
from orders.models import Order
from orders.tests.factories import placed_kit_order, placed_order
from tests.conftest import House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CHROMIUM = "/usr/bin/chromium"
# As root in a container it has no sandbox of its own; it talks to nobody but loopback.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(autouse=True)
def async_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    # Playwright runs an event loop in this thread; the ORM is used between its steps only.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that fails the test on a script error, on anything loaded from elsewhere, and on
    anything that the Content-Security-Policy refuses."""
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda r: troubles.extend(_foreign(r.url)))
        page.on("console", lambda said: troubles.extend(_refused(said.text)))
        yield page
        # While Playwright's loop runs, Django keeps other connections than those it closes itself.
        connections.close_all()
        browser.close()
    assert not troubles


def _refused(said: str) -> list[str]:
    """What the Content-Security-Policy did not let the page do."""
    return [said] if "Content Security Policy" in said else []


def _foreign(url: str) -> list[str]:
    parts = urlsplit(url)
    local = parts.hostname in {"127.0.0.1", "localhost"} or parts.scheme in {"data", "blob"}
    return [] if local else [url]


def sign_in(page: Page, house: House) -> None:
    page.goto(f"{house.url}/admin/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", settings.DEMO_PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Orders today")).to_be_visible()


@pytest.fixture
def arrived(house: House) -> Order:
    """An order that went all the way."""
    order = placed_order()
    house.work_until(lambda: Order.objects.get(pk=order.pk).state == "delivered")
    return order


def test_the_order_page_shows_parcel_timeline_lines_and_messages(
    house: House, arrived: Order, page: Page
):
    order = arrived
    sign_in(page, house)
    page.goto(f"{house.url}/admin/orders/order/{order.pk}/change/")
    for heading in ("Parcels", "Timeline", "Lines", "Messages"):
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    expect(page.get_by_text("successfully placed").first).to_be_visible()


def test_staff_cancel_an_order_with_a_click(house: House, page: Page):
    order = placed_order()
    sign_in(page, house)
    page.goto(f"{house.url}/admin/orders/order/")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option(label="Cancel selected orders")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("1 of 1 would be done")).to_be_visible()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Cancelled: 1.").first).to_be_visible()
    assert Order.objects.get(pk=order.pk).state == "cancelled"


def test_a_long_dialog_can_be_sent_on_a_small_screen(house: House, arrived: Order, page: Page):
    arrived.shipments.update(state="failed-to-deliver")
    shipment = arrived.shipments.get()
    page.set_viewport_size({"width": 1280, "height": 720})
    sign_in(page, house)
    page.goto(f"{house.url}/admin/shipping/shipment/{shipment.pk}/change/")
    page.get_by_text("Send a second parcel").first.click()
    send = page.locator("#dialog button[type=submit]")
    expect(page.locator("#dialog h1")).to_be_in_viewport(ratio=1)
    expect(send).to_be_in_viewport(ratio=1)
    with page.expect_navigation():  # the dialog itself says "sent again" too
        send.click()
    expect(page.get_by_text("sent again").first).to_be_visible()
    assert shipment.resends.count() == 1


def test_a_member_of_staff_signs_in_at_the_issuer_with_two_clicks(house: House, page: Page):
    page.goto(f"{house.url}/admin/")
    page.get_by_text("Sign in with your work account").click()
    page.get_by_role("button", name="Sara").click()
    expect(page.get_by_text("Sara Support").first).to_be_visible()
    assert User.objects.get(username="sara").last_login


def test_who_may_not_see_health_data_is_told_what_to_do(house: House, page: Page):
    page.goto(f"{house.url}/admin/")
    page.get_by_text("Sign in with your work account").click()
    page.get_by_role("button", name="Sara").click()
    expect(page.get_by_text("Orders today")).to_be_visible()
    answer = page.goto(f"{house.url}/admin/clinical/study/")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("ask a manager", exact=False)).to_be_visible()


def test_no_page_wants_more_than_its_content_security_policy_allows(house: House, page: Page):
    sign_in(page, house)
    for path in ("orders/order/", "orders/order/add/", "shipping/shipment/", "clinical/patient/"):
        page.goto(f"{house.url}/admin/{path}")
        page.wait_for_load_state("networkidle")
    page.goto(f"{house.url}/api/docs/")
    expect(page.get_by_text("/api/v1/orders/").first).to_be_visible()


def test_the_references_try_it_out_asks_with_a_token_of_the_sandbox(house: House, page: Page):
    customer = CustomerFactory.create()
    page.goto(f"{house.url}/api/docs/")
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    dialog.locator("input").first.fill(house.sandbox.token())
    dialog.locator("button.authorize").first.click()
    dialog.locator(".btn-done").first.click()
    block = page.locator(".opblock-get", has=page.locator("[data-path='/api/v1/customers/']"))
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table")
    expect(answer).to_contain_text("200")
    expect(answer).to_contain_text(customer.name)


def test_a_customer_says_where_the_parcel_goes_on_a_telephone(house: House, page: Page) -> None:
    order = placed_kit_order(customer=CustomerFactory.create())
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{house.url}/address/{token_for(order.pk)}/")
    page.get_by_label("Name on the parcel").fill("Ada Lovelace")
    page.get_by_label("Street and number").fill("1 High Street")
    page.get_by_label("Town or city").fill("London")
    page.get_by_label("Postcode").fill("ZZZ")
    page.get_by_label("Country", exact=True).select_option("GB")
    page.get_by_role("button", name="Send it there").click()
    expect(page.get_by_role("alert")).to_contain_text("For example: EC1Y 8SY")
    assert page.get_by_label("Postcode").get_attribute("aria-invalid") == "true"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Postcode").fill("w26nb")
    page.get_by_role("button", name="Send it there").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    order.refresh_from_db()
    assert (order.line_1, order.postcode) == ("1 High Street", "W2 6NB")

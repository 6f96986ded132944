"""From the packing bench to the laboratory's door in a real Chromium: by the keyboard alone, and by
a person on a telephone; axe-core finds nothing serious."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from clinical.models import Sample
from kits.models import Kit
from kits.registration.link import url_of_order
from kits.tests.factories import a_label, order_of_kits, stocked_kit
from shipping.models import Shipment
from tests.admin.test_browser import async_is_safe, page, sign_in  # noqa: F401 - fixtures
from tests.admin.test_every_page_in_browser import AXE, CUT_OFF, DESK, RUN, TELEPHONE, too_wide
from tests.conftest import House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def scan(page: Page, text: str) -> str:  # noqa: F811 - the fixture
    """What is said after a scan: a scanner types, and sends the line end."""
    said = page.locator("#bench-said")
    expect(page.locator("[autofocus]")).to_be_focused()
    page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return said.inner_text()


def check(page: Page) -> None:  # noqa: F811 - the fixture
    """For everybody: axe-core, and nothing cut off on a desk and on a telephone."""
    page.evaluate(AXE)
    assert page.evaluate(RUN, {}) == []
    for screen in (DESK, TELEPHONE):
        page.set_viewport_size(screen)  # type: ignore[arg-type]  # a TypedDict
        assert too_wide(page, screen) + page.evaluate(CUT_OFF) == []


def test_a_kit_is_packed_registered_and_received(house: House, page: Page):  # noqa: F811 - fixture
    order, kit, wrong, label = order_of_kits(), stocked_kit(), stocked_kit("genealogy"), a_label()
    sign_in(page, house)
    page.goto(f"{house.url}/admin/kits/kit/bench/")
    assert "Scan the kit" in scan(page, str(order.number))
    check(page)
    assert "Stop. Kit" in scan(page, wrong.serial)
    check(page)
    assert "Scan the return label" in scan(page, kit.serial)
    scan(page, label)
    tracking = Shipment.objects.get(order=order).tracking_number
    if tracking:  # its carrier has labelled it meanwhile
        scan(page, tracking)
    assert "Done." in page.locator("#bench-said").inner_text()
    check(page)

    page.goto(house.url + urlsplit(url_of_order(order)).path)
    check(page)
    page.fill("#serial", kit.serial.lower())
    page.fill("#first_name", "Ada")
    page.fill("#last_name", "Lovelace")
    page.fill("#birth_date", "1985-04-10")
    page.select_option("#sex", "female")
    kit.refresh_from_db()
    assert kit.packed_at
    page.fill("#sampled_at", f"{kit.packed_at:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Please fill this in.")).to_be_visible()  # without consent
    check(page)
    page.check("#consent")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("It is registered.")).to_be_visible()
    assert Sample.objects.get().serial == kit.serial

    Kit.objects.filter(pk=kit.pk).update(state="returning")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]  # a TypedDict
    page.goto(f"{house.url}/admin/kits/kit/receipt/")
    assert f"Kit {kit} is accepted." in scan(page, kit.serial)
    check(page)

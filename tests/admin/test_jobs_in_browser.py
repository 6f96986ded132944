"""Everyday jobs in a real Chromium, each click and field counted: printed, and held (issue 15).

What a job took before stands beside it: the trial of 28 November 2026, from the start page; and
what the best known shop takes, where that trial names it. Jobs that are done with somebody on the
phone, or on the way, are done on a telephone's screen, too.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Locator, Page, expect

from clinical.models import Patient, Study
from clinical.tests.factories import study_of
from core.database import clock
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.start import rollup
from identity.models import User
from notifications.models import Notification, Template
from orders.models import Order
from orders.tests.factories import KitFactory, ProductFactory, placed_order
from shipping.exceptions import cases as parcel_cases
from shipping.models import Schedule
from shipping.tests.exceptions.test_cases import in_state, open_case
from tests.admin.test_browser import async_is_safe, page, sign_in  # noqa: F401 - fixtures
from tests.conftest import House
from transfers.models import Export

TELEPHONE = 390
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@dataclass
class Hand:
    """Does what somebody does, and counts it: clicks, and fields that are typed or chosen."""

    page: Page
    clicks: int = 0
    fields: int = 0

    def click(self, what: Locator) -> None:
        """One click."""
        self.clicks += 1
        what.click()

    def fill(self, selector: str, text: str) -> None:
        """One field."""
        self.fields += 1
        self.page.fill(selector, text)

    def choose(self, selector: str, value: str) -> None:
        """One choice."""
        self.fields += 1
        self.page.select_option(selector, value)

    def side_bar(self, model: str) -> None:
        """To the list of a model."""
        self.click(self.page.locator(f"#nav-sidebar a[href='/admin/{model}/']"))

    def find(self, text: str) -> None:
        """What is typed into the search of a list; Enter is no click."""
        self.fill("#searchbar", text)
        self.page.press("#searchbar", "Enter")
        self.page.wait_for_load_state("networkidle")

    def search(self, text: str, name: str) -> None:
        """What is typed into the search at the head of every page, and the line that is opened."""
        self.fill("#site-search", text)
        self.click(
            self.page.locator("#site-found").get_by_role("link", name=name, exact=True).first
        )
        self.page.wait_for_load_state("networkidle")

    def button(self, name: str) -> None:
        """A button or a link."""
        either = self.page.get_by_role("button", name=name).or_(
            self.page.get_by_role("link", name=name)
        )
        self.click(either.first)

    def held(self, job: str, before: str, *, clicks: int, fields: int, best: str = "") -> None:
        """Print what it took, and hold it; nothing is wider than the screen."""
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        known = f"; best known: {best}" if best else ""
        took = f"{self.clicks} clicks, {self.fields} fields"
        print(f"{job} ({width} px): {took}; before: {before}{known}")
        assert self.clicks <= clicks
        assert self.fields <= fields
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(params=[1440, TELEPHONE], ids=["desk", "telephone"])
def any_width(request: pytest.FixtureRequest, page: Page) -> Page:  # noqa: F811 - the fixture
    """The page as it is at a desk, and on a telephone."""
    page.set_viewport_size({"width": request.param, "height": 900})
    return page


@pytest.fixture
def home(house: House) -> Customer:
    """Somebody with an address and a monthly order."""
    customer: Customer = CustomerFactory.create(name="Amina Odhiambo", phone_number="+254704590346")
    AddressFactory.create(customer=customer, recipient="Amina Odhiambo")
    return customer


@pytest.fixture
def arrived(house: House, home: Customer) -> Order:
    """An order of theirs that went all the way; the browser is not there yet."""
    order = placed_order(home)
    house.work_until(lambda: Order.objects.get(pk=order.pk).state == "delivered")
    return order


def test_where_is_my_parcel(house: House, arrived: Order, any_width: Page):
    page = any_width  # noqa: F811 - the fixture
    sign_in(page, house)
    hand = Hand(page)
    hand.search("0704 590346", str(arrived.number))
    expect(page.get_by_role("link", name="Track").first).to_be_in_viewport()
    hand.held(
        "1 where is my parcel",
        "3 clicks, 1 field, and scrolling",
        clicks=1,
        fields=1,
        best="Shopify, 2 clicks, 1 field",
    )


def test_an_order_for_somebody_new(house: House, page: Page):  # noqa: F811 - the fixture
    ProductFactory.create(name="Night serum")
    sign_in(page, house)
    hand = Hand(page)
    hand.side_bar("orders/order")
    hand.click(page.locator("a[href='/admin/orders/order/add/']").first)
    for selector, text in (
        ("#id_new_name", "Nora New"),
        ("#id_new_phone", "+254704590399"),
        ("#id_country", "United Kingdom"),
        ("#id_line_1", "1 High Street"),
        ("#id_city", "London"),
        ("#id_postcode", "w26nb"),
    ):
        hand.fill(selector, text)
    hand.choose("#id_shipping_interval", "monthly")
    hand.click(page.locator("#lines-group .select2-selection").first)
    hand.fill(".select2-search__field", "night")
    hand.click(page.locator(".select2-results__option", has_text="Night serum"))
    expect(page.locator("#draft")).to_contain_text("Total: 25.00 GBP")
    expect(page.locator("#draft")).to_contain_text("1 High Street, London, W2 6NB, GB")
    hand.button("Save")
    expect(page.get_by_role("heading", name="Next dates")).to_be_visible()
    assert Order.objects.get().customer.name == "Nora New"
    hand.held("2 order for a new customer", "8 clicks, 12 fields", clicks=5, fields=8)


def test_a_kit(house: House, page: Page, home: Customer):  # noqa: F811 - the fixture
    kit = KitFactory.create()
    sign_in(page, house)
    hand = Hand(page)
    hand.side_bar("customers/customer")
    hand.find("amina")
    hand.click(page.get_by_role("link", name="Amina Odhiambo").first)
    hand.button("Order a kit")
    hand.choose("#id_kit", str(kit.pk))
    hand.button("Save")
    expect(page.get_by_role("heading", name="Parcels")).to_be_visible()
    assert Order.objects.get().kit_type == kit.item_id
    hand.held("3 DNA kit", "4 clicks, 3 fields", clicks=4, fields=2)


def test_moved(house: House, page: Page, home: Customer):  # noqa: F811 - the fixture
    placed_order(home, interval="monthly")
    Order.objects.update(**home.addresses.get().address())
    sign_in(page, house)
    hand = Hand(page)
    hand.side_bar("customers/customer")
    hand.find("amina")
    hand.click(page.get_by_role("link", name="Amina Odhiambo").first)
    hand.button("Move")
    for selector, text in (
        ("#id_line_1", "99 Moved Street"),
        ("#id_city", "London"),
        ("#id_postcode", "EC1Y 8SY"),
        ("#id_country", "United Kingdom"),
    ):
        hand.fill(selector, text)
    hand.button("Show what changes")
    hand.button("Do it")
    expect(page.get_by_text("Goes there from now on").first).to_be_visible()
    assert Order.objects.get().line_1 == "99 Moved Street"
    hand.held("4 moved", "impossible (12 clicks, 10 fields around it)", clicks=5, fields=5)


def test_skip(house: House, any_width: Page, home: Customer):
    page = any_width  # noqa: F811 - the fixture
    order = placed_order(home, interval="monthly")
    sign_in(page, house)
    hand = Hand(page)
    hand.search("0704 590346", str(order.number))
    hand.click(page.get_by_role("link", name="Skip the next"))
    with page.expect_navigation():
        hand.click(page.locator("#dialog button[type=submit]"))
    expect(page.get_by_text("Take the skip back").first).to_be_visible()
    assert Schedule.objects.get().events.filter(kind="skipped").count() == 1
    hand.held("5 skip", "4 clicks, 1 field", clicks=3, fields=1)


def test_search_by_the_keyboard(house: House, arrived: Order, page: Page):  # noqa: F811 - the fixture
    sign_in(page, house)
    page.keyboard.press("Control+k")
    page.keyboard.type("amina")
    lines = page.locator("#site-found")
    expect(lines.get_by_role("link", name=str(arrived.number), exact=True).first).to_be_visible()
    page.keyboard.press("ArrowDown")  # the customer
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Parcels")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("amina")
    expect(lines).to_be_visible()
    page.keyboard.press("Escape")
    expect(lines).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Customers")).to_be_visible()


def test_pause_until(house: House, any_width: Page, home: Customer):
    page = any_width  # noqa: F811 - the fixture
    order = placed_order(home, interval="monthly")
    sign_in(page, house)
    hand = Hand(page)
    hand.search("0704 590346", str(order.number))
    hand.click(page.get_by_role("link", name="Pause", exact=True))
    until = clock.today() + timedelta(days=60)
    with page.expect_response("**/pause/"):  # the dates that this would make are looked at first
        hand.fill("#dialog [name=resume_on]", f"{until}")
    expect(page.locator("#dialog").get_by_text("no parcels")).to_have_count(0)
    with page.expect_navigation():
        hand.click(page.locator("#dialog button[type=submit]"))
    expect(page.get_by_text("Resume", exact=True).first).to_be_visible()
    assert (Schedule.objects.get().state, Schedule.objects.get().resume_on) == ("paused", until)
    hand.held("5 pause until", "4 clicks, 2 fields", clicks=3, fields=2)


def test_an_address_is_corrected(house: House, any_width: Page, home: Customer):
    page = any_width  # noqa: F811 - the fixture
    order = placed_order(home)
    parcel = order.shipments.get()
    order.shipments.update(state="rejected", attempts=1)
    parcel_cases.open_cases([order.shipments.get()])
    sign_in(page, house)
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Rejected", exact=True))
    hand.click(page.get_by_role("link", name=parcel.reference).first)
    hand.button("Correct the address and send")
    hand.fill("#id_line_2", "181 harrow road")
    hand.button("Correct the address and send")
    expect(page.get_by_text("is done").first).to_be_visible()
    parcel.refresh_from_db()
    assert (parcel.state != "rejected", parcel.line_2) == (True, "181 harrow road")
    hand.held("6 corrected address", "4 clicks, 1 or 2 fields", clicks=4, fields=2)


def test_a_message(house: House, page: Page, home: Customer):  # noqa: F811 - the fixture
    Customer.objects.update(email="")
    sign_in(page, house)
    hand = Hand(page)
    hand.side_bar("customers/customer")
    hand.find("amina")
    hand.click(page.get_by_role("link", name="Amina Odhiambo").first)
    hand.button("Write a message")
    hand.fill("#id_message", "Please call us.")
    hand.button("Preview")
    expect(page.get_by_role("heading", name="What the customer gets")).to_be_visible()
    hand.button("Send it")
    expect(page.get_by_text("Please call us.").first).to_be_visible()
    assert Notification.objects.filter(message="Please call us.").count() == 1
    hand.held("7 message one", "5 clicks, 2 fields", clicks=5, fields=2)


def test_a_case_is_decided(house: House, any_width: Page):
    page = any_width  # noqa: F811 - the fixture
    case = open_case(in_state("rejected"))
    sign_in(page, house)
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Rejected", exact=True))
    hand.click(page.get_by_role("link", name=case.title).first)
    hand.button("Send again")
    hand.button("Send again")
    expect(page.get_by_text("is done").first).to_be_visible()
    case.refresh_from_db()
    assert case.closed_at is not None
    hand.held("9 queue", "4 clicks, and back to the list", clicks=4, fields=0)


def test_a_managers_morning(house: House, page: Page, home: Customer):  # noqa: F811 - the fixture
    order = placed_order(home)
    rollup.keep()
    sign_in(page, house)
    hand = Hand(page)
    expect(page.get_by_role("heading", name="Thirty days")).to_be_visible()
    expect(page.get_by_role("img", name="Orders: 1 in 30 days")).to_be_visible()
    row = page.get_by_role("row", name="Orders").first
    hand.click(row.get_by_role("link", name="1", exact=True).first)
    expect(page.get_by_role("link", name=str(order.number), exact=True).first).to_be_visible()
    hand.held("10 manager's morning", "3 clicks, 2 fields, no sum", clicks=1, fields=0)


def test_orders_as_csv(house: House, page: Page, home: Customer):  # noqa: F811 - the fixture
    placed_order(home)
    sign_in(page, house)
    hand = Hand(page)
    hand.side_bar("orders/order")
    hand.click(page.locator("a[title='Export']").first)
    hand.fill("#id_why", "Accounts of November")
    hand.button("Save")
    expect(page.get_by_text("Accounts of November").first).to_be_visible()
    assert Export.objects.count() == 1
    hand.held("12 CSV of orders", "impossible", clicks=3, fields=1)


def test_a_patient_and_a_study(house: House, page: Page, home: Customer):  # noqa: F811 - the fixture
    page.goto(f"{house.url}/admin/")
    page.get_by_text("Sign in with your work account").click()
    page.get_by_role("button", name="Clara").click()
    hand = Hand(page)
    hand.side_bar("clinical/patient")
    hand.click(page.locator("a[href='/admin/clinical/patient/add/']").first)
    hand.fill("#id_first_name", "Nora")
    hand.fill("#id_last_name", "New")
    hand.fill("#id_birth_date", "1980-04-03")
    hand.button("Save")
    patient = Patient.objects.get()
    if page.url.endswith("/patient/"):
        hand.click(page.get_by_role("link", name="Nora").first)
    hand.button("Add a study")
    hand.fill("#id_body_part", "KNEE")
    hand.choose("#id_urgency_level", "HIGH")
    hand.button("Save")
    expect(page.get_by_text("KNEE").first).to_be_visible()
    assert patient.studies.get().urgency_level == "HIGH"
    hand.held("8 patient and study", "6 clicks, 7 fields", clicks=6, fields=7)


def test_yesterdays_urgent_studies(house: House, page: Page):  # noqa: F811 - the fixture
    urgent, other, older = (study_of(urgency_level=each) for each in ("HIGH", "LOW", "HIGH"))
    for study, days in ((urgent, 1), (other, 1), (older, 2)):
        at = clock.now() - timedelta(days=days)
        Study.objects.filter(pk=study.pk).update(created_at=at)
    page.goto(f"{house.url}/admin/")
    page.get_by_text("Sign in with your work account").click()
    page.get_by_role("button", name="Clara").click()
    hand = Hand(page)
    hand.side_bar("clinical/study")
    hand.button("Filters")
    hand.button("high")
    hand.clicks += 1
    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Enter")  # as the click would
    hand.button("Created at: yesterday")
    expect(page.get_by_role("link", name=str(urgent.pk), exact=True)).to_be_visible()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    hand.held("8 yesterday's urgent studies", "impossible", clicks=5, fields=0)


def test_a_text_is_changed(house: House, page: Page):  # noqa: F811 - the fixture
    template = Template.objects.order_by("id").first()
    assert template is not None
    sign_in(page, house)
    hand = Hand(page)
    hand.side_bar("notifications/template")
    hand.click(
        page.locator(f"a[href^='/admin/notifications/template/{template.pk}/change/']").first
    )
    hand.fill("#id_body", "Hello, it is on its way.")
    hand.button("Save")
    expect(page.get_by_text("changed successfully").first).to_be_visible()
    hand.held("11 template", "preview only after it was live", clicks=3, fields=1)


def test_a_colleague(house: House, page: Page):  # noqa: F811 - the fixture
    sign_in(page, house)
    hand = Hand(page)
    hand.side_bar("identity/user")
    hand.click(page.locator("a[href='/admin/identity/user/add/']").first)
    hand.fill("#id_first_name", "Nora")
    hand.fill("#id_email", "nora@example.com")
    hand.choose("#id_role", str(Group.objects.get(name="support").pk))
    hand.button("Save")
    expect(page.locator("#id_email")).to_have_value("nora@example.com")
    expect(page.get_by_text("Staff status")).to_be_visible()
    person = User.objects.get(email="nora@example.com")
    assert (person.is_staff, person.groups.get().name) == (True, "support")
    hand.held("13 colleague", "6 clicks, 3 fields, and could not come in", clicks=6, fields=3)

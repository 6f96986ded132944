"""Every main page in a real Chromium: axe-core finds nothing serious, by day and by night, and on
the width of a telephone nothing is cut off or has to be pushed aside."""

from collections.abc import Iterator
from importlib.resources import files

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page

from core.database import clock
from desk.sidebar.links import GROUPS
from orders.models import DnaKitOrder, Order
from tests.admin.test_browser import async_is_safe, page  # noqa: F401 - fixtures
from tests.conftest import House
from tests.matrix.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
# What Swagger UI draws of the API's reference is not ours: its buttons lie in buttons.
RUN = """only => axe.run({exclude: [".swagger-ui"]}, {resultTypes: ["violations"], ...only})
    .then(found => found.violations
    .filter(rule => ["serious", "critical"].includes(rule.impact))
    .map(rule => rule.id + ": " + rule.nodes.map(node => node.target.join(" ")).join(", ")))"""
COLOURS = {"runOnly": ["color-contrast"]}
# What reaches beyond the right edge and is no part of something that scrolls by itself.
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter(each => {
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height || box.right <= innerWidth + 1) return false;
    for (let on = each.parentElement; on; on = on.parentElement)
        if (getComputedStyle(on).overflowX !== "visible") return false;
    return true;
}).map(each => each.tagName + "." + each.className).slice(0, 3)"""
TELEPHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
WITH_FORMS = ("orders.order", "customers.customer", "clinical.study", "notifications.template")


@pytest.fixture
def paths(house: House, page: Page) -> list[str]:  # noqa: F811 - the fixture
    """The main pages, of which there is an example each; the browser is signed in."""
    cast = Cast.make()
    session = cast.staff["*"].cookies["sessionid"]
    cookie = {"name": "sessionid", "value": session.value, "url": house.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
    return list(main_pages(cast))


def main_pages(cast: Cast) -> Iterator[str]:
    """The start page; the list and the first row of all that the side bar leads to; some forms."""
    yield from (reverse("admin:index"), reverse("own_sessions"), reverse("docs"))
    yield f"{reverse('search')}?s=john"
    yield reverse("admin:shipping_schedule_calendar")
    yield f"{reverse('admin:shipping_schedule_calendar')}?day={clock.today()}"
    yield reverse("admin:notifications_notification_services")
    for label in ("core.case", *(label for group in GROUPS.values() for *_, label in group)):
        model = next(each for each in admin.site._registry if each._meta.label_lower == label)
        name = f"admin:{label.replace('.', '_')}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_change", args=[cast.key(model)])
        if label in WITH_FORMS:
            yield reverse(f"{name}_add")
    for model in (Order, DnaKitOrder):
        yield reverse(f"admin:orders_{model._meta.model_name}_history", args=[cast.key(model)])


def visit(page: Page, house: House, path: str) -> None:  # noqa: F811 - the fixture
    answer = page.goto(house.url + path)
    assert answer, path
    assert answer.status == 200, path


def too_wide(page: Page, screen: dict[str, int]) -> list[str]:  # noqa: F811 - the fixture
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{width} wide"] if width > screen["width"] else []


def test_every_page_is_for_everybody(
    house: House,
    page: Page,  # noqa: F811 - the fixture
    paths: list[str],
) -> None:
    found: dict[str, list[str]] = {}
    for path in paths:
        page.set_viewport_size(DESK)  # type: ignore[arg-type]  # a TypedDict
        visit(page, house, path)
        page.evaluate(AXE)
        found[path] = too_wide(page, DESK) + page.evaluate(RUN, {})
        page.evaluate("document.documentElement.classList.add('dark')")
        found[f"{path} in the dark"] = page.evaluate(RUN, COLOURS)
        page.set_viewport_size(TELEPHONE)  # type: ignore[arg-type]  # a TypedDict
        found[f"{path} on a telephone"] = too_wide(page, TELEPHONE) + page.evaluate(CUT_OFF)
    print(f"{len(paths)} pages: axe-core in light and dark, and {TELEPHONE['width']} px")
    assert not {path: troubles for path, troubles in found.items() if troubles}

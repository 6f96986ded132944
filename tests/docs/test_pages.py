"""What the documentation says is true: its examples are sent, its tables and links checked."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from django.urls import get_resolver, resolve

from desk.metrics import Collector
from identity.rights.scopes import SCOPES
from orders.tests.factories import KitFactory, ProductFactory
from tests.conftest import House
from tests.docs import pages

# --- docs/api.md ---------------------------------------------------------------------------

API_PAGE = pages.DOCS / "api.md"
# What differs from one run to the next, by its form.
VARYING = {
    "<time>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    "<date>": re.compile(r"\d{4}-\d\d-\d\d"),
    "<code>": re.compile(r"C-[0-9A-HJKMNP-TV-Z]{10}"),
    "<token>": re.compile(r"ey[\w-]+(\.[\w-]+\.[\w-]+|…)"),
}


def examples(page: Path) -> list[tuple[str, str]]:
    """Every curl command of a page, with the answer that follows it."""
    blocks = pages.fences(page)
    for before, after in pairwise(blocks):
        is_answered = before.info == "sh" and before.text.startswith("curl ")
        assert is_answered == (after.info == "http"), f"{page.name}:{after.line}"
    return [(before.text, after.text) for before, after in pairwise(blocks) if after.info == "http"]


def steady(value: Any) -> Any:
    """The value with what differs from run to run replaced by the name of its form."""
    if isinstance(value, dict):
        return {name: steady(each) for name, each in value.items()}
    if isinstance(value, list):
        return [steady(each) for each in value]
    if not isinstance(value, str):
        return value
    return next((name for name, form in VARYING.items() if form.fullmatch(value)), value)


def said_by(answer: requests.Response, addresses: dict[str, str]) -> Any:
    """The body, with the addresses that the page uses."""
    text = answer.text
    for real, shown in addresses.items():
        text = text.replace(real, shown)
    return json.loads(text) if text else None


@pytest.fixture
def shop(house: House, django_db_reset_sequences: None) -> Iterator[House]:
    """A Dosette with three products, whose provider is silent: the page reports for it."""
    house.sandbox.config.events = house.sandbox.config.reports = False
    ProductFactory.create(item_id="it-1", name="Day serum, 5 ml")
    KitFactory.create(item_id="ancestry", name="Ancestry kit", weight=180, price="79.00")
    KitFactory.create(
        item_id="whole-exome-sequencing", name="Whole exome kit", weight=180, price="499.00"
    )
    yield house
    house.sandbox.config.events = house.sandbox.config.reports = True


def check(answer: requests.Response, shown: str, addresses: dict[str, str], command: str) -> None:
    """The answer has the status, the headers and the body that the page shows."""
    head, _, body = shown.partition("\n\n")
    status, *headers = head.splitlines()
    assert f"HTTP/1.1 {answer.status_code} {answer.reason}" == status, command + answer.text
    for name, _, value in (line.partition(": ") for line in headers):
        assert answer.headers.get(name) == value, command
    assert steady(said_by(answer, addresses)) == steady(json.loads(body or "null")), command


def test_every_example_of_the_api_page_is_answered_as_it_says(shop: House):
    config = shop.sandbox.config
    values = {
        "API": f"{shop.url}/api/v1",
        "TOKEN": shop.sandbox.token(),
        "ISSUER": shop.sandbox.issuer,
        "CLIENT_SECRET": config.demo_client_secret,
        "REFERENCE_PROVIDER_SECRET": config.reference_provider_secret,
        "AFRICAS_TALKING_CALLBACK_TOKEN": config.africas_talking_callback_token,
    }
    addresses = {shop.url: "http://127.0.0.1:8000", shop.sandbox.url: "http://127.0.0.1:8001"}
    for command, shown in examples(API_PAGE):
        call = pages.curl(command, **values)
        answer = requests.request(
            call.method, call.url, headers=call.headers, data=call.body, timeout=20
        )
        check(answer, shown, addresses, command)
        shop.work()


def test_the_api_page_lists_every_scope():
    listed = [(name.strip("`"), text) for name, text, *_ in pages.rows(API_PAGE) if ":" in name]
    assert listed == list(SCOPES.items())


def test_the_api_page_lists_every_filter_and_order():
    listed = {name.strip("`"): cells for name, *cells in pages.rows(API_PAGE) if name[-2:] == "/`"}
    for address in listed:
        view: Any = resolve(f"/api/v1/{address}").func.cls  # type: ignore[attr-defined]  # DRF sets it
        filters = [*view.filterset_class.base_filters], [*view.ordering_fields]
        assert filters == tuple(re.findall(r"`(\w+)`", cell) for cell in listed[address]), address
    patterns: list[Any] = get_resolver().url_patterns
    begin = [each for each in patterns if str(each.pattern) == "api/v1/"]
    apps = [each for each in begin if hasattr(each, "url_patterns")]
    routes = {str(route.pattern) for app in apps for route in app.url_patterns}
    assert {route for route in routes if re.fullmatch("[a-z-]+/", route)} <= set(listed)


# --- docs/operations.md --------------------------------------------------------------------

OPERATIONS = pages.DOCS / "operations.md"
SETTINGS = pages.ROOT / "config" / "settings"
MADE_UP = "made up in `var/`"


def read_from_the_environment() -> dict[str, str | None]:
    """Each variable that the settings read, with its default in words where it is a plain value."""
    found: dict[str, str | None] = {}
    for path in (
        *(path for path in SETTINGS.glob("*.py") if path.name != "test.py"),
        *(pages.ROOT / name for name in ("config/gunicorn.py", "core/observability/tracing.py")),
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _reads(node.func) and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    found.setdefault(str(name.value), _default(node))
    return found


def _reads(function: ast.expr) -> bool:
    name = ast.unparse(function)
    return name in ("secret", "os.environ.get", "environment.get") or name.startswith("env.")


def _default(call: ast.Call) -> str | None:
    if ast.unparse(call.func) == "secret":
        return MADE_UP
    given = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "default")]
    try:
        value = ast.literal_eval(given[0]) if given else None
    except ValueError:  # computed from another one: the page says it in words
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value or "")


def listed_variables() -> dict[str, str]:
    """Each variable of the page, with its default."""
    tables = [cells for cells in pages.rows(OPERATIONS) if len(cells) == 3]
    return {
        name.strip("`"): default for name, default, _ in tables if re.fullmatch("`[A-Z_]+`", name)
    }


@pytest.mark.parametrize(("name", "default"), read_from_the_environment().items())
def test_E3_each_variable_that_is_read_is_on_the_page_with_its_default(name, default):
    shown = listed_variables()[name]
    assert default is None or default in shown


def test_E3_each_variable_of_the_page_is_read_and_needed_ones_are_marked():
    shown = listed_variables()
    compose = (pages.ROOT / "docker-compose.yml").read_text()
    in_compose = set(re.findall(r"\$\{([A-Z_]+):", compose))
    assert set(shown) == set(read_from_the_environment()) | in_compose
    needed = {name for name, default in shown.items() if default.startswith("**needed**")}
    required = re.findall(
        r'"([A-Z_]+)"', (SETTINGS / "production.py").read_text().partition("REQUIRED_BY")[0]
    )
    assert needed == {*required, "SMS_PROVIDER", "EMAIL_PROVIDER"}


def test_every_figure_is_on_the_page(db: None):
    text = OPERATIONS.read_text()
    assert [metric.name for metric in Collector().collect() if f"`{metric.name}" not in text] == []


# --- docs/threat-model.md ------------------------------------------------------------------


def test_every_proof_that_the_threat_model_names_is_there():
    threats = [cells for cells in pages.rows(pages.DOCS / "threat-model.md") if len(cells) == 4]
    assert len(threats) > 25
    for _, threat, _, proofs in threats[1:]:
        named = re.findall(r"`([^`]+)`", proofs)
        assert named or proofs == "–", threat
        assert [name for name in named if not (pages.ROOT / name).exists()] == [], threat


# --- all pages -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: str(page.relative_to(pages.ROOT)))
def test_every_link_leads_somewhere(page):
    for link in pages.links(page):
        path, _, fragment = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not fragment or fragment in pages.anchors(target), link


# Invented on the page that names them, which has the reader make them.
TO_BE_WRITTEN = {
    "shipping/providers/postline.py",
    "shipping/tests/providers/test_postline.py",
    "notifications/channels/app.py",
    "notifications/tests/channels/test_app.py",
}
NOT_KEPT = "var"  # what a running system writes
PATH = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|sh|toml|ya?ml))(?:: (\w+))?`")
FOLDER = re.compile(r"`((?:[\w.-]+/)+)`")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Every file of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=pages.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: str(page.relative_to(pages.ROOT)))
def test_every_file_that_a_page_names_is_there(page, tracked):
    text = page.read_text()
    for name, defined in set(PATH.findall(text)):
        there = [file for file in tracked if f"/{file}".endswith(f"/{name}")]
        assert there or name in TO_BE_WRITTEN, name
        if defined:
            assert re.search(
                rf"^(?:async )?(?:def|class) {defined}\b|^    def {defined}\b",
                (pages.ROOT / name).read_text(),
                re.MULTILINE,
            ), f"{name}: {defined}"


@pytest.mark.parametrize("page", ["architecture.md", "where.md", "adding-a-provider.md"])
def test_every_folder_that_a_page_names_is_there(page, tracked):
    folders = {parent.as_posix() for file in tracked for parent in Path(file).parents}
    named = {name.strip("/") for name in FOLDER.findall((pages.DOCS / page).read_text())}
    assert named
    known = {*folders, NOT_KEPT}
    assert [n for n in named if not any(f"/{one}".endswith(f"/{n}") for one in known)] == []

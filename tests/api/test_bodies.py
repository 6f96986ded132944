"""JSON bodies: what is read, what is refused by its place, and what the dear ones cost."""

import json
import time

import pytest

from clinical.tests.factories import PatientFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from shipping.tests.factories import monthly_schedule

pytestmark = pytest.mark.django_db
HALF = r"\ud83d"


def send(client, path, body, method="post"):
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")


def errors_of(answer):
    assert answer.status_code == 400, answer.content
    return answer.json()["errors"]


SALE = '"customer": %d, "item": "x", "amount": "1.00"'
HALVES = {
    "orders/": [f'{{{SALE}, "currency": "{HALF}"}}', f'{{{SALE}, "{HALF}": 1}}'],
    "customers/": [
        f'{{"name": "A{HALF}"}}',
        f'{{"name": "A", "{HALF}": 1}}',
        f'{{"name": {{"a": ["{HALF}"]}}}}',
    ],
    "notifications/": [f'{{"customer": %d, "message": "x", "channel": "{HALF}"}}'],
    "sales/create-order/": [
        f'{{"customer": %d, "items": [{{"item_id": "{HALF}", "quantity": 1}}]}}',
        f'{{"customer": %d, "items": [], "delivery_service": "{HALF}"}}',
        f'{{"customer": %d, "items": [], "shipping_interval": "{HALF}"}}',
        f'{{"customer": %d, "items": [], "delivery_address": {{"country": "{HALF}"}}}}',
    ],
}


@pytest.mark.parametrize(
    ("path", "body"), [(path, body) for path, bodies in HALVES.items() for body in bodies]
)
def test_half_of_an_emoji_is_refused_by_its_place(api, path, body):
    body = body.replace("%d", str(CustomerFactory.create().pk))
    [error] = errors_of(send(api(), path, body))
    assert error["code"] == "lone_surrogate"
    assert error["attr"]


def test_it_is_refused_wherever_a_choice_is_changed(api):
    patient, schedule = PatientFactory.create(), monthly_schedule()
    client, customer = api(), CustomerFactory.create()
    for path, body in {
        f"schedules/{schedule.pk}/": f'{{"time_zone": "{HALF}"}}',
        f"customers/{customer.pk}/preferences/": f'{{"opted_out": ["sms", "{HALF}"]}}',
        f"patients/{patient.pk}/": f'{{"first_name": "\\udc00{HALF}"}}',
    }.items():
        [error] = errors_of(send(client, path, body, "patch"))
        assert error["attr"] in ("time_zone", "opted_out.1", "first_name")
    study = f'{{"urgency_level": "{HALF}", "type": "XRAY", "body_part": "K"}}'
    [error] = errors_of(send(client, f"patients/{patient.pk}/studies/", study))
    assert error["attr"] == "urgency_level"


def test_a_whole_emoji_is_taken_as_escapes_too(api):
    answer = send(api(), "customers/", r'{"name": "Ada \ud83d\ude00"}')
    assert answer.status_code == 201
    assert answer.json()["name"] == "Ada 😀"


def test_a_byte_order_mark_is_taken(api):
    assert send(api(), "customers/", b'\xef\xbb\xbf{"name": "Ada"}').status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "A", "name": "B"}',
        rb'{"name": "A", "n\u0061me": "A"}',
        b'{"keys": {"name": 1, "name": 1}}',
    ],
)
def test_a_name_twice_is_refused_by_name(api, body):
    [error] = errors_of(send(api(), "customers/", body))
    assert (error["code"], error["attr"]) == ("duplicate_name", "name")
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "body", ['{"name": "Ada"}'.encode("utf-16"), b'{"name": "\xff"}', b"\xef\xbb\xbf" * 2 + b"{}"]
)
def test_what_is_not_utf_8_is_a_400(api, body):
    errors_of(send(api(), "customers/", body))
    for charset in ("utf-7", "unicode_escape", "utf-16", "nonsense"):
        kind = f"application/json; charset={charset}"
        answer = api().post("/api/v1/customers/", body, content_type=kind)
        assert answer.status_code in (400, 415)


def test_a_charset_that_is_declared_otherwise_smuggles_nothing_in(api):
    kind = "application/json; charset=utf-7"
    assert api().post("/api/v1/customers/", b'{"name": "+2D0-"}', content_type=kind).json()[
        "name"
    ] == ("+2D0-")


DEAR = {
    "unknown names": {f"x{number:05}": 1 for number in range(60_000)},
    "names in names": {"delivery_address": {f"x{number:05}": 1 for number in range(60_000)}},
    "small objects": {"items": [{}] * 200_000},
    "a long list": {"items": [1] * 300_000},
    "a long list of channels": {"opted_out": ["x"] * 150_000},
    "empty lists": [[]] * 200_000,
    "one long name": {"x" * 900_000: 1},
    "one long choice": {"name": "A", "channel": "x" * 900_000, "language": "x" * 900_000},
    "a long text": {"name": "x y" * 300_000, "email": "x@" * 300_000, "phone_number": "1" * 90_000},
}


@pytest.mark.parametrize("what", DEAR)
@pytest.mark.parametrize("path", ["customers/", "orders/", "customers/%d/preferences/"])
def test_a_body_of_a_megabyte_is_cheap_whatever_is_wrong_with_it(api, what, path):
    body = json.dumps(DEAR[what], separators=(",", ":"))[: 1024 * 1024]
    client = api()
    method = "patch" if "%d" in path else "post"
    path = path.replace("%d", str(CustomerFactory.create().pk))
    begun = time.process_time()
    answer = send(client, path, body, method)
    assert time.process_time() - begun < 1.0
    assert len(errors_of(answer)) <= 20
    assert len(answer.content) < 30_000


def test_an_answer_names_at_most_twenty_errors(api):
    body = json.dumps({f"x{number:03}": 1 for number in range(900)})
    errors = errors_of(send(api(), "customers/", body))
    assert [error["attr"] for error in errors] == [f"x{number:03}" for number in range(20)]


def test_the_most_lines_that_an_order_may_have_are_taken_all_at_once(api):
    items = [{"item_id": f"it-{number}", "quantity": 1} for number in range(100)]
    customer = CustomerFactory.create().pk
    errors = errors_of(send(api(), "orders/", json.dumps({"customer": customer, "items": items})))
    assert {error["code"] for error in errors} == {"not_on_sale"}


@pytest.mark.parametrize("depth", [40, 900, 5_000, 200_000])
def test_what_is_nested_too_deeply_is_a_400_under_a_key_too(api, depth):
    body = '{"name": ' + "[" * depth + "]" * depth + "}"
    answer = api().post(
        "/api/v1/customers/", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k"
    )
    errors_of(answer)

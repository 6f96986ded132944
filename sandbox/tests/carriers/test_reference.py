"""The provider takes parcels as its contract says, each once."""

import concurrent.futures

import pytest
import requests

from sandbox.testing import running_sandbox


def authorized(sandbox):
    return {"Authorization": f"Bearer {sandbox.config.reference_provider_secret}"}


def look_up(sandbox, order_id):
    url = f"{sandbox.url}/provider/shipments/{order_id}"
    return requests.get(url, headers=authorized(sandbox), timeout=10)


def cancel(sandbox, order_id):
    url = f"{sandbox.url}/provider/shipments/{order_id}/cancel"
    return requests.post(url, headers=authorized(sandbox), timeout=10)


def test_the_documented_request_is_accepted(sandbox, ship):
    answer = ship(sandbox)
    assert answer.status_code == 201
    body = answer.json()
    assert body["order_id"] == "co-1"
    assert body["status"] == "accepted"
    assert body["shipment_id"].startswith("sbx-")
    assert body["tracking_url"].startswith(f"{sandbox.url}/provider/track/")
    assert set(body) == {"shipment_id", "order_id", "tracking_number", "tracking_url", "status"}


def test_the_same_key_and_body_give_the_same_answer_and_no_second_parcel(sandbox, ship):
    first, again = ship(sandbox), ship(sandbox)
    assert (again.status_code, again.json()) == (201, first.json())
    assert [entry["replay"] for entry in sandbox.ledger()["shipments"]] == [False, True]
    assert len(sandbox.parcels()) == 1


def test_the_same_body_written_differently_is_still_the_same(sandbox, ship, shipment):
    ship(sandbox)
    mixed = dict(reversed(shipment.items()))
    headers = {**authorized(sandbox), "Idempotency-Key": "key-1"}
    url = f"{sandbox.url}/provider/shipments"
    assert requests.post(url, json=mixed, headers=headers, timeout=10).status_code == 201
    assert len(sandbox.parcels()) == 1


def test_the_same_key_with_another_body_is_refused(sandbox, ship):
    ship(sandbox)
    answer = ship(sandbox, delivery_service="express")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_reused")


def test_the_same_order_under_another_key_is_refused(sandbox, ship):
    ship(sandbox)
    answer = ship(sandbox, key="key-2")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "duplicate_order")
    assert len(sandbox.parcels()) == 1


def test_a_refused_request_may_come_again_mended_under_its_key(sandbox, ship):
    assert ship(sandbox, delivery_service="pigeon").status_code == 422
    assert ship(sandbox).status_code == 201


def test_many_tries_at_once_make_one_parcel(sandbox, ship):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ship(sandbox), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len(sandbox.parcels()) == 1


def test_a_key_is_required(sandbox, ship):
    answer = ship(sandbox, key="")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "key_required")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic whsec_x", "Bearer é"])
def test_a_wrong_secret_is_refused_and_recorded(sandbox, shipment, header):
    url = f"{sandbox.url}/provider/shipments"
    headers = {"Authorization": header.encode(), "Idempotency-Key": "key-1"}
    assert requests.post(url, json=shipment, headers=headers, timeout=10).status_code == 401
    (entry,) = sandbox.ledger()["shipments"]
    assert (entry["authorized"], entry["status"]) == (False, 401)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 30_000])
def test_what_is_not_a_json_object_is_refused(sandbox, body):
    url = f"{sandbox.url}/provider/shipments"
    headers = {**authorized(sandbox), "Idempotency-Key": "k", "Content-Type": "application/json"}
    assert requests.post(url, data=body, headers=headers, timeout=10).status_code == 400


def item(**changes):
    return {"items": [{"item_id": "it-1", "quantity": 2, "weight": 10, **changes}]}


def address(**changes):
    good = {"recipient": "J", "line_1": "1", "line_2": "2", "city": "L", "postcode": "W"}
    return {"delivery_address": {**good, "country": "GB", **changes}}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"order_id": "x" * 36}, "too_long", "order_id"),
        ({"order_id": " "}, "blank", "order_id"),
        ({"order_id": 7}, "wrong_type", "order_id"),
        ({"delivery_service": "pigeon"}, "not_a_choice", "delivery_service"),
        ({"delivery_service": ["standard"]}, "not_a_choice", "delivery_service"),
        ({"delivery_service": None}, "not_a_choice", "delivery_service"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"items": []}, "wrong_type", "items"),
        ({"items": [3]}, "wrong_type", "items[0]"),
        ({"items": [{"item_id": "a", "quantity": 1}]}, "required", "items[0].weight"),
        (item(item_id="x" * 36), "too_long", "items[0].item_id"),
        (item(quantity=0), "too_small", "items[0].quantity"),
        (item(quantity=1.5), "wrong_type", "items[0].quantity"),
        (item(quantity=True), "wrong_type", "items[0].quantity"),
        (item(weight=-1), "too_small", "items[0].weight"),
        (item(weight="10"), "wrong_type", "items[0].weight"),
        ({"delivery_address": None}, "wrong_type", "delivery_address"),
        ({"delivery_address": {}}, "required", "delivery_address.recipient"),
        (address(recipient="x" * 36), "too_long", "delivery_address.recipient"),
        (address(line_1="x" * 36), "too_long", "delivery_address.line_1"),
        (address(line_2="x" * 36), "too_long", "delivery_address.line_2"),
        (address(city=""), "blank", "delivery_address.city"),
        (address(postcode="x" * 36), "too_long", "delivery_address.postcode"),
        (address(country="GBR"), "too_long", "delivery_address.country"),
        (address(country="gb"), "not_a_choice", "delivery_address.country"),
        (address(phone="1"), "unknown_field", "delivery_address.phone"),
    ],
)
def test_each_broken_rule_is_named(sandbox, ship, changes, code, field):
    answer = ship(sandbox, **changes)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert sandbox.parcels() == []


def test_thirty_five_characters_are_accepted_of_any_script(sandbox, ship):
    assert ship(sandbox, **address(recipient="Ж" * 35, line_2="")).status_code == 201


def test_a_missing_field_is_named(sandbox, ship, shipment):
    del shipment["delivery_service"]
    assert ship(sandbox).json()["error"]["field"] == "delivery_service"


def test_look_up_finds_what_was_accepted(sandbox, ship):
    accepted = ship(sandbox)
    assert look_up(sandbox, "co-1").json() == accepted.json()


def test_look_up_of_the_unknown_is_404_in_json(sandbox):
    answer = look_up(sandbox, "co-9")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_look_up_takes_an_order_id_with_odd_characters(sandbox, ship):
    ship(sandbox, order_id="co/1 ?é")
    assert look_up(sandbox, "co%2F1%20%3F%C3%A9").json()["order_id"] == "co/1 ?é"


def test_look_up_and_cancel_need_the_secret(sandbox, ship):
    ship(sandbox)
    url = f"{sandbox.url}/provider/shipments/co-1"
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.post(f"{url}/cancel", timeout=10).status_code == 401
    assert look_up(sandbox, "co-1").json()["status"] == "accepted"


def test_what_is_not_collected_can_be_cancelled_more_than_once(sandbox, ship):
    ship(sandbox)
    assert [cancel(sandbox, "co-1").status_code for _ in range(2)] == [200, 200]
    assert look_up(sandbox, "co-1").json()["status"] == "cancelled"


def test_what_is_collected_cannot_be_cancelled(posting, receiver, ship):
    ship(posting)
    receiver.wait_for(3)
    answer = cancel(posting, "co-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_collected")


def test_cancelling_the_unknown_is_404(sandbox):
    assert cancel(sandbox, "co-9").status_code == 404


def test_the_tracking_page_shows_no_personal_data(sandbox, ship):
    page = requests.get(ship(sandbox).json()["tracking_url"], timeout=10)
    assert page.status_code == 200
    assert "John" not in page.text


def test_only_the_newest_parcels_are_remembered(ship):
    with running_sandbox(keep=2) as small:
        for number in (1, 2, 3):
            ship(small, key=f"key-{number}", order_id=f"co-{number}")
        assert look_up(small, "co-1").status_code == 404
        assert look_up(small, "co-3").status_code == 200
        assert [e["body"]["order_id"] for e in small.parcels()] == ["co-2", "co-3"]

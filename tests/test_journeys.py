"""The roads people take, from end to end: real HTTP in, real HTTP out, real tokens."""

import json
from datetime import date
from pathlib import Path

from notifications.models import Notification
from shipping.models import Shipment
from tests.conftest import ADDRESS, House

DATA = Path(__file__).resolve().parents[1]


def order_body(customer: int, **fields: object) -> dict[str, object]:
    """The full form of an order of two pieces of `it-1`."""
    items = [{"item_id": "it-1", "quantity": 2}]
    return {"customer": customer, "items": items, "delivery_address": ADDRESS} | fields


def test_an_order_becomes_a_parcel_tracking_events_and_messages(house: House, products: None):
    """C1, C2, D5: order to delivered."""
    customer = house.customer()
    order = house.post("orders/", order_body(customer), key="journey-1")
    house.work_until(lambda: house.get(f"orders/{order['id']}/")["status"] == "delivered")

    [parcel] = house.sandbox.parcels()
    assert parcel["body"]["order_id"] == order["number"]
    [shipment] = house.get(f"orders/{order['id']}/shipments/")["results"]
    assert shipment["status"] == "delivered"
    assert shipment["tracking_number"]
    house.work_until(lambda: len(house.sandbox.ledger()["sms"]) == 4)
    texts = [sms["message"] for sms in house.sandbox.ledger()["sms"]]
    assert texts[0] == "Hi John Doe, your order has been successfully placed."
    assert len(set(texts)) == 4, "one of the placing and one of each status"


def test_the_provider_is_sent_exactly_the_documented_request(house: House, products: None):
    """C1: shipment_request.json, but for the order's number."""
    documented = json.loads((DATA / "customers/demo_data/shipment_request.json").read_text())
    order = house.post("orders/", order_body(house.customer()))
    house.work()
    [parcel] = house.sandbox.parcels()
    assert parcel["body"] == documented | {"order_id": order["number"]}


def test_a_kit_order_is_told_by_the_rule_of_its_type(house: House, products: None):
    """A1, A2, A5: whole-exome-sequencing by SMS, every other kit type by e-mail."""
    customer = house.customer(phone_number="07451277972")
    for kit in ("whole-exome-sequencing", "ancestry"):
        house.post("dna-kit-orders/", {"customer": customer, "kit_type": kit})
    house.work()
    ledger = house.sandbox.ledger()
    assert [sms["recipient"] for sms in ledger["sms"]] == ["+447451277972"]
    assert [mail["recipient"] for mail in ledger["email"]] == ["john@example.com"]


def test_a_kit_order_may_name_its_channel(house: House, products: None):
    """A2: the request's channel wins over the rule."""
    body = {"customer": house.customer(), "kit_type": "ancestry", "channel": "sms"}
    house.post("dna-kit-orders/", body)
    house.work()
    assert len(house.sandbox.ledger()["sms"]) == 1
    assert house.sandbox.ledger()["email"] == []


def test_the_sales_aliases_sell_and_tell(house: House):
    """D1, D2, D3, D5: the documented bodies, as they are."""
    person = json.loads((DATA / "customers/demo_data/customer.json").read_text())
    sale = json.loads((DATA / "orders/demo_data/simple_order.json").read_text())
    customer = house.post("sales/create-customer/", person)
    assert customer["code"]
    order = house.post("sales/create-order/", sale | {"customer": customer["id"]})
    assert (order["item"], order["amount"]) == ("macbook m2", "56000.68")
    house.work()
    [sms] = house.sandbox.ledger()["sms"]
    assert sms["recipient"] == person["phone_number"]
    for listing in ("sales/customers/", "sales/orders/"):
        assert len(house.get(listing)["results"]) == 1


def test_users_are_listed_with_their_kit_orders(house: House, products: None):
    """A4."""
    customer = house.customer()
    house.post("dna-kit-orders/", {"customer": customer, "kit_type": "ancestry"})
    house.post("orders/", order_body(customer))
    [user] = house.get("users/")["results"]
    assert [order["kit_type"] for order in user["orders"]] == ["ancestry"]


def test_a_cancelled_order_ships_nothing(house: House, products: None):
    order = house.post("orders/", order_body(house.customer()))
    house.post(f"orders/{order['id']}/cancel/", status=200)
    house.work()
    assert house.sandbox.parcels() == []
    assert Shipment.objects.get().state == "cancelled"


def test_a_parcel_that_was_handed_over_is_not_cancelled(house: House, products: None):
    house.sandbox.config.events = False
    order = house.post("orders/", order_body(house.customer()))
    house.work()
    house.post(f"orders/{order['id']}/cancel/", status=409)
    house.sandbox.config.events = True
    assert house.get(f"orders/{order['id']}/")["status"] == "placed"


def test_a_recurring_order_ships_at_once_and_has_a_schedule(house: House, products: None):
    """C3."""
    body = order_body(house.customer(), shipping_interval="monthly")
    order = house.post("orders/", body)
    house.work()
    [parcel] = house.sandbox.parcels()
    assert parcel["body"]["order_id"] == f"{order['number']}.0"
    [schedule] = house.get("schedules/")["results"]
    assert schedule["order"] == order["id"]
    assert date.fromisoformat(schedule["next_occurrence"]) > date.fromisoformat(schedule["anchor"])


def test_patients_and_studies_through_the_api(house: House):
    """B1, B2: a study of another patient is a 404."""
    person = {"first_name": "Jose", "last_name": "Villalobos", "birth_date": "1955-04-10"}
    first, second = (
        house.post("patients/", person | {"email": f"p{n}@ejemplo.com"})["id"] for n in (1, 2)
    )
    study = {"urgency_level": "HIGH", "body_part": "NECK", "description": "-", "type": "XRAY"}
    made = house.post(f"patients/{first}/studies/", study)
    assert house.get(f"patients/{first}/")["studies"][0]["id"] == made["id"]
    assert house.call("GET", f"patients/{second}/studies/{made['id']}/").status_code == 404


def test_an_order_whose_answer_was_lost_is_not_placed_twice(house: House, products: None):
    body = order_body(house.customer())
    first = house.post("orders/", body, key="twice")
    second = house.call("POST", "orders/", body, **{"Idempotency-Key": "twice"})
    assert second.json() == first
    assert second.headers["Idempotency-Replayed"] == "true"
    house.work()
    assert len(house.sandbox.parcels()) == 1
    assert Notification.objects.filter(shipment=None).count() == 1


def test_without_a_token_nothing_is_shown(house: House):
    answer = house.call("GET", "customers/", Authorization="")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"

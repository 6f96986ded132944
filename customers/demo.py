"""Demo customers: the one of customer.json and a few who are reached in other ways."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from customers.models import Address, Customer

DATA = Path(__file__).parent / "demo_data"
JOHN, AMINA, OLIVER, WANJIRU, PRIYA = (f"DEMO-{number}" for number in range(1, 6))


def people() -> dict[str, dict[str, str]]:
    """The demo customers by code."""
    return {
        JOHN: json.loads((DATA / "customer.json").read_text()),
        AMINA: _person("Amina Odhiambo", "+254711082300", "amina@example.com"),
        OLIVER: _person("Oliver Smith", "07451277972", "oliver@example.com"),
        WANJIRU: _person("Wanjiru Kamau", "+254722000000", ""),
        PRIYA: _person("Priya Patel", "", "priya@example.com"),
    }


def _person(name: str, phone_number: str, email: str) -> dict[str, str]:
    return {"name": name, "phone_number": phone_number, "email": email}


def addresses() -> dict[str, dict[str, str]]:
    """Their default addresses by code; Priya has none."""
    request = json.loads((DATA / "shipment_request.json").read_text())
    return {
        JOHN: request["delivery_address"],
        AMINA: _address("Amina Odhiambo", "12 Moi Avenue", "Nairobi", "00100", "KE"),
        OLIVER: _address("Oliver Smith", "4 Castle Street", "Edinburgh", "EH2 3AH", "GB"),
        WANJIRU: _address("Wanjiru Kamau", "7 Nkrumah Road", "Mombasa", "80100", "KE"),
    }


def _address(recipient: str, line_1: str, city: str, postcode: str, country: str) -> dict[str, str]:
    return {
        "recipient": recipient,
        "line_1": line_1,
        "line_2": "",
        "city": city,
        "postcode": postcode,
        "country": country,
    }


@transaction.atomic
def load() -> None:
    """Load them; what is there already stays as it is."""
    made: dict[str, Any] = {}
    for code, person in people().items():
        made[code], _ = Customer.objects.get_or_create(code=code, defaults=person)
    for code, address in addresses().items():
        if not made[code].addresses.filter(is_default=True).exists():
            Address.objects.create(customer=made[code], is_default=True, **address)

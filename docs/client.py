"""A client of Dosette's API in plain Python: places an order once, whatever gets lost on the way.

Usage: API=http://127.0.0.1:8000/api/v1 TOKEN=$(make -s token) python3 docs/client.py
"""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

API = os.environ.get("API", "http://127.0.0.1:8000/api/v1")
TOKEN = os.environ["TOKEN"]
TRIES = 5


def call(method: str, url: str, body: Any = None) -> Any:
    """The answer's JSON. A write has a key, so that the same one sent again is done once."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    if method == "POST":
        headers["Idempotency-Key"] = str(uuid.uuid4())
    data = None if body is None else json.dumps(body).encode()
    for attempt in range(TRIES):
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                raise SystemExit(f"{method} {url}: {error.code} {error.read().decode()}") from error
            wait = int(error.headers.get("Retry-After", 1))
        except (urllib.error.URLError, TimeoutError):
            wait = 2**attempt
        time.sleep(wait)
    raise SystemExit(f"{method} {url}: no answer after {TRIES} tries")


def pages(url: str) -> Iterator[Any]:
    """Every row of a list, page after page."""
    following: str | None = url
    while following:
        page = call("GET", following)
        yield from page["results"]
        following = page["next"]


def main() -> None:
    """Make a customer, order for them, and say what is on its way."""
    customer = call(
        "POST", f"{API}/customers/", {"name": "Jane Doe", "phone_number": "07451277972"}
    )
    product = next(pages(f"{API}/products/?kind=goods"), None) or next(pages(f"{API}/products/"))
    order = call(
        "POST",
        f"{API}/orders/",
        {
            "customer": customer["id"],
            "items": [{"item_id": product["item_id"], "quantity": 1}],
            "delivery_address": {
                "recipient": "Jane Doe",
                "line_1": "1 High Street",
                "city": "London",
                "postcode": "W2 6NB",
                "country": "GB",
            },
        },
    )
    print(f"Placed {order['number']}: {order['amount']} {order['currency']}")
    for parcel in pages(f"{API}/shipments/?order={order['id']}"):
        print(f"Parcel {parcel['reference']}: {parcel['status']}")


if __name__ == "__main__":
    main()

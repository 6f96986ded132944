"""A running Dosette as its clients, carriers and staff reach it."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
from standardwebhooks import Webhook

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = {
    "recipient": "Jane Doe",
    "line_1": "1 High Street",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}
# A place in each country, by the carrier that the rules of `rules` choose for it.
PLACES = {
    "reference": {},
    "northpost": {"city": "Berlin", "postcode": "10115", "country": "DE"},
    "swiftparcel": {"city": "Paris", "postcode": "75001", "country": "FR"},
}
ZONES = {"reference": "Europe/London", "northpost": "Europe/Berlin", "swiftparcel": "UTC"}
PATIENCE = 30.0


def new_name() -> str:
    """Something that no earlier run has used: letters and digits."""
    return f"k{uuid.uuid4().hex[:9]}"


def wait_for(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What the condition gives once it is true, or what it gave last."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.2)
    return value


class World:
    """Where it runs, and how each kind of caller speaks to it."""

    def __init__(self, port: int, environment: dict[str, str]) -> None:
        self.web = f"http://127.0.0.1:{port}"
        self.sandbox = f"http://127.0.0.1:{port + 1}"
        self.environment = environment
        kept = Path(environment["DOSETTE_VAR"]) / "secrets.json"
        self.secrets: dict[str, str] = json.loads(kept.read_text())

    # --- API clients

    @cached_property
    def token(self) -> str:
        """A token with every scope, as `make token` prints it."""
        return self.manage("token", "--client", "demo").stdout.strip()

    def send(
        self,
        method: str,
        path: str,
        body: str | bytes | dict[str, Any] | None = None,
        *,
        follow: bool = False,
        **headers: str,
    ) -> requests.Response:
        """The answer to an API call; a text is sent as it stands."""
        text = json.dumps(body) if isinstance(body, dict) else body
        known = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method,
            f"{self.web}/api/v1/{path}",
            data=text.encode() if isinstance(text, str) else text,
            headers=known | named,
            allow_redirects=follow,
            timeout=30,
        )

    def get(self, path: str, **query: str) -> Any:
        """The JSON of what is read. Raises for anything but 200."""
        url = f"{self.web}/api/v1/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.get(url, params=query, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def results(self, path: str, **query: str) -> list[dict[str, Any]]:
        """The first page of a list."""
        rows: list[dict[str, Any]] = self.get(path, **query)["results"]
        return rows

    def make(self, path: str, **body: Any) -> dict[str, Any]:
        """What was created. Raises for a refusal, with its text."""
        answer = self.send("POST", path, body)
        if answer.status_code != 201:
            raise AssertionError(f"{path}: {answer.status_code} {answer.text[:300]}")
        made: dict[str, Any] = answer.json()
        return made

    def customer(self, name: str = "Jane Doe", **more: str) -> dict[str, Any]:
        """A customer with a telephone."""
        return self.make("customers/", name=name, phone_number="07451277972", **more)

    @cached_property
    def somebody(self) -> int:
        """A customer whom any case may use."""
        key: int = self.customer(email=f"{new_name()}@example.com")["id"]
        return key

    @cached_property
    def patient(self) -> int:
        """A patient whom any case may use."""
        key: int = self.make(
            "patients/", first_name="Asa", last_name=new_name(), birth_date="1985-04-10"
        )["id"]
        return key

    # --- Parcels and their carriers

    def order(self, carrier: str = "reference", **more: Any) -> dict[str, Any]:
        """An order for one bag that goes by this carrier."""
        body = {
            "customer": self.somebody,
            "items": [{"item_id": "tote-1", "quantity": 1}],
            "delivery_address": ADDRESS | PLACES[carrier],
        }
        return self.make("orders/", **(body | more))

    def parcel(self, carrier: str = "reference", **more: Any) -> str:
        """The reference of a parcel that the carrier has taken."""
        order = self.order(carrier, **more)
        found = wait_for(lambda: self._handed_over(order["id"], carrier))
        assert found, f"{carrier} has not taken the parcel of {order['number']}"
        return str(found)

    def _handed_over(self, order: int, carrier: str) -> str:
        rows = self.results(f"orders/{order}/shipments/")
        ready = [row for row in rows if row["status"] == "sent" and row["provider"] == carrier]
        return str(ready[0]["reference"]) if ready else ""

    def shipment(self, reference: str) -> dict[str, Any]:
        """What the API says of a parcel."""
        return self.results("shipments/", reference=reference)[0]

    def state(self, reference: str, *wanted: str, seconds: float = 15) -> str:
        """Its state, as soon as that is one of those wanted, or in the end."""
        wait_for(lambda: self.shipment(reference)["status"] in wanted, seconds)
        return str(self.shipment(reference)["status"])

    def moment(self, carrier: str, minutes: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        """A moment on that carrier's clock, minutes from now."""
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        return at.astimezone(ZoneInfo(ZONES[carrier])).strftime(form)

    def hook(self, carrier: str, body: str) -> requests.Response:
        """The answer to a webhook that proves whose it is."""
        headers = {"Content-Type": "application/json"}
        if carrier == "northpost":
            headers["Authorization"] = f"Bearer {self.secrets['NORTHPOST_HOOK_SECRET']}"
        else:
            names = {"reference": "REFERENCE_PROVIDER_SECRET", "swiftparcel": "SWIFTPARCEL_SECRET"}
            name, at = f"evt_{new_name()}", datetime.now(UTC)
            headers |= {
                "webhook-id": name,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": Webhook(self.secrets[names[carrier]]).sign(name, at, body),
            }
        url = f"{self.web}/api/v1/webhooks/shipping/{carrier}/"
        return requests.post(url, data=body.encode(), headers=headers, timeout=30)

    def event(self, order_id: str, name: str, minutes: float) -> requests.Response:
        """The answer to an event of the reference carrier."""
        at = self.moment("reference", minutes)
        text = json.dumps({"order_id": order_id, "event_name": name, "event_time": at})
        return self.hook("reference", text)

    def cases(self) -> str:
        """All open cases, as text to look in."""
        return json.dumps(self.get("exceptions/", page_size="200"))

    def ledger(self) -> list[dict[str, Any]]:
        """Every parcel that the carriers were sent."""
        sent: dict[str, Any] = requests.get(f"{self.sandbox}/ledger", timeout=30).json()
        return list(sent["shipments"])

    # --- Staff

    def manage(self, *words: str, stdin: bytes | None = None) -> "subprocess.CompletedProcess[str]":
        """A `manage.py` command; its output as text."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=os.environ | self.environment,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=120,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def sheet(self, what: str, content: str | bytes) -> "subprocess.CompletedProcess[str]":
        """What `import_…` makes of a table."""
        raw = content.encode() if isinstance(content, str) else content
        return self.manage(f"import_{what}", "-", stdin=raw)

    def rules(self) -> None:
        """Germany by northpost, France by swiftparcel."""
        self.manage(
            "shell",
            "-c",
            "from shipping.models import RoutingRule as R\n"
            "for country, provider in (('DE', 'northpost'), ('FR', 'swiftparcel')):\n"
            "    R.objects.get_or_create(name=f'cases {country}', defaults=dict(country=country,"
            " provider=provider, is_active=True, priority=1))",
        )

    @cached_property
    def staff(self) -> requests.Session:
        """The admin's pages, signed in as its superuser."""
        session = requests.Session()
        url = f"{self.web}/admin/login/"
        session.get(url, timeout=30)
        form = {
            "username": "admin",
            "password": self.secrets["DEMO_PASSWORD"],
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        session.post(url, data=form, headers={"Referer": url}, timeout=30)
        return session

    def page(self, path: str, **query: str) -> str:
        """The text of a page of the admin."""
        return self.staff.get(f"{self.web}/admin/{path}", params=query, timeout=30).text

"""Messages of the reference laboratory, and their signature, for tests."""

import base64
import json
from typing import Any

from django.test import Client
from standardwebhooks import Webhook

from clinical.laboratories import incoming
from clinical.models import LabResult
from core.database import clock

SECRET = "whsec_" + base64.b64encode(bytes([9]) * 32).decode()
URL = "/api/v1/webhooks/laboratories/reference/"
ANA = {"serial": "K1", "name": "Ana Ruiz", "birth_date": "1990-05-17"}


def finding(value: str = "18", flag: str = "normal") -> dict[str, str]:
    """One finding."""
    return {"name": "Ferritin", "value": value, "unit": "ug/L", "flag": flag}


def message(**values: Any) -> bytes:
    """A final, normal result of Ana Ruiz, where nothing else is said."""
    given = {
        "result_id": "r-1",
        "version": 1,
        "status": "final",
        "issued_at": "2026-01-05T13:18:45Z",
        "sample": ANA | values.pop("sample", {}),
        "findings": [finding()],
    }
    return json.dumps(given | values).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    now = clock.now()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body.decode("latin-1")),
    }


def post(body: bytes, **headers: str) -> Any:
    """What the laboratory is answered."""
    given = headers or signed(body)
    return Client().post(URL, body, content_type="application/json", headers=given)


def arrived(*bodies: bytes) -> None:
    """They came, and were read."""
    for body in bodies:
        incoming.store("reference", body)
    incoming.read_waiting()


def result_of(*bodies: bytes) -> LabResult:
    """The one result that these make."""
    arrived(*bodies)
    return LabResult.objects.get()

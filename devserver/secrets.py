"""The demo secrets that Dosette makes for itself when the environment names none.

They live in `var/`, never in the repository, and are for one machine only. Production settings
refuse to start without real ones (config/settings/production.py).
"""

import base64
import fcntl
import json
import os
import secrets
from pathlib import Path

SECRET_NAMES = (
    "SECRET_KEY",
    "AFRICAS_TALKING_API_KEY",
    "AFRICAS_TALKING_CALLBACK_TOKEN",
    "SMS_GATEWAY_TOKEN",
    "EMAIL_GATEWAY_TOKEN",
    "POSTMARK_SERVER_TOKEN",
    "NORTHPOST_HOOK_SECRET",
    "REFERENCE_LABORATORY_SECRET",
    "SWIFTPARCEL_API_KEY",
    "OIDC_CLIENT_SECRET",
    "DEMO_CLIENT_SECRET",
    "DEMO_PASSWORD",
)


def demo_secrets(var: Path) -> dict[str, str]:
    """The demo secrets of this clone by environment name; made on the first call, then kept."""
    var.mkdir(parents=True, exist_ok=True)
    path = var / "secrets.json"
    with (var / "secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = json.loads(path.read_text()) if path.exists() else {}
        missing = {name: value for name, value in _fresh().items() if name not in kept}
        if missing:
            kept |= missing
            _write_privately(path, json.dumps(kept, indent=2))
    return dict(kept)


def _fresh() -> dict[str, str]:
    made = {name: secrets.token_urlsafe(24) for name in SECRET_NAMES}
    made["DEMO_PASSWORD"] = f"demo-{secrets.token_hex(4)}"
    made["NORTHPOST_LOGIN"] = f"dosette:{secrets.token_urlsafe(24)}"
    for name in (
        "REFERENCE_LABORATORY_SECRET",
        "REFERENCE_PROVIDER_SECRET",
        "SWIFTPARCEL_SECRET",
    ):
        made[name] = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    made["ENCRYPTION_KEYS"] = "1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    made["BLIND_INDEX_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
    made["EMAIL_WEBHOOK_SECRET"] = f"postmark:{secrets.token_urlsafe(24)}"
    vapid = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    made["VAPID_PRIVATE_KEY"] = vapid.rstrip("=")
    return made


def _write_privately(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.replace(path)

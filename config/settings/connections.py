"""How every process connects to PostgreSQL, Redis and the storage of files: nobody waits for long
for who is gone.

A machine that vanishes closes no connection, and a process that is frozen ends no transaction. By
TCP's defaults either side would notice after two hours, and rows would stay locked as long.
"""

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Ours: libpq's parameters, in seconds but for the last. A Unix socket ignores all but the first.
CLIENT = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# The server's, for its end of our connection. Our statements take milliseconds; to compile one, as
# PostgreSQL does while it has no statistics and takes it for a long one, costs a third of a second.
SERVER = {
    "jit": "off",
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20s",
    "client_connection_check_interval": "5s",
}
# Of what serves and works all day. A command that somebody watches may take its time.
SERVING = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
}
BY_HAND = {"idle_in_transaction_session_timeout": "10min"}
# It comes by again in three seconds, so it waits for no row that somebody holds.
SWEEPER = SERVING | {"lock_timeout": "2s"}

_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
REDIS: dict[str, Any] = {
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "socket_keepalive_options": {
        getattr(socket, name): value
        for name, value in _KEEPALIVE.items()
        if hasattr(socket, name)  # it is Linux's name
    },
    "health_check_interval": 25,
}


def postgresql(
    given: Mapping[str, Any], argv: Sequence[str], *, pooled: bool = False, more: str = ""
) -> dict[str, Any]:
    """The OPTIONS of a connection of this process. What is `given`, or says `more`, counts more.

    When it is `pooled` the server is not told its part: a pooler in between refuses that, and the
    role has it (docs/operations.md).
    """
    options = CLIENT | dict(given)
    if pooled:
        return options
    settings = SERVER | limits(argv)
    ours = [f"-c {name}={value}" for name, value in settings.items()]
    theirs = [str(given.get("options", "")), more]
    options["options"] = " ".join(part for part in [*ours, *theirs] if part)
    return options


def limits(argv: Sequence[str]) -> dict[str, str]:
    """How long the statements of the process that was started so may take, and wait."""
    if Path(argv[0] if argv else "").name != "manage.py":
        return SERVING
    command = argv[1] if len(argv) > 1 else ""
    return {"sweep": SWEEPER, "runserver": SERVING}.get(command, BY_HAND)


def attachments(env: Any, folder: Path) -> dict[str, Any]:
    """Django's storage of the files of studies: a folder, or a bucket of S3 or the like.

    Never below a folder that a web server serves; what is in it is encrypted by us.
    """
    bucket = env.str("ATTACHMENTS_BUCKET", "")
    if not bucket:
        options: dict[str, Any] = {
            "location": env.str("ATTACHMENTS_FOLDER", str(folder)),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        }
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    options = {
        "bucket_name": bucket,
        "endpoint_url": env.str("ATTACHMENTS_BUCKET_ENDPOINT", "") or None,
        "region_name": env.str("ATTACHMENTS_BUCKET_REGION", "") or None,
        "access_key": env.str("ATTACHMENTS_BUCKET_ACCESS_KEY", "") or None,
        "secret_key": env.str("ATTACHMENTS_BUCKET_SECRET_KEY", "") or None,
        "max_memory_size": 1_000_000,
    }
    options |= _bucket_client(is_amazons=options["endpoint_url"] is None)
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def _bucket_client(*, is_amazons: bool) -> dict[str, Any]:
    """How a bucket is asked: a request of ours waits for it, and other makers know paths alone."""
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    return {
        "client_config": Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "auto" if is_amazons else "path"},
            signature_version="s3v4",
            # Checksums behind the body are Amazon's own; files have one of ours.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        "transfer_config": TransferConfig(use_threads=False),
    }

"""How gunicorn serves Dosette: in `make run`, and in the container behind nginx."""

import gc
import os
import resource
from pathlib import Path
from typing import Any

wsgi_app = "config.wsgi:application"
bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
# Every thread may hold one database connection: docs/operations.md does the sum.
workers = int(os.environ.get("WEB_CONCURRENCY") or min(os.cpu_count() or 2, 4))
worker_class = "config.worker.Worker"
threads = int(os.environ.get("WEB_THREADS") or 8)
# Connections are cheap, threads are not: as many as the system lets a process have files open.
_, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
_files = min(_hard, 16_384) if _hard != resource.RLIM_INFINITY else 16_384
resource.setrlimit(resource.RLIMIT_NOFILE, (_files, _hard))
worker_connections = int(os.environ.get("WEB_CONNECTIONS") or max(_files - 512, 64))
sendfile = False  # by it a thread would wait for the client: config/worker.py
preload_app = True
keepalive = 75  # longer than nginx keeps its connections, so that only nginx closes them
timeout = 30
graceful_timeout = int(os.environ.get("WEB_GRACE") or 20)
# By default a program on this machine may say by header which path its request is for.
forwarder_headers = ""
control_socket_disable = True  # its default place is shared by every clone of this user
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory, shared by nobody else
# Without the address, which may hold a secret: core.access tells its pattern.
access_log_format = "%(m)s %(s)s %(B)sB %(M)sms"
accesslog = "-" if os.environ.get("ACCESS_LOG") else None
loglevel = os.environ.get("WEB_LOG_LEVEL", "warning")


def when_ready(server: Any) -> None:
    """What is loaded before the workers fork stays theirs together: no collection writes to it."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Each worker tells its figures itself."""
    from core.observability import metrics

    metrics.start()


def post_worker_init(worker: Any) -> None:
    """Each worker knows the issuers' keys before its first request, and has its own compared with
    those of the database: a wrong one ends the server."""
    from django.db import OperationalError, connection

    from core.encryption import stored_keys
    from identity.tokens.reader import warm_up

    try:
        stored_keys.verify()
        connection.close()
    except OperationalError:
        pass  # the database is not there yet: they are compared at the first connection
    warm_up()

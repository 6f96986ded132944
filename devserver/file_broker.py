"""A Celery broker in a folder, for one machine without Redis.

kombu's own `filesystem` broker opens a message under its final name and writes it afterwards; a
worker that looks between the two reads an empty file and dies of it. Its table of queues has the
same gap, and it moves messages through the temporary folder, which is no single step where that
is another disk. Here a message appears whole, by a rename, and is taken by whoever deletes it.
"""

import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import virtual
from kombu.utils.json import dumps, loads

WRITING_TAKES = 60.0  # seconds, and much more than that


class Channel(virtual.Channel):
    """Messages are files: `<nanoseconds>_<random>.<queue>.msg`, the oldest first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tidy()

    def _tidy(self) -> None:
        """Throw away what somebody who was killed has begun to write."""
        for unfinished in self._folder.glob("*.new"):
            with suppress(FileNotFoundError):
                if time.time() - unfinished.stat().st_mtime > WRITING_TAKES:
                    unfinished.unlink()

    @property
    def _folder(self) -> Path:
        connection: Any = self.connection
        return Path(connection.client.transport_options["folder"])

    def _waiting(self, queue: str) -> list[Path]:
        return sorted(self._folder.glob(f"*.{queue}.msg"))

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        name = f"{time.time_ns()}_{uuid.uuid4().hex}"
        unfinished = self._folder / f"{name}.new"
        try:
            unfinished.write_text(dumps(message))
            unfinished.rename(self._folder / f"{name}.{queue}.msg")
        except OSError:  # the disk is full, say
            unfinished.unlink(missing_ok=True)
            raise

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in self._waiting(queue):
            with suppress(FileNotFoundError), path.open() as file:
                path.unlink()  # not found: another worker was quicker
                return loads(file.read())
        raise Empty

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))


class Transport(virtual.Transport):
    """The scheme `files://` of broker addresses (config/celery.py); `folder` is its option."""

    Channel = Channel
    global_state = virtual.BrokerState()
    driver_type = driver_name = "files"

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = self.global_state

    def driver_version(self) -> str:
        """kombu asks."""
        return "1"

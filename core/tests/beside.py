"""Work that is begun at one moment in several threads, for tests with real transactions."""

from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connection


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each said, begun at one moment; an error is what it says, too."""
    start, said = Barrier(len(works)), list[object]()

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            said.append(work())
        except Exception as error:  # noqa: BLE001 - whatever it was, the test shows it
            said.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said

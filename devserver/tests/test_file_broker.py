"""The broker in a folder: nothing lost, nothing doubled, nothing read before it is written."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

COUNT = 300
PRODUCE = """
import sys
from devserver.tests.test_file_broker import connect
from pathlib import Path
queue = connect(Path(sys.argv[1])).SimpleQueue("work")
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    queue.put({"number": number})
"""


def connect(folder: Path) -> Connection:
    options = {"folder": str(folder), "polling_interval": 0.01}
    return Connection(transport="devserver.file_broker:Transport", transport_options=options)


def take(queue: Any, taken: list[int], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            message = queue.get(timeout=0.05)
        except Empty:
            continue
        taken.append(message.payload["number"])
        message.ack()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Any]:
    with connect(tmp_path) as connection:
        yield connection.SimpleQueue("work")


def test_the_oldest_message_comes_first(queue: Any) -> None:
    for number in range(3):
        queue.put(number)
    assert [queue.get_nowait().payload for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        queue.get_nowait()


def test_queues_do_not_mix(queue: Any, tmp_path: Path) -> None:
    queue.put("mine")
    with connect(tmp_path) as connection, pytest.raises(Empty):
        connection.SimpleQueue("other").get_nowait()
    assert queue.qsize() == 1


def test_a_message_that_is_being_written_is_not_seen(queue: Any, tmp_path: Path) -> None:
    (tmp_path / "1_unfinished.new").write_text("")
    (tmp_path / "2_of-a-worker-that-died.work.taken").write_text("")
    with pytest.raises(Empty):
        queue.get_nowait()


def test_a_long_message_is_seen_only_when_it_is_whole(tmp_path: Path) -> None:
    long = "x" * 2_000_000
    with connect(tmp_path) as producer, connect(tmp_path) as consumer:
        queue = producer.SimpleQueue("work")

        def write() -> None:
            for _ in range(20):
                queue.put(long)

        writer = threading.Thread(target=write)
        writer.start()
        taken: list[int] = []
        reader = consumer.SimpleQueue("work")
        while len(taken) < 20:
            with suppress(Empty):
                taken.append(len(reader.get_nowait().payload))
        writer.join()
    assert set(taken) == {len(long)}


def test_two_producers_and_three_consumers_lose_and_double_nothing(tmp_path: Path) -> None:
    halves = [(0, COUNT // 2), (COUNT // 2, COUNT)]
    command = [sys.executable, "-c", PRODUCE, str(tmp_path)]
    producers = [subprocess.Popen([*command, str(a), str(b)]) for a, b in halves]
    taken: list[int] = []
    stop = threading.Event()
    connections = [connect(tmp_path) for _ in range(3)]
    queues = [connection.SimpleQueue("work") for connection in connections]
    consumers = [threading.Thread(target=take, args=(queue, taken, stop)) for queue in queues]
    for consumer in consumers:
        consumer.start()
    assert [producer.wait(30) for producer in producers] == [0, 0]
    stop.wait(1)
    stop.set()
    for consumer in consumers:
        consumer.join()
    assert sorted(taken) == list(range(COUNT))
    assert list(tmp_path.iterdir()) == []


def names(folder: Path) -> list[str]:
    return [path.suffix for path in folder.iterdir()]


FULL_DISK = """
import resource, sys
from devserver.tests.test_file_broker import connect
from pathlib import Path
queue = connect(Path(sys.argv[1])).SimpleQueue("work")
resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
try:
    queue.put("x" * 1000)
except OSError as error:
    print(type(error).__name__)
"""


def test_on_a_full_disk_it_is_an_error_and_nothing_is_left_behind(tmp_path: Path) -> None:
    answer = subprocess.check_output(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], text=True, timeout=30
    )
    assert answer == "OSError\n"
    assert names(tmp_path) == []


def test_what_a_killed_process_has_begun_to_write_is_thrown_away(tmp_path: Path) -> None:
    begun, long_ago = tmp_path / "2_b.new", tmp_path / "1_a.new"
    begun.touch()
    long_ago.touch()
    os.utime(long_ago, (0, 0))
    with connect(tmp_path) as connection:
        connection.SimpleQueue("work").put("whole")
    assert sorted(names(tmp_path)) == [".msg", ".new"]
    assert begun.exists(), "somebody may be writing it"


def test_what_was_taken_leaves_nothing_behind(queue: Any, tmp_path: Path) -> None:
    queue.put("mine")
    assert queue.get_nowait().payload == "mine"
    assert names(tmp_path) == []

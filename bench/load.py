"""A small HTTP load generator: keep-alive connections, each sending its next request at once."""

import asyncio
import multiprocessing
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

PROCESSES = 2
LENGTH = re.compile(r"(?i)content-length: *(\d+)")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: method, path, headers and body. Numbered calls are made by a `Script`."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    def raw(self, host: str) -> bytes:
        """The bytes on the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


Script = Callable[[int], Call]


@dataclass(frozen=True, slots=True)
class Load:
    """What a stretch of load came to: answers a second, and latencies in milliseconds."""

    answers: int
    rate: float
    p50: float
    p99: float
    errors: int


def run(url: str, script: Script, *, seconds: float, connections: int = 16) -> Load:
    """Keep `connections` busy for `seconds`. `script(n)` makes the n-th call, n unique.

    `script` must be a module-level function or a partial of one: it is sent to other processes.
    """
    processes = min(PROCESSES, connections)
    share = connections // processes
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        jobs = [(url, script, seconds, share, number) for number in range(processes)]
        results = pool.map(_process, jobs)
    times = sorted(t for result in results for t in result[0])
    errors = sum(result[1] for result in results)
    return Load(
        answers=len(times),
        rate=len(times) / seconds,
        p50=_at(times, 0.5),
        p99=_at(times, 0.99),
        errors=errors,
    )


def _at(times: list[float], share: float) -> float:
    return 1000 * times[min(len(times) - 1, int(len(times) * share))] if times else float("nan")


def _process(job: tuple[str, Script, float, int, int]) -> tuple[list[float], int]:
    return asyncio.run(_busy(*job))


async def _busy(
    url: str, script: Script, seconds: float, connections: int, number: int
) -> tuple[list[float], int]:
    start = int(time.time() * 1_000_000) * 10 + number
    numbers = iter(range(start, start + 10**12, 10))
    deadline = time.perf_counter() + seconds
    results = await asyncio.gather(
        *(_connection(url, script, numbers, deadline) for _ in range(connections))
    )
    return [t for times, _ in results for t in times], sum(errors for _, errors in results)


async def _connection(
    url: str, script: Script, numbers: Iterator[int], deadline: float
) -> tuple[list[float], int]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    times: list[float] = []
    errors = 0
    while (start := time.perf_counter()) < deadline:
        writer.write(script(next(numbers)).raw(parts.netloc))
        status = await _answer(reader)
        times.append(time.perf_counter() - start)
        errors += status >= 400
    writer.close()
    return times, errors


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head[9:12])
    length = LENGTH.search(head)
    if length is None:
        raise ValueError(f"an answer without a length: {head!r}")
    await reader.readexactly(int(length[1]))
    return status

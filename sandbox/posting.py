"""Posts events and reports to Dosette: later, a bounded number at once, with repeats."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from sandbox.config import Config

log = logging.getLogger("sandbox")

SECONDS_A_POST = 10.0


@dataclass(slots=True, eq=False)
class Post:
    """One thing to post. ``headers`` is asked at each try: a signature carries the time."""

    what: str
    path: str
    body: bytes
    headers: Callable[[], dict[str, str]]
    done: Callable[[], None] = field(default=lambda: None)
    world: int = 0
    tries: int = 0


class Poster:
    """Posts to the web's webhooks. ``forget`` starts a new world: what waited is dropped."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._queue: asyncio.Queue[Post] = asyncio.Queue()
        self._world = 0
        self.posted = 0
        self.given_up = 0

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Calls ``do`` after a pause, unless everything was forgotten by then."""
        world = self._world
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, lambda: do() if world == self._world else None)

    def post(self, post: Post) -> None:
        """Queues a post; ``post.done`` is called when it was taken, refused or given up."""
        post.world = self._world
        self._queue.put_nowait(post)

    async def forget(self) -> None:
        """Drops everything that waits, lets what is on its way arrive, sets the counts back.

        After it nothing of the old world reaches the web: a test can rely on that.
        """
        self._world += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), SECONDS_A_POST)
        self.posted = self.given_up = 0

    async def run(self, _: web.Application) -> AsyncIterator[None]:
        """Runs the posting workers for as long as the application lives."""
        timeout = aiohttp.ClientTimeout(total=SECONDS_A_POST)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            workers = [
                asyncio.create_task(self._work(session)) for _ in range(self._config.posts_at_once)
            ]
            yield
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            post = await self._queue.get()
            if post.world == self._world:
                self._finish(post, await self._send(session, post))
            self._queue.task_done()

    async def _send(self, session: aiohttp.ClientSession, post: Post) -> int:
        """The status answered, or 0 when nobody answered."""
        post.tries += 1
        url = self._config.web_url.rstrip("/") + post.path
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            request = session.post(
                url, data=post.body, headers=post.headers(), allow_redirects=False
            )
            async with request as answer:
                return answer.status
        return 0

    def _finish(self, post: Post, status: int) -> None:
        if post.world != self._world:
            return
        # The kind of post, not its path: the path of a delivery report holds a secret.
        log.info("POSTED %s %s", post.what, status or "no answer")
        if (status == 0 or status >= 500) and post.tries < self._config.post_tries:
            pause = self._config.retry_pause * 2 ** (post.tries - 1)
            self.later(pause, lambda: self._queue.put_nowait(post))
            return
        if 200 <= status < 300:
            self.posted += 1
        else:
            self.given_up += 1
        post.done()

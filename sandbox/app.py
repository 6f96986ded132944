"""Puts the parts together, and serves them on a socket until told to stop."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.carriers.northpost import Northpost
from sandbox.carriers.parcels import Carrier
from sandbox.carriers.reference import Provider
from sandbox.carriers.swiftparcel import Swiftparcel
from sandbox.config import Config
from sandbox.faults import Faults, Handler
from sandbox.issuer.keys import Keys
from sandbox.issuer.oidc import Issuer
from sandbox.laboratories.reference import Laboratory
from sandbox.ledger import Ledger
from sandbox.messaging.africastalking import AfricasTalking
from sandbox.messaging.gateways import Gateways
from sandbox.messaging.postmark import Postmark
from sandbox.messaging.push import PushService
from sandbox.pages import home
from sandbox.posting import Poster
from sandbox.wire import json_answer

log = logging.getLogger("sandbox")


@dataclass
class World:
    """The parts of one sandbox."""

    config: Config
    ledger: Ledger
    faults: Faults
    poster: Poster
    provider: Provider
    carriers: Sequence[Carrier]
    push: PushService
    keys: Keys

    def stats(self) -> dict[str, object]:
        """Counts since the last reset (of the ledger: since it was last emptied)."""
        return {
            "received": dict(self.ledger.counts),
            "posted": self.poster.posted,
            "given_up": self.poster.given_up,
            "peak_under_way": dict(self.faults.peak),
        }

    async def show_stats(self, _: web.Request) -> web.Response:
        """``GET /stats``."""
        return json_answer(self.stats())

    async def show_home(self, _: web.Request) -> web.Response:
        """``GET /``."""
        return home(self.ledger, self.stats(), self.config.web_url)

    async def reset(self, _: web.Request) -> web.Response:
        """``POST /reset``: a fresh world; only the issuer's keys and sessions stay."""
        self.ledger.clear()
        self.faults.clear()
        self.provider.forget()
        for carrier in self.carriers:
            carrier.forget()
        self.push.forget()
        await self.poster.forget()
        return web.Response(status=204)


WORLD = web.AppKey("WORLD", World)


def make_app(config: Config) -> web.Application:
    """The sandbox as an application; ``app[WORLD]`` holds its parts."""
    ledger, poster = Ledger(config.keep), Poster(config)
    faults = Faults(ledger)
    provider = Provider(config, ledger, poster, faults)
    carriers = [each(config, ledger, poster, faults) for each in (Northpost, Swiftparcel)]
    keys = Keys(config.var / "sandbox" / "oidc-keys.json")
    push = PushService(config, ledger)
    world = World(config, ledger, faults, poster, provider, carriers, push, keys)
    app = web.Application(middlewares=[_watch(faults)], client_max_size=2**16)
    app[WORLD] = world
    app.cleanup_ctx.append(poster.run)
    app.add_routes(
        [
            web.get("/", world.show_home),
            web.get("/stats", world.show_stats),
            web.post("/reset", world.reset),
            *ledger.routes(),
            *faults.routes(),
            *provider.routes(),
            *(route for carrier in carriers for route in carrier.routes()),
            *Laboratory(config, ledger, poster).routes(),
            *AfricasTalking(config, ledger, poster).routes(),
            *Gateways(config, ledger).routes(),
            *Postmark(config, ledger, poster).routes(),
            *push.routes(),
            *Issuer(config, keys).routes(),
        ]
    )
    return app


def _watch(faults: Faults) -> Middleware:
    @web.middleware
    async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 0
        try:
            answer = await faults.around(request, handler)
            status = answer.status
        except web.HTTPException as refusal:
            status = refusal.status
            raise
        finally:
            _log(request, status)
        return answer

    return watch


def _log(request: web.Request, status: int) -> None:
    # Neither queries nor unknown paths: anything may stand in them.
    known = request.match_info.http_exception is None
    path = request.rel_url.raw_path if known else "(no such address)"
    is_closed = request.transport is None or request.transport.is_closing()
    log.info("%s %s %s", request.method, path, "closed" if is_closed else status)


def listen(port: int) -> socket.socket:
    """A socket on loopback, and only there; port 0 takes any free one. Raises OSError."""
    return socket.create_server(("127.0.0.1", port), backlog=2048)


async def serve(
    app: web.Application, sock: socket.socket, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Serves until ``stop`` is set, then ends what is under way."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,  # a fault that hangs ends when its caller goes away
        shutdown_timeout=0.25,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, sock, backlog=2048).start()
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()

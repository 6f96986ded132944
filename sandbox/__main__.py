"""``python -m sandbox``: the stand-in world as a process of its own."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.app import listen, make_app, serve
from sandbox.config import Config, ConfigurationError


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Runs until SIGTERM or SIGINT. Gives the exit status: 2 when it would not start."""
    options = _options(argv)
    logging.basicConfig(
        level=logging.WARNING if options.quiet else logging.INFO,
        format="sandbox %(message)s",
    )
    try:
        config = _config(options, environ)
        sock = listen(config.port)
    except ConfigurationError as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The sandbox cannot listen on port {options.port}: {error}.", file=sys.stderr)
        return 2
    gc.set_threshold(50_000, 50, 100)  # the ledger is large and lives long: scan it seldom
    asyncio.run(_run(config, sock))
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--web-url", default="http://127.0.0.1:8000", help="where Dosette listens")
    parser.add_argument("--var", type=Path, default=Path("var"), help="folder for kept files")
    parser.add_argument("--event-pause", type=float, default=2.0, help="seconds between events")
    parser.add_argument(
        "--failing-share", type=float, default=0.1, help="of parcels, at first delivery"
    )
    parser.add_argument("--zone", default="Europe/London", help="the provider's time zone")
    parser.add_argument("--seed", type=int, help="the same identifiers in every run")
    parser.add_argument("--keep", type=int, default=200_000, help="ledger entries kept a list")
    parser.add_argument("--no-events", action="store_true", help="post no events, no reports")
    parser.add_argument("--quiet", action="store_true", help="no line for each request")
    return parser.parse_args(argv)


def _config(options: argparse.Namespace, environ: Mapping[str, str]) -> Config:
    if (
        environ.get("DJANGO_SETTINGS_MODULE") == "config.settings.production"
        or environ.get("DOSETTE_ENV") == "production"
    ):
        raise ConfigurationError("The sandbox does not start with production settings.")
    return Config.from_environment(
        environ,
        port=options.port,
        web_url=options.web_url.rstrip("/"),
        var=options.var,
        events=not options.no_events,
        reports=not options.no_events,
        event_pause=options.event_pause,
        failing_share=options.failing_share,
        provider_zone=options.zone,
        keep=options.keep,
        seed=options.seed,
    )


async def _run(config: Config, sock: socket.socket) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await serve(make_app(config), sock, lambda: _announce(config), stop)


def _announce(config: Config) -> None:
    print(f"The sandbox listens on {config.base_url}/", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))

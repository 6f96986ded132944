"""`make token`: an access token of the sandbox's issuer, to try the API with."""

import os
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.http import ExchangeError, MalformedResponseError, Request, fetch


class Command(BaseCommand):
    """Asks the issuer for a token by client credentials and prints it, and nothing else."""

    help = "Print an access token of the sandbox's issuer. It has to be running (make run)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`make` passes CLIENT and SCOPE on; both may stay empty."""
        parser.add_argument("--client", default=os.environ.get("CLIENT", ""), help="demo, reader")
        parser.add_argument("--scope", default=os.environ.get("SCOPE", ""), help="default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token. Raises CommandError with what to do."""
        client = options["client"] or "demo"
        try:
            endpoint = fetch(Request("GET", _discovery_address())).json_object()["token_endpoint"]
            form = {
                "grant_type": "client_credentials",
                "client_id": client,
                "client_secret": settings.DEMO_CLIENT_SECRET,
                "scope": options["scope"],
            }
            self.stdout.write(self._ask(Request.form("POST", endpoint, form))["access_token"])
        except ExchangeError as error:
            raise CommandError(
                f"No token: there is no answer at {settings.OIDC_ISSUER}: is the sandbox running? "
                f"{_advice()}"
            ) from error
        except (MalformedResponseError, KeyError) as error:
            raise CommandError(
                f"No token: what answers at {settings.OIDC_ISSUER} is not the sandbox, but another "
                f"program. {_advice()}"
            ) from error

    def _ask(self, request: Request) -> dict[str, Any]:
        response = fetch(request)
        answer = response.json_object()
        if response.status != 200:
            reason = answer.get("error_description") or answer.get("error") or response.status
            if answer.get("error") == "invalid_client":
                reason = f"{reason} It may be the sandbox of another installation. {_advice()}"
            raise CommandError(f"The issuer refused: {reason}")
        return answer


def _advice() -> str:
    """Which port was asked, and how another is named."""
    if urlsplit(settings.OIDC_ISSUER).port != settings.PORT + 1:
        return "The address is that of OIDC_ISSUER."
    return (
        f"It is asked on port {settings.PORT + 1}, one above PORT ({settings.PORT}). Start it with "
        "`make run`; if that has another PORT, name the same one here: PORT=8100 make token"
    )


def _discovery_address() -> str:
    return f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"

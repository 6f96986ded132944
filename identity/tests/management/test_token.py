"""`manage.py token`: what `make token` prints."""

from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from identity import demo
from identity.rights.scopes import SCOPES
from identity.tests.factories import client_named
from identity.tests.issuer import LoopbackIssuer
from sandbox.testing import running_sandbox

pytestmark = pytest.mark.urls("identity.tests.probe")


@pytest.fixture
def sandbox(settings):
    """The sandbox's issuer."""
    with running_sandbox(demo_client_secret=settings.DEMO_CLIENT_SECRET) as sandbox:
        settings.OIDC_ISSUER = sandbox.issuer
        yield sandbox


def test_the_token_printed_opens_the_api(sandbox, db, ask, capsys):
    demo.load()
    call_command("token")
    answer = ask(capsys.readouterr().out.strip())
    assert answer.json()["actor"] == client_named("demo")
    assert answer.json()["scopes"] == sorted(SCOPES)


def test_client_and_scope_are_passed_on(sandbox, db, ask, capsys):
    demo.load()
    call_command("token", client="reader", scope="orders:read customers:read")
    answer = ask(capsys.readouterr().out.strip())
    assert answer.json() == {
        "actor": client_named("reader"),
        "scopes": ["customers:read", "orders:read"],
    }


def test_a_scope_that_is_not_the_clients_is_said(sandbox):
    with pytest.raises(CommandError, match=r"this client's\.$"):
        call_command("token", client="reader", scope="orders:write")


def test_the_sandbox_of_another_installation_is_named_with_its_port(sandbox, settings):
    settings.DEMO_CLIENT_SECRET = "that of our own"
    settings.PORT = urlsplit(sandbox.issuer).port - 1
    with pytest.raises(CommandError, match=r"another installation.*port \d+, one above PORT"):
        call_command("token")


def test_without_the_sandbox_it_says_what_to_do(settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9/oidc"
    with pytest.raises(CommandError, match="is the sandbox running"):
        call_command("token")


def test_where_nobody_listens_it_says_at_which_port_and_how_to_name_another(settings):
    settings.PORT, settings.OIDC_ISSUER = 8, "http://127.0.0.1:9/oidc"
    with pytest.raises(CommandError, match=r"port 9, one above PORT \(8\).*PORT=8100 make token"):
        call_command("token")


def test_another_program_on_that_port_is_no_issuer(settings):
    other = LoopbackIssuer()
    other.mode = "down"
    port = urlsplit(other.url).port or 0
    settings.OIDC_ISSUER, settings.PORT = other.url, port - 1
    with pytest.raises(CommandError, match=r"is not the sandbox.*port \d+, one above PORT"):
        call_command("token")
    other.stop()

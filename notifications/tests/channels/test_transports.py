"""What every channel and transport must do, also one that is written tomorrow.

They are found by themselves: see conformance.py for the one place where a new one may be named.
"""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http import Done, Permanent, Response, Temporary, Unknown, send
from customers.tests.factories import CustomerFactory
from notifications.channels import DirectTransport, channels, preferred, transports
from notifications.checks import check_transports
from notifications.tests.channels.conformance import (
    TEXT,
    a_message,
    outcome_of,
    over_http,
    reader_of,
    request_of,
    words_of,
)

HTTP = over_http()
KEYS = sorted(HTTP)
STATUSES = [301, 302, 400, 401, 403, 404, 408, 410, 413, 422, 429, 500, 503, 599]


def json_of(words: set[str]) -> st.SearchStrategy[Any]:
    """JSON of any shape, with these words for its fields."""
    fields = st.sampled_from(sorted(words))
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner),
        max_leaves=8,
    )


@pytest.fixture(params=["no answer", "half an answer"])
def breaks_off(request) -> Iterator[str]:
    """A server that reads a request, and then leaves; its address."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as caller:
            caller.recv(65536)
            if request.param == "half an answer":
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    thread.join(5)


# --- channels ------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(channels()))
def test_each_channel_says_whom_it_reaches(name):
    channel = channels()[name]
    assert channel.name == name
    assert name.isidentifier()
    assert len(name) <= 20
    assert channel.label
    assert channel.missing
    nobody = CustomerFactory.create(phone_number="", email="")
    for customer in (nobody, CustomerFactory.create()):
        address = channel.recipient(customer)
        assert isinstance(address, str)
        assert len(address) <= 254


@pytest.mark.parametrize("name", ["email", "push", "sms"])
def test_each_channel_of_ours_has_something_that_carries_it(name):
    """Those that somebody adds may need an environment that is not here."""
    assert any(channel == name for channel, _ in transports())


# --- transports ----------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(transports()))
def test_each_belongs_to_a_channel_and_keeps_limits(key):
    transport = transports()[key]
    assert (transport.channel, transport.name) == key
    assert transport.channel in channels()
    assert transport.limits.concurrency >= 1
    assert len(transport.name) <= 30
    assert set(preferred(key[0])) <= {name for of, name in transports() if of == key[0]}


@pytest.mark.parametrize("key", KEYS)
def test_each_hands_over_one_message_with_its_credentials_in_a_header(key):
    made = request_of(HTTP[key], a_message(key[0]))
    assert made.method == "POST"
    assert made.body
    assert any(name.lower().startswith(("auth", "apikey", "x-")) for name in made.headers)
    assert "?" not in made.url
    assert TEXT not in made.url


@pytest.mark.parametrize("key", KEYS)
def test_each_opens_no_connection(key, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an adapter does no I/O")

    message = a_message(key[0])
    monkeypatch.setattr(socket, "socket", refuse)
    request_of(HTTP[key], message)
    outcome_of(HTTP[key], Response(500))


@pytest.mark.parametrize("key", KEYS)
def test_a_line_break_never_reaches_a_header(key):
    message = replace(a_message(key[0]), subject="Hi\r\nBcc: everybody@example.com")
    made = HTTP[key].request(message)
    headers = getattr(made, "headers", {})
    assert "Bcc" not in headers
    assert isinstance(made, Permanent) or not any("\n" in value for value in headers.values())


@pytest.mark.parametrize("key", KEYS)
def test_A6_in_tests_every_service_is_on_this_machine(key):
    assert request_of(HTTP[key], a_message(key[0])).url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("status", STATUSES)
def test_nothing_but_a_2xx_is_an_acceptance(key, status):
    assert not isinstance(outcome_of(HTTP[key], Response(status)), Done)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("status", [401, 403, 429])
def test_what_is_wrong_with_us_loses_no_message(key, status):
    outcome = outcome_of(HTTP[key], Response(status))
    assert isinstance(outcome, Temporary)
    assert outcome.not_taken


@pytest.mark.parametrize("key", KEYS)
@given(data=st.data(), status=st.sampled_from([200, 201, 202, 409, 422, 500]))
def test_no_answer_whatever_breaks_the_reader(key, data, status):
    body = json.dumps(data.draw(json_of(words_of(HTTP[key])))).encode()
    response = Response(status, {"content-type": "application/json"}, body)
    outcome = outcome_of(HTTP[key], response)
    reference = outcome.reference if isinstance(outcome, Done) else ""
    assert isinstance(reference, str)
    assert len(reference) <= 100


@pytest.mark.parametrize("key", KEYS)
def test_neither_a_secret_nor_the_message_stands_in_a_reason(key):
    message = a_message(key[0])
    response = Response(500, {}, b"oops", {"Authorization": "Bearer secret-token"})
    outcome = outcome_of(HTTP[key], response)
    assert isinstance(outcome, Temporary | Unknown)
    for secret in ("secret-token", message.text, message.recipient):
        assert secret not in outcome.reason


@pytest.mark.parametrize("key", KEYS)
def test_a_refused_connection_took_nothing(key):
    message = a_message(key[0])
    made = replace(request_of(HTTP[key], message), url="http://127.0.0.1:1/", public_only=False)
    outcome = send(made, reader_of(HTTP[key], message))
    assert isinstance(outcome, Temporary)
    assert outcome.not_taken


@pytest.mark.parametrize("key", KEYS)
def test_a_connection_that_breaks_off_leaves_it_unknown(key, breaks_off):
    message = a_message(key[0])
    made = replace(request_of(HTTP[key], message), url=breaks_off, public_only=False)
    assert isinstance(send(made, reader_of(HTTP[key], message)), Unknown)


DIRECT = sorted(key for key, one in transports().items() if isinstance(one, DirectTransport))


@pytest.mark.parametrize("key", DIRECT)
def test_a_carrier_of_its_own_says_what_became_of_a_message(key, capsys):
    transport = transports()[key]
    assert isinstance(transport, DirectTransport)
    outcome = transport.deliver(a_message(key[0]))
    assert isinstance(outcome, Done | Temporary | Permanent | Unknown)


# --- the settings --------------------------------------------------------------------------


def test_a_service_that_does_not_exist_is_named_at_the_start(settings):
    settings.SMS_PROVIDER = ["africastalking", "pigeon"]
    [problem] = check_transports(None)
    assert "“pigeon”" in problem.msg
    known = sorted(name for channel, name in transports() if channel == "sms")
    assert ", ".join(known) in str(problem.hint)


def test_the_console_is_for_development_only(settings):
    settings.EMAIL_PROVIDER = ["console"]
    assert check_transports(None) == []
    settings.DEMO = False
    assert [problem.id for problem in check_transports(None)] == ["notifications.E002"]

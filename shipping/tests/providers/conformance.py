"""The conformance suite: what every provider must do, whichever it is.

Put a `Case` into CASES of test_conformance.py, and all of this is tried with it.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, unquote_plus

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some

from core.http import Done, MalformedResponseError, Outcome, Permanent, Reader, Request, Response

from core.http import Temporary, Unknown, send  # isort: skip
from core.risks import UnsafeActionError
from core.tests.http.server import OK, Script, Stage, Talk, after_hearing, hang_up, staged
from customers.models import Customer
from orders.models import Order, OrderLine
from shipping import providers, services
from shipping.dispatch import queue
from shipping.models import Shipment
from shipping.provider_api.base import (
    Provider,
    Unreadable,
    UnsupportedOperationError,
    UnsupportedShipmentError,
    WebhookValidationError,
)
from shipping.provider_api.parsing import InvalidEventError
from shipping.tests.factories import queued_shipment, read_one
from shipping.tests.providers.conformance_events import EventConformance
from shipping.tracking import events

JSON = {"Content-Type": "application/json"}
PRIVATE = ("jane@private.example", "+447451277972", "C-PRIVATE", "our own note")


@dataclass(frozen=True)
class Case:
    """What the suite has to know of a provider: its settings, an example of each answer."""

    name: str
    # The environment it needs, by full names.
    settings: Mapping[str, str]
    # Its answer to a parcel that it takes, and the reference in it; and to one it refuses.
    taken: Response
    reference: str
    refused: Response
    # The longest texts it takes, by the shipment's fields.
    longest: Mapping[str, int]
    # Its own words for "not now, and I have not taken it", if it has any but 429 and 503.
    busy: Response | None = None
    # Its answers to a look-up, if it looks up: it has the parcel; it does not.
    found: Response | None = None
    absent: Response | None = None
    # Its answers to a cancellation, if it cancels: it is cancelled; it is too late.
    cancelled: Response | None = None
    too_late: Response | None = None
    # A webhook, if it reports: its body, the headers that prove it, and what it says: our
    # reference, the status, the time in UTC. And bodies that are refused.
    webhook: bytes = b""
    prove: Callable[[bytes], dict[str, str]] = field(default=lambda body: {})
    says: tuple[str, str, str] = ("", "", "")
    bad_webhooks: tuple[bytes, ...] = ()


def answer(status: int, body: Any = b"", **headers: str) -> Response:
    """An answer; what is not bytes goes as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, JSON | headers, raw)


def parcel(**changes: Any) -> tuple[Shipment, list[OrderLine]]:
    """A parcel of somebody of whom we know more than a provider may."""
    email, phone, code, note = PRIVATE
    customer = Customer(name="Jane Private", email=email, phone_number=phone, code=code)
    address = {
        "recipient": "John Doe",
        "line_1": "The battleship building",
        "line_2": "179 harrow road",
        "city": "London",
        "postcode": "W2 6NB",
        "country": "GB",
    }
    made = {"reference": "co-1", "delivery_service": "standard", "provider_reference": "label-1"}
    shipment = Shipment(**made | address | changes)
    shipment.order = Order(customer=customer, item=note)
    return shipment, [OrderLine(item_id="it-1", quantity=2, weight=10)]


def requested(provider: Provider, **changes: Any) -> Request:
    """The request that hands over such a parcel."""
    made = provider.create(*parcel(**changes))
    assert isinstance(made, Request), made
    return made


def said(request: Request) -> str:
    """All that leaves Dosette, as text: URL and forms as they are read at the other end."""
    kind = next((v for n, v in request.headers.items() if n.lower() == "content-type"), "")
    body = request.body.decode()
    body = unquote_plus(body) if kind.startswith("application/x-www-form-urlencoded") else body
    return "\n".join([request.url, unquote(request.url), str(dict(request.headers)), body])


def read(reader: Callable[[Response], Any], response: Response) -> Any:
    """What a reader makes of an answer, as the client would have it."""
    try:
        return reader(response)
    except (
        MalformedResponseError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
    ):
        return Unknown("unreadable")


REDIRECTS, WAIT = (301, 302, 303, 307, 308), (401, 403, 425, 429)
REFUSED, DOUBT = (400, 410, 413, 422), (408, 500, 502, 503, 504)
NONSENSE = (b"", b"\xff\xfe", b"<h1>It works!</h1>", b'{"a": ', b"[]", b"null", b"<a", b"17")


def drip(talk: Talk) -> None:
    """A byte now and then, for ever."""
    talk.hear()
    talk.drip(b'HTTP/1.1 200 OK\r\n\r\n{"' + b"a" * 100_000)


def flood(talk: Talk) -> None:
    """Ten gigabytes, or as much as is read."""
    talk.hear()
    talk.say(OK + b"Content-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n")
    for _ in range(10_240):
        talk.say(b"a" * 1024 * 1024)


def half(of: Response) -> Script:
    """The first half of a good answer, and its whole length promised."""
    kind = of.headers["content-type"]
    head = OK + f"Content-Type: {kind}\r\nContent-Length: {len(of.body)}\r\n\r\n".encode()
    return after_hearing(head + of.body[: len(of.body) // 2], hang_up)


def mislabelled(of: Response) -> Script:
    """A good answer that calls itself a page."""
    head = OK + f"Content-Type: text/html\r\nContent-Length: {len(of.body)}\r\n\r\n".encode()
    return after_hearing(head + of.body)


def spoilt(good: Response) -> dict[str, Script]:
    """The ways in which an answer is none."""
    return {
        "hangs up": after_hearing(b"", hang_up),
        "says nothing": after_hearing(b"", Talk.hold),
        "drips": drip,
        "floods": flood,
        "stops half way": half(good),
        "is mislabelled": mislabelled(good),
        "is no HTTP": after_hearing(b"\x00\x01\x02\r\n\r\n"),
    }


def over_http(stage: Stage, request: Request, reader: Reader, seconds: float = 0.4) -> Outcome:
    """What an exchange with the stage comes to, under a short deadline."""
    assert request.url.startswith(f"http://{stage.host}:{stage.port}")
    return send(replace(request, timeout=seconds), reader)


MALFORMED: list[dict[str, str]] = [
    {},
    {"authorization": ""},
    {"authorization": "Bearer "},
    {"authorization": "Bearer wrong"},
    {"authorization": "Bearer \xff\udcff"},
    {"authorization": "Basic Og=="},
    {"webhook-id": "", "webhook-timestamp": "", "webhook-signature": ""},
    {"webhook-id": "m", "webhook-timestamp": "nan", "webhook-signature": "v1,AAAA"},
    {"webhook-id": "m", "webhook-timestamp": "9" * 400, "webhook-signature": "v1,AAAA"},
    {"webhook-id": "m", "webhook-timestamp": "1700000000", "webhook-signature": "v1"},
    {"webhook-id": "m", "webhook-timestamp": "1700000000", "webhook-signature": "v1,\xff"},
    {"webhook-signature": "v1a,AAAA v2,BBBB ,, v1,"},
]
# What may stand in the header that proves a webhook, whichever it is.
ODD = ("", " ", "=", ",", "0" * 64, "é", "\xff\udcff", "9" * 400)
_any_body = given(some.one_of(some.binary(max_size=200), some.text(max_size=60).map(str.encode)))
_any_headers = given(
    some.dictionaries(
        some.sampled_from(
            ["authorization", "webhook-id", "webhook-timestamp", "webhook-signature"]
        ),
        some.text(max_size=40),
    )
)
_few = examples(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Conformance(EventConformance):
    """Derive a class from it, named Test…, with a fixture `case`."""

    @pytest.fixture
    def provider(self, case: Case, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Provider:
        for name, value in case.settings.items():
            monkeypatch.setenv(name, value)
            if hasattr(settings, name):
                setattr(settings, name, value)
        return providers.get(case.name)

    def test_it_is_found_by_the_name_of_its_file(self, provider: Provider, case: Case) -> None:
        assert provider.name == case.name
        assert provider.missing() == []

    def test_it_names_each_setting_that_it_lacks(self, provider, case, monkeypatch, settings):
        for name in case.settings:
            monkeypatch.delenv(name)
            if hasattr(settings, name):
                setattr(settings, name, "")
        missing = provider.missing()
        assert len(missing) == len(provider.needs)
        assert set(missing) <= set(case.settings)

    # --- handing over ----------------------------------------------------------------------

    def test_every_try_is_the_same_under_the_same_key(self, provider: Provider) -> None:
        made = parcel()
        first, second = (provider.create(*made) for _ in range(2))
        assert first == second
        assert isinstance(first, Request)
        assert str(made[0].key) in said(first), (
            "no place for it? A header that nobody reads will do"
        )

    def test_it_calls_no_address_but_its_own(self, provider: Provider) -> None:
        made = requested(provider.with_url("https://elsewhere.example/api"))
        assert made.url.startswith("https://elsewhere.example/api")

    def test_it_is_told_where_the_parcel_goes_and_no_more(self, provider: Provider) -> None:
        made = requested(provider)
        for text in ("co-1", "John Doe", "179 harrow road", "London", "W2 6NB", "it-1"):
            assert text in said(made)
        for personal in ("John Doe", "179 harrow road"):
            assert personal not in unquote_plus(made.url), "addresses are logged everywhere"
        for secret in (*PRIVATE, "Jane"):
            assert secret not in said(made)

    def test_nothing_is_cut_to_fit(self, provider: Provider, case: Case) -> None:
        for name, longest in case.longest.items():
            fits = "é" * longest
            assert fits in said(requested(provider, **{name: fits})), name
            with pytest.raises(UnsupportedShipmentError) as refused:
                provider.create(*parcel(**{name: f"{fits}é"}))
            assert "é" not in str(refused.value)

    def test_what_it_cannot_say_is_refused(self, provider: Provider) -> None:
        with pytest.raises(UnsupportedShipmentError):
            provider.create(*parcel(delivery_service="overnight"))
        with pytest.raises(UnsupportedShipmentError):
            provider.create(parcel()[0], [])

    # --- what an answer means --------------------------------------------------------------

    def test_a_parcel_that_is_taken_is_done(self, provider: Provider, case: Case) -> None:
        outcome = provider.read(case.taken)
        assert isinstance(outcome, Done)
        assert outcome.reference == case.reference

    def test_a_parcel_that_is_refused_is_refused_for_good(self, provider, case):
        assert isinstance(provider.read(case.refused), Permanent)

    def test_a_refusal_of_service_is_proof_that_it_was_not_taken(self, provider, case):
        answers = [answer(503, **{"Retry-After": "60"}), *map(answer, WAIT)]
        for each in [*answers, *filter(None, [case.busy])]:
            outcome = provider.read(each)
            assert isinstance(outcome, Temporary), each
            assert outcome.not_taken

    def test_every_other_status_is_what_it_says(self, provider: Provider) -> None:
        for statuses, kind in ((REDIRECTS, Temporary), (REFUSED, Permanent), (DOUBT, Unknown)):
            for status in statuses:
                assert isinstance(read(provider.read, answer(status)), kind), status
        assert isinstance(read(provider.read, answer(409)), Permanent | Unknown)
        assert not isinstance(read(provider.read, answer(409)), Temporary)

    def test_an_answer_that_makes_no_sense_leaves_it_in_doubt(self, provider, case):
        for readers in self._readers(provider):
            for body in (*NONSENSE, case.taken.body[:-5]):
                for status in (200, 201, 202, 204):
                    for kind in (case.taken.headers["content-type"], "text/html", ""):
                        said = Response(status, {"Content-Type": kind}, body)
                        assert isinstance(read(readers, said), Unknown), (status, body, kind)

    def test_nothing_that_goes_wrong_on_the_way_passes_for_done(self, provider, case):
        for words, script in spoilt(case.taken).items():
            with staged(script) as stage:
                there = provider.with_url(f"http://{stage.host}:{stage.port}")
                outcome = over_http(stage, requested(there), there.read)
                assert isinstance(outcome, Unknown), words

    def test_what_was_never_sent_is_proven_not_taken(self, provider: Provider) -> None:
        with staged(hang_up) as stage:
            there = provider.with_url(f"http://{stage.host}:{stage.port}")
        outcome = send(replace(requested(there), timeout=2), there.read)
        assert isinstance(outcome, Temporary)
        assert outcome.not_taken

    def test_an_answer_that_repeats_what_we_sent_shows_no_secret(self, provider, case):
        def echo(talk: Talk) -> None:
            heard = talk.hear()
            talk.answer(heard, status="400 Bad Request")

        with staged(echo) as stage:
            there = provider.with_url(f"http://{stage.host}:{stage.port}")
            made = queue.with_url_policy(there, requested(there))
            outcome = over_http(stage, replace(made, public_only=False), there.read, 5)
        assert isinstance(outcome, Permanent)
        for name, value in case.settings.items():
            assert name.endswith("_URL") or value not in outcome.reason + outcome.answer, name

    def test_no_redirect_is_followed(self, provider: Provider) -> None:
        def elsewhere(talk: Talk) -> None:
            while True:
                talk.hear()
                talk.answer(status="307 Moved", headers=f"Location: {talk.stage.url}\r\n")

        with staged(elsewhere) as stage:
            there = provider.with_url(f"http://{stage.host}:{stage.port}")
            assert isinstance(over_http(stage, requested(there), there.read, 5), Temporary)
            assert len(stage.requests) == 1

    # --- sending again ---------------------------------------------------------------------

    @pytest.mark.django_db
    def test_one_in_doubt_is_sent_again_unasked_only_where_no_second_comes_of_it(self, provider):
        made = {"state": "unknown", "doubtful": True, "provider": provider.name}
        shipment = queued_shipment(**made)
        if provider.resend_is_safe:
            assert services.retry(shipment, by="user:test").state == "queued"
            return
        with pytest.raises(UnsafeActionError, match=f"{provider.name} may have it already"):
            services.retry(shipment, by="user:test", reason="I am sure")

    # --- looking up ------------------------------------------------------------------------

    def test_it_is_asked_by_our_reference_or_not_at_all(self, provider, case):
        if not provider.supports_lookup:
            for offer in (lambda: provider.look_up("co-1"), lambda: provider.read_look_up(OKAY)):
                with pytest.raises(UnsupportedOperationError):
                    offer()
            return
        assert "co-1.3" in said(provider.look_up("co-1.3"))
        assert provider.look_up("../a?b&c=d#e").url.count("..") <= 1
        assert case.found, "give an example of it"
        assert case.absent, "give an example of it"
        found = provider.read_look_up(case.found)
        assert isinstance(found, Done)
        assert found.reference == case.reference
        assert provider.read_look_up(case.absent) is None

    def test_only_its_own_word_says_that_a_parcel_is_not_there(self, provider, case):
        if not provider.supports_lookup:
            return
        for status in (*REDIRECTS, *WAIT, *REFUSED, *DOUBT):
            outcome = read(provider.read_look_up, answer(status))
            assert outcome is not None, status
            assert not isinstance(outcome, Done), status

    # --- cancelling ------------------------------------------------------------------------

    def test_it_cancels_or_says_that_it_cannot(self, provider: Provider, case: Case) -> None:
        if not provider.supports_cancellation:
            for offer in (lambda: provider.cancel(parcel()[0]), lambda: provider.read_cancel(OKAY)):
                with pytest.raises(UnsupportedOperationError):
                    offer()
            return
        assert case.cancelled, "give an example of it"
        assert case.too_late, "give an example of it"
        made = parcel()[0]
        assert provider.cancel(made) == provider.cancel(made), "every try is the same"
        assert isinstance(provider.read_cancel(case.cancelled), Done)
        assert isinstance(provider.read_cancel(case.too_late), Permanent)
        for status in (*REDIRECTS, *WAIT, *REFUSED, *DOUBT):
            assert not isinstance(read(provider.read_cancel, answer(status)), Done), status

    # --- webhooks --------------------------------------------------------------------------

    def test_a_webhook_is_read_in_our_words(self, provider: Provider, case: Case) -> None:
        if not provider.sends_webhooks:
            with pytest.raises(UnsupportedOperationError):
                provider.events(b"{}")
            return
        provider.verify(case.prove(case.webhook), case.webhook)
        event = read_one(provider, case.webhook)
        said = (event.order_id, event.event_name, f"{event.event_time:%Y-%m-%dT%H:%M:%SZ}")
        assert said == case.says
        assert event.event_id
        json.dumps(event.raw, allow_nan=False)

    def test_a_webhook_without_proof_is_refused(self, provider: Provider, case: Case) -> None:
        proof = case.prove(case.webhook)
        bent = [proof | {name: f"x{value}"} for name, value in proof.items() if len(proof) == 1]
        cut = [{n: v for n, v in proof.items() if n != name} for name in proof]
        for headers in [*MALFORMED, *bent, *cut]:
            with pytest.raises(WebhookValidationError):
                provider.verify(headers, case.webhook)

    def test_what_is_no_proof_whatever_is_refused(self, provider: Provider, case: Case) -> None:
        proof = case.prove(case.webhook)
        for name in proof:
            for value in ODD:
                with pytest.raises(WebhookValidationError):
                    provider.verify(proof | {name: value}, case.webhook)
        for body in (b"", case.webhook + b" ") if proof and "authorization" not in proof else ():
            with pytest.raises(WebhookValidationError):
                provider.verify(proof, body)

    def test_without_its_secret_nobody_comes_in(self, provider, case, monkeypatch, settings):
        for name in case.settings:
            monkeypatch.delenv(name)
            if hasattr(settings, name):
                setattr(settings, name, "")
        for headers in (case.prove(case.webhook), *MALFORMED):
            with pytest.raises(WebhookValidationError):
                provider.verify(headers, case.webhook)

    def test_a_webhook_that_is_none_is_refused(self, provider: Provider, case: Case) -> None:
        if provider.sends_webhooks:
            for body in (*NONSENSE, case.webhook[:-3], b"[" * 60_000):
                with pytest.raises(InvalidEventError):
                    provider.events(body)

    def test_what_cannot_be_read_of_a_webhook_is_no_event(self, provider, case):
        for body in case.bad_webhooks:
            for event in events.read(provider, body):
                assert isinstance(event, Unreadable) or not event.event_name, body

    @_few
    @_any_body
    def test_no_body_whatever_breaks_it(self, provider: Provider, body: bytes) -> None:
        if provider.sends_webhooks:
            with suppress(InvalidEventError):
                provider.events(body)

    @_few
    @_any_headers
    def test_no_headers_whatever_break_it_or_open_it(self, provider, headers):
        with pytest.raises(WebhookValidationError):
            provider.verify(headers, b"{}")

    def _readers(self, provider: Provider) -> list[Callable[[Response], Any]]:
        readers: list[Callable[[Response], Any]] = [provider.read]
        readers += [provider.read_look_up] if provider.supports_lookup else []
        return readers + ([provider.read_cancel] if provider.supports_cancellation else [])


OKAY = answer(200, {})

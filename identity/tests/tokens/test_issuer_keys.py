"""The issuer's keys: kept, refreshed, and never the reason why a valid token is refused."""

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.core.cache import cache, caches
from django.utils import timezone

from core.database import clock as database_clock
from identity.tests.issuer import LoopbackIssuer, public_jwk, rsa_key
from identity.tokens import issuer_keys, key_cache
from identity.tokens.errors import KeysUnavailableError
from identity.tokens.issuer_keys import COOL_DOWN, FRESH_FOR, TIME_OUT, Issuer, UnknownKeyError
from sandbox.testing import wait_until


@pytest.fixture
def there():
    """The other side: an issuer that publishes one key."""
    server = LoopbackIssuer(first=rsa_key("first"))
    yield server
    server.stop()


@pytest.fixture
def here(there):
    """Our side: what we keep of it."""
    return Issuer(there.url)


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as traveller:
        yield traveller


def bogus(here, number=0):
    """Ask for a key that nobody has."""
    with pytest.raises((UnknownKeyError, KeysUnavailableError)) as refusal:
        here.key(f"bogus-{number}")
    return refusal.type


def test_the_keys_are_fetched_once_for_many_requests(here, there):
    for _ in range(100):
        here.key("first")
    assert there.fetches == 1


def test_fifty_first_requests_share_one_fetch(here, there):
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _: here.key("first"), range(50)))
    assert (len(found), there.fetches) == (50, 1)


def test_a_flood_of_unknown_keys_costs_one_fetch_per_cool_down(here, there, clock):
    here.key("first")
    assert {bogus(here, n) for n in range(200)} == {UnknownKeyError}
    assert there.fetches <= 2
    before = there.fetches
    clock.shift(COOL_DOWN + 1)
    assert {bogus(here, n) for n in range(200)} == {UnknownKeyError}
    assert there.fetches == before + 1


@pytest.mark.parametrize("mode", ["failing", "hanging"])
def test_a_flood_while_it_is_down_costs_one_fetch_and_blocks_nobody(here, there, clock, mode):
    here.key("first")
    clock.shift(COOL_DOWN + 1)
    there.mode = mode
    flood = [threading.Thread(target=bogus, args=(here, n), daemon=True) for n in range(20)]
    for thread in flood:
        thread.start()
    wait_until(lambda: there.fetches == 2)
    began = time.monotonic()
    for _ in range(100):
        here.key("first")
    assert time.monotonic() - began < 2.0
    for thread in flood:
        thread.join(TIME_OUT + 2)
    assert there.fetches == 2


def test_while_it_stays_down_unknown_keys_are_answered_at_once(here, there, clock):
    here.key("first")
    clock.shift(COOL_DOWN + 1)
    there.stop()
    assert bogus(here) == KeysUnavailableError
    began = time.monotonic()
    assert {bogus(here, n) for n in range(100)} == {KeysUnavailableError}
    assert time.monotonic() - began < 2.0


def test_while_one_request_tries_a_dead_issuer_the_others_do_not_wait(here, there, clock):
    here.key("first")
    there.mode = "failing"
    clock.shift(COOL_DOWN + 1)
    assert bogus(here) == KeysUnavailableError
    there.mode = "hanging"
    clock.shift(COOL_DOWN + 1)
    threading.Thread(target=bogus, args=(here,), daemon=True).start()
    wait_until(lambda: there.fetches == 3)
    began = time.monotonic()
    assert bogus(here, 1) == KeysUnavailableError
    assert time.monotonic() - began < 2.0


def test_a_rotated_key_is_known_at_once(here, there, clock):
    here.key("first")
    there.keys = {"second": rsa_key("second")}
    assert here.key("second").public.public_numbers() == (
        rsa_key("second").public_key().public_numbers()
    )


def test_a_refresh_just_before_does_not_delay_a_rotation(here, there, clock):
    here.key("first")
    clock.shift(FRESH_FOR + 1)
    here.key("first")
    wait_until(lambda: there.fetches == 2)
    there.keys["second"] = rsa_key("second")
    assert here.key("second")


def test_a_rotation_during_a_flood_is_known_after_the_cool_down(here, there, clock):
    here.key("first")
    clock.shift(COOL_DOWN + 1)
    bogus(here)
    there.keys["second"] = rsa_key("second")
    clock.shift(COOL_DOWN + 1)
    assert here.key("second")


def test_a_withdrawn_key_is_forgotten_within_the_refresh(here, there, clock):
    here.key("first")
    there.keys = {"second": rsa_key("second")}
    clock.shift(FRESH_FOR + 1)
    here.key("first")  # answered from memory, and refreshed for the next one
    wait_until(lambda: here._find("second"))
    assert bogus_named(here, "first") == UnknownKeyError


def bogus_named(here, kid):
    """What asking for this key raises."""
    with pytest.raises((UnknownKeyError, KeysUnavailableError)) as refusal:
        here.key(kid)
    return refusal.type


def test_a_refresh_keeps_no_request_waiting(here, there, clock):
    here.key("first")
    there.mode = "hanging"
    clock.shift(FRESH_FOR + 1)
    began = time.monotonic()
    here.key("first")
    assert time.monotonic() - began < 2.0


def test_a_day_of_outage_refuses_no_valid_token(here, there, clock):
    here.key("first")
    there.stop()
    for _ in range(23):
        clock.shift(3600)
        assert here.key("first")
        wait_until(lambda: here._running is None)
    clock.shift(3700)
    assert bogus_named(here, "first") == KeysUnavailableError


def test_a_process_that_starts_during_an_outage_knows_what_the_others_know(here, there, clock):
    here.key("first")
    there.stop()
    clock.shift(3600)
    assert Issuer(there.url).key("first").public == here.key("first").public


def test_a_process_that_missed_a_rotation_knows_it_during_an_outage(here, there, clock):
    missed = Issuer(there.url)
    missed.key("first")
    clock.shift(COOL_DOWN + 1)
    there.keys["second"] = rsa_key("second")
    here.key("second")
    there.stop()
    assert missed.key("second")
    assert bogus_named(missed, "third") == KeysUnavailableError


def test_what_others_know_is_found_without_waiting_for_an_issuer_that_hangs(here, there, clock):
    missed = Issuer(there.url)
    missed.key("first")
    clock.shift(COOL_DOWN + 1)
    there.keys["second"] = rsa_key("second")
    here.key("second")
    there.mode = "hanging"
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: missed.key("second"), range(8)))
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(("shared_by", "read_by"), [(3, 0), (0, -3)])
def test_what_others_know_is_as_old_by_a_clock_that_is_off(
    here, there, settings, db, shared_by, read_by
):
    settings.CLOCK = "database"
    database_clock.forget()
    database_clock.now()  # the thread that fetches need not ask
    with time_machine.travel(timezone.now() + timedelta(days=shared_by)):
        here.key("first")
        there.stop()
    with time_machine.travel(timezone.now() + timedelta(days=read_by)):
        assert Issuer(there.url).key("first")


def test_old_keys_of_others_are_not_believed_while_the_issuer_answers(here, there, clock):
    here.key("first")
    there.keys = {"second": rsa_key("second")}
    clock.shift(FRESH_FOR + 1)
    assert bogus_named(Issuer(there.url), "first") == UnknownKeyError


def test_what_others_know_is_too_old_after_a_day(here, there, clock):
    here.key("first")
    there.stop()
    clock.shift(24 * 3600 + 1)
    assert bogus_named(Issuer(there.url), "first") == KeysUnavailableError


def test_keys_that_somebody_else_wrote_into_the_cache_are_not_taken(here, there):
    here.key("first")
    there.stop()
    name = key_cache._place(there.url)
    forged = {"document": {}, "jwks": {"keys": [_second()]}, "at": time.time()}
    for said in (signing.dumps(forged, key="mine"), json.dumps(forged), forged, "x", 5):
        cache.set(name, said)
        assert bogus_named(Issuer(there.url), "second") == KeysUnavailableError


@pytest.mark.parametrize("method", ["get", "set"])
def test_a_cache_that_is_away_does_no_harm(here, there, monkeypatch, caplog, method):
    def away(*_: object) -> None:
        raise ConnectionError("a secret address")

    monkeypatch.setattr(type(caches["default"]), method, away)
    assert here.key("first")
    there.stop()
    with contextlib.suppress(KeysUnavailableError):
        Issuer(there.url).key("first")
    assert "ConnectionError" in caplog.text
    assert "secret" not in caplog.text


def test_two_rotations_at_once_are_known_when_the_cool_down_ends(here, there, clock):
    here.key("first")
    clock.shift(COOL_DOWN + 1)
    there.keys["second"] = rsa_key("second")
    assert here.key("second")
    there.keys["third"] = rsa_key("third")
    assert bogus_named(here, "third") == UnknownKeyError
    clock.shift(COOL_DOWN + 0.1)
    assert here.key("third")


def test_a_rotation_under_a_steady_flood_is_known_within_thirty_seconds(here, there, clock):
    here.key("first")
    there.keys["second"] = rsa_key("second")
    for waited in range(30):
        bogus(here, waited)
        try:
            assert here.key("second")
            break
        except UnknownKeyError:
            clock.shift(1)
    assert waited <= COOL_DOWN


def test_it_recovers_when_the_issuer_is_back(here, there, clock):
    there.mode = "failing"
    assert bogus_named(here, "first") == KeysUnavailableError
    there.mode = "up"
    assert bogus_named(here, "first") == KeysUnavailableError  # cooling down
    clock.shift(COOL_DOWN + 1)
    assert here.key("first")


def test_a_clock_set_back_does_not_freeze_the_keys(here, there, clock):
    here.key("first")
    clock.shift(-3 * 24 * 3600)
    assert here.key("first")
    assert there.fetches == 2


def test_an_issuer_that_hangs_is_given_up_after_three_seconds(here, there):
    there.mode = "hanging"
    began = time.monotonic()
    assert bogus_named(here, "first") == KeysUnavailableError
    assert time.monotonic() - began < TIME_OUT + 1


BROKEN = {
    "another issuer": {"discovery": {"issuer": "https://evil.example"}},
    "another issuer on the same scheme": {"discovery": {"issuer": "http://127.0.0.1/oidc"}},
    "no keys' address": {"discovery": {"jwks_uri": None}},
    "an odd address": {"discovery": {"jwks_uri": "ftp://127.0.0.1/jwks"}},
    "no address": {"discovery": {"jwks_uri": "http://[bad"}},
    "no list": {"jwks": {"keys": "first"}},
    "no object": {"jwks": ["first"]},
    "no key": {"jwks": {"keys": []}},
    "a shared secret": {"jwks": {"keys": [{"kty": "oct", "kid": "first", "k": "c2VjcmV0"}]}},
    "odd keys": {"jwks": {"keys": [1, {}, {"kty": []}, {"kty": "RSA", "crv": {}, "kid": "first"}]}},
    "too long": {"jwks": {"keys": [{"kty": "RSA", "kid": "x" * 2_000_000}]}},
}


@pytest.mark.parametrize("faults", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_document_is_as_good_as_none(here, there, faults):
    for name, value in faults.items():
        setattr(there, name, value)
    assert bogus_named(here, "first") == KeysUnavailableError


@pytest.mark.parametrize("faults", BROKEN.values(), ids=BROKEN.keys())
def test_a_document_that_breaks_later_spoils_nothing(here, there, clock, faults):
    here.key("first")
    for name, value in faults.items():
        setattr(there, name, value)
    clock.shift(FRESH_FOR + 1)
    here.key("first")
    wait_until(lambda: there.fetches == 2 and here._running is None)
    assert here.key("first")


def test_an_issuer_on_https_does_not_publish_its_keys_on_http():
    document = {"issuer": "https://issuer.example", "jwks_uri": "http://issuer.example/jwks"}
    with pytest.raises(issuer_keys._UnusableKeysError):
        issuer_keys._jwks_uri(document)


def test_a_key_for_encryption_is_not_taken(here, there):
    there.jwks = {"keys": [public_jwk("first", rsa_key("first"), use="enc"), _second()]}
    assert bogus_named(here, "first") == UnknownKeyError


def test_a_key_is_held_to_the_algorithm_it_declares(here, there):
    there.jwks = {"keys": [public_jwk("first", rsa_key("first"), alg="PS256")]}
    assert here.key("first").algorithms == ("PS256",)


def test_a_token_without_a_key_id_gets_the_only_key(here, there):
    assert here.key(None) is here.key("first")
    there.keys["second"] = rsa_key("second")
    cache.clear()
    other = Issuer(there.url)
    assert bogus_named(other, None) == UnknownKeyError


def _second():
    return public_jwk("second", rsa_key("second"))


@pytest.mark.urls("identity.tests.probe")
def test_keys_that_cannot_be_had_are_a_503_and_other_issuers_work_on(
    issuer, ask, settings, there, caplog
):
    settings.OIDC_TRUSTED_ISSUERS = [there.url]
    there.mode = "failing"
    answer = ask(there.sign(scope="orders:read"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["errors"][0]["code"] == "keys_unavailable"
    assert "Service Unavailable: /probe/" in caplog.text
    assert "Traceback" not in caplog.text
    assert ask(issuer.sign(scope="orders:read")).status_code == 200
    issuer_keys.forget()

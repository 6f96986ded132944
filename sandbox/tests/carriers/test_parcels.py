"""After accepting a parcel the provider posts signed events, in order, each until it is taken."""

import json
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests
from standardwebhooks import Webhook

from sandbox.testing import running_sandbox, wait_until

JOURNEY = ["waiting-for-collection", "in-transit", "delivered"]


def names(posts):
    return [json.loads(post.body)["event_name"] for post in posts]


def times(posts):
    return [datetime.fromisoformat(json.loads(post.body)["event_time"]) for post in posts]


def settled(sandbox, count):
    def all_settled():
        stats = sandbox.stats()
        return stats["posted"] + stats["given_up"] == count

    wait_until(all_settled)


def test_events_tell_the_journey_in_order(posting, receiver, ship):
    ship(posting)
    posts = receiver.wait_for(3)
    assert names(posts) == JOURNEY
    assert {post.path for post in posts} == {"/api/v1/webhooks/shipping/reference/"}


def test_an_event_holds_the_documented_fields_and_no_more(posting, receiver, ship):
    ship(posting)
    event = json.loads(receiver.wait_for(1)[0].body)
    assert set(event) == {"order_id", "event_name", "event_time"}
    assert event["order_id"] == "co-1"


def test_events_verify_with_the_standard_webhooks_library(posting, receiver, ship):
    ship(posting)
    verifier = Webhook(posting.config.reference_provider_secret)
    posts = receiver.wait_for(3)
    for post in posts:
        assert verifier.verify(post.body, post.headers)["order_id"] == "co-1"
    assert len({post.headers["webhook-id"] for post in posts}) == 3


def test_events_bear_a_secret_that_cannot_sign(receiver, ship):
    with running_sandbox(
        web_url=receiver.url, reference_provider_secret="their own", event_pause=0.0
    ) as sandbox:
        ship(sandbox)
        [post, *_] = receiver.wait_for(3)
    assert post.headers["authorization"] == "Bearer their own"
    assert "webhook-signature" not in post.headers


def test_event_times_strictly_increase_in_the_providers_zone(posting, receiver, ship):
    ship(posting)
    first, second, third = times(receiver.wait_for(3))
    assert first < second < third
    local = datetime.now(ZoneInfo("Europe/London")).replace(tzinfo=None)
    assert abs(first - local) < timedelta(minutes=1)


def test_the_zone_is_a_setting(posting, receiver, ship, monkeypatch):
    monkeypatch.setattr(posting.config, "provider_zone", "Pacific/Auckland")
    ship(posting)
    local = datetime.now(ZoneInfo("Pacific/Auckland")).replace(tzinfo=None)
    assert abs(times(receiver.wait_for(1))[0] - local) < timedelta(minutes=1)


def test_a_failing_parcel_is_delivered_on_the_second_try(posting, receiver, ship, monkeypatch):
    monkeypatch.setattr(posting.config, "failing_share", 1.0)
    ship(posting)
    expected = ["waiting-for-collection", "in-transit", "failed-to-deliver", "delivered"]
    assert names(receiver.wait_for(4)) == expected


def test_about_the_share_that_was_asked_for_fails_and_always_the_same(
    posting, receiver, ship, monkeypatch
):
    monkeypatch.setattr(posting.config, "failing_share", 0.3)

    def failing():
        for n in range(40):
            ship(posting, key=f"k{n}", order_id=f"co-{n}")
        wait_until(lambda: names(receiver.posts).count("delivered") == 40)
        events = [json.loads(post.body) for post in receiver.posts]
        return {e["order_id"] for e in events if e["event_name"] == "failed-to-deliver"}

    first = failing()
    posting.clear()
    receiver.clear()
    assert 4 <= len(first) <= 20
    assert failing() == first


def test_an_event_is_signed_anew_at_each_try(posting, receiver, ship):
    receiver.answers = [503]
    ship(posting)
    verifier = Webhook(posting.config.reference_provider_secret)
    for post in receiver.wait_for(2)[:2]:
        verifier.verify(post.body, post.headers)


def test_a_server_error_is_answered_with_the_same_event_again(posting, receiver, ship):
    receiver.answers = [503, 500]
    ship(posting)
    posts = receiver.wait_for(5)
    assert names(posts) == [JOURNEY[0]] * 3 + JOURNEY[1:]
    assert len({post.headers["webhook-id"] for post in posts[:3]}) == 1
    assert len({post.body for post in posts[:3]}) == 1


def test_tries_are_bounded_and_the_journey_goes_on(posting, receiver, ship, monkeypatch):
    monkeypatch.setattr(posting.config, "post_tries", 2)
    receiver.answers = [500, 500]
    ship(posting)
    settled(posting, 3)
    assert names(receiver.posts) == [JOURNEY[0], *JOURNEY]
    assert posting.stats()["given_up"] == 1


@pytest.mark.parametrize("status", [302, 401, 404])
def test_a_refusal_is_not_repeated_nor_a_redirect_followed(posting, receiver, ship, status):
    receiver.answers = [status]
    ship(posting)
    settled(posting, 3)
    assert names(receiver.posts) == JOURNEY


def test_nobody_listening_is_given_up_after_some_tries(ship):
    settings = {"web_url": "http://127.0.0.1:1", "post_tries": 3, "retry_pause": 0.001}
    with running_sandbox(**settings) as lonely:
        ship(lonely)
        settled(lonely, 3)
        assert lonely.stats()["given_up"] == 3


def test_a_cancelled_parcel_travels_no_further(posting, receiver, ship, monkeypatch):
    monkeypatch.setattr(posting.config, "event_pause", 0.2)
    ship(posting)
    url = f"{posting.url}/provider/shipments/co-1/cancel"
    headers = {"Authorization": f"Bearer {posting.config.reference_provider_secret}"}
    assert requests.post(url, headers=headers, timeout=10).status_code == 200
    ship(posting, key="key-2", order_id="co-2")
    posts = receiver.wait_for(3)  # later than any event of co-1 would have come
    assert {json.loads(post.body)["order_id"] for post in posts} == {"co-2"}


def test_with_events_off_nothing_is_posted(posting, receiver, ship, monkeypatch):
    monkeypatch.setattr(posting.config, "events", False)
    ship(posting)
    monkeypatch.setattr(posting.config, "events", True)
    ship(posting, key="key-2", order_id="co-2")
    posts = receiver.wait_for(3)
    assert {json.loads(post.body)["order_id"] for post in posts} == {"co-2"}


def test_a_repeated_request_starts_no_second_journey(posting, receiver, ship):
    ship(posting)
    ship(posting)
    settled(posting, 3)
    assert names(receiver.posts) == JOURNEY


def test_a_reset_drops_events_under_way(posting, receiver, ship, monkeypatch):
    monkeypatch.setattr(posting.config, "event_pause", 0.2)
    ship(posting)
    posting.clear()
    ship(posting, key="key-2", order_id="co-2")
    posts = receiver.wait_for(3)
    assert {json.loads(post.body)["order_id"] for post in posts} == {"co-2"}


def test_a_reset_waits_for_what_is_on_its_way(posting, receiver, ship):
    receiver.hold.clear()
    ship(posting)
    wait_until(lambda: receiver.held)
    threading.Timer(0.2, receiver.hold.set).start()
    posting.clear()
    assert len(receiver.posts) == 1

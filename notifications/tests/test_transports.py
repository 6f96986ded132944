"""What every transport must do, also one that is written tomorrow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http import Done, GarbledAnswer, Request, Response, Temporary, Unknown
from notifications.channels import DirectTransport, Message, channels, preferred, transports
from notifications.checks import check_transports

HTTP = {key: each for key, each in transports().items() if not isinstance(each, DirectTransport)}
ADDRESSES = {"sms": "+254704590344", "email": "jane@example.com"}
READERS = sorted(HTTP)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["SMSMessageData", "Recipients", "statusCode", "messageId", "cost"]),
            inner,
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("key", sorted(transports()))
def test_each_belongs_to_a_channel_and_keeps_limits(key):
    transport = transports()[key]
    assert (transport.channel, transport.name) == key
    assert transport.channel in channels()
    assert transport.limits.concurrency >= 1
    assert transport.name in preferred(key[0]) or len(transport.name) <= 30


@pytest.mark.parametrize("key", READERS)
def test_each_hands_over_one_message_with_its_credentials_in_a_header(key, sandbox):
    text = "Your code is ü & 1=1"
    made = HTTP[key].request(Message(ADDRESSES.get(key[0], "C-7K3M9QXT2B"), text))
    assert isinstance(made, Request)
    assert made.method == "POST"
    assert text.encode() in made.body or b"%C3%BC+%26+1%3D1" in made.body
    assert any(name.lower() in ("authorization", "apikey") for name in made.headers)
    assert "?" not in made.url


@pytest.mark.parametrize("key", READERS)
def test_A6_in_tests_every_service_is_on_this_machine(key):
    made = HTTP[key].request(Message(ADDRESSES.get(key[0], "C-7K3M9QXT2B"), "Hello"))
    assert made.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("key", READERS)
@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 408, 422, 429, 500, 503, 599])
def test_nothing_but_a_2xx_is_an_acceptance(key, status):
    assert not isinstance(HTTP[key].read(Response(status)), Done)


@pytest.mark.parametrize("key", READERS)
@pytest.mark.parametrize("status", [401, 403, 429])
def test_what_is_wrong_with_us_loses_no_message(key, status):
    outcome = HTTP[key].read(Response(status))
    assert isinstance(outcome, Temporary)
    assert outcome.not_taken


@pytest.mark.parametrize("key", READERS)
@given(value=JSON_VALUES, status=st.sampled_from([200, 201, 409, 500]))
def test_no_answer_whatever_breaks_the_reader(key, value, status):
    import json

    body = json.dumps(value).encode()
    response = Response(status, {"content-type": "application/json"}, body)
    try:
        outcome = HTTP[key].read(response)
    except GarbledAnswer:
        return
    reference = outcome.reference if isinstance(outcome, Done) else ""
    assert isinstance(reference, str)
    assert len(reference) <= 100


@pytest.mark.parametrize("key", READERS)
def test_a_message_never_stands_in_a_reason(key):
    response = Response(500, {}, b"oops", {"Authorization": "Bearer secret-token"})
    outcome = HTTP[key].read(response)
    assert isinstance(outcome, Temporary | Unknown)
    assert "secret-token" not in outcome.reason


def test_a_service_that_does_not_exist_is_named_at_the_start(settings):
    settings.SMS_PROVIDER = ["africastalking", "pigeon"]
    [problem] = check_transports(None)
    assert "“pigeon”" in problem.msg
    assert "africastalking, console, gateway" in str(problem.hint)


def test_the_console_is_for_development_only(settings):
    settings.EMAIL_PROVIDER = ["console"]
    assert check_transports(None) == []
    settings.DEMO = False
    assert [problem.id for problem in check_transports(None)] == ["notifications.E002"]
